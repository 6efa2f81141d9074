package delivery

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

// The packets of a message (RFC 9580 section 5; 10 is a marker, which means
// nothing, and 20 is GnuPG's).
const (
	tagPublicESK   = 1
	tagSignature   = 2
	tagPasswordESK = 3
	tagOnePass     = 4
	tagCompressed  = 8
	tagUnprotected = 9
	tagMarker      = 10
	tagLiteral     = 11
	tagProtected   = 18
	tagAEAD        = 20
	tagPadding     = 21
)

// isOpenPGP knows the packets that a message begins with (RFC 9580 section
// 10.3): a session key for a key or a passphrase, encrypted data, or, when it is
// only signed, a signature or compressed data. A letter with an accent in an old
// code page looks like one of their headers, so that what follows has to fit too.
func isOpenPGP(b []byte) bool {
	if len(b) < 8 || b[0] < 0x80 || utf8.Valid(b[:min(len(b), 64)]) {
		return false
	}
	tag, body, size, ok := packetHeader(b)
	if !ok || len(body) < 2 {
		return false
	}
	// Of so many random bytes several are controls, which a text does not have.
	controls := slices.ContainsFunc(b, func(c byte) bool { return c < ' ' && strings.IndexByte("\t\n\r\f", c) < 0 })
	switch tag {
	case tagPublicESK, tagPasswordESK, tagSignature, tagOnePass:
		return body[0] >= 2 && body[0] <= 6 && followed(tag, body, size)
	case tagCompressed:
		return controls && compressed(body)
	case tagProtected:
		return body[0] == 1 || body[0] == 2
	case tagAEAD:
		return body[0] == 1
	}
	return tag == tagUnprotected && controls
}

// followed reports whether a packet that says how long it is has a length that such
// packets have, and another packet behind it, as far as that is in sight: a random
// binary file has the first byte of one once in ten times.
func followed(tag byte, body []byte, size int) bool {
	switch {
	case size < 0:
		return tag == tagSignature // in parts, or to the end
	case size < 4 || size > 20_000:
		return false
	case size == len(body):
		return true // a message that was cut there, which the reader says
	case size > len(body):
		return size <= headSize/2 || tag == tagSignature // the file was cut, or it is signed at length
	}
	next, _, _, ok := packetHeader(body[size:])
	return ok && body[size] >= 0x80 && slices.Contains([]byte{tagPublicESK, tagSignature, tagPasswordESK, tagOnePass, tagCompressed, tagUnprotected, tagMarker,
		tagLiteral, tagProtected, tagAEAD, tagPadding}, next)
}

// compressed reports whether what follows begins as its algorithm has it: a packet, a
// deflated block, the headers of zlib or bzip2.
func compressed(body []byte) bool {
	switch body[0] {
	case 0:
		return body[1] >= 0x80
	case 1:
		return body[1]>>1&3 != 3 // a block of the reserved type is none
	case 2:
		return body[1]&0x0F == 8
	case 3:
		return body[1] == 'B'
	}
	return false
}

// packetHeader parts a packet's type from its body (RFC 9580 section 4.2), and says how
// long that is; -1: it does not tell.
func packetHeader(b []byte) (tag byte, body []byte, size int, ok bool) {
	if len(b) < 2 {
		return 0, nil, 0, false
	}
	tag = b[0] & 0x3F
	length, first := 1, int(b[1])
	size = first
	switch {
	case b[0]&0x40 == 0: // the old form
		tag >>= 2
		length = []int{1, 2, 4, 0}[b[0]&3]
	case first >= 192 && first < 224:
		length = 2
	case first == 255:
		length = 5
	case first >= 224:
		size = -1
	}
	if len(b) < 1+length {
		return 0, nil, 0, false
	}
	switch {
	case length == 0:
		size = -1
	case b[0]&0x40 == 0 && length == 2:
		size = int(binary.BigEndian.Uint16(b[1:]))
	case b[0]&0x40 == 0 && length == 4:
		size = int(binary.BigEndian.Uint32(b[1:]))
	case b[0]&0x40 != 0 && length == 2:
		size = (first-192)<<8 + int(b[2]) + 192
	case length == 5:
		size = int(binary.BigEndian.Uint32(b[2:]))
	}
	return tag, b[1+length:], size, true
}

// dearmorPGP takes the armor off, if there is any (RFC 9580 section 6.2).
func dearmorPGP(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, headSize)
	head, _ := in.Peek(headSize) // an error comes again with the first Read
	if !startsLine(head, pgpArmor) {
		return in, nil
	}
	if hasPrefix(head, "\ufeff") {
		_, _ = in.Discard(len("\ufeff"))
	}
	block, err := armor.Decode(in)
	if err != nil {
		return nil, err
	}
	return block.Body, nil
}

func keyID(id uint64) string { return fmt.Sprintf("%016X", id) }
