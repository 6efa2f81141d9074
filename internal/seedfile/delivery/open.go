// Package delivery undoes what is wrapped round a seed file: ZIP (plain, with a
// ZipCrypto or a WinZip AES password), OpenPGP (public key or passphrase,
// signed or not), age (identities, SSH keys, passphrase), gzip and the password of
// an Office document, one within the other. What is there is recognised by content,
// never by name: vendors rename archives to .pdf so that mail gateways let them pass.
//
// Decrypted bytes go to the spool that the caller hands in and nowhere else,
// and a member is handed out only when every layer round it was read to its
// end and verified: its MAC, its checksum, its signature where one is demanded.
//
// Sources: PKWARE APPNOTE 6.3.10 (ZIP, ZipCrypto), WinZip's AE-1/AE-2
// specification 1.04 (AES in ZIP), RFC 9580 (OpenPGP), age-encryption.org/v1,
// RFC 1952 (gzip), MS-OFFCRYPTO and MS-CFB (Office passwords).
package delivery

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"fob/internal/fault"
	"fob/internal/office"
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

// layer undoes one kind of wrapping; errPlain says that the file is wrapped in
// nothing after all.
type layer func(w *work, src seedfile.Source, at wrapping) error

var errPlain = errors.New("no layer")

const (
	ageMagic = "age-encryption.org/"
	ageArmor = "-----BEGIN AGE ENCRYPTED FILE-----"
	pgpArmor = "-----BEGIN PGP MESSAGE-----"
)

// headSize is how much of a file is looked at to recognise it: armor may stand
// below a few lines of text.
const headSize = 4 << 10

// recognise finds the layer that a file begins with; nil for none.
func recognise(head []byte) layer {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	switch {
	case hasPrefix(head, "PK\x03\x04"), hasPrefix(head, "PK\x05\x06"), hasPrefix(head, "PK\x07\x08PK"), hasPrefix(head, "PK00PK"):
		return (*work).zip
	case hasPrefix(head, "\x1F\x8B"):
		return (*work).gzip
	case hasPrefix(head, office.Magic):
		return (*work).office
	case hasPrefix(head, ageMagic), hasPrefix(text, ageArmor):
		return (*work).age
	case startsLine(head, pgpArmor), isOpenPGP(head):
		return (*work).pgp
	}
	return nil
}

func hasPrefix(b []byte, p string) bool { return bytes.HasPrefix(b, []byte(p)) }

// startsLine finds a line that begins so, whatever text stands above it: a
// message pasted out of a mail has such.
func startsLine(b []byte, p string) bool {
	return hasPrefix(b, p) || bytes.Contains(b, []byte("\n"+p)) || hasPrefix(b, "\ufeff"+p)
}

// open recognises a file and goes on inside. It reports whether the file itself
// became a member.
func (w *work) open(src seedfile.Source, at wrapping) (kept bool, err error) {
	in, err := w.read(src)
	if err != nil {
		return false, err
	}
	head := make([]byte, headSize)
	n, _ := io.ReadFull(in, head)
	if err := errors.Join(in.err, in.Close()); err != nil {
		return false, err
	}
	undo := recognise(head[:n])
	switch {
	case undo == nil:
		err = errPlain
	case len(at.layers) >= MaxDepth:
		err = fault.Errorf(fault.Refused, "%q is wrapped more than %d times", src.Name(), MaxDepth).
			WithHint("no delivery is; ask the supplier what this is")
	default:
		err = undo(w, src, at)
	}
	if err == errPlain {
		return true, w.keep(src, at)
	}
	return false, err
}

// keep takes a file that is wrapped in nothing.
func (w *work) keep(src seedfile.Source, at wrapping) error {
	if w.Keys.signers != nil && !at.signed {
		return fault.Errorf(fault.Refused, "%q has no OpenPGP signature, and %s demands one", src.Name(), fault.SignedBy).
			WithHint("ask the supplier for a signed delivery; without %s it is read as it is", fault.SignedBy)
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
	if closed := spool.Close(); err == nil {
		err = closed
	}
	return err // as it is, for a front end words it
}

// errWrong is the one error for a wrong key, a wrong passphrase and a MAC that
// does not fit: nothing may tell them apart, to an attacker who changes a
// message and watches, and to nobody else it would be of use.
func errWrong(name string) error {
	return fault.Errorf(fault.KeyTrouble, "%q does not open: the key or passphrase is wrong, or the file was changed or damaged", name).
		WithHint("check them with the supplier (capital letters, keyboard layout, blanks at the end); if they are right, fetch the delivery again")
}

// errMissing is for a layer that nothing given can open.
func errMissing(name string, what any, advice fault.Text) error {
	return fault.Errorf(fault.KeyTrouble, "%q is %s", name, what).WithAdvice(advice)
}

var (
	givePassphrase = fault.Textf("give it with %s FILE, whose first line counts; several may be given", fault.PassphraseFile)
	giveKey        = fault.Textf("give its private half with %s FILE; several may be given", fault.KeyFile)
)

// errDamaged is for layers whose checksum needs no key.
func errDamaged(name, what string) error {
	return fault.Errorf(fault.Refused, "%q %s", name, what).WithHint("fetch the delivery again; nothing was changed")
}

// isOurs tells an error that already says everything from one of a library.
func isOurs(err error) bool {
	var ours *fault.Error
	return errors.As(err, &ours)
}
