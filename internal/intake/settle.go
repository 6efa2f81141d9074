package intake

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// settled is what the first reading of a file found: everything that needs no
// store. It is kept small however long the file is: see runs.
type settled struct {
	reading
	ending
	completer // of the second reading
	records   int
	invalid   int
	rejects   []Reject // the first of the invalid ones

	lengths map[int]int // numeric serials by their number of digits
	suspects
	hashing maphash.Seed
	serials repeats // by the hash of the serial
	seeds   repeats // by the fingerprint
	prints  runs    // the fingerprints, sorted: in their order the store is searched, and filled
	random  io.Reader
}

// settle reads a file once, and once more only in three cases: its beginning
// misled about the encoding, nobody can tell the encoding, serials or seeds repeat.
func settle(ctx context.Context, r reading, fill Fill, now time.Time, fingerprint func(token.Seed) int64, random io.Reader) (*settled, error) {
	s := &settled{reading: r, suspects: suspects{now: now}, random: random, hashing: maphash.MakeSeed(),
		completer: completer{format: r.format, fill: fill, encoding: r.format.Encoding, fingerprint: fingerprint}}
	if said := fill.Encoding; s.encoding == seedfile.Unknown {
		s.encoding = said
	} else if said != seedfile.Unknown && said != s.encoding {
		return s, fault.Errorf(fault.Refused, "%s: the format %s writes seeds in %s, %s says %s",
			r.source.Name(), r.format.Rules(), s.encoding, fault.Encoding, said)
	}
	var seen *inference
	if s.encoding == seedfile.Unknown {
		if err := s.inferFromBeginning(ctx); err != nil {
			return s, err
		}
		seen = &inference{}
	}
	if err := s.scan(ctx, seen); err != nil {
		return s, err
	}
	if seen != nil {
		before := s.encoding
		s.reading.onRead = nil
		if err := s.infer(ctx, seen); err != nil {
			return s, err
		}
		if s.encoding != before || s.inferred != nil && s.invalid > 0 {
			if err := s.scan(ctx, nil); err != nil {
				return s, err
			}
		}
	}
	s.reading.onRead = nil // the second reading counts its records
	s.firm = s.open.contradicted()
	if len(s.lengths) > 1 {
		s.notes = append(s.notes, s.uneven())
	}
	if err := s.suspects.judge(s); err != nil {
		return s, err
	}
	if s.records == 0 {
		what := "comments or blank lines"
		if slices.ContainsFunc(s.notes, func(n fault.Text) bool { return n.String() == seedfile.OnlyHeader }) {
			what = "a header"
		}
		return s, fault.Errorf(fault.Refused, "%s holds no records, only %s", r.source.Name(), what).
			WithHint("is it the right file, and was it exported whole? Else ask the supplier for it again")
	}
	return s, s.nameRepeats(ctx)
}

// close forgets what was spooled.
func (s *settled) close() { s.prints.close() }

// inference looks for the encoding of seeds in what was read so far.
type inference struct {
	seedfile.Inference
	named seedfile.Encoding // the file itself says it
}

func (i *inference) add(rec *seedfile.Record) {
	switch {
	case rec.Secret.Encoding != seedfile.Unknown && rec.Secret.Encoding != seedfile.Raw:
		i.named = rec.Secret.Encoding
	case rec.Problem == nil:
		i.Add(rec.Secret.Text.Bytes())
	}
}

// decide settles the encoding as far as that goes.
func (s *settled) decide(i *inference) error {
	s.encoding, s.inferred = i.named, nil
	if i.named != seedfile.Unknown {
		return nil
	}
	decision, err := i.Decide()
	s.encoding, s.inferred = decision.Encoding, &decision
	return err
}

// sampleSize is how many records are looked at to find the encoding of all.
const sampleSize = 1000

// inferFromBeginning supposes that the first records tell how all seeds are
// written; the whole file has to confirm it. Where they do not tell, all are read.
func (s *settled) inferFromBeginning(ctx context.Context) error {
	enough, seen, n := errors.New("enough"), &inference{}, 0
	r := s.reading
	r.onRead = nil
	_, err := r.each(ctx, func(rec *seedfile.Record) error {
		seen.add(rec)
		rec.Secret.Text.Clear()
		if n++; n == sampleSize {
			return enough
		}
		return nil
	})
	if err != nil && !errors.Is(err, enough) {
		return err
	}
	if undecided := s.decide(seen); undecided == nil {
		return nil
	}
	seen = &inference{}
	if _, err := r.each(ctx, func(rec *seedfile.Record) error {
		seen.add(rec)
		rec.Secret.Text.Clear()
		return nil
	}); err != nil {
		return err
	}
	return s.infer(ctx, seen)
}

// infer settles the encoding from the whole file. Where that fails the question for
// it has those for all else that the file leaves open.
func (s *settled) infer(ctx context.Context, seen *inference) error {
	err := s.decide(seen)
	var undecided seedfile.Undecided
	if !errors.As(err, &undecided) {
		return err
	}
	asking, records := &completer{format: s.reading.format, fill: s.fill}, 0
	if _, err := s.reading.each(ctx, func(rec *seedfile.Record) error {
		records++
		asking.ask(rec)
		rec.Secret.Text.Clear()
		return nil
	}); err != nil {
		return err
	}
	if len(asking.open.needs()) == 0 {
		return err
	}
	return undecided.And(fault.Textf("the file does not say %s either: say it with %s",
		asking.open.lacks(records), asking.open.question(s.reading.format, records)))
}

// scan does everything but find the encoding.
func (s *settled) scan(ctx context.Context, seen *inference) (err error) {
	s.prints.close()
	s.prints = runs{random: s.random}
	serials := runs{random: s.random}
	defer serials.close()
	s.lengths, s.invalid, s.rejects, s.suspects = map[int]int{}, 0, nil, suspects{now: s.now}
	c := s.again()
	s.ending, err = s.reading.each(ctx, func(rec *seedfile.Record) error {
		if seen != nil {
			seen.add(rec)
		}
		e := c.complete(rec)
		s.suspects.add(&e, rec, s.encoding)
		e.seed.Clear()
		if e.verdict == token.Invalid {
			if s.invalid++; len(s.rejects) < MaxRejects {
				s.rejects = append(s.rejects, e.reject())
			}
			return nil
		}
		if n, ok := e.Serial.Digits(); ok {
			s.lengths[n]++
		}
		if err := serials.add(s.hash(e.Serial), e.n); err != nil {
			return err
		}
		return s.prints.add(e.Fingerprint, e.n)
	})
	if err != nil {
		return err
	}
	s.records, s.open = int(c.n), c.open
	var g errgroup.Group
	for _, of := range []struct {
		runs *runs
		to   *repeats
	}{{&serials, &s.serials}, {&s.prints, &s.seeds}} {
		g.Go(func() (err error) {
			if err := of.runs.end(); err != nil {
				return err
			}
			*of.to, err = repeatsOf(of.runs, s.records)
			return err
		})
	}
	return g.Wait()
}

func (s *settled) hash(serial token.Serial) int64 {
	return int64(maphash.String(s.hashing, serial.Key()))
}

// again is the completer of another reading: nothing is to be counted twice.
func (s *settled) again() *completer {
	c := s.completer
	c.n, c.open = 0, open{}
	return &c
}

// nameRepeats reads the file again if serials or seeds repeat, to name the records.
func (s *settled) nameRepeats(ctx context.Context) error {
	if !s.serials.any && !s.seeds.any {
		return nil
	}
	c := s.again()
	end, err := s.reading.each(ctx, func(rec *seedfile.Record) error {
		e := c.complete(rec)
		e.seed.Clear()
		s.serials.name(&e)
		s.seeds.name(&e)
		return nil
	})
	if err == nil && end.sha256 != s.sha256 {
		err = s.changed()
	}
	return err
}

func (s *settled) changed() error {
	return fault.Errorf(fault.Refused, "%s changed while it was read; nothing of it is stored", s.source.Name()).
		WithHint("import it again when nothing writes to it")
}

// judge refuses an entry for what else is in its file.
func (s *settled) judge(e *entry) {
	switch {
	case e.verdict == token.Invalid:
	case s.serials.records.has(e.n):
		e.refuse(token.Duplicate, "this serial also stands in %s", s.serials.places(s.hash(e.Serial), e.n))
		e.reason = e.reason.And(e.apart)
	case s.seeds.records.has(e.n):
		e.refuse(token.SeedClone, "its seed is also that of %s", s.seeds.owner(e.Fingerprint, e.n))
	}
}

// refuses reports whether the file is refused as it is, and nobody wants to know what
// becomes of its other records. A short file is held against the store all the
// same, and so is one that repeats something or contradicts the operator: only the
// next reading says which records those are.
func (s *settled) refuses(req Import) bool {
	return s.invalid > 0 && s.records > SliceSize && !s.serials.any && !s.seeds.any && s.firm == 0 &&
		!req.Partial && !req.DryRun && req.OnReject == nil
}

// uneven warns of numeric serials that are not all of one length: a spreadsheet
// eats leading zeros, and nobody can tell afterwards how many there were.
func (s *settled) uneven() fault.Text {
	var parts []string
	for _, n := range slices.Sorted(maps.Keys(s.lengths)) {
		parts = append(parts, fmt.Sprintf("%d of %d digits", s.lengths[n], n))
	}
	return fault.Textf("numeric serials of uneven length (%s): did a spreadsheet eat leading zeros? compare with the devices", strings.Join(parts, ", "))
}
