package delivery

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"fob/internal/fault"
	"hash"
	"hash/crc32"
	"io"
)

// zipKeys is the cipher of PKZIP (APPNOTE section 6.1). It is broken: a dozen
// known bytes give the keys away.
type zipKeys [3]uint32

func newZipKeys(pass []byte) *zipKeys {
	k := &zipKeys{0x12345678, 0x23456789, 0x34567890}
	for _, c := range pass {
		k.update(c)
	}
	return k
}

func (k *zipKeys) update(c byte) {
	k[0] = crc32.IEEETable[byte(k[0])^c] ^ k[0]>>8
	k[1] = (k[1]+k[0]&0xFF)*134775813 + 1
	k[2] = crc32.IEEETable[byte(k[2])^byte(k[1]>>24)] ^ k[2]>>8
}

func (k *zipKeys) decrypt(p []byte) {
	for i, c := range p {
		t := k[2] | 2
		c ^= byte(t * (t ^ 1) >> 8)
		k.update(c)
		p[i] = c
	}
}

// zipCryptoHeader is how many random bytes stand before the data; the last of
// them checks the password, if only to one in 256.
const zipCryptoHeader = 12

// checkBytes are the values that the last byte of the header may have: the top
// of the checksum, or of the time where the checksum comes behind the data
// (APPNOTE section 6.1.6 and Info-ZIP).
func (e *entry) checkBytes() [2]byte {
	sum := byte(e.file.CRC32 >> 24)
	if e.file.Flags&flagDescriptor == 0 {
		return [2]byte{sum, sum}
	}
	return [2]byte{sum, byte(e.file.ModifiedTime >> 8)}
}

// cryptoBody is an entry under ZipCrypto.
type cryptoBody struct {
	clearBody
	keys *zipKeys
}

func newZipCrypto(raw io.Reader, size int64, pass []byte, check [2]byte) (sealed, error) {
	if size < zipCryptoHeader {
		return nil, errCut
	}
	b := &cryptoBody{clearBody{raw, size}, newZipKeys(pass)}
	var head [zipCryptoHeader]byte
	if _, err := io.ReadFull(b, head[:]); err != nil {
		return nil, errCut
	}
	if last := head[zipCryptoHeader-1]; last != check[0] && last != check[1] {
		return nil, errPassword
	}
	return b, nil
}

func (b *cryptoBody) Read(p []byte) (int, error) {
	n, err := b.clearBody.Read(p)
	b.keys.decrypt(p[:n])
	return n, err
}

// WinZip's AES (AE-1/AE-2, sections II.A and IV): salt, two bytes that check the
// password to one in 65536, data, ten bytes of HMAC-SHA1 over the encrypted
// data.
const (
	aesRounds   = 1000
	aesVerifier = 2
	aesMAC      = 10
)

// aesBody is an entry under AES.
type aesBody struct {
	from   io.Reader
	left   int64 // of data, without the MAC
	block  cipher.Block
	mac    hash.Hash
	count  uint64
	stream [aes.BlockSize]byte
	used   int // of stream
}

func newZipAES(raw io.Reader, size int64, pass []byte, bits int) (sealed, error) {
	key := bits / 8
	head := make([]byte, key/2+aesVerifier)
	if size < int64(len(head)+aesMAC) {
		return nil, errCut
	}
	if _, err := io.ReadFull(raw, head); err != nil {
		return nil, errCut
	}
	salt, check := head[:key/2], head[key/2:]
	keys, err := pbkdf2.Key(sha1.New, string(pass), salt, aesRounds, 2*key+aesVerifier)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "deriving the key of a ZIP archive")
	}
	defer clear(keys)
	if subtle.ConstantTimeCompare(keys[2*key:], check) != 1 {
		return nil, errPassword
	}
	block, err := aes.NewCipher(keys[:key])
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "deriving the key of a ZIP archive")
	}
	return &aesBody{
		from: raw, left: size - int64(len(head)+aesMAC),
		block: block, mac: hmac.New(sha1.New, keys[key:2*key]), used: aes.BlockSize,
	}, nil
}

func (b *aesBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.mac.Write(p[:n])
	b.decrypt(p[:n])
	if err == io.EOF && b.left > 0 {
		err = errCut
	} else if err == io.EOF {
		err = nil // the MAC will tell
	}
	return n, err
}

// decrypt is counter mode with a counter in little-endian order that begins
// with 1, which the standard library's, in big-endian order, cannot do.
func (b *aesBody) decrypt(p []byte) {
	for len(p) > 0 {
		if b.used == aes.BlockSize {
			b.count++
			clear(b.stream[:])
			binary.LittleEndian.PutUint64(b.stream[:], b.count)
			b.block.Encrypt(b.stream[:], b.stream[:])
			b.used = 0
		}
		n := subtle.XORBytes(p, p, b.stream[b.used:])
		p, b.used = p[n:], b.used+n
	}
}

func (b *aesBody) verify() (left bool, err error) {
	n, err := io.Copy(io.Discard, b)
	if err != nil {
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
