package delivery

import (
	"archive/zip"
	"bufio"
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"fob/internal/fault"
	"hash"
	"hash/crc32"
	"io"
)

// Bits of an entry's flags (APPNOTE section 4.4.4).
const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3
	flagPatch      = 1 << 5
	flagStrong     = 1 << 6
	flagMasked     = 1 << 13
)

// Compression methods (APPNOTE section 4.4.5). 99 says that the true one is in
// the extra field of AES.
const (
	methodBzip2 = 12
	methodAES   = 99
)

var methodNames = map[uint16]string{
	1: "Shrink", 2: "Reduce", 3: "Reduce", 4: "Reduce", 5: "Reduce", 6: "Implode", 9: "Deflate64", 10: "PKWARE DCL",
	14: "LZMA", 16: "CMPSC", 18: "TERSE", 19: "LZ77", 20: "Zstandard", 93: "Zstandard", 94: "MP3", 95: "XZ",
	96: "JPEG", 97: "WavPack", 98: "PPMd",
}

// ciphers of an entry.
type zipCipher int

const (
	plain zipCipher = iota
	zipCrypto
	zipAES
)

// entry is one file of an archive.
type entry struct {
	file   *zip.File
	path   string // within the archive
	name   string // of the member
	method uint16 // of compression, once decrypted
	cipher zipCipher
	bits   int  // of the AES key
	noCRC  bool // AE-2 has no checksum: it would tell of the content
}

func (e *entry) cipherName() string {
	switch e.cipher {
	case zipCrypto:
		return " (ZipCrypto)"
	case zipAES:
		return fmt.Sprintf(" (AES-%d)", e.bits)
	}
	return ""
}

// newEntry refuses what fob cannot unpack, by name.
func newEntry(name string, f *zip.File) (*entry, error) {
	const otherwise = "ask the supplier for a ZIP with AES-256 and Deflate, or for OpenPGP"
	if what := irregular(f.Mode()); what != "" {
		return nil, fault.Errorf(fault.Refused, "%q is %s", name, what).WithHint("ask the supplier for an archive of files")
	}
	e := &entry{file: f, method: f.Method}
	switch {
	case f.Flags&(flagStrong|flagMasked) != 0:
		return nil, fault.Errorf(fault.Refused, "%q is encrypted by PKWARE's Strong Encryption, which fob does not read", name).WithHint(otherwise)
	case f.Flags&flagPatch != 0:
		return nil, fault.Errorf(fault.Refused, "%q is a patch to a file, not a file", name).WithHint(otherwise)
	case f.Method == methodAES:
		if err := e.setAES(name); err != nil {
			return nil, err
		}
	case f.Flags&flagEncrypted != 0:
		e.cipher = zipCrypto
	}
	switch e.method {
	case zip.Store, zip.Deflate, methodBzip2:
		return e, nil
	}
	known := methodNames[e.method]
	if known == "" {
		known = "an unknown method"
	}
	return nil, fault.Errorf(fault.Refused, "%q is compressed by %s (%d), which fob does not read", name, known, e.method).WithHint(otherwise)
}

// setAES reads the extra field 0x9901 (WinZip AE-1/AE-2, section II.B): version,
// vendor "AE", strength, true method.
func (e *entry) setAES(name string) error {
	for extra := e.file.Extra; len(extra) >= 4; {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			break
		}
		field := extra[:size]
		extra = extra[size:]
		if id != 0x9901 || size < 7 {
			continue
		}
		version, strength := binary.LittleEndian.Uint16(field), field[4]
		if string(field[2:4]) != "AE" || version < 1 || version > 2 || strength < 1 || strength > 3 || e.file.Flags&flagEncrypted == 0 {
			break
		}
		e.cipher, e.noCRC = zipAES, version == 2
		e.bits = 64 + 64*int(strength)
		e.method = binary.LittleEndian.Uint16(field[5:])
		return nil
	}
	return fault.Errorf(fault.Refused, "%q says that it is encrypted by AES, and not how", name).
		WithHint("the archive is damaged, or made by a program that WinZip does not follow: ask the supplier")
}

// What can be wrong with an entry.
var (
	errCut      = errors.New("it was cut")
	errPassword = errors.New("the password is wrong")
	errMAC      = errors.New("its MAC does not fit")
	errCRC      = errors.New("it does not fit its checksum")
	errUnpack   = errors.New("it cannot be decompressed")
	// errLies is for an entry whose MAC fits or that has none: the archive was
	// made so.
	errLies = errors.New("it has another size than the archive says")
)

// damaged says what is wrong with an entry that needs no password, or whose
// password is right beyond doubt.
func (e *entry) damaged(err error) error {
	what := "is damaged: it cannot be decompressed"
	switch {
	case errors.Is(err, errLies):
		what = "has another size than the archive says"
	case errors.Is(err, errCut):
		what = "was cut: its end is missing in the archive"
	case errors.Is(err, errCRC):
		what = "is damaged: its content does not fit its checksum"
	}
	return errDamaged(e.name, what)
}

// sealed is the decrypted side of an entry. Verify is called at the end.
type sealed interface {
	io.Reader
	// verify reads what is left and checks the MAC; left tells of bytes that the
	// decompressor did not take.
	verify() (left bool, err error)
}

// content gives what an entry holds. The reader's last answer is io.EOF only
// when MAC, size and checksum fit.
func (e *entry) content(raw io.Reader, pass []byte) (io.Reader, error) {
	body, err := e.decrypt(raw, pass)
	if err != nil {
		return nil, err
	}
	// A ByteReader, so that the decompressor takes no byte beyond its end.
	in := bufio.NewReader(body)
	c := &contentReader{entry: e, body: body, packed: in, sum: crc32.NewIEEE()}
	switch e.method {
	case zip.Store:
		c.from = in
	case zip.Deflate:
		c.from = flate.NewReader(in)
	case methodBzip2:
		c.from = bzip2.NewReader(in)
	}
	return c, nil
}

func (e *entry) decrypt(raw io.Reader, pass []byte) (sealed, error) {
	size := e.file.CompressedSize64
	if size > MaxTotal {
		return nil, errLies // no file is so long
	}
	switch e.cipher {
	case zipCrypto:
		return newZipCrypto(raw, int64(size), pass, e.checkBytes())
	case zipAES:
		return newZipAES(raw, int64(size), pass, e.bits)
	}
	return &clearBody{raw, int64(size)}, nil
}

// clearBody is an entry that is not encrypted.
type clearBody struct {
	from io.Reader
	left int64
}

func (b *clearBody) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if b.left -= int64(n); err == io.EOF && b.left > 0 {
		err = errCut
	}
	return n, err
}

func (b *clearBody) verify() (bool, error) {
	n, err := io.Copy(io.Discard, b)
	return n > 0, err
}

// contentReader decompresses and checks.
type contentReader struct {
	entry  *entry
	body   sealed
	packed *bufio.Reader
	from   io.Reader
	sum    hash.Hash32
	n      uint64
	err    error
}

func (c *contentReader) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.from.Read(p)
	c.n += uint64(n)
	c.sum.Write(p[:n])
	switch {
	case err == io.EOF:
		c.err = c.finish(nil)
	case err != nil:
		c.err = c.finish(err)
	case c.n > c.entry.file.UncompressedSize64:
		c.err = c.finish(errLies)
	}
	return n, c.err
}

// finish looks at the MAC first: while it is not known to fit, nothing else says
// anything.
func (c *contentReader) finish(err error) error {
	buffered := c.packed.Buffered() > 0
	left, bad := c.body.verify()
	switch {
	case bad != nil:
		return bad
	case err != nil && !errors.Is(err, errLies) && !errors.Is(err, errCut):
		return errUnpack
	case err != nil:
		return err
	case buffered || left || c.n != c.entry.file.UncompressedSize64:
		return c.lies()
	case !c.entry.noCRC && c.sum.Sum32() != c.entry.file.CRC32:
		return errCRC
	}
	return io.EOF
}

// lies is the error for wrong sizes. Without a MAC they may as well come from a
// wrong password.
func (c *contentReader) lies() error {
	if c.entry.cipher == zipCrypto {
		return errUnpack
	}
	return errLies
}
