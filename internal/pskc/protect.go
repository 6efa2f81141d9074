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
	public    *rsa.PublicKey
	macKey    []byte
	sealedKey []byte // the MAC key as it goes with the file
}

// check refuses what no reader should take.
func (p *Protection) check() (public *rsa.PublicKey, err error) {
	authenticates := p.Cipher.Authenticates()
	if p.Certificate != nil {
		key, ok := p.Certificate.PublicKey.(*rsa.PublicKey)
		if !ok {
			return nil, fault.Errorf(fault.NotAllowed, "the certificate's key is not RSA")
		}
		public, authenticates = key, false
	} else if err := p.Cipher.CheckKey(p.Key); err != nil {
		return nil, err
	}
	if p.MAC.hash == nil && !authenticates {
		return nil, fault.Errorf(fault.NotAllowed, "what is encrypted in this way needs a MAC (RFC 6030 section 6.1.1)")
	}
	if p.MACKey != nil && p.MACKeyName == "" {
		return nil, fault.Errorf(fault.NotAllowed, "a MAC key that is not in the file needs a name")
	}
	if p.Derivation != nil && p.Derivation.KeyLength != int64(p.Cipher.KeySize()) {
		return nil, fault.Errorf(fault.NotAllowed, "PBKDF2 makes a key of another length than %s needs", p.Cipher)
	}
	return public, nil
}

// begin checks the protection and makes a MAC key where one is needed.
func (p *Protection) begin(random io.Reader) (*protector, error) {
	public, err := p.check()
	if err != nil {
		return nil, err
	}
	out := &protector{Protection: p, public: public, macKey: p.MACKey}
	if p.MAC.hash == nil || p.MACKey != nil {
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

// write writes the children of a value: what is encrypted, and a MAC over it.
func (p *protector) write(x *xmlWriter, random io.Reader, plain []byte) error {
	data, err := p.seal(random, plain)
	if err != nil {
		return err
	}
	x.open("EncryptedValue")
	p.encryptedData(x, data)
	x.close("EncryptedValue")
	if p.MAC.hash != nil {
		x.base64("ValueMAC", p.MAC.Sum(p.macKey, data))
	}
	return nil
}

// encryptedData writes the children of an EncryptedDataType.
func (p *protector) encryptedData(x *xmlWriter, data []byte) {
	if t := p.Transport; p.public == nil {
		x.empty("xenc:EncryptionMethod", "Algorithm", p.Cipher.URI())
	} else {
		x.open("xenc:EncryptionMethod", "Algorithm", t.uri)
		if t.digestURI != "" {
			x.empty("ds:DigestMethod", "Algorithm", t.digestURI)
		}
		if t.mgfURI != "" {
			x.empty("xenc11:MGF", "Algorithm", t.mgfURI)
		}
		if len(t.label) > 0 {
			x.base64("xenc:OAEPparams", t.label)
		}
		x.close("xenc:EncryptionMethod")
	}
	x.open("xenc:CipherData")
	x.base64("xenc:CipherValue", data)
	x.close("xenc:CipherData")
}

// writeMethod writes MACMethod.
func (p *protector) writeMethod(x *xmlWriter) {
	if p.MAC.hash == nil {
		return
	}
	x.open("MACMethod", "Algorithm", p.MAC.URI())
	if p.sealedKey != nil {
		x.open("MACKey")
		p.encryptedData(x, p.sealedKey)
		x.close("MACKey")
	} else {
		x.text("MACKeyReference", p.MACKeyName)
	}
	x.close("MACMethod")
}

// writeKey writes EncryptionKey: PBKDF2's parameters as figure 7 of RFC 6030 does,
// without a namespace, or as XML Encryption 1.1 does, in its own.
func (p *Protection) writeKey(x *xmlWriter) {
	x.open("EncryptionKey")
	switch {
	case p.Certificate != nil:
		x.open("ds:X509Data")
		x.base64("ds:X509Certificate", p.Certificate.Raw)
		x.close("ds:X509Data")
	case p.Derivation != nil:
		uri, params, own := cmp.Or(p.KDF, KDFPBKDF2), "pkcs5:PBKDF2-params", ":"
		if uri == namespaceXenc11+"pbkdf2" {
			params, own = "xenc11:PBKDF2-params", "xenc11:"
		}
		x.open("xenc11:DerivedKey")
		x.open("xenc11:KeyDerivationMethod", "Algorithm", uri)
		x.open(params, "xmlns", "")
		x.open(own + "Salt")
		x.base64(own+"Specified", p.Derivation.Salt)
		x.close(own + "Salt")
		x.text(own+"IterationCount", number(p.Derivation.Iterations))
		x.text(own+"KeyLength", number(p.Derivation.KeyLength))
		x.empty(own+"PRF", "Algorithm", p.Derivation.PRF.URI())
		x.close(params)
		x.close("xenc11:KeyDerivationMethod")
		x.optional("xenc11:MasterKeyName", p.KeyName)
		x.close("xenc11:DerivedKey")
	default:
		x.text("ds:KeyName", p.KeyName)
	}
	x.close("EncryptionKey")
}
