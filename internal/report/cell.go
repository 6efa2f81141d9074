package report

import (
	"time"

	"fob/internal/token"

	"github.com/xuri/excelize/v2"
)

// Limits of a cell: Excel keeps 15 digits of a number and 32,767 UTF-16 units
// of a text, and its calendar begins in 1900, with a day that never was at the
// end of February.
const (
	maxExact = 999_999_999_999_999
	maxText  = excelize.TotalCellChars
)

var calendarStart = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)

// cell is the value as excelize takes it. What Excel's numbers and calendar
// cannot hold exactly becomes text, spelt as in CSV.
func (v value) cell() (any, error) {
	switch v.kind {
	case words:
		return v.words, checkLength(v.words)
	case whole:
		if v.whole <= maxExact && v.whole >= -maxExact {
			return v.whole, nil
		}
	case decimal:
		return v.real, nil
	case instant:
		if !v.at.Before(calendarStart) && v.at.Year() <= 9999 {
			return v.at, nil
		}
	case truth:
		return v.whole != 0, nil
	case nothing:
		return nil, nil
	}
	quoted := v.appendCSV(nil)
	return string(quoted[1 : len(quoted)-1]), nil
}

// checkLength refuses what excelize would cut without a word.
func checkLength(s string) error {
	if len(s) <= maxText {
		return nil
	}
	units := 0
	for _, r := range s {
		units++
		if r >= 0x10000 {
			units++
		}
	}
	if units <= maxText {
		return nil
	}
	return token.Errorf(token.Refused, "a text of %d characters, a cell holds %d", units, maxText).
		WithHint("export as .csv or .json, which have no such limit")
}
