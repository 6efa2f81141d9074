package sheet

import (
	"github.com/xuri/excelize/v2"

	"fob/internal/token"
)

// looks are the cell styles of a workbook.
type looks struct {
	title  int
	label  int // left of a value
	prose  int // long text over several lines
	number int // beside a label
	of     [Bool + 1]int
	over   [Bool + 1]int // over a column of a kind
	states map[string]int
}

func newLooks(f *excelize.File) (looks, error) {
	var l looks
	var err error
	add := func(to *int, s excelize.Style) {
		if err == nil {
			*to, err = f.NewStyle(&s)
		}
	}
	// Every style names the font: LibreOffice takes another for one that does not.
	bold := &excelize.Font{Family: fontName, Bold: true, Size: 11}
	plain := &excelize.Font{Family: fontName, Size: 11}
	right := &excelize.Alignment{Horizontal: "right", Indent: 1, Vertical: "top"} // off the text in the next column
	left := &excelize.Alignment{Horizontal: "left", Vertical: "top"}              // as long texts beside it
	add(&l.title, excelize.Style{NumFmt: asText, Font: &excelize.Font{Family: fontName, Bold: true, Size: 14}})
	add(&l.label, excelize.Style{NumFmt: asText, Font: bold, Alignment: &excelize.Alignment{Vertical: "top"}})
	add(&l.prose, excelize.Style{NumFmt: asText, Font: plain, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	add(&l.number, excelize.Style{NumFmt: asInteger, Font: plain, Alignment: left})
	utc, tenths := "yyyy-mm-dd hh:mm:ss", "0.0"
	truth := `"TRUE";"TRUE";"FALSE"` // Excel shows it so by itself; LibreOffice would show some as 1
	add(&l.of[Text], excelize.Style{NumFmt: asText, Font: plain, Alignment: left})
	add(&l.of[Int], excelize.Style{NumFmt: asInteger, Font: plain, Alignment: right})
	add(&l.of[Decimal], excelize.Style{CustomNumFmt: &tenths, Font: plain, Alignment: right})
	add(&l.of[Time], excelize.Style{CustomNumFmt: &utc, Font: plain, Alignment: left})
	add(&l.of[Bool], excelize.Style{CustomNumFmt: &truth, Font: plain, Alignment: left})
	for k := range l.over {
		as := &excelize.Alignment{Horizontal: "left", Vertical: "top", WrapText: true}
		if Kind(k) == Int || Kind(k) == Decimal {
			as = &excelize.Alignment{Horizontal: "right", Indent: 1, Vertical: "top", WrapText: true}
		}
		add(&l.over[k], excelize.Style{
			NumFmt: asText, Font: bold, Alignment: as,
			Fill:   excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"D9E1F2"}},
			Border: []excelize.Border{{Type: "bottom", Style: 1, Color: "808080"}},
		})
	}
	l.states = map[string]int{}
	for _, state := range token.States() {
		var id int
		add(&id, excelize.Style{NumFmt: asText, Font: plain, Alignment: left, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{stateColours[state]}}})
		l.states[string(state)] = id
	}
	return l, err
}

// fontName is that of the workbook's own style, as excelize has it.
const fontName = "Calibri"

// stateColours are what a person's eye sorts by: green is in use, red is trouble.
// They are pale, so that a black and white print stays readable.
var stateColours = map[token.State]string{
	token.InStock: "FFFFFF", token.Assigned: "FFF2CC", token.Bound: "E2EFDA", token.Suspended: "FCE4D6",
	token.Quarantined: "EADCF4", token.Lost: "F8CBAD", token.Retired: "E7E6E6",
}

// state is the style of a cell that names a state.
func (l looks) state(name string) int {
	if id, ok := l.states[name]; ok {
		return id
	}
	return l.of[Text]
}

// Built-in number formats (ECMA-376 part 1, 18.8.30).
const (
	asInteger = 1  // 0
	asText    = 49 // @
)
