package term

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"fob/internal/fault"
)

// tablePage is how many rows a terminal table lays out together: a table has to
// hold its rows to fit its columns, and a million would take memory and
// patience.
const tablePage = 1000

// tableWriter prints rows: a terminal gets headers and fitted columns, a pipe
// tab-separated values without a header.
type tableWriter struct {
	r       *Run
	headers []string
	spare   []string // the headers of columns that go first where there is no room
	left    []string // the headers of those that went
	uncut   string   // the header of a column that is copied from: it is never wrapped
	page    []table.Row
	pipe    *bufio.Writer
}

func (r *Run) NewTable(headers ...string) *tableWriter {
	return &tableWriter{r: r, headers: headers, pipe: bufio.NewWriter(r.Streams.Out)}
}

// Spares names the columns that a narrow terminal can do without, the least
// important one first.
func (t *tableWriter) Spares(headers ...string) *tableWriter {
	t.spare = headers
	return t
}

// Whole names a column that people copy from: broken over two lines it would be
// wrong, and the terminal breaks it without a line end.
func (t *tableWriter) Whole(header string) *tableWriter {
	t.uncut = header
	return t
}

// Add prints a row of strings, numbers, times and nils.
func (t *tableWriter) Add(cells ...any) error {
	if t.r.Streams.OutWidth == 0 {
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = Clean(cell(c, time.RFC3339))
		}
		_, err := t.pipe.WriteString(strings.Join(texts, "\t") + "\n")
		return OutputError(err)
	}
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = Clean(cell(c, "2006-01-02 15:04"))
	}
	t.page = append(t.page, row)
	if len(t.page) < tablePage {
		return nil
	}
	return t.render()
}

// Flush prints what was added, and says which columns had no room.
func (t *tableWriter) Flush() error {
	if t.r.Streams.OutWidth == 0 {
		return OutputError(t.pipe.Flush())
	}
	if err := t.render(); err != nil {
		return err
	}
	if len(t.left) > 0 {
		t.r.Remark("no room for: %s; a wider terminal, a pipe or --json has them", strings.Join(t.left, ", "))
	}
	return nil
}

// render lays out one page of a terminal's table.
func (t *tableWriter) render() error {
	if len(t.page) == 0 {
		return nil
	}
	w := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.Options{}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	w.SetStyle(style)
	w.SuppressTrailingSpaces()
	t.layOut(w)
	t.page = t.page[:0]
	_, err := fmt.Fprintln(t.r.Streams.Out, w.Render())
	return OutputError(err)
}

func OutputError(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(fault.Internal, Cause(err), "writing the output").
		WithHint("what was printed is incomplete; what the command had to do was done")
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
	case float64:
		return strconv.FormatFloat(v, 'f', 1, 64)
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

// Facts prints what is known, each fact by its name and its value: a terminal gets
// aligned lines, a pipe "name TAB value" with times in RFC 3339. What is empty is
// left out.
func (r *Run) Facts(pairs ...any) {
	layout := "2006-01-02 15:04:05 UTC"
	if r.Streams.OutWidth == 0 {
		layout = time.RFC3339
	}
	width := 0
	for i := 0; i < len(pairs); i += 2 {
		width = max(width, len(pairs[i].(string)))
	}
	for i := 0; i < len(pairs); i += 2 {
		if text := cell(pairs[i+1], layout); text != "" {
			r.row(width, pairs[i].(string), text)
		}
	}
}

// row prints one fact; the value's own tabs and line ends cannot make a second.
func (r *Run) row(width int, name, text string) {
	if r.Streams.OutWidth == 0 {
		fmt.Fprintln(r.Streams.Out, Clean(name)+"\t"+Clean(text))
		return
	}
	r.Say("%-*s  %s", width, name, text)
}
