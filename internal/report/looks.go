package report

import (
	"github.com/xuri/excelize/v2"

	"fob/internal/token"
)

// looks are the cell styles of a workbook.
type looks struct {
	title  int
	label  int // left of a value
	header int // over a column
	prose  int // long text over several lines
	of     [truth + 1]int
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
	l.states = map[string]int{}
	for _, state := range token.States() {
		var id int
		add(&id, excelize.Style{NumFmt: asText, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{stateColours[state]}}})
		l.states[string(state)] = id
	}
	return l, err
}

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
	return l.of[words]
}

// Built-in number formats (ECMA-376 part 1, 18.8.30).
const (
	asInteger = 1  // 0
	asText    = 49 // @
)
