package otp

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding"
	"encoding/binary"
	"hash"

	"fob/internal/token"
)

// prepared computes the codes of many tokens, one after the other. HMAC (RFC
// 2104) hashes the key's two pads anew for every message; here both states are
// kept for a token, so that a code takes two blocks in the place of four, and
// nothing is allocated. The blocks are the standard library's: a block function
// of our own took three times as long, since it has the processor's SHA
// instructions. Values that only this path found are confirmed by generator.
type prepared struct {
	hash         resumable
	pad          []byte
	inner, outer []byte // states behind the pads
	sum          []byte
	message      [8]byte
}

// resumable is a hash whose state can be kept and taken up again, as all of the
// standard library's can.
type resumable interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

func newPrepared(h token.Hash) *prepared {
	var with hash.Hash
	switch h {
	case token.SHA256:
		with = sha256.New()
	case token.SHA512:
		with = sha512.New()
	default:
		with = sha1.New()
	}
	return &prepared{hash: with.(resumable), pad: make([]byte, with.BlockSize())}
}

// The bytes that RFC 2104 section 2 pads the key with.
const innerPad, outerPad = 0x36, 0x5c

// take makes a seed the key. It is called before value.
func (p *prepared) take(seed token.Seed) (err error) {
	key := seed.Bytes()
	if len(key) > len(p.pad) { // section 2: a longer key is hashed first
		p.hash.Reset()
		_, _ = p.hash.Write(key) // a hash never fails
		p.sum = p.hash.Sum(p.sum[:0])
		key = p.sum
	}
	if p.inner, err = p.begin(key, innerPad, p.inner[:0]); err != nil {
		return err
	}
	p.outer, err = p.begin(key, outerPad, p.outer[:0])
	return err
}

// begin gives the state behind one padded key.
func (p *prepared) begin(key []byte, with byte, state []byte) ([]byte, error) {
	for i := range p.pad {
		p.pad[i] = with
	}
	for i, b := range key {
		p.pad[i] ^= b
	}
	p.hash.Reset()
	_, _ = p.hash.Write(p.pad)
	return p.hash.AppendBinary(state)
}

// value is the number of 31 bits that a code's digits come from (RFC 4226
// section 5.3), of a step or counter that is not negative.
func (p *prepared) value(step int64) (uint64, error) {
	binary.BigEndian.PutUint64(p.message[:], uint64(step))
	if err := p.hash.UnmarshalBinary(p.inner); err != nil {
		return 0, err
	}
	_, _ = p.hash.Write(p.message[:])
	p.sum = p.hash.Sum(p.sum[:0])
	if err := p.hash.UnmarshalBinary(p.outer); err != nil {
		return 0, err
	}
	_, _ = p.hash.Write(p.sum)
	p.sum = p.hash.Sum(p.sum[:0])
	at := p.sum[len(p.sum)-1] & 0xf
	return uint64(binary.BigEndian.Uint32(p.sum[at:]) & 0x7fffffff), nil
}

// clear forgets the seed, but for what the standard library holds inside.
func (p *prepared) clear() {
	clear(p.pad)
	clear(p.inner)
	clear(p.outer)
	clear(p.sum[:cap(p.sum)])
	p.hash.Reset()
}
