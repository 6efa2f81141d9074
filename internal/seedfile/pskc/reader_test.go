package pskc

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/seedfile"
	"fob/internal/testkit"
	"fob/internal/token"
)

const (
	samples = "../../../testdata/seedfiles/pskc"
	rfcSeed = "12345678901234567890"
)

// inspect reads a sample as an import would, up to where the store begins.
func inspect(t *testing.T, file string, fill intake.Fill, o seedfile.Options) intake.Inspected {
	t.Helper()
	source, err := seedfile.FileSource(filepath.Join(samples, file))
	if err != nil {
		t.Fatal(err)
	}
	res, err := intake.Inspect(context.Background(), intake.Import{Source: source, Format: Format(), Options: o, Fill: fill}, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// The figures of RFC 6030, as an import judges them. Figures 2 and 5 have seeds
// of 4 bytes and are examples of the format only: section 10.1 asks for 16.
func TestFiguresOfTheRFC(t *testing.T) {
	key := seedfile.Options{Keys: &testkit.Keys{Files: []string{"12345678901234567890123456789012"}}}
	phrase := seedfile.Options{Keys: &testkit.Keys{Passphrases: []string{"qwerty"}}}
	for _, c := range []struct {
		figure  int
		options seedfile.Options
		records int
		refused []string // how the reasons end
	}{
		{2, seedfile.Options{}, 1, []string{"the seed has only 4 bytes; RFC 4226 demands 16"}},
		{3, seedfile.Options{}, 1, nil},
		{4, seedfile.Options{}, 1, []string{"its seed has to be derived from something that is not in the file"}},
		{5, seedfile.Options{}, 1, []string{"the seed has only 4 bytes; RFC 4226 demands 16"}},
		{6, key, 1, nil},
		{7, phrase, 1, nil},
		{10, seedfile.Options{}, 4, []string{
			"this serial also stands in KeyPackage 4; if they are keys of one device, --key-suffix makes the serials SERIAL/KEYID",
			"this serial also stands in KeyPackage 3; if they are keys of one device, --key-suffix makes the serials SERIAL/KEYID",
		}},
		{10, seedfile.Options{KeySuffix: true}, 4, nil},
	} {
		got := inspect(t, fmt.Sprintf("rfc6030-figure%d.xml", c.figure), intake.Fill{}, c.options)
		if got.Records != c.records || got.Refused != len(c.refused) || len(got.Needs) > 0 {
			t.Errorf("figure %d, %+v: %+v", c.figure, c.options, got)
			continue
		}
		for i, r := range got.Rejects {
			if !strings.HasSuffix(r.Reason.In(testkit.Flags), c.refused[i]) {
				t.Errorf("figure %d: %s", c.figure, r.Reason)
			}
		}
	}
}

// Of figures 6 and 7 the RFC tells what comes out; figure 7 is derived from once,
// however often the file is read.
func TestEncryptedFigures(t *testing.T) {
	keys := &testkit.Keys{Files: []string{"12345678901234567890123456789012"}, Passphrases: []string{"qwerty"}}
	for range 2 {
		for figure, serial := range map[int]string{6: "987654321", 7: "987654321"} {
			all := readSample(t, fmt.Sprintf("rfc6030-figure%d.xml", figure), seedfile.Options{Keys: keys})
			if len(all) != 1 || all[0].Serial != serial || all[0].Params.Digits != 8 || string(all[0].Secret.Text.Bytes()) != rfcSeed {
				t.Errorf("figure %d: %+v", figure, all)
			}
		}
	}
	if keys.Derivations != 1 {
		t.Errorf("derived %d times", keys.Derivations)
	}
}

// What opens a file that is encrypted or signed is told without opening it.
// flags are fields as a command line names them.
func flags(fields []fault.Text) string {
	var all []string
	for _, f := range fields {
		all = append(all, "--"+strings.ReplaceAll(f.String(), " ", "-"))
	}
	return strings.Join(all, " ")
}

func TestNeeds(t *testing.T) {
	for file, want := range map[string]string{
		"rfc6030-figure6.xml":      "--key-file",
		"rfc6030-figure7.xml":      "--passphrase-file",
		"rfc6030-figure8.xml":      "--key-file",
		"no-mac.xml":               "--allow-unauthenticated --key-file",
		"draft-actividentity.xml":  "--compat --key-file",
		"signed.xml":               "--signed-by",
		"compat-vector-beside.xml": "--compat --key-file",
		"rfc6030-figure3.xml":      "",

		"../../pskc/aes256-gcm-key.xml": "--key-file", // with an encrypted TimeInterval
	} {
		got := inspect(t, file, intake.Fill{}, seedfile.Options{})
		if flags(got.Needs) != want || got.Records == 0 || got.Refused > 0 || got.SHA256 == "" || len(got.First) == 0 {
			t.Errorf("%s: %+v, want %s", file, got, want)
		}
	}
}

// The RFC never published the private key of figure 8, and figure 9's signature
// is of nothing.
func TestFiguresThatNobodyCanRead(t *testing.T) {
	for figure, want := range map[int]string{8: "serial number 499a7fbc, whose private key is in no key file", 9: "nothing can verify it"} {
		text, err := os.ReadFile(filepath.Join(samples, fmt.Sprintf("rfc6030-figure%d.xml", figure)))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := testkit.ReadAll(t, Format(), bytes.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("figure %d: %v", figure, err)
		}
	}
}

func TestFigure3(t *testing.T) {
	all := readSample(t, "rfc6030-figure3.xml", seedfile.Options{})
	want := token.Params{Type: token.HOTP, Digits: 8}
	rec := all[0]
	if rec.Serial != "987654321" || rec.Params != want || rec.Counter != 0 || string(rec.Secret.Text.Bytes()) != rfcSeed {
		t.Errorf("%+v", rec)
	}
}

// with is the format, read with options.
func with(o seedfile.Options) seedfile.Format {
	f := Format()
	f.Open = func(r io.Reader, _ seedfile.Options) (seedfile.Reader, error) { return open(r, o) }
	return f
}

func readSample(t *testing.T, file string, o seedfile.Options) []seedfile.Record {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(samples, file))
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := testkit.ReadAll(t, with(o), bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// With the suffix every serial of the file gets it, those of devices with one
// key too: the same token must not be called otherwise in another delivery.
func TestKeySuffix(t *testing.T) {
	for file, want := range map[string][]string{
		"rfc6030-figure10.xml":       {"654321/1", "123456/2", "9999999/3", "9999999/4"},
		"two-keys-of-one-device.xml": {"7654321/7654321:1", "7654321/7654321:2"},
		"rfc6030-figure2.xml":        {"12345678"}, // no SerialNo: the Key's Id is the serial
	} {
		var got []string
		for _, rec := range readSample(t, file, seedfile.Options{KeySuffix: true}) {
			got = append(got, rec.Serial)
			if !rec.Alternative.IsZero() {
				t.Error(rec.Alternative)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", file, got)
		}
	}
}

// What the file leaves open is settled as the format documents it.
func TestDefaults(t *testing.T) {
	got := inspect(t, "suites.xml", intake.Fill{}, seedfile.Options{})
	if flags(got.Needs) != "--hash" {
		t.Errorf("a seed of 32 bytes without a Suite: needs %v", got.Needs)
	}
	got = inspect(t, "defaults.xml", intake.Fill{}, seedfile.Options{})
	if flags(got.Needs) != "--type --digits" {
		t.Errorf("a key without Algorithm, one without ResponseFormat: needs %v", got.Needs)
	}
}

// A Time other than 0 is nobody's to guess at but the operator's.
func TestTimeNotZero(t *testing.T) {
	got := inspect(t, "time-not-zero.xml", intake.Fill{}, seedfile.Options{})
	if got.Refused != 1 || got.Rejects[0].Line != 1 || !strings.Contains(got.Rejects[0].Reason.In(testkit.Flags), "say --t0") {
		t.Errorf("%+v", got)
	}
	said := intake.Fill{Given: seedfile.FieldSet(0).With(seedfile.FieldT0), Params: token.Params{T0: 946_684_800}}
	if got := inspect(t, "time-not-zero.xml", said, seedfile.Options{}); got.Refused != 0 {
		t.Errorf("with --t0: %+v", got)
	}
}

// An error of the disk is no fault of the file.
func TestReadErrorsAreInternal(t *testing.T) {
	start := strings.Join(Format().Example[:3], "\n")
	_, _, err := testkit.ReadAll(t, Format(), io.MultiReader(strings.NewReader(start), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if err == nil || fault.KindOf(err) != fault.Internal {
		t.Error(err)
	}
}

// fuzzOptions are the ways in which a file may be read: as it is, with all that
// opens the samples, and blind.
var fuzzOptions = []seedfile.Options{
	{},
	{Compat: true, Unauthenticated: true, Keys: &testkit.Keys{Passphrases: []string{"qwerty"}, Files: []string{
		"12345678901234567890123456789012", "000102030405060708090a0b0c0d0e0f", "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3"}}},
	{Blind: true},
}

func FuzzReader(f *testing.F) {
	testkit.Corpus(f, filepath.Join(samples, "*.xml"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, o := range fuzzOptions {
			fuzzRead(t, text, o)
		}
		sniff(seedfile.Sample{Data: text, Whole: len(text)%2 == 0})
	})
}

func fuzzRead(t *testing.T, text []byte, o seedfile.Options) {
	f := with(o)
	all, notes, err := testkit.ReadAll(t, f, bytes.NewReader(text))
	again, notesAgain, errAgain := testkit.ReadAll(t, f, iotest.OneByteReader(bytes.NewReader(text)))
	if !slices.Equal(notes, notesAgain) || fmt.Sprint(err) != fmt.Sprint(errAgain) || len(all) != len(again) {
		t.Fatalf("whole: %d %q %v\nbytewise: %d %q %v", len(all), notes, err, len(again), notesAgain, errAgain)
	}
	messages := fmt.Sprint(notes, err)
	for i, rec := range all {
		if a, b := words(rec), words(again[i]); a != b {
			t.Fatalf("whole: %s\nbytewise: %s", a, b)
		}
		if !o.Blind {
			checkRecord(t, rec)
		}
		messages += fmt.Sprint(rec.Problem, rec.Doubt.Why)
	}
	for _, rec := range all {
		checkSilent(t, messages, rec.Secret.Text.Bytes())
	}
}

func words(rec seedfile.Record) string {
	seed := rec.Secret.Text.Bytes()
	rec.Secret = seedfile.Secret{}
	return fmt.Sprintf("%+v %x", rec, seed)
}

// checkRecord: a record without a problem is one that an import can take, one
// with a problem holds no seed.
func checkRecord(t *testing.T, rec seedfile.Record) {
	t.Helper()
	p, n := rec.Params, rec.Secret.Text.Len()
	if rec.Problem != nil && n == 0 {
		return
	}
	if rec.Problem != nil || rec.Serial == "" || n < 1 || n > token.MaxParsedSeed || rec.Counter < 0 ||
		rec.Given.Has(seedfile.FieldDigits) && (p.Digits < token.MinDigits || p.Digits > token.MaxDigits) ||
		rec.Given.Has(seedfile.FieldPeriod) && (p.Period < 1 || p.Period > token.MaxPeriod) {
		t.Fatal(words(rec))
	}
}

func checkSilent(t *testing.T, messages string, seed []byte) {
	t.Helper()
	if len(seed) < token.MinSeedLen {
		return // too short to be one, and found in words by chance
	}
	for _, form := range []string{string(seed), base64.StdEncoding.EncodeToString(seed), fmt.Sprintf("%x", seed)} {
		if strings.Contains(messages, form) {
			t.Fatalf("a message holds a seed: %s", messages)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	lines := Format().Example
	body := strings.Join(lines[1:len(lines)-1], "\n")
	text := lines[0] + strings.Repeat(body, 5000) + lines[len(lines)-1]
	b.SetBytes(int64(len(text)))
	testkit.Benchmark(b, Format(), text)
}
