package sheet

import (
	"fmt"
	"iter"
)

// Head is what heads a column: in workbook, CSV and the dictionary.
type Head struct {
	Name  string // in JSON and CSV
	Title string // in workbooks and on a terminal
	Kind  Kind
	Width float64 // in characters, in a workbook
	About string
}

// Column is one column of rows that are Rs: declared once, for terminal, CSV, JSON
// and workbook.
type Column[R any] struct {
	Head
	Of func(*R) Value
}

// Col declares a column. What of returns decides its kind: a text, a number, a bool,
// a time, or a pointer to one that is nil where nothing is known; a Value is shown as
// text.
func Col[R, V any](name, title string, width float64, about string, of func(*R) V) Column[R] {
	kind, get := getter(of)
	return Column[R]{Head{name, title, kind, width, about}, get}
}

// Heads are those of columns.
func Heads[R any](columns []Column[R]) []Head {
	heads := make([]Head, len(columns))
	for i, c := range columns {
		heads[i] = c.Head
	}
	return heads
}

// Named is the column of a name; one without values where there is none.
func Named[R any](columns []Column[R], name string) Column[R] {
	for _, c := range columns {
		if c.Name == name {
			return c
		}
	}
	return Column[R]{Of: func(*R) Value { return Value{} }}
}

// Sheet is one sheet of rows, whatever form it is written in.
type Sheet struct {
	Name  string
	About string
	Array string // its name in JSON
	Heads []Head
	Whole bool // it is never split over several sheets
	// Each calls visit for every row: as JSON has it, and as cells. Both are
	// overwritten by the next row.
	Each func(visit func(row any, values []Value) error) error
}

// New makes a sheet of columns and rows.
func New[R any](name, array, about string, columns []Column[R], rows iter.Seq2[R, error]) Sheet {
	each := func(visit func(any, []Value) error) error {
		values, n := make([]Value, len(columns)), 0
		for row, err := range rows {
			if err != nil {
				return fmt.Errorf("export, sheet %s, reading behind row %d: %w", name, n, err)
			}
			for i := range columns {
				values[i] = columns[i].Of(&row)
			}
			n++
			if err := visit(&row, values); err != nil {
				return fmt.Errorf("export, sheet %s, row %d: %w", name, n, err)
			}
		}
		return nil
	}
	return Sheet{Name: name, About: about, Array: array, Heads: Heads(columns), Each: each}
}
