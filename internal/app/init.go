package app

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/store"
	"fob/internal/store/postgres"
	"fob/internal/store/sqlite"
	"fob/internal/token"
	"fob/internal/trail"
)

// Founding says what a new store is to have.
type Founding struct {
	Recipients []string // further custodians, as age recipients
	NoIdentity bool     // make no identity file: the recipients alone open the store
}

// Founded is what was made, with the JSON names of the command line.
type Founded struct {
	DB            string      `json:"db"`
	Store         uuid.UUID   `json:"store"`
	Identity      *string     `json:"identity"` // null: none was made
	Checkpoint    string      `json:"checkpoint_key"`
	CheckpointPub string      `json:"checkpoint_pub"`
	Custodians    []Custodian `json:"custodians"`
	Resumed       bool        `json:"resumed"` // an init that was broken off was finished
	// Grants make the roles that a server's database lacks, for its administrator.
	Grants []string `json:"grants,omitempty"`
}

// step is told of every step of a founding; tests end the process there.
var step = func(string) {}

// Init makes a store with its keys. Everything is made under names of its own
// first, and gets its place when it is whole: the keys, then the database. So an
// init that is killed leaves either a whole store without its place, which the next
// init puts there, or pieces that no store has, which it removes. An init that fails
// leaves nothing.
func (c Config) Init(ctx context.Context, f Founding) (res Founded, err error) {
	if err := cmp.Or(c.checkDB(), c.checkIdentity()); err != nil {
		return res, err
	}
	if err := c.keepApart(c.DB); err != nil {
		return res, err
	}
	w := &founding{config: c, asked: f}
	if w.further, err = parseRecipients(f); err != nil {
		return res, err
	}
	for _, path := range c.placesOfFiles() {
		unlock, err := custody.LockFolder(filepath.Dir(path))
		if err != nil {
			return res, err
		}
		defer unlock()
	}
	resumed, err := w.resume(ctx)
	if err == nil && !resumed {
		err = w.found(ctx)
	}
	if err != nil {
		return res, err
	}
	if res, err = c.founded(ctx); err != nil {
		return res, err
	}
	res.Resumed = resumed
	res.Grants, err = c.grantsFor(ctx)
	return res, err
}

func parseRecipients(f Founding) (all []custody.Recipient, err error) {
	for _, text := range f.Recipients {
		r, err := custody.ParseRecipient(text)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	if f.NoIdentity && len(all) == 0 {
		return nil, fault.Errorf(fault.Usage, "%s without %s: nobody could open the store", fault.NoIdentity, fault.Recipient)
	}
	return all, nil
}

// founding is one init.
type founding struct {
	config  Config
	asked   Founding
	further []custody.Recipient
	id      uuid.UUID
}

func (w *founding) identity() placed   { return w.file(w.config.Identity) }
func (w *founding) checkpoint() placed { return w.file(w.config.checkpointPath()) }
func (w *founding) building() string   { return sqlite.BuildingPath(w.config.DB, w.id) }
func (w *founding) file(path string) placed {
	return placed{final: path, made: sqlite.BuildingPath(path, w.id)}
}

// checkpointPath is the checkpoint key beside the identity file.
func (c Config) checkpointPath() string { return filepath.Join(c.anchors(), custody.CheckpointFile) }

// placed is a key file before it has its place, and that.
type placed struct{ made, final string }

func (w *founding) found(ctx context.Context) (err error) {
	for _, path := range append(w.config.placesOfFiles(), w.config.checkpointPath()) {
		switch {
		case !exists(path):
		case path == w.config.DB:
			return fault.Errorf(fault.NotAllowed, "%s exists already; nothing was changed", path).WithHint("name another place with %s or FOB_DB", fault.DB)
		case path != w.config.Identity || !w.asked.NoIdentity:
			return custody.InTheWay(path)
		}
	}
	if w.id, err = token.NewID(w.config.Now(), w.config.Random); err != nil {
		return err
	}
	built := false
	defer func() {
		if err != nil && !(built && w.config.onServer()) { // the server's store needs these keys
			w.discard()
		}
	}()
	custodians, err := w.custodians()
	if err != nil {
		return err
	}
	step("identity made")
	key, err := custody.GenerateCheckpointKey(w.config.Random, custody.CheckpointName(w.id))
	if err != nil {
		return err
	}
	if err := write(w.checkpoint().made, key.FileText()); err != nil {
		return err
	}
	step("checkpoint key made")
	f, err := w.first(custodians, key)
	if err != nil {
		return err
	}
	if err := w.build(ctx, f); err != nil {
		return err
	}
	built = true
	step("store built")
	return w.place()
}

// build makes the store: a file beside its place, or in a server's empty database.
func (w *founding) build(ctx context.Context, f store.Founding) error {
	if w.config.onServer() {
		return postgres.Create(ctx, w.config.DB, f)
	}
	return sqlite.Build(ctx, w.building(), f)
}

// discard removes what never got its place.
func (w *founding) discard() {
	for _, path := range []string{w.identity().made, w.checkpoint().made} {
		os.Remove(path)
	}
	sqlite.Discard(w.building())
}

// place gives everything its place, the database last. Where that fails, a key that
// got its place goes again: no store has it.
func (w *founding) place() (err error) {
	var done []string
	defer func() {
		if err != nil {
			for _, path := range done {
				os.Remove(path)
			}
		}
	}()
	for _, file := range []placed{w.identity(), w.checkpoint()} {
		if !exists(file.made) {
			continue // it was placed before, or never made
		}
		if err := custody.PlaceKeyFile(file.made, file.final, step); err != nil {
			return err
		}
		done = append(done, file.final)
		step(filepath.Base(file.final) + " placed")
	}
	if w.config.onServer() {
		return nil
	}
	if err := sqlite.Place(w.building(), w.config.DB); err != nil {
		return err
	}
	step("store placed")
	return nil
}

// resume finishes an init that was broken off, and removes the pieces of those that
// cannot be finished. Where a store has its place already, it is left alone.
func (w *founding) resume(ctx context.Context) (done bool, err error) {
	for _, path := range append(w.config.placesOfFiles(), w.config.checkpointPath()) {
		pieces, err := filepath.Glob(globbed(sqlite.BuildingPath(path, uuid.Nil)[:len(path)+len(".new-")]) + "*")
		if err != nil {
			return false, fault.Wrap(fault.Internal, err, "looking for what an init left")
		}
		for _, piece := range pieces {
			id, err := uuid.Parse(filepath.Base(piece)[len(filepath.Base(path))+len(".new-"):])
			if err != nil {
				continue // not one of fob's
			}
			w.id = id
			if w.config.onServer() { // whether it has a store must be known before a key goes
				if _, err := postgres.HasStore(ctx, w.config.DB); err != nil {
					return false, err
				}
			}
			switch {
			case sameFile(w.building(), w.config.DB): // killed with both names
				w.discard()
				return true, nil
			case !exists(w.config.DB) && w.isWhole(ctx):
				return true, w.place()
			}
			w.discard()
		}
	}
	return false, nil
}

// isWhole reports whether a store was built and has its keys, as they were made or
// in their place. Custodians other than those that are asked for now count as another
// store's.
func (w *founding) isWhole(ctx context.Context) bool {
	for _, file := range []placed{w.identity(), w.checkpoint()} {
		if sameFile(file.made, file.final) { // killed with both names
			os.Remove(file.made)
		}
	}
	built := w.config
	if !built.onServer() {
		built.DB = w.building()
	}
	s, err := built.openCopy(ctx)
	if err != nil {
		return false
	}
	defer s.Close()
	keys, err := s.Keys(ctx)
	if err != nil || s.ID() != w.id {
		return false
	}
	pub, err := custody.PublicHalf(cmp.Or(existing(w.checkpoint().made), w.checkpoint().final))
	if err != nil || statementOf(s.ID(), keys).Check(keys.Statement, pub) != nil {
		return false
	}
	var want []string
	for _, r := range w.further {
		want = append(want, r.Text)
	}
	if !w.asked.NoIdentity {
		ids, err := custody.ReadIdentities(cmp.Or(existing(w.identity().made), w.identity().final), nil)
		if err != nil || len(ids.Recipients()) != 1 {
			return false
		}
		want = append(want, ids.Recipients()[0].Text)
	}
	for _, c := range keys.Custodians {
		if i := slices.Index(want, c.Recipient); i >= 0 {
			want = slices.Delete(want, i, i+1)
		} else {
			return false
		}
	}
	return len(want) == 0
}

// existing is the path if there is something, else empty.
func existing(path string) string {
	if exists(path) {
		return path
	}
	return ""
}

func sameFile(a, b string) bool {
	x, err1 := os.Lstat(a)
	y, err2 := os.Lstat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// globbed is a path of which no character has a meaning to a pattern.
func globbed(path string) string {
	var b []byte
	for _, c := range []byte(path) {
		if c == '*' || c == '?' || c == '[' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return string(b)
}

// custodians are the recipients and the identity, which is made. One of the
// post-quantum kind is made for post-quantum recipients: age does not mix them
// with others, since the weakest would decide.
func (w *founding) custodians() ([]custody.Recipient, error) {
	kind := custody.KindX25519
	if slices.ContainsFunc(w.further, custody.Recipient.PostQuantum) {
		kind = custody.KindHybrid
	}
	if w.asked.NoIdentity {
		return w.further, nil
	}
	id, err := custody.GenerateIdentity(kind)
	if err != nil {
		return nil, err
	}
	return append([]custody.Recipient{id.Recipient()}, w.further...), write(w.identity().made, id.FileText(w.config.Now()))
}

func write(path string, content []byte) error {
	defer clear(content)
	return custody.WriteKeyFile(path, content)
}

// first makes the store's keys, and says what the store begins with.
func (w *founding) first(to []custody.Recipient, key *custody.CheckpointKey) (f store.Founding, err error) {
	c := w.config
	now := c.Now().UTC()
	seedKey, printKey, err := custody.NewStoreKeys(c.Random)
	if err != nil {
		return f, err
	}
	defer seedKey.Clear()
	defer printKey.Clear()
	keys := store.Keys{CheckpointPub: key.PublicHalf(), Generation: 1,
		Keys: []trail.KeyRow{{ID: 1, Purpose: store.KeySeed, Created: now}, {ID: 2, Purpose: store.KeyFingerprint, Created: now}}}
	for _, r := range to {
		keys.Custodians = append(keys.Custodians, trail.CustodianRow{Recipient: r.Text, Kind: r.Kind, Added: now})
	}
	if keys, err = c.sealKeys(w.id, keys, []custody.Key{seedKey, printKey}, to, key); err != nil {
		return f, err
	}
	author := trail.Author{Store: w.id, Operator: c.Operator, Host: c.host(), Now: func() time.Time { return now }, Random: c.Random}
	e, err := author.StoreEvent(token.CmdInit, token.Words{})
	if err != nil {
		return f, err
	}
	err = e.SetDetail(trail.InitDetail{KeysDetail: keys.Detail(), CheckpointPub: keys.CheckpointPub})
	return store.Founding{ID: w.id, Created: now, Keys: keys, Event: e}, err
}

// sealKeys encrypts keys to custodians, and signs the statement about them.
func (c Config) sealKeys(id uuid.UUID, keys store.Keys, open []custody.Key, to []custody.Recipient, key *custody.CheckpointKey) (store.Keys, error) {
	wrapped, err := custody.Wrap(open, to, c.Prompter)
	if err != nil {
		return keys, err
	}
	keys.Wrapped = wrapped
	keys.Statement, err = statementOf(id, keys).Sign(key)
	return keys, err
}

// founded is what there is of a new store.
func (c Config) founded(ctx context.Context) (res Founded, err error) {
	s, err := c.openCopy(ctx)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	keys, err := s.Keys(ctx)
	res = Founded{DB: c.DB, Store: s.ID(), Checkpoint: c.checkpointPath(), CheckpointPub: keys.CheckpointPub, Custodians: custodiansOf(keys.Custodians)}
	if ids, err := custody.ReadIdentities(c.Identity, nil); err == nil && slices.ContainsFunc(ids.Recipients(), func(r custody.Recipient) bool {
		return slices.ContainsFunc(keys.Custodians, func(c trail.CustodianRow) bool { return c.Recipient == r.Text })
	}) {
		res.Identity = &c.Identity
	}
	return res, err
}
