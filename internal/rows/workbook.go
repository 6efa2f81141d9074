package rows

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// IsWorkbook reports whether a file that begins like this is read as a workbook
// (.xlsx, .xlsm): it is a ZIP archive. Whether it holds one, only its directory
// tells, which stands at its end.
func IsWorkbook(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// ErrNoWorkbook is in the error for a ZIP archive that is no document at all.
var ErrNoWorkbook = errors.New("a ZIP archive that holds no workbook")

const (
	saveAs    = "open it and save it as Excel workbook (.xlsx), or save the sheet as CSV UTF-8; then compare the serials with the devices"
	fetchBook = "fetch the file again; nothing was changed"
)

func bookError(remedy, format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...), Remedy: remedy}
}

// workbook is an open workbook. Excelize reads what is about its sheets: names,
// shared strings, number formats. The sheets themselves are walked by sheet,
// straight out of the archive and never whole in memory: excelize's own iterator
// tells neither a formula nor a number from a text, takes a sheet that was cut
// for one that ends, and puts cells that are out of order into other columns.
type workbook struct {
	parts  map[string]*zip.File
	sheets []sheetPart
	text   func(index int) (string, bool) // of the shared strings
	shapes []shape                        // of numbers, by style
	limits BookLimits
}

// sheetPart is a sheet of cells.
type sheetPart struct {
	name   string
	hidden bool
	part   string
}

// openWorkbook reads a whole file, which is small beside what is in it.
func openWorkbook(r io.Reader) (w *workbook, err error) {
	packed, err := io.ReadAll(io.LimitReader(r, MaxWorkbook+1))
	if err != nil {
		return nil, err
	}
	if len(packed) > MaxWorkbook {
		return nil, bookError("save the sheet as CSV UTF-8, which has no such limit", "the workbook has more than %d MiB", MaxWorkbook>>20)
	}
	return openArchive(bytes.NewReader(packed), int64(len(packed)), BookLimits{MaxSheet, MaxPartRatio, MaxAbout, MaxRow})
}

func openArchive(file io.ReaderAt, size int64, limits BookLimits) (w *workbook, err error) {
	archive, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, bookError(fetchBook, "the file is a workbook or a ZIP archive that was cut or damaged: its directory cannot be read")
	}
	w = &workbook{limits: limits}
	if w.parts, err = partsOf(archive, limits); err != nil {
		return nil, err
	}
	if err := w.checkKind(); err != nil {
		return nil, err
	}
	return w, w.readAbout()
}

// partsOf lists the parts by name and refuses bombs by the sizes that the
// directory gives: the archive's reader holds each part to its own.
func partsOf(archive *zip.Reader, limits BookLimits) (map[string]*zip.File, error) {
	if len(archive.File) > MaxParts {
		return nil, bookError("save the sheet alone in a new workbook", "the workbook has more than %d parts", MaxParts)
	}
	parts := map[string]*zip.File{}
	for _, f := range archive.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		if strings.HasSuffix(name, "/") {
			continue
		}
		switch {
		case parts[strings.ToLower(name)] != nil:
			return nil, bookError("programs differ in which of the two they take: ask who made it for a new one", "the workbook has a part twice")
		case f.Flags&1 != 0:
			return nil, bookError(saveAs, "parts of the workbook are encrypted in a way that Excel does not know")
		case f.UncompressedSize64 > uint64(limits.Part) || f.UncompressedSize64 > FreePart && f.UncompressedSize64/uint64(limits.Ratio) > f.CompressedSize64:
			return nil, bookError("ask who made it what this is; a list so large has to come as CSV",
				"a part of the workbook unpacks to %d MiB, as bombs do", f.UncompressedSize64>>20)
		}
		parts[strings.ToLower(name)] = f
	}
	return parts, nil
}

// checkKind names what looks like a workbook and is none.
func (w *workbook) checkKind() error {
	has := func(names ...string) bool {
		for _, n := range names {
			if w.parts[n] != nil {
				return true
			}
		}
		return false
	}
	switch {
	case has("xl/workbook.xml"):
		return nil
	case has("xl/workbook.bin"):
		return bookError(saveAs, "the file is an Excel binary workbook (.xlsb), which fob does not read")
	case has("word/document.xml", "ppt/presentation.xml"):
		return bookError("copy its table into a sheet, format the columns as text, and save it as CSV UTF-8", "the file is a Word or PowerPoint document")
	case has("content.xml") && has("mimetype"):
		return bookError(saveAs, "the file is an OpenDocument file (.ods), which fob does not read")
	case has("[content_types].xml"):
		return bookError(saveAs, "the file is an Office document without a workbook in it")
	}
	e := bookError("unpack it; what is in it is the file", "%v", ErrNoWorkbook)
	e.Err = ErrNoWorkbook
	return e
}

// about are the parts that excelize is given, by their base names. Of all others
// it gets a stand-in, so that no more of a workbook is unpacked than is used.
func isAbout(name string) bool {
	switch base := path.Base(name); {
	case base == "[content_types].xml", base == "workbook.xml", base == "styles.xml", base == "sharedstrings.xml",
		base == ".rels", base == "workbook.xml.rels":
		return true
	}
	return false
}

// isIgnored are parts that are no sheets and that excelize would look into.
func isIgnored(name string) bool {
	return path.Base(path.Dir(name)) == "theme" || path.Base(name) == "calcchain.xml"
}

// standIn is a sheet whose one cell names its part, as a way to have excelize
// say which sheet is in which part.
const standIn = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` +
	`<row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row></sheetData></worksheet>`

// repack makes the archive that excelize reads, from parts that were read to
// their ends here: excelize takes a damaged part as far as it goes.
func (w *workbook) repack() ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	left := w.limits.About
	for _, name := range slices.Sorted(maps.Keys(w.parts)) {
		f := w.parts[name]
		content, err := []byte(nil), error(nil)
		switch {
		case isAbout(name):
			if content, err = w.readPart(f, left); err != nil {
				return nil, err
			}
			left -= int64(len(content))
		case strings.HasSuffix(name, ".xml") && !isIgnored(name):
			var esc bytes.Buffer
			_ = xml.EscapeText(&esc, []byte(name)) // a buffer takes everything
			content = fmt.Appendf(nil, standIn, esc.String())
		default:
			continue
		}
		to, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err == nil {
			_, err = to.Write(content)
		}
		if err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return out.Bytes(), err
}

// readPart reads a part to its end, where its checksum is compared.
func (w *workbook) readPart(f *zip.File, limit int64) ([]byte, error) {
	if int64(f.UncompressedSize64) > limit {
		return nil, bookError("save the sheet as CSV UTF-8, which has no such limit",
			"what the workbook says about its sheets, with all their texts, has more than %d MiB", w.limits.About>>20)
	}
	in, err := f.Open()
	if err != nil {
		return nil, damagedBook()
	}
	defer in.Close()
	content, err := io.ReadAll(in)
	if err != nil {
		return nil, damagedBook()
	}
	return content, nil
}

func damagedBook() *Error {
	return bookError(fetchBook, "the workbook is damaged: a part of it cannot be read")
}

// readAbout has excelize read names, strings and styles.
func (w *workbook) readAbout() (err error) {
	packed, err := w.repack()
	if err != nil {
		return err
	}
	// A damaged part may make excelize reach beyond a slice.
	defer func() {
		if recover() != nil {
			err = damagedBook()
		}
	}()
	// All in memory, whatever its size, and a temporary folder that is none:
	// nothing of it may ever be written in the clear.
	file, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: w.limits.About * 2, UnzipXMLSizeLimit: w.limits.About * 2, TmpDir: os.DevNull,
	})
	if err != nil || file.WorkBook == nil {
		return damagedBook()
	}
	if w.shapes, err = shapesOf(file); err != nil {
		return damagedBook()
	}
	for _, s := range file.WorkBook.Sheets.Sheet {
		part, err := partOf(file, s.Name)
		if err != nil {
			return damagedBook()
		}
		if w.parts[part] != nil {
			w.sheets = append(w.sheets, sheetPart{s.Name, s.State != "" && s.State != "visible", part})
		}
	}
	if strings := file.SharedStrings; strings != nil {
		w.text = func(i int) (string, bool) {
			if i < 0 || i >= len(strings.SI) {
				return "", false
			}
			return strings.SI[i].String(), true
		}
	}
	return nil
}

// partOf reads the one cell of a sheet's stand-in. Excelize reads the shared
// strings meanwhile.
func partOf(file *excelize.File, sheet string) (string, error) {
	in, err := file.Rows(sheet)
	if err != nil || !in.Next() {
		return "", nil // a sheet of charts has no cells
	}
	fields, err := in.Columns()
	if err != nil {
		return "", err
	}
	if len(fields) != 1 {
		return "", nil
	}
	return fields[0], in.Close()
}
