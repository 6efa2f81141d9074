package stocktake

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"fob/internal/damage"
	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/token"
)

const (
	// MaxScans bounds a file of scans: a person with a reader makes ten thousand a
	// day, and all of them are held in memory.
	MaxScans = 1_000_000
	// maxScan bounds one of them in bytes: the largest QR code holds 4,296
	// characters.
	maxScan = 8 << 10
)

// Scans are the labels that a file holds.
type Scans struct {
	All   []Scan
	Of    string   // the location that a session was begun for; empty: it is no session
	Notes []string // remarks on the whole file

	damaged  int // labels that are no serials any more
	rounding damage.Rounding
}

// ReadScans reads what a barcode reader wrote: one label a line, whatever ends a
// line, or all of them in one line with tabs between; or a table, CSV or a workbook,
// whose first row names a column serial. A sheet with one column needs no name. What a
// program made of a label is noted. An error is of the whole file.
func ReadScans(r io.Reader) (s Scans, err error) {
	in := bufio.NewReaderSize(r, rows.Probe)
	head, err := in.Peek(rows.Probe)
	if err != nil && !errors.Is(err, io.EOF) {
		return s, fault.Wrap(fault.Internal, err, "reading the file")
	}
	if what := rows.Picture(head); what != "" {
		return s, fault.Errorf(fault.Refused, "the file is %s, not a text", what).
			WithHint("the reader's list of serials is needed: one a line")
	}
	if text, _ := rows.UTF8(bytes.NewReader(head)); !rows.IsWorkbook(head) {
		bare, _ := io.ReadAll(text)
		if what, hint := rows.Foreign(bare); what != "" {
			return s, fault.Errorf(fault.Refused, "the file is %s, no list of labels", what).WithHint("%s", hint)
		}
	}
	if rows.IsWorkbook(head) || namesSerial(head) {
		s, err = readScanTable(in)
	} else {
		s, err = readScanLines(in)
	}
	s.ended()
	if err == nil && len(s.All) == 0 && s.Of == "" {
		return s, fault.Errorf(fault.Refused, "the file has no scan in it").WithHint("did the reader send anything? One serial a line is needed")
	}
	return s, err
}

// scanColumn is the only column of a table that counts.
type scanColumn int

var scanNames = rows.Names[scanColumn]{"serial": 0, "serialnumber": 0, "serialno": 0, "sn": 0, "seriennummer": 0, "barcode": 0,
	"barcodes": 0, "label": 0, "labels": 0, "scan": 0, "scans": 0, "serials": 0, "serialnumbers": 0, "seriennummern": 0, "etikett": 0}

// namesSerial reports whether the first line names columns, and one of them serial.
func namesSerial(head []byte) bool {
	text, _ := rows.UTF8(bytes.NewReader(head))
	line, _ := bufio.NewReader(text).ReadString('\n')
	line, _, _ = strings.Cut(strings.TrimSpace(line), "\r")
	for _, field := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(",;\t|", r) }) {
		if _, ok := scanNames[rows.Name([]byte(field))]; ok {
			return true
		}
	}
	return false
}

func readScanTable(r io.Reader) (s Scans, err error) {
	in := rows.New(r)
	header, err := in.Next()
	if errors.Is(err, io.EOF) {
		return s, nil
	}
	if err != nil {
		return s, rows.Fault(err)
	}
	columns := scanNames.Of(header.Fields)
	if only := onlyColumn(header); columns.Known == 0 && only > 0 {
		columns = rows.Placed(map[scanColumn]int{0: only})
		if err := s.cell(header, only); err != nil {
			return s, err
		}
	} else if columns.Known != 1 {
		return s, fault.Errorf(fault.Refused, "line %d: %d of the columns are named serial, one is needed", header.Line, columns.Known).
			WithHint("the first row names the columns; other columns are passed over")
	}
	for {
		row, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			s.Notes = append(in.Notes(), s.Notes...)
			return s, nil
		case err != nil:
			return s, rows.Fault(err)
		}
		if err := s.cell(row, columns.At(0)); err != nil {
			return s, err
		}
	}
}

// onlyColumn is the column, from 1, of a row of a sheet that has but one cell; 0: it has
// others.
func onlyColumn(row rows.Row) (at int) {
	for i, field := range row.Fields {
		switch {
		case len(field) == 0:
		case at > 0 || row.Kinds == nil:
			return 0
		default:
			at = i + 1
		}
	}
	return at
}

// cell takes the label of a row. What a sheet computes or rewrites is not what a reader
// sent.
func (s *Scans) cell(row rows.Row, at int) error {
	if at > len(row.Fields) || len(row.Fields[at-1]) == 0 {
		return nil
	}
	text := string(row.Fields[at-1])
	if at <= len(row.Kinds) {
		switch k := row.Kinds[at-1]; k {
		case rows.Date, rows.Formula, rows.Failed, rows.Shaped:
			s.note(row.Line, "its cell holds "+k.String())
		}
	}
	return s.add(Scan{Line: row.Line, Reading: token.ReadScan(text), Cut: row.Unended})
}

func (s *Scans) add(scan Scan) error {
	if len(s.All) == MaxScans {
		return fault.Errorf(fault.Refused, "the file has more than %d scans", MaxScans).WithHint("count one place after the other")
	}
	s.All = append(s.All, scan)
	if said := damage.Serial(scan.Reading.Text); said != "" {
		s.note(scan.Line, "the label "+scan.Reading.Text+" "+said)
	}
	s.rounding.Add(scan.Reading.Text)
	return nil
}

// maxNoted is how many damaged labels are named.
const maxNoted = 5

// note remarks that a label is not what was scanned.
func (s *Scans) note(line int, said string) {
	if s.damaged++; s.damaged <= maxNoted {
		s.Notes = append(s.Notes, fmt.Sprintf("line %d: %s", line, said))
	}
}

// ended adds what only the whole file shows. Nothing is refused for it: a label that is
// not what was scanned is among the unknown ones.
func (s *Scans) ended() {
	if more := s.damaged - maxNoted; more > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d more labels are damaged in such ways", more))
	}
	if n, suspect, _ := s.rounding.Suspect(); suspect {
		s.Notes = append(s.Notes, fmt.Sprintf("all labels of more than 15 digits (%d) have only zeros behind their 15th digit, as a spreadsheet leaves them: scan into a text file", n))
	}
}

// readScanLines reads a plain list.
func readScanLines(r io.Reader) (s Scans, err error) {
	text, chars := rows.UTF8(r)
	in := bufio.NewScanner(text)
	in.Buffer(make([]byte, 0, maxScan), 2*maxScan)
	l := scanLines{Scans: &s, line: 1}
	in.Split(splitScans)
	for in.Scan() {
		if err := l.piece(in.Bytes()); err != nil {
			return s, err
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return s, l.tooLong()
	}
	if in.Err() != nil {
		return s, fault.Wrap(fault.Internal, in.Err(), "reading the file")
	}
	s.Notes = append(chars.Notes(), s.Notes...)
	return s, l.tabbed()
}

// splitScans cuts behind the characters that readers are set to send behind a
// label. They stay with it: what ended the last one reports whether it is whole.
func splitScans(data []byte, atEOF bool) (advance int, piece []byte, err error) {
	n := bytes.IndexAny(data, "\r\n\t")
	switch {
	case n < 0 && !atEOF:
		return 0, nil, nil
	case n < 0 && len(data) == 0:
		return 0, nil, nil
	case n < 0:
		return len(data), data, nil
	case data[n] == '\r' && n+1 == len(data) && !atEOF:
		return 0, nil, nil // a line feed may follow
	case data[n] == '\r' && n+1 < len(data) && data[n+1] == '\n':
		return n + 2, data[:n+2], nil
	}
	return n + 1, data[:n+1], nil
}

// scanLines is a plain list while it is read.
type scanLines struct {
	*Scans
	line    int
	lines   int // that hold something
	inLine  int // labels of this line
	several int // the first line that has more than one; 0: none
}

func (l *scanLines) piece(piece []byte) error {
	ends := bytes.ContainsAny(piece, "\r\n")
	cut := !ends && piece[len(piece)-1] != '\t'
	text := strings.TrimSpace(string(piece))
	if cut {
		text = strings.TrimSpace(strings.TrimRight(text, damage.DOSEnd))
	}
	if err := l.label(text, cut); err != nil {
		return err
	}
	if ends {
		l.line, l.inLine = l.line+1, 0
	}
	return nil
}

func (l *scanLines) label(text string, cut bool) error {
	switch {
	case text == "":
		return nil
	case text[0] == '#' && !damage.SheetError(text):
		if place, ok := strings.CutPrefix(text, SessionMark); ok {
			l.Of = place
		}
		return nil
	case len(text) > maxScan:
		return l.tooLong()
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return fault.Errorf(fault.Refused, "line %d is no text", l.line).WithHint("the reader's list of serials is needed: one a line")
	case l.Of == "" && strings.ContainsAny(token.Unquoted(text), ",;|") && damage.Serial(token.Unquoted(text)) == "": // in a session every line is one label
		return fault.Errorf(fault.Refused, "line %d has several columns, and the first line does not name them", l.line).
			WithHint("put a first line in front whose names say which is the serial, such as: serial%sread_at", text[strings.IndexAny(text, ",;|"):][:1])
	}
	if l.inLine++; l.inLine == 1 {
		l.lines++
	} else if l.several == 0 {
		l.several = l.line
	}
	return l.add(Scan{Line: l.line, Reading: token.ReadScan(text), Cut: cut})
}

// tabbed refuses a table without names; one line of labels with tabs between is
// none.
func (l *scanLines) tabbed() error {
	if l.several == 0 || l.lines == 1 {
		return nil
	}
	return fault.Errorf(fault.Refused, "line %d has several columns, and the first line does not name them", l.several).
		WithHint("put a first line in front whose names say which is the serial")
}

func (l *scanLines) tooLong() error {
	return fault.Errorf(fault.Refused, "line %d has more than %d bytes: it is no serial", l.line, maxScan).
		WithHint("the reader's list of serials is needed: one a line")
}

// SessionMark begins the first line of a session's file, in front of the location.
const SessionMark = "# fob stocktake of "
