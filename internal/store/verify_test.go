package store

import (
	"slices"
	"strings"
	"testing"

	"fob/internal/desk"
	"fob/internal/token"
)

// twins are tokens of one batch whose seeds share a fingerprint by chance.
func twins(t *testing.T, s *Store, serials ...string) token.Batch {
	t.Helper()
	b := newBatch("twins.csv")
	b.Records = len(serials)
	s.mustUpdate(t, func(q *queries) (err error) {
		if b, err = q.CreateBatch(b, len(serials)); err != nil {
			return err
		}
		for i, serial := range serials {
			r := row(b.FirstID+int64(i), serial)
			r.Fingerprint = 7
			must(t, q.InsertTokens(b, []desk.Row{r}))
			must(t, q.InsertPrints([]desk.Print{{Print: 7, Nth: i, TokenID: r.ID}}))
		}
		b.New = len(serials)
		b, err = q.CompleteBatch(b)
		return err
	})
	return b
}

// One of two seeds that share a fingerprint is replaced: nothing is wrong with
// the number that is free then, and the next such seed gets one that is free.
func TestPrintsWithAGap(t *testing.T) {
	s := newStore(t)
	b := twins(t, s, "S1", "S2", "S3")
	s.mustUpdate(t, func(q *queries) error {
		must(t, q.RemoveToken(b.FirstID))
		if found := amiss(t, q); len(found) > 0 {
			t.Errorf("verify says %q", found)
		}
		r := row(b.FirstID, "S4")
		r.Fingerprint = 7
		must(t, q.InsertTokens(b, []desk.Row{r}))
		// Two others share it, so the import counts it as the third, number 2.
		return q.InsertPrints([]desk.Print{{Print: 7, Nth: 2, TokenID: r.ID}})
	})
	s.mustRead(t, func(q *queries) error {
		same, err := q.StoredByFingerprint([]int64{7})
		if len(same[7]) != 3 {
			t.Errorf("found by the fingerprint: %+v", same[7])
		}
		return err
	})
}

// Drifts that cannot be read are an error also where no token is left to tell it
// with.
func TestUnreadableDrifts(t *testing.T) {
	path := newPath(t)
	vandalise(t, path, "DROP TABLE observation", "CREATE TABLE observation (id, token_id, batch_id, at, drift, rate, first)",
		"INSERT INTO observation VALUES (1, 'none', 1, 1, 0.5, NULL, 1)")
	s := openStore(t, path)
	must(t, s.sameState(bg, readersOfVerify, func(readers []*queries) error {
		v := newVerifier(readers)
		defer v.wait()
		var failed error
		for _, err := range v.TokenRows() {
			failed = err
		}
		if failed == nil {
			t.Error("the error is lost")
		}
		return nil
	}))
}

// A 0 in the place of NULL hides a batch, or a binding's being open, from every
// query, and must not be the same as nothing to verify.
func TestVerifyTellsNothingFromZero(t *testing.T) {
	for _, column := range []string{"batch SET withdrawn_at", "batch SET quarantined_at", "batch SET expected", "binding SET closed_at",
		"token SET not_before", "token SET not_after", "token SET manufactured", "token SET locked_until", "token SET state_since"} {
		s := newBoundStore(t)
		before, err := s.Verify(bg, nil)
		must(t, err)
		must(t, s.update(bg, func(q *queries) error { return q.exec("UPDATE " + column + " = 0") }))
		after, err := s.Verify(bg, nil)
		must(t, err)
		if !slices.ContainsFunc(after.Problems, func(p string) bool {
			return strings.Contains(p, "has a 0") && !slices.Contains(before.Problems, p)
		}) {
			t.Errorf("%s = 0: %q", column, after.Problems)
		}
	}
}
