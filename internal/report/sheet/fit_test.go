package sheet_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"fob/internal/report"
	"fob/internal/report/sheet"
)

// printed is a row of a sheet that people print.
type printed struct {
	serial, note string
	used         bool
	locked       *time.Time
}

var printedColumns = []sheet.Column[printed]{
	sheet.Col("serial", "Serial", 30, "", func(p *printed) string { return p.serial }),
	sheet.Col("locked_until", "Locked until (UTC)", 20, "", func(p *printed) *time.Time { return p.locked }),
	sheet.Col("used", "Codes used", 8, "", func(p *printed) bool { return p.used }),
	sheet.Col("note", "Note", 40, "", func(p *printed) string { return p.note }),
}

func bookOf(t *testing.T, rows []printed) *excelize.File {
	t.Helper()
	var buf bytes.Buffer
	err := sheet.WriteBook(&buf, sheet.Options{TempDir: t.TempDir(), Random: rand.Reader}, func(b *sheet.Book) error {
		return b.Add(sheet.New("Tokens", "", "", printedColumns, report.Rows(rows)))
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Columns are as wide as what is in them and as their titles with the button of the
// filter; those without a value are hidden, unless there are no rows, or so many that
// nobody knows yet.
func TestColumnsFit(t *testing.T) {
	many := make([]printed, 20_000)
	for i := range many {
		many[i] = printed{serial: "1", note: strings.Repeat("x", 400)}
	}
	for name, c := range map[string]struct {
		rows   []printed
		widths map[string]float64
		hidden string
	}{
		"none": {nil, map[string]float64{"A": 30, "B": 20, "C": 8, "D": 40}, ""},
		"some": {[]printed{{serial: "2600412300001", used: true}, {serial: "1", note: strings.Repeat("ü", 50)}},
			map[string]float64{"A": 14.5, "C": 8, "D": 40}, "B"},
		"many": {many, map[string]float64{"A": 30, "B": 20, "C": 8, "D": 40}, ""},
	} {
		f := bookOf(t, c.rows)
		for column, want := range c.widths {
			if got, err := f.GetColWidth("Tokens", column); err != nil || got != want {
				t.Errorf("%s: column %s is %g wide, not %g; %v", name, column, got, want, err)
			}
		}
		for _, column := range []string{"A", "B", "C", "D"} {
			if shown, err := f.GetColVisible("Tokens", column); err != nil || shown == (column == c.hidden) {
				t.Errorf("%s: column %s is shown: %v; %v", name, column, shown, err)
			}
		}
		layout, err := f.GetPageLayout("Tokens")
		if err != nil || *layout.FitToWidth != 1 {
			t.Errorf("%s: %+v, %v", name, layout, err)
		}
	}
}

// A truth looks the same wherever it stands: LibreOffice goes by the format.
func TestTruthLooksAlike(t *testing.T) {
	f := bookOf(t, []printed{{serial: "1", used: true}, {serial: "2"}})
	for at, want := range map[string]string{"C2": "TRUE", "C3": "FALSE"} {
		id, err := f.GetCellStyle("Tokens", at)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil || style.CustomNumFmt == nil || !strings.Contains(*style.CustomNumFmt, want) {
			t.Errorf("%s: %+v, %v", at, style, err)
		}
	}
}
