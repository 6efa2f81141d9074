package custody

import (
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/plugin"

	"fob/internal/fault"
	"fob/internal/token"
)

// Kinds of recipients. A plugin's recipient has its program as its kind:
// age-plugin-yubikey.
const (
	KindX25519     = "x25519"
	KindHybrid     = "hybrid" // post-quantum: ML-KEM-768 with X25519
	KindSSHEd25519 = "ssh-ed25519"
	KindSSHRSA     = "ssh-rsa"
)

// Recipient is the public half of a custodian key, as the store lists it: what
// is wrapped does not tell to whom.
type Recipient struct {
	Text    string // what ParseRecipient reads; of an SSH key, type and key only
	Kind    string
	Comment string // of an SSH key: who it belongs to, by its own account
}

// ParseRecipient reads the public half of a custodian key: age1…, the
// post-quantum age1pq1…, a plugin's age1NAME1…, ssh-ed25519 … or ssh-rsa ….
// Errors are of kind Usage and never repeat a text that may be a secret key.
func ParseRecipient(text string) (Recipient, error) {
	text = strings.TrimSpace(text)
	if err := refuseRecipient(text); err != nil {
		return Recipient{}, err
	}
	switch {
	case strings.HasPrefix(text, "ssh-"):
		return parseSSHRecipient(text)
	case strings.HasPrefix(text, "age1pq1"):
		_, err := age.ParseHybridRecipient(text)
		return nativeRecipient(text, KindHybrid, err)
	case isPluginRecipient(text):
		return parsePluginRecipient(text)
	}
	_, err := age.ParseX25519Recipient(text)
	return nativeRecipient(text, KindX25519, err)
}

// isPluginRecipient: in Bech32 the last 1 ends the human-readable part, and
// "1" is not one of the letters behind it.
func isPluginRecipient(text string) bool { return strings.Count(text, "1") > 1 }

// IsSecretKey reports whether a text is the secret half of a key.
func IsSecretKey(text string) bool {
	upper := strings.ToUpper(text)
	return strings.Contains(upper, "AGE-SECRET-KEY-") || strings.Contains(upper, "AGE-PLUGIN-") ||
		strings.Contains(upper, "PRIVATE KEY-----") || strings.Contains(upper, "PRIVATE+KEY")
}

// refuseRecipient names what is not the text of a recipient at all.
func refuseRecipient(text string) error {
	switch {
	case text == "":
		return fault.Errorf(fault.Usage, "the recipient is empty").WithHint(recipientHint)
	case IsSecretKey(text):
		return fault.Errorf(fault.Usage, "that is a secret key, not a recipient").
			WithHint("give its public half (age-keygen -y FILE prints it); the command line has exposed this key, so make a new one")
	case strings.ContainsAny(text, "\n\r"):
		return fault.Errorf(fault.Usage, "the recipient has several lines; give one at a time").WithHint(recipientHint)
	case strings.HasPrefix(text, "age1tag1"), strings.HasPrefix(text, "age1tagpq1"):
		return fault.Errorf(fault.Usage, "tagged recipients (%s…) are not supported", text[:len("age1tag")]).
			WithHint("use the recipient of the key's plugin: age1NAME1…")
	case hasAnyPrefix(text, "ecdsa-", "sk-", "ssh-dss"):
		return fault.Errorf(fault.Usage, "an SSH key of type %s cannot encrypt", shorten(strings.Fields(text)[0])).
			WithHint("ssh-ed25519 and ssh-rsa can; %s", recipientHint)
	case !hasAnyPrefix(text, "age1", "ssh-"):
		return fault.Errorf(fault.Usage, "a text of %d characters is no recipient", len(text)).WithHint(recipientHint)
	}
	return nil
}

const recipientHint = "a recipient is age1…, age1pq1…, age1NAME1… of a plugin, ssh-ed25519 … or ssh-rsa …; of a key in a file give the contents, not the name"

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// shorten is enough of a public key to find it by.
func shorten(text string) string {
	const shown = 24
	if len(text) > shown {
		text = text[:shown] + "…"
	}
	return printable(text)
}

func nativeRecipient(text, kind string, err error) (Recipient, error) {
	if err != nil {
		return Recipient{}, damagedRecipient(text)
	}
	return Recipient{Text: text, Kind: kind}, nil
}

func damagedRecipient(text string) error {
	return fault.Errorf(fault.Usage, "the recipient %s is damaged: a character is wrong, missing or too many", shorten(text)).
		WithHint("copy it again from the comment in the identity file, or print it with age-keygen -y FILE")
}

func parsePluginRecipient(text string) (Recipient, error) {
	name, _, err := plugin.ParseRecipient(text)
	if err != nil {
		return Recipient{}, damagedRecipient(text)
	}
	return Recipient{Text: text, Kind: pluginProgram(name)}, nil
}

func parseSSHRecipient(text string) (Recipient, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return Recipient{}, damagedRecipient(text)
	}
	r := Recipient{Text: fields[0] + " " + fields[1], Kind: fields[0]}
	comment, err := token.ParseText("the comment of the SSH key", strings.Join(fields[2:], " "))
	if err != nil {
		return Recipient{}, err
	}
	r.Comment = comment
	if _, err := agessh.ParseRecipient(r.Text); err != nil {
		return Recipient{}, fault.Errorf(fault.Usage, "the recipient %s is damaged or cannot encrypt", shorten(text)).
			WithHint("ssh-ed25519 and ssh-rsa keys of 2048 bits or more can; copy the line from the .pub file again")
	}
	return r, nil
}

// PostQuantum reports whether wrapping to this recipient is known to withstand a
// quantum computer; of a plugin it is not known. age refuses to mix such
// recipients with others.
func (r Recipient) PostQuantum() bool { return r.Kind == KindHybrid }

func (r Recipient) isPlugin() bool { return strings.HasPrefix(r.Kind, pluginProgram("")) }

// open makes what the age library encrypts to.
func (r Recipient) open(ask *asker) (age.Recipient, error) {
	switch r.Kind {
	case KindX25519:
		return age.ParseX25519Recipient(r.Text)
	case KindHybrid:
		return age.ParseHybridRecipient(r.Text)
	case KindSSHEd25519, KindSSHRSA:
		return agessh.ParseRecipient(r.Text)
	}
	return plugin.NewRecipient(r.Text, ask.ui())
}
