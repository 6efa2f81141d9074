package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/store"
	"fob/internal/trail"
)

// statementOf is what is signed about a store's keys.
func statementOf(id [16]byte, k store.Keys) custody.Statement {
	s := custody.Statement{Store: id, Generation: k.Generation, Wrapped: k.Wrapped}
	for _, row := range k.Keys {
		s.Keys = append(s.Keys, custody.StatedKey{ID: row.ID, Purpose: row.Purpose, Created: row.Created})
	}
	for _, c := range k.Custodians {
		s.Custodians = append(s.Custodians, custody.StatedCustodian{Recipient: c.Recipient, Kind: c.Kind, Added: c.Added})
	}
	return s
}

// keysTx is what changes of keys need of a transaction.
type keysTx interface {
	request.Reader
	trail.Log
	Head() (trail.Head, error)
	ReplaceKeys(store.Keys) error
	NothingLoads() error
}

func keysOf(s *store.Store) store.For[keysTx, keysTx] { return store.For[keysTx, keysTx]{Store: s} }

func (c Config) author(s *store.Store) trail.Author {
	return trail.Author{Store: s.ID(), Operator: c.Operator, Host: c.host(), Now: c.Now, Random: c.Random}
}

// genuineKeys reads the store's keys, and refuses those that its checkpoint key did
// not sign.
func (c Config) genuineKeys(ctx context.Context, s *store.Store) (store.Keys, error) {
	keys, err := s.Keys(ctx)
	if err != nil {
		return keys, err
	}
	pub, err := custody.Anchor(c.anchors(), s.ID())
	if err != nil {
		return keys, err
	}
	if err := statementOf(s.ID(), keys).Check(keys.Statement, pub); err != nil {
		return keys, err
	}
	if keys.CheckpointPub != pub {
		return keys, fault.Errorf(fault.Integrity, "the database names another key for its checkpoints than the one beside the identity").
			WithHint("somebody changed it past fob: keep this database as evidence, and restore a backup")
	}
	return keys, nil
}

// questionKeys is genuineKeys for those who may have nothing to hold the keys
// against, an auditor with a copy: then nothing is demanded.
func (c Config) questionKeys(ctx context.Context, s *store.Store) error {
	if c.anchors() == "" {
		return nil
	}
	if _, err := custody.Anchor(c.anchors(), s.ID()); err != nil {
		return nil
	}
	_, err := c.genuineKeys(ctx, s)
	return err
}

// openKeyring unwraps the store's keys with the operator's identity.
func openKeyring(ctx context.Context, c Config, s *store.Store) (*custody.Keyring, error) {
	opened, err := c.openKeys(ctx, s)
	if err != nil {
		return nil, err
	}
	defer opened.clear()
	return opened.keyring(s.ID())
}

// openedKeys are a store's keys in the open, in the order of their rows.
type openedKeys struct {
	store.Keys
	open []custody.Key
	ids  *custody.Identities // that opened them
}

func (o openedKeys) clear() {
	for _, k := range o.open {
		k.Clear()
	}
}

func (c Config) openKeys(ctx context.Context, s *store.Store) (o openedKeys, err error) {
	if err := c.checkIdentity(); err != nil {
		return o, err
	}
	if err := c.keepApart(s.Where()); err != nil {
		return o, err
	}
	// Nobody types a passphrase for keys that are not genuine.
	if _, err := os.Stat(c.Identity); !errors.Is(err, fs.ErrNotExist) {
		if o.Keys, err = c.genuineKeys(ctx, s); err != nil {
			return o, err
		}
	}
	if o.ids, err = custody.ReadIdentities(c.Identity, c.Prompter); err != nil {
		return o, err
	}
	o.open, err = custody.Unwrap(o.Wrapped, len(o.Keys.Keys), o.ids)
	return o, err
}

// keyring opens seeds under the newest store key, and under an older one while a
// rotation goes on.
func (o openedKeys) keyring(id [16]byte) (*custody.Keyring, error) {
	var seeds []custody.OlderKey
	var print custody.Key
	for i, row := range o.Keys.Keys {
		switch row.Purpose {
		case store.KeySeed:
			seeds = append(seeds, custody.OlderKey{ID: uint32(row.ID), Key: o.open[i]})
		case store.KeyFingerprint:
			print = o.open[i]
		}
	}
	if len(seeds) == 0 {
		return nil, fault.Errorf(fault.Integrity, "the store's keys are incomplete")
	}
	newest := seeds[len(seeds)-1]
	ring, err := custody.OpenKeyring(id, newest.ID, newest.Key, print, seeds[:len(seeds)-1]...)
	if err != nil {
		return nil, errors.Join(fault.Errorf(fault.Integrity, "the store's keys are incomplete"), err)
	}
	return ring, nil
}

// Custodian is who can open the store's keys.
type Custodian struct {
	Recipient string `json:"recipient"`
	Kind      string `json:"kind"`
	Added     string `json:"added_at"`
}

func custodiansOf(rows []trail.CustodianRow) (all []Custodian) {
	for _, r := range rows {
		all = append(all, Custodian{r.Recipient, r.Kind, r.Added.UTC().Format(time.RFC3339)})
	}
	return all
}

// Keys tells who can open the store, and what its checkpoints are verified
// with. It opens no key; where the identity's folder knows the store, they are held
// against what was signed.
func (c Config) Keys(ctx context.Context) (all []Custodian, checkpointPub string, err error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return nil, "", err
	}
	defer s.Close()
	if err := c.questionKeys(ctx, s); err != nil {
		return nil, "", err
	}
	keys, err := s.Keys(ctx)
	return custodiansOf(keys.Custodians), keys.CheckpointPub, err
}

// checkpointKey reads the key beside the identity, and refuses one that is not of
// this store.
func (c Config) checkpointKey(s *store.Store) (*custody.CheckpointKey, error) {
	if err := c.checkIdentity(); err != nil {
		return nil, err
	}
	path := filepath.Join(c.anchors(), custody.CheckpointFile)
	key, err := custody.ReadCheckpointKey(path)
	if err != nil {
		return nil, err
	}
	if key.Signer().Name() != custody.CheckpointName(s.ID()) {
		return nil, fault.Errorf(fault.KeyTrouble, "%s is the checkpoint key of another store", path).
			WithHint("%s names the identity file beside which this store's key lies", fault.Identity)
	}
	return key, nil
}
