package report

import (
	"errors"
	"io"

	"github.com/klauspost/compress/zip"

	"fob/internal/spool"
)

// WriteArchive writes every sheet of WriteWorkbook as a CSV file of its name, in a
// ZIP archive. Inventory.csv is what WriteCSV writes, however many rows it has. The
// same store and the same Export give the same bytes.
func WriteArchive(w io.Writer, r Reader, e Export) (t Totals, err error) {
	room, err := spool.New(e.TempDir, e.Random)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, room.Close()) }()
	d, err := newDocument(r, e)
	if err != nil {
		return t, err
	}
	z := newSpooledZip(room)
	for _, s := range d.sheets {
		if err := z.csv(d, s); err != nil {
			return t, err
		}
	}
	if err := z.csv(d, d.summarySheet()); err != nil {
		return t, err
	}
	if err := z.Close(); err != nil {
		return t, writeError(err)
	}
	return d.walk.totals(d.summary), z.copyTo(w)
}

// summarySheet is the summary as a sheet of two columns.
func (d *document) summarySheet() sheet {
	each := func(visit func(any, []value) error) error {
		for _, row := range d.summaryRows() {
			if err := visit(row, row[:]); err != nil {
				return err
			}
		}
		return nil
	}
	return sheet{name: summarySheet, heads: []head{{name: "fact"}, {name: "value"}}, each: each}
}

// csv adds a sheet to the archive.
func (z *spooledZip) csv(d *document, s sheet) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: s.name + ".csv", Method: zip.Deflate, Modified: zipTime(d.e)})
	if err != nil {
		return writeError(err)
	}
	out := newBehind(w)
	buf := appendHeader(nil, s.heads)
	err = s.each(func(_ any, values []value) error {
		if buf = appendLine(buf, values); len(buf) < flushAt {
			return nil
		}
		_, err := out.Write(buf)
		buf = buf[:0]
		return writeError(err)
	})
	if err == nil {
		_, err = out.Write(buf)
	}
	return errors.Join(err, out.Close())
}
