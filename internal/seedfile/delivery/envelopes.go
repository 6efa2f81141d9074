package delivery

import (
	"encoding/binary"
	"io"
	"slices"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// envelopes is what an OpenPGP message says before its data: who can open it.
type envelopes struct {
	keys      []uint64 // key ids; 0 hides one
	any       bool     // a recipient is hidden, or named in a way fob does not read
	passwords int
	data      bool // encrypted data follows
}

func (e envelopes) encrypted() bool { return e.data || len(e.keys) > 0 || e.passwords > 0 }

func (e envelopes) recipients() string {
	var names []string
	for _, id := range e.keys {
		if id == 0 {
			names = append(names, "a key that it does not name")
		} else {
			names = append(names, "key "+keyID(id))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 4 {
		names = append(names[:4], "…")
	}
	return strings.Join(names, ", ")
}

// isFor reports whether an entity may open the message.
func (e envelopes) isFor(entity *openpgp.Entity) bool {
	if e.any {
		return true
	}
	list := openpgp.EntityList{entity}
	return slices.ContainsFunc(e.keys, func(id uint64) bool { return len(list.KeysById(id)) > 0 })
}

// envelopes reads the packets before the data, and refuses what would cost too
// much to try or has no integrity, before any key is touched.
func (w *work) envelopes(src seedfile.Source) (e envelopes, err error) {
	file, err := src.Open()
	if err != nil {
		return e, err
	}
	defer file.Close()
	in := &input{ctx: w.ctx, from: file}
	body, err := dearmorPGP(in)
	if err != nil {
		if in.err != nil {
			return e, in.err
		}
		return e, errDamaged(src.Name(), "is an OpenPGP message whose armor was cut or damaged")
	}
	front := &io.LimitedReader{R: body, N: MaxEnvelopes}
	packets := packet.NewOpaqueReader(front)
	for {
		p, err := packets.Next()
		if in.err != nil {
			return e, in.err
		}
		if p == nil {
			return e, w.noData(src.Name(), front.N == 0)
		}
		more, refused := e.add(src.Name(), p)
		switch {
		case refused != nil || !more:
			return e, refused
		case err != nil:
			return e, w.noData(src.Name(), front.N == 0)
		}
	}
}

func (w *work) noData(name string, long bool) error {
	if long {
		return fault.Errorf(fault.Refused, "%q is an OpenPGP message for too many recipients", name).
			WithHint("ask the supplier to encrypt it to you alone")
	}
	return errDamaged(name, "is an OpenPGP message that was cut or damaged")
}

// add notes one packet; more is false when it is no envelope.
func (e *envelopes) add(name string, p *packet.OpaquePacket) (more bool, err error) {
	switch p.Tag {
	case tagPublicESK:
		e.addKey(p.Contents)
	case tagPasswordESK:
		if e.passwords++; e.passwords > maxPasswords {
			return false, fault.Errorf(fault.Refused, "%q is an OpenPGP message with more than %d passphrases", name, maxPasswords).
				WithHint("ask the supplier to encrypt it with one")
		}
		return true, checkArgon(name, p.Contents)
	case tagUnprotected:
		return false, fault.Errorf(fault.Refused, "%q is an OpenPGP message without integrity protection: anybody could have changed the seeds in it", name).
			WithHint("ask the supplier to encrypt it with a program of this century: gpg does it right unless it is told not to")
	case tagProtected, tagAEAD:
		e.data = true
		return false, nil
	case tagPadding, 10: // 10 is a marker, which means nothing
	default:
		return false, nil
	}
	return true, nil
}

// addKey notes whom a session key is for (RFC 9580 section 5.1): version 3 has
// the key's id, version 6 its fingerprint, of which the id is a part.
func (e *envelopes) addKey(body []byte) {
	id := uint64(0)
	switch {
	case len(body) >= 9 && body[0] == 3:
		id = binary.BigEndian.Uint64(body[1:9])
	case len(body) >= 23 && body[0] == 6 && body[1] == 21 && body[2] == 4:
		id = binary.BigEndian.Uint64(body[15:23])
	case len(body) >= 11 && body[0] == 6 && body[1] == 33 && body[2] == 6:
		id = binary.BigEndian.Uint64(body[3:11])
	}
	e.keys = append(e.keys, id)
	e.any = e.any || id == 0
}

// checkArgon refuses a passphrase that is hashed by Argon2 with more memory or
// time than the limits (RFC 9580 sections 5.3 and 3.7.1.4): the S2K specifier
// stands at 2 in version 4, at 5 in version 6.
func checkArgon(name string, body []byte) error {
	at := 2
	if len(body) > 0 && body[0] == 6 {
		at = 5
	}
	if len(body) <= at || body[at] != 4 {
		return nil
	}
	params := body[at+1:]
	if len(params) < 19 {
		return errDamaged(name, "is an OpenPGP message that was cut or damaged")
	}
	passes, lanes, memory := params[16], params[17], params[18]
	if passes == 0 || lanes == 0 || passes > maxArgonPasses || memory > maxArgonMemory {
		return fault.Errorf(fault.Refused, "%q demands Argon2 work of %d passes over 2^%d KiB, the limit is %d over 2^%d", name, passes, memory, maxArgonPasses, maxArgonMemory).
			WithHint("ask the supplier for a message with 64 MiB, as RFC 9580 recommends, or encrypted to your key")
	}
	return nil
}
