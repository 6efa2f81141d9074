package intake

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// scan is the first pass over a file: everything that needs no store. It is
// kept small however long the file is: see marks.
type scan struct {
	passed
	encoding seedfile.Encoding
	records  int
	invalid  int
	rejects  []Reject // the first of the invalid ones
	opened   opened
	firm     seedfile.FieldSet  // see completer
	inferred *seedfile.Decision // the encoding, where the whole file decided it

	lengths map[int]int // numeric serials by their number of digits
	serials serialWatch
	seeds   seedWatch
}

// firstPass scans a file: once for the encoding where the format does not fix
// it, once for everything else, and once more only where serials or seeds seem
// to repeat.
func (p passes) firstPass(ctx context.Context, fill Fill, keys desk.Keyring) (*scan, error) {
	s := &scan{encoding: p.format.Encoding}
	if err := p.settleEncoding(ctx, fill, s); err != nil {
		return nil, p.withQuestions(ctx, fill, err)
	}
	err := p.scanOnce(ctx, fill, keys, s)
	if firm := s.opened.contradicted(); err == nil && firm != 0 {
		// Once more, to refuse the records that say something else than the operator.
		s.clear()
		s = &scan{encoding: s.encoding, inferred: s.inferred, firm: firm}
		p.onRead = nil
		err = p.scanOnce(ctx, fill, keys, s)
	}
	return s, err
}

// scanOnce does everything but find the encoding.
func (p passes) scanOnce(ctx context.Context, fill Fill, keys desk.Keyring, s *scan) (err error) {
	c := newCompleter(p.format, fill, s)
	s.lengths = map[int]int{}
	s.serials.seed = maphash.MakeSeed()
	s.serials.marks.random, s.seeds.marks.random = p.random, p.random
	s.passed, err = p.read(ctx, func(rec *seedfile.Record) error {
		return s.add(c.complete(rec), keys)
	})
	if err != nil {
		return err
	}
	s.opened = c.opened
	s.notes = append(s.notes, s.uneven()...)
	if s.records == 0 {
		return fault.Errorf(fault.Refused, "%s holds no records, only %s", p.source.Name(), onlyWhat(s.notes)).
			WithHint("is it the right file, and was it exported whole? Else ask the supplier for it again")
	}
	// With a completer of its own: nothing is to be counted twice.
	return p.confirmRepeats(ctx, newCompleter(p.format, fill, s), s, keys)
}

func onlyWhat(notes []fault.Text) string {
	if slices.ContainsFunc(notes, func(n fault.Text) bool { return n.String() == seedfile.OnlyHeader }) {
		return "a header"
	}
	return "comments or blank lines"
}

// settleEncoding uses the format's encoding, else the operator's, else that which
// the file itself names, else infers it from the whole file.
func (p passes) settleEncoding(ctx context.Context, fill Fill, s *scan) error {
	switch {
	case s.encoding != seedfile.Unknown && fill.Encoding != seedfile.Unknown && fill.Encoding != s.encoding:
		return fault.Errorf(fault.Refused, "%s: the format %s writes seeds in %s, --encoding says %s",
			p.source.Name(), p.format.Rules(), s.encoding, fill.Encoding)
	case s.encoding != seedfile.Unknown:
		return nil
	case fill.Encoding != seedfile.Unknown:
		s.encoding = fill.Encoding
		return nil
	}
	var inf seedfile.Inference
	var named seedfile.Encoding
	if _, err := p.read(ctx, func(rec *seedfile.Record) error {
		switch {
		case rec.Secret.Encoding != seedfile.Unknown && rec.Secret.Encoding != seedfile.Raw:
			named = rec.Secret.Encoding
		case rec.Problem == nil:
			inf.Add(rec.Secret.Text.Bytes())
		}
		rec.Secret.Text.Clear()
		return nil
	}); err != nil {
		return err
	}
	if named != seedfile.Unknown {
		s.encoding = named
		return nil
	}
	decision, err := inf.Decide()
	s.encoding, s.inferred = decision.Encoding, &decision
	return err
}

// withQuestions adds to a question for the encoding those for all else that the
// file leaves open.
func (p passes) withQuestions(ctx context.Context, fill Fill, err error) error {
	var undecided seedfile.Undecided
	if !errors.As(err, &undecided) {
		return err
	}
	c, records := &completer{format: p.format, fill: fill}, 0
	if _, err := p.read(ctx, func(rec *seedfile.Record) error {
		records++
		c.ask(rec)
		rec.Secret.Text.Clear()
		return nil
	}); err != nil {
		return err
	}
	if len(c.opened.needs()) == 0 {
		return err
	}
	return undecided.And(fault.Textf("the file does not say %s either: say it with %s", c.opened.lacks(records), c.opened.flagsInWords(p.format, records)))
}

func (s *scan) add(c candidate, keys desk.Keyring) error {
	defer c.seed.Clear()
	n := uint32(s.records)
	s.records++
	if c.problem != nil {
		if s.invalid++; len(s.rejects) < MaxRejects {
			s.rejects = append(s.rejects, Reject{c.place, c.place.N, c.serial, token.Invalid, fault.Textf("%v", c.problem), false})
		}
		return nil
	}
	if n, ok := c.columns.Serial.Digits(); ok {
		s.lengths[n]++
	}
	if err := s.serials.marks.add(s.serials.hash(c.columns.Serial.Key()), n); err != nil {
		return err
	}
	return s.seeds.marks.add(keys.Fingerprint(c.seed), n)
}

// refuses reports whether the file is refused as it is, and nobody wants to know what
// becomes of its other records. A short file is held against the store all the
// same; where serials or seeds repeat it was read again already, and reading it once
// more tells which.
func (s *scan) refuses(req Import) bool {
	repeats := len(s.serials.twice)+len(s.seeds.twice) > 0
	return s.invalid > 0 && s.records > SliceSize && !repeats && !req.Partial && !req.DryRun && req.OnReject == nil
}

// uneven warns of numeric serials that are not all of one length: a spreadsheet
// eats leading zeros, and nobody can tell afterwards how many there were.
func (s *scan) uneven() []fault.Text {
	if len(s.lengths) < 2 {
		return nil
	}
	digits := slices.Sorted(maps.Keys(s.lengths))
	var parts []string
	for _, n := range digits {
		parts = append(parts, fmt.Sprintf("%d of %d digits", s.lengths[n], n))
	}
	return seedfile.Notes("numeric serials of uneven length (" + strings.Join(parts, ", ") + "): did a spreadsheet eat leading zeros? compare with the devices")
}
