package app

import (
	"context"

	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/store"
	"fob/internal/trail"
)

// VerifyTrail recomputes the trail of the store, compares what it says with the
// tables, and holds the schema against that of a new store. The checkpoint may be
// nil.
func (c Config) VerifyTrail(ctx context.Context, checkpoint *trail.Checkpoint) (trail.Report, error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return trail.Report{}, err
	}
	defer s.Close()
	defer boundMemory()()
	return s.Verify(ctx, checkpoint)
}

// Checkpoint signs the head of the trail with the key beside the identity.
func (c Config) Checkpoint(ctx context.Context) (signed []byte, head trail.Head, err error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return nil, head, err
	}
	defer s.Close()
	key, err := c.checkpointKey(ctx, s)
	if err != nil {
		return nil, head, err
	}
	err = s.Snapshot(ctx, func(r report.Reader) (err error) {
		head, err = r.Head()
		return err
	})
	if err != nil {
		return nil, head, err
	}
	signed, err = trail.Sign(s.ID(), head, c.Now(), key.Signer())
	return signed, head, err
}

// SignExport signs what an export is with the key of the checkpoints. The store
// is named by the store itself.
func (c Config) SignExport(ctx context.Context, n trail.ExportNote) ([]byte, error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	key, err := c.checkpointKey(ctx, s)
	if err != nil {
		return nil, err
	}
	n.Store = s.ID()
	return trail.SignExport(n, key.Signer())
}

// checkpointKey reads the key beside the identity and holds it against the public
// half that the store knows.
func (c Config) checkpointKey(ctx context.Context, s *store.Store) (*custody.CheckpointKey, error) {
	if err := c.checkIdentity(); err != nil {
		return nil, err
	}
	key, err := custody.ReadCheckpointKey(CheckpointPath(c.Identity))
	if err != nil {
		return nil, err
	}
	_, pub, err := s.Custodians(ctx)
	if err != nil {
		return nil, err
	}
	if key.PublicHalf() != pub {
		return nil, fault.Errorf(fault.KeyTrouble, "%s is the checkpoint key of another store", CheckpointPath(c.Identity)).
			WithHint("%s names the identity file beside which this store's key lies", fault.Identity)
	}
	return key, nil
}
