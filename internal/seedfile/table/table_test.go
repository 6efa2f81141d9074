package table

import (
	"fmt"
	"strings"
	"testing"

	"fob/internal/rows"
	"fob/internal/seedfile"
)

// A name in a header has one meaning.
func TestNamesMeanOneThing(t *testing.T) {
	words := 0
	for _, list := range spellings {
		words += len(strings.Fields(list))
	}
	if words != len(names) {
		t.Errorf("%d names for %d meanings", len(names), words)
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "007": 7, "9223372036854775807": 1<<63 - 1} {
		if n, given, ok := Number([]byte(text)); n != want || !given || !ok {
			t.Errorf("%q: %d %v %v", text, n, given, ok)
		}
	}
	for _, text := range []string{"-1", "+1", "1.0", "9223372036854775808", "99999999999999999999", "0x1", "1e3", "١"} {
		if _, given, ok := Number([]byte(text)); !given || ok {
			t.Errorf("%q was read", text)
		}
	}
}

func TestCheckWidth(t *testing.T) {
	for _, c := range []struct {
		text, says string
	}{
		{"a,b,c\n", ""}, {"a,b,c,,\n", ""}, {"a,,\n", ""},
		{"a,b\n", "the row has 2 of 3 columns"},
		{"a,b", "cut off: its last line has no end and 2 of 3 columns"},
		{"a,b,c,d\n", "the row has 4 columns where the file has 3"},
		{"a,b,c,,d\n", "the row has 5 columns where the file has 3"},
	} {
		row, err := rows.New(strings.NewReader(c.text)).Next()
		if err != nil {
			t.Fatal(err)
		}
		var rec seedfile.Record
		new(File).CheckWidth(&rec, row, 3)
		if (rec.Problem == nil) != (c.says == "") || rec.Problem != nil && !strings.Contains(rec.Problem.Error(), c.says) {
			t.Errorf("%q: %v, want %s", c.text, rec.Problem, c.says)
		}
	}
}

// A column under a name that means nothing is not passed over when it may hold
// what a default would be taken for.
func TestDoubtIgnored(t *testing.T) {
	f := &Family{Names: Names(), Format: seedfile.Format{Name: "f", Encoding: seedfile.Hex}}
	const seed = "3132333435363738393031323334353637383930"
	for text, doubt := range map[string]seedfile.Field{
		"serial,key,type,Places\n1," + seed + ",totp,8\n":                     seedfile.FieldDigits,
		"serial,key,type,digits,Takt\n1," + seed + ",totp,8,60\n":             seedfile.FieldPeriod,
		"serial,key,type,digits,\n1," + seed + ",totp,8,60\n":                 seedfile.FieldPeriod,
		"serial,key,type,digits,step,Art\n1," + seed + ",totp,8,60,SHA-256\n": seedfile.FieldHash,
		"serial,key,type,digits,Stand\n1," + seed + ",hotp,8,17\n":            seedfile.FieldCounter,
		"serial,key,type,digits,Karton\n1," + seed + ",totp,8,17\n":           0,
		"serial,key,type,Karton\n1," + seed + ",totp,8\n":                     0,
		"serial,key,type,digits,Note\n1," + seed + ",totp,8,sent\n":           0,
	} {
		rec, err := f.Reader(strings.NewReader(text), seedfile.Options{}).Next()
		if err != nil || rec.Problem != nil || rec.Doubt.Field != doubt {
			t.Errorf("%q: %v %v %v", text, rec.Doubt, rec.Problem, err)
		}
	}
}

// An apostrophe in front of a number is how people tell a spreadsheet that it is
// text, and no part of a serial or seed.
func TestApostrophes(t *testing.T) {
	f := &Family{Names: Names(), Format: seedfile.Format{Name: "f", Encoding: seedfile.Hex}}
	const seed = "3132333435363738393031323334353637383930"
	r := f.Reader(strings.NewReader("serial,key,user\n'001,'"+seed+",'t Hart\n002,"+seed+",x\n',"+seed+",x\n''3,"+seed+",x\n"), seedfile.Options{})
	for _, want := range []struct{ serial, account string }{{"001", "'t Hart"}, {"002", "x"}, {"'", "x"}, {"'3", "x"}} {
		rec, err := r.Next()
		if err != nil || rec.Problem != nil || rec.Serial != want.serial || rec.Account != want.account || string(rec.Secret.Text.Bytes()) != "12345678901234567890" {
			t.Errorf("%+v %v, want %v", rec, err, want)
		}
	}
	if notes := fmt.Sprint(r.Notes()); !strings.Contains(notes, "was left out: 3 times") {
		t.Error(notes)
	}
}

// Types are called by other names too, and one that is unknown is shown.
func TestTypes(t *testing.T) {
	f := &Family{Names: Names(), Format: seedfile.Format{Name: "f", Encoding: seedfile.Hex}}
	const seed = "3132333435363738393031323334353637383930"
	for text, want := range map[string]string{
		"TOTP": "totp", "OATH-TOTP": "totp", "oath hotp": "hotp", "OATHHOTP": "hotp",
		"Time-based": `column 3 is neither hotp nor totp, but "Time-based"`, "oath": `but "oath"`, seed: "but something that is not shown",
	} {
		rec, err := f.Reader(strings.NewReader("serial,key,type\n1,"+seed+","+text+"\n"), seedfile.Options{}).Next()
		if got := string(rec.Params.Type); err != nil || rec.Problem == nil && got != want || rec.Problem != nil && !strings.Contains(rec.Problem.Error(), want) {
			t.Errorf("%s: %q %v %v", text, got, rec.Problem, err)
		}
	}
}
