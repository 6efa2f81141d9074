// Package office opens Office documents that have a password, and makes them: the
// agile encryption of Office 2010 and later both ways, that of Office 2007 for
// reading only (MS-OFFCRYPTO), and the compound files (MS-CFB) that both lie in.
// Documents stream in both directions; nothing is held but a few kilobytes.
//
// What the document is, is for others to say.
package office

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/richardlehane/mscfb"

	"fob/internal/fault"
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

// maxSpin bounds the rounds of hashing of a password: Office does 100,000, and
// ten times that is half a second for each password.
const maxSpin = 1_000_000

// Document is one that a password protects.
type Document struct {
	file   io.ReaderAt
	cipher string

	unlock  func(password []byte) bool // in UTF-16; keeps the key
	decrypt func(segment uint32, data []byte) []byte
	mac     func() (over hash.Hash, want []byte) // nil: there is none
}

// Open reads how a document is protected; name is what errors call it. It returns
// nil for a file that is no document with a password.
func Open(name string, file io.ReaderAt) (*Document, error) {
	stream, err := streamOf(file, infoStream)
	if err != nil || stream == nil {
		return nil, nil
	}
	info, err := io.ReadAll(io.LimitReader(stream, maxInfo+1))
	if err != nil || len(info) < 8 || len(info) > maxInfo {
		return nil, Damaged(name)
	}
	var d *Document
	switch major, minor := binary.LittleEndian.Uint16(info), binary.LittleEndian.Uint16(info[2:]); {
	case major == 4 && minor == 4:
		d, err = readAgile(name, info[8:])
	case major >= 2 && major <= 4 && minor == 2:
		d, err = readStandard(name, info[8:])
	default:
		err = unusual(name, "in a way of its own")
	}
	if err != nil {
		return nil, err
	}
	d.file = file
	return d, nil
}

// Cipher names what encrypts the document.
func (d *Document) Cipher() string { return d.cipher }

// Verifies reports whether a change of the encrypted document would show.
func (d *Document) Verifies() bool { return d.mac != nil }

// Unlock reports whether a password fits, and keeps the key if it does.
func (d *Document) Unlock(pass []byte) bool {
	text := utf16le(pass)
	defer clear(text)
	return text != nil && d.unlock(text)
}

// Package is the encrypted document, for Decrypt. That of a damaged file is nil.
func (d *Document) Package() io.Reader {
	pack, err := streamOf(d.file, packageStream)
	if err != nil || pack == nil {
		return nil
	}
	return pack
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

var (
	errCut = errors.New("it was cut")
	errMAC = errors.New("its bytes are not those that were encrypted")
)

const fetchAgain = "fetch the file again; nothing was changed"

// Damaged is the error for a document that lacks a part of what it must have.
func Damaged(name string) error {
	return fault.Errorf(fault.Refused, "%q is an Office document that was cut or damaged", name).WithHint(fetchAgain)
}

// unusual is for what Office itself does not write when a person sets a password.
func unusual(name, how string) error {
	return fault.Errorf(fault.Refused, "%q is an Office document that is protected %s, which fob does not read", name, how).
		WithHint("open it with its password and save it with another in Excel 2010 or newer, or send it in a ZIP with AES-256")
}

// segmentSize is how much is encrypted under one vector (section 2.3.4.15).
const segmentSize = 4096

// segments decrypts a package: the size of the document in 8 bytes, then segments.
type segments struct {
	*Document
	in    io.Reader
	over  hash.Hash // the MAC's; nil: there is none
	want  []byte
	begun bool
	n     uint32
	left  uint64 // bytes of the document not yet decrypted
	plain []byte
	err   error
}

// Decrypt is the document out of its Package, after Unlock. The reader's last
// answer is io.EOF only when all that can be verified fits: nothing that came
// before may be used earlier.
func (d *Document) Decrypt(pack io.Reader) io.Reader {
	r := &segments{Document: d, in: pack}
	if d.mac != nil {
		r.over, r.want = d.mac()
		r.in = io.TeeReader(pack, r.over)
	}
	return r
}

func (r *segments) Read(p []byte) (int, error) {
	for len(r.plain) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.err = r.next()
	}
	n := copy(p, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}

func (r *segments) next() error {
	if !r.begun {
		r.begun = true
		var size [8]byte
		if _, err := io.ReadFull(r.in, size[:]); err != nil {
			return errCut
		}
		r.left = binary.LittleEndian.Uint64(size[:])
	}
	if r.left == 0 {
		return r.finish()
	}
	buf := make([]byte, segmentSize)
	n, err := io.ReadFull(r.in, buf)
	if err != nil && err != io.ErrUnexpectedEOF || n < aes.BlockSize {
		return errCut
	}
	plain := r.decrypt(r.n, buf[:n&^(aes.BlockSize-1)])
	r.n++
	r.plain = plain[:min(uint64(len(plain)), r.left)]
	r.left -= uint64(len(r.plain))
	return nil
}

// finish compares the HMAC, which is over all of the stream.
func (r *segments) finish() error {
	if r.over == nil {
		return io.EOF
	}
	if _, err := io.Copy(io.Discard, r.in); err != nil {
		return errCut
	}
	if !hmac.Equal(r.over.Sum(nil), r.want) {
		return errMAC
	}
	return io.EOF
}

// scheme says how something is encrypted.
type scheme struct {
	hash func() hash.Hash
	bits int // of the AES key
	salt []byte
}

func digest(h func() hash.Hash, parts ...[]byte) []byte {
	d := h()
	for _, p := range parts {
		d.Write(p)
	}
	return d.Sum(nil)
}

// fit cuts a hash to a length, or fills it up (section 2.3.4.11).
func fit(b []byte, size int) []byte {
	for len(b) < size {
		b = append(b, 0x36)
	}
	return b[:size]
}

func blockOf(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key's length was checked
	}
	return block
}

func decryptCBC(key, iv, data []byte) []byte {
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(blockOf(key), fit(bytes.Clone(iv), aes.BlockSize)).CryptBlocks(out, data)
	return out
}

// vector begins the encryption of what a label or a number stands for (section
// 2.3.4.12).
func (k scheme) vector(label []byte) []byte {
	return fit(digest(k.hash, k.salt, label), aes.BlockSize)
}

// numbered is the label of a segment, or of a round of hashing.
func numbered(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// roundsOf is how many of the rounds that a document asks for are done: all of them.
// The fuzz test, which opens documents by the thousand, does a few.
var roundsOf = func(asked int) int { return asked }

// spun hashes a password, in UTF-16, round after round (section 2.3.4.11).
func (k scheme) spun(text []byte, rounds int) []byte {
	h := digest(k.hash, k.salt, text)
	var n [4]byte
	for i := range roundsOf(rounds) {
		binary.LittleEndian.PutUint32(n[:], uint32(i))
		h = digest(k.hash, n[:], h)
	}
	return h
}

// derived is the key that a hashed password has for a label.
func (k scheme) derived(spun, label []byte) []byte {
	return fit(digest(k.hash, spun, label), k.bits/8)
}

// Labels that keys and vectors are derived with (sections 2.3.4.13 and 14).
var (
	forVerifierInput = []byte{0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79}
	forVerifierValue = []byte{0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e}
	forSecret        = []byte{0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6}
	forMACKey        = []byte{0x5f, 0xb2, 0xad, 0x01, 0x0c, 0xb9, 0xe1, 0xf6}
	forMACValue      = []byte{0xa0, 0x67, 0x7f, 0x02, 0xb2, 0x2c, 0x84, 0x33}
)

// agileXML is the document in EncryptionInfo, as far as it is needed.
type agileXML struct {
	KeyData   schemeXML `xml:"keyData"`
	Integrity struct {
		Key   string `xml:"encryptedHmacKey,attr"`
		Value string `xml:"encryptedHmacValue,attr"`
	} `xml:"dataIntegrity"`
	Passwords []struct {
		schemeXML
		Spin          int    `xml:"spinCount,attr"`
		VerifierInput string `xml:"encryptedVerifierHashInput,attr"`
		VerifierValue string `xml:"encryptedVerifierHashValue,attr"`
		Secret        string `xml:"encryptedKeyValue,attr"`
	} `xml:"keyEncryptors>keyEncryptor>encryptedKey"`
}

type schemeXML struct {
	Bits     int    `xml:"keyBits,attr"`
	Cipher   string `xml:"cipherAlgorithm,attr"`
	Chaining string `xml:"cipherChaining,attr"`
	Hash     string `xml:"hashAlgorithm,attr"`
	Salt     string `xml:"saltValue,attr"`
}

func (x schemeXML) read(name string) (scheme, error) {
	hashes := map[string]func() hash.Hash{"SHA1": sha1.New, "SHA-1": sha1.New, "SHA256": sha256.New, "SHA384": sha512.New384, "SHA512": sha512.New}
	salt, err := base64.StdEncoding.DecodeString(x.Salt)
	k := scheme{hashes[x.Hash], x.Bits, salt}
	aesBits := k.bits == 128 || k.bits == 192 || k.bits == 256
	if err != nil || k.hash == nil || !aesBits || x.Cipher != "AES" || x.Chaining != "ChainingModeCBC" || len(salt) != aes.BlockSize {
		return k, unusual(name, fmt.Sprintf("by %q with %q", x.Cipher, x.Hash))
	}
	return k, nil
}

// readAgile reads the encryption of Office 2010 and later (MS-OFFCRYPTO section
// 2.3.4.10 to 2.3.4.15): AES in CBC, in segments, with an HMAC over all.
func readAgile(name string, text []byte) (*Document, error) {
	var x agileXML
	if err := xml.Unmarshal(text, &x); err != nil {
		return nil, Damaged(name)
	}
	if len(x.Passwords) == 0 {
		return nil, unusual(name, "without a password")
	}
	p := x.Passwords[0]
	if p.Spin < 0 || p.Spin > maxSpin {
		return nil, fault.Errorf(fault.Refused, "%q demands %d rounds of hashing, the limit is %d", name, p.Spin, maxSpin).
			WithHint("Office writes 100000: ask who made this file what made it")
	}
	data, err := x.KeyData.read(name)
	if err != nil {
		return nil, err
	}
	password, err := p.schemeXML.read(name)
	if err != nil {
		return nil, err
	}
	var sealed [5][]byte
	for i, text := range []string{p.VerifierInput, p.VerifierValue, p.Secret, x.Integrity.Key, x.Integrity.Value} {
		if sealed[i], err = base64.StdEncoding.DecodeString(text); err != nil || len(sealed[i]) == 0 || len(sealed[i])%aes.BlockSize != 0 {
			return nil, fault.Errorf(fault.Refused, "%q is an Office document whose protection is incomplete or damaged", name).WithHint(fetchAgain)
		}
	}
	var key []byte // of the data, once unlocked
	return &Document{
		cipher: fmt.Sprintf("AES-%d", data.bits),
		unlock: func(text []byte) bool {
			h := password.spun(text, p.Spin)
			open := func(label, sealed []byte) []byte {
				return decryptCBC(password.derived(h, label), password.salt, sealed)
			}
			input, want := open(forVerifierInput, sealed[0]), open(forVerifierValue, sealed[1])
			got := digest(password.hash, input[:min(len(input), len(password.salt))])
			if len(want) < len(got) || !hmac.Equal(got, want[:len(got)]) {
				return false
			}
			if key = open(forSecret, sealed[2]); len(key) < data.bits/8 {
				return false
			}
			key = key[:data.bits/8]
			return true
		},
		decrypt: func(segment uint32, b []byte) []byte { return decryptCBC(key, data.vector(numbered(segment)), b) },
		mac: func() (hash.Hash, []byte) {
			part := func(label, sealed []byte) []byte {
				return fit(decryptCBC(key, data.vector(label), sealed), data.hash().Size())
			}
			return hmac.New(data.hash, part(forMACKey, sealed[3])), part(forMACValue, sealed[4])
		},
	}, nil
}

// standardSpin is the number of rounds, which the format fixes.
const standardSpin = 50000

// readStandard reads the encryption of Office 2007 (MS-OFFCRYPTO sections 2.3.4.5
// to 2.3.4.9), which some programs still write: AES in ECB, without a MAC. The size
// of the header comes first, and the verifier behind it.
func readStandard(name string, info []byte) (*Document, error) {
	size := uint64(binary.LittleEndian.Uint32(info))
	if info = info[4:]; size < 32 || uint64(len(info)) < size+72 {
		return nil, Damaged(name)
	}
	header, rest := info[:size], info[size:]
	algorithm, bits := binary.LittleEndian.Uint32(header[8:]), int(binary.LittleEndian.Uint32(header[16:]))
	known := map[uint32]int{0x660E: 128, 0x660F: 192, 0x6610: 256}
	switch {
	case known[algorithm] != bits || bits == 0:
		return nil, unusual(name, "by RC4 or a cipher that it does not name")
	case binary.LittleEndian.Uint32(rest) != 16:
		return nil, Damaged(name)
	}
	salt, verifier, want := rest[4:20], rest[20:36], rest[40:72]
	var key []byte // once unlocked
	decrypt := func(_ uint32, data []byte) []byte {
		block, out := blockOf(key), make([]byte, len(data))
		for i := 0; i+aes.BlockSize <= len(data); i += aes.BlockSize {
			block.Decrypt(out[i:], data[i:])
		}
		return out
	}
	return &Document{
		cipher: fmt.Sprintf("AES-%d in ECB", bits),
		unlock: func(text []byte) bool {
			h := digest(sha1.New, scheme{hash: sha1.New, salt: salt}.spun(text, standardSpin), numbered(0))
			mask := func(with byte) []byte { // 64 bytes with the hash over them (section 2.3.4.7)
				b := bytes.Repeat([]byte{with}, 64)
				for i := range h {
					b[i] ^= h[i]
				}
				return b
			}
			key = append(digest(sha1.New, mask(0x36)), digest(sha1.New, mask(0x5c))...)[:bits/8]
			got, want := digest(sha1.New, decrypt(0, verifier)), decrypt(0, want)
			return hmac.Equal(got, want[:len(got)])
		},
		decrypt: decrypt,
	}, nil
}
