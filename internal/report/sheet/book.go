package sheet

import (
	"errors"
	"fmt"
	"io"
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

// SummaryName is the name of a workbook's first sheet.
const SummaryName = "Summary"

// Options are what a workbook or an archive needs beside its rows.
type Options struct {
	Title    string // of the document
	Made     time.Time
	Random   io.Reader // of the keys of the temporary file and of the password
	TempDir  string    // where that file lies: about 100 bytes a row of an inventory; empty: the system's
	Password []byte    // encrypts a workbook as Office does (AES-256); nil: it is not encrypted
	Limit    int       // rows of one sheet; 0: a million
}

// Book is a workbook in the making.
type Book struct {
	file  *excelize.File
	parts *bookZip
	looks looks
	limit int
}

// WriteBook writes a workbook of the sheets that fill adds; the summary stands first
// and may be written last. Each sheet of rows is a table; one of more rows than the
// limit goes on in another.
//
// All text is in text cells, so nothing is ever run as a formula and serials keep
// their zeros; an apostrophe before what looks like one keeps it so when a
// spreadsheet saves the sheet as CSV. Times are date cells in UTC. A text that no
// cell can hold is an error, after which what w received is no workbook.
func WriteBook(w io.Writer, o Options, fill func(*Book) error) (err error) {
	if o.Password != nil {
		if err := office.CheckPassword(o.Password); err != nil {
			return err
		}
	}
	s, err := spool.New(o.TempDir, o.Random)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	// excelize has nothing to spool, for it writes no rows; a folder that does not exist
	// makes sure of it.
	file := excelize.NewFile(excelize.Options{TmpDir: os.DevNull})
	defer func() { err = errors.Join(err, file.Close()) }()
	b := &Book{file: file, parts: &bookZip{newSpooledZip(s), map[string]bool{}}, limit: o.Limit}
	if b.limit == 0 {
		b.limit = sheetRows
	}
	if b.looks, err = newLooks(file); err != nil {
		return err
	}
	if err := file.SetSheetName("Sheet1", SummaryName); err != nil {
		return err
	}
	if err := fill(b); err != nil {
		return err
	}
	// The properties hold nothing but what the export says of itself, so that equal
	// exports are equal files.
	made := o.Made.UTC().Format(time.RFC3339)
	err = file.SetDocProps(&excelize.DocProperties{Title: o.Title, Creator: "fob", LastModifiedBy: "fob", Created: made, Modified: made})
	if err != nil {
		return err
	}
	file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return b.parts })
	if err := file.Write(io.Discard); err != nil {
		return fmt.Errorf("compressing the workbook: %w", err)
	}
	if o.Password == nil {
		return b.parts.copyTo(w)
	}
	return b.parts.sealTo(w, o.Password, o.Random)
}

// Add writes a sheet, over as many sheets of the workbook as its rows need.
func (b *Book) Add(s Sheet) error {
	name, n := s.Name, 1
	p, err := b.open(name, s.Heads)
	if err != nil {
		return err
	}
	err = s.Each(func(_ any, values []Value) error {
		if p.rows > b.limit && !s.Whole {
			if err := b.end(p, name); err != nil {
				return err
			}
			n++
			name = s.Name + " " + strconv.Itoa(n)
			if p, err = b.open(name, s.Heads); err != nil {
				return err
			}
		}
		return p.add(values)
	})
	if err != nil {
		return errors.Join(err, p.out.Close())
	}
	return b.end(p, name)
}

// open begins a sheet. excelize gets the header alone: from it, it makes the table.
func (b *Book) open(name string, heads []Head) (*part, error) {
	if _, err := b.file.NewSheet(name); err != nil {
		return nil, err
	}
	for i, h := range heads {
		at, err := excelize.CoordinatesToCellName(i+1, 1)
		if err != nil {
			return nil, err
		}
		if err := b.file.SetCellStr(name, at, h.Title); err != nil {
			return nil, err
		}
	}
	out, err := b.parts.begin("xl/worksheets/sheet" + strconv.Itoa(b.file.SheetCount) + ".xml")
	if err != nil {
		return nil, err
	}
	return newPart(out, heads, b.looks)
}

// tableStyle is the plainest: headers have a look of their own.
const tableStyle = "TableStyleLight1"

// end makes a table of the rows, and repeats the header and the first column on every
// page.
func (b *Book) end(p *part, name string) error {
	if err := p.close(); err != nil {
		return err
	}
	table := &excelize.Table{Name: strings.ReplaceAll(name, " ", "_"), Range: p.area(), StyleName: tableStyle}
	if err := b.file.AddTable(name, table); err != nil {
		return err
	}
	return b.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: "'" + name + "'!$A:$A,'" + name + "'!$1:$1", Scope: name,
	})
}
