package delivery

import (
	"errors"
	"fob/internal/fault"
)

// errWrong is the one error for a wrong key, a wrong passphrase and a MAC that
// does not fit: nothing may tell them apart, to an attacker who changes a
// message and watches, and to nobody else it would be of use.
func errWrong(name string) error {
	return fault.Errorf(fault.KeyTrouble, "%q does not open: the key or passphrase is wrong, or the file was changed or damaged", name).
		WithHint("check them with the supplier (capital letters, keyboard layout, blanks at the end); if they are right, fetch the delivery again")
}

// errMissing is for a layer that nothing given can open.
func errMissing(name, what, hint string) error {
	return fault.Errorf(fault.KeyTrouble, "%q is %s", name, what).WithHint("%s", hint)
}

const (
	givePassphrase = "give it with --passphrase-file FILE, whose first line counts; several may be given"
	giveKey        = "give its private half with --key-file FILE; several may be given"
)

// errDamaged is for layers whose checksum needs no key.
func errDamaged(name, what string) error {
	return fault.Errorf(fault.Refused, "%q %s", name, what).WithHint("fetch the delivery again; nothing was changed")
}

// isOurs tells an error that already says everything from one of a library.
func isOurs(err error) bool {
	var ours *fault.Error
	return errors.As(err, &ours)
}
