package rows

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"
)

// Row is one row. Fields are its columns without the blanks and quotes around
// them; they share the reader's buffer and are valid until the next call of
// Next. Blanks inside quotes stay.
type Row struct {
	Line   int // where it begins, from 1
	Fields [][]byte
	// Of a sheet: its name, and what each cell holds. The rows of a text have
	// neither.
	Sheet string
	Kinds []Kind
	// Unended marks a last row without a line end: the file may be cut off.
	Unended bool
}

// The remarks that Notes may hold. Each says that a spreadsheet or an editor
// has rewritten the file, and with it perhaps numbers that were serials.
const (
	NoteBOM        = "the text begins with a byte order mark, as spreadsheets write it"
	NoteUTF16      = "the text is UTF-16, as spreadsheets write it"
	NoteANSI       = "the text is not UTF-8 and was read as Windows-1252: compare names that have letters beyond A to Z"
	NoteSep        = "line 1 tells a spreadsheet the delimiter (sep=)"
	NoteSemicolons = "the fields are separated by semicolons, as spreadsheets do in some countries"
	NoteQuotes     = "fields stand in quotes, as spreadsheets write them"
	NoteFormulas   = `fields are written as formulas of a spreadsheet (="0012345"), and were taken for the text in them`
)

// Reader gives the rows of a text or of a sheet, streaming. Blank lines, rows of
// nothing but delimiters, and lines that begin with # are skipped.
type Reader struct {
	sheet *sheetReader // nil: a text

	src    io.Reader
	chars  Charset
	legacy *legacyReader // where the text may be Windows-1252; else nil
	wants  Options

	buf        []byte
	start, end int   // what of buf is not yet read
	ended      bool  // src has no more
	srcErr     error // why, other than io.EOF

	begun   bool
	line    int // lines read so far
	delim   byte
	width   int // fields of the first row
	fields  [][]byte
	comment string
	scratch []byte // fields whose doubled quotes were undone

	sep, quotes, formulas bool

	err error // of the last call, for ever
}

// Options are what a person says of a text.
type Options struct {
	Delimiter byte   // between the fields; 0: to be found out. A blank stands for any number of blanks
	SkipLines int    // in front of the rows
	Sheet     string // of a workbook; empty: the only one with content
}

// New reads a text, whose character set and delimiter it finds out, or a
// workbook with one sheet.
func New(r io.Reader) *Reader { return NewWith(r, Options{}) }

// NewWith reads a text or a workbook as a person says.
func NewWith(r io.Reader, o Options) *Reader {
	in := bufio.NewReader(r)
	if head, _ := in.Peek(4); IsWorkbook(head) { // an error comes again with the first Read
		return &Reader{sheet: &sheetReader{src: in, wants: o}}
	}
	return newText(in, o)
}

func newText(r io.Reader, o Options) *Reader {
	text, chars := UTF8(r)
	in := &Reader{src: text, chars: chars, wants: o, buf: make([]byte, bufferSize)}
	if chars.Name == "UTF-8" && !chars.BOM {
		in.legacy = &legacyReader{src: text}
		in.src = in.legacy
	}
	return in
}

// Next gives the next row, io.EOF behind the last. A text at fault is an *Error,
// and ends the reading.
func (r *Reader) Next() (Row, error) {
	if r.err != nil {
		return Row{}, r.err
	}
	row, err := r.next()
	if err != nil {
		r.err = err
		r.sheet.clear()
		clear(r.buf) // what was read may be secret
		clear(r.scratch)
		if r.legacy != nil {
			clear(r.legacy.in)
			clear(r.legacy.buf)
		}
		return Row{}, err
	}
	return row, nil
}

// Delimiter is what separates the fields, 0 in a sheet; it is known once Next was
// called.
func (r *Reader) Delimiter() byte { return r.delim }

// Comment is the first line, where it begins with #: some families say there what
// the rows are. It is known once Next was called.
func (r *Reader) Comment() string {
	if r.sheet != nil {
		return r.sheet.comment
	}
	return r.comment
}

// HiddenSheets names, once Next was called, the sheets of a workbook that have
// content, are hidden, and were not chosen; empty: there is none.
func (r *Reader) HiddenSheets() string { return r.sheet.hiddenSheets() }

// Notes are remarks on the whole text; they are complete after io.EOF.
func (r *Reader) Notes() []string {
	if r.sheet != nil {
		return r.sheet.notes()
	}
	notes := r.chars.Notes()
	note := func(met bool, text string) {
		if met {
			notes = append(notes, text)
		}
	}
	note(r.legacy != nil && r.legacy.ansi, NoteANSI)
	note(r.sep, NoteSep)
	note(r.delim == ';' && !r.sep, NoteSemicolons)
	note(r.quotes, NoteQuotes)
	note(r.formulas, NoteFormulas)
	return notes
}

func (r *Reader) next() (Row, error) {
	if r.sheet != nil {
		return r.sheet.next()
	}
	if !r.begun {
		r.begun = true
		if err := r.begin(); err != nil {
			return Row{}, err
		}
	}
	for {
		row, err := r.row()
		if err != nil {
			return row, err
		}
		if !empty(row.Fields) {
			return row, r.checkMixed(row)
		}
	}
}

// row takes one line, or several that belong together; no fields when there is
// nothing in it.
func (r *Reader) row() (Row, error) {
	r.fill()
	text := r.buf[r.start:r.end]
	n, skip := lineEnd(text)
	if skip == n && r.srcErr != nil && n <= MaxRow {
		return Row{}, r.srcErr // what was read of this line is no row
	}
	if len(text) == 0 {
		return Row{}, io.EOF
	}
	line := text[:n]
	row := Row{Line: r.line + 1, Unended: skip == n}
	if err := r.check(line); err != nil {
		return Row{}, err
	}
	if bare := r.trim(line); len(bare) == 0 || isComment(bare) {
		r.take(skip)
		return row, nil
	}
	if bytes.IndexByte(line, '"') >= 0 {
		return r.quotedRow(row)
	}
	r.take(skip)
	fields, ok := r.split(line)
	if !ok {
		return Row{}, tooManyColumns(row.Line)
	}
	row.Fields = fields
	return row, nil
}

// check refuses a line that is no text, or too long.
func (r *Reader) check(line []byte) error {
	at := r.line + 1
	switch {
	case len(line) > MaxRow:
		return errorAt(at, "is this the file that was sent?", "the line has more than %d bytes", MaxRow)
	case bytes.IndexByte(line, 0) >= 0:
		return errorAt(at, "the file is damaged or is not text", "the line contains a NUL byte")
	case !utf8.Valid(line) && r.legacy != nil:
		return errorAt(at, "save the file as UTF-8, or take it as it was sent", "the line is neither valid UTF-8 nor Windows-1252")
	case !utf8.Valid(line):
		return errorAt(at, "save the file as UTF-8, or take it as it was sent", "the line is not valid %s", r.chars.Name)
	}
	return nil
}

func tooManyColumns(line int) error {
	return errorAt(line, "is the delimiter the right one?", "the row has more than %d columns", MaxColumns)
}

// split cuts a line without quotes.
func (r *Reader) split(line []byte) ([][]byte, bool) {
	if r.delim == ' ' {
		return r.splitBlanks(line)
	}
	fields := r.fields[:0]
	for {
		n := bytes.IndexByte(line, r.delim)
		if n < 0 || len(fields) == MaxColumns {
			break
		}
		fields = append(fields, r.trim(line[:n]))
		line = line[n+1:]
	}
	r.fields = append(fields, r.trim(line))
	return r.fields, len(fields) < MaxColumns
}

// splitBlanks cuts a line at any number of blanks.
func (r *Reader) splitBlanks(line []byte) ([][]byte, bool) {
	r.fields = r.fields[:0]
	for line = r.trim(line); len(line) > 0; line = r.trim(line) {
		if len(r.fields) == MaxColumns {
			return r.fields, false
		}
		n := r.fieldEnd(line)
		r.fields = append(r.fields, line[:n])
		line = line[n:]
	}
	return r.fields, true
}

// fieldEnd is how far a field without quotes goes.
func (r *Reader) fieldEnd(text []byte) int {
	n := bytes.IndexByte(text, r.delim)
	if r.delim == ' ' {
		n = bytes.IndexAny(text, " \t")
	}
	if n < 0 {
		return len(text)
	}
	return n
}

// blank tells what stands around a field without belonging to it.
func (r *Reader) blank(c byte) bool { return c == ' ' || c == '\t' && r.delim != '\t' }

func (r *Reader) trim(b []byte) []byte {
	for len(b) > 0 && r.blank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && r.blank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func empty(fields [][]byte) bool {
	for _, f := range fields {
		if len(f) > 0 {
			return false
		}
	}
	return true
}
