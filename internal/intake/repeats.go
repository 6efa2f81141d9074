package intake

import (
	"fmt"
	"strings"

	"fob/internal/seedfile"
	"fob/internal/token"
)

const (
	// maxNamed is how many different repeats are named. Beyond that a file is damaged
	// as a whole.
	maxNamed = 100_000
	// maxPlaces is how many records of one repeat are remembered.
	maxPlaces = 4
)

// repeats are the records of a file that share a key, a hash of their serial or the
// fingerprint of their seed, with others.
type repeats struct {
	records bitset
	any     bool
	groups  map[int64]*group // by key; the first of them
	named   map[uint32]named // the records that are in groups
}

type group struct {
	first []uint32
	n     int
}

// named is a record that another one names.
type named struct {
	serial token.Serial
	place  seedfile.Place
}

// repeatsOf goes through sorted marks. The groups have no names yet.
func repeatsOf(all *runs, records int) (repeats, error) {
	r := repeats{records: newBitset(records), groups: map[int64]*group{}, named: map[uint32]named{}}
	last, begun := mark{}, false
	err := all.each(func(m mark) error {
		if begun && m.key == last.key {
			r.add(last)
			r.add(m)
		}
		last, begun = m, true
		return nil
	})
	return r, err
}

// add adds a record, unless it was the last that was added.
func (r *repeats) add(m mark) {
	if r.records.has(m.n) {
		return
	}
	r.records.add(m.n)
	r.any = true
	g := r.groups[m.key]
	if g == nil {
		if len(r.groups) == maxNamed {
			return
		}
		g = &group{}
		r.groups[m.key] = g
	}
	if g.n++; len(g.first) < maxPlaces {
		g.first = append(g.first, m.n)
		r.named[m.n] = named{}
	}
}

// name remembers a record if another one will name it.
func (r *repeats) name(e *entry) {
	if _, wanted := r.named[e.n]; wanted {
		r.named[e.n] = named{e.Serial, e.place}
	}
}

// places are those of the others with the serial of a record.
func (r *repeats) places(key int64, but uint32) string {
	g := r.groups[key]
	if g == nil {
		return "another place of the file"
	}
	var places []string
	for _, n := range g.first {
		if n != but && len(places) < maxPlaces-1 {
			places = append(places, r.named[n].place.String())
		}
	}
	if more := g.n - 1 - len(places); more > 0 {
		places = append(places, fmt.Sprintf("%d more", more))
	}
	return strings.Join(places, ", ")
}

// owner is another record with the seed of one, whose serial only that one has.
func (r *repeats) owner(key int64, but uint32) string {
	if g := r.groups[key]; g != nil {
		for _, n := range g.first {
			if n != but {
				return fmt.Sprintf("%s in %s", r.named[n].serial, r.named[n].place)
			}
		}
	}
	return "another serial of the file"
}
