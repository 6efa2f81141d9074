package delivery

import (
	"context"
	"errors"
	"io"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// Limits, each with its reason.
const (
	// MaxDepth bounds layers within layers: an armored OpenPGP message that holds
	// a ZIP that holds a gzip file is three; deeper is a bomb.
	MaxDepth = 5
	// MaxMembers bounds the files of one delivery. A supplier sends one a box or
	// a model; every one of them is a spool with an open file.
	MaxMembers = 100
	// MaxTotal bounds all that a delivery unpacks to: members are seed files, and
	// together they may have what one file may have.
	MaxTotal = seedfile.MaxFileSize
	// MaxRatio bounds how much longer a layer's content may be than the layer.
	// Seeds are random and hardly shrink: PSKC packs 17:1, bombs
	// 1000:1. Only what goes beyond FreeSize is held to it.
	MaxRatio = 100
	FreeSize = 4 << 20
	// MaxDirectory bounds a ZIP's directory in bytes, for MaxMembers names with
	// all their fields a hundred times too large.
	MaxDirectory = 2 << 20
	// MaxKeyFile bounds key and passphrase files in bytes, as custody does for
	// identities: the largest OpenPGP keys with signatures have some 100 kB.
	MaxKeyFile = 1 << 20
	// MaxEnvelopes bounds what an OpenPGP message says of its recipients before
	// its data, in bytes: some 60 post-quantum recipients.
	MaxEnvelopes = 128 << 10
	// maxPasswords bounds the ways to a message by passphrase: each costs up to
	// 0.2 s of hashing for each passphrase that is tried.
	maxPasswords = 8
	// maxArgonMemory bounds Argon2 (RFC 9580 section 3.7.1.4) to 2^18 KiB, 256 MB;
	// the RFC's second recommendation takes 64 MB, its first 2 GiB, which no
	// supplier's tool writes.
	maxArgonMemory = 18
	// maxArgonPasses bounds its time.
	maxArgonPasses = 16
	// maxScrypt bounds age's work factor as custody does: 2^20 takes 1 GiB and
	// some 4 s; age -p writes 2^18.
	maxScrypt = 20
	// MaxOffice bounds an Office document with a password, in bytes, as package
	// rows does for a workbook; its directory is read whole.
	MaxOffice = 64<<20 + 1<<20
	// maxAsked is how often a person is asked for one passphrase.
	maxAsked = 3
)

// input counts what a layer takes from its file, and keeps the error that
// reading met: a decoder in between would call it its own.
type input struct {
	io.Closer
	ctx  context.Context
	from io.Reader
	n    int64
	err  error
}

// read opens a file for a layer.
func (w *work) read(src seedfile.Source) (*input, error) {
	if err := w.ctx.Err(); err != nil {
		return nil, err
	}
	file, err := src.Open()
	if err != nil {
		return nil, err
	}
	return &input{Closer: file, ctx: w.ctx, from: file}, nil
}

func (i *input) Read(p []byte) (int, error) {
	if i.err == nil {
		i.err = i.ctx.Err()
	}
	if i.err != nil {
		return 0, i.err
	}
	n, err := i.from.Read(p)
	i.n += int64(n)
	if err != nil && err != io.EOF {
		i.err = seedfile.ReadError(err)
		err = i.err
	}
	return n, err
}

// output measures what comes out of a layer. It keeps the layer's own error,
// which says whether the layer or the spool failed, and the limit's.
type output struct {
	from  io.Reader
	n     int64
	check func(n int64) error
	limit error
	err   error
}

func (o *output) Read(p []byte) (int, error) {
	n, err := o.from.Read(p)
	o.n += int64(n)
	if o.limit = o.check(o.n); o.limit != nil {
		return 0, o.limit
	}
	if err != nil && err != io.EOF {
		// Wrapped, since io.ReadFull takes a bare io.ErrUnexpectedEOF
		// for the end.
		o.err = err
		err = errors.Join(errLayer, err)
	}
	return n, err
}

// errLayer is what fill returns when the layer failed, not the spool.
var errLayer = errors.New("the layer does not open")

// opens is the answer of a try with a passphrase: where the layer does not open,
// the passphrase is wrong.
func opens(err error) (bool, error) {
	if errors.Is(err, errLayer) {
		return false, nil
	}
	return err == nil, err
}

// fill spools what a layer holds; taken are the bytes that it took for that, those
// of in if it is 0. An error of the file below, of a limit or of the spool is final
// and comes as it is; one of the layer itself as errLayer round it.
func (w *work) fill(in *input, from io.Reader, name string, taken int64) (Spooled, error) {
	out := &output{from: from, check: func(n int64) error {
		switch {
		case w.total+n > MaxTotal:
			return fault.Errorf(fault.Refused, "%q unpacks to more than %d GiB", name, MaxTotal>>30).
				WithHint("is this a delivery of seeds? A larger one has to come in parts")
		case n > FreeSize && n > MaxRatio*max(taken, in.n):
			return fault.Errorf(fault.Refused, "%q unpacks to more than %d times its size, as bombs do and seeds never", name, MaxRatio).
				WithHint("ask the supplier what this is")
		}
		return nil
	}}
	spool, err := w.Spool(out, name)
	if failed := errors.Join(out.limit, out.err); err == nil && failed != nil {
		err = errors.Join(failed, spool.Close())
	}
	switch {
	case err == nil:
		w.total += out.n
		return spool, nil
	case in.err != nil:
		return nil, in.err
	case out.limit != nil:
		return nil, out.limit
	case out.err != nil:
		return nil, errors.Join(errLayer, out.err)
	case out.n == 0:
		return nil, fault.Errorf(fault.Refused, "%q holds nothing", name).WithHint("fetch the delivery again")
	}
	return nil, err
}

// budget is a file that is read at any place. It bounds what is read of it while
// the directory of an archive is: the library goes on as long as entries follow
// each other, and keeps them all.
type budget struct {
	at   io.ReaderAt
	size int64
	left int64 // bytes; negative: no bound any more
	err  error // of the file below
}

var errBudget = errors.New("the directory is too large")

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left >= 0 {
		if int64(len(p)) > b.left {
			b.left = 0
			return 0, errBudget
		}
		b.left -= int64(len(p))
	}
	if off < 0 { // where a directory that lies leads to; the disk is not at fault
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.at.ReadAt(p, off)
	if err != nil && err != io.EOF {
		b.err = seedfile.ReadError(err)
		err = b.err
	}
	return n, err
}

// random opens a file at any place: files on disk and spools can be.
func (w *work) random(src seedfile.Source) (*budget, func(), error) {
	random, ok := src.(seedfile.RandomSource)
	if !ok {
		return nil, nil, fault.Errorf(fault.Internal, "%q cannot be read at any place", src.Name())
	}
	at, size, err := random.OpenAt()
	if err != nil {
		return nil, nil, err
	}
	return &budget{at: at, size: size, left: MaxDirectory}, func() { _ = at.Close() }, nil
}
