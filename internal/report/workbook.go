package report

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"fob/internal/office"
	"fob/internal/spool"
)

// sheetRows is how many rows one sheet holds. Excel ends at 1,048,576 rows; a
// round number leaves a person some room to add lines of notes.
const sheetRows = 1_000_000

// WriteWorkbook writes the selected tokens as an Excel workbook: Summary (who,
// when, of what, counts, reconciliation of the batches, the head of the audit
// trail, the hash of the rows, charts), Inventory (one row a token), Bindings,
// Batches, Locations, Events, Exceptions, and a Data dictionary. Every sheet but
// the first is a table; one of more than a million rows goes on in another.
//
// All text is in text cells, so nothing is ever run as a formula and serials
// keep their zeros; an apostrophe before what looks like one keeps it so when a
// spreadsheet saves the sheet as CSV. Times are date cells in UTC. The rows hash is that of the
// file WriteCSV writes. A text that no cell can hold is an error, after which
// what w received is no workbook: write to a temporary name and rename.
func WriteWorkbook(w io.Writer, r Reader, e Export) (Totals, error) {
	return bookWriter{limit: sheetRows}.write(w, r, e)
}

type bookWriter struct {
	limit int // rows of one sheet
}

func (bw bookWriter) write(w io.Writer, r Reader, e Export) (Totals, error) {
	return bw.writeBook(w, e, func(b *book) (Totals, error) {
		d, err := newDocument(r, e)
		if err != nil {
			return Totals{}, err
		}
		if err := b.fill(d); err != nil {
			return Totals{}, err
		}
		return d.totals(), nil
	})
}

// writeBook makes a workbook that fill fills.
func (bw bookWriter) writeBook(w io.Writer, e Export, fill func(*book) (Totals, error)) (t Totals, err error) {
	if e.Password != nil {
		if err := office.CheckPassword(e.Password); err != nil {
			return t, err
		}
	}
	room, err := spool.New(e.TempDir, e.Random)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, room.Close()) }()
	b, err := newBook(room, bw.limit)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, b.file.Close()) }()
	if t, err = fill(b); err != nil {
		return t, err
	}
	return t, b.save(w, e)
}

// book is a workbook in the making.
type book struct {
	file  *excelize.File
	parts *bookZip
	looks looks
	limit int
}

func newBook(room *spool.File, limit int) (*book, error) {
	// excelize has nothing to spool, for it writes no rows; a folder that is none
	// makes sure of it.
	b := &book{file: excelize.NewFile(excelize.Options{TmpDir: os.DevNull}), parts: newBookZip(room), limit: limit}
	if err := b.file.SetSheetName("Sheet1", summarySheet); err != nil {
		return nil, err
	}
	var err error
	b.looks, err = newLooks(b.file)
	return b, err
}

// fill writes the sheets. The summary stands first and is written last, when the
// rows have been counted.
func (b *book) fill(d *document) error {
	for _, s := range d.sheets {
		if err := b.add(s); err != nil {
			return err
		}
	}
	if err := writeSummary(b, d); err != nil {
		return err
	}
	return b.describe(d.e, "Token inventory")
}

// add writes a sheet, over as many sheets of the workbook as its rows need.
func (b *book) add(s sheet) error {
	name, table, n := s.name, strings.ReplaceAll(s.name, " ", "_"), 1
	part, err := b.open(name, s.heads)
	if err != nil {
		return err
	}
	limit := b.limit
	if s.name == dictionarySheet {
		limit = sheetRows // it is read back from one sheet
	}
	err = s.each(func(_ any, values []value) error {
		if part.rows > limit {
			if err := b.end(part, name, table, s.heads); err != nil {
				return err
			}
			n++
			name, table = s.name+" "+strconv.Itoa(n), strings.ReplaceAll(s.name, " ", "_")+"_"+strconv.Itoa(n)
			if part, err = b.open(name, s.heads); err != nil {
				return err
			}
		}
		return part.add(values)
	})
	if err != nil {
		return errors.Join(err, part.out.Close())
	}
	return b.end(part, name, table, s.heads)
}

// open begins a sheet. excelize gets the header alone: from it, it makes the table.
func (b *book) open(name string, heads []head) (*sheetPart, error) {
	if _, err := b.file.NewSheet(name); err != nil {
		return nil, err
	}
	for i, h := range heads {
		at, err := excelize.CoordinatesToCellName(i+1, 1)
		if err != nil {
			return nil, err
		}
		if err := b.file.SetCellStr(name, at, h.title); err != nil {
			return nil, err
		}
	}
	out, err := b.parts.begin("xl/worksheets/sheet" + strconv.Itoa(b.file.SheetCount) + ".xml")
	if err != nil {
		return nil, err
	}
	return newSheetPart(out, heads, b.looks)
}

func (b *book) end(part *sheetPart, name, table string, heads []head) error {
	if err := part.close(pagesWide(heads)); err != nil {
		return err
	}
	style := &excelize.Table{Name: table, Range: part.area(), StyleName: tableStyle}
	if err := b.file.AddTable(name, style); err != nil {
		return err
	}
	return b.repeatTitles(name)
}

// tableStyle is the plainest: headers have a look of their own.
const tableStyle = "TableStyleLight1"

// pagesWide is over how many pages the columns of a sheet are spread: about 200
// characters fit a page that can still be read.
func pagesWide(heads []head) int {
	width := 0.0
	for _, h := range heads {
		width += h.width
	}
	return int(math.Ceil(width / 200))
}

// repeatTitles prints the header and the first column on every page.
func (b *book) repeatTitles(name string) error {
	quoted := "'" + name + "'"
	return b.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: quoted + "!$A:$A," + quoted + "!$1:$1", Scope: name,
	})
}

// describe fixes the document's properties: they hold nothing but what the
// export says of itself, so that equal exports are equal files.
func (b *book) describe(e Export, title string) error {
	made := e.Made.UTC().Format(time.RFC3339)
	return b.file.SetDocProps(&excelize.DocProperties{
		Title: title, Creator: "fob", LastModifiedBy: "fob",
		Created: made, Modified: made,
	})
}

// save lets excelize add the parts that are its own, and writes the archive.
func (b *book) save(w io.Writer, e Export) error {
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return b.parts })
	if err := b.file.Write(io.Discard); err != nil {
		return fmt.Errorf("compressing the workbook: %w", err)
	}
	if e.Password == nil {
		return b.parts.copyTo(w)
	}
	return b.parts.sealTo(w, e.Password, e.Random)
}
