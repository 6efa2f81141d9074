package stocktake_test

import (
	"bytes"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/stocktake"
)

func TestReadScans(t *testing.T) {
	for name, text := range map[string]string{
		"lines": "A1\nA2\n", "Windows": "A1\r\nA2\r\n", "returns": "A1\rA2\r", "tabs": "A1\tA2\t", "both": "A1\t\r\n\r\nA2\t\r\n",
		"mark": "\ufeffA1\nA2\n", "table": "when,Serial Number\n1,A1\n2,A2\n", "one column": "serial\nA1\nA2\n", "comment": "# drawer\nA1\nA2\n",
	} {
		s, err := stocktake.ReadScans(strings.NewReader(text))
		if err != nil || len(s.All) != 2 || s.All[0].Reading.Text != "A1" || s.All[1].Reading.Text != "A2" || s.All[1].Cut {
			t.Errorf("%s: %+v %v", name, s.All, err)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "picture": "\xff\xd8\xff\xe0", "columns": "a;b\n", "tabbed": "a\tb\nc\td\n", "long": strings.Repeat("x", 9000), "very long": strings.Repeat("x", 40_000),
		"NUL": "a\x00b\n", "no workbook": "PK\x03\x04zzzz",
	} {
		if s, err := stocktake.ReadScans(strings.NewReader(text)); fault.KindOf(err) != fault.Refused {
			t.Errorf("%s: %+v %v", name, s, err)
		}
	}
	s, err := stocktake.ReadScans(strings.NewReader("A1\nA2"))
	if err != nil || s.All[0].Cut || !s.All[1].Cut || s.All[1].Line != 2 {
		t.Errorf("cut: %+v %v", s, err)
	}
}

func FuzzReadScans(f *testing.F) {
	for _, s := range []string{"A1\nA2\n", "A1\tA2\t", "serial;x\nA1;2\n", stocktake.SessionMark + "Berlin\nA,1\n", "\x89PNG", "\xff\xfeA\x001\x00\n\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := stocktake.ReadScans(bytes.NewReader(data))
		if err != nil && fault.KindOf(err) != fault.Refused {
			t.Fatalf("%v is of kind %v", err, fault.KindOf(err))
		}
		last := 0
		for _, scan := range s.All {
			if scan.Line < last {
				t.Fatalf("line %d behind line %d", scan.Line, last)
			}
			last = scan.Line
		}
	})
}
