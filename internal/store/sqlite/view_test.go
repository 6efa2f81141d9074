package sqlite

import (
	"slices"
	"testing"
)

// A view without an end in the place of a table is named, and not read.
func TestEndlessView(t *testing.T) {
	path := newPath(t)
	tamper(t, path, "DROP TABLE loss", `CREATE VIEW loss AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
		SELECT x AS token_id, x AS reported_at, 0 AS stolen FROM n`)
	s := openStore(t, path)
	r, err := s.Verify(bg, nil)
	if err != nil || !slices.Contains(r.Problems, "schema: the view loss is not one of fob's") {
		t.Errorf("%q, %v", r.Problems, err)
	}
}
