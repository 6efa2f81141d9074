package delivery

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"

	"fob/internal/fault"
	"fob/internal/office"
	"fob/internal/seedfile"
)

// gzip undoes RFC 1952. Several members one after the other are one file, as
// the RFC says; anything else behind them is refused, since nobody knows what
// it is.
func (w *work) gzip(src seedfile.Source, at wrapping) error {
	in, err := w.read(src)
	if err != nil {
		return err
	}
	defer in.Close()
	z := &gunzip{src: bufio.NewReader(in)}
	spool, err := w.fill(in, z, src.Name(), 0)
	switch {
	case !errors.Is(err, errLayer):
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errDamaged(src.Name(), "was cut: the end of the gzip file is missing")
	case z.trailer:
		err = errDamaged(src.Name(), "has something behind the end of the gzip file")
	case errors.Is(err, gzip.ErrChecksum):
		err = errDamaged(src.Name(), "is damaged: its content does not fit the checksum of gzip")
	default:
		err = errDamaged(src.Name(), "is damaged: gzip cannot be undone")
	}
	if err != nil {
		return err
	}
	return w.inside(spool, at.within("gzip"))
}

// gunzip opens the header with the first Read and goes from one member of the
// gzip file to the next by itself, to tell what follows the last.
type gunzip struct {
	src     *bufio.Reader
	z       *gzip.Reader // nil before a member
	begun   bool
	trailer bool // something else follows the last member
}

func (g *gunzip) Read(p []byte) (int, error) {
	if g.z == nil {
		magic, err := g.src.Peek(2)
		switch {
		case g.begun && len(magic) == 0:
			return 0, err
		case g.begun && !hasPrefix(magic, "\x1F\x8B"):
			g.trailer = true
			return 0, gzip.ErrHeader
		}
		z, err := gzip.NewReader(g.src)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return 0, err
		}
		z.Multistream(false)
		g.z, g.begun = z, true
	}
	n, err := g.z.Read(p)
	if err == io.EOF {
		g.z, err = nil, nil
	}
	return n, err
}

// office undoes the password of an Office document. A document without one is
// kept as it is: what it is, is not for this package to say.
func (w *work) office(src seedfile.Source, at wrapping) error {
	file, done, err := w.random(src)
	if err != nil {
		return err
	}
	defer done()
	file.left = -1
	if file.size > MaxOffice {
		return errPlain
	}
	doc, err := office.Open(src.Name(), file)
	switch {
	case file.err != nil:
		return file.err
	case err != nil:
		return err
	case doc == nil:
		return errPlain
	}
	var spool Spooled
	err = w.Keys.unlock("the workbook \""+src.Name()+"\"", src.Name(), "an Office document with a password", func(pass []byte) (bool, error) {
		if w.ctx.Err() != nil || !doc.Unlock(pass) {
			return false, w.ctx.Err()
		}
		pack := doc.Package()
		switch {
		case file.err != nil:
			return false, file.err
		case pack == nil:
			return false, office.Damaged(src.Name())
		}
		in := &input{ctx: w.ctx, from: pack}
		spool, err = w.fill(in, doc.Decrypt(in), src.Name(), 0)
		return opens(err)
	})
	if err != nil {
		return err
	}
	var notes []fault.Text
	if !doc.Verifies() {
		notes = seedfile.Notes(src.Name() + " is protected as by Office 2007, which does not show whether it was changed: ask for a workbook saved by Excel 2010 or newer")
	}
	return w.inside(spool, at.within("Office password ("+doc.Cipher()+")", notes...))
}
