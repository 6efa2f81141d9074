package intake

import (
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// settle finds every parameter: from the file, else from the operator, else
// from the format's documented default, else it is counted as missing. The length
// of a seed that could not be read is 0.
func (c *completer) settle(rec *seedfile.Record, seedLen int) (token.Params, int64, error) {
	s := settling{c: c, rec: rec}
	c.lacks = 0
	c.opened.sound++
	p := rec.Params
	p.Type = choose(&s, seedfile.FieldType, rec.Params.Type, c.fill.Params.Type, c.format.Defaults.Type)
	p.Digits = choose(&s, seedfile.FieldDigits, rec.Params.Digits, c.fill.Params.Digits, c.format.Defaults.Digits)
	s.noDefault = seedLen > LongestSHA1Seed
	p.Hash = choose(&s, seedfile.FieldHash, rec.Params.Hash, c.fill.Params.Hash, c.format.Defaults.Hash)
	s.noDefault = false
	var counter int64
	switch p.Type {
	case token.HOTP:
		counter = choose(&s, seedfile.FieldCounter, rec.Counter, c.fill.Counter, c.format.Counter)
		p.Period, p.T0 = 0, 0
	case token.TOTP:
		p.Period = choose(&s, seedfile.FieldPeriod, rec.Params.Period, c.fill.Params.Period, c.format.Defaults.Period)
		p.T0 = choose(&s, seedfile.FieldT0, rec.Params.T0, c.fill.Params.T0, c.format.Defaults.T0)
	default:
		s.ask(seedfile.FieldPeriod)
		s.ask(seedfile.FieldCounter)
	}
	if s.err == nil {
		s.err = s.unsettled(p.Type)
	}
	if s.err != nil || s.open {
		return p, counter, s.err
	}
	if err := p.Validate(); err != nil {
		return p, counter, err
	}
	return p, counter, token.CheckCounter(counter)
}

// settling is the state of settling one record.
type settling struct {
	c         *completer
	rec       *seedfile.Record
	noDefault bool  // the format's default does not count here
	open      bool  // a field is missing: the whole file will be refused for it
	err       error // the operator contradicts the file
}

// choose takes a field from the first that has it. What the operator says fills
// gaps: a file that has some keeps what it says of its other records. A default is
// nothing that the file says, so that it gives way; the summary tells. T0 alone has a
// value that needs no saying: the Unix epoch of RFC 6238.
func choose[T comparable](s *settling, f seedfile.Field, file, operator, def T) T {
	inFile, said := s.rec.Given.Has(f), s.c.fill.Given.Has(f)
	switch {
	case inFile && said && file != operator:
		if s.c.opened.against[f].add(s.rec.Place); s.c.firm.Has(f) && s.err == nil {
			s.err = fault.Errorf(fault.Refused, "the file gives the %s as %v, --%s says %v", f, file, f, operator)
		}
	case inFile:
	case said:
		s.c.opened.filled[f].add(s.rec.Place)
		if s.c.format.Defaulted.Has(f) && !s.noDefault && operator != def {
			s.c.opened.replaced[f].add(s.rec.Place)
		}
		return operator
	case f == seedfile.FieldT0:
		return def
	case s.c.format.Defaulted.Has(f) && !s.noDefault:
		s.c.opened.defaults[f].add(s.rec.Place)
		return def
	default:
		s.c.opened.missing[f].add(s.rec.Place)
		s.c.lacks = s.c.lacks.With(f)
		s.open = true
	}
	return file
}

// ask counts a field that the record will lack if its type, which is open, turns
// out to be the one that has it.
func (s *settling) ask(f seedfile.Field) {
	if !s.rec.Given.Has(f) && !s.c.fill.Given.Has(f) && !s.c.format.Defaulted.Has(f) {
		s.c.opened.perhaps[f].add(s.rec.Place)
		s.c.lacks = s.c.lacks.With(f)
	}
}

// unsettled is the first doubt that the operator did not settle. While anything is
// missing nobody refuses the record for it: it is one of the questions.
func (s *settling) unsettled(t token.Type) (first error) {
	if s.rec.Doubt.Field == 0 {
		return nil // as nearly all are
	}
	for d := range s.rec.Unsettled(t, s.c.fill.Given) {
		if s.c.opened.doubts[d.Field].add(s.rec.Place); first == nil && !s.open {
			first = d.Why
		}
	}
	return first
}

// ask counts what a record leaves open whose seed nobody can read yet. It is at
// least as long as in hex.
func (c *completer) ask(rec *seedfile.Record) {
	if rec.Problem == nil {
		_, _, _ = c.settle(rec, rec.Secret.Text.Len()/2) // what is wrong with it is seen when it can be read
	}
}
