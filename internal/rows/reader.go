// Package rows makes rows out of delimited text, whatever a manufacturer, a
// spreadsheet or a mail gateway did to it: byte order marks, UTF-16, Windows-1252,
// commas, semicolons, tabs or blanks, quotes, any line ends, comments and blank
// lines; and out of the sheets of an Excel workbook, whose cells are told apart by
// what they hold. It serves seed files, lists of people, scanned serials and every
// list of things to do.
//
// It knows nothing of what the columns mean; that is the business of who asks.
// Rows may hold seeds, so no error ever quotes what a row says, only where it
// stands and what is wrong with it: a text at fault is of kind fault.Refused.
// Trouble in reading is passed on as it comes.
package rows

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"time"

	"golang.org/x/text/transform"

	"fob/internal/damage"
	"fob/internal/fault"
)

// Limits, each with its reason.
const (
	// MaxRow bounds a row in bytes of UTF-8, its quoted line ends included. The
	// longest useful row (a seed of 128 bytes in hex, a dozen names) has fewer
	// than 8 KiB; a longer one is a file without line ends or one that lost a
	// quote, and must not be gathered in memory.
	MaxRow = 64 << 10
	// MaxRowLines bounds the lines that a quoted field may spread one row over.
	// Addresses have five; a quote that was never closed would swallow a file.
	MaxRowLines = 32
	// MaxColumns bounds the fields of a row: HR exports have up to a hundred
	// columns, a row of thousands is delimited by something else.
	MaxColumns = 256
)

// The window is what Reader always sees of the text before it cuts a row: the
// longest row with its line end. The buffer is a few windows, so that moving
// the rest to its front is rare.
const (
	window     = MaxRow + 2
	bufferSize = 4 * window
)

// Row is one row. Fields are its columns without the blanks and quotes around
// them; they share the reader's buffer and are valid until the next call of
// Next. Blanks inside quotes stay.
type Row struct {
	Line   int // where it begins, from 1
	Fields [][]byte
	// Of a sheet: its name, and what each cell holds. The rows of a text have
	// neither.
	Sheet    string
	Kinds    []Kind
	from1904 bool // how days are counted in the workbook
	// Unended marks a last row without a line end: the file may be cut off.
	Unended bool
}

// Day is the date of a cell that holds one, in UTC (ISO 29500-1 section 18.17.4.1:
// days since the end of 1899, in which Excel counts a 29 February 1900, or since 1904).
func (r Row) Day(i int) (day time.Time, ok bool) {
	if i >= len(r.Kinds) || r.Kinds[i] != Date {
		return day, false
	}
	days, err := strconv.ParseFloat(string(r.Fields[i]), 64)
	if err != nil || days < 61 || days > 2_958_465 {
		return day, false
	}
	day = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if r.from1904 {
		day = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return day.AddDate(0, 0, int(days)), true
}

// BlankFrom reports whether a row has nothing but empty fields behind the first n.
func (r Row) BlankFrom(n int) bool { return n >= len(r.Fields) || empty(r.Fields[n:]) }

func empty(fields [][]byte) bool {
	for _, f := range fields {
		if len(f) > 0 {
			return false
		}
	}
	return true
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
	NoteNested     = "each row stands in one cell, in quotes, as a spreadsheet writes rows that were pasted into its first column, and was taken apart"
	NoteFormulas   = `fields are written as formulas of a spreadsheet (="0012345"), and were taken for the text in them`
)

// Reader reads the rows of a text or of a sheet, streaming. Blank lines, rows of
// nothing but delimiters, and lines that begin with # are skipped.
type Reader struct {
	sheet *sheetReader // nil: a text

	src    io.Reader
	chars  Charset
	legacy *legacyText // where the text may be Windows-1252; else nil
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

	inner []byte // of a line that stood in one cell, in quotes

	sep, quotes, formulas, nested, dosEnd bool

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
		in.legacy = &legacyText{}
		in.src = transform.NewReader(text, in.legacy)
	}
	return in
}

// Next returns the next row, io.EOF behind the last. An error ends the reading.
func (r *Reader) Next() (Row, error) {
	if r.err != nil {
		return Row{}, r.err
	}
	row, err := r.next()
	if err != nil {
		r.err = err
		if r.sheet != nil {
			clear(r.sheet.scratch[:cap(r.sheet.scratch)])
		}
		clear(r.buf) // what was read may be secret
		clear(r.scratch)
		clear(r.inner)
		return Row{}, err
	}
	return row, nil
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
// content, are hidden, and were not chosen; empty: no sheet is.
func (r *Reader) HiddenSheets() string {
	if r.sheet == nil || len(r.sheet.hidden) == 0 {
		return ""
	}
	return listed(r.sheet.hidden)
}

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
	note(r.nested, NoteNested)
	note(r.dosEnd, damage.NoteDOSEnd)
	return notes
}

// Fault is an error of a Reader as one of its kind: a text at fault, or trouble in
// reading.
func Fault(err error) error {
	if fault.KindOf(err) == fault.Refused {
		return err
	}
	return fault.Wrap(fault.Internal, err, "reading the file")
}

// begin skips what is to be skipped and settles the delimiter.
func (r *Reader) begin() error {
	if r.wants.Sheet != "" {
		return fault.Errorf(fault.Refused, "the file is a text, which has no sheets").WithHint("leave %s out", fault.Sheet)
	}
	if err := r.skip(r.wants.SkipLines); err != nil {
		return err
	}
	r.fill()
	text := r.buf[r.start:r.end]
	n, skip := lineEnd(text)
	r.comment = firstComment(text[:n])
	d := sepLine(text[:n])
	sample, whole := text[:min(len(text), MaxRow)], r.ended && len(text) <= MaxRow
	switch {
	case d == 0 && r.wants.Delimiter == 0 && inOneCell(sample, whole) != 0:
		r.delim, r.nested = inOneCell(sample, whole), true
	case d == 0:
		r.delim = findDelimiter(sample, whole)
	case bytes.IndexByte([]byte(",;\t|"), d) >= 0:
		r.delim, r.sep = d, true
		r.take(skip)
	case r.wants.Delimiter == 0:
		return refuseLine(r.line+1, "the line sep= names a delimiter that fob does not read").WithHint("comma, semicolon, tab and | are read")
	default:
		r.take(skip)
	}
	if r.wants.Delimiter != 0 {
		r.delim = r.wants.Delimiter
	}
	return nil
}
