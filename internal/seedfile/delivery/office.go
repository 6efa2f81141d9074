package delivery

import (
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/richardlehane/mscfb"

	"fob/internal/seedfile"
	"fob/internal/token"
)

// oleMagic begins the compound files of MS-CFB: documents of the old Office, and
// those of the new one when they have a password.
const oleMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

// officeCipher opens what a document's password protects (MS-OFFCRYPTO sections
// 2.3.4 and 4).
type officeCipher interface {
	name() string
	notes(file string) []string
	// unlock tells whether a passphrase fits, and keeps the key if it does.
	unlock(pass []byte) bool
	// open decrypts the package. The reader's last answer is io.EOF only when
	// all that can be verified fits.
	open(pack io.Reader) io.Reader
}

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
	info, err := streamOf(random, "EncryptionInfo")
	switch {
	case random.err != nil:
		return false, random.err
	case err != nil || info == nil:
		return true, w.keep(src, at)
	}
	cipher, err := readOfficeInfo(src.Name(), info)
	if err != nil {
		return false, err
	}
	spool, err := w.unlockOffice(src.Name(), random, cipher)
	if err != nil {
		return false, err
	}
	return false, w.inside(spool, at.within("Office password ("+cipher.name()+")", cipher.notes(src.Name())...))
}

func (w *work) unlockOffice(name string, file *budget, cipher officeCipher) (spool Spooled, err error) {
	fits, tried, err := w.Keys.Unlock("the workbook \""+name+"\"", func(pass []byte) (bool, error) {
		if err := w.ctx.Err(); err != nil {
			return false, err
		}
		if !cipher.unlock(pass) {
			return false, nil
		}
		spool, err = w.officePackage(name, file, cipher)
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

func (w *work) officePackage(name string, file *budget, cipher officeCipher) (Spooled, error) {
	pack, err := streamOf(file, "EncryptedPackage")
	switch {
	case file.err != nil:
		return nil, file.err
	case err != nil || pack == nil:
		return nil, errDamaged(name, "is an Office document that was cut or damaged")
	}
	in := &input{ctx: w.ctx, from: pack}
	return w.fill(in, cipher.open(in), name, nil)
}

// streamOf finds a stream of a compound file; nil: there is none.
func streamOf(file io.ReaderAt, name string) (stream *mscfb.File, err error) {
	defer func() {
		if recover() != nil { // the library reaches beyond its slices in damaged files
			stream, err = nil, errCut
		}
	}()
	doc, err := mscfb.New(file)
	if err != nil {
		return nil, err
	}
	for _, f := range doc.File {
		if f.Name == name && len(f.Path) == 0 {
			return f, nil
		}
	}
	return nil, nil
}

// readOfficeInfo reads the stream EncryptionInfo (sections 2.3.4.5 and 2.3.4.10).
func readOfficeInfo(name string, stream *mscfb.File) (officeCipher, error) {
	info, err := io.ReadAll(io.LimitReader(stream, MaxOfficeInfo+1))
	if err != nil || len(info) < 8 || len(info) > MaxOfficeInfo {
		return nil, errDamaged(name, "is an Office document that was cut or damaged")
	}
	major, minor := binary.LittleEndian.Uint16(info), binary.LittleEndian.Uint16(info[2:])
	switch {
	case major == 4 && minor == 4:
		return readAgile(name, info[8:])
	case major >= 2 && major <= 4 && minor == 2:
		return readStandard(name, info[8:])
	}
	return nil, strangeOffice(name, "in a way of its own")
}

// strangeOffice is for what Office itself does not write when a person sets a
// password.
func strangeOffice(name, how string) error {
	return token.Errorf(token.Refused, "%q is an Office document that is protected %s, which fob does not read", name, how).
		WithHint("open it with its password and save it with another in Excel 2010 or newer, or send it in a ZIP with AES-256")
}

// utf16le is how Office takes a passphrase. It is no text for it otherwise.
func utf16le(pass []byte) []byte {
	if !utf8.Valid(pass) {
		return nil
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(string(pass))) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// pieces gives in a stream what comes piece by piece.
type pieces struct {
	next  func() ([]byte, error)
	plain []byte
	err   error
}

func (r *pieces) Read(p []byte) (int, error) {
	for len(r.plain) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.plain, r.err = r.next()
	}
	n := copy(p, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}
