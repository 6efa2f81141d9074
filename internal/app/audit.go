package app

import (
	"context"

	"fob/internal/fault"
	"fob/internal/report"
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
		if seen, ok, err := m.Last(); err == nil && ok && seen.Head.Seq > r.Events {
			r.Seen = seen.Head.Seq
		}
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
	err = c.sound(ctx, s, func(verified trail.Head, _ report.Reader) (err error) {
		head = verified
		signed, err = trail.Sign(s.ID(), head, c.Now(), key.Signer())
		return err
	})
	return signed, head, err
}

// sound verifies the store before something of it is signed: a signature under a lie
// would outlive the lie. It runs fn on the state that was verified.
func (c Config) sound(ctx context.Context, s *store.Store, fn func(trail.Head, report.Reader) error) error {
	defer boundMemory()()
	return s.Verified(ctx, func(r trail.Report, verified report.Reader) error {
		if err := c.addOutsideProblems(ctx, s, &r); err != nil {
			return err
		}
		if !r.OK() {
			return fault.Errorf(fault.Integrity, "nothing was signed, because the store does not verify: %s", r.Problems[0]).
				WithHint("%s tells all that is wrong", fault.Do("audit verify"))
		}
		return fn(trail.Head{Seq: r.Events, Hash: r.Head}, verified)
	})
}

// SignExport signs what an export is, whose rows came out of a state of its store that
// was verified. The store is named by the store itself.
type SignExport func(trail.ExportNote) ([]byte, error)

// SignedReports verifies the store and runs fn on the state that was verified, with
// what signs an export of it: with the key of the checkpoints.
func (c Config) SignedReports(ctx context.Context, fn func(report.Reader, SignExport) error) error {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	key, err := c.checkpointKey(s)
	if err != nil {
		return err
	}
	return c.sound(ctx, s, func(_ trail.Head, verified report.Reader) error {
		return fn(verified, func(n trail.ExportNote) ([]byte, error) {
			n.Store = s.ID()
			return trail.SignExport(n, key.Signer())
		})
	})
}
