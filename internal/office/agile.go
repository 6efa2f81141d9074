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
	"fmt"
	"fob/internal/fault"
	"hash"
	"io"
)

// agile is the encryption of Office 2010 and later (MS-OFFCRYPTO section
// 2.3.4.10 to 2.3.4.15): AES in CBC, in segments, with an HMAC over all.
type agile struct {
	data, password agileKey
	spin           int
	verifier       [2][]byte // encrypted input and hash
	secret         []byte    // encrypted key of the data
	mac            [2][]byte // encrypted key and value of the HMAC

	key []byte // of the data, once unlocked
}

// agileKey says how something is encrypted.
type agileKey struct {
	hash func() hash.Hash
	bits int
	salt []byte
}

// agileXML is the document in EncryptionInfo, as far as it is needed.
type agileXML struct {
	KeyData   agileKeyXML `xml:"keyData"`
	Integrity struct {
		Key   string `xml:"encryptedHmacKey,attr"`
		Value string `xml:"encryptedHmacValue,attr"`
	} `xml:"dataIntegrity"`
	Passwords []struct {
		agileKeyXML
		Spin          int    `xml:"spinCount,attr"`
		VerifierInput string `xml:"encryptedVerifierHashInput,attr"`
		VerifierValue string `xml:"encryptedVerifierHashValue,attr"`
		Secret        string `xml:"encryptedKeyValue,attr"`
	} `xml:"keyEncryptors>keyEncryptor>encryptedKey"`
}

type agileKeyXML struct {
	Bits     int    `xml:"keyBits,attr"`
	Cipher   string `xml:"cipherAlgorithm,attr"`
	Chaining string `xml:"cipherChaining,attr"`
	Hash     string `xml:"hashAlgorithm,attr"`
	Salt     string `xml:"saltValue,attr"`
}

// maxSpin bounds the rounds of hashing of a password: Office does 100,000, and
// ten times that is half a second for each password.
const maxSpin = 1_000_000

func readAgile(name string, text []byte) (lock, error) {
	var x agileXML
	if err := xml.Unmarshal(text, &x); err != nil {
		return nil, Damaged(name)
	}
	if len(x.Passwords) == 0 {
		return nil, strange(name, "without a password")
	}
	p := x.Passwords[0]
	if p.Spin < 0 || p.Spin > maxSpin {
		return nil, fault.Errorf(fault.Refused, "%q demands %d rounds of hashing, the limit is %d", name, p.Spin, maxSpin).
			WithHint("Office writes 100000: ask who made this file what made it")
	}
	a := &agile{spin: p.Spin}
	var ok, okToo bool
	if a.data, ok = x.KeyData.read(); !ok {
		return nil, strange(name, fmt.Sprintf("by %q with %q", x.KeyData.Cipher, x.KeyData.Hash))
	}
	if a.password, okToo = p.agileKeyXML.read(); !okToo {
		return nil, strange(name, fmt.Sprintf("by %q with %q", p.Cipher, p.Hash))
	}
	for _, v := range []struct {
		to   *[]byte
		from string
	}{
		{&a.verifier[0], p.VerifierInput}, {&a.verifier[1], p.VerifierValue}, {&a.secret, p.Secret},
		{&a.mac[0], x.Integrity.Key}, {&a.mac[1], x.Integrity.Value},
	} {
		var err error
		if *v.to, err = base64.StdEncoding.DecodeString(v.from); err != nil || len(*v.to) == 0 || len(*v.to)%aes.BlockSize != 0 {
			return nil, fault.Errorf(fault.Refused, "%q is an Office document whose protection is incomplete or damaged", name).WithHint(fetchAgain)
		}
	}
	return a, nil
}

func (x agileKeyXML) read() (k agileKey, ok bool) {
	k.hash = map[string]func() hash.Hash{"SHA1": sha1.New, "SHA-1": sha1.New, "SHA256": sha256.New, "SHA384": sha512.New384, "SHA512": sha512.New}[x.Hash]
	k.bits = x.Bits
	salt, err := base64.StdEncoding.DecodeString(x.Salt)
	k.salt = salt
	aesBits := k.bits == 128 || k.bits == 192 || k.bits == 256
	return k, err == nil && k.hash != nil && aesBits && x.Cipher == "AES" && x.Chaining == "ChainingModeCBC" && len(salt) == aes.BlockSize
}

// Labels that keys and vectors are derived with (sections 2.3.4.13 and 14).
var (
	forVerifierInput = []byte{0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79}
	forVerifierValue = []byte{0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e}
	forSecret        = []byte{0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6}
	forMACKey        = []byte{0x5f, 0xb2, 0xad, 0x01, 0x0c, 0xb9, 0xe1, 0xf6}
	forMACValue      = []byte{0xa0, 0x67, 0x7f, 0x02, 0xb2, 0x2c, 0x84, 0x33}
)

func (a *agile) name() string { return fmt.Sprintf("AES-%d", a.data.bits) }

func (a *agile) verifies() bool { return true }

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

func (k agileKey) decrypt(key, iv, data []byte) []byte {
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(blockOf(key), fit(iv, aes.BlockSize)).CryptBlocks(out, data)
	return out
}

func blockOf(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key's length was checked
	}
	return block
}

// vector begins the encryption of what a label or a number stands for (section
// 2.3.4.12).
func (k agileKey) vector(label []byte) []byte {
	return fit(digest(k.hash, k.salt, label), aes.BlockSize)
}

// spun hashes a password, in UTF-16, round after round (section 2.3.4.11).
func (k agileKey) spun(text []byte, spin int) []byte {
	h := digest(k.hash, k.salt, text)
	var n [4]byte
	for i := range spin {
		binary.LittleEndian.PutUint32(n[:], uint32(i))
		h = digest(k.hash, n[:], h)
	}
	return h
}

// derived is the key that a hashed password gives for a label.
func (k agileKey) derived(spun, label []byte) []byte {
	return fit(digest(k.hash, spun, label), k.bits/8)
}

func (a *agile) unlock(pass []byte) bool {
	p := a.password
	text := utf16le(pass)
	if text == nil {
		return false
	}
	defer clear(text)
	h := p.spun(text, a.spin)
	open := func(label, data []byte) []byte { return p.decrypt(p.derived(h, label), bytes.Clone(p.salt), data) }
	input, want := open(forVerifierInput, a.verifier[0]), open(forVerifierValue, a.verifier[1])
	got := digest(p.hash, input[:min(len(input), len(p.salt))])
	if len(want) < len(got) || !hmac.Equal(got, want[:len(got)]) {
		return false
	}
	if a.key = open(forSecret, a.secret); len(a.key) < a.data.bits/8 {
		return false
	}
	a.key = a.key[:a.data.bits/8]
	return true
}

func (a *agile) open(pack io.Reader) io.Reader {
	d := a.data
	size := d.hash().Size()
	part := func(label, data []byte) []byte {
		return fit(d.decrypt(a.key, d.vector(label), data), size)
	}
	r := &agileReader{agile: a, in: pack, mac: hmac.New(d.hash, part(forMACKey, a.mac[0])), want: part(forMACValue, a.mac[1])}
	return &pieces{next: r.next}
}

// agileReader decrypts segment by segment (section 2.3.4.15).
type agileReader struct {
	*agile
	in   io.Reader
	mac  hash.Hash
	want []byte

	begun   bool
	left    uint64 // bytes of the document not yet decrypted
	segment uint32
}

const agileSegment = 4096

// numbered is the label of a segment.
func numbered(segment uint32) []byte { return binary.LittleEndian.AppendUint32(nil, segment) }

func (r *agileReader) next() ([]byte, error) {
	if !r.begun {
		r.begun = true
		var size [8]byte
		if _, err := io.ReadFull(r.in, size[:]); err != nil {
			return nil, errCut
		}
		r.mac.Write(size[:])
		r.left = binary.LittleEndian.Uint64(size[:])
	}
	if r.left == 0 {
		return nil, r.finish()
	}
	buf := make([]byte, agileSegment)
	n, err := io.ReadFull(r.in, buf)
	if err != nil && err != io.ErrUnexpectedEOF {
		return nil, errCut
	}
	buf = buf[:n&^(aes.BlockSize-1)]
	r.mac.Write(buf)
	if len(buf) == 0 {
		return nil, errCut
	}
	plain := r.data.decrypt(r.key, r.data.vector(numbered(r.segment)), buf)
	r.segment++
	plain = plain[:min(uint64(len(plain)), r.left)]
	r.left -= uint64(len(plain))
	return plain, nil
}

// finish compares the HMAC, which is over all of the stream.
func (r *agileReader) finish() error {
	if _, err := io.Copy(r.mac, r.in); err != nil {
		return errCut
	}
	if !hmac.Equal(r.mac.Sum(nil), r.want) {
		return errMAC
	}
	return io.EOF
}
