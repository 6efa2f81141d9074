package store

import (
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/google/uuid"

	"fob/internal/provision"
	"fob/internal/token"
)

// A delivery reads its tokens twice, as a verification reads all of them: in pages of
// neighbours, what most tokens have not only of those that have it. One joined query
// took three times as long.

const (
	sealedColumns = `SELECT id, serial_key, batch_id, profile_id, fingerprint, seed FROM token WHERE id BETWEEN $1 AND $2 ORDER BY id`
	heldColumns   = `SELECT t.id, t.watermark, a.name, a.person FROM token t LEFT JOIN account a ON a.id = t.account_id
		WHERE t.id BETWEEN $1 AND $2 AND (t.watermark IS NOT NULL OR t.account_id IS NOT NULL) ORDER BY t.id`
	newestObservations = `SELECT o.token_id, o.at, o.drift, o.rate FROM observation o
		WHERE o.token_id BETWEEN $1 AND $2 AND o.id = (SELECT MAX(id) FROM observation WHERE token_id = o.token_id) ORDER BY o.token_id`
	seedLengths = `SELECT COALESCE(MIN(LENGTH(seed)), 0), COALESCE(MAX(LENGTH(seed)), 0) FROM token WHERE id BETWEEN $1 AND $2`
	seedLength  = `SELECT id, COALESCE(LENGTH(seed), 0) FROM token WHERE id BETWEEN $1 AND $2 ORDER BY id`
)

// Chosen lists the ids of tokens: those that are named in the order in which they
// are, others in that of their import.
func (q *queries) Chosen(c provision.Choice) (ids []int64, err error) {
	if len(c.Serials) == 0 {
		l, err := q.listing(c.Filter)
		if err != nil || l.nothing {
			return nil, err
		}
		if l.where(visible); l.limit == 0 {
			l.order = `t.id`
			if ids, err = q.wholeRange(&l); err != nil || ids != nil {
				return ids, err
			}
		}
		ids, err = collect(q, func(row scanner) (int64, error) {
			var id whole
			err := row.Scan(&id)
			return id.n, err
		}, l.from(`SELECT t.id FROM token t JOIN batch b ON b.id = t.batch_id`), l.args...)
		slices.Sort(ids)
		return ids, err
	}
	seen := map[int64]bool{}
	for _, s := range c.Serials {
		t, err := q.Token(s) // as people say it
		if err != nil {
			return nil, err
		}
		if !seen[t.ID] {
			ids = append(ids, t.ID)
		}
		seen[t.ID] = true
	}
	return ids, nil
}

// wholeRange are the ids that a listing selects if nothing lies between them, as in a
// batch; else nil.
func (q *queries) wholeRange(l *listing) (ids []int64, err error) {
	var n, first, last int64
	err = q.row(`SELECT COUNT(*), COALESCE(MIN(t.id), 0), COALESCE(MAX(t.id), 0) FROM token t JOIN batch b ON b.id = t.batch_id`+l.conditions(), l.args...).Scan(&n, &first, &last)
	if err != nil || n == 0 || n != last-first+1 {
		return nil, err
	}
	for id := first; id <= last; id++ {
		ids = append(ids, id)
	}
	return ids, nil
}

// Vouched streams tokens without their seeds, each held against the trail.
func (q *queries) Vouched(ids []int64, verifier string) iter.Seq2[*provision.Candidate, error] {
	before, err := q.deliveredTo(verifier)
	if err != nil {
		return failed[*provision.Candidate](err)
	}
	return q.inPages(ids, func(r *queries, first, last int64, wanted map[int64]bool) ([]provision.Candidate, error) {
		rows, err := r.vouchTokens(first, last, wanted)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		lengthOf, err := r.seedLengths(first, last)
		page := make([]provision.Candidate, len(rows))
		for i, row := range rows {
			c := &page[i]
			c.Facts, c.Standing, c.Before, c.SealedLen = row.Facts, row.Standing, before(row.ID), lengthOf(row.ID)
			if n := len(row.Observations); n > 0 {
				c.Seen = &row.Observations[n-1]
			}
		}
		return page, err
	})
}

// seedLengths tells how long the sealed seeds of some tokens are: mostly all alike.
func (q *queries) seedLengths(first, last int64) (func(id int64) int, error) {
	var least, most int
	all := map[int64]int{}
	err := q.row(seedLengths, first, last).Scan(&least, &most)
	if err == nil && least != most {
		err = q.each(seedLength, []any{first, last}, pair(all))
	}
	return func(id int64) int {
		if n, apart := all[id]; apart {
			return n
		}
		return most
	}, err
}

// Sealed streams tokens with their sealed seeds.
func (q *queries) Sealed(ids []int64) iter.Seq2[*provision.Candidate, error] {
	return q.inPages(ids, (*queries).sealedPage)
}

func (q *queries) sealedPage(first, last int64, wanted map[int64]bool) (page []provision.Candidate, err error) {
	r, err := q.tokenReading()
	if err != nil {
		return nil, err
	}
	page = make([]provision.Candidate, 0, last-first+1)
	scan := r.scanSealed()
	err = q.each(sealedColumns, []any{first, last}, func(row scanner) error {
		c, err := scan(row)
		if wanted == nil || wanted[c.ID] {
			page = append(page, c)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	find := func(id int64, do func(*provision.Candidate)) {
		if i, found := slices.BinarySearchFunc(page, id, byID); found {
			do(&page[i])
		}
	}
	err = q.eachSeldom([]any{first, last}, func(s *seldom) {
		find(s.id.n, func(c *provision.Candidate) {
			s.facts(&c.Facts)
			c.Of.Serial = c.Serial
		})
	})
	if err != nil {
		return nil, err
	}
	err = q.each(heldColumns, []any{first, last}, func(row scanner) error {
		var id int64
		var used token.Mark
		var account, object letters
		err := row.Scan(&id, mark{&used}, &account, &object)
		find(id, func(c *provision.Candidate) {
			c.Watermark, c.Account, c.Object = used, token.Account(account.text), object.text
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, q.each(newestObservations, []any{first, last}, func(row scanner) error {
		var id int64
		var o token.Observation
		err := row.Scan(&id, inNanos(&o.At), &o.Drift, &o.Rate)
		find(id, func(c *provision.Candidate) { c.Seen = &o })
		return err
	})
}

// scanSealed reads rows of sealedColumns. What Scan reads into is made once, but for
// the seed.
func (r *tokenReading) scanSealed() func(scanner) (provision.Candidate, error) {
	var n struct{ id, batch, profile, print whole }
	var key letters
	var seed []byte
	var of struct {
		batch int64
		id    uuid.UUID
	}
	into := []any{&n.id, &key, &n.batch, &n.profile, &n.print, &seed}
	return func(row scanner) (c provision.Candidate, err error) {
		seed = nil
		err = row.Scan(into...)
		if err == nil && n.batch.n != of.batch { // mostly they are of one
			of.batch = n.batch.n
			of.id, err = uuid.Parse(r.imports[of.batch].uuid)
		}
		c.ID, c.Serial, c.Profile, c.Fingerprint = n.id.n, token.Serial(key.text), r.profiles[n.profile.n], n.print.n
		c.Sealed, c.SealedLen = seed, len(seed)
		c.Of = token.SeedPlace{Serial: c.Serial, Batch: of.id, Fingerprint: c.Fingerprint}
		return c, err
	}
}

// pageOfCandidates is how many tokens are read at once: as many as a core has beside it.
const pageOfCandidates = 1000

func byID(c provision.Candidate, id int64) int { return int(c.ID - id) }

// candidatePage reads those of a range of ids that are wanted.
type candidatePage func(r *queries, first, last int64, wanted map[int64]bool) ([]provision.Candidate, error)

// inPages reads tokens, neighbours at once, and yields them in the order of ids. They
// are the taker's to keep. Readers of the same state take the pages in turn, each on a
// core of its own.
func (q *queries) inPages(ids []int64, read candidatePage) iter.Seq2[*provision.Candidate, error] {
	parts := slices.Collect(slices.Chunk(ids, pageOfCandidates))
	readers := append([]*queries{q}, q.beside...)
	readers = readers[:min(len(readers), len(parts))]
	type page struct {
		rows []provision.Candidate
		err  error
	}
	return func(yield func(*provision.Candidate, error) bool) {
		pages, stop := make([]chan page, len(readers)), make(chan struct{})
		var reading sync.WaitGroup
		defer reading.Wait()
		defer close(stop)
		for i, r := range readers {
			pages[i] = make(chan page)
			reading.Go(func() {
				for n := i; n < len(parts); n += len(readers) {
					rows, err := r.candidates(parts[n], read)
					select {
					case pages[i] <- page{rows, err}:
					case <-stop:
						return
					}
				}
			})
		}
		for n, part := range parts {
			p := <-pages[n%len(readers)]
			if p.err != nil {
				failed[*provision.Candidate](p.err)(yield)
				return
			}
			for n, id := range part {
				if p.rows[n].ID != id { // they were named in another order
					n, _ = slices.BinarySearchFunc(p.rows, id, byID)
				}
				if !yield(&p.rows[n], nil) {
					return
				}
			}
		}
	}
}

// candidates reads one page in the order of ids.
func (q *queries) candidates(ids []int64, read candidatePage) (page []provision.Candidate, err error) {
	err = neighbours(slices.Sorted(slices.Values(ids)), func(first, last int64, wanted map[int64]bool) error {
		some, err := read(q, first, last, wanted)
		if page == nil {
			page = some // mostly that is all
		} else {
			page = append(page, some...)
		}
		return err
	})
	if err == nil && len(page) != len(ids) {
		err = fmt.Errorf("of %d tokens %d are there", len(ids), len(page))
	}
	return page, err
}

// neighbours calls do for ids that lie close together, which rise; what lies between
// is left out. Where nothing does, wanted is nil.
func neighbours(ids []int64, do func(first, last int64, wanted map[int64]bool) error) error {
	const apart = 20 // rows that cost as much to skip as to read
	for from := 0; from < len(ids); {
		end := from + 1
		for end < len(ids) && ids[end]-ids[end-1] <= apart {
			end++
		}
		var wanted map[int64]bool
		if first, last := ids[from], ids[end-1]; last-first >= int64(end-from) {
			wanted = make(map[int64]bool, end-from)
			for _, id := range ids[from:end] {
				wanted[id] = true
			}
		}
		if err := do(ids[from], ids[end-1], wanted); err != nil {
			return err
		}
		from = end
	}
	return nil
}
