package detect

import (
	"errors"
	"io"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/seedfile/oathcsv"
	"fob/internal/testkit"
)

const (
	oathHead  = "serial,hexkey,type,digits,counter/step\n"
	entraHead = "upn,serial number,secret key,time interval,manufacturer,model\n"
	entraRow  = "anna@example.com,2600412300001,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,c202\n"
	safeID    = "serial number,secret key,time interval,manufacturer,model\n" +
		"10000001,3132333435363738393031323334353637383930,60,Deepnet,SafeID\n"
)

// Each family's files are its own, however they are written, and those with the
// header of the other are taken for what their header says, or refused.
func TestOATHCSVOrEntra(t *testing.T) {
	for text, want := range map[string]string{
		oathHead + row:       oathcsv.Name,
		row:                  oathcsv.Name,
		entraHead + entraRow: "entra",
		entraHead:            "entra",
		safeID:               "entra", // whose reader names hex for what it is
		strings.Replace(entraHead, "upn,", "", 1) + strings.Repeat(entraRow[len("anna@example.com,"):], 2000): "entra",
		// The header of the one with the rows of the other.
		oathHead + entraRow: oathcsv.Name,
		entraHead + row:     "entra",
		// More columns than the family has.
		"serial,hexkey,type,manufacturer,model\n1,3132,totp,x,y\n":                                             oathcsv.Name,
		"serial,secretkey,type,manufacturer,model\n" + strings.Repeat("1,3132,totp,x,y\n", 3):                  oathcsv.Name,
		"serial,secretkey,time interval,manufacturer,model,type\n" + strings.Repeat("1,3132,30,x,y,totp\n", 3): oathcsv.Name,
		// Nobody's.
		entraRow: "",
		"serial,secretkey,time interval\n1,GEZDGNBV,30\n": "",
	} {
		for name, form := range map[string]func(string) string{
			"plain":      func(s string) string { return s },
			"semicolons": func(s string) string { return strings.ReplaceAll(s, ",", ";") },
			"sep":        func(s string) string { return "sep=;\r\n" + strings.ReplaceAll(s, ",", ";") },
			"capitals":   func(s string) string { return "\ufeff" + strings.ToUpper(s) },
			"utf-16":     func(s string) string { return "\xff\xfe" + wide(strings.ReplaceAll(s, ",", "\t")) },
		} {
			f, why, err := detectIn(held(form(text)), seedfile.Options{})
			if f.Name != want && !(want == "" && err != nil) {
				t.Errorf("%.60q, %s: %q (%s) %v", text, name, f.Name, why, err)
			}
		}
	}
}

func TestNearlyEntra(t *testing.T) {
	_, _, err := detectIn(held(entraRow), seedfile.Options{})
	if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "entra: the row of column names is missing") {
		t.Error(err)
	}
}

// What the refusal of hex in entra's columns advises works.
func TestHexInEntrasColumns(t *testing.T) {
	f, _, err := detectIn(held(safeID), seedfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rec := firstRecord(t, f, safeID)
	if rec.Problem == nil || !strings.Contains(fault.MessageIn(rec.Problem, testkit.Flags), "--format oath-csv --type totp") || strings.Contains(rec.Problem.Error(), "3132") {
		t.Error(rec.Problem)
	}
	rec = firstRecord(t, oathcsv.Format(), safeID)
	if rec.Problem != nil || rec.Serial != "10000001" || rec.Params.Period != 60 || string(rec.Secret.Text.Bytes()) != "12345678901234567890" {
		t.Errorf("%+v", rec)
	}
}

func firstRecord(t *testing.T, f seedfile.Format, text string) seedfile.Record {
	t.Helper()
	in, err := f.Open(strings.NewReader(text), seedfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := in.Next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Next(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	return rec
}
