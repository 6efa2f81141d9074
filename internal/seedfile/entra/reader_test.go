package entra

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/testkit"
	"fob/internal/token"
)

const (
	rfc    = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // the seed of RFC 4226 appendix D
	rfcHex = "3132333435363738393031323334353637383930"
	head   = "upn,serial number,secret key,time interval,manufacturer,model\n"
)

func read(t testing.TB, r io.Reader) (got []seedfile.Record, notes []string, err error) {
	t.Helper()
	return testkit.ReadAll(t, Format(), r)
}

// words are for comparison only: the seeds are in them.
func words(all []seedfile.Record) string {
	text := ""
	for _, rec := range all {
		text += fmt.Sprintf("%s %q %q %q %q %x %08b %v %v\n", rec.Place, rec.Serial, rec.Account,
			rec.Manufacturer, rec.Model, rec.Secret.Text.Bytes(), rec.Given, rec.Params, rec.Problem)
	}
	return text
}

func TestRecord(t *testing.T) {
	got, _, err := read(t, strings.NewReader(head+" Anna@Example.com , 0042 ,"+strings.ToLower(rfc)+",60,Token2,c202\n"))
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	rec := got[0]
	want := token.Params{Type: token.TOTP, Digits: 6, Period: 60}
	if rec.Problem != nil || rec.Serial != "0042" || rec.Account != "Anna@Example.com" || rec.Params != want ||
		rec.Manufacturer != "Token2" || rec.Model != "c202" || rec.Place.N != 2 ||
		string(rec.Secret.Text.Bytes()) != "12345678901234567890" || rec.Secret.Encoding != seedfile.Raw {
		t.Error(words(got))
	}
	for _, f := range []seedfile.Field{seedfile.FieldType, seedfile.FieldDigits, seedfile.FieldPeriod} {
		if !rec.Given.Has(f) {
			t.Errorf("the %s is open", f)
		}
	}
	if rec.Given.Has(seedfile.FieldHash) {
		t.Error("a CSV of Entra does not say the hash")
	}
}

func TestHeaderErrors(t *testing.T) {
	for text, says := range map[string]string{
		"1," + rfc + ",30,Token2,c202\n":                                         "line 1: the row is no header, and entra begins with one",
		"upn\nanna\n":                                                            "line 1: the row is no header",
		"\n# x\nupn,serial number,secret key,model\n":                            "line 3: the header names no column for the time interval, manufacturer",
		"serial number,upn,serial\n":                                             "line 1: the header names the serial twice, in columns 1 and 3",
		"serial,hexkey,type\n":                                                   "line 1: the header names no column for the secret key, time interval, manufacturer, model",
		strings.TrimSpace(head) + ",type,digits\n":                               "line 1: the header names a column for the type (column 7, \"type\"), number of digits (column 8, \"digits\"), which entra does not have",
		head + "a,1," + rfc + ",30,x,y\n,\"2," + rfc + ",30,x,y\n":               "line 3: a quote is opened and not closed",
		head + "M\x81ller,1," + rfc + ",30,x,y\n":                                "line 2: the line is neither valid UTF-8",
		"serial number;secret key;time interval;manufacturer;model;hashfunction": "names a column for the hash",
	} {
		_, _, err := read(t, strings.NewReader(text))
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Refused || fault.HintOf(e) == "" || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Most of hex is no base32, and says so; what is both must not make a seed.
func TestHex(t *testing.T) {
	both := "ABCDEF234567ABCDEF234567ABCDEF23"
	for text, says := range map[string]string{
		rfcHex:                             "character 2 of the seed is not a base32 character (A to Z, 2 to 7): this looks like hex",
		both:                               "only characters that are hex as well: this looks like hex",
		strings.ToLower(both) + "abcdef23": "this looks like hex",
		both[:30]:                          "no seed has 30 base32 characters: some are missing or too many: this looks like hex",
	} {
		got, _, err := read(t, strings.NewReader(head+",1,"+text+",30,x,y\n"))
		if err != nil || got[0].Problem == nil || !strings.Contains(got[0].Problem.Error(), says) || got[0].Secret.Text.Len() != 0 {
			t.Errorf("%s: %v %v", text, words(got), err)
		}
	}
}

func TestInterval(t *testing.T) {
	for text, says := range map[string]string{
		"30": "", "60": "", " 30 ": "", "": "is empty", "0": "of 0 s", "45": "of 45 s", "-30": "neither", "30.0": "neither",
		"٣٠": "neither", "030": "of 30 s", "123456": "neither", "99999999999999999999999": "neither", rfcHex: "neither", "30s": "neither",
	} {
		got, _, err := read(t, strings.NewReader(head+",1,"+rfc+","+text+",x,y\n"))
		if err != nil || (got[0].Problem == nil) != (says == "") || says != "" && !strings.Contains(got[0].Problem.Error(), says) {
			t.Errorf("%q: %v %v", text, got[0].Problem, err)
		}
	}
}

// A last line without an end may have lost the end of its last column.
func TestCutInTheLastColumn(t *testing.T) {
	const named = "manufacturer,model,time interval,serial number,secret key"
	for text, cut := range map[string]bool{
		named + ",upn\nx,y,30,1," + rfc + ",a@x.org\nx,y,30,2," + rfc + ",b@x.o":      true,
		named + ",upn\nx,y,30,1," + rfc + ",a@x.org\nx,y,30,2," + rfc + ",b":          true,
		named + ",upn\nx,y,30,1," + rfc + ",a@x.org\nx,y,30,2," + rfc + ",b@y.com":    false,
		named + ",upn\nx,y,30,1," + rfc + ",anna@x.org\nx,y,30,2," + rfc + ",b@x.org": false,
		named + ",upn\nx,y,30,1," + rfc + ",a@x.org\nx,y,30,2," + rfc + ",":           false,
		named + "\nx,y,30,1," + rfc + "\nx,y,30,2," + rfc[:24]:                        true,
		named + "\nx,y,30,1," + rfc + "\nx,y,30,2," + rfc[:24] + "\n":                 false,
		head + ",1," + rfc + ",30,x,c202\n,2," + rfc + ",30,x,c20":                    true,
		head + ",1," + rfc + ",30,x,c202\n,2," + rfc + ",30,x,c301":                   false,
	} {
		got, notes, err := read(t, strings.NewReader(text))
		if err != nil || len(got) != 2 || got[0].Problem != nil {
			t.Fatalf("%q: %s %v", text, words(got), err)
		}
		if p := got[1].Problem; (p != nil) != cut || cut && !strings.Contains(p.Error(), "cut off") {
			t.Errorf("%q: %v", text, p)
		}
		if !strings.HasSuffix(text, "\n") && notes == nil {
			t.Errorf("%q: no note of the missing line end", text)
		}
	}
}

func TestSniff(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		fits bool
		why  string
	}{
		"header":        {head, true, "a header that names UPN, serial number"},
		"graph's names": {"serialNumber;secretKey;timeIntervalInSeconds;manufacturer;model\n", true, "a header"},
		"no model":      {"serial,secret,interval,manufacturer\n", false, "names no model"},
		"a type":        {"serial,secret,interval,manufacturer,model,type\n", false, "names the type"},
		"no header":     {"a@b.org,1," + rfc + ",30,Token2,c202\n", false, "the row of column names is missing"},
		"oath-csv":      {"1," + rfcHex + ",totp,6,30\n", false, ""},
		"its header":    {"serial,hexkey,type,digits,step\n", false, ""},
		"prose":         {"dear customer, here, are, your, 30, tokens\n", false, ""},
		"one column":    {"upn\n", false, ""},
		"empty":         {"", false, ""},
		"not text":      {"\xff\xff\n", false, ""},
	} {
		m := sniff(seedfile.Sample{Data: []byte(c.text), Whole: true})
		if m.Fits != c.fits || !strings.Contains(m.Why, c.why) || (c.why == "") != (m.Why == "") {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(head + "a@b.org,1," + rfc + ",30,x,y\n,2," + rfcHex + ",45,x,y"))
	f.Add([]byte("Secret_Key;upn;Serial;timeinterval;model;manufacturer;note\r\n" + rfc[:24] + ";\"a\";1;60;;\r\n"))
	f.Add([]byte(head + rfc + ",2," + rfc + "," + rfc + "," + rfc + "\n"))
	f.Add([]byte("\xff\xfeu\x00p\x00n\x00,\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, notes, err := read(t, bytes.NewReader(text))
		again, notesAgain, errAgain := read(t, iotest.OneByteReader(bytes.NewReader(text)))
		if words(got) != words(again) || !slices.Equal(notes, notesAgain) || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("whole: %s %q %v\nbytewise: %s %q %v", words(got), notes, err, words(again), notesAgain, errAgain)
		}
		for _, rec := range got {
			checkRecord(t, rec)
		}
		silent(t, err)
		sniff(seedfile.Sample{Data: text, Whole: len(text)%2 == 0})
	})
}

// checkRecord: whatever the text, a record without a problem is one that an
// import can take.
func checkRecord(t *testing.T, rec seedfile.Record) {
	if rec.Problem != nil {
		silent(t, rec.Problem)
		if seedfile.SerialLooksLikeSeed(rec.Serial) || seedfile.LooksLikeSeed(rec.Account) {
			t.Fatal("a seed is shown as serial or account")
		}
		return
	}
	p, n := rec.Params, rec.Secret.Text.Len()
	if rec.Serial == "" || n < 1 || n > maxSecret*5/8 || p.Type != token.TOTP || p.Digits != 6 || p.Period != 30 && p.Period != 60 ||
		seedfile.LooksLikeSeed(rec.Account) {
		t.Fatal(words([]seedfile.Record{rec}))
	}
}

// silent: the messages are fob's own words, and numbers below a hundred
// thousand for columns, lengths and intervals; no seed is as short.
func silent(t *testing.T, err error) {
	if err == nil {
		return
	}
	run := 0
	for _, c := range err.Error() {
		if run++; c < '0' || c > '9' {
			run = 0
		}
		if run > 6 || c > '~' {
			t.Fatal(err)
		}
	}
	for word := range strings.FieldsSeq(err.Error()) {
		if len(word) > len("invalid-characters") || seedfile.LooksLikeSeed(word) {
			t.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	testkit.Benchmark(b, Format(), head+strings.Repeat("anna@example.com,2308602200001,"+rfc+",30,Token2,c202\n", 10000))
}
