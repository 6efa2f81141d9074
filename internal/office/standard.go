package office

import (
	"bytes"
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"io"
)

// standard is the encryption of Office 2007 (MS-OFFCRYPTO sections 2.3.4.5 to
// 2.3.4.9), which some programs still write: AES in ECB, without a MAC.
type standard struct {
	bits           int
	salt           []byte
	verifier, want []byte // encrypted
	key            []byte // once unlocked
}

// standardSpin is the number of rounds, which the format fixes.
const standardSpin = 50000

// readStandard reads the header, whose size comes first, and the verifier behind
// it.
func readStandard(name string, info []byte) (lock, error) {
	damaged := Damaged(name)
	size := uint64(binary.LittleEndian.Uint32(info))
	if info = info[4:]; size < 32 || uint64(len(info)) < size+72 {
		return nil, damaged
	}
	header, rest := info[:size], info[size:]
	algorithm, bits := binary.LittleEndian.Uint32(header[8:]), int(binary.LittleEndian.Uint32(header[16:]))
	known := map[uint32]int{0x660E: 128, 0x660F: 192, 0x6610: 256}
	if known[algorithm] != bits || bits == 0 {
		return nil, strange(name, "by RC4 or a cipher that it does not name")
	}
	if binary.LittleEndian.Uint32(rest) != 16 {
		return nil, damaged
	}
	return &standard{bits: bits, salt: rest[4:20], verifier: rest[20:36], want: rest[40:72]}, nil
}

func (s *standard) name() string { return fmt.Sprintf("AES-%d in ECB", s.bits) }

func (s *standard) verifies() bool { return false }

func (s *standard) unlock(pass []byte) bool {
	text := utf16le(pass)
	if text == nil {
		return false
	}
	defer clear(text)
	h := digest(sha1.New, s.salt, text)
	var n [4]byte
	for i := range standardSpin {
		binary.LittleEndian.PutUint32(n[:], uint32(i))
		h = digest(sha1.New, n[:], h)
	}
	binary.LittleEndian.PutUint32(n[:], 0)
	h = digest(sha1.New, h, n[:])
	derived := append(digest(sha1.New, mask(h, 0x36)), digest(sha1.New, mask(h, 0x5c))...)
	s.key = derived[:s.bits/8]
	got, want := digest(sha1.New, s.decrypt(s.verifier)), s.decrypt(s.want)
	return hmac.Equal(got, want[:len(got)])
}

// mask fills 64 bytes with one and lays the hash over them (section 2.3.4.7).
func mask(h []byte, with byte) []byte {
	b := bytes.Repeat([]byte{with}, 64)
	for i := range h {
		b[i] ^= h[i]
	}
	return b
}

// decrypt is ECB, as the format has it.
func (s *standard) decrypt(data []byte) []byte {
	block := blockOf(s.key)
	out := make([]byte, len(data))
	for i := 0; i+aes.BlockSize <= len(data); i += aes.BlockSize {
		block.Decrypt(out[i:], data[i:])
	}
	return out
}

func (s *standard) open(pack io.Reader) io.Reader {
	return &pieces{next: (&standardReader{standard: s, in: pack}).next}
}

type standardReader struct {
	*standard
	in    io.Reader
	begun bool
	left  uint64
}

func (r *standardReader) next() ([]byte, error) {
	if !r.begun {
		r.begun = true
		var size [8]byte
		if _, err := io.ReadFull(r.in, size[:]); err != nil {
			return nil, errCut
		}
		r.left = binary.LittleEndian.Uint64(size[:])
	}
	if r.left == 0 {
		return nil, io.EOF
	}
	buf := make([]byte, agileSegment)
	n, err := io.ReadFull(r.in, buf)
	if err != nil && err != io.ErrUnexpectedEOF || n < aes.BlockSize {
		return nil, errCut
	}
	plain := r.decrypt(buf[:n&^(aes.BlockSize-1)])
	plain = plain[:min(uint64(len(plain)), r.left)]
	r.left -= uint64(len(plain))
	return plain, nil
}
