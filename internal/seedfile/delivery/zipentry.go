package delivery

import (
	"archive/zip"
	"bufio"
	"compress/bzip2"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"fob/internal/fault"
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

// zipCipher encrypts an entry.
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
	refuse := func(format string, args ...any) (*entry, error) {
		return nil, fault.Errorf(fault.Refused, "%q is %s", name, fmt.Sprintf(format, args...)).
			WithHint("ask the supplier for a ZIP with AES-256 and Deflate, or for OpenPGP")
	}
	e := &entry{file: f, method: f.Method}
	switch what := irregular(f.Mode()); {
	case what != "":
		return nil, fault.Errorf(fault.Refused, "%q is %s", name, what).WithHint("ask the supplier for an archive of files")
	case f.Flags&(flagStrong|flagMasked) != 0:
		return refuse("encrypted by PKWARE's Strong Encryption, which fob does not read")
	case f.Flags&flagPatch != 0:
		return refuse("a patch to a file, not a file")
	case f.Method == methodAES && !e.readAES():
		return nil, fault.Errorf(fault.Refused, "%q says that it is encrypted by AES, and not how", name).
			WithHint("the archive is damaged, or made by a program that WinZip does not follow: ask the supplier")
	case f.Method != methodAES && f.Flags&flagEncrypted != 0:
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
	return refuse("compressed by %s (%d), which fob does not read", known, e.method)
}

// readAES reads the extra field 0x9901 (WinZip AE-1/AE-2, section II.B): version,
// vendor "AE", strength, true method.
func (e *entry) readAES() bool {
	for extra := e.file.Extra; len(extra) >= 4; {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			return false
		}
		field := extra[:size]
		extra = extra[size:]
		if id != 0x9901 || size < 7 {
			continue
		}
		version, strength := binary.LittleEndian.Uint16(field), field[4]
		e.cipher, e.noCRC = zipAES, version == 2
		e.bits = 64 + 64*int(strength)
		e.method = binary.LittleEndian.Uint16(field[5:])
		return string(field[2:4]) == "AE" && version >= 1 && version <= 2 && strength >= 1 && strength <= 3 && e.file.Flags&flagEncrypted != 0
	}
	return false
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

// content is what an entry holds. The reader's last answer is io.EOF only
// when MAC, size and checksum fit.
func (e *entry) content(raw io.Reader, pass []byte) (io.Reader, error) {
	if e.file.CompressedSize64 > MaxTotal {
		return nil, errLies // no file is so long
	}
	b := &body{from: raw, left: int64(e.file.CompressedSize64), decrypt: func([]byte) {}}
	var err error
	switch e.cipher {
	case zipCrypto:
		err = b.unlockZipCrypto(pass, e.file)
	case zipAES:
		err = b.unlockAES(pass, e.bits)
	}
	if err != nil {
		return nil, err
	}
	// A ByteReader, so that the decompressor takes no byte beyond its end.
	in := bufio.NewReader(b)
	c := &contentReader{entry: e, body: b, packed: in, from: in, sum: crc32.NewIEEE()}
	switch e.method {
	case zip.Deflate:
		c.from = flate.NewReader(in)
	case methodBzip2:
		c.from = bzip2.NewReader(in)
	}
	return c, nil
}

// body is the packed content of an entry while it is decrypted.
type body struct {
	from    io.Reader
	left    int64        // of data, without what checks it
	mac     hash.Hash    // over the encrypted data; nil: there is none
	decrypt func([]byte) // in place
}

func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if b.mac != nil {
		b.mac.Write(p[:n])
	}
	b.decrypt(p[:n])
	if err == io.EOF && b.left > 0 {
		err = errCut
	} else if err == io.EOF {
		err = nil // the MAC will tell
	}
	return n, err
}

// verify reads what is left and checks the MAC; left tells of bytes that the
// decompressor did not take.
func (b *body) verify() (left bool, err error) {
	n, err := io.Copy(io.Discard, b)
	if err != nil || b.mac == nil {
		return n > 0, err
	}
	var mac [aesMAC]byte
	if _, err := io.ReadFull(b.from, mac[:]); err != nil {
		return n > 0, errCut
	}
	if !hmac.Equal(mac[:], b.mac.Sum(nil)[:aesMAC]) {
		return n > 0, errMAC
	}
	return n > 0, nil
}

// zipCryptoHeader is how many random bytes stand before the data; the last of
// them checks the password, if only to one in 256.
const zipCryptoHeader = 12

// unlockZipCrypto begins the cipher of PKZIP (APPNOTE section 6.1). It is broken: a
// dozen known bytes give the keys away. The last byte of the header is the top of
// the checksum, or of the time where the checksum comes behind the data (section
// 6.1.6 and Info-ZIP).
func (b *body) unlockZipCrypto(pass []byte, f *zip.File) error {
	keys := [3]uint32{0x12345678, 0x23456789, 0x34567890}
	update := func(c byte) {
		keys[0] = crc32.IEEETable[byte(keys[0])^c] ^ keys[0]>>8
		keys[1] = (keys[1]+keys[0]&0xFF)*134775813 + 1
		keys[2] = crc32.IEEETable[byte(keys[2])^byte(keys[1]>>24)] ^ keys[2]>>8
	}
	for _, c := range pass {
		update(c)
	}
	b.decrypt = func(p []byte) {
		for i, c := range p {
			t := keys[2] | 2
			c ^= byte(t * (t ^ 1) >> 8)
			update(c)
			p[i] = c
		}
	}
	var head [zipCryptoHeader]byte
	if _, err := io.ReadFull(b, head[:]); err != nil {
		return errCut
	}
	last := head[zipCryptoHeader-1]
	if last != byte(f.CRC32>>24) && (f.Flags&flagDescriptor == 0 || last != byte(f.ModifiedTime>>8)) {
		return errPassword
	}
	return nil
}

// WinZip's AES (AE-1/AE-2, sections II.A and IV): salt, two bytes that check the
// password to one in 65536, data, ten bytes of HMAC-SHA1 over the encrypted
// data.
const (
	aesRounds   = 1000
	aesVerifier = 2
	aesMAC      = 10
)

func (b *body) unlockAES(pass []byte, bits int) error {
	key := bits / 8
	head := make([]byte, key/2+aesVerifier)
	if b.left -= int64(len(head) + aesMAC); b.left < 0 {
		return errCut
	}
	if _, err := io.ReadFull(b.from, head); err != nil {
		return errCut
	}
	salt, check := head[:key/2], head[key/2:]
	keys, err := pbkdf2.Key(sha1.New, string(pass), salt, aesRounds, 2*key+aesVerifier)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "deriving the key of a ZIP archive")
	}
	defer clear(keys)
	if subtle.ConstantTimeCompare(keys[2*key:], check) != 1 {
		return errPassword
	}
	block, err := aes.NewCipher(keys[:key])
	if err != nil {
		return fault.Wrap(fault.Internal, err, "deriving the key of a ZIP archive")
	}
	b.mac, b.decrypt = hmac.New(sha1.New, keys[key:2*key]), counterMode(block)
	return nil
}

// counterMode has a counter in little-endian order that begins with 1, which the
// standard library's, in big-endian order, cannot do.
func counterMode(block cipher.Block) func(p []byte) {
	var stream [aes.BlockSize]byte
	used, count := aes.BlockSize, uint64(0)
	return func(p []byte) {
		for len(p) > 0 {
			if used == aes.BlockSize {
				count++
				clear(stream[:])
				binary.LittleEndian.PutUint64(stream[:], count)
				block.Encrypt(stream[:], stream[:])
				used = 0
			}
			n := subtle.XORBytes(p, p, stream[used:])
			p, used = p[n:], used+n
		}
	}
}

// contentReader decompresses and checks.
type contentReader struct {
	entry  *entry
	body   *body
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
	case err != nil:
		c.err = c.finish(err)
	case c.n > c.entry.file.UncompressedSize64:
		c.err = c.finish(errLies)
	}
	return n, c.err
}

// finish looks at the MAC first: while it is not known to fit, nothing else says
// anything. Without a MAC wrong sizes may as well come from a wrong password.
func (c *contentReader) finish(err error) error {
	buffered := c.packed.Buffered() > 0
	left, bad := c.body.verify()
	lies := errLies
	if c.entry.cipher == zipCrypto {
		lies = errUnpack
	}
	switch {
	case bad != nil:
		return bad
	case err == errLies || errors.Is(err, errCut):
		return err
	case err != io.EOF:
		return errUnpack
	case buffered || left || c.n != c.entry.file.UncompressedSize64:
		return lies
	case !c.entry.noCRC && c.sum.Sum32() != c.entry.file.CRC32:
		return errCRC
	}
	return io.EOF
}
