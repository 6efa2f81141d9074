package pskc

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/x509"
	"hash"
	"io"
	"slices"
	"sync"

	"fob/internal/fault"
	"fob/internal/xmlstream"
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

// The prefixes of the other namespaces in what fob writes. PBKDF2's parameters
// have no namespace inside (RFC 6030 figure 7).
const xmlnsOfProtection = ` xmlns:ds="` + namespaceDS + `" xmlns:xenc="` + namespaceXenc +
	`" xmlns:xenc11="` + namespaceXenc11 + `" xmlns:pkcs5="` + namespacePKCS5 + `"`

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

// ProtectWithKey takes what a key file holds, however it is written there, if that is
// a key of one of the sizes. 16 bytes are for AES-128-CBC with HMAC-SHA1, which all
// readers have; longer ones for AES-CBC with HMAC-SHA256. The caller clears Key.
func ProtectWithKey(data []byte, sizes []int) (p Protection, ok bool, err error) {
	for _, key := range sharedForms(data) {
		if !slices.Contains(sizes, len(key)) {
			continue
		}
		p.Key, p.KeyName = bytes.Clone(key), "fob"
		for _, c := range ciphers {
			if c.mode == &modeCBC && c.keySize == len(key) && c.blockSize == aes.BlockSize {
				p.Cipher = c
			}
		}
		mac := DefaultMAC
		if len(key) > 16 {
			mac = MACHMACSHA256
		}
		p.MAC, err = FindMAC(mac)
		return p, true, err
	}
	return p, false, nil
}

// protector is a Protection at work. What is made of its keys is made once: for each
// value anew it took a third of the time. Several goroutines may use it.
type protector struct {
	*Protection
	random    io.Reader
	public    *rsa.PublicKey // of Certificate
	block     cipher.Block   // of Key
	macKey    []byte
	macs      sync.Pool // of hash.Hash
	sealedKey []byte    // the MAC key as it goes with the file
	method    string    // the element that names Cipher or Transport, the same for every value
}

// oneByOne is a source of chance that may be no good for several at a time.
type oneByOne struct {
	mu sync.Mutex
	of io.Reader
}

// Read reads.
func (r *oneByOne) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of.Read(b)
}

// begin refuses what no reader should take, and makes a MAC key where one is
// needed.
func (p *Protection) begin(random io.Reader) (out *protector, err error) {
	out = &protector{Protection: p, random: &oneByOne{of: random}, macKey: p.MACKey}
	out.macs.New = func() any { return hmac.New(p.MAC.hash, out.macKey) }
	isRSA := false
	if p.Certificate != nil {
		if out.public, isRSA = p.Certificate.PublicKey.(*rsa.PublicKey); !isRSA {
			return nil, fault.Errorf(fault.NotAllowed, "the certificate's key is not RSA")
		}
	} else if err := p.Cipher.CheckKey(p.Key); err != nil {
		return nil, err
	} else if out.block, err = p.Cipher.block(p.Key); err != nil {
		return nil, err
	}
	out.method = out.methodElement()
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
	out.sealedKey, err = out.seal(out.macKey)
	return out, err
}

func (p *protector) clear() {
	if p.MACKey == nil {
		clear(p.macKey)
	}
}

func (p *protector) seal(plain []byte) ([]byte, error) {
	if p.public != nil {
		return p.Transport.Encrypt(p.random, p.public, plain)
	}
	return p.Cipher.mode.seal(p.block, p.random, plain)
}

// sum is MAC.Sum under the MAC key.
func (p *protector) sum(data []byte) []byte {
	h, _ := p.macs.Get().(hash.Hash)
	defer p.macs.Put(h)
	h.Reset()
	h.Write(data)
	return h.Sum(nil)
}

// encryptedData writes the children of an EncryptedDataType.
func (p *protector) encryptedData(x *xmlstream.Writer, data []byte) {
	x.Raw(p.method)
	x.Raw("<xenc:CipherData>")
	x.Base64("xenc:CipherValue", data)
	x.Raw("</xenc:CipherData>")
}

func (p *protector) methodElement() string {
	x := xmlstream.Onto(nil, "")
	if t := p.Transport; p.public == nil {
		x.Element("xenc:EncryptionMethod", nil, "Algorithm", p.Cipher.URI())
	} else {
		x.Element("xenc:EncryptionMethod", func() {
			if t.digestURI != "" {
				x.Element("ds:DigestMethod", nil, "Algorithm", t.digestURI)
			}
			if t.mgfURI != "" {
				x.Element("xenc11:MGF", nil, "Algorithm", t.mgfURI)
			}
			if len(t.label) > 0 {
				x.Base64("xenc:OAEPparams", t.label)
			}
		}, "Algorithm", t.uri)
	}
	return string(x.Gathered())
}

// writeHeader writes EncryptionKey and MACMethod. PBKDF2's parameters are written
// as figure 7 of RFC 6030 does, without a namespace, or as XML Encryption 1.1 does,
// in its own.
func (p *protector) writeHeader(x *xmlstream.Writer) {
	x.Element("EncryptionKey", func() {
		switch d := p.Derivation; {
		case p.Certificate != nil:
			x.Element("ds:X509Data", func() { x.Base64("ds:X509Certificate", p.Certificate.Raw) })
		case d == nil:
			x.Text("ds:KeyName", p.KeyName)
		default:
			uri, params, own := cmp.Or(p.KDF, KDFPBKDF2), "pkcs5:PBKDF2-params", ":"
			if uri == namespaceXenc11+"pbkdf2" {
				params, own = "xenc11:PBKDF2-params", "xenc11:"
			}
			x.Open("xenc11:DerivedKey")
			x.Open("xenc11:KeyDerivationMethod", "Algorithm", uri)
			x.Open(params + ` xmlns=""`)
			x.Element(own+"Salt", func() { x.Base64(own+"Specified", d.Salt) })
			x.Text(own+"IterationCount", number(d.Iterations))
			x.Text(own+"KeyLength", number(d.KeyLength))
			x.Element(own+"PRF", nil, "Algorithm", d.PRF.URI())
			x.Close(params)
			x.Close("xenc11:KeyDerivationMethod")
			x.Optional("xenc11:MasterKeyName", p.KeyName)
			x.Close("xenc11:DerivedKey")
		}
	})
	if p.MAC.hash == nil {
		return
	}
	x.Element("MACMethod", func() {
		if p.sealedKey != nil {
			x.Element("MACKey", func() { p.encryptedData(x, p.sealedKey) })
		} else {
			x.Text("MACKeyReference", p.MACKeyName)
		}
	}, "Algorithm", p.MAC.URI())
}
