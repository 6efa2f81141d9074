package delivery

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"golang.org/x/crypto/ssh"

	"fob/internal/fault"
)

// addKeyFile finds what a key file holds, by its content. What is nothing that
// opens a layer is kept: it may open what is inside.
func (k *Keys) addKeyFile(path string, data []byte) error {
	k.raw = append(k.raw, keyFile{path, bytes.Clone(data)})
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	first, _, _ := bytes.Cut(text, []byte("\n"))
	switch {
	case startsLine(data, "-----BEGIN PGP"), isKeyPacket(data):
		return k.addPGP(path, data)
	case hasPrefix(data, ageMagic), hasPrefix(text, ageArmor):
		k.lockedAges = append(k.lockedAges, keyFile{path, data})
	case hasPrefix(text, "-----BEGIN ") && bytes.Contains(first, []byte(" PRIVATE KEY-----")):
		return k.addSSH(path, text)
	case bytes.Contains(bytes.ToUpper(text), []byte("AGE-SECRET-KEY-")), bytes.Contains(text, []byte("AGE-PLUGIN-")):
		return k.addAge(path, text)
	}
	return nil
}

// addAge reads age identities, one a line. The library's errors may quote the
// line, so that they are not handed on.
func (k *Keys) addAge(path string, text []byte) error {
	for i, line := range strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var id age.Identity
		var err error
		why := "no age identity, or one with a wrong or missing character"
		switch {
		case strings.HasPrefix(line, "AGE-PLUGIN-"):
			why, err = "the identity of an age plugin, which fob does not ask for deliveries", age.ErrIncorrectIdentity
		case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
			id, err = age.ParseHybridIdentity(line)
		default:
			id, err = age.ParseX25519Identity(line)
		}
		if err != nil {
			return fault.Errorf(fault.KeyTrouble, "the key file %q, line %d: %s", path, i+1, why).
				WithHint("an identity begins with AGE-SECRET-KEY-1 or AGE-SECRET-KEY-PQ-1 and is in capitals; take it from where it was made")
		}
		k.ages = append(k.ages, id)
	}
	return nil
}

// addSSH reads an SSH private key. A key in PEM of another type is left to
// readers of what is inside.
func (k *Keys) addSSH(path string, pem []byte) error {
	id, err := agessh.ParseIdentity(pem)
	var locked *ssh.PassphraseMissingError
	switch {
	case err == nil:
		k.ages = append(k.ages, id)
	case errors.As(err, &locked) && locked.PublicKey != nil:
		k.ages = append(k.ages, &lockedSSH{keys: k, name: path, public: locked.PublicKey, pem: pem})
	case errors.As(err, &locked):
		return fault.Errorf(fault.KeyTrouble, "the SSH key %q is protected in an old format that hides its public half", path).
			WithHint("convert a copy of it: ssh-keygen -p -f COPY; for a PSKC container: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out COPY")
	}
	return nil
}

// lockedSSH is an SSH key with a passphrase, opened only when a file turns out
// to be encrypted to it.
type lockedSSH struct {
	keys   *Keys
	name   string
	public ssh.PublicKey
	pem    []byte
}

// Unwrap implements age.Identity. The library's own identity asks but once, and
// only if the public half says that a file is encrypted to the key.
func (l *lockedSSH) Unwrap(stanzas []*age.Stanza) (fileKey []byte, err error) {
	isFor := false
	id, err := agessh.NewEncryptedSSHIdentity(l.public, l.pem, func() ([]byte, error) {
		isFor = true
		return nil, age.ErrIncorrectIdentity
	})
	if err == nil {
		_, _ = id.Unwrap(stanzas) // only whether it asks counts
	}
	if !isFor {
		return nil, age.ErrIncorrectIdentity
	}
	fits, tried, err := l.keys.Unlock(fmt.Sprintf("the SSH key %q", l.name), func(pass []byte) (bool, error) {
		id, err := agessh.NewEncryptedSSHIdentity(l.public, l.pem, func() ([]byte, error) { return bytes.Clone(pass), nil })
		if err != nil {
			return false, nil
		}
		fileKey, err = id.Unwrap(stanzas)
		return err == nil, nil
	})
	switch {
	case err != nil:
		return nil, err
	case !tried:
		return nil, lockedError(l.name)
	case !fits:
		return nil, age.ErrIncorrectIdentity
	}
	return fileKey, nil
}

// lockedError is for a file that the SSH key of a name would open, had somebody
// given its passphrase.
type lockedError string

func (e lockedError) Error() string {
	return fmt.Sprintf("encrypted by age to the SSH key %q, which is protected by a passphrase", string(e))
}

// isKeyPacket knows a binary OpenPGP key by its first packet: a secret (5) or
// public (6) key of version 4 to 6 (RFC 9580 section 5.5).
func isKeyPacket(b []byte) bool {
	if len(b) < 16 || b[0] < 0x80 {
		return false
	}
	tag, body, _, ok := packetHeader(b)
	return ok && (tag == 5 || tag == 6) && len(body) > 0 && body[0] >= 4 && body[0] <= 6
}

// addPGP reads OpenPGP private keys. Random bytes of a raw key may look like
// the beginning of one.
func (k *Keys) addPGP(path string, data []byte) error {
	list, err := readPGPKeys(data)
	if err != nil && !bytes.Contains(data, []byte("-----BEGIN PGP")) {
		return nil
	}
	if err != nil {
		return fault.Errorf(fault.KeyTrouble, "the OpenPGP key in %q is damaged, or of a kind that fob does not know", path).
			WithHint("export it again: gpg --armor --export-secret-keys KEYID")
	}
	for _, e := range list {
		if e.PrivateKey == nil {
			return fault.Errorf(fault.KeyTrouble, "the key file %q holds an OpenPGP public key, which opens nothing", path).
				WithHint("the private half is needed: gpg --armor --export-secret-keys KEYID; a supplier's key belongs to %s", fault.SignedBy)
		}
		k.pgp = append(k.pgp, pgpKey{path, e})
	}
	return nil
}

func readPGPKeys(data []byte) (openpgp.EntityList, error) {
	if bytes.Contains(data, []byte("-----BEGIN PGP")) {
		return openpgp.ReadArmoredKeyRing(bytes.NewReader(data))
	}
	return openpgp.ReadKeyRing(bytes.NewReader(data))
}

// readSigner reads the file that says who must have signed: an OpenPGP key, or an
// X.509 certificate in PEM or DER.
func (k *Keys) readSigner(path string) error {
	data, _, err := readSecret(fault.Textf("file of %s", fault.SignedBy), path)
	if err != nil {
		return err
	}
	if startsLine(data, "-----BEGIN PGP") || isKeyPacket(data) {
		if k.signers, err = readPGPKeys(data); err == nil && len(k.signers) > 0 {
			return nil
		}
		return fault.Errorf(fault.KeyTrouble, "the OpenPGP key in %q is damaged, or of a kind that fob does not know", path).
			WithHint("export it again: gpg --armor --export KEYID")
	}
	if block, rest := pem.Decode(data); block != nil {
		if next, _ := pem.Decode(rest); next != nil {
			return fault.Errorf(fault.KeyTrouble, "the file %q of %s holds several things in PEM", path, fault.SignedBy).
				WithHint("name a file with one certificate, the one that signed")
		}
		data = block.Bytes
	}
	if k.certificate, err = x509.ParseCertificate(data); err != nil {
		return fault.Errorf(fault.KeyTrouble, "the file %q of %s holds no OpenPGP public key and no certificate", path, fault.SignedBy).
			WithHint("name the supplier's public key (gpg --armor --export KEYID) or certificate, in PEM or DER")
	}
	return nil
}
