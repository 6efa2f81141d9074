package custody

import (
	"bytes"
	"errors"

	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"

	"fob/internal/fault"
)

// isSSHPrivate knows the private keys of OpenSSH, old (PKCS #1, PKCS #8) and
// new.
func isSSHPrivate(content []byte) bool {
	line, _, _ := bytes.Cut(content, []byte("\n"))
	return bytes.HasPrefix(line, []byte("-----BEGIN ")) && bytes.Contains(line, []byte(" PRIVATE KEY-----"))
}

// parseSSH reads an SSH private key. One with a passphrase asks for it only if
// the wrapped key is for it.
func (h *heldIdentities) parseSSH(pem []byte) error {
	id, err := agessh.ParseIdentity(pem)
	if err == nil {
		h.list = append(h.list, id)
		return nil
	}
	var locked *ssh.PassphraseMissingError
	if !errors.As(err, &locked) {
		return fault.Errorf(fault.KeyTrouble, "the SSH key %s is damaged or of a type that cannot decrypt", h.from).
			WithHint("ssh-ed25519 and ssh-rsa keys can, those of security keys (sk-…) and ecdsa cannot")
	}
	if locked.PublicKey == nil {
		return fault.Errorf(fault.KeyTrouble, "the SSH key %s is protected in an old format that hides its public half", h.from).
			WithHint("convert a copy of it: ssh-keygen -p -f COPY")
	}
	return h.addLockedSSH(locked.PublicKey, bytes.Clone(pem))
}

func (h *heldIdentities) addLockedSSH(public ssh.PublicKey, pem []byte) error {
	ask := func() ([]byte, error) { return h.ask.secret("the SSH key " + printable(h.from)) }
	id, err := agessh.NewEncryptedSSHIdentity(public, pem, ask)
	if err != nil {
		return fault.Errorf(fault.KeyTrouble, "the SSH key %s is of type %s, which cannot decrypt", h.from, printable(public.Type())).
			WithHint("ssh-ed25519 and ssh-rsa keys can")
	}
	h.list = append(h.list, id)
	return nil
}
