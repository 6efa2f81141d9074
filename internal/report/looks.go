package report

import "github.com/xuri/excelize/v2"

// looks are the cell styles of a workbook.
type looks struct {
	title  int
	label  int // left of a value
	header int // over a column
	prose  int // long text over several lines
	of     [truth + 1]int
}

func newLooks(f *excelize.File) (looks, error) {
	var l looks
	var err error
	add := func(to *int, s excelize.Style) {
		if err == nil {
			*to, err = f.NewStyle(&s)
		}
	}
	add(&l.title, excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: true, Size: 14}})
	add(&l.label, excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{Vertical: "top"}})
	add(&l.prose, excelize.Style{NumFmt: asText, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	add(&l.header, excelize.Style{
		NumFmt: asText,
		Font:   &excelize.Font{Bold: true},
		Fill:   excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"D9E1F2"}},
		Border: []excelize.Border{{Type: "bottom", Style: 1, Color: "808080"}},
	})
	utc, tenths := "yyyy-mm-dd hh:mm:ss", "0.0"
	add(&l.of[words], excelize.Style{NumFmt: asText})
	add(&l.of[whole], excelize.Style{NumFmt: asInteger})
	add(&l.of[decimal], excelize.Style{CustomNumFmt: &tenths})
	add(&l.of[instant], excelize.Style{CustomNumFmt: &utc, Alignment: &excelize.Alignment{Horizontal: "left"}})
	add(&l.of[truth], excelize.Style{Alignment: &excelize.Alignment{Horizontal: "left"}})
	return l, err
}

// Built-in number formats (ECMA-376 part 1, 18.8.30).
const (
	asInteger = 1  // 0
	asText    = 49 // @
)

// table is the look of every table; the plainest, since headers have their own.
func table(name, area string) *excelize.Table {
	return &excelize.Table{Name: name, Range: area, StyleName: "TableStyleLight1"}
}
