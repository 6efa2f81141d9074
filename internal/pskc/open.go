package pskc

import (
	"bytes"
	"crypto/rsa"

	"fob/internal/fault"
)

// opener opens the encrypted values of one container. The order is that of RFC
// 6030 section 6.1.1 read carefully: key, MAC key, MAC, and only then the value.
// Whatever goes wrong on the way is ErrKey, for the whole file.
type opener struct {
	h       *Header
	keys    Keys
	uri     string // of the algorithm, which is one for all values (section 6)
	way     way
	key     unlocked
	macKey  []byte
	settled bool
	plain   bool // MACs are over plain values, as in drafts and of writers that kept to them
	compat  bool
}

// way is how values are encrypted: with a cipher, or else to an RSA key.
type way struct {
	cipher    Cipher
	transport Transport
	rsa       bool
}

func (w way) String() string {
	if w.rsa {
		return w.transport.String()
	}
	return w.cipher.String()
}

// unlocked is a key that may be the right one.
type unlocked struct {
	bytes []byte
	rsa   *rsa.PrivateKey
}

// decrypt returns the plain value. Verified says that a MAC showed the key to be
// right; otherwise more of the padding of CBC is looked at.
func (w way) decrypt(k unlocked, data []byte, verified bool) ([]byte, error) {
	switch {
	case w.rsa:
		return w.transport.Decrypt(k.rsa, data)
	case verified:
		return w.cipher.Decrypt(k.bytes, data)
	}
	return w.cipher.DecryptUnverified(k.bytes, data)
}

// findWay knows the algorithm of an encrypted value. Errors are of kind Refused
// and name what fob does not have.
func (h *Header) findWay(e *encrypted) (w way, err error) {
	asymmetric := h.Encryption != nil && h.Encryption.RSA
	if w.cipher, err = FindCipher(e.uri); err == nil {
		if asymmetric {
			err = fault.Errorf(fault.Refused, "%s does not go with the certificate in <EncryptionKey>", w.cipher)
		}
		return w, err
	}
	t, no := FindTransport(e.uri)
	switch {
	case no != nil:
		return w, err
	case !asymmetric:
		return w, fault.Errorf(fault.Refused, "%s needs a certificate in <EncryptionKey>", t)
	}
	w.transport, err = t.WithOAEP(e.digest, e.mgf, e.label)
	w.rsa = true
	return w, err
}

// bytes are what is decrypted: the initialisation vector first.
func (e *encrypted) bytes() []byte {
	if len(e.iv) == 0 {
		return e.data
	}
	return append(bytes.Clone(e.iv), e.data...)
}

// open returns the plain value, which the caller clears; nil when the package has
// a problem or the reader is blind. An error is one of the whole file.
func (d *Decoder) open(in string, v *sealedValue) ([]byte, error) {
	w, err := d.header.findWay(&v.encrypted)
	if err != nil {
		d.fail(err)
		return nil, nil
	}
	if err := d.checkMethod(in, w, v); err != nil || d.problem != nil {
		return nil, err
	}
	if d.options.Blind {
		return nil, d.needKey(w)
	}
	o := &d.opener
	if !o.settled {
		o.h, o.keys, o.way, o.compat = &d.header, d.options.Keys, w, d.options.Compat
		if err := o.settle(v); err != nil {
			return nil, err
		}
		o.settled = true
	}
	if o.plain {
		d.weak[weakMACPlain]++
	}
	plain, ok := o.reveal(v, o.key, o.macKey, o.plain)
	if !ok {
		return nil, ErrKey
	}
	return plain, nil
}

// checkMethod keeps the rules about what must be authenticated. What breaks them
// is a problem of the package or, where somebody may have tampered, of the file.
func (d *Decoder) checkMethod(in string, w way, v *sealedValue) error {
	mac, e := d.header.MAC, d.header.Encryption
	if e == nil {
		e = new(Encryption)
	}
	if d.opener.uri == "" {
		d.opener.uri = v.uri
		if mac != nil && mac.key != nil {
			d.opener.uri = mac.key.uri
		}
	}
	switch {
	case mac != nil && !v.hasMAC:
		return fault.Errorf(fault.Refused, "line %d: <%s> has no ValueMAC, and the MACMethod of the container demands one", d.xml.Line(), in).
			WithHint("it may have been taken away to hide a change: fetch the delivery again, and ask the supplier")
	case mac == nil && v.hasMAC:
		d.complain("<%s> has a ValueMAC, and the container has no MACMethod that says what it is", in)
	case v.uri != d.opener.uri:
		d.complain("<%s> is encrypted with %s, other values with another algorithm; RFC 6030 section 6 has one for all", in, w)
	case v.keyName != "" && v.keyName != e.KeyName:
		d.complain("<%s> is encrypted with another key than the EncryptionKey of the container", in)
	case e.Derivation != nil && int(e.Derivation.KeyLength) != w.cipher.KeySize():
		return d.xml.Refuse("the passphrase makes a key of %d bytes, and %s has %d", e.Derivation.KeyLength, w, w.cipher.KeySize())
	case mac == nil && w.rsa:
		d.openKey++
	case mac == nil && !w.cipher.Authenticates() && !d.options.Unauthenticated:
		return d.need(fault.Unauthenticated, fault.Errorf(fault.Refused,
			"line %d: the values are encrypted with %s and have no MAC: nobody can tell whether they were changed, or whether the key is right", d.xml.Line(), w).
			WithHint("RFC 6030 section 6.1.1 demands a MAC: ask the supplier for one; %s reads the file all the same", fault.Unauthenticated))
	case mac == nil && !w.cipher.Authenticates():
		d.weak[weakNoMAC]++
	}
	return nil
}

// needKey notes what a reader that is not blind would need.
func (d *Decoder) needKey(w way) error {
	if e := d.header.Encryption; e != nil && e.Derivation != nil && !w.rsa {
		return d.need(fault.PassphraseFile, nil)
	}
	if countFiles(d.options.Keys) > 0 {
		return nil
	}
	return d.need(fault.KeyFile, nil)
}

// settle finds the key among those that the operator has: the one with which the
// first value can be verified and decrypted.
func (o *opener) settle(v *sealedValue) error {
	try := func(k unlocked) bool {
		for macKey := range o.macKeys(k) {
			for _, plain := range []bool{false, true} {
				if plain && (o.h.MAC == nil || !o.h.MAC.draft && !o.compat) {
					break
				}
				if value, ok := o.reveal(v, k, macKey, plain); ok {
					clear(value)
					o.key, o.macKey, o.plain = k, bytes.Clone(macKey), plain
					return true
				}
			}
		}
		return false
	}
	switch e := o.h.Encryption; {
	case o.way.rsa:
		return o.findRSA(try)
	case e != nil && e.Derivation != nil:
		return o.findPassphrase(try)
	}
	return o.findShared(try)
}

// reveal verifies a value and then decrypts it, in that order except for MACs
// over plain values, which there is no other way to verify.
func (o *opener) reveal(v *sealedValue, k unlocked, macKey []byte, overPlain bool) ([]byte, bool) {
	m := o.h.MAC
	verified := false
	if m != nil && !overPlain {
		if m.MAC.Verify(macKey, v.data, v.mac) != nil {
			return nil, false
		}
		verified = m.Reference == "" // else the MAC vouches for the value and not for the key
	}
	plain, err := o.way.decrypt(k, v.bytes(), verified)
	if err != nil {
		return nil, false
	}
	if m != nil && overPlain && m.MAC.Verify(macKey, plain, v.mac) != nil {
		clear(plain)
		return nil, false
	}
	return plain, true
}

// macKeys are the MAC keys that go with a key: the one encrypted with it, or all
// that the operator has if the container only names one. Without a MAC there is
// one, which is nothing.
func (o *opener) macKeys(k unlocked) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		switch m := o.h.MAC; {
		case m == nil:
			yield(nil)
		case m.key != nil:
			key, err := o.way.decrypt(k, m.key.bytes(), true) // the MAC that it is for will verify it
			if err == nil && len(key) > 0 {
				yield(key)
			}
			clear(key)
		case m.Reference != "":
			eachShared(o.keys, 0, yield)
		default:
			yield(k.bytes)
		}
	}
}
