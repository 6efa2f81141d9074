package inventory

import (
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"fob/internal/seedfile"
	"fob/internal/token"
)

// scan is the first pass over a file: everything that needs no store. It is
// kept small however long the file is: two eight-byte numbers a record.
type scan struct {
	sha256   string
	encoding seedfile.Encoding
	notes    []string
	records  int
	invalid  int
	missing  map[seedfile.Field]int
	defaults map[seedfile.Field]int
	inferred *seedfile.Decision // the encoding, where the whole file decided it

	lengths map[int]int // numeric serials by their number of digits
	serials serialWatch
	seeds   seedWatch
}

// firstPass scans a file: once for the encoding where the format does not fix
// it, once for everything else, and once more only where serials or seeds seem
// to repeat.
func (p passes) firstPass(ctx context.Context, fill Fill, keys Keyring) (*scan, error) {
	s := &scan{encoding: p.format.Encoding, lengths: map[int]int{}}
	if err := p.settleEncoding(ctx, fill, s); err != nil {
		return nil, err
	}
	c := newCompleter(p.format, fill, s)
	s.serials.seed = maphash.MakeSeed()
	var err error
	s.sha256, s.notes, err = p.read(ctx, func(rec seedfile.Record) error {
		s.add(c.complete(rec), keys)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.missing, s.defaults = c.missing, c.defaults
	s.notes = append(s.notes, s.uneven()...)
	if s.records == 0 {
		return nil, token.Errorf(token.Refused, "%s holds no records, only %s", p.source.Name(), onlyWhat(s.notes))
	}
	// With a completer of its own: nothing is to be counted twice.
	return s, p.confirmRepeats(ctx, newCompleter(p.format, fill, s), s, keys)
}

func onlyWhat(notes []string) string {
	if slices.Contains(notes, seedfile.OnlyHeader) {
		return "a header"
	}
	return "comments or blank lines"
}

// settleEncoding uses the format's encoding, else the operator's, else infers
// it from the whole file.
func (p passes) settleEncoding(ctx context.Context, fill Fill, s *scan) error {
	switch {
	case s.encoding != seedfile.Unknown && fill.Encoding != seedfile.Unknown && fill.Encoding != s.encoding:
		return token.Errorf(token.Refused, "%s: the format %s writes seeds in %s, --encoding says %s",
			p.source.Name(), p.format.Name, s.encoding, fill.Encoding)
	case s.encoding != seedfile.Unknown:
		return nil
	case fill.Encoding != seedfile.Unknown:
		s.encoding = fill.Encoding
		return nil
	}
	var inf seedfile.Inference
	if _, _, err := p.read(ctx, func(rec seedfile.Record) error {
		if rec.Problem == nil {
			inf.Add(rec.Secret.Text.Bytes())
		}
		rec.Secret.Text.Clear()
		return nil
	}); err != nil {
		return err
	}
	decision, err := inf.Decide()
	s.encoding, s.inferred = decision.Encoding, &decision
	return err
}

func (s *scan) add(c candidate, keys Keyring) {
	defer c.seed.Clear()
	s.records++
	if c.problem != nil {
		s.invalid++
		return
	}
	if n, ok := c.columns.Serial.Digits(); ok {
		s.lengths[n]++
	}
	s.serials.add(c.columns.Serial.Key())
	s.seeds.add(keys.Fingerprint(c.seed))
}

// uneven warns of numeric serials that are not all of one length: a spreadsheet
// eats leading zeros, and nobody can tell afterwards how many there were.
func (s *scan) uneven() []string {
	if len(s.lengths) < 2 {
		return nil
	}
	digits := slices.Sorted(maps.Keys(s.lengths))
	var parts []string
	for _, n := range digits {
		parts = append(parts, fmt.Sprintf("%d of %d digits", s.lengths[n], n))
	}
	return []string{"numeric serials of uneven length (" + strings.Join(parts, ", ") + "): did a spreadsheet eat leading zeros? compare with the devices"}
}

// missingError asks for the flags that the file's records need, all at once.
func (s *scan) missingError(p passes) error {
	var flags, parts []string
	for _, f := range seedfile.Fields() {
		if n := s.missing[f]; n > 0 {
			flags = append(flags, "--"+f.String())
			parts = append(parts, fmt.Sprintf("the %s of %d of %d records", f, n, s.records))
		}
	}
	if len(flags) == 0 {
		return nil
	}
	return token.Errorf(token.Refused, "%s does not say %s", p.source.Name(), strings.Join(parts, " and ")).
		WithHint("say it with %s", strings.Join(flags, " and "))
}

// serialWatch finds serials that repeat. It keeps eight bytes a record; what
// seems to repeat is confirmed on the records themselves.
type serialWatch struct {
	seed   maphash.Seed
	hashes []uint64
	twice  map[uint64]bool
	places map[string][]seedfile.Place
}

func (w *serialWatch) hash(key string) uint64 { return maphash.String(w.seed, key) }
func (w *serialWatch) add(key string)         { w.hashes = append(w.hashes, w.hash(key)) }

// seedWatch finds seeds that repeat under different serials.
type seedWatch struct {
	prints []int64
	twice  map[int64]bool
	owners map[int64][]owner
}

type owner struct {
	serial token.Serial
	place  seedfile.Place
	seed   token.Seed
}

func (w *seedWatch) add(print int64) { w.prints = append(w.prints, print) }

// repeated sorts a slice and gives the values that stand in it more than once.
func repeated[T int64 | uint64](all []T) map[T]bool {
	slices.Sort(all)
	twice := map[T]bool{}
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			twice[all[i]] = true
		}
	}
	return twice
}

// confirmRepeats reads the file again if serials or seeds seem to repeat, and
// keeps the records concerned.
func (p passes) confirmRepeats(ctx context.Context, c *completer, s *scan, keys Keyring) error {
	s.serials.twice, s.seeds.twice = repeated(s.serials.hashes), repeated(s.seeds.prints)
	s.serials.hashes, s.seeds.prints = nil, nil
	if len(s.serials.twice)+len(s.seeds.twice) == 0 {
		return nil
	}
	s.serials.places, s.seeds.owners = map[string][]seedfile.Place{}, map[int64][]owner{}
	sum, _, err := p.read(ctx, func(rec seedfile.Record) error {
		s.confirm(c.complete(rec), keys)
		return nil
	})
	if err == nil && sum != s.sha256 {
		err = changedError(p.source)
	}
	maps.DeleteFunc(s.serials.places, func(_ string, p []seedfile.Place) bool { return len(p) < 2 })
	return err
}

func (s *scan) confirm(c candidate, keys Keyring) {
	if c.problem != nil {
		return
	}
	key := c.columns.Serial.Key()
	if s.serials.twice[s.serials.hash(key)] {
		s.serials.places[key] = append(s.serials.places[key], c.place)
	}
	if print := keys.Fingerprint(c.seed); s.seeds.twice[print] {
		s.seeds.owners[print] = append(s.seeds.owners[print], owner{c.columns.Serial, c.place, c.seed})
		return // the seed is kept to settle it
	}
	c.seed.Clear()
}

func changedError(s seedfile.Source) error {
	return token.Errorf(token.Refused, "%s changed while it was read; nothing of it is stored", s.Name()).
		WithHint("import it again when nothing writes to it")
}

// duplicate tells where else in the file a serial stands.
func (s *scan) duplicate(c candidate) (reason string, ok bool) {
	places, ok := s.serials.places[c.columns.Serial.Key()]
	if !ok {
		return "", false
	}
	reason = "this serial also stands in " + others(places, c.place)
	if c.apart != "" {
		reason += "; " + c.apart
	}
	return reason, true
}

// clone tells which other serials of the file have the same seed.
func (s *scan) clone(c candidate, print int64) (reason string, ok bool) {
	for _, o := range s.seeds.owners[print] {
		if o.serial.Key() != c.columns.Serial.Key() && o.seed.Equal(c.seed) {
			return fmt.Sprintf("its seed is also that of %s in %s", o.serial, o.place), true
		}
	}
	return "", false
}

func (s *scan) clear() {
	for _, owners := range s.seeds.owners {
		for _, o := range owners {
			o.seed.Clear()
		}
	}
}

// others lists the places but one, the first three by name.
func others(places []seedfile.Place, but seedfile.Place) string {
	var names []string
	for _, p := range places {
		if p != but {
			names = append(names, p.String())
		}
	}
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
	}
	return strings.Join(names, ", ")
}
