package export

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/tools/excelrules"
)

// hostile are texts that a spreadsheet, XML, CSV, a table or an eye may trip over.
var hostile = []string{
	"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", `=HYPERLINK("http://x","y")`, "'=1", "'",
	"a\r\nb", "a\tb", "\x00\x01\x1b[31mred", "\x7f", "\xff\xfe", "\ufffe\uffff", "\ufeffmark",
	"\u202egnp.exe", "\u200b", "\u2066isolate", "<b>&\"'", "]]>", "<![CDATA[", "&#61;1", "_x003D_1", "_x005F_x003D_1", "_x000D_",
	"[Table]", "[#All]", "#REF!", "TRUE", "1E5", "0012", "12E4567", "2026-11-24", " spaces ", "\U0001F511", "Ω≈ç√", "ünïcödé", "a;=1", "a,=1", "\u2028=1", "\u00a0=1",
	strings.Repeat("x", excelize.TotalCellChars-1), strings.Repeat("\U0001F511", excelize.TotalCellChars/2),
}

// hostileStore has a hostile text in every field that can hold one.
func hostileStore() fakeReader {
	tokens := make([]report.Token, len(hostile))
	for i, text := range hostile {
		t := anyToken(i)
		t.Account, t.Location, t.Manufacturer, t.Model = &text, &text, text, text
		t.BoundBy, t.BoundProof, t.BoundTicket, t.Condition = &text, &text, &text, &text
		t.Received, t.Order, t.Supplier, t.File, t.ImportedBy = &text, text, text, text, text
		t.ExportedTo = []string{text}
		if i >= len(hostile)-2 {
			t.ExportedTo = nil
		}
		tokens[i] = t
	}
	r := list(tokens...)
	r.summary.Batches = nil
	for i, text := range hostile {
		r.summary.Batches = append(r.summary.Batches, report.Batch{
			Number: i + 1, ID: text, File: text, SHA256: text, Format: text, Order: text, Supplier: text, Received: &text, Location: text,
			ImportedAt: noon, ImportedBy: text, Records: 1, New: 1, States: map[token.State]int{token.InStock: 1},
		})
	}
	return r
}

func TestWorkbookKeepsExcelsRules(t *testing.T) {
	empty := stock(0)
	empty.summary.Batches = nil
	for name, data := range map[string][]byte{
		"of no tokens":   bookBytes(t, empty, 0),
		"of one":         bookBytes(t, stock(1), 0),
		"over 4 sheets":  bookBytes(t, stock(10), 3),
		"of hard values": bookBytes(t, list(hardTokens()...), 0),
		"hostile":        bookBytes(t, hostileStore(), 0),
		"of a report":    answerBook(t),
	} {
		for _, broken := range excelrules.Check(data) {
			t.Errorf("a workbook %s: %s", name, broken)
		}
	}
}

func answerBook(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	rows := func(yield func(string, error) bool) {
		for _, text := range hostile {
			if !yield(text, nil) {
				return
			}
		}
	}
	a := report.Answer[string]{
		Title: "Hostile texts", Selected: "all", Limits: []string{"none"}, Rows: rows,
		Columns: []sheet.Column[string]{
			sheet.Col("text", "Text", 20, "what it says", func(s *string) string { return *s }),
			sheet.Col("length", "Length", 9, "how long it is", func(s *string) int { return len(*s) }),
		},
	}
	if _, _, err := report.WriteAnswer(&buf, stock(1), limited(anExport(), 20).Origin, a); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// The rules are worth something only if they find what breaks them.
func TestRulesFindWhatBreaksThem(t *testing.T) {
	book := bookBytes(t, stock(7), 5)
	for _, c := range []struct{ part, from, to, says string }{
		{"xl/workbook.xml", `name="Bindings"`, `name="Bin/dings"`, "is no name of a sheet"},
		{"xl/workbook.xml", `name="Bindings"`, `name="INVENTORY"`, "two sheets are named"},
		{"xl/workbook.xml", `name="Bindings"`, `name="` + strings.Repeat("x", 32) + `"`, "is no name of a sheet"},
		{"xl/workbook.xml", `sheetId="2"`, `sheetId="1"`, "is another's"},
		{"xl/workbook.xml", `&#39;Bindings&#39;!$1:$1`, `&#39;Bound&#39;!$1:$1`, "which is not there"},
		{"xl/workbook.xml", `localSheetId="1"`, `localSheetId="0"`, "defined twice"},
		{"xl/tables/table1.xml", `name="Inventory"`, `name="Inventory 2"`, "no name of a table"},
		{"xl/tables/table1.xml", `displayName="Inventory"`, `displayName="Bindings"`, "is another's"},
		{"xl/tables/table1.xml", ` id="1"`, ` id="2"`, "is another's"},
		{"xl/tables/table1.xml", `name="Serial"`, `name="Serials"`, "its cell \"Serial\""},
		{"xl/tables/table1.xml", `name="State"`, `name="serial"`, "is named \"serial\""},
		{"xl/tables/table1.xml", `:AZ6"`, `:AZ1"`, "it is over"},
		{"xl/worksheets/sheet2.xml", `<c r="B3"`, `<c r="A3"`, "behind column"},
		{"xl/worksheets/sheet2.xml", `<row r="3">`, `<row r="2">`, "stands behind row"},
		{"xl/worksheets/sheet2.xml", ` s="`, ` s="9`, "there is no style"},
		{"xl/worksheets/sheet2.xml", `t="inlineStr"><is><t xml:space="preserve">Feitian</t></is>`, `t="str"><f>1</f><v>1</v>`, "holds a formula"},
		{"xl/worksheets/sheet2.xml", `>Feitian<`, `>` + strings.Repeat("x", excelize.TotalCellChars+1) + `<`, "more than 32767"},
		{"xl/worksheets/sheet2.xml", `>Feitian<`, ">\x01<", "illegal character"},
		{"xl/worksheets/sheet2.xml", `<tableParts count="1">`, `<tableParts count="2">`, "are announced"},
		{"xl/worksheets/sheet2.xml", `r:id="rId1"`, `r:id="rId7"`, "which it has not"},
		{"xl/worksheets/sheet2.xml", `<sheetViews>`, `<cols/><sheetViews>`, "stands behind"},
		{"xl/worksheets/_rels/sheet2.xml.rels", `table1.xml`, `table99.xml`, "which is not there"},
		{"[Content_Types].xml", `/xl/tables/table1.xml`, `/xl/tables/table99.xml`, "names xl/tables/table99.xml"},
		{"xl/styles.xml", `fontId="1"`, `fontId="99"`, "refers to what is not there"},
		{"xl/charts/chart1.xml", `!$B$`, `!$`, "shows"},
		{"docProps/core.xml", `2026-11-23T12:00:00Z`, `yesterday`, "created"},
	} {
		broken := excelrules.Check(rezip(t, book, c.part, c.from, c.to))
		if !slices.ContainsFunc(broken, func(s string) bool { return strings.Contains(s, c.says) }) {
			t.Errorf("%s, %s for %s: found %q", c.part, c.to[:min(len(c.to), 40)], c.from, broken)
		}
	}
}

// Whatever stands in a field, no form of the export can be led astray by it: every
// field of CSV and every cell begins harmlessly, JSON has the text itself, and all
// are read back to the same hash.
func TestHostileTextsInEveryForm(t *testing.T) {
	var sum string
	for _, form := range []string{".csv", ".zip", ".json", ".xlsx"} {
		data, want := exported(t, form, hostileStore())
		if sum == "" {
			sum = want.SHA256
		}
		if got, err := readBack(t, form, data); err != nil || got.SHA256 != sum || want.SHA256 != sum {
			t.Errorf("%s: %+v, %v, written as %s", form, got, err, want.SHA256)
		}
	}
	plain, _ := exported(t, ".csv", hostileStore())
	harmless(t, ".csv", csvRows(t, plain))
	archive, _ := exported(t, ".zip", hostileStore())
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		harmless(t, f.Name, csvRows(t, []byte(readPart(t, f))))
	}
	f := openBook(t, hostileStore(), 0)
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		harmless(t, name, rows)
	}
	var doc struct{ Tokens []report.Token }
	text, _ := exported(t, ".json", hostileStore())
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for i, tok := range doc.Tokens {
		if want := string([]rune(hostile[i])); tok.Account == nil || *tok.Account != want {
			t.Errorf("JSON has %q for %q", *tok.Account, want)
		}
	}
}

func csvRows(t *testing.T, text []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?(E-?[0-9]+)?$`)

func harmless(t *testing.T, where string, rows [][]string) {
	t.Helper()
	if len(rows) == 0 {
		t.Errorf("%s is empty", where)
	}
	for _, row := range rows {
		for _, field := range row {
			if sheet.Guard(field) != field && !number.MatchString(field) || strings.ContainsAny(field, "\x00\x01\x1b") {
				t.Errorf("%s: %.40q", where, field)
			}
		}
	}
}
