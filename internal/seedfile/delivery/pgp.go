package delivery

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// pgp undoes an OpenPGP message (RFC 9580 section 10.3), encrypted or only
// signed, armored or not.
func (w *work) pgp(src seedfile.Source, at wrapping) (kept bool, err error) {
	env, err := w.envelopes(src)
	if err != nil {
		return false, err
	}
	m := &message{work: w, src: src, env: env}
	if err := m.open(); err != nil {
		return false, err
	}
	notes := m.notes()
	at = at.within(m.layer(), notes...)
	at.signed = at.signed || m.signer != ""
	return false, w.inside(m.spool, at)
}

// message is one OpenPGP message while it is opened.
type message struct {
	*work
	src     seedfile.Source
	env     envelopes
	spool   Spooled
	byKey   bool   // opened by a private key
	issuer  string // who signed it, says the message
	signer  string // who signed it, found true
	tried   bool   // a key or passphrase was tried
	missing string // what kept a key from being tried
}

func (m *message) layer() string {
	how := "signed only"
	switch {
	case m.byKey:
		how = "private key"
	case m.env.encrypted():
		how = "passphrase"
	}
	if m.signer != "" {
		how += ", signed by " + m.signer
	}
	return "OpenPGP (" + how + ")"
}

func (m *message) notes() []fault.Text {
	if m.issuer == "" || m.signer != "" {
		return nil
	}
	return []fault.Text{fault.Textf("the OpenPGP message is signed, it says by key %s, which was not checked: %s KEY does", m.issuer, fault.SignedBy)}
}

// open tries the private keys, then the passphrases.
func (m *message) open() error {
	if !m.env.encrypted() {
		ok, err := m.attempt(nil, nil)
		if err == nil && !ok {
			err = errDamaged(m.src.Name(), "is an OpenPGP message that was cut or damaged")
		}
		return err
	}
	if ok, err := m.openByKey(); ok || err != nil {
		return err
	}
	if m.env.passwords > 0 {
		ok, tried, err := m.Keys.Unlock(fmt.Sprintf("%q", m.src.Name()), func(pass []byte) (bool, error) {
			return m.attempt(nil, pass)
		})
		m.tried = m.tried || tried
		if ok || err != nil {
			return err
		}
	}
	if m.tried {
		return errWrong(m.src.Name())
	}
	return m.missingKey()
}

func (m *message) missingKey() error {
	switch {
	case m.missing != "":
		return errMissing(m.src.Name(), "an OpenPGP message for "+m.missing, givePassphrase)
	case len(m.env.keys) == 0:
		return errMissing(m.src.Name(), "an OpenPGP message with a passphrase", givePassphrase)
	case m.env.passwords > 0:
		return errMissing(m.src.Name(), "an OpenPGP message with a passphrase, or for "+m.env.recipients(), givePassphrase+"; or "+giveKey)
	}
	return errMissing(m.src.Name(), "an OpenPGP message for "+m.env.recipients()+", and that key was not given", giveKey)
}

// openByKey tries the private keys that the message says it is for.
func (m *message) openByKey() (bool, error) {
	for _, key := range m.Keys.pgp {
		if !m.env.isFor(key.entity) {
			continue
		}
		fits, tried, err := m.unlockKey(key)
		if err != nil {
			return false, err
		}
		m.tried = m.tried || tried
		if !fits {
			if !tried {
				m.missing = fmt.Sprintf("the key in %q, which is protected by a passphrase", key.name)
			}
			continue
		}
		m.tried = true
		if ok, err := m.attempt(openpgp.EntityList{key.entity}, nil); ok || err != nil {
			m.byKey = ok
			return ok, err
		}
	}
	return false, nil
}

// unlockKey opens a private key that is protected by a passphrase.
func (m *message) unlockKey(key pgpKey) (fits, tried bool, err error) {
	if !isLocked(key.entity) {
		return true, false, nil
	}
	return m.Keys.Unlock(fmt.Sprintf("the OpenPGP key in %q", key.name), func(pass []byte) (bool, error) {
		return key.entity.DecryptPrivateKeys(pass) == nil && !isLocked(key.entity), nil
	})
}

// isLocked looks at the keys that decrypt. The first key may be missing (a
// "dummy"): gpg exports subkeys alone.
func isLocked(e *openpgp.Entity) bool {
	if len(e.Subkeys) == 0 {
		return e.PrivateKey.Encrypted
	}
	for _, sub := range e.Subkeys {
		if sub.PrivateKey != nil && sub.PrivateKey.Encrypted {
			return true
		}
	}
	return false
}

// errAsked ends the library's asking, which would go on for ever.
var errAsked = errors.New("asked before")

// attempt opens the message with private keys or one passphrase, reads it to
// its end, and only then looks at its integrity and signature. False: it does
// not open so.
//
// Each passphrase is an attempt of its own, because the library takes the first
// for right when the message itself does not say (RFC 9580 section 5.3.1).
func (m *message) attempt(private openpgp.EntityList, pass []byte) (bool, error) {
	file, err := m.src.Open()
	if err != nil {
		return false, err
	}
	defer file.Close()
	in := &input{ctx: m.ctx, from: file}
	limit := int64(MaxTotal)
	config := &packet.Config{Time: m.Now, MaxDecompressedMessageSize: &limit}
	// Signers come first: of two keys with one id the first counts.
	ring := append(append(openpgp.EntityList{}, m.Keys.signers...), private...)
	md, err := readMessage(in, ring, once(pass), config)
	if err != nil {
		return false, in.err
	}
	spool, err := m.fill(in, md.UnverifiedBody, m.src.Name(), nil)
	switch {
	case errors.Is(err, errLayer):
		return false, nil
	case err != nil:
		return false, err
	}
	if err := m.verify(md); err != nil {
		return false, errors.Join(err, spool.Close())
	}
	m.spool = spool
	return true, nil
}

func readMessage(in io.Reader, ring openpgp.KeyRing, prompt openpgp.PromptFunction, config *packet.Config) (*openpgp.MessageDetails, error) {
	body, err := dearmorPGP(in)
	if err != nil {
		return nil, err
	}
	return openpgp.ReadMessage(body, ring, prompt, config)
}

// once answers the library's question a single time.
func once(pass []byte) openpgp.PromptFunction {
	asked := pass == nil
	return func([]openpgp.Key, bool) ([]byte, error) {
		if asked {
			return nil, errAsked
		}
		asked = true
		return bytes.Clone(pass), nil
	}
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

// verify looks at the signatures, after the last byte was read. Without
// --signed-by they are remarked; with it one of them must be good and by that
// key, whoever else signed.
func (m *message) verify(md *openpgp.MessageDetails) error {
	var bad error
	for _, c := range md.SignatureCandidates {
		m.issuer = keyID(c.IssuerKeyId)
		if m.Keys.signers == nil || !m.isSigner(c.SignedByEntity) {
			continue
		}
		if c.SignatureError != nil || c.CorrespondingSig == nil || !md.IsVerified {
			bad = m.badSignature(c)
			continue
		}
		m.signer = keyID(c.IssuerKeyId)
		return nil
	}
	switch {
	case bad != nil, m.Keys.signers == nil:
		return bad
	case m.issuer != "":
		return fault.Errorf(fault.Refused, "%q is signed by key %s, which is not the one in %q", m.src.Name(), m.issuer, m.Keys.signedBy).
			WithHint("ask the supplier which key signs deliveries, by a way that no mail can forge")
	}
	return nil // perhaps a layer further in is signed
}

func (m *message) isSigner(e *openpgp.Entity) bool {
	for _, s := range m.Keys.signers {
		if e == s {
			return true
		}
	}
	return false
}

func (m *message) badSignature(c *openpgp.SignatureCandidate) error {
	why := "it is missing"
	if c.SignatureError != nil {
		why = c.SignatureError.Error()
	}
	return fault.Errorf(fault.Refused, "the signature of %q by key %s is not good: %s", m.src.Name(), keyID(c.IssuerKeyId), why).
		WithHint("the delivery was changed, or the key is out of date: ask the supplier; nothing was stored")
}

func keyID(id uint64) string { return fmt.Sprintf("%016X", id) }
