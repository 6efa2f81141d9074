package delivery

import (
	"context"
	"errors"
	"io"
	"time"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// Spooled is a Source that somebody has to close.
type Spooled interface {
	seedfile.Source
	io.Closer
}

// Opener holds what Open needs of the world outside.
type Opener struct {
	Keys *Keys
	// Spool keeps what was unpacked, without ever writing it in the clear:
	// seedfile.Spool.
	Spool func(r io.Reader, name string) (Spooled, error)
	// Now is for the validity of keys that sign.
	Now func() time.Time
}

// Delivery is a file with everything that was wrapped round it undone.
type Delivery struct {
	Members []Member
	spools  []io.Closer
}

// Member is one file of a delivery.
type Member struct {
	Source seedfile.Source
	// Layers names what was wrapped round it, from the outside in; none for a
	// plain file.
	Layers []string
	// Notes are remarks for the operator: weak encryption, files left out, a
	// signature that nobody checked.
	Notes []fault.Text
}

// Close removes the spools. The members cannot be read any more.
func (d *Delivery) Close() error {
	var errs []error
	for _, s := range d.spools {
		errs = append(errs, s.Close())
	}
	d.spools = nil
	return errors.Join(errs...)
}

// Open undoes what is wrapped round a file. A plain file comes back as its own
// only member. A file goes in whole or not at all: when one of its layers or
// members fails, none is handed out. The caller closes the Delivery.
//
// Errors are of kind KeyTrouble when a key or passphrase is missing or wrong,
// for which a damaged MAC cannot be told from; Refused when the file is at
// fault; else Internal. No error holds a piece of a key or of what is inside.
func (o Opener) Open(ctx context.Context, src seedfile.Source) (*Delivery, error) {
	if o.Keys == nil {
		o.Keys = &Keys{}
	}
	w := &work{Opener: o, ctx: ctx, out: &Delivery{}}
	if _, err := w.open(src, wrapping{}); err != nil {
		_ = w.out.Close() // the first error counts
		return nil, err
	}
	return w.out, nil
}

// work is one Open.
type work struct {
	Opener
	ctx   context.Context
	out   *Delivery
	total int64 // bytes unpacked so far
	files int   // members met so far
}

// wrapping is what was undone on the way to a file.
type wrapping struct {
	layers []string
	notes  []fault.Text
	signed bool // by whom --signed-by names
}

func (o wrapping) within(layer string, notes ...fault.Text) wrapping {
	o.layers = append(o.layers[:len(o.layers):len(o.layers)], layer)
	o.notes = append(o.notes[:len(o.notes):len(o.notes)], notes...)
	return o
}

// open recognises a file and goes on inside. It reports whether the file itself
// became a member.
func (w *work) open(src seedfile.Source, at wrapping) (kept bool, err error) {
	if err := w.ctx.Err(); err != nil {
		return false, err
	}
	head, err := beginning(src)
	if err != nil {
		return false, err
	}
	layer := recognise(head)
	if layer == nil {
		return true, w.keep(src, at)
	}
	if len(at.layers) >= MaxDepth {
		return false, fault.Errorf(fault.Refused, "%q is wrapped more than %d times", src.Name(), MaxDepth).
			WithHint("no delivery is; ask the supplier what this is")
	}
	return layer(w, src, at)
}

// keep takes a file that is wrapped in nothing.
func (w *work) keep(src seedfile.Source, at wrapping) error {
	if w.Keys.signers != nil && !at.signed {
		return fault.Errorf(fault.Refused, "%q has no OpenPGP signature, and --signed-by demands one", src.Name()).
			WithHint("ask the supplier for a signed delivery; without --signed-by it is read as it is")
	}
	w.out.Members = append(w.out.Members, Member{Source: src, Layers: at.layers, Notes: at.notes})
	return nil
}

// inside goes on with what a layer held, once it is spooled and verified. The
// spool of what turns out to be another layer is closed when that is undone.
func (w *work) inside(spool Spooled, at wrapping) error {
	kept, err := w.open(spool, at)
	if kept && err == nil {
		w.out.spools = append(w.out.spools, spool)
		return nil
	}
	return errors.Join(err, spool.Close())
}

// headSize is how much of a file is looked at to recognise it: armor may stand
// below a few lines of text.
const headSize = 4 << 10

func beginning(src seedfile.Source) ([]byte, error) {
	in, err := src.Open()
	if err != nil {
		return nil, err
	}
	head := make([]byte, headSize)
	n, err := io.ReadFull(in, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	if closed := in.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, seedfile.ReadError(err)
	}
	return head[:n], nil
}
