package detect

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/testkit"
)

var update = flag.Bool("update", false, "write the *.want.json files anew")

const samples = "../../../testdata/seedfiles"

// wanted is what is expected of one seed file.
type wanted struct {
	Format  string   `json:"format"`
	Why     string   `json:"why"`
	Notes   []string `json:"notes"`
	Wrapped []string `json:"wrapped,omitempty"`
	Error   string   `json:"error,omitempty"` // that ended the file
	Records []record `json:"records"`
}

// record is a record in plain words. The seed is shown by its SHA-256, so that
// the expected files hold none; of fields that are not given nothing is shown.
type record struct {
	Place    string `json:"place"`
	Serial   string `json:"serial"`
	Type     string `json:"type,omitempty"`
	Hash     string `json:"hash,omitempty"`
	Digits   int    `json:"digits,omitempty"`
	Period   *int   `json:"period,omitempty"`
	Counter  *int64 `json:"counter,omitempty"`
	Encoding string `json:"encoding,omitempty"`
	Seed     string `json:"seed_sha256,omitempty"`
	T0       *int64 `json:"t0,omitempty"`
	Made     string `json:"made,omitempty"`    // manufacturer and model
	Valid    string `json:"valid,omitempty"`   // from and to
	Account  string `json:"account,omitempty"` // whom the file names
	Doubt    string `json:"doubt,omitempty"`
	Problem  string `json:"problem,omitempty"`
}

// flags are what has to be said of a sample, in FILE.flags.json beside it.
type flags struct {
	Format    string `json:"format"` // else it is found
	Columns   string `json:"columns"`
	Delimiter string `json:"delimiter"`
	SkipRows  int    `json:"skip_rows"`
	Sheet     string `json:"sheet"`
	KeySuffix bool   `json:"key_suffix"`

	Keys            []string `json:"keys"` // contents of key files
	Passphrases     []string `json:"passphrases"`
	SignedBy        string   `json:"signed_by"` // certificate, a path below testdata
	Compat          bool     `json:"compat"`
	Unauthenticated bool     `json:"unauthenticated"`
}

func flagsOf(t *testing.T, file string) (f flags, o seedfile.Options) {
	t.Helper()
	text, err := os.ReadFile(file + ".flags.json")
	if errors.Is(err, fs.ErrNotExist) {
		return f, o
	}
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	o = seedfile.Options{Columns: f.Columns, SkipRows: f.SkipRows, Sheet: f.Sheet, KeySuffix: f.KeySuffix, Compat: f.Compat, Unauthenticated: f.Unauthenticated}
	keys := &testkit.Keys{Files: f.Keys, Passphrases: f.Passphrases}
	if o.Keys = keys; f.SignedBy != "" {
		keys.Cert = testkit.Certificate(t, filepath.Join(samples, "..", f.SignedBy))
	}
	if f.Delimiter != "" {
		o.Delimiter = f.Delimiter[0]
	}
	return f, o
}

// TestSamples reads every file of testdata/seedfiles/FORMAT.
func TestSamples(t *testing.T) {
	for _, f := range Formats() {
		files, err := filepath.Glob(filepath.Join(samples, f.Name, "*"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no samples (%v)", f.Name, err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, ".want.json") && !strings.HasSuffix(file, ".flags.json") {
				t.Run(f.Name+"/"+filepath.Base(file), func(t *testing.T) { checkSample(t, file) })
			}
		}
	}
}

func checkSample(t *testing.T, file string) {
	got, err := json.MarshalIndent(readSample(t, file), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	golden := file + ".want.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("read as\n%s\nwant\n%s", got, want)
	}
}

func readSample(t *testing.T, file string) wanted {
	t.Helper()
	source, err := seedfile.FileSource(file)
	if err != nil {
		t.Fatal(err)
	}
	said, options := flagsOf(t, file)
	format, why, err := detectIn(source, options)
	if said.Format != "" || options.Columns != "" {
		why = "named"
		format, _, err = namedIn(source, said.Format, options)
	}
	if err != nil {
		t.Fatal(err)
	}
	in, err := seedfile.OpenPass(source)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	w := wanted{Format: format.Name, Why: why, Notes: []string{}, Records: []record{}}
	reader, err := format.Open(in, options)
	if err != nil {
		w.Error = fault.MessageIn(err, testkit.Flags)
		return w
	}
	for {
		rec, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			w.Error = fault.MessageIn(err, testkit.Flags)
			break
		}
		w.Records = append(w.Records, plain(rec))
	}
	for _, n := range reader.Notes() {
		w.Notes = append(w.Notes, n.In(testkit.Flags))
	}
	if wrapping, ok := reader.(seedfile.Wrapping); ok {
		w.Wrapped = wrapping.Wrapped()
	}
	return w
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339)
}

func plain(rec seedfile.Record) record {
	p := record{
		Place: rec.Place.String(), Serial: rec.Serial, Encoding: string(rec.Secret.Encoding),
		Type: string(rec.Params.Type), Hash: string(rec.Params.Hash), Digits: rec.Params.Digits,
		Made: strings.TrimSpace(rec.Manufacturer + " " + rec.Model), Account: rec.Account,
	}
	if rec.Given.Has(seedfile.FieldPeriod) {
		p.Period = &rec.Params.Period
	}
	if rec.Given.Has(seedfile.FieldCounter) {
		p.Counter = &rec.Counter
	}
	if rec.Given.Has(seedfile.FieldT0) {
		p.T0 = &rec.Params.T0
	}
	if !rec.NotBefore.IsZero() || !rec.NotAfter.IsZero() {
		p.Valid = day(rec.NotBefore) + " to " + day(rec.NotAfter)
	}
	if rec.Secret.Text.Len() > 0 {
		sum := sha256.Sum256(rec.Secret.Text.Bytes())
		p.Seed = hex.EncodeToString(sum[:])
	}
	if rec.Doubt.Field != 0 {
		p.Doubt = rec.Doubt.Field.String() + ": " + fault.MessageIn(rec.Doubt.Why, testkit.Flags)
	}
	if rec.Problem != nil {
		p.Problem = fault.MessageIn(rec.Problem, testkit.Flags)
	}
	return p
}
