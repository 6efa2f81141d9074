package app

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"fob/internal/desk"
	"fob/internal/intake"
	"fob/internal/people"
	"fob/internal/provision"
	"fob/internal/token"
)

// As hands out the use cases of the same open store for another operator: a front end
// that serves many people opens it once.
func (u *UseCases) As(by token.Operator) *UseCases {
	d := desk.Desk{Store: u.Desk.Store, Keys: u.Desk.Keys, Now: u.Desk.Now, Random: u.Desk.Random, Operator: by, Host: u.Desk.Host}
	theirs := *u
	theirs.Desk = &d
	theirs.Intake = &intake.Intake{Store: u.Intake.Store, Desk: &d}
	theirs.People = &people.Registry{Store: u.People.Store, Desk: &d}
	theirs.Out = &provision.Provisioner{Store: u.Out.Store, Desk: &d, SeedLen: u.Out.SeedLen}
	theirs.Requests.Author = d.Author()
	return &theirs
}

// HasIdentity reports whether there is an identity to open seeds with. One that is
// named and missing counts as none.
func (c Config) HasIdentity() bool {
	if c.Identity == "" {
		return false
	}
	_, err := os.Stat(c.Identity)
	return !errors.Is(err, fs.ErrNotExist)
}

// OpenServing opens the store for a front end that runs for long. The identity is read
// now and once, if there is one: nobody could type its passphrase later.
func (c Config) OpenServing(ctx context.Context) (u *UseCases, seeds bool, err error) {
	if u, err = c.Open(ctx); err != nil {
		return nil, false, err
	}
	if !c.HasIdentity() {
		return u, false, nil
	}
	if _, err := u.Desk.Keys(context.WithoutCancel(ctx)); err != nil {
		return nil, false, errors.Join(err, u.Close())
	}
	return u, true, nil
}
