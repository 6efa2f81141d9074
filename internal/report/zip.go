package report

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zip"
	"github.com/xuri/excelize/v2"
)

// orderedZip is the archive of a workbook. excelize hands its sheets over in
// the random order of a map and would keep the whole archive in memory; this
// one compresses each part into a file as it comes, and copies the compressed
// parts out in the order of their names. So equal workbooks have equal bytes,
// and memory stays flat.
type orderedZip struct {
	*zip.Writer
	spool *os.File
}

var _ excelize.ZipWriter = orderedZip{}

func newOrderedZip(spool *os.File) orderedZip {
	parts := zip.NewWriter(spool)
	parts.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.DefaultCompression)
	})
	return orderedZip{parts, spool}
}

// copyTo writes the archive, once all parts are there and Close was called.
func (z orderedZip) copyTo(w io.Writer) error {
	size, err := z.spool.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	in, err := zip.NewReader(z.spool, size)
	if err != nil {
		return err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	out := zip.NewWriter(w)
	for _, part := range in.File {
		if err := out.Copy(part); err != nil {
			return writeError(err)
		}
	}
	return writeError(out.Close())
}
