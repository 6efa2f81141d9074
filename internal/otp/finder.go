package otp

import (
	"strconv"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

// Candidate is one of many tokens that may have shown the codes.
type Candidate struct {
	Params     token.Params
	Seed       token.Seed
	Next       int64      // HOTP: the counter expected next; the last one there is, too, when it was used
	Prediction Prediction // TOTP
}

// Sighting is where a token shows the codes.
type Sighting struct {
	First  int64 // step or counter of the first code
	Offset int64 // First minus our clock's step at its entry; HOTP: minus the counter expected
}

// Finder looks for two or more consecutive codes in many tokens. One code alone
// is never looked for: of 100,000 tokens two would show it by chance, two in a
// row 2 in a million times.
//
// A used-up code is found like any other: nothing is accepted here. A Finder is
// for one goroutine, and remembers nothing of a seed once Find returned.
type Finder struct {
	codes    []string
	first    uint64
	second   uint64
	modulus  uint64
	at       time.Time
	wide     bool
	prepared map[token.Hash]*prepared
	found    []match
}

// How many codes a Finder takes. The third is for what two left open.
const (
	MinFinderCodes = 2
	MaxFinderCodes = 3
)

// NewFinder takes codes as ParseCode gives them, all of the same length, in the
// order in which the token showed them, and the time at which the first was
// entered. A wide search looks where a pair of one token is searched; the usual
// one 10 steps either way, or 10 counters ahead.
func NewFinder(codes []string, at time.Time, wide bool) (*Finder, error) {
	if len(codes) < MinFinderCodes || len(codes) > MaxFinderCodes {
		return nil, fault.Errorf(fault.Internal, "%d codes to find a token by; %d or %d are possible", len(codes), MinFinderCodes, MaxFinderCodes)
	}
	if !plausible(at) {
		return nil, fault.Errorf(fault.Internal, "a code was entered at an impossible time, %d", at.Unix())
	}
	f := &Finder{codes: codes, modulus: 1, at: at, wide: wide, prepared: map[token.Hash]*prepared{}}
	for range codes[0] {
		f.modulus *= 10
	}
	for i, code := range codes {
		if len(code) < token.MinDigits || len(code) > token.MaxDigits || len(code) != len(codes[0]) {
			return nil, fault.Errorf(fault.Internal, "code %d has %d digits, the first has %d", i+1, len(code), len(codes[0]))
		}
		n, err := strconv.ParseUint(code, 10, 64)
		if err != nil {
			return nil, fault.Errorf(fault.Internal, "a code reached the search that was not parsed")
		}
		if i == firstCode {
			f.first = n
		} else if i == secondCode {
			f.second = n
		}
	}
	return f, nil
}

// Digits is how many digits the codes have. Tokens with another number cannot
// show them.
func (f *Finder) Digits() int { return len(f.codes[0]) }

// Find reports whether a token shows the codes, and where: of several places the
// one nearest to the centre, on a tie the later. Errors are as those of Check.
func (f *Finder) Find(c Candidate) (Sighting, bool, error) {
	win, err := f.window(c)
	if err != nil || c.Params.Digits != f.Digits() {
		return Sighting{}, false, err
	}
	if err := f.sift(c, win); err != nil {
		return Sighting{}, false, err
	}
	if len(f.found) == 0 {
		return Sighting{}, false, nil
	}
	gen, err := newGenerator(c.Params, c.Seed)
	if err != nil {
		return Sighting{}, false, err
	}
	confirmed, err := f.confirm(gen)
	if err != nil {
		return Sighting{}, false, err
	}
	m, ok := nearest(confirmed, win.centre)
	if !ok {
		return Sighting{}, false, nil
	}
	if c.Params.Type == token.HOTP {
		return Sighting{m.first, m.first - c.Next}, true, nil
	}
	return Sighting{m.first, m.first - StepAt(c.Params, f.at, 0)}, true, nil
}

// window is where the first code is looked for, once the candidate is known to
// make sense.
func (f *Finder) window(c Candidate) (window, error) {
	if err := c.Params.Validate(); err != nil {
		return window{}, fault.Wrap(fault.Internal, err, "no code can be computed")
	}
	if c.Seed.Len() == 0 {
		return window{}, fault.Errorf(fault.Internal, "no code can be computed: the seed is empty")
	}
	if c.Params.Type == token.HOTP {
		if c.Next < 0 {
			return window{}, fault.Errorf(fault.Internal, "the counter %d is impossible", c.Next)
		}
		if f.wide {
			return ahead(c.Next, TwoCodeAhead), nil
		}
		return ahead(c.Next, OneCodeAhead), nil
	}
	if err := c.Prediction.validate(); err != nil {
		return window{}, err
	}
	centre := StepAt(c.Params, f.at, c.Prediction.Centre)
	if f.wide {
		return around(centre, twoCodeReach(c.Params.Period, c.Prediction.HalfWidth)), nil
	}
	return around(centre, OneCodeSteps), nil
}

// sift computes every second code of the window only: of two consecutive codes
// one stands at an even place. Which of the two, if any, decides where its
// neighbour is looked at. So half the work is spared, and what is found is the
// same. Chance makes one code match in one of 50,000 tokens; that the neighbour
// is computed then tells nobody anything.
func (f *Finder) sift(c Candidate, win window) error {
	f.found = f.found[:0]
	p := f.prepared[c.Params.Hash]
	if p == nil {
		p = newPrepared(c.Params.Hash)
		f.prepared[c.Params.Hash] = p
	}
	defer p.clear()
	if err := p.take(c.Seed); err != nil {
		return fault.Wrap(fault.Internal, err, "no code can be computed")
	}
	last := further(win.hi, 1) // of the second code
	for n := int64(1); n <= last-win.lo; n += 2 {
		step := win.lo + n
		v, err := p.value(step)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "no code can be computed")
		}
		v %= f.modulus
		if v == f.second {
			f.found = append(f.found, match{step - 1, step})
		}
		if v == f.first && step < last {
			f.found = append(f.found, match{step, step + 1})
		}
	}
	return nil
}

// confirm asks the library about every place where one code of a pair was found:
// it alone says what a token shows.
func (f *Finder) confirm(gen generator) ([]match, error) {
	var confirmed []match
	for _, m := range f.found {
		ok, err := f.shows(gen, m.first)
		if err != nil {
			return nil, err
		}
		if ok {
			confirmed = append(confirmed, m)
		}
	}
	return confirmed, nil
}

// shows reports whether all codes stand in a row from a step on.
func (f *Finder) shows(gen generator, step int64) (bool, error) {
	if step > token.MaxCounter-int64(len(f.codes)-1) {
		return false, nil // behind the last counter there is none
	}
	for i, given := range f.codes {
		code, err := gen.code(step + int64(i))
		if err != nil || code != given {
			return false, err
		}
	}
	return true, nil
}
