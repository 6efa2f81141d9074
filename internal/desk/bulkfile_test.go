package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fob/internal/desk"
	"fob/internal/fault"
)

func TestReadBindings(t *testing.T) {
	rows, notes, err := desk.ReadBindings(strings.NewReader("sep=;\r\nRead At;Code 2;code1;ACCOUNT;serial;Proof\r\n" +
		"2026-11-24T11:00:07+01:00;;' 012345';\"Anna; the elder\";S1;badge\r\n" + ";222222;111111;ben;S2;\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []desk.BulkRow{
		{Line: 3, Serial: "S1", Words: desk.Words{Account: "Anna; the elder", Proof: "badge"}, Codes: []string{"' 012345'"}, ReadAt: time.Date(2026, 11, 24, 10, 0, 7, 0, time.UTC)},
		{Line: 4, Serial: "S2", Words: desk.Words{Account: "ben"}, Codes: []string{"111111", "222222"}},
	}
	if diff := cmp.Diff(want, rows, cmpopts.IgnoreUnexported(desk.BulkRow{})); diff != "" {
		t.Error(diff)
	}
	if len(notes) == 0 {
		t.Error("nothing was said of the spreadsheet")
	}
}

// A text at fault refuses the file with its line, before anything is done.
func TestReadBindingsRefuses(t *testing.T) {
	for words, text := range map[string]string{
		"the file is empty": "", "line 1: there is no column code1": "serial,account\nS1,a\n",
		"column 4 has no name": "serial,account,code1,\nS1,a,1,\n", "more than 100000 rows": "serial,account,code1\n" + strings.Repeat("S1,a,1\n", 100_001),
		"line 2": "serial,account,code1\n" + strings.Repeat("x", 70_000) + "\n",
	} {
		rows, _, err := desk.ReadBindings(strings.NewReader(text))
		if rows != nil || fault.KindOf(err) != fault.Refused || err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %d rows, %v", words, len(rows), err)
		}
	}
}

// FuzzReadBindings: whatever a file holds, a row without a fault is one that can
// be tried, and lines rise.
func FuzzReadBindings(f *testing.F) {
	f.Add("serial,account,code1,code2,read_at,proof,ticket,reason\nS1,anna,123456,234567,2026-11-24T10:00:07Z,badge,T-1,why\n")
	f.Add("serial\taccount\tcode1\nS1\tanna\t123456\nS2\t\t\n")
	f.Add("\xff\xfes\x00")
	f.Add("serial;account;code1\r\n\"S\n1\";a;b\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		for name, read := range map[string]func(string) ([]desk.BulkRow, []string, error){
			"bindings": func(s string) ([]desk.BulkRow, []string, error) { return desk.ReadBindings(strings.NewReader(s)) },
			"assignments": func(s string) ([]desk.BulkRow, []string, error) {
				return desk.ReadAssignments(strings.NewReader(s))
			},
		} {
			rows, _, err := read(text)
			if err != nil && (rows != nil || fault.KindOf(err) != fault.Refused) {
				t.Fatalf("%s: %d rows and %v", name, len(rows), err)
			}
			line := 1
			for _, row := range rows {
				if row.Line <= line {
					t.Fatalf("%s: line %d behind line %d", name, row.Line, line)
				}
				line = row.Line
				if row.Fault == nil && (row.Serial == "" || row.Account == "" || len(row.Codes) > 2 || name == "bindings" && len(row.Codes) == 0) {
					t.Fatalf("%s: %+v has no fault", name, row)
				}
			}
		}
	})
}
