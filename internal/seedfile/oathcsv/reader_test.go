package oathcsv

import (
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
)

const rfc = "3132333435363738393031323334353637383930"

// read returns the records of a text in words, its notes and the error that ended
// it. The seeds are in the words, for comparison only.
func read(t testing.TB, r io.Reader) (got []string, notes []string, err error) {
	t.Helper()
	all, notes, err := testkit.ReadAll(t, Format(), r)
	for _, rec := range all {
		got = append(got, words(rec))
	}
	return got, notes, err
}

func words(rec seedfile.Record) string {
	text := fmt.Sprintf("%s %q %x %08b %v %d", rec.Place, rec.Serial, rec.Secret.Text.Bytes(), rec.Given, rec.Params, rec.Counter)
	if rec.Doubt.Field != 0 {
		text += " doubt: " + rec.Doubt.Why.Error()
	}
	if rec.Problem != nil {
		text += " problem: " + rec.Problem.Error()
	}
	return text
}

func TestFileErrors(t *testing.T) {
	for text, says := range map[string]string{
		"serial,hexkey,serial\n":                           "line 1: the header names the serial twice, in columns 1 and 3",
		"serial,type\n":                                    "line 1: the header names no column for the seed",
		"hexkey,type\n":                                    "line 1: the header names no column for the serial",
		"serial,key,counter,counter/step\n":                "line 1: the header names a column counter or step beside one for the same",
		"Seriennummer;Geheimnis;Art\n1;" + rfc + ";totp\n": "line 1: the row is no record and its names are not known",
		"1," + rfc + ",totp\n\"2," + rfc + "\n":            "line 2: a quote is opened and not closed",
		"1," + rfc + ",totp\n2,\x81,totp\n":                "line 2: the line is neither valid UTF-8 nor Windows-1252",
	} {
		_, _, err := read(t, strings.NewReader(text))
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Refused || fault.HintOf(e) == "" || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %#v", text, err)
		}
	}
}

func TestReadErrorsAreInternal(t *testing.T) {
	_, _, err := read(t, io.MultiReader(strings.NewReader("1,"+rfc+",totp\n"), iotest.ErrReader(errors.New("disk"))))
	if fault.KindOf(err) != fault.Internal || err == nil {
		t.Error(err)
	}
}

func TestOnlyHeader(t *testing.T) {
	for text, want := range map[string]bool{
		"serial,hexkey,type\n": true, "serial,hexkey,type": true, "# nothing\n": false,
		"serial,hexkey,type\n1," + rfc + ",totp\n": false,
	} {
		_, notes, err := read(t, strings.NewReader(text))
		if err != nil || slices.Contains(notes, seedfile.OnlyHeader) != want {
			t.Errorf("%q: %v %v", text, notes, err)
		}
	}
}

// HOTP rows may have fewer columns than TOTP rows, if all of them have.
func TestWidthsAreThoseOfTheType(t *testing.T) {
	text := "1," + rfc + ",hotp,6\n2," + rfc + ",totp,6,30,sha1\n3," + rfc + ",hotp,6\n4," + rfc + ",totp,6\n"
	got, _, err := read(t, strings.NewReader(text))
	if err != nil || len(got) != 4 {
		t.Fatal(got, err)
	}
	for i, line := range got {
		if strings.Contains(line, "problem") != (i == 3) {
			t.Error(line)
		}
	}
}

// A row that lost everything behind its seed must not come in by defaults.
func TestTornRow(t *testing.T) {
	got, _, err := read(t, strings.NewReader("1,"+rfc+",totp,8,60\n2,"+rfc+"\n3,"+rfc+",totp,8,60\n"))
	if err != nil || len(got) != 3 || !strings.Contains(got[1], "the row has 2 of 5 columns") {
		t.Error(got, err)
	}
}

// A last line without an end may have lost the end of its last column. Whether
// it did can be told only against a row of its type, and of a counter hardly.
func TestCutInTheLastColumn(t *testing.T) {
	for text, cut := range map[string]bool{
		"1," + rfc + ",totp,6,30\n2," + rfc + ",totp,6,3":            true,
		"1," + rfc + ",totp,6,30\n2," + rfc + ",totp,6,":             true,
		"1," + rfc + ",totp,6,30,sha256\n2," + rfc + ",totp,6,30,":   true,
		"1," + rfc + ",hotp,6,12\n2," + rfc + ",hotp,6,":             true,
		"type,serial,hexkey\ntotp,1," + rfc + "\ntotp,2," + rfc[:30]: true,
		"hexkey,serial\n" + rfc + ",260041\n" + rfc + ",2600":        true,
		"1," + rfc + ",hotp,6,12\n2," + rfc + ",hotp,6,1":            true,
		"1," + rfc + ",hotp,6,1\n2," + rfc + ",hotp,6,12":            true,
		"1," + rfc + ",hotp,6,12\n2," + rfc + ",hotp,6,12":           false,
		"1," + rfc + ",hotp,6,12\n2," + rfc + ",hotp,6,0":            false,
		"1," + rfc + ",hotp,6,300\n2," + rfc + ",totp,6,30":          false,
		"1," + rfc + ",totp,6,30\n2," + rfc + ",totp,6,60":           false,
		"1," + rfc + ",totp,6,30\n2," + rfc + ",totp,6,3\n":          false,
		"1," + rfc + ",totp,6,30":                                    false,
	} {
		got, _, err := read(t, strings.NewReader(text))
		if last := got[len(got)-1]; err != nil || strings.Contains(last, "cut off") != cut {
			t.Errorf("%q: %v %v", text, last, err)
		}
	}
}

func TestDoubt(t *testing.T) {
	for row, doubtful := range map[string]bool{
		"1," + rfc + ",hotp,6,30,sha1": true, "1," + rfc + ",hotp,6,60,": true, "1," + rfc + ",,6,30,sha1": true,
		"1," + rfc + ",hotp,6,30": false, "1," + rfc + ",hotp,6,31,sha1": false, "1," + rfc + ",totp,6,30,sha1": false,
		"serial,key,type,digits,counter,hash\n1," + rfc + ",hotp,6,30,sha1": false,
		"serial,key,type,digits,counter/step\n1," + rfc + ",hotp,6,30":      false,
	} {
		in, err := Format().Open(strings.NewReader(row+"\n"), seedfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rec, err := in.Next()
		if err != nil || rec.Problem != nil || (rec.Doubt.Field == seedfile.FieldCounter) != doubtful {
			t.Errorf("%s: %s %v", row, words(rec), err)
		}
		if doubtful && rec.Given.Has(seedfile.FieldCounter) {
			t.Errorf("%s: the counter is in doubt and given", row)
		}
	}
}

func TestSniff(t *testing.T) {
	long := strings.Repeat("2600412300001,"+rfc+",totp,6,30\n", 2000)
	for name, c := range map[string]struct {
		text string
		fits bool
		why  string
	}{
		"rows":                {"1," + rfc + ",totp,6,30\n", true, "column 2 is hex in 1"},
		"a cut sample":        {long[:seedfile.SampleSize], true, "of the first 100 rows"},
		"header":              {"serial;hexkey;type\n", true, "a header that names serial, seed, type"},
		"header without type": {"serial,secret key,time interval\n", false, "the header names no type"},
		"not hex":             {"1,GEZDGNBV,totp,6,30\n", false, "are not hex"},
		"two columns":         {"1," + rfc + "\n", false, ""},
		"prose":               {"dear customer, here, are, your, tokens\n", false, ""},
		"empty":               {"", false, ""},
	} {
		whole := len(c.text) < seedfile.SampleSize
		m := sniff(seedfile.Sample{Data: []byte(c.text), Whole: whole})
		if m.Fits != c.fits || !strings.Contains(m.Why, c.why) || (c.why == "") != (m.Why == "") {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("2600412300001," + rfc + ",totp,6,30\n2600412300002," + rfc + ",hotp,6,30,sha1"))
	f.Add([]byte("serial;hexkey;type;digits;step\r\n\"1\";" + rfc + ";;7;0\r\n"))
	f.Add([]byte(rfc + ",2600412300001,totp,6,30\n"))
	f.Add([]byte("1,x,hotp," + rfc + "," + rfc + "," + rfc + "\n"))
	testkit.Fuzz(f, Format(), seedfile.Options{}, "../../../testdata/seedfiles/oath-csv/*")
}

func BenchmarkReader(b *testing.B) {
	testkit.Benchmark(b, Format(), strings.Repeat("2600412300001,"+rfc+",totp,6,30\n", 10000))
}

func BenchmarkReaderLinOTP(b *testing.B) {
	testkit.Benchmark(b, Format(), strings.Repeat("\"2600412300001\";\""+rfc+"\";totp;6;30;sha256\r\n", 10000))
}
