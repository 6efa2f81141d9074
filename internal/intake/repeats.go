package intake

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Repeats in one file are found in two steps, so that memory stays small however
// many there are: the first pass sorts eight bytes for each serial and seed; what
// seems to repeat is then looked at on the records themselves.

const (
	// maxNamed is how many different repeats are confirmed and named. Beyond that
	// a file is damaged as a whole, and the eight bytes alone decide.
	maxNamed = 100_000
	// maxPlaces is how many places of one repeat are remembered.
	maxPlaces = 4
)

// repeating holds the values that occur more than once, sorted.
type repeating []int64

// repeatedOf lists the keys that marks have more than once.
func repeatedOf(all *marks) (twice repeating, err error) {
	var last mark
	first := true
	err = all.each(func(m mark) error {
		if !first && m.key == last.key && (len(twice) == 0 || twice[len(twice)-1] != m.key) {
			twice = append(twice, m.key)
		}
		last, first = m, false
		return nil
	})
	return twice, err
}

func (r repeating) has(v int64) bool {
	_, ok := slices.BinarySearch(r, v)
	return ok
}

// serialWatch finds serials that repeat.
type serialWatch struct {
	seed  maphash.Seed
	marks marks
	twice repeating
	found map[string]*occurrences // by serial key
}

// occurrences are the places of one serial: the first few, and how many there
// are.
type occurrences struct {
	places []seedfile.Place
	n      int
}

func (w *serialWatch) hash(key string) int64 { return int64(maphash.String(w.seed, key)) }

func (w *serialWatch) confirm(key string, at seedfile.Place) {
	if !w.twice.has(w.hash(key)) {
		return
	}
	o := w.found[key]
	if o == nil {
		if len(w.found) >= maxNamed {
			return
		}
		o = &occurrences{}
		w.found[key] = o
	}
	if o.n++; len(o.places) < maxPlaces {
		o.places = append(o.places, at)
	}
}

// repeat reports whether any serial stands in the file twice.
func (w *serialWatch) repeat() bool {
	for _, o := range w.found {
		if o.n > 1 {
			return true
		}
	}
	return false
}

// others tells where else a serial stands; not ok when it stands there once.
func (w *serialWatch) others(key string, but seedfile.Place) (where string, ok bool) {
	o := w.found[key]
	switch {
	case o != nil && o.n > 1:
		return o.others(but), true
	case o == nil && w.twice.has(w.hash(key)):
		return "another place of the file", true
	}
	return "", false
}

func (o *occurrences) others(but seedfile.Place) string {
	var names []string
	for _, p := range o.places {
		if p != but && len(names) < maxPlaces-1 {
			names = append(names, p.String())
		}
	}
	if more := o.n - 1 - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// seedWatch finds seeds that repeat under different serials.
type seedWatch struct {
	marks  marks // of their fingerprints
	twice  repeating
	owners map[int64][]owner // two of different serials are enough
}

type owner struct {
	serial token.Serial
	place  seedfile.Place
	seed   token.Seed
}

// confirm keeps the candidate's seed if it is needed to settle whether two are
// the same, else clears it.
func (w *seedWatch) confirm(c candidate, print int64) {
	known := w.owners[print]
	same := slices.ContainsFunc(known, func(o owner) bool { return o.serial.Key() == c.columns.Serial.Key() })
	if !w.twice.has(print) || same || len(known) >= 2 || len(known) == 0 && len(w.owners) >= maxNamed {
		c.seed.Clear()
		return
	}
	w.owners[print] = append(known, owner{c.columns.Serial, c.place, c.seed})
}

// other tells which other serial has the same seed.
func (w *seedWatch) other(c *candidate, print int64) (who string, ok bool) {
	known := w.owners[print]
	for _, o := range known {
		if o.serial.Key() != c.columns.Serial.Key() && o.seed.Equal(c.seed) {
			return fmt.Sprintf("%s in %s", o.serial, o.place), true
		}
	}
	return "another serial of the file", len(known) == 0 && w.twice.has(print)
}

func (w *seedWatch) clear() {
	for _, owners := range w.owners {
		for _, o := range owners {
			o.seed.Clear()
		}
	}
}

// confirmRepeats reads the file again if serials or seeds seem to repeat.
func (p passes) confirmRepeats(ctx context.Context, c *completer, s *scan, keys desk.Keyring) error {
	if err := s.findRepeats(); err != nil {
		return err
	}
	if len(s.serials.twice)+len(s.seeds.twice) == 0 {
		return nil
	}
	s.serials.found, s.seeds.owners = map[string]*occurrences{}, map[int64][]owner{}
	out, err := p.read(ctx, func(rec *seedfile.Record) error {
		s.confirm(c.complete(rec), keys)
		return nil
	})
	if err == nil && out.sha256 != s.sha256 {
		err = changedError(p.source)
	}
	return err
}

// findRepeats looks through the marks of serials and seeds, on two cores. Those of
// the seeds are kept: in their order the store is searched, and filled.
func (s *scan) findRepeats() error {
	var g errgroup.Group
	g.Go(func() (err error) {
		s.serials.marks.end()
		s.serials.twice, err = repeatedOf(&s.serials.marks)
		return err
	})
	g.Go(func() (err error) {
		s.seeds.marks.end()
		s.seeds.twice, err = repeatedOf(&s.seeds.marks)
		return err
	})
	err := g.Wait()
	s.serials.marks.close()
	return err
}

func (s *scan) confirm(c candidate, keys desk.Keyring) {
	if c.problem != nil {
		c.seed.Clear()
		return
	}
	s.serials.confirm(c.columns.Serial.Key(), c.place)
	s.seeds.confirm(c, keys.Fingerprint(c.seed))
}

func changedError(s seedfile.Source) error {
	return fault.Errorf(fault.Refused, "%s changed while it was read; nothing of it is stored", s.Name()).
		WithHint("import it again when nothing writes to it")
}

// duplicate tells where else in the file a serial stands.
func (s *scan) duplicate(c *candidate) (reason fault.Text, ok bool) {
	where, ok := s.serials.others(c.columns.Serial.Key(), c.place)
	if !ok {
		return reason, false
	}
	return fault.Textf("this serial also stands in %s", where).And(c.apart), true
}

// clone tells which other serial of the file has the same seed.
func (s *scan) clone(c *candidate, print int64) (reason string, ok bool) {
	who, ok := s.seeds.other(c, print)
	return "its seed is also that of " + who, ok
}

// clear forgets the seeds that were kept; a scan that failed may be nil.
func (s *scan) clear() {
	if s != nil {
		s.seeds.clear()
		s.serials.marks.close()
		s.seeds.marks.close()
	}
}
