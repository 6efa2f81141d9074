package delivery

import (
	"bytes"
	"unicode/utf8"

	"fob/internal/office"
	"fob/internal/seedfile"
)

// layer undoes one kind of wrapping. It reports whether it kept the file as it is
// after all.
type layer func(w *work, src seedfile.Source, at wrapping) (kept bool, err error)

const (
	ageMagic = "age-encryption.org/"
	ageArmor = "-----BEGIN AGE ENCRYPTED FILE-----"
	pgpArmor = "-----BEGIN PGP MESSAGE-----"
)

// recognise finds the layer that a file begins with; nil for none.
func recognise(head []byte) layer {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	switch {
	case hasPrefix(head, "PK\x03\x04"), hasPrefix(head, "PK\x05\x06"), hasPrefix(head, "PK\x07\x08PK"), hasPrefix(head, "PK00PK"):
		return (*work).zip
	case hasPrefix(head, "\x1F\x8B"):
		return (*work).gzip
	case hasPrefix(head, office.Magic):
		return (*work).office
	case hasPrefix(head, ageMagic), hasPrefix(text, ageArmor):
		return (*work).age
	case startsLine(head, pgpArmor), isOpenPGP(head):
		return (*work).pgp
	}
	return nil
}

func hasPrefix(b []byte, p string) bool { return bytes.HasPrefix(b, []byte(p)) }

// startsLine finds a line that begins so, whatever text stands above it: a
// message pasted out of a mail has such.
func startsLine(b []byte, p string) bool {
	return hasPrefix(b, p) || bytes.Contains(b, []byte("\n"+p)) || hasPrefix(b, "\ufeff"+p)
}

// isOpenPGP knows the packets that a message begins with (RFC 9580 section
// 10.3): a session key for a key (1) or a passphrase (3), encrypted data (9, 18,
// 20), or, when it is only signed, a signature (2, 4) or compressed data (8). A
// letter with an accent in an old code page looks like one of their headers, so
// that what follows has to fit too.
func isOpenPGP(b []byte) bool {
	if len(b) < 8 || b[0] < 0x80 || utf8.Valid(b[:min(len(b), 64)]) {
		return false
	}
	tag, body, ok := packetHeader(b)
	if !ok || len(body) < 2 {
		return false
	}
	switch tag {
	case tagPublicESK, tagPasswordESK, tagSignature, tagOnePass:
		return body[0] >= 2 && body[0] <= 6
	case tagCompressed:
		return body[0] <= 3 && hasControls(b)
	case tagProtected:
		return body[0] == 1 || body[0] == 2
	case tagAEAD:
		return body[0] == 1
	case tagUnprotected:
		return hasControls(b)
	}
	return false
}

// The packets of a message (RFC 9580 section 5; 20 is GnuPG's).
const (
	tagPublicESK   = 1
	tagSignature   = 2
	tagPasswordESK = 3
	tagOnePass     = 4
	tagCompressed  = 8
	tagUnprotected = 9
	tagProtected   = 18
	tagAEAD        = 20
	tagPadding     = 21
)

// packetHeader parts a packet's type from its body (RFC 9580 section 4.2).
func packetHeader(b []byte) (tag byte, body []byte, ok bool) {
	tag = b[0] & 0x3F
	length := 1
	if b[0]&0x40 == 0 { // the old form
		tag >>= 2
		length = []int{1, 2, 4, 0}[b[0]&3]
	} else {
		switch first := b[1]; {
		case first >= 192 && first < 224:
			length = 2
		case first == 255:
			length = 5
		}
	}
	if len(b) < 1+length {
		return 0, nil, false
	}
	return tag, b[1+length:], true
}

// hasControls tells data from text: of so many random bytes several are controls.
func hasControls(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' {
			return true
		}
	}
	return false
}
