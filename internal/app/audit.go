package app

import (
	"context"

	"fob/internal/audit"
	"fob/internal/custody"
	"fob/internal/report"
	"fob/internal/token"
)

// VerifyTrail recomputes the trail of the store, compares what it says with the
// tables, and holds the schema against that of a new store. The checkpoint may be
// nil.
func (c Config) VerifyTrail(ctx context.Context, checkpoint *audit.Checkpoint) (audit.Report, error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return audit.Report{}, err
	}
	defer s.Close()
	return s.Verify(ctx, checkpoint)
}

// Checkpoint signs the head of the trail with the key beside the identity.
func (c Config) Checkpoint(ctx context.Context) (signed []byte, head audit.Head, err error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return nil, head, err
	}
	defer s.Close()
	if err := c.checkIdentity(); err != nil {
		return nil, head, err
	}
	key, err := custody.ReadCheckpointKey(CheckpointPath(c.Identity))
	if err != nil {
		return nil, head, err
	}
	_, pub, err := s.Custodians(ctx)
	if err != nil {
		return nil, head, err
	}
	if key.PublicHalf() != pub {
		return nil, head, token.Errorf(token.KeyTrouble, "%s is the checkpoint key of another store", CheckpointPath(c.Identity)).
			WithHint("--identity names the identity file beside which this store's key lies")
	}
	err = s.Snapshot(ctx, func(r report.Reader) (err error) {
		head, err = r.Head()
		return err
	})
	if err != nil {
		return nil, head, err
	}
	signed, err = audit.Sign(s.ID(), head, c.Now(), key.Signer())
	return signed, head, err
}
