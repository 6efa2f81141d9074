package custody

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"fob/internal/fault"
)

const ageMagic = "age-encryption.org/"

// maxWorkFactor bounds the scrypt work of a protected identity file: 2^20 takes
// 1 GiB of memory and some 4 s. age -p writes 2^18; a larger number is damage
// or meant to stop the machine.
const maxWorkFactor = 20

// parseProtected opens an identity file that is encrypted with a passphrase.
func (h *heldIdentities) parseProtected(content []byte) error {
	raw, err := dearmor(content)
	if err != nil {
		return h.damagedProtection("its armor is damaged or cut")
	}
	if err := h.checkProtection(raw); err != nil {
		return err
	}
	pass, err := h.ask.secret("the identity file " + printable(h.from))
	if err != nil {
		return err
	}
	defer clear(pass)
	plain, err := h.decrypt(raw, pass)
	if err != nil {
		return err
	}
	defer clear(plain)
	if bytes.HasPrefix(plain, []byte(ageMagic)) || bytes.HasPrefix(bytes.TrimSpace(plain), []byte(armor.Header)) {
		return h.damagedProtection("it is encrypted twice")
	}
	return h.parse(plain)
}

func dearmor(content []byte) ([]byte, error) {
	if bytes.HasPrefix(content, []byte(ageMagic)) {
		return content, nil
	}
	return io.ReadAll(armor.NewReader(bytes.NewReader(bytes.TrimSpace(content))))
}

// checkProtection looks at the header before anybody is asked for anything.
// The stanza's form is that of the age specification: -> scrypt SALT LOG2N.
func (h *heldIdentities) checkProtection(raw []byte) error {
	_, after, _ := bytes.Cut(raw, []byte("\n"))
	line, _, _ := bytes.Cut(after, []byte("\n"))
	stanza := strings.Fields(string(line))
	if len(stanza) < 2 || stanza[0] != "->" {
		return h.damagedProtection("its header cannot be read")
	}
	if stanza[1] != "scrypt" {
		return fault.Errorf(fault.KeyTrouble, "the identity file %s is encrypted to a recipient, not with a passphrase", h.from).
			WithHint("decrypt it first: age -d -i KEY %s", h.from)
	}
	logN, err := strconv.Atoi(stanza[len(stanza)-1])
	if err != nil || logN < 1 {
		return h.damagedProtection("its header cannot be read")
	}
	if logN > maxWorkFactor {
		return fault.Errorf(fault.KeyTrouble, "the identity file %s demands scrypt work of 2^%d, the limit is 2^%d", h.from, logN, maxWorkFactor).
			WithHint("encrypt it again with age -p, which takes 2^18")
	}
	return nil
}

func (h *heldIdentities) decrypt(raw, pass []byte) ([]byte, error) {
	if len(pass) == 0 {
		return nil, fault.Errorf(fault.KeyTrouble, "the passphrase of the identity file %s cannot be empty", h.from)
	}
	id, err := age.NewScryptIdentity(string(pass))
	if err != nil {
		return nil, h.damagedProtection("its passphrase cannot be used")
	}
	id.SetMaxWorkFactor(maxWorkFactor)
	r, err := age.Decrypt(bytes.NewReader(raw), id)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, fault.Errorf(fault.KeyTrouble, "this is not the passphrase of the identity file %s", h.from).
			WithHint("try again; capital letters, keyboard layout?")
	}
	if err != nil {
		return nil, h.damagedProtection("its authentication failed")
	}
	plain := make([]byte, len(raw)) // longer than what it holds
	n, err := readWhole(r, plain)
	if err != nil {
		clear(plain)
		return nil, h.damagedProtection("its authentication failed")
	}
	return plain[:n], nil
}

func (h *heldIdentities) damagedProtection(why string) error {
	return fault.Errorf(fault.KeyTrouble, "the protected identity file %s does not open: %s", h.from, why).
		WithHint("take the file from your backup of the keys")
}
