package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"fob/internal/custody"
	"fob/internal/desk"
	"fob/internal/intake"
	"fob/internal/people"
	"fob/internal/provision"
	"fob/internal/report"
	"fob/internal/request"
	"fob/internal/store"
	"fob/internal/store/postgres"
	"fob/internal/store/sqlite"
	"fob/internal/token"
	"fob/internal/trail"
)

// Config is what a front end decides: where things are, who works, and the
// sources of time and chance.
type Config struct {
	DB       string // path of the database
	Identity string // path of the age identity file; empty: without one
	// The folders of the checkpoint files and of what was seen of each store; empty:
	// that of the identity.
	Anchors, Memory string
	// Usual is the database that the same identity opens where none is named, if DB is
	// another; empty: none.
	Usual    string
	Now      func() time.Time
	Random   io.Reader
	Operator token.Operator
	Host     string
	Prompter custody.Prompter // nil: nobody can be asked

	Wait    time.Duration       // how long a writer waits for its turn; 0: as long as it takes
	Waiting func(holder string) // told who keeps a writer waiting; nil: nobody wants to know
}

// UseCases are what a front end asks of one open store.
type UseCases struct {
	Desk   *desk.Desk
	Intake *intake.Intake
	People *people.Registry
	Out    *provision.Provisioner
	// Requests are the commands that wait for a second person.
	Requests request.Registry
	// Reports reads the same store, what the others changed included.
	Reports report.Store
	// Pages reads it for front ends that answer at once.
	Pages func(ctx context.Context, fn func(report.PageReader) error) error
	// Sessions keeps who is signed in at the pages.
	Sessions interface {
		Session(ctx context.Context, id []byte) (sealed []byte, err error)
		SaveSession(ctx context.Context, id, sealed []byte, until, now time.Time, isNew bool) error
		EndSession(ctx context.Context, id []byte) error
	}
	Close func() error
}

// Open opens the store for writing and hands out the use cases. The keyring is
// opened when the first of them asks for it. Close ends both.
func (c Config) Open(ctx context.Context) (*UseCases, error) {
	s, err := c.openWatched(ctx)
	if err != nil {
		return nil, err
	}
	keys := &lazyKeys{config: c, store: s}
	d := &desk.Desk{Store: s, Keys: keys.open, Now: c.Now, Random: c.Random, Operator: c.Operator, Host: c.host()}
	return &UseCases{
		Desk:     d,
		Intake:   &intake.Intake{Store: s.Intake(), Desk: d},
		People:   &people.Registry{Store: store.For[people.Reader, people.Tx]{Store: s}, Desk: d},
		Out:      &provision.Provisioner{Store: s.Provision(), Desk: d, SeedLen: custody.SeedLen, Bounded: boundMemory},
		Requests: request.Registry{Store: s.Requests(), Author: d.Author()},
		Reports:  s,
		Pages:    s.SnapshotPages,
		Sessions: s,
		Close:    func() error { keys.close(); return s.Close() },
	}, nil
}

func (c Config) patience() store.Patience {
	p := store.Patience{Limit: c.Wait}
	if c.Waiting != nil {
		p.Told = func(h store.Holder) { c.Waiting(h.String()) }
	}
	return p
}

// Desk opens the store for those who need no more than the desk.
func (c Config) Desk(ctx context.Context) (*desk.Desk, func() error, error) {
	u, err := c.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	return u.Desk, u.Close, nil
}

// host is the computer's name as the trail can keep it: the system takes any
// bytes for a name, the trail text only.
func (c Config) host() string { return strings.ToValidUTF8(c.Host, "\uFFFD") }

// Reports opens the store for reading.
func (c Config) Reports(ctx context.Context) (report.Store, func() error, error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return nil, nil, err
	}
	restore := boundMemory()
	return s, func() error { restore(); return s.Close() }, nil
}

// openReadOnly opens the store for reading, if it continues what was seen of it.
func (c Config) openReadOnly(ctx context.Context) (*store.Store, error) {
	s, err := c.openCopy(ctx)
	if err != nil {
		return nil, err
	}
	return c.continued(ctx, s, false)
}

// openWatched opens the store for writing, if it continues what was seen of it, and
// has every transaction looked at in the same way.
func (c Config) openWatched(ctx context.Context) (*store.Store, error) {
	s, err := c.openUnwatched(ctx)
	if err != nil {
		return nil, err
	}
	return c.continued(ctx, s, true)
}

// continued closes a store that does not continue what was seen of it; one that does
// is watched from then on, if it is to be.
func (c Config) continued(ctx context.Context, s *store.Store, watch bool) (*store.Store, error) {
	m := c.memoryOf(s.ID())
	if m == nil {
		return s, nil
	}
	if err := s.Continues(ctx, m); err != nil {
		s.Close()
		return nil, err
	}
	if watch {
		s.Watch(m)
	}
	return s, nil
}

// openCopy opens for reading, whether it continues what was seen of it or not.
func (c Config) openCopy(ctx context.Context) (*store.Store, error) {
	return c.openWith(ctx, postgres.OpenReadOnly, sqlite.OpenReadOnly)
}

// examine opens for reading whatever is there: for those who tell what is wrong
// with it.
func (c Config) examine(ctx context.Context) (*store.Store, error) {
	return c.openWith(ctx, postgres.Examine, sqlite.Examine)
}

// openUnwatched opens for writing whatever is there.
func (c Config) openUnwatched(ctx context.Context) (*store.Store, error) {
	return c.openWith(ctx, postgres.Open, func(ctx context.Context, path string) (*store.Store, error) {
		return sqlite.OpenPatient(ctx, path, c.patience())
	})
}

type opener func(ctx context.Context, db string) (*store.Store, error)

func (c Config) openWith(ctx context.Context, server, file opener) (*store.Store, error) {
	if err := c.checkDB(); err != nil {
		return nil, err
	}
	if c.onServer() {
		return server(ctx, c.DB)
	}
	return file(ctx, c.DB)
}

// lazyKeys opens the keyring once, when it is needed, and anew where the store's key
// was rotated since.
type lazyKeys struct {
	config Config
	store  *store.Store
	ctx    context.Context // of anyone who opened it first
	mu     sync.Mutex
	ring   *custody.Keyring
	older  []*custody.Keyring // of before a rotation: somebody may still use them
	err    error
}

func (k *lazyKeys) open(ctx context.Context) (desk.Keyring, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ring == nil && k.err == nil {
		k.ctx = ctx
		k.ring, k.err = openKeyring(ctx, k.config, k.store)
	}
	if k.err != nil {
		return nil, k.err
	}
	return k, nil
}

func (k *lazyKeys) present() *custody.Keyring {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ring
}

// Seal seals under the key that was opened last; the store refuses an older one.
func (k *lazyKeys) Seal(of token.SeedPlace, seed token.Seed) ([]byte, error) {
	return k.present().Seal(of, seed)
}

// Fingerprint is the same under every key.
func (k *lazyKeys) Fingerprint(seed token.Seed) int64 { return k.present().Fingerprint(seed) }

// Open opens the keys again for a seed under a newer one.
func (k *lazyKeys) Open(of token.SeedPlace, sealed []byte) (token.Seed, error) {
	ring := k.present()
	if custody.SealedUnder(sealed) > ring.KeyID() {
		k.mu.Lock()
		if k.ring == ring {
			if fresh, err := openKeyring(k.ctx, k.config, k.store); err == nil {
				k.ring, k.older = fresh, append(k.older, ring)
			}
		}
		ring = k.ring
		k.mu.Unlock()
	}
	return ring.Open(of, sealed)
}

func (k *lazyKeys) close() {
	for _, ring := range append(k.older, k.ring) {
		if ring != nil {
			ring.Close()
		}
	}
}

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

// RequestList returns the requests that wait or are approved, or all, the newest
// first. It opens the store for reading.
func (c Config) RequestList(ctx context.Context, all bool) (list []request.Request, err error) {
	err = c.readRequests(ctx, func(g request.Registry) error {
		list, err = g.List(ctx, all)
		return err
	})
	return list, err
}

// Request returns one of them.
func (c Config) Request(ctx context.Context, number int) (q request.Request, err error) {
	err = c.readRequests(ctx, func(g request.Registry) error {
		q, err = g.Show(ctx, number)
		return err
	})
	return q, err
}

func (c Config) readRequests(ctx context.Context, fn func(request.Registry) error) error {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return fn(request.Registry{Store: s.Requests(), Author: trail.Author{Store: s.ID(), Now: c.Now, Operator: c.Operator}})
}
