package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/xuri/excelize/v2"
)

// sheetRows is how many tokens one sheet holds. Excel ends at 1,048,576 rows;
// a round number leaves a person some room to add lines of notes.
const sheetRows = 1_000_000

// The sheets. A second million tokens goes to "Inventory 2", and so on.
const (
	summarySheet   = "Summary"
	inventorySheet = "Inventory"
	columnsSheet   = "Columns"
)

// WriteWorkbook writes the selected tokens as an Excel workbook: Summary (who,
// when, of what, counts, reconciliation of the batches, the head of the audit
// trail, the hash of the rows), Inventory (one row a token, as a table) and
// Columns (what each column means).
//
// All text is in text cells, so nothing is ever run as a formula and serials
// keep their zeros; times are date cells in UTC. The rows hash is that of the
// file WriteCSV writes. A text that no cell can hold is an error, after which
// what w received is no workbook: write to a temporary name and rename.
func WriteWorkbook(w io.Writer, r Reader, e Export) (Totals, error) {
	return bookWriter{limit: sheetRows}.write(w, r, e)
}

type bookWriter struct {
	limit int // tokens on one sheet
}

func (bw bookWriter) write(w io.Writer, r Reader, e Export) (t Totals, err error) {
	// excelize keeps everything in memory where it cannot make a file, and
	// says nothing; a folder of our own is proof that it can, closed to others
	// and gone afterwards whatever happens.
	dir, err := os.MkdirTemp(e.TempDir, "fob-export-")
	if err != nil {
		return t, fmt.Errorf("a folder for the workbook's temporary files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b, err := newBook(dir)
	if err != nil {
		return t, err
	}
	defer func() { _ = b.file.Close() }()
	if t, err = bw.fill(b, r, e); err != nil {
		return t, err
	}
	return t, b.save(w)
}

// fill streams the sheets. The summary stands first and is written last, when
// the rows have been counted.
func (bw bookWriter) fill(b *book, r Reader, e Export) (Totals, error) {
	s, err := r.Summary()
	if err != nil {
		return Totals{}, fmt.Errorf("export, reading the summary: %w", err)
	}
	k, inv := newWalk(), &inventory{book: b, limit: bw.limit}
	if err := inv.open(); err != nil {
		return Totals{}, err
	}
	err = k.each(r, e.Filter, func(*Token) error { return inv.add(k.values) })
	if err != nil {
		return Totals{}, err
	}
	if err := inv.close(); err != nil {
		return Totals{}, err
	}
	if err := k.agrees(e.Filter, s); err != nil {
		return Totals{}, err
	}
	if err := writeColumns(b); err != nil {
		return Totals{}, err
	}
	if err := writeSummary(b, e, s, k); err != nil {
		return Totals{}, err
	}
	return k.totals(s), b.describe("Token inventory", e)
}

// book is a workbook in the making.
type book struct {
	file  *excelize.File
	looks looks
	dir   string
}

func newBook(dir string) (*book, error) {
	b := &book{file: excelize.NewFile(excelize.Options{TmpDir: dir}), dir: dir}
	if err := b.file.SetSheetName("Sheet1", summarySheet); err != nil {
		return nil, err
	}
	var err error
	b.looks, err = newLooks(b.file)
	return b, err
}

// sheet opens a sheet for streaming, with its print set-up and widths.
func (b *book) sheet(name string, widths []float64) (*excelize.StreamWriter, error) {
	if _, err := b.file.NewSheet(name); err != nil { // the summary's exists: no harm
		return nil, err
	}
	if err := b.setUpPrint(name); err != nil {
		return nil, err
	}
	// A streamed sheet would claim to be A1 alone, and readers that believe it
	// would see one cell.
	if err := b.file.SetSheetDimension(name, ""); err != nil {
		return nil, err
	}
	sw, err := b.file.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	// Last to first: excelize puts each before the others, and Excel wants
	// them ascending.
	for i, width := range slices.Backward(widths) {
		if err := sw.SetColWidth(i+1, i+1, width); err != nil {
			return nil, err
		}
	}
	return sw, nil
}

// setUpPrint must come before the stream, which writes some of it at once.
func (b *book) setUpPrint(name string) error {
	fit, landscape, wide, high := true, "landscape", 1, 0
	return errors.Join(
		b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}),
		b.file.SetPageLayout(name, &excelize.PageLayoutOptions{
			Orientation: &landscape, FitToWidth: &wide, FitToHeight: &high,
		}),
		b.file.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddFooter: "&L&F, &A&R&P / &N"}),
	)
}

// repeatFirstRow prints the header on every page.
func (b *book) repeatFirstRow(name string) error {
	return b.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: "'" + name + "'!$1:$1", Scope: name,
	})
}

// describe fixes the document's properties: they hold nothing but what the
// export says of itself, so that equal exports are equal files.
func (b *book) describe(title string, e Export) error {
	made := e.Made.UTC().Format(time.RFC3339)
	return b.file.SetDocProps(&excelize.DocProperties{
		Title: title, Creator: "fob", LastModifiedBy: "fob",
		Created: made, Modified: made,
	})
}

// save writes straight to w: excelize by itself would hold the whole archive.
func (b *book) save(w io.Writer) error {
	spool, err := os.CreateTemp(b.dir, "parts-")
	if err != nil {
		return err
	}
	defer func() { _ = spool.Close() }()
	parts := newOrderedZip(spool)
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return parts })
	if err := b.file.Write(io.Discard); err != nil {
		return fmt.Errorf("compressing the workbook in %s: %w", b.dir, err)
	}
	return parts.copyTo(w)
}
