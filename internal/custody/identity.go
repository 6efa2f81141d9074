package custody

import (
	"fmt"
	"time"

	"filippo.io/age"

	"fob/internal/fault"
)

// Identity is a new custodian key, both halves, before it is in a file. It
// prints as "[key]".
type Identity struct {
	unprintable
	recipient Recipient
	held      hidden[heldIdentity]
}

type heldIdentity struct {
	text   string
	opened age.Identity
}

// GenerateIdentity makes a custodian key: KindX25519, fob's default, which
// mixes with SSH keys and plugins, or KindHybrid for a store whose custodians
// are all post-quantum. The randomness is the system's: age takes no other. An
// error is of kind Usage for another kind, else Internal.
func GenerateIdentity(kind string) (*Identity, error) {
	switch kind {
	case KindX25519:
		id, err := age.GenerateX25519Identity()
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "no new identity")
		}
		return newIdentity(kind, id.Recipient().String(), id.String(), id), nil
	case KindHybrid:
		id, err := age.GenerateHybridIdentity()
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "no new identity")
		}
		return newIdentity(kind, id.Recipient().String(), id.String(), id), nil
	}
	return nil, fault.Errorf(fault.Usage, "no identity of kind %q can be made; %s and %s can", kind, KindX25519, KindHybrid)
}

func newIdentity(kind, public, secret string, opened age.Identity) *Identity {
	return &Identity{
		recipient: Recipient{Text: public, Kind: kind},
		held:      hide(heldIdentity{secret, opened}),
	}
}

// Recipient is the public half.
func (i *Identity) Recipient() Recipient { return i.recipient }

// FileText is what the identity file holds, in the form of age-keygen; the
// caller clears it after writing it with WriteKeyFile.
func (i *Identity) FileText(created time.Time) []byte {
	return fmt.Appendf(nil, "# created: %s\n# public key: %s\n%s\n",
		created.UTC().Format(time.RFC3339), i.recipient.Text, i.held.get().text)
}

// Secret is the identity itself, to be written on paper; the caller clears it.
func (i *Identity) Secret() []byte { return []byte(i.held.get().text) }

// Identities is this one identity, ready to unwrap, without its file.
func (i *Identity) Identities() *Identities {
	return &Identities{held: &heldIdentities{
		from: "just made",
		list: []age.Identity{i.held.get().opened},
		ask:  &asker{},
	}}
}
