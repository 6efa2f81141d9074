package export

import (
	"archive/zip"
	"bytes"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/sheet"
)

func bookBytes(t testing.TB, r Reader, limit int) []byte {
	t.Helper()
	e := anExport()
	e.TempDir = t.TempDir()
	var buf bytes.Buffer
	if _, err := WriteWorkbook(&buf, r, limited(e, limit)); err != nil {
		t.Fatal(err)
	}
	checkEmpty(t, e.TempDir)
	return buf.Bytes()
}

func checkEmpty(t testing.TB, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v %v", left, err)
	}
}

// at is the cell of a column of the inventory.
func at(name string, row int) string {
	i := slices.IndexFunc(columns, func(c sheet.Column[report.Token]) bool { return c.Name == name })
	cell, err := excelize.CoordinatesToCellName(i+1, row)
	if err != nil {
		panic(name)
	}
	return cell
}

func openBook(t testing.TB, r Reader, limit int) *excelize.File {
	t.Helper()
	return opened(t, bookBytes(t, r, limit))
}

func opened(t testing.TB, book []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestWorkbookSheets(t *testing.T) {
	f := openBook(t, stock(7), 0)
	if diff := cmp.Diff([]string{"Summary", "Inventory", "Bindings", "Batches", "Locations", "Events", "Exceptions", "Data dictionary"}, f.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	panes, err := f.GetPanes("Inventory")
	if err != nil || !panes.Freeze || panes.YSplit != 1 || panes.XSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	tables, err := f.GetTables("Inventory")
	if err != nil || len(tables) != 1 || tables[0].Name != "Inventory" || tables[0].Range != "A1:"+at("id", 8) {
		t.Errorf("tables %+v, %v", tables, err)
	}
	props, err := f.GetDocProps()
	if err != nil || props.Creator != "fob" || props.Created != "2026-11-23T12:00:00Z" || props.Modified != props.Created {
		t.Errorf("properties %+v, %v", props, err)
	}
	names := f.GetDefinedName()
	if len(names) != 8 || !slices.ContainsFunc(names, func(n excelize.DefinedName) bool {
		return n.RefersTo == "'Data dictionary'!$A:$A,'Data dictionary'!$1:$1" && n.Scope == "Data dictionary"
	}) {
		t.Errorf("defined names %+v", names)
	}
	layout, err := f.GetPageLayout("Inventory")
	if err != nil || *layout.Orientation != "landscape" || *layout.FitToWidth != 2 || *layout.FitToHeight != 0 {
		t.Errorf("layout %+v, %d pages wide, %v", layout, *layout.FitToWidth, err)
	}
}

func TestInventoryCells(t *testing.T) {
	f := openBook(t, stock(1), 0)
	rows, err := f.GetRows("Inventory")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"serial": "0000000000000", "state": "bound", "state_since": "2026-11-23 12:00:00", "account": "user0@example.com",
		"bound_at": "2026-11-23 12:00:00", "location": "Zürich", "batch": "3", "manufacturer": "Feitian", "digits": "6", "period": "30",
		"t0": "1970-01-01 00:00:00", "counter": "", "seed_present": "TRUE", "exported_to": "entra; duo", "drift_seconds": "-14.5",
		"drift_ppm": "-1.2", "watermark": "58000000", "failures": "0", "issued": "FALSE", "id": "1",
	}
	for i, c := range columns {
		if w, ok := want[c.Name]; ok && rows[1][i] != w {
			t.Errorf("%s: %q, want %q", c.Name, rows[1][i], w)
		}
	}
	for i, c := range columns {
		if rows[0][i] != c.Title {
			t.Errorf("column %d is headed %q, want %q", i+1, rows[0][i], c.Title)
		}
	}
	checkTypes(t, f)
	head, err := f.GetCellStyle("Inventory", "A1")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := f.GetStyle(head); err != nil || !s.Font.Bold {
		t.Errorf("header style %+v, %v", s, err)
	}
}

// checkTypes compares every cell of the first token with its column's kind.
func checkTypes(t *testing.T, f *excelize.File) {
	t.Helper()
	types := map[sheet.Kind]excelize.CellType{
		sheet.Text: excelize.CellTypeInlineString, sheet.Int: excelize.CellTypeUnset, sheet.Decimal: excelize.CellTypeUnset,
		sheet.Time: excelize.CellTypeUnset, sheet.Bool: excelize.CellTypeBool,
	}
	tok := anyToken(0)
	for i, c := range columns {
		if c.Of(&tok).Kind == sheet.Empty {
			continue
		}
		_, cell := i, at(c.Name, 2)
		if got, err := f.GetCellType("Inventory", cell); err != nil || got != types[c.Kind] {
			t.Errorf("%s %s has type %d, %v, want %d", c.Name, cell, got, err, types[c.Kind])
		}
		id, err := f.GetCellStyle("Inventory", cell)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := f.GetStyle(id); err != nil || c.Kind == sheet.Text && s.NumFmt != 49 {
			t.Errorf("%s: style %+v, %v", c.Name, s, err)
		}
	}
}

func TestTextIsNeverAFormula(t *testing.T) {
	for _, text := range []string{
		"=1+1", "+1", "-1", "@x", "＝1", `=HYPERLINK("http://x","y")`, "_x000D_", "_x005F_x000D_", "_x0041_b", "'=1",
		" spaces ", "a\tb\nc", "<b>&\"'", "émile \U0001F511", "1E5", "0012", strings.Repeat("x", excelize.TotalCellChars), "TRUE",
	} {
		tok := anyToken(1)
		tok.Account = new(text)
		f := openBook(t, list(tok), 0)
		got, err := f.GetCellValue("Inventory", at("account", 2))
		if want := sheet.Guard(text); err != nil || got != want || sheet.Guard(got) != got {
			t.Errorf("%q came back as %q, %v", text, got, err)
		}
		if kind, err := f.GetCellType("Inventory", at("account", 2)); err != nil || kind != excelize.CellTypeInlineString {
			t.Errorf("%q has cell type %d, %v", text, kind, err)
		}
		if formula, err := f.GetCellFormula("Inventory", at("account", 2)); err != nil || formula != "" {
			t.Errorf("%q became the formula %q, %v", text, formula, err)
		}
	}
}

func TestControlCharactersAreReplacedVisibly(t *testing.T) {
	tok := anyToken(1)
	tok.Manufacturer = "Fei\x00\x1btian\xff"
	f := openBook(t, list(tok), 0)
	if got, err := f.GetCellValue("Inventory", at("manufacturer", 2)); err != nil || got != "Fei\ufffd\ufffdtian\ufffd" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTextTooLongForACellIsAnError(t *testing.T) {
	for _, long := range []string{strings.Repeat("x", excelize.TotalCellChars+1), strings.Repeat("\U0001F511", excelize.TotalCellChars/2+1)} {
		tok := anyToken(1)
		tok.Location = new(long)
		_, err := WriteWorkbook(io.Discard, list(tok), anExport())
		if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), `"Location"`) || !strings.Contains(err.Error(), string(tok.Serial)) {
			t.Errorf("got %v", err)
		}
	}
	r := stock(0)
	r.summary.Batches[0].File = strings.Repeat("x", excelize.TotalCellChars+1)
	if _, err := WriteWorkbook(io.Discard, r, anExport()); fault.KindOf(err) != fault.Refused {
		t.Errorf("in the summary: %v", err)
	}
	// ü is two bytes, yet one character to Excel
	tok := anyToken(1)
	tok.Location = new(strings.Repeat("ü", excelize.TotalCellChars))
	if _, err := WriteWorkbook(io.Discard, list(tok), anExport()); err != nil {
		t.Errorf("as long as a cell may be: %v", err)
	}
}

func TestWhatExcelCannotHoldBecomesText(t *testing.T) {
	tok := anyToken(1)
	tok.Counter = new(int64(math.MaxInt64))
	tok.NotBefore = new(time.Date(1899, 1, 2, 3, 4, 5, 0, time.UTC))
	f := openBook(t, list(tok), 0)
	for cell, want := range map[string]string{at("counter", 2): "9223372036854775807", at("not_before", 2): "1899-01-02T03:04:05Z"} {
		if got, err := f.GetCellValue("Inventory", cell); err != nil || got != want {
			t.Errorf("%s: %q, %v", cell, got, err)
		}
		if kind, _ := f.GetCellType("Inventory", cell); kind != excelize.CellTypeInlineString {
			t.Errorf("%s has cell type %d", cell, kind)
		}
	}
}

func TestEmptyInventory(t *testing.T) {
	r := stock(0)
	r.summary.Batches = nil
	f := openBook(t, r, 0)
	rows, err := f.GetRows("Inventory")
	if err != nil || len(rows) != 1 || len(rows[0]) != len(columns) {
		t.Errorf("rows %v, %v", rows, err)
	}
	if tables, err := f.GetTables("Inventory"); err != nil || len(tables) != 1 || tables[0].Range != "A1:"+at("id", 2) {
		t.Errorf("tables %+v, %v", tables, err)
	}
}

func TestInventoryContinuesOnMoreSheets(t *testing.T) {
	for n, want := range map[int][]int{3: {3}, 4: {3, 1}, 6: {3, 3}, 7: {3, 3, 1}} {
		f := openBook(t, stock(n), 3)
		sheets := inventorySheets(f)
		if len(sheets) != len(want) {
			t.Errorf("%d tokens are on %v", n, sheets)
			continue
		}
		for i, sheet := range sheets {
			rows, err := f.GetRows(sheet)
			if err != nil || len(rows) != want[i]+1 || rows[0][0] != "Serial" {
				t.Errorf("%d tokens: %d rows on %s, %v", n, len(rows), sheet, err)
			}
			if tables, err := f.GetTables(sheet); err != nil || len(tables) != 1 {
				t.Errorf("tables on %s: %v, %v", sheet, tables, err)
			}
		}
		if got, want := rehash(t, f), hashOf(csvOf(t, stock(n))); got != want {
			t.Errorf("%d tokens hash to %s, want %s", n, got, want)
		}
	}
}

func inventorySheets(f *excelize.File) (sheets []string) {
	for _, s := range f.GetSheetList() {
		if strings.HasPrefix(s, "Inventory") {
			sheets = append(sheets, s)
		}
	}
	return sheets
}

func TestSummary(t *testing.T) {
	r := stock(12)
	f := openBook(t, r, 0)
	want := map[string]string{
		"Made at (UTC)": "2026-11-23 12:00:00", "Made by": "anna (uid 1000), claims to be uid 1001 through sudo", "Host": "desk",
		"fob version": "1.0", "Store": "0199-store", "Selected": "all tokens", "Rows": "12",
		"SHA-256 of the rows": hashOf(csvOf(t, r)), "Events in the audit trail": "42",
		"Hash of the newest event": r.summary.Head.Hash.String(), "bound": "4", "in_stock": "8", "all": "12",
	}
	rows, err := f.GetRows("Summary")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if len(row) > 1 && want[row[0]] != "" {
			if row[1] != want[row[0]] {
				t.Errorf("%s: %q, want %q", row[0], row[1], want[row[0]])
			}
			delete(want, row[0])
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	batch := []string{"3", "'=seeds.csv", "PO-7", "13", "12", "12", "8", "0", "4", "0", "0", "0", "0", "12", "0"}
	if diff := cmp.Diff(batch, rows[len(rows)-1]); diff != "" {
		t.Error(diff)
	}
	if tables, err := f.GetTables("Summary"); err != nil || len(tables) != 1 || tables[0].Name != "Reconciliation" {
		t.Errorf("tables %+v, %v", tables, err)
	}
}

// The hash in the workbook can be computed from its own cells, by the words
// that stand beside it.
func TestRowsHashFromTheCells(t *testing.T) {
	tok := anyToken(0)
	tok.Account, tok.Counter = new("-x \"y\"\r\nz\x00"), new(int64(math.MaxInt64))
	tok.NotAfter, tok.NotBefore = new(time.Date(9999, 12, 31, 23, 59, 59, 999, time.UTC)), new(time.Date(1899, 1, 1, 0, 0, 0, 0, time.UTC))
	r := list(tok, anyToken(1), anyToken(2), anyToken(3))
	f := openBook(t, r, 0)
	if got, want := rehash(t, f), hashOf(csvOf(t, r)); got != want {
		t.Errorf("cells hash to %s, the CSV to %s", got, want)
	}
}

func rehash(t *testing.T, f *excelize.File) string {
	t.Helper()
	text := sheet.AppendHeader(nil, sheet.Heads(columns))
	for _, name := range inventorySheets(f) {
		rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			values := make([]sheet.Value, len(columns))
			for i := range row {
				values[i] = sheet.ParseCell(row[i], columns[i].Kind)
			}
			text = sheet.AppendLine(text, values)
		}
	}
	return hashOf(text)
}

func TestEqualExportsAreEqualBytes(t *testing.T) {
	first := bookBytes(t, stock(150), 100) // several sheets, whose order is what varies
	for range 5 {
		if !bytes.Equal(first, bookBytes(t, stock(150), 100)) {
			t.Fatal("two exports of the same differ")
		}
	}
}

// What Excel checks and excelize's own reader does not.
func TestWorkbookParts(t *testing.T) {
	data := bookBytes(t, stock(150), 140)
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if zr.File[0].Name != "[Content_Types].xml" {
		t.Errorf("the first part is %s", zr.File[0].Name)
	}
	sheets := 0
	for _, part := range zr.File {
		text := readPart(t, part)
		if strings.HasPrefix(part.Name, "xl/worksheets/sheet") {
			sheets++
			for _, bad := range []string{"<f>", "<f "} {
				if strings.Contains(text, bad) {
					t.Errorf("%s contains %s", part.Name, bad)
				}
			}
			if part.Name != "xl/worksheets/sheet1.xml" { // the summary, which is not of rows
				checkColumnOrder(t, part.Name, text)
			}
		}
	}
	if sheets != 9 { // two of the inventory, one of each other
		t.Errorf("%d sheets", sheets)
	}
}

var colMin = regexp.MustCompile(`<col min="(\d+)"`)

func checkColumnOrder(t *testing.T, part, text string) {
	t.Helper()
	found := colMin.FindAllStringSubmatch(text, -1)
	for i, m := range found {
		if m[1] != strconv.Itoa(i+1) {
			t.Errorf("%s: <col> %d is that of column %s", part, i+1, m[1])
		}
	}
	if len(found) == 0 {
		t.Errorf("%s has no widths", part)
	}
}

func readPart(t *testing.T, part *zip.File) string {
	t.Helper()
	in, err := part.Open()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTemporaryFolderThatIsNotThere(t *testing.T) {
	e := anExport()
	e.TempDir = t.TempDir() + "/none"
	if _, err := WriteWorkbook(io.Discard, stock(1), e); err == nil || !strings.Contains(err.Error(), "temporary") {
		t.Errorf("got %v", err)
	}
}
