package office

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"fob/internal/fault"
)

// What Office itself writes when a person sets a password: AES-256 in CBC, SHA-512,
// 100,000 rounds.
const (
	sealBits = 256
	sealSpin = 100_000
	saltSize = aes.BlockSize
)

// MaxPassword is the longest password that Office takes, in UTF-16 units.
const MaxPassword = 255

// CheckPassword tells why Office would not take a password.
func CheckPassword(pass []byte) error {
	switch text := utf16le(pass); {
	case len(pass) == 0:
		return fault.Errorf(fault.KeyTrouble, "the password is empty")
	case text == nil:
		return fault.Errorf(fault.KeyTrouble, "the password is no text in UTF-8")
	case len(text)/2 > MaxPassword:
		return fault.Errorf(fault.KeyTrouble, "the password has %d characters, Office takes %d", len(text)/2, MaxPassword)
	}
	return nil
}

// utf16le is how Office takes a password; nil: it is no text.
func utf16le(pass []byte) []byte {
	if !utf8.Valid(pass) {
		return nil
	}
	b := []byte{}
	for _, u := range utf16.Encode([]rune(string(pass))) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// Seal writes a document of size bytes, which write is given the place for, under
// a password as Office 2010 and later do (MS-OFFCRYPTO section 2.3.4.10 to
// 2.3.4.15): AES-256 with an HMAC over all. Salts and keys come from random. What w
// receives is in the order of the file, so w may be a pipe.
func Seal(w io.Writer, size int64, pass []byte, random io.Reader, write func(io.Writer) error) error {
	return seal(w, size, pass, sealSpin, random, write)
}

func seal(w io.Writer, size int64, pass []byte, spin int, random io.Reader, write func(io.Writer) error) error {
	if err := CheckPassword(pass); err != nil {
		return err
	}
	k, err := newSealKeys(random)
	if err != nil {
		return err
	}
	text := utf16le(pass)
	defer clear(text)
	k.spun, k.spin = k.password.spun(text, spin), spin
	out := bufio.NewWriterSize(w, 64<<10)
	file, err := newCompound(sealedSize(size), len(k.info(nil)))
	if err != nil {
		return err
	}
	if err := file.begin(out); err != nil {
		return err
	}
	s := k.sealer(out, size)
	if err := write(s); err != nil {
		return err
	}
	mac, err := s.end()
	if err != nil {
		return err
	}
	if err := file.finish(out, k.info(mac)); err != nil {
		return err
	}
	return out.Flush()
}

// sealedSize is that of the encrypted package: its size, and whole blocks; filled up
// to what may lie in the large stream of a compound file.
func sealedSize(size int64) int64 {
	return 8 + max((size+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize, miniCutoff)
}

// sealKeys are those of one document.
type sealKeys struct {
	data, password scheme
	secret         []byte // key of the data
	mac            []byte // key of the HMAC
	verifier       []byte
	spun           []byte // the hashed password
	spin           int    // rounds of its hashing
}

func newSealKeys(random io.Reader) (*sealKeys, error) {
	const secretSize = sealBits / 8
	chance := make([]byte, 3*saltSize+secretSize+sha512.Size)
	if _, err := io.ReadFull(random, chance); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making the keys of the document")
	}
	take := func(n int) (b []byte) {
		b, chance = chance[:n:n], chance[n:]
		return b
	}
	return &sealKeys{
		data:     scheme{sha512.New, sealBits, take(saltSize)},
		password: scheme{sha512.New, sealBits, take(saltSize)},
		verifier: take(saltSize), secret: take(secretSize), mac: take(sha512.Size),
	}, nil
}

func encrypt(key, iv, data []byte) []byte {
	out := make([]byte, len(data))
	cipher.NewCBCEncrypter(blockOf(key), iv).CryptBlocks(out, data)
	return out
}

// info is the stream EncryptionInfo: version 4.4, and a document in XML. It is as
// long whatever the HMAC is.
func (k *sealKeys) info(mac []byte) []byte {
	under := func(label, data []byte) string { // the password
		return base64.StdEncoding.EncodeToString(encrypt(k.password.derived(k.spun, label), k.password.salt, data))
	}
	inside := func(label, data []byte) string { // the document
		return base64.StdEncoding.EncodeToString(encrypt(k.secret, k.data.vector(label), data))
	}
	if mac == nil {
		mac = make([]byte, sha512.Size)
	}
	b := bytes.NewBuffer([]byte{4, 0, 4, 0, 0x40, 0, 0, 0})
	fmt.Fprintf(b, infoXML, k.data.attributes(), inside(forMACKey, k.mac), inside(forMACValue, mac), k.spin, k.password.attributes(),
		under(forVerifierInput, k.verifier), under(forVerifierValue, digest(k.data.hash, k.verifier)), under(forSecret, k.secret))
	return b.Bytes()
}

const infoXML = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n" +
	`<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password">` +
	`<keyData %s/><dataIntegrity encryptedHmacKey="%s" encryptedHmacValue="%s"/><keyEncryptors>` +
	`<keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey spinCount="%d" %s ` +
	`encryptedVerifierHashInput="%s" encryptedVerifierHashValue="%s" encryptedKeyValue="%s"/></keyEncryptor></keyEncryptors></encryption>`

func (k scheme) attributes() string {
	return fmt.Sprintf(`saltSize="%d" blockSize="%d" keyBits="%d" hashSize="%d" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="%s"`,
		len(k.salt), aes.BlockSize, k.bits, k.hash().Size(), base64.StdEncoding.EncodeToString(k.salt))
}

// sealer encrypts what is written, segment by segment (section 2.3.4.15).
type sealer struct {
	keys    *sealKeys
	block   cipher.Block
	out     io.Writer // the file and the HMAC
	mac     hash.Hash
	buf     []byte
	segment uint32
	left    int64 // still to come
	written int64
	err     error
}

func (k *sealKeys) sealer(w io.Writer, size int64) *sealer {
	s := &sealer{keys: k, block: blockOf(k.secret), mac: hmac.New(sha512.New, k.mac), buf: make([]byte, 0, segmentSize), left: size}
	s.out = io.MultiWriter(w, s.mac)
	s.emit(binary.LittleEndian.AppendUint64(nil, uint64(size)))
	return s
}

func (s *sealer) emit(b []byte) {
	if s.err == nil {
		_, s.err = s.out.Write(b)
		s.written += int64(len(b))
	}
}

func (s *sealer) Write(p []byte) (n int, err error) {
	for n < len(p) && s.err == nil {
		got := copy(s.buf[len(s.buf):cap(s.buf)], p[n:])
		s.buf, n = s.buf[:len(s.buf)+got], n+got
		if len(s.buf) == cap(s.buf) {
			s.seal()
		}
	}
	s.left -= int64(n)
	return n, s.err
}

func (s *sealer) seal() {
	cipher.NewCBCEncrypter(s.block, s.keys.data.vector(numbered(s.segment))).CryptBlocks(s.buf, s.buf)
	s.emit(s.buf)
	s.segment++
	s.buf = s.buf[:0]
}

// end encrypts the rest and returns the HMAC of all.
func (s *sealer) end() (mac []byte, err error) {
	if s.err == nil && s.left != 0 {
		return nil, fmt.Errorf("the document has %d bytes less than was said", s.left)
	}
	if len(s.buf) > 0 {
		s.buf = append(s.buf, make([]byte, -len(s.buf)&(aes.BlockSize-1))...)
		s.seal()
	}
	s.emit(make([]byte, max(0, 8+miniCutoff-s.written)))
	return s.mac.Sum(nil), s.err
}
