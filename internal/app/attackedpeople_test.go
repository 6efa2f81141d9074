package app_test

import (
	"context"
	"strings"
	"testing"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/people"
	"fob/internal/token"
)

// A list of people is not taken in, and nobody erased, where the accounts are not
// those that the newest list left.
func TestAttackedPeople(t *testing.T) {
	w := aLife(t)
	ctx := context.Background()
	takeIn := func(d *desk.Desk) error {
		l, err := people.ReadList("people.csv", strings.NewReader("login,id,name\nanna.berg@example.com,P1,Anna Berg\nfritz,P6,\nneu,P10,Neu\n"), people.ListOptions{})
		w.must(err)
		_, err = registry(d).Reconcile(ctx, people.Reconcile{List: l, AtLeast: 20, Store: true})
		return err
	}
	erase := func(a token.Account) func(*desk.Desk) error {
		return func(d *desk.Desk) error {
			_, err := registry(d).Erase(ctx, a, desk.Words{Reason: "asked for it", Approver: "Eva"})
			return err
		}
	}
	for name, c := range map[string]struct {
		attack string
		by     []func(*desk.Desk) error
	}{
		"listed":        {`UPDATE account SET listed = 1 - listed WHERE key = 'fritz' AND '%[1]s' <> ''`, []func(*desk.Desk) error{takeIn, erase("carl@example.com")}},
		"full name":     {`UPDATE account SET full_name = 'Eva' WHERE key = 'anna.berg@example.com' AND '%[1]s' <> ''`, []func(*desk.Desk) error{takeIn, erase("carl@example.com")}},
		"id":            {`UPDATE account SET person = 'P6' WHERE key = 'anna.berg@example.com' AND '%[1]s' <> ''`, []func(*desk.Desk) error{takeIn}},
		"since":         {`UPDATE account SET listed_since = 1 WHERE key = 'fritz' AND '%[1]s' <> ''`, []func(*desk.Desk) error{takeIn}},
		"former name":   {`UPDATE former_account SET name = name || 'x' WHERE '%[1]s' <> ''`, []func(*desk.Desk) error{takeIn}},
		"a list":        {`INSERT INTO account (held, name, key, listed, listed_since, salt) VALUES (0, 'eva', 'eva', 1, 1, zeroblob(length('%[1]s')))`, []func(*desk.Desk) error{takeIn, erase("eva")}},
		"whose token":   {`UPDATE token SET state = 0, account_id = NULL WHERE account_id = (SELECT id FROM account WHERE key = 'fritz') AND '%[1]s' <> ''`, []func(*desk.Desk) error{erase("fritz")}},
		"whose binding": {`UPDATE binding SET proof = 'x' WHERE account_id = (SELECT id FROM account WHERE key = 'anna.berg@example.com') AND '%[1]s' <> ''`, []func(*desk.Desk) error{erase("anna.berg@example.com")}},
	} {
		for i, do := range c.by {
			copied, ok := w.attacked(c.attack, serial(0))
			if !ok {
				t.Errorf("%s: nothing changed", name)
			}
			d, done, err := copied.config.Desk(ctx)
			w.must(err)
			if err := do(d); fault.KindOf(err) != fault.Integrity {
				t.Errorf("%s, command %d: %v", name, i, err)
			}
			w.must(done())
		}
	}
	d, done, err := w.config.Desk(ctx)
	w.must(err)
	w.must(takeIn(d))
	w.must(done())
	w.verified()
}
