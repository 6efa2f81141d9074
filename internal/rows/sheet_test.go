package rows

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
	"fob/internal/testkit"
)

// book makes a workbook of sheets, given by what stands in their XML.
type book struct {
	sheets  []string // inside <worksheet>
	hidden  map[int]bool
	strings string // inside <sst>
	styles  string // of cellXfs, and what stands in front
	extra   map[string]string
}

const mainSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

func (b book) parts() map[string]string {
	sheets, rels := "", ""
	parts := map[string]string{}
	for i, s := range b.sheets {
		state := ""
		if b.hidden[i] {
			state = ` state="hidden"`
		}
		sheets += fmt.Sprintf(`<sheet name="S%d" sheetId="%d"%s r:id="rId%d"/>`, i+1, i+1, state, i+1)
		rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
		parts[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = `<?xml version="1.0"?><worksheet ` + mainSpace + `>` + s + `</worksheet>`
	}
	parts["[Content_Types].xml"] = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`
	parts["_rels/.rels"] = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	parts["xl/workbook.xml"] = `<workbook ` + mainSpace + ` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>` + sheets + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + rels + `</Relationships>`
	if b.strings != "" {
		parts["xl/sharedStrings.xml"] = `<sst ` + mainSpace + `>` + b.strings + `</sst>`
	}
	if b.styles != "" {
		parts["xl/styles.xml"] = `<styleSheet ` + mainSpace + `>` + b.styles + `</styleSheet>`
	}
	for name, text := range b.extra {
		parts[name] = text
	}
	return parts
}

func (b book) file(t testing.TB) []byte { return pack(t, b.parts()) }

func pack(t testing.TB, parts map[string]string) []byte { return packAs(t, parts, zip.Deflate) }

func packAs(t testing.TB, parts map[string]string, method uint16) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		text := parts[name]
		to, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = io.WriteString(to, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// cells reads a whole workbook, one line a row: the fields, and behind each that
// is no text what it is.
func cells(file []byte, o Options) (lines []string, notes []string, err error) {
	in := NewWith(bytes.NewReader(file), o)
	for {
		row, err := in.Next()
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return lines, in.Notes(), err
		}
		line := fmt.Sprint(row.Line)
		for i, f := range row.Fields {
			line += "|" + string(f)
			if i < len(row.Kinds) && row.Kinds[i] != Text { // a text file has no kinds
				line += fmt.Sprintf("<%d>", row.Kinds[i])
			}
		}
		lines = append(lines, line)
	}
}

func one(rows string) book { return book{sheets: []string{"<sheetData>" + rows + "</sheetData>"}} }

const inline = `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`

func TestCells(t *testing.T) {
	styled := `<numFmts><numFmt numFmtId="164" formatCode="0000000"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd"/>` +
		`<numFmt numFmtId="166" formatCode="000\-000"/><numFmt numFmtId="167" formatCode="[Red]0000000;&quot;no&quot;"/></numFmts>` +
		`<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="14"/><xf numFmtId="49"/><xf numFmtId="167"/></cellXfs>`
	for name, c := range map[string]struct {
		book book
		want string
	}{
		"texts": {book{strings: `<si><t xml:space="preserve"> a </t></si><si><r><t>b</t></r><r><rPr><b/></rPr><t>c</t></r><rPh sb="0" eb="1"><t>x</t></rPh></si>`,
			sheets: []string{`<sheetData><row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c></row></sheetData>`}}, "2|a||bc"},
		"inline":      {one(`<row r="1">` + fmt.Sprintf(inline, "A1", "a&amp;b") + `<c r="B1" t="inlineStr"><is><r><t>c</t></r><r><t>d</t></r><rPh><t>x</t></rPh></is></c></row>`), "1|a&b|cd"},
		"no names":    {one(`<row><c><v>1</v></c><c t="str"><v>b</v></c></row><row><c><v>2</v></c></row>`), "1|1<1>|b 2|2<1>|"},
		"rows behind": {one(`<row r="3"><c r="B3"><v>1</v></c></row><row r="5"/><row r="9"><c r="A9"><v>2</v></c></row>`), "3||1<1> 9|2<1>|"},
		"numbers":     {one(`<row r="1"><c r="A1"><v>30.0</v></c><c r="B1"><v>-7</v></c><c r="C1"><v>2.6E+12</v></c><c r="D1" t="n"><v> 5 </v></c></row>`), "1|30<1>|-7<1>|2.6E+12<1>|5<1>"},
		"kinds":       {one(`<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="e"><v>#REF!</v></c><c r="C1" t="d"><v>2026-11-24</v></c><c r="D1" t="str"><f>A1</f><v>x</v></c><c r="E1"><f>1+1</f></c></row>`), "1|1<5>|#REF!<6>|2026-11-24<4>|x<7>|<7>"},
		"formats": {book{styles: styled, sheets: []string{`<sheetData><row r="1"><c r="A1" s="1"><v>12345</v></c><c r="B1" s="2"><v>46350</v></c><c r="C1" s="3"><v>123456</v></c>` +
			`<c r="D1" s="4"><v>46350</v></c><c r="E1" s="5"><v>7</v></c><c r="F1" s="6"><v>9</v></c><c r="G1" s="1"><v>-5</v></c><c r="H1" s="99"><v>5</v></c></row></sheetData>`}},
			"1|0012345<2>|46350<4>|123456<3>|46350<4>|7<1>|0000009<2>|-5<1>|5<1>"},
		"blank":     {one(`<row r="1"><c r="A1" s="0"/><c r="B1" t="s"><v></v></c></row><row r="2">` + fmt.Sprintf(inline, "A2", "x") + fmt.Sprintf(inline, "B2", " ") + `</row>`), "2|x"},
		"prefix":    {book{sheets: []string{""}, extra: map[string]string{"xl/worksheets/sheet1.xml": `<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>`}}, "1|1<1>"},
		"behind":    {book{sheets: []string{`<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><extLst><ext><row r="2"><c r="A2"><v>9</v></c></row></ext></extLst>`}}, "1|1<1>"},
		"comments":  {one(`<row r="1">` + fmt.Sprintf(inline, "A1", "# by hand") + `</row><row r="2">` + fmt.Sprintf(inline, "A2", "x") + `</row><row r="3"><c r="A3" t="e"><v>#REF!</v></c></row>`), "2|x 3|#REF!<6>"},
		"no wanted": {one(`<row r="1"><c r="A1"><extLst><ext><v>7</v></ext></extLst><v>1</v></c></row>`), "1|1<1>"},
	} {
		lines, _, err := cells(c.book.file(t), Options{})
		if got := strings.Join(lines, " "); err != nil || got != c.want {
			t.Errorf("%s: %q %v, want %q", name, got, err, c.want)
		}
	}
}

// What is damaged is never read as far as it goes.
func TestSheetRefusals(t *testing.T) {
	row := func(n int) string { return fmt.Sprintf(`<row r="%d">`+inline+`</row>`, n, fmt.Sprintf("A%d", n), "x") }
	merged := one(row(1) + row(2))
	merged.sheets[0] += `<mergeCells count="1"><mergeCell ref="B2:B9"/></mergeCells>`
	cut := one("")
	cut.extra = map[string]string{"xl/worksheets/sheet1.xml": `<worksheet ` + mainSpace + `><sheetData>` + row(1) + `<row r="2"><c r="A2"><v>5`}
	whole := one(row(1)).file(t)
	for name, c := range map[string]struct {
		file   []byte
		sheet  string
		says   string
		remedy string
	}{
		"merged":            {merged.file(t), "", "cell B2 is merged with others (B2:B9)", "unmerge the cells in a copy of the sheet and fill each"},
		"cut sheet":         {cut.file(t), "", `sheet "S1", row 2: the sheet is cut or damaged`, "fetch"},
		"cut file":          {whole[:len(whole)/2], "", "cut or damaged", "fetch"},
		"cell out of order": {one(`<row r="1">` + fmt.Sprintf(inline, "B1", "x") + fmt.Sprintf(inline, "A1", "y") + `</row>`).file(t), "", "row 1: the sheet is cut or damaged", "fetch"},
		"cell twice":        {one(`<row r="1">` + fmt.Sprintf(inline, "A1", "x") + fmt.Sprintf(inline, "A1", "y") + `</row>`).file(t), "", "damaged", "fetch"},
		"row twice":         {one(row(1) + row(1)).file(t), "", "damaged", "fetch"},
		"rows out of order": {one(row(2) + row(1)).file(t), "", "damaged", "fetch"},
		"cell of another":   {one(`<row r="1">` + fmt.Sprintf(inline, "A2", "x") + `</row>`).file(t), "", "damaged", "fetch"},
		"two sheetData":     {book{sheets: []string{"<sheetData>" + row(1) + "</sheetData><sheetData>" + row(2) + "</sheetData>"}}.file(t), "", "damaged", "fetch"},
		"no such string":    {one(`<row r="1"><c r="A1" t="s"><v>4</v></c></row>`).file(t), "", "damaged", "fetch"},
		"unknown type":      {one(`<row r="1"><c r="A1" t="zz"><v>4</v></c></row>`).file(t), "", "damaged", "fetch"},
		"strings cut":       {book{strings: `<si><t>a`, sheets: []string{"<sheetData>" + row(1) + "</sheetData>"}}.file(t), "", "damaged", "fetch"},
		"two sheets":        {book{sheets: []string{"<sheetData>" + row(1) + "</sheetData>", "<sheetData>" + row(1) + "</sheetData>"}}.file(t), "", `several sheets with content: "S1" "S2"`, "--sheet NAME"},
		"no such sheet":     {one(row(1)).file(t), "S9", `no such sheet; it has "S1"`, "--sheet"},
		"hidden only":       {book{sheets: one(row(1)).sheets, hidden: map[int]bool{0: true}}.file(t), "", "hidden sheets only", "--sheet"},
		"empty":             {one("").file(t), "", "no sheet with content", "right file"},
		"xlsb":              {pack(t, map[string]string{"[Content_Types].xml": "", "xl/workbook.bin": ""}), "", "(.xlsb)", "save it as Excel workbook (.xlsx)"},
		"ods":               {pack(t, map[string]string{"mimetype": "x", "content.xml": ""}), "", "(.ods)", "save it as Excel workbook (.xlsx)"},
		"docx":              {pack(t, map[string]string{"[Content_Types].xml": "", "word/document.xml": ""}), "", "a Word or PowerPoint document", "copy its table"},
		"other document":    {pack(t, map[string]string{"[Content_Types].xml": ""}), "", "without a workbook", "save it"},
		"a ZIP":             {pack(t, map[string]string{"seeds.csv": "1,2"}), "", "holds no workbook", "unpack"},
		"wide":              {one(`<row r="1">` + fmt.Sprintf(inline, "ZZ1", "x") + `</row>`).file(t), "", "more than 256 columns", "far to the right"},
		"long cell":         {one(`<row r="1">` + fmt.Sprintf(inline, "A1", strings.Repeat("x", MaxRow+1)) + `</row>`).file(t), "", "more than 65536 bytes", "the file that was sent"},
		"endless text":      {one(strings.Repeat(" ", 2*MaxMarkup) + row(1)).file(t), "", "damaged", "fetch"},
		"bomb":              {one(strings.Repeat(`<row/>`, 6<<20)).file(t), "", "as bombs do", "ask who made it"},
		"many parts":        {many(t), "", "more than 1000 parts", "save the sheet alone"},
	} {
		_, _, err := cells(c.file, Options{Sheet: c.sheet})
		var e *fault.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.says) || !strings.Contains(fault.AdviceOf(err).In(testkit.Flags), c.remedy) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func many(t *testing.T) []byte {
	b := one("")
	b.extra = map[string]string{}
	for i := range MaxParts {
		b.extra[fmt.Sprintf("xl/media/%d", i)] = ""
	}
	return b.file(t)
}

// A damaged part is found by its checksum: excelize would take it as far as it
// goes.
func TestDamagedParts(t *testing.T) {
	text := strings.Repeat(fmt.Sprintf(`<row>`+inline+`</row>`, "", "seed"), 1)
	b := one(strings.ReplaceAll(text, ` r=""`, ""))
	b.strings = `<si><t>abc</t></si>`
	for _, damaged := range []string{"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"} {
		file := storedWith(t, b.parts(), damaged)
		if lines, _, err := cells(file, Options{}); err == nil {
			t.Errorf("%s: %q was read", damaged, lines)
		}
	}
}

// storedWith packs parts without compression, and changes a letter in one.
func storedWith(t *testing.T, parts map[string]string, damaged string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	at := 0
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		text := parts[name]
		to, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if err := z.Flush(); err != nil {
			t.Fatal(err)
		}
		if name == damaged {
			at = out.Len() + len(text) - 30
		}
		if _, err := io.WriteString(to, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := out.Bytes()
	file[at] ^= 1
	return file
}

func TestSheetNotes(t *testing.T) {
	b := book{hidden: map[int]bool{1: true}, sheets: []string{
		`<cols><col min="2" max="3" hidden="1"/></cols><sheetData><row r="1">` + fmt.Sprintf(inline, "A1", "x") + fmt.Sprintf(inline, "C1", "y") +
			`</row><row r="2" hidden="1">` + fmt.Sprintf(inline, "A2", "z") + `</row></sheetData>`,
		`<sheetData><row r="1">` + fmt.Sprintf(inline, "A1", "x") + `</row></sheetData>`,
	}}
	_, notes, err := cells(b.file(t), Options{})
	want := []string{
		`hidden rows of sheet "S1" were read all the same: 1, the first is row 2`,
		`hidden columns of sheet "S1" were read all the same: B, C`, `hidden sheets were not read: "S2"`,
	}
	if err != nil || !reflect.DeepEqual(notes, want) {
		t.Error(notes, err)
	}
	_, notes, err = cells(b.file(t), Options{Sheet: "s2"})
	want = []string{`sheet "S2" is hidden in the workbook, and was read because it was named`}
	if err != nil || !reflect.DeepEqual(notes, want) {
		t.Error(notes, err)
	}
}

// A merged title above a list is passed over as the message says, and the list is
// read then; of cells merged farther down nothing is passed over.
func TestMergedHints(t *testing.T) {
	row := func(n int) string {
		return fmt.Sprintf(`<row r="%d">`+inline+inline+`</row>`, n, fmt.Sprintf("A%d", n), "x", fmt.Sprintf("B%d", n), "y")
	}
	for area, skip := range map[string]string{"A1:F1": "--skip-rows 1", "A3:A4": "", "B2:C2": "", "A1:A2": ""} {
		b := one(row(1) + row(3) + row(4))
		b.sheets[0] += `<mergeCells count="1"><mergeCell ref="` + area + `"/></mergeCells>`
		_, _, err := cells(b.file(t), Options{})
		var e *fault.Error
		if !errors.As(err, &e) || !strings.Contains(e.Error(), "("+area+"): what belongs to which row cannot be told") ||
			!strings.HasPrefix(fault.AdviceOf(e).In(testkit.Flags), "unmerge the cells in a copy of the sheet and fill each") || strings.Contains(fault.AdviceOf(e).In(testkit.Flags), "--skip-rows") != (skip != "") {
			t.Errorf("%s: %v", area, err)
			continue
		}
		if skip == "" {
			continue
		}
		got, _, err := cells(b.file(t), Options{SkipLines: 1})
		if !strings.HasSuffix(fault.AdviceOf(e).In(testkit.Flags), skip) || err != nil || len(got) != 2 {
			t.Errorf("%s: %s, and then %v %v", area, fault.AdviceOf(e).In(testkit.Flags), got, err)
		}
	}
}

// TestSheetsAreNotSpilled reads a sheet beyond the 16 MB at which excelize writes
// temporary files in the clear, with a folder for such files that nothing may be
// written to, and watches one that it may.
func TestSheetsAreNotSpilled(t *testing.T) {
	file := large(t, 24_000)
	spill := t.TempDir()
	t.Setenv("TMPDIR", spill)
	bare, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	if left, _ := os.ReadDir(spill); len(left) == 0 {
		t.Fatal("excelize by itself spills nothing: the file is too small to tell")
	}
	for _, dir := range []string{filepath.Join(t.TempDir(), "not there"), t.TempDir()} {
		t.Setenv("TMPDIR", dir)
		in, n := New(bytes.NewReader(file)), 0
		for {
			_, err := in.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if n++; n%4_000 != 1 {
				continue
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Fatalf("%s holds %v", dir, left)
			}
		}
		if n != 24_000 {
			t.Errorf("%d rows", n)
		}
	}
}

// large is a workbook whose sheet, and whose shared strings, unpack to more than
// 16 MB each.
func large(t testing.TB, rows int) []byte {
	t.Helper()
	var sheet, texts strings.Builder
	for i := 1; i <= rows; i++ {
		fmt.Fprintf(&sheet, `<row r="%d"><c r="A%d" t="s"><v>%d</v></c>`+inline+`</row>`, i, i, i-1, fmt.Sprintf("B%d", i), fmt.Sprintf("%0700x", i*i))
		fmt.Fprintf(&texts, "<si><t>%0700x</t></si>", i*i+7)
	}
	b := one(sheet.String())
	b.strings = texts.String()
	if sheet.Len() < 16<<20 || texts.Len() < 16<<20 {
		t.Fatalf("only %d and %d bytes", sheet.Len(), texts.Len())
	}
	return packAs(t, b.parts(), zip.Store)
}

// sameAsExcelize compares a workbook with what excelize's own iterator makes of
// it, as far as that can be trusted: texts, at their places. It tells how many
// were compared: none of a workbook that excelize does not take.
func sameAsExcelize(t *testing.T, file []byte) (texts int) {
	t.Helper()
	in := New(bytes.NewReader(file))
	want, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{RawCellValue: true})
	if err != nil {
		return 0
	}
	defer want.Close()
	var all [][]string
	for {
		row, err := in.Next()
		if err != nil { // the end, or what tests of their own are about
			return texts
		}
		if all == nil {
			if all, err = want.GetRows(row.Sheet); err != nil {
				return texts
			}
		}
		for i, f := range row.Fields {
			text := ""
			if row.Line <= len(all) && i < len(all[row.Line-1]) {
				text = strings.Trim(all[row.Line-1][i], " \t")
			}
			if row.Kinds[i] != Text {
				continue
			}
			if texts++; text != string(f) {
				t.Fatalf("%s%d: %q, excelize says %q", ColumnName(i+1), row.Line, f, text)
			}
		}
	}
}

func TestSamplesAsExcelizeReadsThem(t *testing.T) {
	files, err := filepath.Glob("../../testdata/seedfiles/xlsx/*.xlsx")
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), err)
	}
	texts := 0
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts += sameAsExcelize(t, file)
	}
	if texts < 100 {
		t.Errorf("only %d texts were compared", texts)
	}
}

// FuzzSheet reads mangled sheets: whole and byte by byte they give the same rows
// within the limits, and texts are what excelize reads.
func FuzzSheet(f *testing.F) {
	for _, sheet := range []string{
		`<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="C1"><v>5</v></c></row></sheetData>`,
		`<cols><col min="1" max="2" hidden="1"/></cols><sheetData><row><c t="s"><v>0</v></c><c><f>1</f><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells>`,
		`<sheetData><row r="3" hidden="true"><c r="B3" s="1" t="b"><v>1</v></c></row><!-- x --></sheetData>`,
	} {
		f.Add(sheet, `<si><t>one</t></si>`, `<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>`)
	}
	f.Fuzz(func(t *testing.T, sheet, texts, styles string) {
		if len(sheet)+len(texts)+len(styles) > 64<<10 {
			t.Skip()
		}
		file := book{sheets: []string{sheet}, strings: texts, styles: styles}.file(t)
		lines, notes, err := cells(file, Options{})
		again, notesAgain, errAgain := cells(file, Options{})
		if !reflect.DeepEqual(lines, again) || !reflect.DeepEqual(notes, notesAgain) || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("%q %v, then %q %v", lines, err, again, errAgain)
		}
		var e *fault.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("the error is no fault: %v", err)
		}
		if err == nil {
			sameAsExcelize(t, file)
		}
	})
}

// FuzzWorkbook reads mangled archives.
func FuzzWorkbook(f *testing.F) {
	files, _ := filepath.Glob("../../testdata/seedfiles/xlsx/*.xlsx")
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Add([]byte("serial,seed\n1,2\n")) // no workbook: its rows have no kinds
	f.Fuzz(func(t *testing.T, file []byte) {
		_, _, err := cells(file, Options{})
		var e *fault.Error
		if err != nil && IsWorkbook(file) && !errors.As(err, &e) {
			t.Fatalf("the error is no fault: %v", err)
		}
	})
}
