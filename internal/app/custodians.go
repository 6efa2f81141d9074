package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/store"
	"fob/internal/token"
	"fob/internal/trail"
)

// KeyChange is what a change of custodians came to.
type KeyChange struct {
	Changed    Custodian   `json:"changed"`
	Custodians []Custodian `json:"custodians"` // from now on
	Generation int64       `json:"generation"`
	// CheckpointPub is what a new custodian has to have beside their identity.
	CheckpointPub string `json:"checkpoint_pub"`
}

// AddCustodian wraps the store's keys for one more recipient: age, post-quantum,
// SSH, or that of a plugin. With only the others go: so a store becomes post-quantum,
// since age mixes no other recipients with such. Then the identity at hand has to open
// what is for the new one: nobody else could.
func (c Config) AddCustodian(ctx context.Context, recipient string, only bool, w token.Words) (KeyChange, error) {
	r, err := custody.ParseRecipient(recipient)
	if err != nil {
		return KeyChange{}, err
	}
	order := request.Order{Guard: token.GuardKeyAdd, By: token.CmdKeyAdd, What: []string{"recipient=" + r.Text},
		Effect: "let the holder of " + r.Text + " open every seed"}
	if only {
		order.What, order.OrGuard = append(order.What, "only=true"), token.GuardKeyRemove
		order.Effect += ", and nobody else"
	}
	return c.changeCustodians(ctx, order, w, func(k *openedKeys) (Custodian, error) {
		done, err := c.add(&k.Keys, r)
		if err == nil && only {
			k.Custodians = k.Custodians[len(k.Custodians)-1:]
			err = c.opensFor(k, r)
		}
		return done, err
	})
}

// AddPaper makes an identity that is kept on paper. Show shows it to the person, and
// returns once they have proven that they wrote it down right; what it gets is
// cleared. Nothing is changed before.
func (c Config) AddPaper(ctx context.Context, w token.Words, show func(identity []byte) error) (KeyChange, error) {
	order := request.Order{Guard: token.GuardKeyAdd, By: token.CmdKeyAdd, What: []string{"paper=true"}, Effect: "make an identity on paper that opens every seed"}
	return c.changeCustodians(ctx, order, w, func(k *openedKeys) (Custodian, error) {
		kind := custody.KindX25519
		if slices.ContainsFunc(k.Custodians, func(c trail.CustodianRow) bool { return c.Kind == custody.KindHybrid }) {
			kind = custody.KindHybrid // age does not mix them
		}
		id, err := custody.GenerateIdentity(kind)
		if err != nil {
			return Custodian{}, err
		}
		secret := id.Secret()
		defer clear(secret)
		if err := show(secret); err != nil {
			return Custodian{}, err
		}
		return c.add(&k.Keys, id.Recipient())
	})
}

// opensFor proves that the identity at hand opens what is encrypted to a recipient.
func (c Config) opensFor(k *openedKeys, r custody.Recipient) error {
	w, err := custody.Wrap(k.open, []custody.Recipient{r}, c.Prompter)
	if err != nil {
		return err
	}
	again, err := custody.Unwrap(w, len(k.open), k.ids)
	openedKeys{open: again}.clear()
	if err != nil {
		return fault.Wrap(fault.KeyTrouble, err, "the identity file %s has to open what is encrypted to the only custodian; nothing was changed", c.Identity).
			WithHint("put the new identity into that file, in a line of its own below the others, and call this again")
	}
	return nil
}

func (c Config) add(k *store.Keys, r custody.Recipient) (Custodian, error) {
	if slices.ContainsFunc(k.Custodians, func(c trail.CustodianRow) bool { return c.Recipient == r.Text }) {
		return Custodian{}, fault.Errorf(fault.NotAllowed, "this recipient is a custodian already; nothing was changed").
			WithHint("%s lists them", fault.Do("key list"))
	}
	row := trail.CustodianRow{Recipient: r.Text, Kind: r.Kind, Added: c.Now().UTC()}
	k.Custodians = append(k.Custodians, row)
	return custodiansOf([]trail.CustodianRow{row})[0], nil
}

// RemoveCustodian wraps the store's keys without one recipient, named whole or by
// its beginning. At least one always stays.
func (c Config) RemoveCustodian(ctx context.Context, recipient string, w token.Words) (KeyChange, error) {
	order := request.Order{Guard: token.GuardKeyRemove, By: token.CmdKeyRemove, What: []string{"recipient=" + recipient},
		Effect: "take the custodian " + recipient + " away"}
	return c.changeCustodians(ctx, order, w, func(k *openedKeys) (Custodian, error) {
		i, err := custodianNamed(k.Custodians, recipient)
		if err != nil {
			return Custodian{}, err
		}
		if len(k.Custodians) == 1 {
			return Custodian{}, fault.Errorf(fault.NotAllowed, "this is the last custodian: without one nobody could open the seeds").
				WithHint("add another first: %s", fault.Do(token.CmdKeyAdd, "RECIPIENT"))
		}
		row := k.Custodians[i]
		k.Custodians = slices.Delete(k.Custodians, i, i+1)
		return custodiansOf([]trail.CustodianRow{row})[0], nil
	})
}

// CustodianToRemove finds who RemoveCustodian would take: a person should see whom.
func (c Config) CustodianToRemove(ctx context.Context, recipient string) (Custodian, error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return Custodian{}, err
	}
	defer s.Close()
	keys, err := s.Keys(ctx)
	if err != nil {
		return Custodian{}, err
	}
	i, err := custodianNamed(keys.Custodians, recipient)
	if err != nil {
		return Custodian{}, err
	}
	return custodiansOf(keys.Custodians[i : i+1])[0], nil
}

// leastNamed is how many characters of a recipient name it.
const leastNamed = 12

func custodianNamed(all []trail.CustodianRow, name string) (int, error) {
	name = strings.Join(strings.Fields(name), " ")
	found := -1
	for i, c := range all {
		// Of an SSH key the comment is not kept.
		whole := c.Recipient == name || strings.HasPrefix(name, c.Recipient+" ")
		if !whole && (len(name) < leastNamed || !strings.HasPrefix(c.Recipient, name)) {
			continue
		}
		if found >= 0 {
			return 0, fault.Errorf(fault.NotAllowed, "several custodians begin like that; nothing was changed").WithHint("name one of them whole: %s lists them", fault.Do("key list"))
		}
		found = i
	}
	if found < 0 {
		return 0, fault.Errorf(fault.NotAllowed, "no custodian has this recipient; nothing was changed").
			WithHint("%s lists them; the first %d characters are enough", fault.Do("key list"), leastNamed)
	}
	return found, nil
}

// changeCustodians opens the keys, wraps them for others, and writes that with its
// event. What is asked of a person or a plugin is asked before the store's turn is
// taken.
func (c Config) changeCustodians(ctx context.Context, order request.Order, w token.Words, change func(*openedKeys) (Custodian, error)) (done KeyChange, err error) {
	s, err := c.openWatched(ctx)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := c.mayChangeKeys(ctx, s, order, w); err != nil {
		return done, err
	}
	key, err := c.checkpointKey(s)
	if err != nil {
		return done, err
	}
	// Who is no custodian, or the last one, is told before a passphrase is asked for.
	if order.By == token.CmdKeyRemove {
		keys, err := s.Keys(ctx)
		if err == nil {
			_, err = change(&openedKeys{Keys: keys})
		}
		if err != nil {
			return done, err
		}
	}
	opened, err := c.openKeys(ctx, s)
	if err != nil {
		return done, err
	}
	defer opened.clear()
	if done.Changed, err = change(&opened); err != nil {
		return done, err
	}
	if err := c.replaceKeys(ctx, s, order, w, opened.Keys, opened.open, key); err != nil {
		return done, err
	}
	done.Custodians, done.Generation, done.CheckpointPub = custodiansOf(opened.Custodians), opened.Generation+1, opened.CheckpointPub
	return done, nil
}

// mayChangeKeys asks the policy, before anything is opened.
func (c Config) mayChangeKeys(ctx context.Context, s *store.Store, o request.Order, w token.Words) error {
	keys, err := s.Keys(ctx)
	if err != nil {
		return err
	}
	return keysOf(s).View(ctx, func(r keysTx) error {
		_, err := c.pass(r, o, keys.Generation, w)
		return err
	})
}

// pass lets a change of keys through that a policy may guard. What was approved is a
// change of the keys as they were.
func (c Config) pass(r request.Reader, o request.Order, generation int64, w token.Words) (token.Words, error) {
	o.State = fmt.Sprint(generation)
	return request.Gate{Operator: c.Operator, Now: c.Now}.Pass(r, o, w)
}

// replaceKeys wraps keys for the custodians that they name, signs, and writes both
// as the next generation with its event. An order without a guard was let through
// before.
func (c Config) replaceKeys(ctx context.Context, s *store.Store, order request.Order, w token.Words, keys store.Keys, open []custody.Key, key *custody.CheckpointKey) error {
	var to []custody.Recipient
	for _, row := range keys.Custodians {
		to = append(to, custody.Recipient{Text: row.Recipient, Kind: row.Kind})
	}
	keys.Generation++
	keys, err := c.sealKeys(uuid.UUID(s.ID()), keys, open, to, key)
	if err != nil {
		return err
	}
	return keysOf(s).Update(ctx, func(tx keysTx) error {
		w := w
		if order.Guard != "" {
			var err error
			if w, err = c.pass(tx, order, keys.Generation-1, w); err != nil {
				return err
			}
		}
		e, err := c.author(s).StoreEvent(order.By, w)
		if err != nil {
			return err
		}
		if order.By == token.CmdKeyRotate {
			if err := tx.NothingLoads(); err != nil {
				return err
			}
		}
		if err := tx.ReplaceKeys(keys); err != nil {
			return err
		}
		return trail.Record(tx, e, keys.Detail())
	})
}
