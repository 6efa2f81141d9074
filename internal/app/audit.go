package app

import (
	"context"
	"fmt"

	"fob/internal/audit"
	"fob/internal/report"
	"fob/internal/store"
)

// VerifyTrail recomputes the trail of the store and looks for the triggers
// that keep it append-only.
func (c Config) VerifyTrail(ctx context.Context) (audit.Report, error) {
	s, err := store.OpenReadOnly(ctx, c.DB)
	if err != nil {
		return audit.Report{}, err
	}
	defer s.Close()
	var r audit.Report
	err = s.Snapshot(ctx, func(reader report.Reader) error {
		if r, err = audit.Verify(s.ID(), reader.Events(report.EventFilter{})); err != nil {
			return err
		}
		missing, err := reader.MissingGuards()
		for _, name := range missing {
			r.Problems = append(r.Problems, fmt.Sprintf("the trigger %s is gone or was changed", name))
		}
		return err
	})
	return r, err
}
