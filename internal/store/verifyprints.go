package store

import (
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
)

// printProblems holds the fingerprint table against the tokens: it must name the
// same pairs, in an order in which they are found. Each pair is hashed under a key
// of this moment and the hashes are added up, so that the order of the tokens does
// not matter and nobody can make two sums meet. Only where they differ is every
// pair looked up.
func (q *queries) printProblems() (found []string, err error) {
	seed := maphash.MakeSeed()
	var listed, owned uint64
	found, err = q.eachSoundLeaf(func(l leaf) error {
		for i := range l.len() {
			p := l.at(i)
			listed += maphash.Comparable(seed, [2]int64{p.print, p.token})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	row := newLoose(2)
	err = q.each(`SELECT fingerprint, id FROM token`, nil, func(rows *sql.Rows) error {
		err := rows.Scan(row.into...)
		owned += maphash.Comparable(seed, [2]int64{row.int(0), row.int(1)})
		return errors.Join(err, row.err)
	})
	if err != nil || listed == owned {
		return found, err
	}
	wrong, err := q.wrongPrints()
	if err != nil {
		return nil, err
	}
	missing, err := q.missingPrints()
	return slices.Concat(found, wrong, missing), err
}

// eachSoundLeaf calls do for every leaf, and names those in which, or behind which,
// a fingerprint would not be found.
func (q *queries) eachSoundLeaf(do func(leaf) error) (unsound []string, err error) {
	last := pair{math.MinInt64, math.MinInt64}
	err = q.each(`SELECT first, pairs FROM fingerprint ORDER BY first`, nil, func(rows *sql.Rows) error {
		var l leaf
		if err := rows.Scan(&l.first, &l.pairs); err != nil {
			return err
		}
		sound := l.len() > 0 && len(l.pairs)%pairSize == 0 && l.at(0).print == l.first
		for i := 0; i < l.len(); i++ {
			p := l.at(i)
			sound = sound && comparePairs(last, p) < 0 && (i > 0 || last.print < p.print || last.print == math.MinInt64)
			last = p
		}
		if !sound {
			unsound = append(unsound, fmt.Sprintf("the fingerprint table is out of order at %d: seeds may not be found in it", l.first))
		}
		return do(l)
	})
	return unsound, err
}

// wrongPrints names what the table has and the tokens have not.
func (q *queries) wrongPrints() (found []string, err error) {
	var all []pair
	_, err = q.eachSoundLeaf(func(l leaf) error {
		for i := range l.len() {
			all = append(all, l.at(i))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = inChunks(all, func(chunk []pair) error {
		ids := make([]any, len(chunk))
		for i, p := range chunk {
			ids[i] = p.token
		}
		owned := map[pair]bool{}
		err := q.each(`SELECT fingerprint, id FROM token WHERE id IN (`+marks(len(chunk))+`)`, ids, func(rows *sql.Rows) error {
			var p pair
			err := rows.Scan(&p.print, &p.token)
			owned[p] = true
			return err
		})
		for _, p := range chunk {
			if !owned[p] {
				found = append(found, fmt.Sprintf("the fingerprint table names token id %d, whose seed has another fingerprint", p.token))
			}
		}
		return err
	})
	return found, err
}

// missingPrints names the tokens, of batches that are complete, that the table has
// not.
func (q *queries) missingPrints() (found []string, err error) {
	type owner struct {
		pair
		serial string
	}
	var all []owner
	err = q.each(`SELECT t.fingerprint, t.id, t.serial_key FROM token t JOIN batch b ON b.id = t.batch_id AND b.loading = 0 ORDER BY t.fingerprint`,
		nil, func(rows *sql.Rows) error {
			var o owner
			err := rows.Scan(&o.print, &o.token, &o.serial)
			all = append(all, o)
			return err
		})
	if err != nil {
		return nil, err
	}
	err = eachLeaf(q, all, func(o owner) int64 { return o.print }, func(l leaf, its []owner) error {
		for _, o := range its {
			at := l.find(o.print)
			for at < l.len() && l.at(at).print == o.print && l.at(at).token != o.token {
				at++
			}
			if at == l.len() || l.at(at) != o.pair {
				found = append(found, fmt.Sprintf("token %s: its seed is not in the fingerprint table", o.serial))
			}
		}
		return nil
	})
	return found, err
}
