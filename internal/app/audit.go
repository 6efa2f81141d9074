package app

import (
	"context"

	"fob/internal/audit"
	"fob/internal/custody"
	"fob/internal/report"
	"fob/internal/store"
	"fob/internal/token"
)

// VerifyTrail recomputes the trail of the store, compares what it says with the
// tables, and looks for the triggers that keep it append-only. The checkpoint
// may be nil.
func (c Config) VerifyTrail(ctx context.Context, checkpoint *audit.Checkpoint) (audit.Report, error) {
	s, err := store.OpenReadOnly(ctx, c.DB)
	if err != nil {
		return audit.Report{}, err
	}
	defer s.Close()
	return s.Verify(ctx, checkpoint)
}

// Checkpoint signs the head of the trail with the key beside the identity.
func (c Config) Checkpoint(ctx context.Context) (signed []byte, head audit.Head, err error) {
	s, err := store.OpenReadOnly(ctx, c.DB)
	if err != nil {
		return nil, head, err
	}
	defer s.Close()
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
	err = s.Snapshot(ctx, func(r report.Reader) error {
		sum, err := r.Summary()
		head = sum.Head
		return err
	})
	if err != nil {
		return nil, head, err
	}
	signed, err = audit.Sign(s.ID(), head, c.Now(), key.Signer())
	return signed, head, err
}
