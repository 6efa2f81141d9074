package app

import (
	"fmt"
	"io"
	"slices"

	"fob/internal/fault"
	"fob/internal/provision/targets"
	"fob/internal/pskc"
)

// Lock says with what a container is encrypted: what a key file holds, or a
// passphrase. Both empty: it is not.
type Lock struct{ Key, Passphrase []byte }

// Protect makes a lock into what encrypts a container of the target.
func (l Lock) Protect(random io.Reader, t targets.Target) (*pskc.Protection, error) {
	switch {
	case l.Key == nil && l.Passphrase == nil:
		return nil, nil
	case l.Key != nil && l.Passphrase != nil:
		return nil, fault.Errorf(fault.Usage, "a container has a key or a passphrase, not both")
	case len(t.Keys) == 0:
		return nil, fault.Errorf(fault.Usage, "the target %s has no encryption of its own", t.Name).WithHint("%s names who may read the file", fault.SendTo)
	case l.Key != nil:
		p, ok, err := pskc.ProtectWithKey(l.Key, t.Keys)
		if err == nil && !ok {
			err = fault.Errorf(fault.KeyTrouble, "the key file holds no key of %s bytes, which %s takes", sizes(t.Keys), t.Name).
				WithHint("openssl rand -hex %d makes one", t.Keys[0])
		}
		return &p, err
	}
	cipher, err := pskc.FindCipher(pskc.DefaultCipher)
	if err != nil {
		return nil, err
	}
	p, err := pskc.ProtectWithPassphrase(random, cipher, l.Passphrase)
	if err != nil {
		return nil, err
	}
	p.KeyName = "fob"
	p.MAC, err = pskc.FindMAC(pskc.DefaultMAC)
	return &p, err
}

func sizes(all []int) string {
	text := fmt.Sprint(all[0])
	for _, n := range all[1:] {
		text += fmt.Sprintf(" or %d", n)
	}
	return text
}

// Targets are the kinds of verifiers that seeds can be written for.
func Targets() []targets.Target { return targets.All() }

// Leaving is what is said of a delivery beside the tokens.
type Leaving struct {
	Target  string
	Set     map[string]string
	Columns string
	Lock
	NoDrift bool
}

// Target finds the target, and reads what is said for it.
func (l Leaving) Read(random io.Reader) (t targets.Target, o targets.Options, err error) {
	if t, err = targets.Find(l.Target); err != nil {
		return t, o, err
	}
	o = targets.Options{Set: l.Set, NoDrift: l.NoDrift}
	switch {
	case t.Columns && l.Columns == "":
		return t, o, fault.Errorf(fault.Refused, "the target %s needs %s", t.Name, fault.Columns).WithHint("such as %s", fault.Columns.Is("serial,seed:base32,upn"))
	case !t.Columns && l.Columns != "":
		return t, o, fault.Errorf(fault.Usage, "%s goes with the target columns", fault.Columns)
	case t.Columns:
		if o.Columns, err = targets.ParseColumns(l.Columns); err != nil {
			return t, o, err
		}
	}
	o.Protect, err = l.Protect(random, t)
	return t, o, err
}

// Clear overwrites the lock.
func (l Lock) Clear() {
	for _, b := range [][]byte{l.Key, l.Passphrase} {
		clear(slices.Clip(b))
	}
}
