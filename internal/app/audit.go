package app

import (
	"context"

	"fob/internal/fault"
	"fob/internal/store"
	"fob/internal/trail"
)

// VerifyTrail recomputes the trail of the store, compares what it says with the
// tables, and holds the schema against that of a new store. The checkpoint may be
// nil.
func (c Config) VerifyTrail(ctx context.Context, checkpoint *trail.Checkpoint) (trail.Report, error) {
	s, err := c.examine(ctx)
	if err != nil {
		return trail.Report{}, err
	}
	defer s.Close()
	defer boundMemory()()
	r, err := s.Verify(ctx, checkpoint)
	if err == nil && !s.Hidden() {
		err = c.addOutsideProblems(ctx, s, &r)
	}
	return r, err
}

// addOutsideProblems holds the store against what is kept outside of it: what was
// seen of it before, and what was signed about its keys.
func (c Config) addOutsideProblems(ctx context.Context, s *store.Store, r *trail.Report) error {
	asked := []error{c.questionKeys(ctx, s)}
	if m := c.memoryOf(s.ID()); m != nil {
		asked = append(asked, s.Continues(ctx, m))
	}
	for _, err := range asked {
		switch {
		case err == nil:
		case fault.KindOf(err) == fault.Integrity:
			r.Problemf("%v", err)
		default:
			return err
		}
	}
	return nil
}

// Checkpoint signs the head of the trail with the key beside the identity.
func (c Config) Checkpoint(ctx context.Context) (signed []byte, head trail.Head, err error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return nil, head, err
	}
	defer s.Close()
	key, err := c.checkpointKey(s)
	if err != nil {
		return nil, head, err
	}
	if head, err = c.sound(ctx, s, nil); err != nil {
		return nil, head, err
	}
	signed, err = trail.Sign(s.ID(), head, c.Now(), key.Signer())
	return signed, head, err
}

// sound verifies the store before something of it is signed: a signature under a lie
// would outlive the lie. It returns the head of what was verified.
func (c Config) sound(ctx context.Context, s *store.Store, made *trail.Checkpoint) (head trail.Head, err error) {
	defer boundMemory()()
	r, err := s.Verify(ctx, made)
	if err == nil {
		err = c.addOutsideProblems(ctx, s, &r)
	}
	if err == nil && !r.OK() {
		err = fault.Errorf(fault.Integrity, "nothing was signed, because the store does not verify: %s", r.Problems[0]).
			WithHint("%s tells all that is wrong", fault.Do("audit verify"))
	}
	return trail.Head{Seq: r.Events, Hash: r.Head}, err
}

// SignExport signs what an export is with the key of the checkpoints. The store
// is named by the store itself.
func (c Config) SignExport(ctx context.Context, n trail.ExportNote) ([]byte, error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	key, err := c.checkpointKey(s)
	if err != nil {
		return nil, err
	}
	n.Store = s.ID()
	made := &trail.Checkpoint{Store: s.ID(), Head: n.Head, Seq: n.Head.Seq, Hash: n.Head.Hash.String(), Time: n.Made}
	if _, err := c.sound(ctx, s, made); err != nil {
		return nil, err
	}
	return trail.SignExport(n, key.Signer())
}
