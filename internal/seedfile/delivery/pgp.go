package delivery

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// message is one OpenPGP message while it is opened.
type message struct {
	*work
	src    seedfile.Source
	name   string
	issuer string // who signed it, says the message
	signer string // who signed it, found true

	// What it says before its data: who can open it.
	keys      []uint64 // key ids; 0 hides one
	anyKey    bool     // a recipient is hidden, or named in a way fob does not read
	passwords int
	encrypted bool
}

// pgp undoes an OpenPGP message (RFC 9580 section 10.3), encrypted or only
// signed, armored or not. It tries the private keys, then the passphrases.
func (w *work) pgp(src seedfile.Source, at wrapping) error {
	m := &message{work: w, src: src, name: src.Name()}
	if err := m.readEnvelopes(); err != nil {
		return err
	}
	var spool Spooled
	var err error
	how := "signed only"
	if m.encrypted {
		spool, how, err = m.decrypt()
	} else if spool, err = m.attempt(nil, nil); errors.Is(err, errLayer) {
		err = m.damaged()
	}
	if err != nil {
		return err
	}
	var notes []fault.Text
	switch {
	case m.signer != "":
		how += ", signed by " + m.signer
		at.signed = true
	case m.issuer != "":
		notes = append(notes, fault.Textf("the OpenPGP message is signed, it says by key %s, which was not checked: %s KEY does", m.issuer, fault.SignedBy))
	}
	return w.inside(spool, at.within("OpenPGP ("+how+")", notes...))
}

func (m *message) damaged() error {
	return errDamaged(m.name, "is an OpenPGP message that was cut or damaged")
}

// readEnvelopes reads the packets before the data, and refuses what would cost too
// much to try or has no integrity, before any key is touched.
func (m *message) readEnvelopes() error {
	in, err := m.read(m.src)
	if err != nil {
		return err
	}
	defer in.Close()
	body, err := dearmorPGP(in)
	switch {
	case in.err != nil:
		return in.err
	case err != nil:
		return errDamaged(m.name, "is an OpenPGP message whose armor was cut or damaged")
	}
	front := &io.LimitedReader{R: body, N: MaxEnvelopes}
	packets := packet.NewOpaqueReader(front)
	for {
		p, err := packets.Next()
		if in.err != nil {
			return in.err
		}
		if p != nil {
			if more, refused := m.addEnvelope(p); !more || refused != nil {
				return refused
			}
		}
		if p == nil || err != nil {
			if front.N == 0 {
				return fault.Errorf(fault.Refused, "%q is an OpenPGP message for too many recipients", m.name).
					WithHint("ask the supplier to encrypt it to you alone")
			}
			return m.damaged()
		}
	}
}

// addEnvelope notes one packet; more is false when it is no envelope.
func (m *message) addEnvelope(p *packet.OpaquePacket) (more bool, err error) {
	switch p.Tag {
	case tagPublicESK:
		m.addKey(p.Contents)
		m.encrypted = true
	case tagPasswordESK:
		m.encrypted = true
		if m.passwords++; m.passwords > maxPasswords {
			return false, fault.Errorf(fault.Refused, "%q is an OpenPGP message with more than %d passphrases", m.name, maxPasswords).
				WithHint("ask the supplier to encrypt it with one")
		}
		return true, m.checkArgon(p.Contents)
	case tagUnprotected:
		return false, fault.Errorf(fault.Refused, "%q is an OpenPGP message without integrity protection: anybody could have changed the seeds in it", m.name).
			WithHint("ask the supplier to encrypt it with a program of this century: gpg does it right unless it is told not to")
	case tagProtected, tagAEAD:
		m.encrypted = true
		return false, nil
	case tagPadding, tagMarker:
	default:
		return false, nil
	}
	return true, nil
}

// addKey notes whom a session key is for (RFC 9580 section 5.1): version 3 has
// the key's id, version 6 its fingerprint, of which the id is a part.
func (m *message) addKey(body []byte) {
	id := uint64(0)
	switch {
	case len(body) >= 9 && body[0] == 3:
		id = binary.BigEndian.Uint64(body[1:9])
	case len(body) >= 23 && body[0] == 6 && body[1] == 21 && body[2] == 4:
		id = binary.BigEndian.Uint64(body[15:23])
	case len(body) >= 11 && body[0] == 6 && body[1] == 33 && body[2] == 6:
		id = binary.BigEndian.Uint64(body[3:11])
	}
	m.keys = append(m.keys, id)
	m.anyKey = m.anyKey || id == 0
}

// checkArgon refuses a passphrase that is hashed by Argon2 with more memory or
// time than the limits (RFC 9580 sections 5.3 and 3.7.1.4): the S2K specifier
// stands at 2 in version 4, at 5 in version 6.
func (m *message) checkArgon(body []byte) error {
	at := 2
	if len(body) > 0 && body[0] == 6 {
		at = 5
	}
	if len(body) <= at || body[at] != 4 {
		return nil
	}
	params := body[at+1:]
	if len(params) < 19 {
		return m.damaged()
	}
	passes, lanes, memory := params[16], params[17], params[18]
	if passes == 0 || lanes == 0 || passes > maxArgonPasses || memory > maxArgonMemory {
		return fault.Errorf(fault.Refused, "%q demands Argon2 work of %d passes over 2^%d KiB, the limit is %d over 2^%d", m.name, passes, memory, maxArgonPasses, maxArgonMemory).
			WithHint("ask the supplier for a message with 64 MiB, as RFC 9580 recommends, or encrypted to your key")
	}
	return nil
}

// recipients names the keys that can open the message.
func (m *message) recipients() string {
	var names []string
	for _, id := range m.keys {
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

// decrypt tries the private keys that the message says it is for, then the
// passphrases, and says what opened it.
func (m *message) decrypt() (spool Spooled, how string, err error) {
	tried, locked := false, ""
	for _, key := range m.Keys.pgp {
		list := openpgp.EntityList{key.entity}
		if !m.anyKey && !slices.ContainsFunc(m.keys, func(id uint64) bool { return len(list.KeysById(id)) > 0 }) {
			continue
		}
		if isLocked(key.entity) {
			fits, asked, err := m.Keys.Unlock(fmt.Sprintf("the OpenPGP key in %q", key.name), func(pass []byte) (bool, error) {
				return key.entity.DecryptPrivateKeys(pass) == nil && !isLocked(key.entity), nil
			})
			if err != nil {
				return nil, "", err
			}
			if !asked {
				locked = key.name
			}
			if tried = tried || asked; !fits {
				continue
			}
		}
		tried = true
		if spool, err = m.attempt(list, nil); !errors.Is(err, errLayer) {
			return spool, "private key", err
		}
	}
	if m.passwords > 0 {
		fits, asked, err := m.Keys.Unlock(fmt.Sprintf("%q", m.name), func(pass []byte) (bool, error) {
			spool, err = m.attempt(nil, pass)
			return opens(err)
		})
		if fits || err != nil {
			return spool, "passphrase", err
		}
		tried = tried || asked
	}
	switch {
	case tried:
		err = errWrong(m.name)
	case locked != "":
		err = errMissing(m.name, fmt.Sprintf("an OpenPGP message for the key in %q, which is protected by a passphrase", locked), givePassphrase)
	case len(m.keys) == 0:
		err = errMissing(m.name, "an OpenPGP message with a passphrase", givePassphrase)
	case m.passwords > 0:
		err = errMissing(m.name, "an OpenPGP message with a passphrase, or for "+m.recipients(), fault.Textf("%s; or %s", givePassphrase, giveKey))
	default:
		err = errMissing(m.name, "an OpenPGP message for "+m.recipients()+", and that key was not given", giveKey)
	}
	return nil, "", err
}

// isLocked looks at the keys that decrypt. The first key may be missing (a
// "dummy"): gpg exports subkeys alone.
func isLocked(e *openpgp.Entity) bool {
	if len(e.Subkeys) == 0 {
		return e.PrivateKey.Encrypted
	}
	return slices.ContainsFunc(e.Subkeys, func(sub openpgp.Subkey) bool { return sub.PrivateKey != nil && sub.PrivateKey.Encrypted })
}

// errAsked ends the library's asking, which would go on for ever.
var errAsked = errors.New("asked before")

// attempt opens the message with private keys or one passphrase, reads it to
// its end, and only then looks at its integrity and signature. The error is
// errLayer where it does not open so.
//
// Each passphrase is an attempt of its own, because the library takes the first
// for right when the message itself does not say (RFC 9580 section 5.3.1).
func (m *message) attempt(private openpgp.EntityList, pass []byte) (Spooled, error) {
	in, err := m.read(m.src)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	limit := int64(MaxTotal)
	config := &packet.Config{Time: m.Now, MaxDecompressedMessageSize: &limit}
	// Signers come first: of two keys with one id the first counts.
	ring := append(append(openpgp.EntityList{}, m.Keys.signers...), private...)
	asked := pass == nil
	prompt := func([]openpgp.Key, bool) ([]byte, error) {
		if asked {
			return nil, errAsked
		}
		asked = true
		return bytes.Clone(pass), nil
	}
	var md *openpgp.MessageDetails
	body, err := dearmorPGP(in)
	if err == nil {
		md, err = openpgp.ReadMessage(body, ring, prompt, config)
	}
	switch {
	case in.err != nil:
		return nil, in.err
	case err != nil:
		return nil, errLayer
	}
	spool, err := m.fill(in, md.UnverifiedBody, m.name, 0)
	if err != nil {
		return nil, err
	}
	if err := m.verify(md); err != nil {
		_ = spool.Close() // the first error counts
		return nil, err
	}
	return spool, nil
}

// verify looks at the signatures, after the last byte was read. Without
// a signer named they are remarked; with one named one of them must be good and by
// that key, whatever else is signed.
func (m *message) verify(md *openpgp.MessageDetails) error {
	var bad error
	for _, c := range md.SignatureCandidates {
		m.issuer = keyID(c.IssuerKeyId)
		if !slices.Contains(m.Keys.signers, c.SignedByEntity) {
			continue
		}
		if c.SignatureError == nil && c.CorrespondingSig != nil && md.IsVerified {
			m.signer = m.issuer
			return nil
		}
		why := "it is missing"
		if c.SignatureError != nil {
			why = c.SignatureError.Error()
		}
		bad = fault.Errorf(fault.Refused, "the signature of %q by key %s is not good: %s", m.name, m.issuer, why).
			WithHint("the delivery was changed, or the key is out of date: ask the supplier; nothing was stored")
	}
	if bad == nil && m.Keys.signers != nil && m.issuer != "" {
		return fault.Errorf(fault.Refused, "%q is signed by key %s, which is not the one in %q", m.name, m.issuer, m.Keys.signedBy).
			WithHint("ask the supplier which key signs deliveries, by a way that no mail can forge")
	}
	return bad // without a signature perhaps a layer further in has one
}
