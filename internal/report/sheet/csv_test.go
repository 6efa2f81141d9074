package sheet

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"time"
)

// What a spreadsheet may run, by OWASP's list, and what must stay as it is.
func TestCSVInjection(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1":                "'=1+1",
		"+41 79":              "'+41 79",
		"-1":                  "'-1",
		"@SUM(A1)":            "'@SUM(A1)",
		"\t=1":                "'\t=1",
		"\r=1":                "'\r=1",
		"\n=1":                "'\n=1",
		"＝1":                  "'＝1",
		"＋1":                  "'＋1",
		"－1":                  "'－1",
		"＠x":                  "'＠x",
		"a=1":                 "a=1",
		"anna@example.com":    "anna@example.com",
		"'quoted":             "'quoted",
		"a\"b,c\nd":           "a\"b,c\nd",
		"":                    "",
		"\x00=1":              "\ufffd=1",
		"bell\a and \xff":     "bell\ufffd and \ufffd",
		"\ufffe":              "\ufffd",
		"émile \U0001F511 ok": "émile \U0001F511 ok",
	} {
		field := TextOf(text).appendCSV(nil)
		got, err := csv.NewReader(bytes.NewReader(field)).Read()
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%q was written as %s, read as %q (%v), want %q", text, field, got, err, want)
		}
	}
}

func TestCSVNumbersAreNeverGuarded(t *testing.T) {
	for want, v := range map[string]Value{
		`"-14.5"`:  DecimalOf((-14.5)),
		`"-0.001"`: DecimalOf((-0.00071)),
		`"0"`:      DecimalOf((-0.0001)),
		`"-7"`:     IntOf(-7),
		`"1e9"`:    TextOf("1e9"),
		`""`:       Value{},
	} {
		if got := string(v.appendCSV(nil)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A canonical field is read as the value that it was written from, but for what an
// apostrophe hides.
func TestCanonicalFields(t *testing.T) {
	for _, v := range []Value{
		{}, TextOf("=1"), TextOf("a\"b,\r\nc"), TextOf("'"), TextOf("-5"), IntOf(-7), IntOf(0), DecimalOf((-14.4995)), DecimalOf((0.001)),
		TimeOf(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)), TimeOf(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)), BoolOf(true), BoolOf(false),
	} {
		lines := NewLines(bytes.NewReader(endLine(append(append(v.appendCSV(nil), ','), `"x",`...))))
		fields, err := lines.Next()
		if err != nil || len(fields) != 2 {
			t.Fatalf("%+v: %q %v", v, fields, err)
		}
		if got := ParseCSV(string(fields[0]), v.Kind); !got.Same(v) {
			t.Errorf("%+v, not %+v", got, v)
		}
		if _, err := lines.Next(); err != io.EOF {
			t.Errorf("behind it: %v", err)
		}
	}
	for _, bad := range []string{"a\r\n", "\"a\"\n", "\"a\"b\r\n", "\"a\",\r\n", "\"a\r\n", "\"a\"", "\"a\",b\r\n", "\"a\"\"\r\n"} {
		if _, err := NewLines(strings.NewReader(bad)).Next(); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}
