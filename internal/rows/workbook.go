package rows

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"fob/internal/fault"
)

// Limits of workbooks, each with its reason.
const (
	// MaxWorkbook bounds a workbook in bytes: it is held in memory while it is
	// read, and with a hundred thousand tokens has 5 MB. The largest sheet that
	// Excel knows, of 1,048,576 rows, has some 50 MB.
	MaxWorkbook = 64 << 20
	// MaxSheet bounds a part once it is unpacked. Sheets are walked in a stream,
	// so this is for time alone: that largest sheet has some 400 MB of XML.
	MaxSheet = 512 << 20
	// MaxAbout bounds what is held in memory of a workbook, its shared strings
	// above all: 40 MB for the serials and seeds of two hundred thousand tokens.
	MaxAbout = 128 << 20
	// MaxPartRatio bounds how much longer a part may be than it is packed. Lists
	// of seeds pack 6:1 to 10:1, bombs 1000:1. Only what goes beyond FreePart is
	// held to it.
	MaxPartRatio = 100
	FreePart     = 16 << 20
	// MaxParts bounds the parts of a workbook: each sheet has one or two, and a
	// list of tokens no pictures.
	MaxParts = 1000
	// MaxMarkup bounds a tag or a text of a sheet in bytes, for it is gathered in
	// memory: the longest text that a cell may hold has 32,767 characters, a few of
	// which may be written as entities.
	MaxMarkup = 512 << 10
	// MaxMerged bounds the merged areas of a sheet. A list has none, a form some
	// dozens.
	MaxMerged = 1000
)

// BookLimits bound a workbook: bytes of a part once it is unpacked, how much longer
// that may be than it is packed, bytes of what is held in memory (shared strings
// above all), and bytes of a cell.
type BookLimits struct {
	Part, Ratio, About int64
	Cell               int
}

// IsWorkbook reports whether a file that begins like this is read as a workbook
// (.xlsx, .xlsm): it is a ZIP archive. Whether it holds one, only its directory
// tells, which stands at its end.
func IsWorkbook(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// ErrNoWorkbook is the error for a ZIP archive that is no document at all.
var ErrNoWorkbook = refuseBook("a ZIP archive that holds no workbook").WithHint("unpack it; what is in it is the file")

const (
	saveAs    = "open it and save it as Excel workbook (.xlsx), or save the sheet as CSV UTF-8; then compare the serials with the devices"
	fetchBook = "fetch the file again; nothing was changed"
	saveCSV   = "save the sheet as CSV UTF-8, which has no such limit"
)

func refuseBook(format string, args ...any) *fault.Error {
	return fault.Errorf(fault.Refused, format, args...)
}

func damagedBook() *fault.Error {
	return refuseBook("the workbook is damaged: a part of it cannot be read").WithHint(fetchBook)
}

// workbook is an open workbook. What is about its sheets (names, shared strings,
// number formats) is read whole; the sheets themselves are walked straight out of
// the archive and never whole in memory.
type workbook struct {
	parts   map[string]*zip.File
	sheets  []sheetPart
	strings []string // that cells share
	shapes  []shape  // of numbers, by style
	limits  BookLimits
	left    int64 // of what may be held in memory
	// from1904: days count from 1904, as in workbooks of old Macs (18.2.28).
	from1904 bool
}

// sheetPart is a sheet of cells.
type sheetPart struct {
	name   string
	hidden bool
	part   string
}

// openWorkbook reads a whole file, which is small beside what is in it.
func openWorkbook(r io.Reader) (*workbook, error) {
	packed, err := io.ReadAll(io.LimitReader(r, MaxWorkbook+1))
	if err != nil {
		return nil, err
	}
	if len(packed) > MaxWorkbook {
		return nil, refuseBook("the workbook has more than %d MiB", MaxWorkbook>>20).WithHint(saveCSV)
	}
	return openArchive(bytes.NewReader(packed), int64(len(packed)), BookLimits{MaxSheet, MaxPartRatio, MaxAbout, MaxRow})
}

// openArchive lists the parts by name, refuses bombs by the sizes that the directory
// says (the archive's reader holds each part to its own), and names what looks like
// a workbook and is not.
func openArchive(file io.ReaderAt, size int64, limits BookLimits) (*workbook, error) {
	archive, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, refuseBook("the file is a workbook or a ZIP archive that was cut or damaged: its directory cannot be read").WithHint(fetchBook)
	}
	if len(archive.File) > MaxParts {
		return nil, refuseBook("the workbook has more than %d parts", MaxParts).WithHint("save the sheet alone in a new workbook")
	}
	w := &workbook{parts: map[string]*zip.File{}, limits: limits, left: limits.About}
	for _, f := range archive.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		switch {
		case strings.HasSuffix(name, "/"):
			continue
		case w.parts[name] != nil:
			return nil, refuseBook("the workbook has a part twice").WithHint("programs differ in which of the two they take: ask who made it for a new one")
		case f.Flags&1 != 0:
			return nil, refuseBook("parts of the workbook are encrypted in a way that Excel does not know").WithHint(saveAs)
		case f.UncompressedSize64 > uint64(limits.Part) || f.UncompressedSize64 > FreePart && f.UncompressedSize64/uint64(limits.Ratio) > f.CompressedSize64:
			return nil, refuseBook("a part of the workbook unpacks to %d MiB, as bombs do", f.UncompressedSize64>>20).
				WithHint("ask who made it what this is; a list so large has to come as CSV")
		}
		w.parts[name] = f
	}
	has := func(name string) bool { return w.parts[name] != nil }
	switch {
	case has("xl/workbook.xml"):
		return w, w.readAbout()
	case has("xl/workbook.bin"):
		return nil, refuseBook("the file is an Excel binary workbook (.xlsb), which fob does not read").WithHint(saveAs)
	case has("word/document.xml") || has("ppt/presentation.xml"):
		return nil, refuseBook("the file is a Word or PowerPoint document").
			WithHint("copy its table into a sheet, format the columns as text, and save it as CSV UTF-8")
	case has("content.xml") && has("mimetype"):
		return nil, refuseBook("the file is an OpenDocument file (.ods), which fob does not read").WithHint(saveAs)
	case has("[content_types].xml"):
		return nil, refuseBook("the file is an Office document without a workbook in it").WithHint(saveAs)
	}
	return nil, ErrNoWorkbook
}

// read reads a part into v, to the part's end, where its checksum is compared. A
// part that is not there leaves v as it is.
func (w *workbook) read(name string, v any) error {
	f := w.parts[name]
	if f == nil {
		return nil
	}
	if w.left -= int64(f.UncompressedSize64); w.left < 0 {
		return refuseBook("what the workbook says about its sheets, with all their texts, has more than %d MiB", w.limits.About>>20).WithHint(saveCSV)
	}
	in, err := f.Open()
	if err != nil {
		return damagedBook()
	}
	defer in.Close()
	content, err := io.ReadAll(in)
	if err == nil {
		d := xml.NewDecoder(bytes.NewReader(content))
		d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
		err = d.Decode(v)
	}
	if err != nil {
		return damagedBook()
	}
	return nil
}

// readAbout reads names, shared strings and styles (ISO 29500-1 sections 18.2, 18.4
// and 18.8; the relations part 2 section 9.3).
func (w *workbook) readAbout() error {
	var book struct {
		About struct {
			From1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			State string `xml:"state,attr"`
			ID    string `xml:"id,attr"`
		} `xml:"sheets>sheet"`
	}
	var relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	var shared struct {
		Items []sharedText `xml:"si"`
	}
	var styles styleSheet
	if err := w.read("xl/workbook.xml", &book); err != nil {
		return err
	}
	if err := w.read("xl/_rels/workbook.xml.rels", &relations); err != nil {
		return err
	}
	w.from1904 = book.About.From1904 == "1" || book.About.From1904 == "true"
	parts := map[string]string{} // of sheets by their ids, of others by what they are
	for _, r := range relations.All {
		target := path.Join("/xl", strings.ReplaceAll(r.Target, `\`, "/"))
		if strings.HasPrefix(r.Target, "/") {
			target = r.Target
		}
		target = strings.ToLower(strings.TrimPrefix(target, "/"))
		if kind := path.Base(r.Type); kind == "worksheet" { // charts have no cells
			parts[r.ID] = target
		} else {
			parts["is "+kind] = target
		}
	}
	for _, s := range book.Sheets {
		if part := parts[s.ID]; w.parts[part] != nil {
			w.sheets = append(w.sheets, sheetPart{s.Name, s.State != "" && s.State != "visible", part})
		}
	}
	if err := w.read(cmp.Or(parts["is sharedStrings"], "xl/sharedstrings.xml"), &shared); err != nil {
		return err
	}
	for _, item := range shared.Items {
		w.strings = append(w.strings, item.String())
	}
	err := w.read(cmp.Or(parts["is styles"], "xl/styles.xml"), &styles)
	w.shapes = styles.shapes()
	return err
}

// sharedText is a text in pieces, without its reading aids (rPh).
type sharedText struct {
	Text   string `xml:"t"`
	Pieces []struct {
		Text string `xml:"t"`
	} `xml:"r"`
}

// escaped is a character that XML cannot hold, as Excel writes it.
var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func (s sharedText) String() string {
	text := s.Text
	for _, p := range s.Pieces {
		text += p.Text
	}
	if !strings.Contains(text, "_x") {
		return text
	}
	return escaped.ReplaceAllStringFunc(text, func(e string) string {
		n, _ := strconv.ParseUint(e[2:6], 16, 16) // its form was checked
		return string(rune(n))
	})
}

// Kind is what the cell of a sheet holds.
type Kind uint8

// The kinds. A text and an empty cell are what a field of a text file may be;
// of all others a spreadsheet may have changed what was once written there.
const (
	Text    Kind = iota // also an empty cell
	Number              // its digits as the file has them
	Padded              // a number, with the zeros in front that its format shows
	Shaped              // a number that its format shows otherwise, such as 000-000
	Date                // a number that its format shows as a date or time
	Bool                // TRUE or FALSE
	Failed              // an error of the spreadsheet, such as #REF!
	Formula             // the result of one
)

// String is for messages: "a formula".
func (k Kind) String() string {
	return [...]string{"a text", "a number", "a number", "a number in a format of its own", "a date", "TRUE or FALSE",
		"an error of the spreadsheet", "a formula"}[k]
}

// shape is how a style shows numbers.
type shape struct {
	kind  Kind // Number, Padded, Shaped or Date
	zeros int  // of Padded: the digits that are shown at least
}

// of is a number's text as its cell shows it, as far as that is its digits.
func (s shape) of(digits string) (string, Kind) {
	if s.kind != Padded {
		return digits, s.kind
	}
	if strings.Trim(digits, "0123456789") != "" {
		return digits, Number // no whole number, or below zero
	}
	return strings.Repeat("0", max(0, s.zeros-len(digits))) + digits, Padded
}

// styleSheet is what the number formats of cells are (ISO 29500-1 section 18.8).
type styleSheet struct {
	Formats []struct {
		ID   int    `xml:"numFmtId,attr"`
		Code string `xml:"formatCode,attr"`
	} `xml:"numFmts>numFmt"`
	Styles []struct {
		Format int `xml:"numFmtId,attr"`
	} `xml:"cellXfs>xf"`
}

func (s styleSheet) shapes() (shapes []shape) {
	codes := map[int]string{}
	for _, f := range s.Formats {
		codes[f.ID] = f.Code
	}
	for _, style := range s.Styles {
		if code, custom := codes[style.Format]; custom {
			shapes = append(shapes, shapeOf(code))
		} else {
			shapes = append(shapes, builtIn(style.Format))
		}
	}
	return shapes
}

// builtIn knows the formats that have numbers and no code (18.8.30): dates and
// times, percent and fractions; the others show a number's own digits.
func builtIn(id int) shape {
	switch {
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
		return shape{kind: Date}
	case id == 9, id == 10, id == 12, id == 13:
		return shape{kind: Shaped}
	}
	return shape{kind: Number}
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"|\\.`)
	ignored  = regexp.MustCompile(`_.|\*.|\[(Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color ?\d+|\$-[0-9A-Fa-f]+)\]`)
	ordinary = regexp.MustCompile(`^([0#?,. ]+([eE][+-]0+)?|@|(?i:general))$`)
)

// shapeOf reads a format's code, of which the first section is for the numbers
// above zero.
func shapeOf(code string) shape {
	bare := ignored.ReplaceAllString(code, "")
	first, _, _ := strings.Cut(quoted.ReplaceAllString(bare, "\x00"), ";")
	switch first = strings.TrimSpace(first); {
	case first != "" && strings.Trim(first, "0") == "":
		return shape{Padded, len(first)}
	case ordinary.MatchString(first):
		return shape{kind: Number}
	case strings.ContainsAny(strings.ToLower(first), "ymdhs"):
		return shape{kind: Date}
	}
	return shape{kind: Shaped}
}
