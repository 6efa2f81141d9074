package intake

import (
	"context"
	"hash/maphash"
	"sync"

	"golang.org/x/sync/errgroup"

	"fob/internal/token"
)

// A file is held against the store in the store's own order, before its slices
// are: a million records in the order of the file would each look into another
// page, and a shuffled file that is here already took longer than the first time.
// The first pass has sorted the fingerprints; the tokens that have them are then
// read by their ids, and what each record's token looks like is kept in eight
// bytes.

// lookForSeeds finds out which records' fingerprints are in the store. The first
// ones are a random sample of the file; if most of those are here, then so are
// the tokens, and these are looked at too.
func (l *loader) lookForSeeds(ctx context.Context) error {
	most := false
	err := l.desk.Store.View(ctx, func(r Reader) (err error) {
		if l.alone, err = r.Empty(); err != nil || l.alone {
			return err
		}
		most, err = l.mostAreHere(r)
		return err
	})
	if err != nil || l.alone {
		return err
	}
	known := newNumbers(l.scan.records)
	tokens := marks{random: l.desk.Desk.Random}
	defer tokens.close()
	var filling sync.Mutex
	err = l.inTheirOrder(ctx, &l.scan.seeds.marks, func(r Reader, chunk []mark) error {
		here, err := lookFor(r, chunk)
		filling.Lock()
		defer filling.Unlock()
		for i := 0; i < len(here) && err == nil; i++ {
			if known.add(here[i].n); most {
				err = tokens.add(here[i].key, here[i].n)
			}
		}
		return err
	})
	if l.judge.known = &known; err != nil || !most {
		return err
	}
	tokens.end()
	l.judge.here = here{l.scan.serials.seed, make([]uint64, l.scan.records)}
	return l.inTheirOrder(ctx, &tokens, l.judge.here.look)
}

func (l *loader) mostAreHere(r Reader) (bool, error) {
	sample, err := l.scan.seeds.marks.first(seedSample)
	if err != nil {
		return false, err
	}
	found, err := lookFor(r, sample)
	return 2*len(found) > len(sample), err
}

// seedSample is how many seeds report whether most are here.
const seedSample = 500

// inTheirOrder sends marks to the store in chunks, on two cores.
func (l *loader) inTheirOrder(ctx context.Context, all *marks, do func(Reader, []mark) error) error {
	g, ctx := errgroup.WithContext(ctx)
	chunks := make(chan []mark, 1)
	g.Go(func() error {
		defer close(chunks)
		var chunk []mark
		send := func() error {
			select {
			case chunks <- chunk:
				chunk = make([]mark, 0, SliceSize)
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := all.each(func(m mark) error {
			if chunk = append(chunk, m); len(chunk) < SliceSize {
				return nil
			}
			return send()
		})
		if err != nil || len(chunk) == 0 {
			return err
		}
		return send()
	})
	for range 2 {
		g.Go(func() error {
			return l.desk.Store.View(ctx, func(r Reader) error {
				for chunk := range chunks {
					if err := do(r, chunk); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
	return g.Wait()
}

// lookFor gives the records whose fingerprints are here, each marked with the id of
// a token that has it.
func lookFor(r Reader, sorted []mark) (here []mark, err error) {
	prints := make([]int64, len(sorted))
	for i, m := range sorted {
		prints[i] = m.key
	}
	known, err := r.KnownPrints(prints)
	if err != nil || len(known) == 0 {
		return nil, err
	}
	owners := make(map[int64]int64, len(known))
	for _, p := range known {
		owners[p.Print] = p.TokenID
	}
	for _, m := range sorted {
		if id, ok := owners[m.key]; ok {
			here = append(here, mark{id, m.n})
		}
	}
	return here, nil
}

// here tells of each record what the token looks like that has its fingerprint,
// as a keyed hash: that another looks the same has odds of one in 2^63 a record.
type here struct {
	seed   maphash.Seed
	tokens []uint64 // by record; 0: none, or one that nothing is unchanged against
}

// look fills in the tokens with some ids.
func (h here) look(r Reader, sorted []mark) error {
	var ids []int64
	for i, m := range sorted {
		if i == 0 || m.key != sorted[i-1].key {
			ids = append(ids, m.key)
		}
	}
	known, err := r.KnownTokens(ids)
	if err != nil {
		return err
	}
	for _, m := range sorted {
		for len(known) > 0 && known[0].ID < m.key {
			known = known[1:]
		}
		if len(known) > 0 && known[0].ID == m.key && known[0].State != token.Retired {
			k := known[0]
			h.tokens[m.n] = h.hash(k.SerialKey, k.Fingerprint, k.Counter, k.Params)
		}
	}
	return nil
}

func (h here) hash(serialKey string, print, counter int64, p token.Params) uint64 {
	return 1 | maphash.Comparable(h.seed, struct {
		serialKey      string
		print, counter int64
		params         token.Params
	}{serialKey, print, counter, p})
}

// has reports whether a record is here as it is.
func (h here) has(j *judged) bool {
	if h.tokens == nil {
		return false
	}
	c := j.columns
	return h.tokens[j.n] == h.hash(c.Serial.Key(), j.print, c.Counter, c.Params)
}
