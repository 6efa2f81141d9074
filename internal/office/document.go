package office

import (
	"encoding/binary"
	"errors"
	"fob/internal/fault"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/richardlehane/mscfb"
)

// Magic begins the compound files of MS-CFB: documents of the old Office, and
// those of the new one when they have a password.
const Magic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

// The streams of a document with a password (MS-OFFCRYPTO section 2.3.4.1 and
// 2.3.4.4).
const (
	infoStream    = "EncryptionInfo"
	packageStream = "EncryptedPackage"
)

// maxInfo bounds what a document says of its protection, in bytes: with one
// password 1.5 kB, with a certificate for every member of a board some 100.
const maxInfo = 256 << 10

// Document is one that a password protects.
type Document struct {
	file io.ReaderAt
	lock lock
}

// lock is a way to protect a document (MS-OFFCRYPTO sections 2.3.4 and 4).
type lock interface {
	name() string
	verifies() bool
	unlock(pass []byte) bool
	open(pack io.Reader) io.Reader
}

// Open reads how a document is protected; name is what errors call it. It gives
// nil for a file that is no document with a password.
func Open(name string, file io.ReaderAt) (*Document, error) {
	info, err := streamOf(file, infoStream)
	if err != nil || info == nil {
		return nil, nil
	}
	l, err := readInfo(name, info)
	if err != nil {
		return nil, err
	}
	return &Document{file, l}, nil
}

// Cipher names what encrypts the document.
func (d *Document) Cipher() string { return d.lock.name() }

// Verifies reports whether a change of the encrypted document would show.
func (d *Document) Verifies() bool { return d.lock.verifies() }

// Unlock reports whether a password fits, and keeps the key if it does.
func (d *Document) Unlock(pass []byte) bool { return d.lock.unlock(pass) }

// Package gives the encrypted document, for Decrypt. That of a damaged file is
// nil.
func (d *Document) Package() io.Reader {
	pack, err := streamOf(d.file, packageStream)
	if err != nil || pack == nil {
		return nil
	}
	return pack
}

// Decrypt gives the document out of its Package, after Unlock. The reader's last
// answer is io.EOF only when all that can be verified fits: nothing that came
// before may be used earlier.
func (d *Document) Decrypt(pack io.Reader) io.Reader { return d.lock.open(pack) }

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

// readInfo reads the stream EncryptionInfo (sections 2.3.4.5 and 2.3.4.10).
func readInfo(name string, stream io.Reader) (lock, error) {
	info, err := io.ReadAll(io.LimitReader(stream, maxInfo+1))
	if err != nil || len(info) < 8 || len(info) > maxInfo {
		return nil, Damaged(name)
	}
	major, minor := binary.LittleEndian.Uint16(info), binary.LittleEndian.Uint16(info[2:])
	switch {
	case major == 4 && minor == 4:
		return readAgile(name, info[8:])
	case major >= 2 && major <= 4 && minor == 2:
		return readStandard(name, info[8:])
	}
	return nil, strange(name, "in a way of its own")
}

var (
	errCut = errors.New("it was cut")
	errMAC = errors.New("its bytes are not those that were encrypted")
)

// Damaged is the error for a document that lacks a part of what it must have.
func Damaged(name string) error {
	return fault.Errorf(fault.Refused, "%q is an Office document that was cut or damaged", name).
		WithHint(fetchAgain)
}

const fetchAgain = "fetch the file again; nothing was changed"

// strange is for what Office itself does not write when a person sets a password.
func strange(name, how string) error {
	return fault.Errorf(fault.Refused, "%q is an Office document that is protected %s, which fob does not read", name, how).
		WithHint("open it with its password and save it with another in Excel 2010 or newer, or send it in a ZIP with AES-256")
}

// utf16le is how Office takes a password. It is no text for it otherwise.
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
