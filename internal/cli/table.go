package cli

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"fob/internal/token"
)

// tablePage is how many rows a terminal table lays out together: a table has to
// hold its rows to fit its columns, and a million would take memory and
// patience.
const tablePage = 1000

// tableWriter prints rows: a terminal gets headers and fitted columns, a pipe
// tab-separated values without a header.
type tableWriter struct {
	r       *root
	headers []string
	page    []table.Row
	pipe    *bufio.Writer
}

func (r *root) newTable(headers ...string) *tableWriter {
	return &tableWriter{r: r, headers: headers, pipe: bufio.NewWriter(r.streams.Out)}
}

// add prints a row of strings, numbers, times and nils.
func (t *tableWriter) add(cells ...any) error {
	if t.r.streams.OutWidth == 0 {
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = clean(cell(c, time.RFC3339))
		}
		_, err := t.pipe.WriteString(strings.Join(texts, "\t") + "\n")
		return outputError(err)
	}
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = clean(cell(c, "2006-01-02 15:04"))
	}
	t.page = append(t.page, row)
	if len(t.page) < tablePage {
		return nil
	}
	return t.flush()
}

func (t *tableWriter) flush() error {
	if t.r.streams.OutWidth == 0 {
		return outputError(t.pipe.Flush())
	}
	if len(t.page) == 0 {
		return nil
	}
	w := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.Options{}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	w.SetStyle(style)
	w.SuppressTrailingSpaces()
	w.Style().Size.WidthMax = t.r.streams.OutWidth
	header := make(table.Row, len(t.headers))
	for i, h := range t.headers {
		header[i] = h
	}
	w.AppendHeader(header)
	w.AppendRows(t.page)
	t.page = t.page[:0]
	_, err := fmt.Fprintln(t.r.streams.Out, w.Render())
	return outputError(err)
}

func outputError(err error) error {
	if err == nil {
		return nil
	}
	return token.Wrap(token.Internal, err, "writing the output")
}

// cell is a value as a table shows it; what is not known is empty.
func cell(v any, layout string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case *string:
		if v == nil {
			return ""
		}
		return *v
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(layout)
	case *time.Time:
		if v == nil {
			return ""
		}
		return v.UTC().Format(layout)
	case *float64:
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'f', 1, 64)
	case *int:
		if v == nil {
			return ""
		}
		return strconv.Itoa(*v)
	case *int64:
		if v == nil {
			return ""
		}
		return strconv.FormatInt(*v, 10)
	}
	return fmt.Sprint(v)
}

// facts prints "name  value" lines, leaving out what is empty on a terminal.
type fact struct {
	name  string
	value any
}

func (r *root) facts(all []fact) {
	width := 0
	for _, f := range all {
		width = max(width, len(f.name))
	}
	for _, f := range all {
		if text := cell(f.value, "2006-01-02 15:04:05 UTC"); text != "" {
			r.say("%-*s  %s", width, f.name, text)
		}
	}
}
