package app

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/store"
	"fob/internal/store/postgres"
	"fob/internal/token"
)

// memory holds the store against what was seen of it before, from beside the identity.
func (d *doctor) memory(ctx context.Context, k *Check) error {
	m := d.memoryOf(d.store.ID())
	if m == nil {
		k.Outcome, k.Detail = NotChecked, "there is no identity here, so nothing was seen before"
		return nil
	}
	k.Detail = "the store goes on from the newest event seen from here, " + m.path
	err := d.store.Continues(ctx, m)
	switch {
	case err != nil && fault.KindOf(err) == fault.Integrity:
		k.failed(err, "anyone who wrote to this store sees another state of it now")
		return nil
	case err != nil:
		return err
	case !canWrite(filepath.Dir(m.path)):
		k.found(fmt.Sprintf("%s cannot be written", filepath.Dir(m.path)), "fob cannot remember there how far the store was, and would take an older copy for good",
			"let the user of fob write to this folder")
	}
	return nil
}

// keys opens the store's keys, as binding would.
func (d *doctor) keys(ctx context.Context, k *Check) (err error) {
	if !d.withKeys {
		k.Outcome, k.Detail = NotChecked, "the keys were left out"
		return nil
	}
	if d.Identity == "" || d.readOnly() && !exists(d.Identity) {
		k.Outcome, k.Detail = NotChecked, "there is no identity here"
		return nil
	}
	if d.neverWritten() && !exists(d.Identity) && !exists(d.checkpointPath()) {
		k.Outcome, k.Detail = NotChecked, fmt.Sprintf("this is a copy that nobody worked with here, and there is no identity at %s", d.Identity)
		return nil
	}
	k.Detail = d.Identity
	d.ring, err = openKeyring(ctx, d.Config, d.store)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		k.failed(err, "with this identity no code can be checked and nothing imported")
	}
	if keys, err := d.store.Keys(ctx); err != nil {
		return err
	} else if len(keys.Custodians) == 1 && len(k.Findings) == 0 {
		k.Detail += ", the only custodian: if it is lost, all seeds are lost"
	} else if isRotating(keys) {
		k.found("a rotation of the store's key was broken off", "the old key still opens seeds that were not encrypted anew", "go on with it: %s", fault.Do(token.CmdKeyRotate))
	}
	if _, err := d.checkpointKey(d.store); err != nil {
		k.failed(err, "checkpoints and exports cannot be signed")
	}
	return nil
}

// seeds opens every seed and holds it against the fingerprint that the trail
// committed to.
func (d *doctor) seeds(ctx context.Context, k *Check) error {
	if d.ring == nil {
		k.Outcome, k.Detail = NotChecked, "the keys are not open"
		return nil
	}
	defer d.ring.Close()
	o := &openings{ring: d.ring}
	err := o.all(ctx, d.store)
	k.Detail = fmt.Sprintf("%d seeds opened", o.n)
	for _, what := range o.bad {
		k.found(what, "no code of this token can be checked", "restore the seed: a backup of the database, or the supplier's file after the token is retired")
	}
	if o.more > 0 {
		k.found(fmt.Sprintf("%d further seeds do not open", o.more), "no code of these tokens can be checked", "restore a backup of the database")
	}
	return err
}

// openings counts what opening many seeds came to.
type openings struct {
	ring *custody.Keyring
	mu   sync.Mutex
	n    int
	bad  []string
	more int
}

// Seeds go to the cores in portions: one by one, handing them over would cost
// more than opening them.
const (
	portion = 256
	maxBad  = 20
)

func (o *openings) all(ctx context.Context, s *store.Store) error {
	group, ctx := errgroup.WithContext(ctx)
	portions := make(chan []store.SealedSeed, 2*runtime.GOMAXPROCS(0))
	group.Go(func() error {
		defer close(portions)
		return deal(ctx, s, portions)
	})
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for p := range portions {
				for _, x := range p {
					o.one(x)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func deal(ctx context.Context, s *store.Store, to chan<- []store.SealedSeed) error {
	var p []store.SealedSeed
	send := func() error {
		select {
		case to <- p:
			p = nil
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for x, err := range s.SealedSeeds(ctx) {
		if err != nil {
			return err
		}
		if p = append(p, x); len(p) == portion {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

func (o *openings) one(x store.SealedSeed) {
	seed, err := o.ring.Open(x.SeedPlace, x.Sealed)
	if err == nil {
		if o.ring.Fingerprint(seed) != x.Fingerprint {
			err = fault.Errorf(fault.Integrity, "token %s: its seed is not the one that was imported", x.Serial)
		}
		seed.Clear()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.n++
	switch {
	case err == nil:
	case len(o.bad) < maxBad:
		o.bad = append(o.bad, err.Error())
	default:
		o.more++
	}
}

// roles holds what the roles of a server's database may do against what they are to.
func (d *doctor) roles(ctx context.Context, k *Check) error {
	r, err := postgres.RolesAt(ctx, d.DB)
	if err != nil {
		return err
	}
	k.Detail = "connected as " + r.User
	if slices.Contains(r.Almighty, r.User) {
		k.Detail += ", which can rewrite the trail (desks connect as fob_app)"
	}
	if len(r.Missing) > 0 {
		k.Detail += "; the server has no role " + strings.Join(r.Missing, " and no role ")
	}
	for _, role := range r.Almighty {
		if role == r.User {
			continue
		}
		k.found(fmt.Sprintf("%s may do all that the owner of the tables may", role), "with that role the trail can be rewritten, so that only a signed checkpoint tells",
			"take superuser and the membership of the owner from it")
	}
	for _, s := range r.Excess {
		k.found("a role may do more than it needs", "what only grows or never changes can be changed", "as the owner: %s", s)
	}
	for _, s := range r.Lacking {
		k.found("a role lacks a right", "some command of its user will fail", "as the owner: %s", s)
	}
	return nil
}

// grantsFor are the statements that make the roles which a server's database lacks.
func (c Config) grantsFor(ctx context.Context) (statements []string, err error) {
	if !c.onServer() {
		return nil, nil
	}
	r, err := postgres.RolesAt(ctx, c.DB)
	for _, role := range r.Missing {
		statements = append(statements, "CREATE ROLE "+role+" LOGIN")
		statements = append(statements, postgres.Grants(role)...)
	}
	return statements, err
}
