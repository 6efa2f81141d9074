package pskc

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"io"

	"fob/internal/fault"
)

// The algorithms to write when nobody asks for others: those that RFC 6030
// section 6 recommends, because they are the ones that verifiers read. Neither
// is broken: what is wrong with SHA-1 is of no use against HMAC. Who wants
// AES-256-CBC with HMAC-SHA256, or AES-256-GCM, first looks whether the other
// side has it.
const (
	DefaultCipher = CipherAES128CBC
	DefaultMAC    = MACHMACSHA1
)

// DefaultIterations of PBKDF2 that fob writes: what MaxIterations, and other
// readers' limits, leave.
const DefaultIterations = 600_000

// Protection says how the values of a container are encrypted and authenticated
// (RFC 6030 section 6): with Cipher and Key, or with Transport and Certificate.
type Protection struct {
	Cipher  Cipher
	Key     []byte // shared before, or derived; the caller clears it
	KeyName string // how both sides call the key, or the passphrase

	Derivation *PBKDF2 // how Key was derived; nil: it was shared as it is
	KDF        string  // the URI of the derivation; empty: KDFPBKDF2

	Transport   Transport
	Certificate *x509.Certificate // of the receiver

	MAC        MAC    // a cipher that authenticates may do without
	MACKey     []byte // shared before; nil: a random one goes with the file, encrypted
	MACKeyName string // how both sides call MACKey, which must then have a name

	Numbers bool // counters and times are encrypted too
}

// ProtectWithPassphrase derives the key, with DefaultIterations of HMAC-SHA1,
// which is what every reader has, and a random salt. The caller clears Key.
func ProtectWithPassphrase(random io.Reader, c Cipher, passphrase []byte) (Protection, error) {
	prf, err := FindPRF("")
	if err != nil {
		return Protection{}, err
	}
	p := PBKDF2{Salt: make([]byte, 16), Iterations: DefaultIterations, KeyLength: int64(c.KeySize()), PRF: prf}
	if _, err := io.ReadFull(random, p.Salt); err != nil {
		return Protection{}, err
	}
	key, err := p.Derive(passphrase)
	return Protection{Cipher: c, Key: key, Derivation: &p}, err
}

// protector is a Protection at work.
type protector struct {
	*Protection
	public    *rsa.PublicKey // of Certificate
	macKey    []byte
	sealedKey []byte // the MAC key as it goes with the file
}

// begin refuses what no reader should take, and makes a MAC key where one is
// needed.
func (p *Protection) begin(random io.Reader) (out *protector, err error) {
	out = &protector{Protection: p, macKey: p.MACKey}
	isRSA := false
	if p.Certificate != nil {
		if out.public, isRSA = p.Certificate.PublicKey.(*rsa.PublicKey); !isRSA {
			return nil, fault.Errorf(fault.NotAllowed, "the certificate's key is not RSA")
		}
	} else if err := p.Cipher.CheckKey(p.Key); err != nil {
		return nil, err
	}
	switch {
	case p.MAC.hash == nil && (isRSA || !p.Cipher.Authenticates()):
		return nil, fault.Errorf(fault.NotAllowed, "what is encrypted in this way needs a MAC (RFC 6030 section 6.1.1)")
	case p.MACKey != nil && p.MACKeyName == "":
		return nil, fault.Errorf(fault.NotAllowed, "a MAC key that is not in the file needs a name")
	case p.Derivation != nil && p.Derivation.KeyLength != int64(p.Cipher.KeySize()):
		return nil, fault.Errorf(fault.NotAllowed, "PBKDF2 makes a key of another length than %s needs", p.Cipher)
	case p.MAC.hash == nil || p.MACKey != nil:
		return out, nil
	}
	out.macKey = make([]byte, p.MAC.Size())
	if _, err := io.ReadFull(random, out.macKey); err != nil {
		return nil, err
	}
	out.sealedKey, err = out.seal(random, out.macKey)
	return out, err
}

func (p *protector) clear() {
	if p.MACKey == nil {
		clear(p.macKey)
	}
}

func (p *protector) seal(random io.Reader, plain []byte) ([]byte, error) {
	if p.public != nil {
		return p.Transport.Encrypt(random, p.public, plain)
	}
	return p.Cipher.Encrypt(random, p.Key, plain)
}

// encryptedData writes the children of an EncryptedDataType.
func (p *protector) encryptedData(x *xmlWriter, data []byte) {
	if t := p.Transport; p.public == nil {
		x.empty("xenc:EncryptionMethod", "Algorithm", p.Cipher.URI())
	} else {
		x.element("xenc:EncryptionMethod", func() {
			if t.digestURI != "" {
				x.empty("ds:DigestMethod", "Algorithm", t.digestURI)
			}
			if t.mgfURI != "" {
				x.empty("xenc11:MGF", "Algorithm", t.mgfURI)
			}
			if len(t.label) > 0 {
				x.base64("xenc:OAEPparams", t.label)
			}
		}, "Algorithm", t.uri)
	}
	x.open("xenc:CipherData")
	x.base64("xenc:CipherValue", data)
	x.close("xenc:CipherData")
}

// writeHeader writes EncryptionKey and MACMethod. PBKDF2's parameters are written
// as figure 7 of RFC 6030 does, without a namespace, or as XML Encryption 1.1 does,
// in its own.
func (p *protector) writeHeader(x *xmlWriter) {
	x.element("EncryptionKey", func() {
		switch d := p.Derivation; {
		case p.Certificate != nil:
			x.element("ds:X509Data", func() { x.base64("ds:X509Certificate", p.Certificate.Raw) })
		case d == nil:
			x.text("ds:KeyName", p.KeyName)
		default:
			uri, params, own := cmp.Or(p.KDF, KDFPBKDF2), "pkcs5:PBKDF2-params", ":"
			if uri == namespaceXenc11+"pbkdf2" {
				params, own = "xenc11:PBKDF2-params", "xenc11:"
			}
			x.open("xenc11:DerivedKey")
			x.open("xenc11:KeyDerivationMethod", "Algorithm", uri)
			x.element(params, func() {
				x.element(own+"Salt", func() { x.base64(own+"Specified", d.Salt) })
				x.text(own+"IterationCount", number(d.Iterations))
				x.text(own+"KeyLength", number(d.KeyLength))
				x.empty(own+"PRF", "Algorithm", d.PRF.URI())
			}, "xmlns", "")
			x.close("xenc11:KeyDerivationMethod")
			x.optional("xenc11:MasterKeyName", p.KeyName)
			x.close("xenc11:DerivedKey")
		}
	})
	if p.MAC.hash == nil {
		return
	}
	x.element("MACMethod", func() {
		if p.sealedKey != nil {
			x.element("MACKey", func() { p.encryptedData(x, p.sealedKey) })
		} else {
			x.text("MACKeyReference", p.MACKeyName)
		}
	}, "Algorithm", p.MAC.URI())
}
