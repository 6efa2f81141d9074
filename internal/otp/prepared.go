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
// nothing is allocated. Each block is padded here and handed over whole, and the
// digest read out of the state: Sum copies and pads, which took longer than the
// hashing. The blocks are the standard library's: a block function of our own
// took three times as long, since it has the processor's SHA instructions.
// Values that only this path found are confirmed by generator.
type prepared struct {
	hash         resumable
	pad          []byte // the key's block
	inner, outer []byte // states behind the pads
	message      []byte // the inner hash's last block, made but for the counter
	digest       []byte // the outer hash's last block, made but for the inner digest
	state        []byte
	size         int // of a digest
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
	block, size := with.BlockSize(), with.Size()
	return &prepared{hash: with.(resumable), pad: make([]byte, block), size: size,
		message: lastBlock(block, counterSize), digest: lastBlock(block, size)}
}

const (
	counterSize = 8
	// stateMagic is how long the name is with which the standard library begins
	// the state of a hash; the digest so far follows it. FuzzFinder would see it
	// change.
	stateMagic = 4
)

// lastBlock is the block that ends a hash of one block and size bytes, padded as
// FIPS 180-4 section 5.1 says, with zeros where those bytes go.
func lastBlock(block, size int) []byte {
	b := make([]byte, block)
	b[size] = 0x80
	binary.BigEndian.PutUint64(b[block-8:], uint64(8*(block+size)))
	return b
}

// The bytes that RFC 2104 section 2 pads the key with.
const innerPad, outerPad = 0x36, 0x5c

// take makes a seed the key. It is called before value.
func (p *prepared) take(seed token.Seed) (err error) {
	key := seed.Bytes()
	if len(key) > len(p.pad) { // section 2: a longer key is hashed first
		p.hash.Reset()
		_, _ = p.hash.Write(key) // a hash never fails
		p.state = p.hash.Sum(p.state[:0])
		key = p.state
	}
	if p.inner, err = p.begin(key, innerPad, p.inner[:0]); err != nil {
		return err
	}
	p.outer, err = p.begin(key, outerPad, p.outer[:0])
	return err
}

// begin returns the state behind one padded key.
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
	binary.BigEndian.PutUint64(p.message, uint64(step))
	inner, err := p.end(p.inner, p.message)
	if err != nil {
		return 0, err
	}
	copy(p.digest, inner)
	sum, err := p.end(p.outer, p.digest)
	if err != nil {
		return 0, err
	}
	at := sum[len(sum)-1] & 0xf
	return uint64(binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff), nil
}

// end returns the digest behind a state and one block more.
func (p *prepared) end(state, block []byte) (digest []byte, err error) {
	if err := p.hash.UnmarshalBinary(state); err != nil {
		return nil, err
	}
	_, _ = p.hash.Write(block)
	p.state, err = p.hash.AppendBinary(p.state[:0])
	return p.state[stateMagic : stateMagic+p.size], err
}

// clear forgets the seed.
func (p *prepared) clear() {
	clear(p.pad)
	clear(p.inner)
	clear(p.outer)
	clear(p.digest[:p.size])
	clear(p.state[:cap(p.state)])
	p.hash.Reset()
}
