package sqlite

import (
	"slices"
	"strings"
	"testing"

	"fob/internal/report"
	"fob/internal/trail"
)

// Drifts that cannot be read are an error also where no token is left to tell it
// with.
func TestUnreadableDrifts(t *testing.T) {
	path := newPath(t)
	strict := func(from, to string) string {
		return "UPDATE sqlite_schema SET sql = replace(sql, '" + from + "', '" + to + "') WHERE name = 'observation'"
	}
	tamper(t, path, "PRAGMA writable_schema = 1", strict(") STRICT", ") /*S*/"), "PRAGMA schema_version = 98")
	tamper(t, path, "INSERT INTO observation VALUES (1, 'none', 1, 1, 0.5, NULL, 1, 0)",
		"PRAGMA writable_schema = 1", strict(") /*S*/", ") STRICT"), "PRAGMA schema_version = 99")
	s := openStore(t, path)
	r, err := s.Verify(bg, nil)
	if err != nil || !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.Contains(p, "the measured drift 1 is of no token") }) {
		t.Errorf("the error is lost: %q, %v", r.Problems, err)
	}
}

// A 0 in the place of NULL hides a batch, or a binding's being open, from every
// query, and must not be the same as nothing to verify.
func TestVerifyTellsNothingFromZero(t *testing.T) {
	for _, column := range []string{"batch SET withdrawn_at", "batch SET quarantined_at", "batch SET expected", "binding SET closed_at",
		"token SET not_before", "token SET not_after", "token SET manufactured", "token SET locked_until", "token SET state_since"} {
		s := newBoundStore(t)
		before, err := s.Verify(bg, nil)
		must(t, err)
		must(t, run(s, "UPDATE "+column+" = 0"))
		after, err := s.Verify(bg, nil)
		must(t, err)
		if !slices.ContainsFunc(after.Problems, func(p string) bool {
			return strings.Contains(p, "has a 0") && !slices.Contains(before.Problems, p)
		}) {
			t.Errorf("%s = 0: %q", column, after.Problems)
		}
	}
}

// Verify names what the fingerprint table and the tokens do not agree on.
func TestFingerprintProblems(t *testing.T) {
	for statement, want := range map[string][]string{
		`SELECT 1`: nil,
		`UPDATE token SET fingerprint = 7 WHERE serial_key = 'S1'`: {"the fingerprint table names token id 1, whose seed has another fingerprint",
			"token S1: its seed is not in the fingerprint table"},
		`DELETE FROM fingerprint`:                        {"token S1: its seed is not in the fingerprint table", "token S2: its seed is not in the fingerprint table"},
		`UPDATE fingerprint SET token_id = 3 - token_id`: {"names token id 1", "names token id 2", "token S1: its seed", "token S2: its seed"},
	} {
		s := newStore(t)
		addBatch(t, s, newBatch("a"), "S1", "S2")
		must(t, run(s, statement))
		r, err := s.Verify(bg, nil)
		must(t, err)
		found := slices.DeleteFunc(r.Problems, func(p string) bool { return !strings.Contains(p, "fingerprint table") })
		slices.Sort(found)
		if !slices.EqualFunc(found, want, strings.Contains) {
			t.Errorf("%s: %q, not %q", statement, found, want)
		}
	}
}

// Rows that no program of ours writes, below the first number, are seen.
func TestForgedFirstEvent(t *testing.T) {
	path := newPath(t)
	tamper(t, path, "DROP TRIGGER audit_in_order", "PRAGMA ignore_check_constraints = 1",
		"INSERT INTO audit VALUES (0, x'7b7d', zeroblob(32)), (-1, x'7b7d', zeroblob(32))")
	s := examineStore(t, path)
	must(t, s.Snapshot(bg, func(q report.Reader) error {
		r, err := trail.Verify(s.ID(), q.Events(report.EventFilter{}))
		if r.OK() || r.Events != 3 {
			t.Errorf("%d events, %q", r.Events, r.Problems)
		}
		return err
	}))
}

// A hash that is longer than a hash is no hash, though it begins as it should.
func TestForgedHash(t *testing.T) {
	for name, forged := range map[string]string{"longer": `hash || x'00'`, "shorter": `substr(hash, 1, 31)`} {
		path := newPath(t)
		tamper(t, path, "DROP TRIGGER audit_no_update", "PRAGMA ignore_check_constraints = 1",
			"UPDATE audit SET hash = CAST("+forged+" AS BLOB)")
		s := examineStore(t, path)
		must(t, s.Snapshot(bg, func(q report.Reader) error {
			r, err := trail.Verify(s.ID(), q.Events(report.EventFilter{}))
			if r.OK() {
				t.Errorf("nobody noticed a hash that is %s", name)
			}
			return err
		}))
	}
}
