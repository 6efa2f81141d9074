package app

import (
	"cmp"
	"context"
	"errors"
	"os"

	"github.com/google/uuid"

	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/store"
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
}

// Custodian is who can open the store's keys.
type Custodian struct {
	Recipient string `json:"recipient"`
	Kind      string `json:"kind"`
	Added     string `json:"added_at"`
}

// Init makes a store with its keys. Key files are written first and removed
// again when anything fails, so a failed init leaves nothing behind.
func (c Config) Init(ctx context.Context, f Founding) (Founded, error) {
	w := &founding{config: c, id: uuid.Nil, asked: f}
	res, err := w.found(ctx)
	if err != nil {
		for _, path := range w.written {
			os.Remove(path)
		}
	}
	return res, err
}

type founding struct {
	config  Config
	asked   Founding
	id      uuid.UUID
	written []string // key files to remove again on failure
}

func (w *founding) found(ctx context.Context) (res Founded, err error) {
	c := w.config
	if w.id, err = uuid.NewV7FromReader(c.Random); err != nil {
		return res, fault.Wrap(fault.Internal, err, "making a store id")
	}
	if err := cmp.Or(c.checkDB(), c.checkIdentity()); err != nil {
		return res, err
	}
	if _, err := os.Lstat(c.DB); err == nil {
		return res, fault.Errorf(fault.NotAllowed, "%s exists already; nothing was changed", c.DB).
			WithHint("name another place with %s or FOB_DB", fault.DB)
	}
	if err := custody.KeepApart(c.Identity, c.DB); err != nil {
		return res, err
	}
	custodians, err := w.custodians()
	if err != nil {
		return res, err
	}
	checkpoint, err := w.checkpointKey()
	if err != nil {
		return res, err
	}
	keys, err := w.keys(custodians)
	if err != nil {
		return res, err
	}
	if err := w.create(ctx, custodians, keys, checkpoint.PublicHalf()); err != nil {
		return res, err
	}
	res = Founded{DB: c.DB, Store: w.id, Checkpoint: CheckpointPath(c.Identity), CheckpointPub: checkpoint.PublicHalf()}
	if !w.asked.NoIdentity {
		res.Identity = &c.Identity
	}
	for _, r := range custodians {
		res.Custodians = append(res.Custodians, Custodian{Recipient: r.Text, Kind: r.Kind, Added: c.Now().UTC().Format("2006-01-02T15:04:05Z07:00")})
	}
	return res, nil
}

// custodians parses the recipients and makes the identity. An identity of the
// post-quantum kind is made for post-quantum recipients: age does not mix them
// with others, since the weakest would decide.
func (w *founding) custodians() ([]custody.Recipient, error) {
	var all []custody.Recipient
	kind := custody.KindX25519
	for _, text := range w.asked.Recipients {
		r, err := custody.ParseRecipient(text)
		if err != nil {
			return nil, err
		}
		if r.PostQuantum() {
			kind = custody.KindHybrid
		}
		all = append(all, r)
	}
	if w.asked.NoIdentity {
		if len(all) == 0 {
			return nil, fault.Errorf(fault.Usage, "%s without %s: nobody could open the store", fault.NoIdentity, fault.Recipient)
		}
		return all, nil
	}
	id, err := custody.GenerateIdentity(kind)
	if err != nil {
		return nil, err
	}
	if err := w.write(w.config.Identity, id.FileText(w.config.Now())); err != nil {
		return nil, err
	}
	return append([]custody.Recipient{id.Recipient()}, all...), nil
}

func (w *founding) checkpointKey() (*custody.CheckpointKey, error) {
	// The first digits of a version 7 UUID are the time; the last tell stores apart.
	key, err := custody.GenerateCheckpointKey(w.config.Random, "fob-"+w.id.String()[24:])
	if err != nil {
		return nil, err
	}
	return key, w.write(CheckpointPath(w.config.Identity), key.FileText())
}

func (w *founding) write(path string, content []byte) error {
	defer clear(content)
	if err := custody.WriteKeyFile(path, content); err != nil {
		return err
	}
	w.written = append(w.written, path)
	return nil
}

// keys makes the store's two keys and encrypts them to every custodian.
func (w *founding) keys(to []custody.Recipient) ([]store.Key, error) {
	seedKey, printKey, err := custody.NewStoreKeys(w.config.Random)
	if err != nil {
		return nil, err
	}
	defer seedKey.Clear()
	defer printKey.Clear()
	forSeeds, err1 := custody.Wrap(seedKey, to, w.config.Prompter)
	forPrints, err2 := custody.Wrap(printKey, to, w.config.Prompter)
	return []store.Key{
		{ID: 1, Purpose: store.KeySeed, Wrapped: forSeeds},
		{ID: 2, Purpose: store.KeyFingerprint, Wrapped: forPrints},
	}, errors.Join(err1, err2)
}

func (w *founding) create(ctx context.Context, to []custody.Recipient, keys []store.Key, checkpointPub string) error {
	c := w.config
	id, err := uuid.NewV7FromReader(c.Random)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "making an event id")
	}
	now := c.Now().UTC()
	e := &trail.Event{ID: id, Time: trail.Time{Time: now}, Store: w.id, Operator: c.Operator, Host: c.host(),
		Command: token.CmdInit, Object: trail.Object{Kind: trail.KindStore, ID: w.id.String()}, Outcome: trail.Done}
	founding := store.Founding{ID: w.id, Created: now, CheckpointPub: checkpointPub, Keys: keys, Event: e}
	detail := trail.InitDetail{CheckpointPub: checkpointPub}
	for _, r := range to {
		founding.Custodians = append(founding.Custodians, store.Custodian{Recipient: r.Text, Kind: r.Kind, Added: now})
		detail.Custodians = append(detail.Custodians, trail.CustodianRow{Recipient: r.Text, Kind: r.Kind, Added: now})
	}
	for _, k := range keys {
		detail.Keys = append(detail.Keys, k.Row(now))
	}
	if err := e.SetDetail(detail); err != nil {
		return err
	}
	return sqlite.Create(ctx, c.DB, founding)
}

// Keys tells who can open the store, and what its checkpoints are verified
// with. It opens no key.
func (c Config) Keys(ctx context.Context) (all []Custodian, checkpointPub string, err error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return nil, "", err
	}
	defer s.Close()
	custodians, pub, err := s.Custodians(ctx)
	for _, r := range custodians {
		all = append(all, Custodian{r.Recipient, r.Kind, r.Added.Format("2006-01-02T15:04:05Z07:00")})
	}
	return all, pub, err
}
