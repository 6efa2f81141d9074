package store

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"fob/internal/desk"
	"fob/internal/fault"
)

func allPairs(t *testing.T, q *queries) (all []pair) {
	t.Helper()
	unsound, err := q.eachSoundLeaf(func(l leaf) error {
		for i := range l.len() {
			all = append(all, l.at(i))
		}
		if l.len() > leafPairs {
			t.Errorf("a leaf of %d pairs", l.len())
		}
		return nil
	})
	must(t, err)
	if len(unsound) > 0 {
		t.Errorf("%q", unsound)
	}
	return all
}

func shufflePairs(r *rand.Rand, all []pair) []pair {
	all = slices.Clone(all)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func asPrints(pairs []pair) (prints []desk.Print) {
	for _, p := range pairs {
		prints = append(prints, desk.Print{Print: p.print, TokenID: p.token})
	}
	slices.SortFunc(prints, func(a, b desk.Print) int { return cmp.Compare(a.Print, b.Print) })
	return prints
}

func printKeys(pairs []pair) (keys []int64) {
	for _, p := range pairs {
		keys = append(keys, p.print)
	}
	slices.Sort(keys)
	return keys
}

// Whatever is put in and taken out, in whatever portions, the leaves hold what a
// sorted list would, and look-ups find that and no more.
func TestLeaves(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := newStore(t)
	var have []pair
	spare := int64(0)
	for round := range 60 {
		// Large portions, small ones, and some of keys that lie close together.
		n, spread := []int{4000, 300, 7, 1}[round%4], []int64{math.MaxInt64, 1 << 20}[round%5/4]
		var added []pair
		for range n {
			spare++
			print := r.Int64N(spread)
			if r.IntN(2) == 0 {
				print = -print - 1
			}
			if !slices.ContainsFunc(added, func(p pair) bool { return p.print == print }) && !slices.ContainsFunc(have, func(p pair) bool { return p.print == print }) {
				added = append(added, pair{print, spare})
			}
		}
		removed := shufflePairs(r, have)[:min(len(have), []int{10, 3000, 0, 2}[round%4])]
		s.mustUpdate(t, func(q *queries) error {
			must(t, q.InsertPrints(asPrints(added)))
			return q.removePrints(printKeys(removed), 0, spare)
		})
		have = slices.DeleteFunc(append(have, added...), func(p pair) bool { return slices.Contains(removed, p) })
		slices.SortFunc(have, comparePairs)
		s.mustRead(t, func(q *queries) error {
			if got := allPairs(t, q); !slices.Equal(got, have) {
				t.Fatalf("round %d: %d pairs, not %d, or others", round, len(got), len(have))
			}
			some := shufflePairs(r, have)[:len(have)/(1+r.IntN(50))]
			keys := append(printKeys(some), printKeys(removed)...)
			slices.Sort(keys)
			found, err := q.KnownPrints(keys)
			must(t, err)
			slices.SortFunc(some, comparePairs)
			if len(found) != len(some) {
				t.Fatalf("round %d: %d of %d are found", round, len(found), len(some))
			}
			for i, p := range found {
				if p.Print != some[i].print || p.TokenID != some[i].token {
					t.Fatalf("round %d: found %+v, not %+v", round, p, some[i])
				}
			}
			return nil
		})
	}
}

// The ends of the numbers are keys as good as others.
func TestLeavesAtTheEnds(t *testing.T) {
	s := newStore(t)
	want := []pair{{math.MinInt64, 3}, {-1, 1}, {0, 2}, {math.MaxInt64, 4}}
	s.mustUpdate(t, func(q *queries) error {
		for _, p := range []pair{want[2], want[3], want[0], want[1]} {
			must(t, q.InsertPrints(asPrints([]pair{p})))
		}
		if got := allPairs(t, q); !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
		found, err := q.KnownPrints(printKeys(want))
		if len(found) != len(want) {
			t.Errorf("%v", found)
		}
		must(t, err)
		return q.removePrints(printKeys(want), 1, 3)
	})
	s.mustRead(t, func(q *queries) error {
		if got := allPairs(t, q); !slices.Equal(got, want[3:]) {
			t.Errorf("%v are left", got)
		}
		return nil
	})
}

// A fingerprint that is here is refused, whether the same slice or an earlier one
// brought it; one that is known to be another seed's is not, and all of them stay
// in one leaf, however many there are.
func TestSharedPrints(t *testing.T) {
	s := newStore(t)
	insert := func(prints ...desk.Print) error {
		return s.update(bg, func(q *queries) error { return q.InsertPrints(prints) })
	}
	must(t, insert(desk.Print{Print: 5, TokenID: 1}))
	kindIs(t, insert(desk.Print{Print: 5, TokenID: 2}), fault.NotAllowed, "another import", "again")
	kindIs(t, insert(desk.Print{Print: 6, TokenID: 2}, desk.Print{Print: 6, TokenID: 3}), fault.NotAllowed, "another import")
	kindIs(t, insert(desk.Print{Print: 9, TokenID: 2}, desk.Print{Print: 8, TokenID: 3}), fault.Internal, "out of order")
	for id := range int64(leafPairs + 50) {
		must(t, insert(desk.Print{Print: 5, Nth: 1, TokenID: 1000 - id}))
	}
	must(t, insert(desk.Print{Print: 4, TokenID: 7}, desk.Print{Print: 5, Nth: 1, TokenID: 2}, desk.Print{Print: 6, TokenID: 8}))
	s.mustRead(t, func(q *queries) error {
		known, err := q.KnownPrints([]int64{5})
		if len(known) != leafPairs+52 {
			t.Errorf("%d tokens share it", len(known))
		}
		if unsound, err := q.eachSoundLeaf(func(leaf) error { return nil }); len(unsound) > 0 || err != nil {
			t.Errorf("%q, %v", unsound, err)
		}
		return err
	})
}

// A store of before has its fingerprints packed.
func TestUpgradePacksFingerprints(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	statements := []string{
		`INSERT INTO store VALUES (1, '0197c0de-0000-7000-8000-000000000001', 1, 'pub', 1)`,
		`INSERT INTO profile VALUES (1, '', '', 'totp', 'sha1', 6, 30, 0)`,
		`INSERT INTO batch VALUES (1, 'b', 1, 0, 1, 1000, 'f', 's', 'oath-csv', '', '', '', NULL, '', NULL, 2, 2, 0, 0, 1, 1, 'olga', NULL, NULL)`,
	}
	var want []pair
	for id := int64(1); id <= 1000; id++ {
		p, nth := pair{int64(r.Uint64()), id}, 0
		switch {
		case id == 1:
			p.print = math.MinInt64
		case id == 2:
			p.print = math.MaxInt64
		case id%300 == 0: // shared by chance; of the last, whose it was first is gone
			p.print, nth = want[id-2].print, 1
		}
		want = append(want, p)
		statements = append(statements,
			fmt.Sprintf(`INSERT INTO token (id, serial_key, batch_id, profile_id, fingerprint) VALUES (%d, 'S%[1]d', 1, 1, %d)`, id, p.print),
			fmt.Sprintf(`INSERT INTO fingerprint VALUES (%d, %d, %d)`, p.print, nth, id))
	}
	statements = append(statements, `DELETE FROM token WHERE id = 899`, `DELETE FROM fingerprint WHERE token_id = 899`)
	want = slices.DeleteFunc(want, func(p pair) bool { return p.token == 899 })
	slices.SortFunc(want, comparePairs)
	s := oldStore(t, 10, statements...)
	s.mustRead(t, func(q *queries) error {
		if got := allPairs(t, q); !slices.Equal(got, want) {
			t.Errorf("%d pairs, not %d, or others", len(got), len(want))
		}
		found, err := q.printProblems()
		if len(found) > 0 {
			t.Errorf("verify says %q", found)
		}
		return err
	})
}

// Verify names what the table and the tokens do not agree on, and leaves in which
// look-ups would go wrong.
func TestPrintProblems(t *testing.T) {
	for _, c := range []struct {
		name, statement string
		want            []string
	}{
		{"nothing", `SELECT 1`, nil},
		{"another fingerprint", `UPDATE token SET fingerprint = 7 WHERE serial_key = 'S1'`,
			[]string{"the fingerprint table names token id 1, whose seed has another fingerprint", "token S1: its seed is not in the fingerprint table"}},
		{"a leaf gone", `DELETE FROM fingerprint`, []string{"token S1: its seed is not in the fingerprint table", "token S2: its seed is not in the fingerprint table"}},
		{"pairs in another order", `UPDATE fingerprint SET pairs = CAST(substr(pairs, 17) || substr(pairs, 1, 16) AS BLOB)`, []string{"out of order"}},
		{"a leaf under another number", `UPDATE fingerprint SET first = first - 1`, []string{"out of order"}},
		{"a leaf twice", `INSERT INTO fingerprint SELECT first + 1, pairs FROM fingerprint`, []string{"out of order"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			addBatch(t, s, newBatch("a"), "S1", "S2")
			s.mustUpdate(t, func(q *queries) error { return q.exec(c.statement) })
			s.mustRead(t, func(q *queries) error {
				found, err := q.printProblems()
				slices.Sort(found)
				if !slices.EqualFunc(found, c.want, strings.Contains) {
					t.Errorf("%q, not %q", found, c.want)
				}
				return err
			})
		})
	}
}
