package term

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"fob/internal/fault"
)

const (
	// tablePage is how many rows a terminal table lays out together: a table has to
	// hold its rows to fit its columns, and a million would take memory and patience.
	tablePage = 1000
	columnGap = 2  // blanks between two columns
	narrowest = 10 // a column that is wrapped keeps at least this width
)

// Table prints rows: a terminal gets headers and fitted columns, a pipe
// tab-separated values without a header.
type Table struct {
	r       *Run
	headers []string
	spare   []string // the headers of columns that go first where there is no room
	below   []string // the headers of those that go next, to a line under their row
	left    []string // the headers of those that went
	same    []string // what those held that had one value in all rows
	uncut   string   // the header of a column that is copied from: it is never wrapped
	page    [][]string
	paged   bool // there is more than one page, so that no column is known to be alike throughout
	pipe    *bufio.Writer
}

// NewTable begins a table; with no headers it is for a pipe alone.
func (r *Run) NewTable(headers ...string) *Table {
	for i, h := range headers {
		headers[i] = strings.ToUpper(h)
	}
	return &Table{r: r, headers: headers, pipe: bufio.NewWriter(r.Streams.Out)}
}

// Spares names the columns that a narrow terminal can do without, the least
// important one first.
func (t *Table) Spares(headers ...string) *Table {
	t.spare = headers
	return t
}

// Below names the columns that a narrow terminal shows under their row, the least
// important one first: nobody reads a list of what was done without who and why.
func (t *Table) Below(headers ...string) *Table {
	t.below = headers
	return t
}

// Whole names a column that people copy from: broken over two lines it would be
// wrong, and the terminal breaks it without a line end.
func (t *Table) Whole(header string) *Table {
	t.uncut = header
	return t
}

// Add prints a row of strings, numbers, times and nils.
func (t *Table) Add(cells ...any) error {
	layout := "2006-01-02 15:04"
	if t.r.Streams.OutWidth == 0 {
		layout = time.RFC3339
	}
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = Clean(cell(c, layout))
	}
	if t.r.Streams.OutWidth == 0 {
		_, err := t.pipe.WriteString(strings.Join(row, "\t") + "\n")
		return OutputError(err)
	}
	if t.page = append(t.page, row); len(t.page) < tablePage {
		return nil
	}
	t.paged = true
	return t.render()
}

// Flush prints what was added, and says which columns had no room.
func (t *Table) Flush() error {
	if t.r.Streams.OutWidth == 0 {
		return OutputError(t.pipe.Flush())
	}
	if err := t.render(); err != nil {
		return err
	}
	if len(t.same) > 0 {
		t.r.Remark("the same in every row: %s", strings.Join(t.same, ", "))
	}
	if len(t.left) > 0 {
		t.r.Remark("no room for: %s; a wider terminal, a pipe or --json has them", strings.Join(t.left, ", "))
	}
	return nil
}

// render prints one page of a terminal's table, so that it fits: columns that are
// empty on the whole page are left out. As far as needed, columns that say the same in
// each row go to the end, spare ones away, others under their row, and what is still
// too wide is wrapped. Nothing is cut off.
func (t *Table) render() error {
	if len(t.page) == 0 {
		return nil
	}
	rows := append([][]string{t.headers}, t.page...)
	var columns, widths, under []int
	excess := -t.r.Streams.OutWidth - columnGap // none behind the last
	for i := range t.headers {
		width := 0
		for _, row := range rows {
			width = max(width, runewidth.StringWidth(row[i]))
		}
		if slices.ContainsFunc(t.page, func(row []string) bool { return row[i] != "" }) {
			columns, widths = append(columns, i), append(widths, width)
			excess += width + columnGap
		}
	}
	drop := func(name string) (column int) {
		at := slices.IndexFunc(columns, func(i int) bool { return strings.EqualFold(t.headers[i], name) })
		if excess <= 0 || at < 0 {
			return -1
		}
		column = columns[at]
		excess -= widths[at] + columnGap
		columns, widths = slices.Delete(columns, at, at+1), slices.Delete(widths, at, at+1)
		return column
	}
	for _, name := range t.alike(columns) {
		if i := drop(name); i >= 0 {
			t.same = append(t.same, name+" "+t.page[0][i])
		}
	}
	for _, name := range t.spare {
		if drop(name) >= 0 {
			t.left = appendNew(t.left, name)
		}
	}
	for _, name := range t.below {
		if i := drop(name); i >= 0 {
			under = append(under, i)
		}
	}
	slices.Sort(under)
	for ; excess > 0; excess-- { // from the widest that may be wrapped
		widest := -1
		for i, w := range widths {
			if t.headers[columns[i]] != t.uncut && w > narrowest && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	t.page = nil
	for n, row := range rows {
		text := laidOut(row, columns, widths)
		if n > 0 {
			text += t.underneath(row, under, widths[0]+columnGap)
		}
		if _, err := fmt.Fprint(t.r.Streams.Out, text); err != nil {
			return OutputError(err)
		}
	}
	return nil
}

// alike are the columns of a page that say the same in each of several rows, those
// first that go anyway. The first column stays: it tells what the row is about.
func (t *Table) alike(columns []int) (names []string) {
	if len(t.page) < 2 || t.paged || t.r.Quiet { // quiet, it would not be said
		return nil
	}
	is := func(i int) bool {
		return t.headers[i] != t.uncut && !slices.ContainsFunc(t.page, func(row []string) bool { return row[i] != t.page[0][i] })
	}
	for _, name := range slices.Concat(t.spare, t.below, t.headers[columns[0]+1:]) {
		i := slices.IndexFunc(t.headers, func(h string) bool { return strings.EqualFold(h, name) })
		if i > columns[0] && slices.Contains(columns, i) && is(i) {
			names = appendNew(names, t.headers[i])
		}
	}
	return names
}

// underneath are the columns of a row that had no room beside the others, each with
// its name.
func (t *Table) underneath(row []string, columns []int, indent int) (text string) {
	var parts []string
	for _, i := range columns {
		if row[i] != "" {
			parts = append(parts, strings.ToLower(t.headers[i])+" "+row[i])
		}
	}
	if len(parts) == 0 {
		return ""
	}
	indent = min(indent, narrowest)
	for _, line := range wrapped(strings.Join(parts, " · "), t.r.Streams.OutWidth-indent) {
		text += strings.Repeat(" ", indent) + line + "\n"
	}
	return text
}

func appendNew(all []string, one string) []string {
	if slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}

// laidOut is a row in as many lines as its longest cell takes.
func laidOut(row []string, columns, widths []int) (text string) {
	cells, lines := make([][]string, len(columns)), 1
	for i, c := range columns {
		cells[i] = wrapped(row[c], widths[i])
		lines = max(lines, len(cells[i]))
	}
	for n := range lines {
		line := ""
		for i, cell := range cells {
			part := ""
			if n < len(cell) {
				part = cell[n]
			}
			line += runewidth.FillRight(part, widths[i]+columnGap)
		}
		text += strings.TrimRight(line, " ") + "\n"
	}
	return text
}

// wrapped breaks a text at its blanks, and within a word that is wider than the
// column.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		if line != "" && runewidth.StringWidth(line+" "+word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		broken := brokenWord(word, max(width, 1))
		lines, line = append(lines, broken[:len(broken)-1]...), broken[len(broken)-1]
	}
	return append(lines, line)
}

// brokenWord breaks a word where it has a mark, if that leaves no scraps, else where
// the column ends.
func brokenWord(word string, width int) (parts []string) {
	for runewidth.StringWidth(word) > width {
		part := runewidth.Truncate(word, width, "")
		if part == "" { // a wide letter in a column of one
			return append(parts, word)
		}
		if mark := strings.LastIndexAny(part, "@_-/:."); mark >= len(part)/3 && mark > 0 {
			if part = part[:mark]; !strings.HasPrefix(word[mark:], "@") {
				part = word[:mark+1]
			}
		}
		parts, word = append(parts, part), word[len(part):]
	}
	return append(parts, word)
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
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer {
		if p.IsNil() {
			return ""
		}
		v = p.Elem().Interface()
	}
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(layout)
	}
	return fmt.Sprint(v)
}

// Facts prints what is known, each fact by its name and its value: a terminal gets
// aligned lines, a pipe "name TAB value" with times in RFC 3339. What is empty is
// left out.
func (r *Run) Facts(pairs ...any) {
	layout := r.timeLayout()
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

func (r *Run) timeLayout() string {
	if r.Streams.OutWidth == 0 {
		return time.RFC3339
	}
	return "2006-01-02 15:04:05 UTC"
}

// TimeWords is a time within a line: as scripts read it, or people.
func (r *Run) TimeWords(at time.Time) string { return at.UTC().Format(r.timeLayout()) }

// row prints one fact; the value's own tabs and line ends cannot make a second.
func (r *Run) row(width int, name, text string) {
	if r.Streams.OutWidth == 0 {
		fmt.Fprintln(r.Streams.Out, Clean(name)+"\t"+Clean(text))
		return
	}
	r.Say("%-*s  %s", width, name, text)
}

// ReportFileJSON is what a report prints with --xlsx.
type ReportFileJSON struct {
	File    string  `json:"file"`
	Rows    int     `json:"rows"`
	Events  int64   `json:"events"`
	Head    string  `json:"head"`
	Removed *string `json:"removed"` // the sidecar of the file that was replaced, null where there was none
}

// jsonList prints an array element by element.
type jsonList struct {
	r     *Run
	begun bool
}

func (r *Run) NewJSONList() *jsonList { return &jsonList{r: r} }

func (l *jsonList) Add(v any) error {
	before := ",\n"
	if !l.begun {
		before, l.begun = "[\n", true
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = Visible(l.r.Streams.Out).Write(append([]byte(before), text...))
	return OutputError(err)
}

func (l *jsonList) End() error {
	closing := "\n]\n"
	if !l.begun {
		closing = "[]\n"
	}
	_, err := io.WriteString(l.r.Streams.Out, closing)
	return OutputError(err)
}
