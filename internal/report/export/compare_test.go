package export

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/trail"
)

// stored is a fake store with an id, a batch and a trail without events.
type stored struct{ fakeReader }

func (stored) StoreID() (string, error)              { return "0199-store", nil }
func (s stored) BatchFiles() ([]report.Batch, error) { return s.summary.Batches, nil }
func (s stored) Head() (trail.Head, error)           { return s.summary.Head, nil }

// old reads an export back, and forgets how far its trail went: the fake store has
// none.
func old(t testing.TB, form string, data []byte) *OldExport {
	t.Helper()
	dir := t.TempDir()
	x, err := ReadExport(bytes.NewReader(data), int64(len(data)), "old"+form, sheet.ReadOptions{TempDir: dir, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
		checkEmpty(t, dir)
	})
	delete(x.facts, "events")
	return x
}

func changesOf(t testing.TB, x *OldExport, r stored, e Export) []Change {
	t.Helper()
	var err error
	if e.Compare, err = x.Baseline(r, e); err != nil {
		t.Fatal(err)
	}
	a, _, err := Changes(r, e, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []Change
	for c, err := range a.Rows {
		if err != nil {
			t.Fatal(err)
		}
		c.before, c.after = sheet.Value{}, sheet.Value{}
		all = append(all, c)
	}
	return all
}

// What cells, CSV and JSON spell in their own ways is no change; what differs is
// told as it stands in the inventory.
func TestFormsAreComparedAsWhatTheySay(t *testing.T) {
	hard := hardTokens()
	for i := range hard {
		hard[i].BatchID = "0199-batch"
	}
	later := slices.Clone(hard)
	later[0].Account = new("=1+1")
	later[2].Failures, later[3].SeedPresent = 3, false
	later[1].NotAfter = &noon
	want := []Change{
		{Serial: hard[0].Serial, Batch: 3, Change: Altered, Column: "account", Before: new("-x \"y\"\r\nz\uFFFD,é\uFFFD"), After: new("=1+1")},
		{Serial: hard[1].Serial, Batch: 3, Change: Altered, Column: "not_after", After: new("2026-11-23T12:00:00Z")},
		{Serial: hard[2].Serial, Batch: 3, Change: Altered, Column: "failures", Before: new("0"), After: new("3")},
		{Serial: hard[3].Serial, Batch: 3, Change: Altered, Column: "seed_present", Before: new("true"), After: new("false")},
	}
	for _, form := range []string{".csv", ".json", ".xlsx", ".zip"} {
		data, _ := exported(t, form, list(hard...))
		x := old(t, form, data)
		if same := changesOf(t, x, stored{list(hard...)}, anExport()); len(same) > 0 {
			t.Errorf("%s: of the same tokens %+v", form, same)
		}
		got := changesOf(t, x, stored{list(later...)}, anExport())
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Change{}, sheet.Value{})); diff != "" {
			t.Errorf("%s: %s", form, diff)
		}
	}
}

// The rows of one batch stand in the order of its file; tokens come and go.
func TestRowsInAnyOrder(t *testing.T) {
	var tokens []report.Token
	for i := range 40 {
		tok := anyToken(i)
		tok.BatchID = "0199-batch"
		tokens = append(tokens, tok)
	}
	mixed := slices.Clone(tokens[2:])
	for i := range mixed {
		j := i * 7 % len(mixed)
		mixed[i], mixed[j] = mixed[j], mixed[i]
	}
	data, _ := exported(t, ".csv", list(mixed...))
	got := changesOf(t, old(t, ".csv", data), stored{list(tokens[:38]...)}, anExport())
	var told []string
	for _, c := range got {
		told = append(told, fmt.Sprint(c.Serial, " ", c.Change))
	}
	want := []string{"0000000000000 added", "0000000000001 added", "0000000000038 removed", "0000000000039 removed"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// Only cells of text hold text, whatever it is; numbers and dates stay what they are.
func TestChangesInAWorkbook(t *testing.T) {
	before, after := anyToken(1), anyToken(1)
	before.BatchID, after.BatchID = "0199-batch", "0199-batch"
	after.Account, after.Failures, after.NotAfter = new("=HYPERLINK(\"http://x\")"), 7, new(noon)
	data, _ := exported(t, ".json", list(before))
	e := anExport()
	e.TempDir = t.TempDir()
	var err error
	if e.Compare, err = old(t, ".json", data).Baseline(stored{list(after)}, e); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	total, err := WriteWorkbook(&buf, stored{list(after)}, e)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Changed{Changed: 1, Rows: 3, Columns: map[string]int{"account": 1, "failures": 1, "not_after": 1}, SHA256: total.Changes.SHA256}, total.Changes); diff != "" {
		t.Error(diff)
	}
	f := opened(t, buf.Bytes())
	rows, err := f.GetRows("Changes")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"Serial", "Batch", "Change", "Column", "Before", "After", "Event", "Time (UTC)", "Operator", "Command"},
		{"0000000000001", "3", "changed", "account", "", "'=HYPERLINK(\"http://x\")"},
		{"0000000000001", "3", "changed", "not_after", "", "2026-11-23 12:00:00"},
		{"0000000000001", "3", "changed", "failures", "0", "7"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	for cell, formula := range map[string]string{"F2": "", "F4": ""} {
		if got, err := f.GetCellFormula("Changes", cell); err != nil || got != formula {
			t.Errorf("%s: %q, %v", cell, got, err)
		}
	}
	tables, err := f.GetTables("Changes")
	if err != nil || len(tables) != 1 || tables[0].Range != "A1:J4" {
		t.Errorf("%+v, %v", tables, err)
	}
	back, err := ReadBack(bytes.NewReader(buf.Bytes()), int64(buf.Len()), "x.xlsx", sheet.ReadOptions{TempDir: e.TempDir, Random: rand.Reader})
	if err != nil || back.SHA256 != total.SHA256 || back.Rows != 1 {
		t.Errorf("%+v, %v", back, err)
	}
}

// Every column of the inventory is of some part of a token that events change, and
// not by an oversight of the origin.
func TestEveryColumnHasACause(t *testing.T) {
	origin := []string{"serial", "batch", "imported_at", "imported_by", "received", "order", "supplier", "file", "file_sha256", "manufacturer",
		"model", "type", "hash", "digits", "period", "t0", "not_before", "not_after", "manufactured", "software", "batch_id", "id"}
	for _, c := range columns {
		is := slices.Equal(aspectsOf(&report.Token{Counter: new(int64(1)), Watermark: new(int64(1))}, c.Name), []trail.Aspect{trail.AspectOrigin})
		if want := slices.Contains(origin, c.Name); is != want {
			t.Errorf("%s: of the origin: %t", c.Name, is)
		}
	}
	if by := aspectsOf(&report.Token{SeedKey: new(int64(4))}, "seed_key"); len(by) > 0 {
		t.Errorf("what happened to a token sealed its seed with another key: %v", by)
	}
	if by := aspectsOf(&report.Token{}, "seed_key"); !slices.Equal(by, []trail.Aspect{trail.AspectSeed}) {
		t.Errorf("a seed went: %v", by)
	}
}

// Pseudonyms of another key are not told as changes of accounts.
func TestPseudonymsOfAnotherKey(t *testing.T) {
	tok := anyToken(0)
	tok.BatchID, tok.Binding = "0199-batch", new("0199-binding")
	e := anExport()
	e.Pseudonyms, e.Joinable = []byte("0123456789abcdef"), true
	var buf bytes.Buffer
	if _, err := WriteCSV(&buf, stored{list(tok)}, e); err != nil {
		t.Fatal(err)
	}
	x := old(t, ".csv", buf.Bytes())
	if got := changesOf(t, x, stored{list(tok)}, e); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	e.Pseudonyms = []byte("another key 6789")
	var err error
	if e.Compare, err = x.Baseline(stored{list(tok)}, e); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteCSV(io.Discard, stored{list(tok)}, e); fault.KindOf(err) != fault.KeyTrouble {
		t.Errorf("%v", err)
	}
}

// A file that knows more events than the trail is the later of the two.
func TestALaterFile(t *testing.T) {
	tok := anyToken(1)
	tok.BatchID = "0199-batch"
	data, _ := exported(t, ".json", list(tok))
	x, r, e := old(t, ".json", data), stored{list(tok)}, anExport()
	x.facts["events"] = "43"
	var err error
	if e.Compare, err = x.Baseline(r, e); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Changes(r, e, nil); fault.KindOf(err) != fault.Refused {
		t.Error(err)
	}
}

func TestChangedInWords(t *testing.T) {
	for want, c := range map[string]Changed{
		"0 added, 0 changed, 0 removed":                                        {},
		"3 added, 12 changed (8 state, 4 location, 1 other column), 0 removed": {Added: 3, Changed: 12, Columns: map[string]int{"location": 4, "state": 8, "failures": 1}},
		"0 added, 1 changed (2 other columns), 5 removed":                      {Removed: 5, Changed: 1, Columns: map[string]int{"drift_ppm": 1, "failures": 1}},
	} {
		if got := c.String(); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// Whatever is taken for an export is read or refused, and leaves nothing behind; its
// rows come in the order of serials.
func FuzzReadExport(f *testing.F) {
	for _, form := range []string{".csv", ".json", ".zip", ".xlsx"} {
		data, _ := exported(f, form, list(hardTokens()...))
		f.Add(data, form)
	}
	f.Fuzz(func(t *testing.T, data []byte, form string) {
		dir := t.TempDir()
		x, err := ReadExport(bytes.NewReader(data), int64(len(data)), "x"+form, sheet.ReadOptions{TempDir: dir, Random: rand.Reader})
		if err == nil {
			last := ""
			for w, err := range x.each {
				if err != nil {
					t.Errorf("read twice, it is refused: %v", err)
					break
				}
				if w.key <= last {
					t.Errorf("%q behind %q", w.key, last)
				}
				last = w.key
			}
			err = x.Close()
		}
		if left, bad := os.ReadDir(dir); bad != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v %v", left, bad, err)
		}
	})
}
