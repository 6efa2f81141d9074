package delivery

import (
	"errors"

	"fob/internal/fault"
	"fob/internal/office"
	"fob/internal/seedfile"
)

// office undoes the password of an Office document. A document without one is
// kept as it is: what it is, is not for this package to say.
func (w *work) office(src seedfile.Source, at wrapping) (kept bool, err error) {
	random, done, err := w.random(src)
	if err != nil {
		return false, err
	}
	defer done()
	random.left = -1
	if random.size > MaxOffice {
		return true, w.keep(src, at)
	}
	doc, err := office.Open(src.Name(), random)
	switch {
	case random.err != nil:
		return false, random.err
	case err != nil:
		return false, err
	case doc == nil:
		return true, w.keep(src, at)
	}
	spool, err := w.unlockOffice(src.Name(), random, doc)
	if err != nil {
		return false, err
	}
	return false, w.inside(spool, at.within("Office password ("+doc.Cipher()+")", officeNotes(src.Name(), doc)...))
}

func officeNotes(name string, doc *office.Document) []fault.Text {
	if doc.Verifies() {
		return nil
	}
	return seedfile.Notes(name + " is protected as by Office 2007, which does not show whether it was changed: ask for a workbook saved by Excel 2010 or newer")
}

func (w *work) unlockOffice(name string, file *budget, doc *office.Document) (spool Spooled, err error) {
	fits, tried, err := w.Keys.Unlock("the workbook \""+name+"\"", func(pass []byte) (bool, error) {
		if err := w.ctx.Err(); err != nil {
			return false, err
		}
		if !doc.Unlock(pass) {
			return false, nil
		}
		spool, err = w.officePackage(name, file, doc)
		if errors.Is(err, errLayer) {
			return false, nil
		}
		return err == nil, err
	})
	switch {
	case err != nil:
		return nil, err
	case !tried:
		return nil, errMissing(name, "an Office document with a password", givePassphrase)
	case !fits:
		return nil, errWrong(name)
	}
	return spool, nil
}

func (w *work) officePackage(name string, file *budget, doc *office.Document) (Spooled, error) {
	pack := doc.Package()
	switch {
	case file.err != nil:
		return nil, file.err
	case pack == nil:
		return nil, office.Damaged(name)
	}
	in := &input{ctx: w.ctx, from: pack}
	return w.fill(in, doc.Decrypt(in), name, nil)
}
