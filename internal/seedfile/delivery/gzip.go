package delivery

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"

	"fob/internal/seedfile"
)

// gzip undoes RFC 1952. Several members one after the other are one file, as
// the RFC says; anything else behind them is refused, since nobody knows what
// it is.
func (w *work) gzip(src seedfile.Source, at wrapping) (kept bool, err error) {
	file, err := src.Open()
	if err != nil {
		return false, err
	}
	defer file.Close()
	in := &input{ctx: w.ctx, from: file}
	z := &gunzip{src: bufio.NewReader(in)}
	spool, err := w.fill(in, z, src.Name(), nil)
	if errors.Is(err, errLayer) {
		return false, errDamaged(src.Name(), z.why(err))
	}
	if err != nil {
		return false, err
	}
	return false, w.inside(spool, at.within("gzip"))
}

// gunzip opens the header with the first Read and goes from one member of the
// gzip file to the next by itself, to tell what follows the last.
type gunzip struct {
	src     *bufio.Reader
	z       *gzip.Reader
	trailer bool
}

func (g *gunzip) Read(p []byte) (int, error) {
	if g.z == nil {
		z, err := gzip.NewReader(g.src)
		if err != nil {
			return 0, cut(err)
		}
		z.Multistream(false)
		g.z = z
	}
	n, err := g.z.Read(p)
	if err != io.EOF {
		return n, err
	}
	return n, g.next()
}

func (g *gunzip) next() error {
	magic, err := g.src.Peek(2)
	switch {
	case len(magic) == 0:
		return err
	case !hasPrefix(magic, "\x1F\x8B"):
		g.trailer = true
		return gzip.ErrHeader
	}
	if err := g.z.Reset(g.src); err != nil {
		return cut(err)
	}
	g.z.Multistream(false)
	return nil
}

func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (g *gunzip) why(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "was cut: the end of the gzip file is missing"
	case g.trailer:
		return "has something behind the end of the gzip file"
	case errors.Is(err, gzip.ErrChecksum):
		return "is damaged: its content does not fit the checksum of gzip"
	}
	return "is damaged: gzip cannot be undone"
}
