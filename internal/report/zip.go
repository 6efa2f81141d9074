package report

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

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

func newSpooledZip(room *spool.File) *spooledZip {
	parts := zip.NewWriter(room)
	parts.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, packing)
	})
	return &spooledZip{parts, room}
}

// begin opens a part that comes in large pieces. It has to be closed before the
// next one.
func (z *spooledZip) begin(name string) (io.WriteCloser, error) {
	w, err := z.Writer.Create(name)
	if err != nil {
		return nil, err
	}
	return newBehind(w), nil
}

// sorted gives the parts, once all are there and Close was called.
func (z *spooledZip) sorted() ([]*zip.File, error) {
	if err := z.spool.Finish(); err != nil {
		return nil, err
	}
	in, err := zip.NewReader(z.spool, z.spool.Size())
	if err != nil {
		return nil, err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	return in.File, nil
}

func (z *spooledZip) copyTo(w io.Writer) error {
	parts, err := z.sorted()
	if err != nil {
		return err
	}
	out := zip.NewWriter(w)
	for _, part := range parts {
		if err := out.Copy(part); err != nil {
			return writeError(err)
		}
	}
	return writeError(out.Close())
}

// bookZip is the archive of a workbook. It takes the parts that excelize writes,
// but for the sheets that are there already.
type bookZip struct {
	*spooledZip
	ours map[string]bool // true: excelize has asked for it
}

var _ excelize.ZipWriter = (*bookZip)(nil)

func newBookZip(room *spool.File) *bookZip { return &bookZip{newSpooledZip(room), map[string]bool{}} }

func (z *bookZip) begin(name string) (io.WriteCloser, error) {
	z.ours[name] = false
	return z.spooledZip.begin(name)
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
	return writeError(err)
}

// counter counts what is written.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
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
