package term

import (
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	columnGap  = 2  // blanks between two columns
	narrowest  = 10 // a column that is wrapped keeps at least this width
	headerOnly = 0  // the row of the header in what is laid out
)

// layOut puts the page into a table that fits the terminal: columns that are
// empty on the whole page are left out, then the spare ones as far as needed,
// and what is still too wide is wrapped. Nothing is cut off.
func (t *tableWriter) layOut(w table.Writer) {
	header := make(table.Row, len(t.headers))
	for i, h := range t.headers {
		header[i] = h
	}
	rows := append([]table.Row{header}, t.page...)
	rows = without(rows, func(i int) bool {
		return !slices.ContainsFunc(t.page, func(row table.Row) bool { return row[i] != "" })
	})
	for _, name := range t.spare {
		if excess(widths(rows), t.r.Streams.OutWidth) <= 0 {
			break
		}
		before := len(rows[headerOnly])
		rows = without(rows, func(i int) bool { return rows[headerOnly][i] == name })
		if len(rows[headerOnly]) < before && !slices.Contains(t.left, name) {
			t.left = append(t.left, name)
		}
	}
	w.SetColumnConfigs(wrapped(widths(rows), t.r.Streams.OutWidth, slices.Index(rows[headerOnly], any(t.uncut))))
	w.AppendHeader(rows[headerOnly])
	w.AppendRows(rows[headerOnly+1:])
}

// without leaves columns out of all rows.
func without(rows []table.Row, drop func(column int) bool) []table.Row {
	out := make([]table.Row, len(rows))
	for i := range rows[headerOnly] {
		if drop(i) {
			continue
		}
		for n, row := range rows {
			out[n] = append(out[n], row[i])
		}
	}
	return out
}

// widths are those that the columns would like to have.
func widths(rows []table.Row) []int {
	all := make([]int, len(rows[headerOnly]))
	for _, row := range rows {
		for i, c := range row {
			if s, ok := c.(string); ok {
				all[i] = max(all[i], text.StringWidthWithoutEscSequences(s))
			}
		}
	}
	return all
}

// excess is by how much columns are wider than the terminal.
func excess(widths []int, room int) int {
	sum := -columnGap // none behind the last
	for _, w := range widths {
		sum += w + columnGap
	}
	return sum - room
}

// wrapped narrows the widest columns until all fit, but not the one that stays whole.
func wrapped(widths []int, room, whole int) (configs []table.ColumnConfig) {
	for excess(widths, room) > 0 {
		widest := -1
		for i, w := range widths {
			if i != whole && w > narrowest && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	for i, w := range widths {
		configs = append(configs, table.ColumnConfig{Number: i + 1, WidthMax: w, WidthMaxEnforcer: text.WrapSoft})
	}
	return configs
}
