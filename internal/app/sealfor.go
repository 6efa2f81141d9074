package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/provision"
)

// maxRecipientFile bounds a file of recipients, or of public keys.
const maxRecipientFile = 1 << 20

// SealFor reads recipients: each is the text of an age recipient, or the name of a
// file that holds some, or OpenPGP public keys. No recipients give no Sealer.
func SealFor(given []string, now time.Time) (provision.Sealer, error) {
	if len(given) == 0 {
		return nil, nil
	}
	var ages ageSealer
	var pgp pgpSealer
	for _, text := range given {
		if isRecipient(text) {
			if err := ages.add(text); err != nil {
				return nil, err
			}
			continue
		}
		if err := addRecipientFile(text, now, &ages, &pgp); err != nil {
			return nil, err
		}
	}
	switch {
	case len(ages.to) > 0 && len(pgp.to) > 0:
		return nil, fault.Errorf(fault.Usage, "a file is encrypted by age or by OpenPGP, not by both").WithHint("name recipients of one kind")
	case len(pgp.to) > 0:
		pgp.now = now
		return &pgp, nil
	}
	return &ages, ages.mixed()
}

func isRecipient(text string) bool {
	t := strings.TrimSpace(text)
	return strings.HasPrefix(t, "age1") || strings.HasPrefix(t, "ssh-") || strings.HasPrefix(strings.ToUpper(t), "AGE-SECRET-KEY-")
}

func addRecipientFile(path string, now time.Time, ages *ageSealer, pgp *pgpSealer) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Errorf(fault.Usage, "%q is no recipient, and no file of that name is there", path).
			WithHint("a recipient is age1…, age1pq1…, ssh-ed25519 … or ssh-rsa …, or the file of some, or of an OpenPGP public key")
	}
	if err != nil {
		return fault.Wrap(fault.Refused, err, "the recipient cannot be read")
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxRecipientFile))
	if err != nil {
		return fault.Wrap(fault.Refused, err, "the recipient cannot be read")
	}
	if bytes.Contains(data, []byte("-----BEGIN PGP")) || len(data) > 0 && data[0] >= 0x80 {
		return pgp.add(path, data, now)
	}
	before := len(ages.to)
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if custody.IsSecretKey(line) {
			return fault.Errorf(fault.Usage, "the file %s holds a secret key, and no recipient", path).
				WithHint("give its public half, which `age-keygen -y %s` prints", path)
		}
		if err := ages.add(line); err != nil {
			return fault.Wrap(fault.KindOf(err), err, "the file %s", path).WithAdvice(fault.AdviceOf(err))
		}
	}
	if len(ages.to) == before {
		return fault.Errorf(fault.Usage, "the file %s holds no recipient", path).WithHint("one a line: age1…, ssh-ed25519 …; or an OpenPGP public key")
	}
	return nil
}

// ageSealer encrypts by age.
type ageSealer struct {
	to    []age.Recipient
	texts []string
	kinds []custody.Recipient
}

func (s *ageSealer) add(text string) error {
	r, err := custody.ParseRecipient(text)
	if err != nil {
		return err
	}
	var to age.Recipient
	switch r.Kind {
	case custody.KindX25519:
		to, err = age.ParseX25519Recipient(r.Text)
	case custody.KindHybrid:
		to, err = age.ParseHybridRecipient(r.Text)
	case custody.KindSSHEd25519, custody.KindSSHRSA:
		to, err = agessh.ParseRecipient(r.Text)
	default:
		return fault.Errorf(fault.Usage, "%s is the recipient of an age plugin, for which fob encrypts no deliveries", r.Text).
			WithHint("name a recipient of age itself")
	}
	if err == nil && !slices.Contains(s.texts, r.Text) {
		s.to, s.texts, s.kinds = append(s.to, to), append(s.texts, r.Text), append(s.kinds, r)
	}
	return err
}

// mixed refuses what age would: one recipient that withstands a quantum computer
// beside one that does not is no better than the second.
func (s *ageSealer) mixed() error {
	for _, r := range s.kinds {
		if r.PostQuantum() != s.kinds[0].PostQuantum() {
			return fault.Errorf(fault.Usage, "age does not mix post-quantum recipients (age1pq1…) with others").WithHint("name recipients of one kind")
		}
	}
	return nil
}

// Seal begins a file.
func (s *ageSealer) Seal(w io.Writer) (io.WriteCloser, error) { return age.Encrypt(w, s.to...) }

// To are the recipients.
func (s *ageSealer) To() []string { return s.texts }

// pgpSealer encrypts by OpenPGP.
type pgpSealer struct {
	to    []*openpgp.Entity
	texts []string
	now   time.Time
}

func (s *pgpSealer) add(path string, data []byte, now time.Time) error {
	read := openpgp.ReadKeyRing
	if bytes.Contains(data, []byte("-----BEGIN PGP")) {
		read = openpgp.ReadArmoredKeyRing
	}
	keys, err := read(bytes.NewReader(data))
	if err != nil || len(keys) == 0 {
		return fault.Errorf(fault.Usage, "the file %s holds no OpenPGP key, or it is damaged", path).WithHint("gpg --armor --export KEYID writes one")
	}
	for _, k := range keys {
		name := fmt.Sprintf("OpenPGP %X", k.PrimaryKey.Fingerprint)
		if k.PrivateKey != nil {
			return fault.Errorf(fault.Usage, "the file %s holds a private key", path).WithHint("the public half is needed: gpg --armor --export KEYID")
		}
		if _, ok := k.EncryptionKey(now, nil); !ok {
			return fault.Errorf(fault.Usage, "%s cannot encrypt: it has expired, was revoked, or is for signing only", name)
		}
		s.to, s.texts = append(s.to, k), append(s.texts, name)
	}
	return nil
}

// Seal begins a file.
func (s *pgpSealer) Seal(w io.Writer) (io.WriteCloser, error) {
	return openpgp.Encrypt(w, s.to, nil, nil, &openpgp.FileHints{IsUTF8: true}, &packet.Config{Time: func() time.Time { return s.now }})
}

// To are the keys.
func (s *pgpSealer) To() []string { return s.texts }
