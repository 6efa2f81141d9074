package delivery

import (
	"bytes"
	"strings"
	"testing"

	"fob/internal/fault"
)

// TestOfficePasswords opens what others protected (see make-office.sh).
func TestOfficePasswords(t *testing.T) {
	const weak = "note: standard.xlsx is protected as by Office 2007, which does not show whether it was changed: ask for a workbook saved by Excel 2010 or newer"
	for _, c := range []struct{ file, keys, want string }{
		{"seeds.xlsx", "", "seeds.xlsx []"},
		{"seeds.ods", "", "seeds.ods []"},
		{"old.xls", "", "old.xls []"},
		{"agile.xlsx", "pass:wrong.txt pass:passphrase.txt", "agile.xlsx [Office password (AES-256)]"},
		{"agile-umlaut.xlsx", "pass:umlaut.txt", "agile-umlaut.xlsx [Office password (AES-256)]"},
		{"populate.xlsx", "pass:passphrase.txt", "populate.xlsx [Office password (AES-256)]"},
		{"standard.xlsx", "pass:passphrase.txt", "standard.xlsx [Office password (AES-128 in ECB)] " + weak},
	} {
		t.Run(c.file, func(t *testing.T) {
			d, err := openFile(t, c.file, c.keys)
			if err != nil {
				t.Fatal(describe(err))
			}
			if got := listed(d); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			plain := string(read(t, sample("seeds.xlsx")))
			if got := content(t, d.Members[0].Source); c.file != "populate.xlsx" && strings.HasSuffix(c.file, ".xlsx") && got != plain {
				t.Error("what comes out is not what was protected")
			}
		})
	}
}

// Without a passphrase, with a wrong one, and with a byte changed anywhere behind
// what tells who can open it, a workbook does not open, and the last two are one
// error.
func TestOfficeRefusals(t *testing.T) {
	for _, file := range []string{"agile.xlsx", "standard.xlsx"} {
		_, err := openFile(t, file, "")
		if fault.KindOf(err) != fault.KeyTrouble || !strings.Contains(describe(err), "--passphrase-file") {
			t.Errorf("%s: %v", file, err)
		}
		_, err = openFile(t, file, "pass:wrong.txt")
		if err == nil || err.Error() != errWrong(file).Error() {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// A changed byte of the package fails the HMAC: with the right passphrase it is
// the error of a wrong one.
func TestOfficeChanged(t *testing.T) {
	whole := read(t, sample("agile.xlsx"))
	keys := given(t, "pass:passphrase.txt")
	changed := 0
	for at := 1024; at < len(whole); at += 211 {
		data := bytes.Clone(whole)
		data[at] ^= 0x40
		d, err := opener(t, keys).Open(t.Context(), memory{"agile.xlsx", data})
		if err != nil {
			changed++
			if kind := fault.KindOf(err); kind != fault.KeyTrouble && kind != fault.Refused {
				t.Errorf("byte %d: %v", at, err)
			}
			continue
		}
		if len(d.Members[0].Layers) > 0 && content(t, d.Members[0].Source) != string(read(t, sample("seeds.xlsx"))) {
			t.Errorf("byte %d: other bytes came out", at)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if changed < 20 {
		t.Errorf("only %d changes were found", changed)
	}
}
