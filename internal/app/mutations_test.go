package app_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"fob/internal/rows"
	"fob/internal/seedfile"
)

// mangledFilesOf makes files of a sample.
func mangledFilesOf(t *testing.T, f seedfile.Format, data []byte, records int, truth said) (all []mangledFile) {
	t.Helper()
	all = wrapped(t, data)
	all = append(all, cut(data)...)
	isText := utf8.Valid(data) && !bytes.ContainsRune(data, 0)
	isXML := isText && bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff"))), []byte("<"))
	if isText {
		all = append(all, texts(string(data), isXML)...)
	}
	if isXML {
		all = append(all, xmls(string(data))...)
	}
	if f.Sheets || f.Name == "xlsx" {
		all = append(all, tables(t, f, data, records, truth)...)
	}
	return all
}

func zipped(t *testing.T, name string, data []byte, method uint16) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range []struct {
		name string
		data []byte
	}{{"__MACOSX/._" + name, []byte("litter")}, {"delivery/" + name, data}} {
		to, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})
		if err == nil {
			_, err = to.Write(f.data)
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

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(data)
	if closed := z.Close(); err != nil || closed != nil {
		t.Fatal(err, closed)
	}
	return out.Bytes()
}

// wrapped puts a file into what suppliers and mail gateways do.
func wrapped(t *testing.T, data []byte) []mangledFile {
	return []mangledFile{
		{"in a ZIP", zipped(t, "tokens.dat", data, zip.Deflate), false},
		{"in a ZIP without compression", zipped(t, "tokens.pdf", data, zip.Store), false},
		{"in gzip", gzipped(t, data), false},
		{"in gzip in a ZIP", zipped(t, "tokens.gz", gzipped(t, data), zip.Store), false},
	}
}

// cut loses a part of a file.
func cut(data []byte) (all []mangledFile) {
	for _, percent := range []int{25, 50, 75, 95} {
		all = append(all, mangledFile{fmt.Sprintf("cut at %d %%", percent), data[:len(data)*percent/100], true})
	}
	return append(all, mangledFile{"without its first byte", data[1:], true}, mangledFile{"a web page instead", []byte("<!DOCTYPE html><title>Log in</title>\n"), true})
}

func utf16Of(text string, order binary.AppendByteOrder, mark bool) []byte {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xFEFF)
	}
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// texts change how a text is written, but not what it says.
func texts(text string, isXML bool) (all []mangledFile) {
	add := func(what string, data string) { all = append(all, mangledFile{what, []byte(data), false}) }
	bare := strings.TrimPrefix(text, "\ufeff")
	unix := strings.ReplaceAll(strings.ReplaceAll(bare, "\r\n", "\n"), "\r", "\n")
	add("line ends LF", unix)
	add("line ends CR LF", strings.ReplaceAll(unix, "\n", "\r\n"))
	add("line ends CR", strings.ReplaceAll(unix, "\n", "\r"))
	add("a byte order mark", "\ufeff"+bare)
	add("blank lines behind", bare+"\n\n\n")
	// Whether a counter or a seed at its end is whole, nobody can tell.
	all = append(all, mangledFile{"no line end behind", []byte(strings.TrimRight(unix, "\n")), !isXML})
	for _, u := range []mangledFile{
		{"UTF-16, little endian", utf16Of(bare, binary.LittleEndian, true), false},
		{"UTF-16, big endian", utf16Of(bare, binary.BigEndian, true), false},
		{"UTF-16 without a mark", utf16Of(bare, binary.LittleEndian, false), false},
	} {
		u.damaged = isXML // the declaration would have to say so
		all = append(all, u)
	}
	return all
}

// table is a sample as rows.
type table struct {
	rows   [][]string
	header bool
}

func tableOf(t *testing.T, data []byte, records int, truth said) (x table) {
	t.Helper()
	o := rows.Options{SkipLines: truth.SkipRows, Sheet: truth.Sheet}
	if truth.Delimiter != "" {
		o.Delimiter = truth.Delimiter[0]
	}
	in := rows.NewWith(bytes.NewReader(data), o)
	for {
		row, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, f := range row.Fields {
			fields = append(fields, string(f))
		}
		x.rows = append(x.rows, fields)
	}
	x.header = len(x.rows) == records+1
	if !x.header && len(x.rows) != records {
		t.Fatalf("%d rows, %d records", len(x.rows), records)
	}
	return x
}

func (x table) records() [][]string {
	if x.header {
		return x.rows[1:]
	}
	return x.rows
}

func (x table) with(change func(row []string) []string) table {
	y := table{header: x.header}
	for _, row := range x.rows {
		y.rows = append(y.rows, change(slices.Clone(row)))
	}
	return y
}

// header changes the names of the columns.
func (x table) renamed(change func(string) string) table {
	y := table{slices.Clone(x.rows), true}
	y.rows[0] = slices.Clone(x.rows[0])
	for i, name := range y.rows[0] {
		y.rows[0][i] = change(name)
	}
	return y
}

// csv writes a table as a text.
func (x table) csv(delimiter, quote, end string) []byte {
	var b strings.Builder
	for _, row := range x.rows {
		for i, f := range row {
			if i > 0 {
				b.WriteString(delimiter)
			}
			if quote != "" || strings.ContainsAny(f, delimiter+"\"\n") {
				f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
			}
			b.WriteString(f)
		}
		b.WriteString(end)
	}
	return []byte(b.String())
}

// workbook writes a table into a sheet, whole numbers as numbers if so wanted.
func (x table) workbook(t *testing.T, numbers bool) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	for i, row := range x.rows {
		for j, f := range row {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			var value any = f
			if n, err := strconv.Atoi(f); err == nil && numbers && strconv.Itoa(n) == f && len(f) <= 15 {
				value = n
			}
			if f != "" {
				err = book.SetCellValue("Sheet1", cell, value)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// tables change how a table is laid out, and one of its fields.
func tables(t *testing.T, f seedfile.Format, data []byte, records int, truth said) (all []mangledFile) {
	t.Helper()
	x := tableOf(t, data, records, truth)
	skipped := truth.SkipRows > 0 || strings.ContainsAny(truth.Columns, "0123456789")
	add := func(what string, y table) { all = append(all, mangledFile{what, y.csv(",", "", "\n"), skipped}) }
	for name, d := range map[string]string{"commas": ",", "semicolons": ";", "tabs": "\t"} {
		all = append(all, mangledFile{"separated by " + name, x.csv(d, "", "\n"), skipped},
			mangledFile{"separated by " + name + ", in quotes", x.csv(d, `"`, "\r\n"), skipped})
	}
	slices.SortFunc(all, func(a, b mangledFile) int { return strings.Compare(a.what, b.what) })
	all = append(all,
		mangledFile{"sep=; and semicolons", append([]byte("sep=;\r\n"), x.csv(";", "", "\r\n")...), skipped},
		mangledFile{"comments in front", append([]byte("# delivered on 24 November\n#\n"), x.csv(",", "", "\n")...), skipped},
		mangledFile{"an empty line between records", x.csv(",", "", "\n\n"), skipped},
		mangledFile{"blanks round the fields", x.csv(" , ", "", " \n"), skipped},
		mangledFile{"in a sheet, as texts", x.workbook(t, false), skipped},
		mangledFile{"in a sheet, numbers as numbers", x.workbook(t, true), true},
		mangledFile{"in a sheet, in gzip", gzipped(t, x.workbook(t, false)), skipped})
	last := slices.Clone(x.rows)
	slices.Reverse(last[len(x.rows)-len(x.records()):])
	add("records in reverse", table{last, x.header})
	add("the first record alone", table{x.rows[:len(x.rows)-len(x.records())+1], x.header})
	add("an empty column behind", x.with(func(r []string) []string { return append(r, "") }))
	all = append(all, mangledFile{"every record twice", append(x.csv(",", "", "\n"), table{rows: x.records()}.csv(",", "", "\n")...), true})
	if x.header {
		all = append(all, headers(x, skipped, truth.Columns != "")...)
	}
	return append(all, fields(x)...)
}

// headers change the names of the columns and their order, which under a header
// means nothing.
func headers(x table, damaged, chosen bool) (all []mangledFile) {
	add := func(what string, y table) { all = append(all, mangledFile{what, y.csv(",", "", "\n"), damaged}) }
	add("header in capitals", x.renamed(strings.ToUpper))
	add("header in small letters", x.renamed(strings.ToLower))
	add("header with underscores", x.renamed(func(s string) string { return strings.ReplaceAll(s, " ", "_") }))
	add("header with dashes", x.renamed(func(s string) string { return strings.ReplaceAll(s, " ", "-") }))
	add("columns in reverse", x.with(func(r []string) []string { slices.Reverse(r); return r }))
	add("the first column last", x.with(func(r []string) []string { return append(r[1:], r[0]) }))
	add("the last column first", x.with(func(r []string) []string { return append(r[len(r)-1:], r[:len(r)-1]...) }))
	remark := x.with(func(r []string) []string { return append(r, "x") })
	remark.rows[0][len(remark.rows[0])-1] = "Remark"
	add("a column that means nothing", remark)
	for _, c := range [][2]string{{"x", "SHA512"}, {"x", "10"}, {"x", "946684800"}} {
		telling := x.with(func(r []string) []string { return append(r, c[1]) })
		telling.rows[0][len(telling.rows[0])-1] = c[0]
		all = append(all, mangledFile{fmt.Sprintf("a column %s that says %s", c[0], c[1]), telling.csv(",", "", "\n"), true})
	}
	all = append(all,
		mangledFile{"without its header", table{rows: x.rows[1:]}.csv(",", "", "\n"), true},
		mangledFile{"a title above the header", append([]byte("Delivery 4711\n\n"), x.csv(",", "", "\n")...), damaged || chosen},
		mangledFile{"a title of two columns above the header", append([]byte("Order,4711\n"), x.csv(",", "", "\n")...), damaged || chosen},
		mangledFile{"a second header in the middle", append(x.csv(",", "", "\n"), x.csv(",", "", "\n")...), true})
	for i := range x.rows[0] {
		all = append(all, mangledFile{fmt.Sprintf("column %d named twice", i+1),
			x.with(func(r []string) []string { return append(r, r[i]) }).csv(",", "", "\n"), true},
			mangledFile{fmt.Sprintf("column %d has lost its name", i+1), x.renamed(func(s string) string {
				if s == x.rows[0][i] {
					return "?"
				}
				return s
			}).csv(",", "", "\n"), true})
	}
	return all
}

// fields damage each field of the last record so that nothing valid is left.
func fields(x table) (all []mangledFile) {
	for i := range x.rows[len(x.rows)-1] {
		for what, change := range map[string]func(string) string{
			"replaced":             func(string) string { return "?!" },
			"with a sign behind":   func(s string) string { return s + "!" },
			"as Excel shows it":    func(string) string { return "2.6E+12" },
			"as an error of Excel": func(string) string { return "#REF!" },
		} {
			y := table{slices.Clone(x.rows), x.header}
			last := slices.Clone(y.rows[len(y.rows)-1])
			last[i] = change(last[i])
			y.rows[len(y.rows)-1] = last
			all = append(all, mangledFile{fmt.Sprintf("field %d of the last record %s", i+1, what), y.csv(",", "", "\n"), true})
		}
	}
	slices.SortFunc(all, func(a, b mangledFile) int { return strings.Compare(a.what, b.what) })
	return all
}

var (
	between   = regexp.MustCompile(`>\s+<`)
	content   = regexp.MustCompile(`>([^<>&\s][^<>&]*)<`)
	attribute = regexp.MustCompile(`(\s[A-Za-z:]+)="([^"]*)"`)
	tagName   = regexp.MustCompile(`<(/?)([A-Za-z][A-Za-z0-9]*)([\s>/])`)
	tagAny    = regexp.MustCompile(`<(/?)([A-Za-z][A-Za-z0-9:]*)`)
	declared  = regexp.MustCompile(`^<\?xml[^>]*\?>\s*`)
	rootTag   = regexp.MustCompile(`<([A-Za-z][A-Za-z0-9:]*)`)
)

// xmls change how a document is written, and one of its values.
func xmls(text string) (all []mangledFile) {
	add := func(what, data string, damaged bool) { all = append(all, mangledFile{what, []byte(data), damaged}) }
	body := declared.ReplaceAllString(strings.TrimPrefix(text, "\ufeff"), "")
	add("without a declaration", body, false)
	add("another declaration", "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n"+body, false)
	add("a comment in front", "<!-- delivered on 24 November -->\n"+body, false)
	add("an instruction in front", "<?made-by hand?>\n"+body, false)
	add("no blanks between elements", between.ReplaceAllString(body, "><"), false)
	add("each element on a line of its own", between.ReplaceAllString(strings.ReplaceAll(body, "><", "> <"), ">\n\t<"), false)
	add("attributes in single quotes", attribute.ReplaceAllString(body, "$1='$2'"), false)
	add("text in CDATA", content.ReplaceAllString(body, "><![CDATA[$1]]><"), false)
	add("text as references", content.ReplaceAllStringFunc(body, func(s string) string {
		return fmt.Sprintf(">&#x%x;%s", s[1], s[2:])
	}), false)
	if strings.Contains(body, ` xmlns="`) && !strings.Contains(body, "<ds:") {
		add("a prefix for its namespace", strings.Replace(tagName.ReplaceAllString(body, "<${1}v:$2$3"), ` xmlns="`, ` xmlns:v="`, 1), false)
	}
	add("element names in small letters", tagAny.ReplaceAllStringFunc(body, strings.ToLower), true)
	root := rootTag.FindStringSubmatch(body)[1]
	add("another root", strings.ReplaceAll(body, root, "Something"), true)
	add("wrapped in an element", "<Envelope>"+body+"</Envelope>", true)
	add("a document type", "<!DOCTYPE "+root+">\n"+body, true)
	add("an unknown version", strings.Replace(body, `="1.0"`, `="9.9"`, 1), true)
	add("a second root", body+body, true)
	for i, at := range content.FindAllStringSubmatchIndex(body, 12) {
		add(fmt.Sprintf("text %d with a sign behind", i+1), body[:at[3]]+"!"+body[at[3]:], true)
		add(fmt.Sprintf("text %d replaced", i+1), body[:at[2]]+"?!"+body[at[3]:], true)
	}
	for i, at := range attribute.FindAllStringSubmatchIndex(body, 12) {
		add(fmt.Sprintf("attribute %d with a sign behind", i+1), body[:at[5]]+"!"+body[at[5]:], true)
	}
	return all
}
