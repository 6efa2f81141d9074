package rows

import (
	"strconv"
	"strings"
)

// ColumnName is what a spreadsheet calls a column that is counted from 1.
func ColumnName(column int) string {
	name := ""
	for ; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// cellRef reads the name of a cell, such as B7.
func cellRef(name string) (column, row int, ok bool) {
	digits := strings.TrimLeft(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	letters := name[:len(name)-len(digits)]
	if len(letters) == 0 || len(letters) > 3 {
		return 0, 0, false
	}
	for _, c := range letters {
		column = column*26 + int(c-'A') + 1
	}
	row, ok = wholeNumber(digits)
	return column, row, ok && row >= 1 && row <= maxRows
}

// wholeNumber reads digits and nothing else.
func wholeNumber(text string) (int, bool) {
	if len(text) > 9 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

func isTrue(text string) bool { return text == "1" || text == "true" || text == "on" }
