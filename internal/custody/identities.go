package custody

import (
	"bytes"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"filippo.io/age/plugin"

	"fob/internal/fault"
)

// Identities are the custodian keys of one identity file. They print as
// "[key]". One goroutine at a time may use them, since they may ask.
type Identities struct {
	unprintable
	held *heldIdentities
}

type heldIdentities struct {
	from string // the file, for messages
	list []age.Identity
	ask  *asker
}

// ReadIdentities reads an identity file: age identities and those of plugins,
// one a line, the same encrypted with a passphrase (age -p, binary or armored),
// or one SSH private key. A byte order mark, line ends of Windows and blanks
// about a line do no harm. The Prompter, which may be nil, is asked for the
// passphrase of a file at once; for that of an SSH key, and whatever a plugin
// wants, only when Unwrap needs it.
//
// Errors are of kind KeyTrouble and say what the file is instead of what it
// should be; Internal when it cannot be read.
func ReadIdentities(path string, p Prompter) (*Identities, error) {
	content, err := identityFile.read(path)
	if err != nil {
		return nil, err
	}
	defer clear(content)
	held := &heldIdentities{from: path, ask: &asker{p: p}}
	if err := held.parse(content); err != nil {
		return nil, err
	}
	held.quietFirst()
	return &Identities{held: held}, nil
}

// parse tells the forms of an identity file apart by their first bytes.
func (h *heldIdentities) parse(content []byte) error {
	content = unmarked(content)
	trimmed := bytes.TrimSpace(content)
	switch {
	case bytes.HasPrefix(content, []byte(ageMagic)), bytes.HasPrefix(trimmed, []byte(armor.Header)):
		return h.parseProtected(content)
	case isSSHPrivate(trimmed):
		return h.parseSSH(trimmed)
	}
	if err := notText(identityFile, h.from, content); err != nil {
		return err
	}
	return h.parseLines(textLines(content))
}

func (h *heldIdentities) parseLines(lines []string) error {
	for i, line := range lines {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, err := h.parseLine(line)
		if err != nil {
			// The library's error may quote the line.
			return mangledIdentity(h.from, i+1, line)
		}
		h.list = append(h.list, id)
	}
	if len(h.list) == 0 {
		return fault.Errorf(fault.KeyTrouble, "the identity file %s holds comments but no identity", h.from).
			WithHint("the line that begins with AGE-SECRET-KEY-1 is missing; take it from your backup of the keys")
	}
	return nil
}

func (h *heldIdentities) parseLine(line string) (age.Identity, error) {
	switch {
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		return plugin.NewIdentity(line, h.ask.ui())
	case strings.HasPrefix(line, prefixHybrid):
		return age.ParseHybridIdentity(line)
	}
	return age.ParseX25519Identity(line)
}

// quietFirst puts the identities that ask nothing before the others.
func (h *heldIdentities) quietFirst() {
	slices.SortStableFunc(h.list, func(a, b age.Identity) int {
		switch {
		case asks(a) == asks(b):
			return 0
		case asks(a):
			return 1
		}
		return -1
	})
}

// asks reports whether an identity may ask or need hardware.
func asks(id age.Identity) bool {
	switch id.(type) {
	case *plugin.Identity, *agessh.EncryptedSSHIdentity:
		return true
	}
	return false
}

// Recipients returns the public halves of the age identities among them, so that
// a second store can be made for the same custodian. SSH keys and plugins tell
// theirs in files of their own.
func (i *Identities) Recipients() []Recipient {
	var public []Recipient
	for _, id := range i.held.list {
		switch id := id.(type) {
		case *age.X25519Identity:
			public = append(public, Recipient{Text: id.Recipient().String(), Kind: KindX25519})
		case *age.HybridIdentity:
			public = append(public, Recipient{Text: id.Recipient().String(), Kind: KindHybrid})
		}
	}
	return public
}
