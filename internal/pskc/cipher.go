package pskc

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"io"
	"slices"

	josecipher "github.com/go-jose/go-jose/v4/cipher"

	"fob/internal/fault"
)

// Cipher encrypts values with a key that both sides have (RFC 6030 section 6.1).
// Its zero value means none.
type Cipher struct {
	uri, name string
	keySize   int
	blockSize int
	block     func(key []byte) (cipher.Block, error)
	mode      *mode
}

// mode is what is done with a block cipher. A nil result of open stands for
// failure of any sort.
type mode struct {
	authenticates bool
	seal          func(b cipher.Block, random io.Reader, plain []byte) ([]byte, error)
	open          func(b cipher.Block, data []byte) []byte
}

// The modes of RFC 6030 section 6.1 and, beyond it, of XML Encryption 1.1.
var (
	modeCBC  = mode{false, sealCBC, openCBC}
	modeGCM  = mode{true, sealGCM, openGCM}
	modeWrap = mode{true, wrapKey, unwrapKey}
)

// The URIs of the ciphers that fob writes.
const (
	CipherAES128CBC = namespaceXenc + "aes128-cbc"
	CipherAES256CBC = namespaceXenc + "aes256-cbc"
	CipherAES256GCM = namespaceXenc11 + "aes256-gcm"
)

// tripleDES may have a key of two parts, of 16 bytes together.
const (
	tripleDES = namespaceXenc + "tripledes-cbc"
	twoKeys   = 16
)

// ciphers are what FindCipher knows.
var ciphers = []Cipher{
	{CipherAES128CBC, "AES-128-CBC", 16, aes.BlockSize, aes.NewCipher, &modeCBC},
	{namespaceXenc + "aes192-cbc", "AES-192-CBC", 24, aes.BlockSize, aes.NewCipher, &modeCBC},
	{CipherAES256CBC, "AES-256-CBC", 32, aes.BlockSize, aes.NewCipher, &modeCBC},
	{tripleDES, "3DES-CBC", 24, des.BlockSize, des.NewTripleDESCipher, &modeCBC},
	{namespaceXenc11 + "aes128-gcm", "AES-128-GCM", 16, aes.BlockSize, aes.NewCipher, &modeGCM},
	{namespaceXenc11 + "aes192-gcm", "AES-192-GCM", 24, aes.BlockSize, aes.NewCipher, &modeGCM},
	{CipherAES256GCM, "AES-256-GCM", 32, aes.BlockSize, aes.NewCipher, &modeGCM},
	{namespaceXenc + "kw-aes128", "KW-AES128", 16, aes.BlockSize, aes.NewCipher, &modeWrap},
	{namespaceXenc + "kw-aes192", "KW-AES192", 24, aes.BlockSize, aes.NewCipher, &modeWrap},
	{namespaceXenc + "kw-aes256", "KW-AES256", 32, aes.BlockSize, aes.NewCipher, &modeWrap},
}

// FindCipher knows a cipher by its URI, which has to be exact. The error is of
// kind fault.Refused and names what is not supported.
func FindCipher(uri string) (Cipher, error) {
	i := slices.IndexFunc(ciphers, func(c Cipher) bool { return c.uri == uri })
	if i < 0 {
		return Cipher{}, notFound("encryption algorithm", uri)
	}
	return ciphers[i], nil
}

// URI names the cipher in a file, String for people.
func (c Cipher) URI() string { return c.uri }

// String is the cipher's name, AES-128-CBC for example.
func (c Cipher) String() string { return c.name }

// KeySize is the length of its key in bytes.
func (c Cipher) KeySize() int { return c.keySize }

// Authenticates reports whether Decrypt itself notices any change. Without that a
// value needs a MAC (RFC 6030 section 6.1.1), which must be verified first.
func (c Cipher) Authenticates() bool { return c.mode != nil && c.mode.authenticates }

// CheckKey refuses a key of another length than KeySize, with kind
// fault.KeyTrouble: the file is not to blame.
func (c Cipher) CheckKey(key []byte) error {
	if len(key) == c.keySize {
		return nil
	}
	return fault.Errorf(fault.KeyTrouble, "the key has %d bytes, %s needs %d", len(key), c.name, c.keySize).
		WithHint("look whether the key is in hex or base64 and complete, and whether it belongs to this file")
}

// Decrypt returns the plain value, which the caller clears. Data is the whole
// CipherValue, decoded: for CBC and GCM it begins with the initialisation
// vector. Every failure is ErrKey, except a key of the wrong length.
//
// For CBC only the last byte of the padding is looked at, because PKCS #5 and
// XML Encryption fill the others differently: call it when a MAC over data was
// verified, or what comes out is itself a MAC key, which a MAC will verify.
func (c Cipher) Decrypt(key, data []byte) ([]byte, error) {
	if err := c.CheckKey(key); err != nil {
		return nil, err
	}
	if block, err := c.block(key); err == nil {
		if plain := c.mode.open(block, data); plain != nil {
			return plain, nil
		}
	}
	return nil, ErrKey
}

// DecryptUnverified is Decrypt for a CBC value of which no MAC shows that the key
// is right: there is none, or its key comes from elsewhere. It demands the whole
// padding of PKCS #5 (RFC 6030 section 6.4), and of values longer than a block
// three bytes of it, because nobody has seeds of 30 or 31 bytes. That lets a
// wrong key through once in 2^24 times instead of once in 16. Changes still do not
// show.
func (c Cipher) DecryptUnverified(key, data []byte) ([]byte, error) {
	plain, err := c.Decrypt(key, data)
	if err != nil || c.Authenticates() {
		return plain, err
	}
	padded := plain[:cap(plain)]
	n := len(padded) - len(plain)
	if n < unverifiedPad && len(data) > 2*c.blockSize || !bytes.Equal(padded[len(plain):], padding(n)) {
		clear(padded)
		return nil, ErrKey
	}
	return plain, nil
}

// unverifiedPad is the least padding of an unverified value.
const unverifiedPad = 3

// Encrypt is the reverse of Decrypt. Random is read for an initialisation
// vector. It fails when random does, and for values that a key wrap cannot hold.
func (c Cipher) Encrypt(random io.Reader, key, plain []byte) ([]byte, error) {
	if err := c.CheckKey(key); err != nil {
		return nil, err
	}
	block, err := c.block(key)
	if err != nil {
		return nil, err
	}
	return c.mode.seal(block, random, plain)
}

// vector makes room for size bytes behind an initialisation vector of n.
func vector(random io.Reader, n, size int) ([]byte, error) {
	out := make([]byte, n, n+size)
	if _, err := io.ReadFull(random, out); err != nil {
		return nil, err
	}
	return out, nil
}

func sealCBC(b cipher.Block, random io.Reader, plain []byte) ([]byte, error) {
	n := b.BlockSize()
	pad := n - len(plain)%n
	out, err := vector(random, n, len(plain)+pad)
	if err != nil {
		return nil, err
	}
	out = append(append(out, plain...), padding(pad)...)
	cipher.NewCBCEncrypter(b, out[:n]).CryptBlocks(out[n:], out[n:])
	return out, nil
}

// padding is that of PKCS #5.
func padding(n int) []byte { return bytes.Repeat([]byte{byte(n)}, n) }

// openCBC leaves the padding within the capacity of its result, for
// DecryptUnverified.
func openCBC(b cipher.Block, data []byte) []byte {
	n := b.BlockSize()
	if len(data) < 2*n || len(data)%n != 0 {
		return nil
	}
	plain := make([]byte, len(data)-n)
	cipher.NewCBCDecrypter(b, data[:n]).CryptBlocks(plain, data[n:])
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > n {
		clear(plain)
		return nil
	}
	return plain[:len(plain)-pad]
}

// nonceSize and tagSize are those of XML Encryption 1.1 section 5.2.4.
const nonceSize, tagSize = 12, 16

func sealGCM(b cipher.Block, random io.Reader, plain []byte) ([]byte, error) {
	gcm, err := cipher.NewGCM(b)
	if err != nil {
		return nil, err
	}
	nonce, err := vector(random, nonceSize, len(plain)+tagSize)
	if err != nil {
		return nil, err
	}
	return gcm.Seal(nonce, nonce, plain, nil), nil
}

func openGCM(b cipher.Block, data []byte) []byte {
	gcm, err := cipher.NewGCM(b)
	if err != nil || len(data) < nonceSize {
		return nil
	}
	plain, err := gcm.Open([]byte{}, data[:nonceSize], data[nonceSize:], nil)
	if err != nil {
		return nil
	}
	return plain
}

// A key wrap holds whole pieces of 8 bytes, two at least (RFC 3394 section 2).
// RFC 6030 section 6.4 has values that are not padded as PKCS #5 does, and no
// others, so that what ends like a padding may have one or not. Four bytes or
// more are taken for one: that a random seed ends so happens once in 2^32 times.
// Fewer are part of the value, because nobody has seeds of 21 to 23 bytes, while
// one in 256 ends like a padding of one byte.
const wrapPiece, wrapMin, wrapPadMin = 8, 16, 4

func wrapKey(b cipher.Block, _ io.Reader, plain []byte) ([]byte, error) {
	pad := -len(plain) & (wrapPiece - 1)
	padded := slices.Concat(plain, padding(pad))
	defer clear(padded)
	if len(padded) < wrapMin || wrapPadding(padded) != pad {
		return nil, fault.Errorf(fault.NotAllowed, "a value of %d bytes does not go into an AES key wrap and comes out the same", len(plain)).
			WithHint("choose AES-CBC with a MAC, or AES-GCM")
	}
	return josecipher.KeyWrap(b, padded)
}

func unwrapKey(b cipher.Block, data []byte) []byte {
	if len(data) < wrapPiece+wrapMin {
		return nil
	}
	plain, err := josecipher.KeyUnwrap(b, data)
	if err != nil {
		return nil
	}
	return plain[:len(plain)-wrapPadding(plain)]
}

// wrapPadding is how much of an unwrapped value is padding.
func wrapPadding(value []byte) int {
	pad := int(value[len(value)-1])
	if pad < wrapPadMin || pad > wrapPiece {
		return 0
	}
	if !bytes.HasSuffix(value, padding(pad)) {
		return 0
	}
	return pad
}
