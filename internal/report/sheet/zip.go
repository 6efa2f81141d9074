package sheet

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zip"
	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
	"fob/internal/office"
	"fob/internal/spool"
)

// packing is the level of compression: the fastest. 100,000 tokens of 48 columns
// come to 13 MB, where zlib's usual level makes 8 MB.
const packing = 1

// spooledZip is an archive whose parts are compressed into a file as they come, one
// after the other, each on another core than the one that makes it. The compressed
// parts are copied out in the end, in the order of their names: so equal exports
// have equal bytes, in whatever order the parts came, and memory stays flat.
type spooledZip struct {
	*zip.Writer
	spool *spool.File
}

func newSpooledZip(s *spool.File) *spooledZip {
	parts := zip.NewWriter(s)
	parts.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, packing)
	})
	return &spooledZip{parts, s}
}

// begin opens a part that comes in large pieces. It has to be closed before the
// next one.
func (z *spooledZip) begin(head *zip.FileHeader) (io.WriteCloser, error) {
	head.Method = zip.Deflate
	w, err := z.CreateHeader(head)
	if err != nil {
		return nil, WriteError(err)
	}
	return newBehind(w), nil
}

// copyTo writes the parts in their order, once Close was called.
func (z *spooledZip) copyTo(w io.Writer) error {
	if err := z.spool.Finish(); err != nil {
		return err
	}
	in, err := zip.NewReader(z.spool, z.spool.Size())
	if err != nil {
		return err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	out := zip.NewWriter(w)
	for _, part := range in.File {
		if err := out.Copy(part); err != nil {
			return WriteError(err)
		}
	}
	return WriteError(out.Close())
}

// Archive is a ZIP archive of sheets as CSV files in the making.
type Archive struct {
	*spooledZip
	made time.Time
}

// WriteArchive writes an archive of the sheets that fill adds. Equal sheets and equal
// options give equal bytes.
func WriteArchive(w io.Writer, o Options, fill func(*Archive) error) (err error) {
	s, err := spool.New(o.TempDir, o.Random)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	z := &Archive{newSpooledZip(s), o.Made.UTC().Truncate(2 * time.Second)}
	if err := fill(z); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return WriteError(err)
	}
	return z.copyTo(w)
}

// Add writes a sheet as a CSV file of its name.
func (z *Archive) Add(s Sheet) error {
	out, err := z.begin(&zip.FileHeader{Name: s.Name + ".csv", Modified: z.made})
	if err != nil {
		return err
	}
	return errors.Join(WriteCSV(out, s), out.Close())
}

// bookZip is the archive of a workbook. It takes the parts that excelize writes,
// but for the sheets that are there already.
type bookZip struct {
	*spooledZip
	ours map[string]bool // true: excelize has asked for it
}

var _ excelize.ZipWriter = (*bookZip)(nil)

func (z *bookZip) begin(name string) (io.WriteCloser, error) {
	z.ours[name] = false
	return z.spooledZip.begin(&zip.FileHeader{Name: name})
}

// Create gives excelize where to write a part.
func (z *bookZip) Create(name string) (io.Writer, error) {
	if _, ours := z.ours[name]; ours {
		z.ours[name] = true
		return io.Discard, nil
	}
	w, err := z.Writer.Create(name)
	if name == "[Content_Types].xml" {
		return withoutPictures{w}, err
	}
	return w, err
}

// withoutPictures takes out of the list of content types those of pictures: a
// workbook has none, and excelize lists them in the random order of a map.
type withoutPictures struct{ io.Writer }

var pictureType = regexp.MustCompile(`<Default Extension="[a-z]+" ContentType="image/[^"]*"></Default>`)

func (w withoutPictures) Write(p []byte) (int, error) {
	_, err := w.Writer.Write(pictureType.ReplaceAll(p, nil))
	return len(p), err
}

// Close ends the archive. A sheet that excelize does not know under the name that
// it was written as would be lost in silence.
func (z *bookZip) Close() error {
	for name, asked := range z.ours {
		if !asked {
			return fmt.Errorf("the workbook has no place for %s", name)
		}
	}
	return z.Writer.Close()
}

// sealTo writes the archive as an Office document with a password. How long it is
// stands at the beginning of such a document, so it is copied out twice.
func (z *bookZip) sealTo(w io.Writer, password []byte, random io.Reader) error {
	var size counter
	if err := z.copyTo(&size); err != nil {
		return err
	}
	err := office.Seal(w, int64(size), password, random, z.copyTo)
	if fault.KindOf(err) == fault.Refused {
		return fault.Wrap(fault.Refused, err, "the workbook").WithHint("select fewer tokens, or encrypt the file with another program, such as age")
	}
	return WriteError(err)
}

// counter counts what is written.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
