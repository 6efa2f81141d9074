package sqlite

import "testing"

// Every connection keeps the promises of the schema; the loader's differs in what
// it waits for.
func TestPragmas(t *testing.T) {
	s := newStore(t)
	for _, loads := range []bool{false, true} {
		w, err := s.Begin(bg, loads)
		must(t, err)
		for pragma, want := range map[string]int{"foreign_keys": 1, "ignore_check_constraints": 0, "secure_delete": 1, "trusted_schema": 0,
			"synchronous": map[bool]int{false: 2, true: 1}[loads], "cache_size": map[bool]int{false: -4096, true: -10240}[loads]} {
			var got int
			if err := w.Tx.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
				t.Errorf("loads %v: %s is %d, not %d: %v", loads, pragma, got, want, err)
			}
		}
		must(t, w.Tx.Rollback())
		must(t, w.End())
	}
}
