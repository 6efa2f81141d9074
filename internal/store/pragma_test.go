package store

import (
	"context"
	"testing"

	"fob/internal/desk"
)

// The loader's connection has its own pragmas, not the usual ones of the same name.
func TestLoaderPragmas(t *testing.T) {
	s := newStore(t)
	err := s.Load(context.Background(), func(tx desk.Tx) error {
		for pragma, want := range map[string]int{"foreign_keys": 0, "ignore_check_constraints": 1, "synchronous": 1,
			"cache_size": -10240, "secure_delete": 1, "trusted_schema": 0} {
			var got int
			if err := tx.(*queries).row("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %d, not %d: %v", pragma, got, want, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
