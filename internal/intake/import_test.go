package intake_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/seedfile"
	"fob/internal/token"
	"fob/internal/trail"
	"fob/tools/seedgen/gen"
)

func TestImport(t *testing.T) {
	h := newHouse(t)
	h.clock.advance(time.Hour)
	src := csv(line("00a1", 1), "H1,"+seedHex(2)+",hotp,8,100")
	supply := token.Supply{Order: "PO1", Supplier: "Acme", Expected: 2, Location: "Bern", Received: began}
	res := h.load(src, func(r *intake.Import) {
		r.Supply, r.Fill = supply, intake.Fill{Manufacturer: "Acme", Model: "One"}
	})
	sum := sha256.Sum256([]byte(src.text))
	want := intake.Imported{File: "file.csv", SHA256: hex.EncodeToString(sum[:]), Wrapped: []string{}, Format: "oath-csv", Encoding: seedfile.Hex,
		Batch: res.Batch, Records: 2, New: 2, Stored: true, Rejects: []intake.Reject{}, Warnings: []fault.Text{},
		Inferred: []fault.Text{fault.Textf("hash sha1: the default of oath-csv, for 2 of 2 records"),
			fault.Textf("the place Bern is new, the first of this store; if it is mistyped: %s", fault.Do(token.CmdLocationRename, "Bern", "NAME"))}}
	if diff := cmp.Diff(want, res, cmpopts.EquateEmpty(), cmp.Transformer("words", fault.Text.String)); diff != "" || *res.Batch != 1 {
		t.Errorf("batch %v\n%s", res.Batch, diff)
	}
	found, _ := h.find("00A1")
	if found.Serial != "00a1" || found.State != token.InStock || found.Batch != 1 || !found.ImportedAt.Equal(h.clock.Now()) ||
		found.Manufacturer != "Acme" || *found.Location != "Bern" || *found.Period != 30 || !found.SeedPresent {
		t.Errorf("found %+v", found)
	}
	hotp, _ := h.find("H1")
	if hotp.Digits != 8 || *hotp.Counter != 100 || hotp.Period != nil {
		t.Errorf("found %+v", hotp)
	}
	e := h.lastEvent()
	d := detail[trail.ImportDetail](t, e)
	wantDetail := trail.ImportDetail{Number: 1, File: "file.csv", SHA256: want.SHA256, Format: "oath-csv", Options: d.Options,
		Order: "PO1", Supplier: "Acme", Expected: 2, Location: "Bern", Received: "2026-03-01",
		Records: 2, New: 2, FirstID: 1, LastID: 2, Contents: h.contents(1)}
	if diff := cmp.Diff(wantDetail, d); diff != "" {
		t.Error(diff)
	}
	if e.Command != token.CmdImport || e.Outcome != trail.Done || e.To != token.InStock || e.Operator.Name != "olga" || e.Object.Kind != trail.KindBatch {
		t.Errorf("event %+v", e)
	}
	for i, serial := range []string{"00A1", "H1"} {
		var sealed []byte
		var of token.SeedPlace
		must(t, h.store.View(bg, func(r desk.Reader) (err error) { sealed, of, err = r.SealedSeed(int64(i + 1)); return err }))
		if of.Serial.Key() != serial {
			t.Errorf("the seed of %s is sealed for %s", serial, of.Serial)
		}
		seed, err := h.keys.Open(of, sealed)
		if err != nil || string(seed.Bytes()) != string(gen.SeedFor(uint64(i+1), token.SHA1)) {
			t.Errorf("%s holds another seed; %v", serial, err)
		}
	}
	if hasSeed(h.dump(), gen.SeedFor(1, token.SHA1), gen.SeedFor(2, token.SHA1)) {
		t.Error("a seed lies in the tables")
	}
	h.verified()
}

// contents recomputes, from the tables, what a batch's event commits to.
func (h *house) contents(number int) string {
	h.t.Helper()
	db := h.open()
	defer db.Close()
	rows, err := db.Query(`SELECT t.id, COALESCE(t.printed, t.serial_key), p.manufacturer, p.model, p.type, p.hash, p.digits, p.period, p.t0,
		t.counter, COALESCE(t.not_before, 0), COALESCE(t.not_after, 0), COALESCE(t.manufactured, 0), t.fingerprint
		FROM batch b JOIN token t ON t.id BETWEEN b.first_id AND b.last_id JOIN profile p ON p.id = t.profile_id
		WHERE b.number = $1 AND t.batch_id = b.id ORDER BY t.id`, number)
	must(h.t, err)
	defer rows.Close()
	sum := sha256.New()
	for rows.Next() {
		addRow(h.t, rows, func(c token.Facts) { trail.AddTo(sum, &c, nil) })
	}
	must(h.t, rows.Err())
	return hex.EncodeToString(sum.Sum(nil))
}

func addRow(t testing.TB, rows *sql.Rows, add func(token.Facts)) {
	t.Helper()
	var c token.Facts
	var notBefore, notAfter, made int64
	must(t, rows.Scan(&c.ID, &c.Serial, &c.Manufacturer, &c.Model, &c.Type, &c.Hash, &c.Digits, &c.Period, &c.T0,
		&c.Counter, &notBefore, &notAfter, &made, &c.Fingerprint))
	for at, n := range map[*time.Time]int64{&c.NotBefore: notBefore, &c.NotAfter: notAfter, &c.Manufactured: made} {
		if n != 0 {
			*at = time.Unix(n, 0)
		}
	}
	add(c)
}

func TestWholeOrNotAtAll(t *testing.T) {
	h := newStocked(t)
	before := h.dump()
	res, err := h.intake.Import(bg, request(csv(line("N1", 101), line("N2", 102), line("S1", 103))))
	kindIs(t, err, fault.Refused, "1 of 3 records of file.csv were refused", "nothing of it was stored", "--partial", "--rejects")
	if res.Stored || res.Batch != nil || res.New != 2 || res.Refused != 1 {
		t.Errorf("%+v", res)
	}
	if h.dump() != before {
		t.Error("the refused file left a trace")
	}
}

func TestPartial(t *testing.T) {
	h := newStocked(t)
	src := csv(line("N1", 101), line("S1", 103), line("N2", 102), line("S2", 2))
	for _, c := range []struct{ batch, new, unchanged int }{{2, 2, 1}, {0, 0, 3}} {
		res, err := h.intake.Import(bg, request(src, partial))
		words := "the other 2 were stored as batch 2"
		if c.batch == 0 {
			words = "nothing of it was stored" // judged anew, and nothing of it is new
		}
		kindIs(t, err, fault.Refused, "1 of 4 records", words)
		if res.Stored != (c.batch > 0) || res.Stored && *res.Batch != c.batch || res.New != c.new || res.Unchanged != c.unchanged || res.Refused != 1 || res.Already {
			t.Errorf("%+v", res)
		}
	}
	if d := detail[trail.ImportDetail](t, h.lastEvent()); d.Refused != 1 || d.New != 2 || d.Unchanged != 1 || d.Records != 4 || d.Contents != h.contents(2) {
		t.Errorf("event %+v", d)
	}
	if s, _ := h.find("S1"); s.Batch != 1 {
		t.Error("the refused record replaced what is here")
	}
}

func TestTheSameFileAgain(t *testing.T) {
	h := newHouse(t)
	src := csv(line("N1", 1), line("N2", 2))
	h.load(src)
	before := h.dump()
	for name, c := range map[string]struct {
		change  func(*intake.Import)
		already bool
	}{
		"the same":                  {func(*intake.Import) {}, true},
		"dry":                       {dryRun, true},
		"under another name":        {func(r *intake.Import) { r.Source = memory{"copy.csv", src.text} }, true},
		"with another order number": {func(r *intake.Import) { r.Supply.Order = "PO2" }, true},
		"with a hash": {func(r *intake.Import) {
			r.Fill = intake.Fill{Given: given(seedfile.FieldHash), Params: token.Params{Hash: token.SHA1}}
		}, false},
		"with a manufacturer":   {func(r *intake.Import) { r.Fill.Manufacturer = "Acme" }, false},
		"with another line end": {func(r *intake.Import) { r.Source = memory{"file.csv", src.text + "\n"} }, false},
	} {
		res := h.load(request(src).Source, c.change)
		if res.Already != c.already || res.Stored || res.New != 0 || res.Unchanged != 2 || res.Already && *res.Batch != 1 {
			t.Errorf("%s: %+v", name, res)
		}
	}
	if h.dump() != before {
		t.Error("the second import left a trace")
	}
}

func TestExpected(t *testing.T) {
	h := newHouse(t)
	before := h.dump()
	_, err := h.intake.Import(bg, request(csv(line("N1", 1)), func(r *intake.Import) { r.Supply.Expected = 2 }))
	kindIs(t, err, fault.Refused, "holds 1 records, --expect says 2", "nothing was stored", "supplier")
	if h.dump() != before {
		t.Error("the short delivery left a trace")
	}
}

func TestReplace(t *testing.T) {
	h := newStocked(t)
	res := h.load(csv(line("s1", 101), line("S2", 2), line("N1", 102), "S3,"+seedHex(3)+",totp,8,60"), replace)
	if res.New != 3 || res.Replaced != 2 || res.Unchanged != 1 || !res.Stored {
		t.Errorf("%+v", res)
	}
	d := detail[trail.ImportDetail](t, h.lastEvent())
	if len(d.Replaced) != 2 || d.Contents != h.contents(2) {
		t.Fatalf("event %+v, contents %s", d, h.contents(2))
	}
	old, now := d.Replaced[0].Old, d.Replaced[0].New
	print1, print101 := h.print(1), h.print(101)
	if old.Serial != "S1" || now.Serial != "s1" || old.Fingerprint != print1 || now.Fingerprint != print101 || old.ID != 1 || now.ID < 9 || old.Period != 30 {
		t.Errorf("replaced %+v by %+v", old, now)
	}
	if d.Replaced[1].Old.Digits != 6 || d.Replaced[1].New.Digits != 8 || d.Replaced[1].New.Period != 60 {
		t.Errorf("replaced %+v", d.Replaced[1])
	}
	if found, _ := h.find("S1"); found.Serial != "s1" || found.Batch != 2 || found.State != token.InStock {
		t.Errorf("found %+v", found)
	}
	if n := h.sharing(print1); n != 0 {
		t.Error("the old seed's fingerprint is left")
	}
	if got := h.rows(); got != "9 tokens, 9 prints, 2 batches" {
		t.Error(got)
	}
	res = h.load(csv(line("N2", 1))) // the old seed may come again, under another serial
	if !res.Stored {
		t.Errorf("%+v", res)
	}
	_, err := h.intake.Import(bg, request(csv(line("B1", 103), line("N3", 104)), replace))
	kindIs(t, err, fault.Refused, "1 of 2")
}

func (h *house) print(i uint64) int64 {
	return h.keys.Fingerprint(token.NewSeed(gen.SeedFor(i, token.SHA1)))
}

func TestFill(t *testing.T) {
	short := func(n int) string { return hex.EncodeToString(gen.SeedFor(1, token.SHA512)[:n]) }
	long := hex.EncodeToString(gen.SeedFor(1, token.SHA256))
	with := func(p token.Params, fields ...seedfile.Field) intake.Fill {
		return intake.Fill{Given: given(fields...), Params: p}
	}
	for _, c := range []struct {
		name string
		line string
		fill intake.Fill
		want string // a verdict and words of the reason, or "error: " and words of it
	}{
		{"no type", "N1," + seedHex(1), intake.Fill{}, "error: does not say the type of 1 of 1 records; --type"},
		{"the type said", "N1," + seedHex(1), with(token.Params{Type: token.TOTP}, seedfile.FieldType), "new"},
		{"the same type said twice", line("N1", 1), with(token.Params{Type: token.TOTP}, seedfile.FieldType), "new"},
		{"another type", line("N1", 1), with(token.Params{Type: token.HOTP}, seedfile.FieldType), "invalid: the file gives the type as totp, --type says hotp"},
		{"other digits", line("N1", 1), with(token.Params{Digits: 8}, seedfile.FieldDigits), "invalid: the file gives the digits as 6, --digits says 8"},
		{"another period", line("N1", 1), with(token.Params{Period: 60}, seedfile.FieldPeriod), "invalid: the file gives the period as 30, --period says 60"},
		{"another counter", "N1," + seedHex(1) + ",hotp,6,5", intake.Fill{Given: given(seedfile.FieldCounter), Counter: 7}, "invalid: the file gives the counter as 5, --counter says 7"},
		{"another hash", line("N1", 1) + ",sha1", with(token.Params{Hash: token.SHA512}, seedfile.FieldHash), "invalid: --hash says sha512"},
		{"a hash beside the default", line("N1", 1), with(token.Params{Hash: token.SHA256}, seedfile.FieldHash), "new"},
		{"a long seed", "N1," + long + ",totp,6,30", intake.Fill{}, "error: does not say the hash of 1 of 1 records; --hash"},
		{"a long seed with its hash", "N1," + long + ",totp,6,30,sha256", intake.Fill{}, "new"},
		{"a long seed, the hash said", "N1," + long + ",totp,6,30", with(token.Params{Hash: token.SHA1}, seedfile.FieldHash), "new"},
		{"24 bytes", "N1," + short(24) + ",totp,6,30", intake.Fill{}, "new"},
		{"25 bytes", "N1," + short(25) + ",totp,6,30", intake.Fill{}, "error: --hash"},
		{"no type and a long seed", "N1," + long, intake.Fill{}, "error: the type of 1 of 1 records and the hash of 1 of 1 records; --hash; --type"},
		{"16 bytes", "N1," + short(16) + ",totp,6,30", intake.Fill{}, "new"},
		{"15 bytes", "N1," + short(15) + ",totp,6,30", intake.Fill{}, "invalid: 15 bytes; --allow-short-seeds"},
		{"15 bytes allowed", "N1," + short(15) + ",totp,6,30", intake.Fill{ShortSeeds: true}, "new"},
		{"10 bytes allowed", "N1," + short(10) + ",totp,6,30", intake.Fill{ShortSeeds: true}, "new"},
		{"9 bytes never", "N1," + short(9) + ",totp,6,30", intake.Fill{ShortSeeds: true}, "invalid: 9 bytes"},
		{"64 bytes", "N1," + short(64) + ",totp,6,30,sha512", intake.Fill{}, "new"},
		{"65 bytes", "N1," + short(64) + "00,totp,6,30,sha512", intake.Fill{}, "invalid: 65 bytes"},
		{"another encoding", line("N1", 1), intake.Fill{Encoding: seedfile.Base32}, "error: writes seeds in hex, --encoding says base32"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			before := h.dump()
			res, err := h.intake.Import(bg, request(csv(c.line), func(r *intake.Import) { r.Fill = c.fill }))
			verdict, words, _ := strings.Cut(c.want, ": ")
			switch verdict {
			case "new":
				if err != nil || !res.Stored {
					t.Errorf("%+v, %v", res, err)
				}
				return
			case "invalid":
				if len(res.Rejects) != 1 || res.Rejects[0].Verdict != token.Invalid {
					t.Fatalf("%+v, %v", res, err)
				}
				says(t, res.Rejects[0].Reason.In(flagged{fault.Plain}), strings.Split(words, "; ")...)
			default:
				kindIs(t, err, fault.Refused, strings.Split(words, "; ")...)
			}
			if h.dump() != before {
				t.Error("a trace is left")
			}
		})
	}
}

func TestManyRejects(t *testing.T) {
	h := newHouse(t)
	var lines []string
	for i := range intake.MaxRejects + 200 {
		lines = append(lines, fmt.Sprintf("B%d,%s,totp,6,30", i, damagedHex))
	}
	req := request(csv(append(lines, line("N1", 1))...), partial)
	told := 0
	req.OnReject = func(r intake.Reject) error {
		if told++; r.Line != told {
			t.Errorf("reject %d is line %d", told, r.Line)
		}
		return nil
	}
	res, err := h.intake.Import(bg, req)
	kindIs(t, err, fault.Refused)
	if len(res.Rejects) != intake.MaxRejects || told != len(lines) || res.Refused != len(lines) || !res.Stored {
		t.Errorf("%d rejects are listed, %d were told, %d counted, stored %v", len(res.Rejects), told, res.Refused, res.Stored)
	}
}

// unsteady is a source that gives other bytes, or fails, when it is opened for
// the nth time, from 0.
type unsteady struct {
	memory
	opened int
	at     int
	then   func(text string) io.Reader
}

func (u *unsteady) Open() (io.ReadCloser, error) {
	defer func() { u.opened++ }()
	if u.opened == u.at {
		return io.NopCloser(u.then(u.text)), nil
	}
	return u.memory.Open()
}

var errDisk = errors.New("the disk is gone")

// unsteadiness is what can happen to a file between and during the passes.
var unsteadiness = []struct {
	name string
	then func(string) io.Reader
	err  error // nil: it changed
}{
	{"another seed", func(text string) io.Reader {
		return strings.NewReader(strings.Replace(text, seedHex(1), seedHex(999_999), 1))
	}, nil},
	{"another last line", func(text string) io.Reader {
		return strings.NewReader(strings.TrimRight(text, "\n") + "\r\n")
	}, nil},
	{"a record less", func(text string) io.Reader {
		return strings.NewReader(text[:strings.LastIndex(strings.TrimRight(text, "\n"), "\n")+1])
	}, nil},
	{"a record more", func(text string) io.Reader { return strings.NewReader(text + line("Z1", 999_999) + "\n") }, nil},
	{"a failing disk", func(text string) io.Reader {
		return io.MultiReader(strings.NewReader(text[:len(text)*2/3]), failing{})
	}, errDisk},
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errDisk }

func TestUnsteadyFile(t *testing.T) {
	for _, n := range []int{4, intake.SliceSize + 100} {
		h := newHouse(t)
		h.load(csv(line("S1", 500_000)))
		before := h.dump(staying(n)...)
		for _, c := range unsteadiness {
			t.Run(fmt.Sprintf("%s of %d", c.name, n), func(t *testing.T) {
				_, err := h.intake.Import(bg, request(&unsteady{memory: generated(1, n), at: 1, then: c.then}, partial))
				if c.err == nil {
					kindIs(t, err, fault.Refused, "changed while it was read", "nothing of it is stored", "import it again")
				} else if !errors.Is(err, c.err) {
					t.Errorf("the error is %v", err)
				}
				must(t, h.store.SweepLoads(bg))
				if h.dump(staying(n)...) != before {
					t.Error("a trace is left")
				}
			})
		}
	}
}

// staying names the tables in which a large import that came to nothing may
// leave a row: profiles and places are shared, and without tokens nobody sees
// them.
func staying(records int) []string {
	if records <= intake.SliceSize {
		return nil
	}
	return []string{"profile", "location"}
}

func TestUnsteadyInTheFirstPass(t *testing.T) {
	h := newHouse(t)
	before := h.dump()
	for _, c := range unsteadiness {
		if c.err == nil {
			continue
		}
		_, err := h.intake.Import(bg, request(&unsteady{memory: generated(1, 10), at: 0, then: c.then}))
		if !errors.Is(err, c.err) {
			t.Errorf("the error is %v", err)
		}
	}
	// A repeated serial makes it read once more before anything is stored.
	twice := memory{"twice.csv", generated(1, 3).text + line(serialOf(1), 50) + "\n"}
	for at := 1; at <= 2; at++ {
		_, err := h.intake.Import(bg, request(&unsteady{memory: twice, at: at, then: unsteadiness[0].then}, partial))
		kindIs(t, err, fault.Refused, "changed while it was read")
	}
	if h.dump() != before {
		t.Error("a trace is left")
	}
}

func TestEmptyFile(t *testing.T) {
	h := newHouse(t)
	for text, words := range map[string]string{
		"serial,hexkey,type,digits,step\n": "holds no records, only a header",
		"# nothing\n\n":                    "holds no records, only comments or blank lines",
	} {
		_, err := h.intake.Import(bg, request(memory{"empty.csv", text}))
		kindIs(t, err, fault.Refused, words)
	}
}
