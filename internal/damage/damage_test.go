package damage_test

import (
	"fmt"
	"strings"
	"testing"

	"fob/internal/damage"
)

// Each kind of damage has its sentence, and what is healthy none.
func TestAccount(t *testing.T) {
	for said, all := range map[string][]string{
		"is an error of a spreadsheet": {"#N/A", "#REF!", "#NAME?", "#DIV/0!", "#NV", "#BEZUG!", "#ÜBERLAUF!", "Err:508", "#######", "#N/A N/A", "#¡VALOR!", "#¿NOMBRE?", "#Н/Д", "#HIÁNYZIK", "#YOK", "#NENÍ_K_DISPOZICI", "Fehler:508", "Erreur :508", "Loading..."},
		"was turned into a number":     {"2.6E+12", "2,6E+12", "1E+09"},
		"ends in .0":                   {"4711.0", "26009.00"},
		"separators of thousands":      {"1,234,567", "1'234"},
		"is a date":                    {"2024-05-01", "01.05.2024", "5/1/2024", "1-May-24", "2024-05-01 00:00:00"},
		"look-up of an empty cell":     {"0"},
		"a yes or a no":                {"TRUE", "FALSE"},
		"stands for nobody":            {"-", "--", "—", "?", ".", "N/A", "n/a", "n.a.", "k. A.", "k.A.", "s/o", "(null)", "<null>", `\N`},
		"is a formula":                 {"=VLOOKUP(A2,B:C,2,0)", "=A1", "+SUM(A1)"},
		"is a line of a report":        {"Total: 5", "(5 rows affected)", "5 records", "12 Datensätze", "Summe: 12", "--- End of report ---", "Page 1 of 3", "Generated on 2026-11-30", "Erstellt am 30.11.2026", "Number of users = 4"},
		"write ann@example.test": {"<ann@example.test>", "Ann Example <ann@example.test>", `"Ann" <ann@example.test>`, "mailto:ann@example.test", "SMTP:ann@example.test", "ann@example.test;", "ann@example.test,", "'ann@example.test'", "“ann@example.test”", "[ann@example.test](mailto:ann@example.test)", "ann@example.test<mailto:ann@example.test>", "mailto:ann@example.test?subject=x", "ann(at)example.test", "ann [at] example [dot] test",
			"ann@example.test (external)", "Ann Example (ann@example.test)", "ann@example.test.", "E-Mail: ann@example.test", "To: ann@example.test", "acct:ann@example.test",
			"i:0#.f|membership|ann@example.test", "ann%40example.test", "ann@example,test", "ann @example.test", "ann@ example.test", "ann&#64;example.test", "<mailto:ann@example.test|ann@example.test>"},
		"holds more than one address":          {"ann@example.test; bob@example.test", "ann@example.test, bob@example.test", "ann@example.test / bob@example.test", "ann@example.test bob@example.test"},
		"signs round it that belong to no acc": {`"ann"`, "ann;"},
	} {
		for _, text := range all {
			if got := damage.Listed(text); !strings.Contains(got, said) {
				t.Errorf("%q: %q, want %q", text, got, said)
			}
		}
	}
	for _, text := range []string{"", "ann", "ann@example.test", "o'brien@example.test", "'t.hooft@example.test", "CORP\\ann", "Ann Example", "Ann Example (ext.)", "null", "frei", "e12345", "12E4567",
		"ann_gmail.com#EXT#@corp.test", "4711", "1.2.3", "m.d@example.test", "total@example.test", "Page 12", "Stand 12", "standard user 12", "3 musketiers", "uid=ann,ou=people", "J. R. Ewing", "x.0@example.test", "jan-12", "+491701234567", "r&d", "50%", "Erreur", "F:508", "lee.", "de:ann", "ann|bob", "AT&T"} {
		if got := damage.Listed(text); got != "" {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestSerial(t *testing.T) {
	for text, said := range map[string]string{
		"#N/A": "error of a spreadsheet", "2.6E+12": "turned into a number", "2600900000001.0": "ends in .0", "2024-05-01": "is a date",
		"N/A": "stands for no serial", "-": "stands for no serial", "null": "stands for no serial", "TRUE": "stands for no serial", "Total: 3": "is a line of a report", "1,234,567": "thousands",
	} {
		if got := damage.Serial(text); !strings.Contains(got, said) {
			t.Errorf("%q: %q, want %q", text, got, said)
		}
	}
	for _, text := range []string{"2600900000001", "0012345", "306EUO4-00960", "12E4567", "OATH00017C1E", "9000123:2", "100.200.300", "UBAC01234567_1", "1-2-3"} {
		if got := damage.Serial(text); got != "" {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestMayBeNobody(t *testing.T) {
	for _, text := range []string{"null", "None", "not assigned", "nicht zugewiesen", "NICHT_VERGEBEN", "frei", "<none>", "Lager"} {
		if !damage.MayBeNobody(text) {
			t.Errorf("%q", text)
		}
	}
	for _, text := range []string{"", "ann", "frei@example.test", "freia", "nobody1"} {
		if damage.MayBeNobody(text) {
			t.Errorf("%q", text)
		}
	}
}

func TestRounding(t *testing.T) {
	for _, c := range []struct {
		serials          []string
		suspect, certain bool
	}{
		{[]string{"12345678901234500000", "12345678901234600000"}, true, true},
		{[]string{"12345678901234500000", "12345678901234600000", "9000100"}, true, true},
		{[]string{"12345678901234500000", "12345678901234600001"}, false, false},
		{[]string{"12345678901234500000"}, true, false},
		{[]string{"1234567890123450", "1234567890123460"}, true, false},
		{[]string{"2600900000000", "2600900000010"}, false, false},
		{[]string{"00000012345678900000", "00000012345678900000"}, false, false},
		{sequence(1234567890123450, 100), false, false},
	} {
		var r damage.Rounding
		for _, s := range c.serials {
			r.Add(s)
		}
		if _, suspect, certain := r.Suspect(); suspect != c.suspect || certain != c.certain {
			t.Errorf("%v: %v, %v", c.serials, suspect, certain)
		}
	}
}

func sequence(from, n int64) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint(from+i))
	}
	return all
}
