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
	keys    Keys
	uri     string // of the algorithm, which is one for all values (section 6)
	way     way
	key     unlocked
	macKey  []byte
	settled bool
	plain   bool // of drafts: MACs are over plain values
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

// decrypt gives the plain value. Verified tells that a MAC showed the key to be
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
			return w, fault.Errorf(fault.Refused, "%s does not go with the certificate in <EncryptionKey>", w.cipher)
		}
		return w, nil
	}
	t, no := FindTransport(e.uri)
	if no != nil {
		return w, err
	}
	if !asymmetric {
		return w, fault.Errorf(fault.Refused, "%s needs a certificate in <EncryptionKey>", t)
	}
	w.transport, err = t.WithOAEP(e.digest, e.mgf, e.label)
	w.rsa = true
	return w, err
}

// sealedValue is an encrypted value with its MAC.
type sealedValue struct {
	encrypted
	mac    []byte
	hasMAC bool
}

// bytes are what is decrypted: the initialisation vector first.
func (e *encrypted) bytes() []byte {
	if len(e.iv) == 0 {
		return e.data
	}
	return append(bytes.Clone(e.iv), e.data...)
}

// open gives the plain value, which the caller clears; nil when the package has
// a problem or the reader is blind. An error is one of the whole file.
func (d *Decoder) open(in string, v *sealedValue) ([]byte, error) {
	w, err := d.header.findWay(&v.encrypted)
	if err != nil {
		d.fail(err)
		return nil, nil
	}
	if err := d.checkMethod(in, w, v); err != nil || d.packaged.Problem != nil {
		return nil, err
	}
	if d.options.Blind {
		return nil, d.needKey(w)
	}
	o := &d.opener
	if !o.settled {
		o.keys, o.way = d.options.Keys, w
		if err := o.settle(&d.header, v); err != nil {
			return nil, err
		}
		o.settled = true
	}
	if o.plain {
		d.weak[weakMACPlain]++
	}
	plain, ok := o.reveal(&d.header, v, o.key, o.macKey, o.plain)
	if !ok {
		return nil, ErrKey
	}
	return plain, nil
}

// checkMethod keeps the rules about what must be authenticated. What breaks them
// is a problem of the package or, where somebody may have tampered, of the file.
func (d *Decoder) checkMethod(in string, w way, v *sealedValue) error {
	h := &d.header
	macKeyURI := v.uri
	if h.MAC != nil && h.MAC.key != nil {
		macKeyURI = h.MAC.key.uri
	}
	if d.opener.uri == "" {
		d.opener.uri = macKeyURI
	}
	name := ""
	if h.Encryption != nil {
		name = h.Encryption.KeyName
	}
	switch {
	case h.MAC != nil && !v.hasMAC:
		return fault.Errorf(fault.Refused, "line %d: <%s> has no ValueMAC, and the MACMethod of the container demands one", d.scan.line(), in).
			WithHint("it may have been taken away to hide a change: fetch the delivery again, and ask the supplier")
	case h.MAC == nil && v.hasMAC:
		d.complain("<%s> has a ValueMAC, and the container has no MACMethod that says what it is", in)
	case v.uri != d.opener.uri:
		d.complain("<%s> is encrypted with %s, other values with another algorithm; RFC 6030 section 6 has one for all", in, w)
	case v.keyName != "" && v.keyName != name:
		d.complain("<%s> is encrypted with another key than the EncryptionKey of the container", in)
	case h.Encryption != nil && h.Encryption.Derivation != nil && int(h.Encryption.Derivation.KeyLength) != w.cipher.KeySize():
		return fault.Errorf(fault.Refused, "line %d: the passphrase makes a key of %d bytes, and %s has %d", d.scan.line(),
			h.Encryption.Derivation.KeyLength, w, w.cipher.KeySize()).WithHint(fetchAgain)
	case h.MAC == nil && w.rsa:
		d.openKey++
	case h.MAC == nil && !w.cipher.Authenticates():
		return d.unauthenticated(w)
	}
	return nil
}

// needKey notes what a reader that is not blind would need.
func (d *Decoder) needKey(w way) error {
	e := d.header.Encryption
	if e != nil && e.Derivation != nil && !w.rsa {
		return d.need(NeedError{Field: fault.PassphraseFile})
	}
	if d.options.Keys != nil {
		for range d.options.Keys.KeyFiles() {
			return nil
		}
	}
	return d.need(NeedError{Field: fault.KeyFile})
}

// unauthenticated is for CBC without a MAC.
func (d *Decoder) unauthenticated(w way) error {
	if !d.options.Unauthenticated {
		return d.need(NeedError{fault.Unauthenticated, fault.Errorf(fault.Refused,
			"line %d: the values are encrypted with %s and have no MAC: nobody can tell whether they were changed, or whether the key is right", d.scan.line(), w).
			WithHint("RFC 6030 section 6.1.1 demands a MAC: ask the supplier for one; --allow-unauthenticated reads the file all the same")})
	}
	d.noMAC++
	return nil
}

// settle finds the key among those that the operator has: the one with which the
// first value can be verified and decrypted.
func (o *opener) settle(h *Header, v *sealedValue) error {
	try := func(k unlocked) bool {
		for macKey := range o.macKeys(h, k) {
			for _, plain := range []bool{false, true} {
				if plain && (h.MAC == nil || !h.MAC.draft) {
					break
				}
				if value, ok := o.reveal(h, v, k, macKey, plain); ok {
					clear(value)
					o.key, o.macKey, o.plain = k, bytes.Clone(macKey), plain
					return true
				}
			}
		}
		return false
	}
	switch e := h.Encryption; {
	case o.way.rsa:
		return o.findRSA(h, try)
	case e != nil && e.Derivation != nil:
		return o.findPassphrase(h, try)
	}
	return o.findShared(h, try)
}

// reveal verifies a value and then decrypts it, in that order except for MACs
// over plain values, which there is no other way to verify.
func (o *opener) reveal(h *Header, v *sealedValue, k unlocked, macKey []byte, overPlain bool) ([]byte, bool) {
	data := v.bytes()
	verified := false
	if h.MAC != nil && !overPlain {
		if h.MAC.MAC.Verify(macKey, v.data, v.mac) != nil {
			return nil, false
		}
		verified = h.MAC.Reference == "" // else the MAC vouches for the value and not for the key
	}
	plain, err := o.way.decrypt(k, data, verified)
	if err != nil {
		return nil, false
	}
	if h.MAC != nil && overPlain && h.MAC.MAC.Verify(macKey, plain, v.mac) != nil {
		clear(plain)
		return nil, false
	}
	return plain, true
}

// macKeys gives the MAC keys that go with a key: the one encrypted with it, or
// all that the operator has if the container only names one. Without a MAC there
// is one, which is nothing.
func (o *opener) macKeys(h *Header, k unlocked) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		switch m := h.MAC; {
		case m == nil:
			yield(nil)
		case m.key != nil:
			key, err := o.way.decrypt(k, m.key.bytes(), true) // the MAC that it is for will verify it
			if err == nil && len(key) > 0 {
				yield(key)
			}
			clear(key)
		case m.Reference != "":
			o.eachShared(0, yield)
		default:
			yield(k.bytes)
		}
	}
}
