package web

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// SessionTable is the table of the store that keeps who is signed in.
type SessionTable interface {
	Session(ctx context.Context, id []byte) (sealed []byte, err error) // nil: there is none
	SaveSession(ctx context.Context, id, sealed []byte, until, now time.Time, isNew bool) error
	EndSession(ctx context.Context, id []byte) error
}

// sessionStore keeps sessions for scs. What a page shows and what was typed is in this
// process alone. Who is signed in is in a table too, so that a restart signs nobody out
// and several servers know the same people. A row is found by one key that is made of
// the cookie, and sealed with another: neither the store nor a backup opens it, and
// nobody who writes to the store can make one. Visitors have no row.
type sessionStore struct {
	*memstore.MemStore // by the row's id
	table              SessionTable
	bound              []byte // to what the configuration says of people: another one signs all out
	life, idle         time.Duration
	now                func() time.Time
	random             io.Reader
	log                *slog.Logger

	mu    sync.Mutex
	known map[string]signedIn
}

// signedIn is what a row holds, and what this process knows of it.
type signedIn struct {
	Person      person
	Began, Used time.Time // Used is written in steps

	checked time.Time // when the row was seen last
	alone   bool      // there is no row: the store cannot be written to
	ended   bool      // signed out: a request that is under way brings it back no more
}

// trustFor is how long another server's sign-out may take to be noticed.
const trustFor = 10 * time.Second

// rememberFor is how long it is known whose a session was that is over: a form that is
// sent so late is kept for nobody else.
const rememberFor = 12 * time.Hour

func newSessionStore(o Options) *sessionStore {
	c := o.Config
	bound := fmt.Appendf(nil, "%q", []any{c.Issuer, c.ClientID, c.RolesClaim, c.NameClaim, c.AccountClaim, c.Roles})
	return &sessionStore{MemStore: memstore.New(), table: o.Sessions, bound: bound, life: c.Life, idle: c.Idle, now: o.Now, random: o.Random, log: o.Log,
		known: map[string]signedIn{}}
}

// namesOf are the id of a cookie's row, and what seals it.
func namesOf(cookie string) (id string, seal cipher.AEAD, err error) {
	var keys [2][]byte
	for i, use := range []string{"fob page session: row", "fob page session: seal"} {
		if keys[i], err = hkdf.Key(sha256.New, []byte(cookie), nil, use, 32); err != nil {
			return "", nil, err
		}
	}
	block, err := aes.NewCipher(keys[1])
	if err == nil {
		seal, err = cipher.NewGCM(block)
	}
	return string(keys[0]), seal, err
}

func (s *sessionStore) isOver(in signedIn) bool {
	now := s.now()
	return now.Sub(in.Used) > s.idle || now.Sub(in.Began) > s.life
}

// FindCtx returns a session: that of this process, if its row is still there, or one of
// which there is only a row.
func (s *sessionStore) FindCtx(ctx context.Context, cookie string) (b []byte, found bool, err error) {
	id, seal, err := namesOf(cookie)
	if err != nil {
		return nil, false, err
	}
	b, found, _ = s.Find(id)
	s.mu.Lock()
	in, known := s.known[id]
	s.mu.Unlock()
	if s.table == nil || in.ended || found && (!known || in.alone || s.now().Sub(in.checked) < trustFor) {
		return b, found && !in.ended, nil
	}
	sealed, err := s.table.Session(ctx, []byte(id))
	if err != nil {
		return nil, false, err
	}
	row, ok := s.open(seal, sealed)
	switch {
	case !ok || s.isOver(row):
		s.forget(id, in)
		return nil, false, nil
	case !found:
		if b, err = (scs.GobCodec{}).Encode(row.Began.Add(s.life), map[string]any{keyPerson: row.Person}); err != nil {
			return nil, false, err
		}
	}
	if row.checked = s.now(); known { // another server may not have seen the last step
		row.Used = latest(row.Used, in.Used)
	}
	s.know(id, row)
	return b, true, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (s *sessionStore) open(seal cipher.AEAD, sealed []byte) (in signedIn, ok bool) {
	n := seal.NonceSize()
	if len(sealed) < n {
		return in, false
	}
	text, err := seal.Open(nil, sealed[:n], sealed[n:], s.bound)
	return in, err == nil && json.Unmarshal(text, &in) == nil
}

// CommitCtx keeps a session. Its row is written when somebody signs in, and then only
// in steps of a quarter of the time that it may be idle. Without a row the session ends
// with this process: nobody is kept from signing in.
func (s *sessionStore) CommitCtx(ctx context.Context, cookie string, b []byte, expiry time.Time) error {
	id, seal, err := namesOf(cookie)
	if err != nil {
		return err
	}
	s.mu.Lock()
	in, known := s.known[id]
	s.mu.Unlock()
	if in.ended {
		return nil
	}
	if err := s.Commit(id, b, expiry); err != nil || s.table == nil {
		return err
	}
	now := s.now()
	if in.alone {
		in.Used = now
		s.know(id, in)
		return nil
	}
	if known && now.Sub(in.Used) < s.idle/4 {
		return nil
	}
	if !known {
		_, values, err := (scs.GobCodec{}).Decode(b)
		if err != nil {
			return err
		}
		p, is := values[keyPerson].(person)
		if !is { // a visitor
			return nil
		}
		in = signedIn{Person: p, Began: now}
	}
	in.Used, in.checked = now, now
	if err := s.save(ctx, id, seal, in, !known); err != nil {
		s.log.Warn("a session could not be stored", "error", redacted(err.Error()))
		if known {
			return nil // it is tried again with the next request
		}
		in.alone = true
	}
	s.know(id, in)
	return nil
}

func (s *sessionStore) save(ctx context.Context, id string, seal cipher.AEAD, in signedIn, isNew bool) error {
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	nonce := make([]byte, seal.NonceSize())
	if _, err := io.ReadFull(s.random, nonce); err != nil {
		return err
	}
	return s.table.SaveSession(ctx, []byte(id), seal.Seal(nonce, nonce, text, s.bound), in.Used.Add(s.idle+rememberFor), in.Used, isNew)
}

// know keeps what is known of a session, and drops those that are over.
func (s *sessionStore) know(id string, in signedIn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[id].ended {
		return
	}
	for over, old := range s.known {
		if s.isOver(old) {
			_ = s.Delete(over) // of a map; what is found there and not known is a visitor's
			delete(s.known, over)
		}
	}
	s.known[id] = in
}

// last is who a session was of that is over; nil: nobody's that is known.
func (s *sessionStore) last(ctx context.Context, cookie string) *person {
	id, seal, err := namesOf(cookie)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	in, known := s.known[id]
	s.mu.Unlock()
	if !known && s.table != nil {
		if sealed, err := s.table.Session(ctx, []byte(id)); err == nil {
			in, known = s.open(seal, sealed)
		}
	}
	if !known {
		return nil
	}
	return &in.Person
}

// forget drops a session here, for as long as requests of it may be under way.
func (s *sessionStore) forget(id string, in signedIn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.Delete(id) // of a map
	if in.Used.IsZero() {
		return
	}
	in.ended = true
	s.known[id] = in
}

// DeleteCtx ends a session everywhere.
func (s *sessionStore) DeleteCtx(ctx context.Context, cookie string) error {
	id, _, err := namesOf(cookie)
	if err != nil {
		return err
	}
	s.mu.Lock()
	in, known := s.known[id]
	s.mu.Unlock()
	if known && s.table != nil && !in.alone {
		if err := s.table.EndSession(ctx, []byte(id)); err != nil {
			return err
		}
	}
	s.forget(id, in)
	return nil
}
