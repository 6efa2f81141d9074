package rows

import (
	"regexp"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Kind is what the cell of a sheet holds.
type Kind uint8

// The kinds. A text and an empty cell are what a field of a text file may be;
// of all others a spreadsheet may have changed what was once written there.
const (
	Text    Kind = iota // also an empty cell
	Number              // its digits as the file has them
	Padded              // a number, with the zeros in front that its format shows
	Shaped              // a number that its format shows otherwise, such as 000-000
	Date                // a number that its format shows as a date or time
	Bool                // TRUE or FALSE
	Failed              // an error of the spreadsheet, such as #REF!
	Formula             // the result of one
)

var kindNames = [...]string{"a text", "a number", "a number", "a number in a format of its own", "a date", "TRUE or FALSE", "an error of the spreadsheet", "a formula"}

// String is for messages: "a formula".
func (k Kind) String() string { return kindNames[k] }

// shape is how a style shows numbers.
type shape struct {
	kind  Kind // Number, Padded, Shaped or Date
	zeros int  // of Padded: the digits that are shown at least
}

// of gives a number's text as its cell shows it, as far as that is its digits.
func (s shape) of(digits string) (string, Kind) {
	if s.kind != Padded {
		return digits, s.kind
	}
	if strings.Trim(digits, "0123456789") != "" {
		return digits, Number // no whole number, or below zero
	}
	return strings.Repeat("0", max(0, s.zeros-len(digits))) + digits, Padded
}

// shapesOf reads the number format of every style (ISO 29500-1 section 18.8.30).
func shapesOf(file *excelize.File) ([]shape, error) {
	if file.Styles == nil || file.Styles.CellXfs == nil {
		return nil, nil
	}
	codes := map[int]string{}
	if custom := file.Styles.NumFmts; custom != nil {
		for _, f := range custom.NumFmt {
			if f != nil {
				codes[f.NumFmtID] = f.FormatCode
			}
		}
	}
	shapes := make([]shape, 0, len(file.Styles.CellXfs.Xf))
	for _, xf := range file.Styles.CellXfs.Xf {
		id := 0
		if xf.NumFmtID != nil {
			id = *xf.NumFmtID
		}
		code, custom := codes[id]
		if !custom {
			shapes = append(shapes, builtIn(id))
			continue
		}
		shapes = append(shapes, shapeOf(code))
	}
	return shapes, nil
}

// builtIn knows the formats that have numbers and no code (18.8.30): dates and
// times, percent and fractions; the others show a number's own digits.
func builtIn(id int) shape {
	switch {
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
		return shape{kind: Date}
	case id == 9, id == 10, id == 12, id == 13:
		return shape{kind: Shaped}
	}
	return shape{kind: Number}
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"|\\.`)
	ignored  = regexp.MustCompile(`_.|\*.|\[(Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color ?\d+|\$-[0-9A-Fa-f]+)\]`)
	zeroes   = regexp.MustCompile(`^0+$`)
	ordinary = regexp.MustCompile(`^([0#?,. ]+([eE][+-]0+)?|@|(?i:general))$`)
)

// shapeOf reads a format's code, of which the first section is for the numbers
// above zero.
func shapeOf(code string) shape {
	bare := ignored.ReplaceAllString(code, "")
	first, _, _ := strings.Cut(quoted.ReplaceAllString(bare, "\x00"), ";")
	switch first = strings.TrimSpace(first); {
	case ordinary.MatchString(first) && zeroes.MatchString(first):
		return shape{Padded, len(first)}
	case ordinary.MatchString(first):
		return shape{kind: Number}
	case strings.ContainsAny(strings.ToLower(first), "ymdhs"):
		return shape{kind: Date}
	}
	return shape{kind: Shaped}
}
