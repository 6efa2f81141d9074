package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/seedfile"
	"fob/internal/testkit"
	"fob/internal/token"
)

var updateMangled = flag.Bool("update", false, "write testdata/mangled anew")

const seedfiles = "../../testdata/seedfiles"

// mangledFile is a file that somebody could have made of a sample.
type mangledFile struct {
	what    string // was done to the sample
	data    []byte
	damaged bool // one of its fields is no longer valid: it may be refused
}

// said is what an operator says of a file: nothing at first, then what messages
// ask for.
type said struct {
	Format    string `json:"format"`
	Columns   string `json:"columns"`
	Delimiter string `json:"delimiter"`
	SkipRows  int    `json:"skip_rows"`
	Sheet     string `json:"sheet"`
	KeySuffix bool   `json:"key_suffix"`

	flags []string
	fill  intake.Fill
}

func (s *said) request(src seedfile.Source) (req intake.Import, err error) {
	req = intake.Import{Source: src, Fill: s.fill}
	req.Options = seedfile.Options{Columns: s.Columns, SkipRows: s.SkipRows, Sheet: s.Sheet, KeySuffix: s.KeySuffix}
	if s.Delimiter != "" {
		req.Options.Delimiter = s.Delimiter[0]
	}
	req.Format, _, err = app.FindFormat(src, s.Format, req.Options)
	return req, err
}

// truth is what there is to say of a sample, if anybody asks.
func truthOf(t *testing.T, sample string, kind token.Type) said {
	t.Helper()
	var s said
	text, err := os.ReadFile(filepath.Join(seedfiles, sample+".flags.json"))
	if err == nil {
		err = json.Unmarshal(text, &s)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.Format == "" {
		s.Format, _, _ = strings.Cut(sample, "/")
	}
	s.fill.Params = token.Params{Type: kind, Hash: token.SHA1, Digits: 6, Period: 30}
	return s
}

var flagName = regexp.MustCompile(`--([a-z0-9-]+)(?: ([a-z0-9-]+))?`)

// obey says what a message asks for, as far as there is anything to say; it tells
// whether that was anything new.
func (s *said) obey(message string, truth said, encoding seedfile.Encoding) (more bool) {
	for _, m := range flagName.FindAllStringSubmatch(message, -1) {
		if slices.Contains(s.flags, m[1]) {
			continue
		}
		field := seedfile.Field(0)
		for _, f := range seedfile.Fields() {
			if f.String() == m[1] {
				field = f
			}
		}
		switch {
		case m[1] == "format" && truth.Columns == "" && truth.Format != "xlsx":
			s.Format = truth.Format // who knows the file chooses, if it is among those that are named
			if slices.Contains(app.FormatNames(), m[2]) && !strings.Contains(message, "--format "+truth.Format) {
				s.Format = m[2]
			}
		case m[1] == "encoding":
			s.fill.Encoding = encoding
		case m[1] == "columns" && truth.Columns != "":
			s.Columns = truth.Columns
		case m[1] == "delimiter" && truth.Delimiter != "":
			s.Delimiter = truth.Delimiter
		case m[1] == "skip-rows" && truth.SkipRows > 0:
			s.SkipRows = truth.SkipRows
		case m[1] == "skip-rows" && m[2] != "" && m[2] != "passes":
			if _, err := fmt.Sscan(m[2], &s.SkipRows); err != nil {
				continue
			}
		case m[1] == "sheet" && truth.Sheet != "":
			s.Sheet = truth.Sheet
		case m[1] == "key-suffix" && truth.KeySuffix:
			s.KeySuffix = true
		case m[1] == "allow-short-seeds":
			s.fill.ShortSeeds = true
		case field != 0:
			s.fill.Given = s.fill.Given.With(field)
			s.fill.Params, s.fill.Counter = truth.fill.Params, 0
		default:
			continue
		}
		s.flags, more = append(s.flags, m[1]), true
	}
	return more
}

// outcome is what became of a file.
type outcome struct {
	flags   []string // that were asked for
	res     intake.Imported
	err     error
	message string // the last
}

func (o outcome) imported() bool { return o.err == nil }

// told reports whether the operator had to say what the tokens are.
func (o outcome) told() bool {
	return slices.ContainsFunc(seedfile.Fields(), func(f seedfile.Field) bool { return slices.Contains(o.flags, f.String()) })
}

// String is for the table: what became of it, and the first reason if it was
// refused.
func (o outcome) String() string {
	asked := ""
	if len(o.flags) > 0 {
		asked = " with --" + strings.Join(o.flags, " --")
	}
	if o.imported() {
		return "imported" + asked
	}
	reason := fault.MessageIn(o.err, testkit.Flags)
	if len(o.res.Rejects) > 0 {
		x := o.res.Rejects[0]
		reason = fmt.Sprintf("%d of %d records, %s: %s: %s", o.res.Refused, o.res.Records, x.Place, x.Verdict, x.Reason.In(testkit.Flags))
	}
	return "refused" + asked + ": " + reason
}

// hand hands a file over, and says what is asked for until it is in or nothing
// more can be said.
func (w *world) hand(d *desk.Desk, data []byte, truth said, encoding seedfile.Encoding, dry bool) (o outcome) {
	w.t.Helper()
	var s said
	for range 6 {
		o.res, o.err = w.handOnce(d, data, &s, dry)
		if o.err == nil {
			break
		}
		o.message = fault.MessageIn(o.err, testkit.Flags) + " " + fault.AdviceOf(o.err).In(testkit.Flags)
		for _, x := range o.res.Rejects {
			o.message += " " + x.Reason.In(testkit.Flags)
		}
		if !s.obey(o.message, truth, encoding) {
			break
		}
	}
	o.flags = s.flags
	return o
}

func (w *world) handOnce(d *desk.Desk, data []byte, s *said, dry bool) (res intake.Imported, err error) {
	w.t.Helper()
	ctx := context.Background()
	deliveries, err := w.config.Deliveries(app.Keys{})
	w.must(err)
	defer deliveries.Close()
	members, done, err := deliveries.Open(ctx, written(data))
	if err != nil {
		return res, err
	}
	defer done()
	if len(members) != 1 {
		w.t.Fatalf("%d members", len(members))
	}
	req, err := s.request(members[0].Source)
	if err != nil {
		return res, err
	}
	req.DryRun = dry
	return intakeOf(d).Import(ctx, req)
}

// settle imports a sample itself. It tells what there is to say of its
// mangled files, or that the sample does not go in as it is.
func settle(t *testing.T, sample string, data []byte) (w *world, d *desk.Desk, truth said, enc seedfile.Encoding, o outcome) {
	t.Helper()
	for _, kind := range []token.Type{token.TOTP, token.HOTP} {
		for _, enc = range seedfile.Encodings() {
			store := emptyStore(t)
			d, done, err := store.config.Desk(context.Background())
			store.must(err)
			t.Cleanup(func() { store.must(done()) })
			w = store
			truth = truthOf(t, sample, kind)
			if o = w.hand(d, data, truth, enc, false); o.imported() {
				return w, d, truth, o.res.Encoding, o
			}
			if !slices.Contains(o.flags, "encoding") {
				break
			}
		}
	}
	t.Errorf("%s does not go in: %v", sample, o)
	return nil, nil, truth, enc, o
}

// TestMangledFiles hands over what people make of the samples of every format
// that fob reads. No file may give a token another seed, hash, period, number of
// digits, T0 or counter than the sample: such a record would be a conflict with
// what is in the store. One whose meaning is unchanged goes in, and asks for
// nothing in vain. What became of each is kept in testdata/mangled, so that a
// change shows: go test ./internal/app -run MangledFiles -update.
func TestMangledFiles(t *testing.T) {
	all := 0
	for _, f := range app.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			var table strings.Builder
			for _, sample := range f.Support.Samples {
				all += study(t, f, sample, &table)
			}
			compareTable(t, filepath.Join("testdata", "mangled", f.Name+".txt"), table.String())
		})
	}
	t.Logf("%d files", all)
	if all < 200 {
		t.Errorf("only %d files", all)
	}
}

func study(t *testing.T, f seedfile.Format, sample string, table *strings.Builder) (files int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(seedfiles, sample))
	if err != nil {
		t.Fatal(err)
	}
	w, d, truth, enc, base := settle(t, sample, data)
	if w == nil {
		return 0
	}
	fmt.Fprintf(table, "%s: %v\n", sample, base)
	for _, s := range mangledFilesOf(t, f, data, base.res.Records, truth) {
		files++
		o := w.hand(d, s.data, truth, enc, true)
		fmt.Fprintf(table, "  %s: %v\n", s.what, o)
		judge(t, sample, s, o)
	}
	return files
}

// judge holds an outcome to what may never happen.
func judge(t *testing.T, sample string, s mangledFile, o outcome) {
	t.Helper()
	for _, x := range o.res.Rejects {
		if x.Verdict == token.Conflict && !(s.damaged && o.told()) {
			t.Errorf("%s, %s: %s says something else than the sample: %s", sample, s.what, x.Place, x.Reason)
		}
	}
	switch {
	case s.damaged:
	case !o.imported():
		t.Errorf("%s, %s: nothing is wrong with it, and it is %v (%s)", sample, s.what, o, o.message)
	case o.res.New > 0:
		t.Errorf("%s, %s: %d serials are others than in the sample", sample, s.what, o.res.New)
	}
	if !o.imported() && o.res.Refused == 0 && fault.KindOf(o.err) != fault.Refused && fault.KindOf(o.err) != fault.KeyTrouble {
		t.Errorf("%s, %s: %v", sample, s.what, o.err)
	}
}

func compareTable(t *testing.T, path, got string) {
	t.Helper()
	if *updateMangled {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: go test ./internal/app -run MangledFiles -update, and look at what it says", err)
	}
	if string(want) == got {
		return
	}
	lines := strings.Split(string(want), "\n")
	for line := range strings.Lines(got) {
		if !slices.Contains(lines, strings.TrimSuffix(line, "\n")) {
			t.Errorf("%s has another line for: %s", path, line)
		}
	}
	t.Errorf("%s is not what happens now: go test ./internal/app -run MangledFiles -update, and look at the difference", path)
}
