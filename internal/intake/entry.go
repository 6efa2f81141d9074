package intake

import (
	"cmp"
	"strings"
	"time"

	"fob/internal/damage"
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// longestSHA1Seed is the length in bytes up to which a seed without a named
// hash is taken for SHA-1: tokens of 20 bytes, and of 24, are. A longer one is
// more likely made for another hash, and a wrong hash shows only at the first
// login.
const longestSHA1Seed = 24

// Fill is what the operator says of a file: it fills what the file leaves open
// and is held against what the file says. Only the fields in Given count.
type Fill struct {
	Given        seedfile.FieldSet
	Params       token.Params
	Counter      int64
	Encoding     seedfile.Encoding // Unknown: not said
	Manufacturer string
	Model        string
	ShortSeeds   bool // seeds of 10 to 15 bytes are accepted
}

// entry is a record on its way from the reader to its row. The file alone makes it
// new or invalid; the rest of the file and the store may change the verdict.
type entry struct {
	token.Facts
	n       uint32 // number of the record in its file, from 0
	place   seedfile.Place
	written string        // the serial as written, for messages; empty: withheld
	account token.Account // who the file gives the token to; empty: nobody
	seed    token.Seed
	sealed  []byte
	lacks   seedfile.FieldSet // what nobody says of it; the file is refused then
	apart   fault.Text        // what would tell it from others of its serial; empty: nothing

	verdict  token.Verdict
	reason   fault.Text
	replaces *Stored // the token that it is to replace, or whose serial it takes over
	reburnt  bool    // the latter: the token there was retired, and stays
	offered  bool    // refused, and told how it could go in
	loading  bool    // refused because another import is bringing it
}

func (e *entry) refuse(v token.Verdict, format string, args ...any) {
	e.verdict, e.reason = v, fault.Textf(format, args...)
}

func (e *entry) reject() Reject {
	return Reject{e.place, e.place.N, e.written, e.verdict, e.reason, e.loading}
}

func clearSeeds(all []entry) {
	for i := range all {
		all[i].seed.Clear()
	}
}

// completer turns records into entries, and counts what the file leaves open.
type completer struct {
	format      seedfile.Format
	fill        Fill
	encoding    seedfile.Encoding
	inferred    *seedfile.Decision // nil: format or operator fix the encoding
	firm        seedfile.FieldSet  // fields of which the operator may not say another value than the file
	fingerprint func(token.Seed) int64
	open        open
	n           uint32 // records so far
}

// complete takes over the record's secret: the entry's seed is the caller's to
// clear. Whatever is wrong goes through Fail, which withholds a serial that may be
// the seed: so the entry takes it over only at the end.
func (c *completer) complete(rec *seedfile.Record) entry {
	defer func() { rec.Secret.Text.Clear() }() // unless it was taken
	e := entry{n: c.n, place: rec.Place, apart: rec.Alternative, verdict: token.New}
	c.n++
	c.check(&e, rec)
	if rec.Problem == nil {
		if err := c.secure(&e, rec); err != nil {
			e.seed.Clear()
			rec.Fail("%v", err)
		}
	}
	if rec.Problem != nil {
		rec.Withhold() // a reader may have set it after the problem
		e.refuse(token.Invalid, "%v", rec.Problem)
	}
	e.written = rec.Serial
	return e
}

// check checks what the file says in words.
func (c *completer) check(e *entry, rec *seedfile.Record) {
	fail := func(err error) {
		if err != nil {
			rec.Fail("%v", err)
		}
	}
	var err error
	e.Serial, err = token.ParseSerial(rec.Serial)
	fail(err)
	if err == nil && seedfile.SerialLooksLikeSeed(rec.Serial) {
		rec.Fail("the serial is no serial") // Fail says why, and withholds it
	}
	if rec.Account != "" {
		e.account, err = token.ParseAccount(rec.Account)
		fail(err)
		if said := damage.Listed(rec.Account); said != "" {
			rec.Fail("the account %s %s", rec.Account, said)
		}
		if err == nil && e.account.Key() == strings.ToLower(string(e.Serial)) {
			rec.Fail("%s", token.OwnSerial)
		}
	}
	if e.Manufacturer = rec.Manufacturer; e.Manufacturer != "" {
		e.Manufacturer, err = token.ParseText("the manufacturer", e.Manufacturer)
		fail(err)
	}
	if e.Model = rec.Model; e.Model != "" {
		e.Model, err = token.ParseText("the model", e.Model)
		fail(err)
	}
	e.Manufacturer, e.Model = cmp.Or(e.Manufacturer, c.fill.Manufacturer), cmp.Or(e.Model, c.fill.Model)
	e.NotBefore, e.NotAfter, e.Manufactured = seconds(rec.NotBefore), seconds(rec.NotAfter), seconds(rec.Manufactured)
}

// seconds is a time as the store keeps it; the zero time stays what it is.
func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// secure decodes the seed and settles the parameters.
func (c *completer) secure(e *entry, rec *seedfile.Record) (err error) {
	if e.seed, err = c.decode(&rec.Secret); err != nil {
		return err
	}
	if err := c.checkLength(e.seed.Len()); err != nil {
		return err
	}
	if e.Params, e.Counter, e.lacks, err = c.settle(rec, e.seed.Len()); err != nil {
		return err
	}
	e.Fingerprint = c.fingerprint(e.seed)
	return nil
}

func (c *completer) decode(secret *seedfile.Secret) (token.Seed, error) {
	enc := secret.Encoding
	if said := c.fill.Encoding; enc != seedfile.Unknown && enc != seedfile.Raw && said != seedfile.Unknown && said != enc {
		return token.Seed{}, fault.Errorf(fault.Refused, "the file says that seeds are written in %s, %s says %s", enc, fault.Encoding, said)
	}
	if enc == seedfile.Unknown && c.inferred != nil {
		if err := c.inferred.Judge(secret.Text.Bytes()); err != nil {
			return token.Seed{}, err
		}
	}
	return secret.Take(cmp.Or(enc, c.encoding))
}

func (c *completer) checkLength(n int) error {
	switch {
	case n > token.MaxSeedLen:
		return fault.Errorf(fault.Refused, "the seed has %d bytes, %d are the most", n, token.MaxSeedLen)
	case n < token.MinShortSeedLen:
		return fault.Errorf(fault.Refused, "the seed has only %d bytes; RFC 4226 demands 16", n)
	case n < token.MinSeedLen && !c.fill.ShortSeeds:
		return fault.Errorf(fault.Refused, "the seed has only %d bytes; RFC 4226 demands 16 (%s takes %d to 15)", n, fault.ShortSeeds, token.MinShortSeedLen)
	}
	return nil
}

// settle finds every parameter: from the file, else from the operator, else
// from the format's documented default, else it is counted as missing. The length
// of a seed that could not be read is 0.
func (c *completer) settle(rec *seedfile.Record, seedLen int) (p token.Params, counter int64, lacks seedfile.FieldSet, err error) {
	s := settling{completer: c, rec: rec}
	c.open.sound++
	fill, def := c.fill.Params, c.format.Defaults
	p = rec.Params
	p.Type = choose(&s, seedfile.FieldType, p.Type, fill.Type, def.Type)
	p.Digits = choose(&s, seedfile.FieldDigits, p.Digits, fill.Digits, def.Digits)
	s.noDefault = seedLen > longestSHA1Seed
	p.Hash = choose(&s, seedfile.FieldHash, p.Hash, fill.Hash, def.Hash)
	s.noDefault = false
	switch p.Type {
	case token.HOTP:
		counter = choose(&s, seedfile.FieldCounter, rec.Counter, c.fill.Counter, c.format.Counter)
		p.Period, p.T0 = 0, 0
	case token.TOTP:
		p.Period = choose(&s, seedfile.FieldPeriod, p.Period, fill.Period, def.Period)
		p.T0 = choose(&s, seedfile.FieldT0, p.T0, fill.T0, def.T0)
	default: // the type, which is open, decides which of them the record lacks
		for _, f := range []seedfile.Field{seedfile.FieldPeriod, seedfile.FieldCounter} {
			if !(rec.Given | c.fill.Given | c.format.Defaulted).Has(f) {
				c.open.perhaps[f].add(rec.Place)
				s.lacks = s.lacks.With(f)
			}
		}
	}
	if rec.Doubt.Field != 0 && s.err == nil {
		s.doubts(p.Type)
	}
	if s.err != nil || s.asked {
		return p, counter, s.lacks, s.err
	}
	if err := p.Validate(); err != nil {
		return p, counter, s.lacks, err
	}
	return p, counter, s.lacks, token.CheckCounter(counter)
}

// settling is the state of settling one record.
type settling struct {
	*completer
	rec       *seedfile.Record
	noDefault bool // the format's default does not count here
	asked     bool // a field is missing: the whole file will be refused for it
	lacks     seedfile.FieldSet
	err       error // the operator contradicts the file
}

// choose takes a field from the first that has it. What the operator says fills
// gaps: a file that has some keeps what it says of its other records. A default is
// nothing that the file says, so that it gives way; the summary names it. T0 alone
// has a value that needs no saying: the Unix epoch of RFC 6238.
func choose[T comparable](s *settling, f seedfile.Field, file, operator, def T) T {
	place, said := s.rec.Place, s.fill.Given.Has(f)
	defaulted := s.format.Defaulted.Has(f) && !s.noDefault
	switch {
	case s.rec.Given.Has(f):
		if said && file != operator {
			if s.open.against[f].add(place); s.firm.Has(f) && s.err == nil {
				s.err = fault.Errorf(fault.Refused, "the file gives the %s as %v, %s says %v", f, file, field(f), operator)
			}
		}
		return file
	case said:
		s.open.filled[f].add(place)
		if defaulted && operator != def {
			s.open.replaced[f].add(place)
		}
		return operator
	case f == seedfile.FieldT0:
		return def
	case defaulted:
		s.open.defaults[f].add(place)
		return def
	}
	s.open.missing[f].add(place)
	s.lacks, s.asked = s.lacks.With(f), true
	return file
}

// doubts counts the doubts that the operator did not settle. While anything is
// missing nobody refuses the record for one: it is among the questions.
func (s *settling) doubts(t token.Type) {
	for d := range s.rec.Unsettled(t, s.fill.Given) {
		if s.open.why[d.Field] == nil {
			s.open.why[d.Field] = d.Why
		}
		if s.open.doubts[d.Field].add(s.rec.Place); s.err == nil && !s.asked {
			s.err = d.Why
		}
	}
}

// ask counts what a record leaves open whose seed nobody can read yet. It is at
// least as long as in hex.
func (c *completer) ask(rec *seedfile.Record) (lacks seedfile.FieldSet) {
	if rec.Problem == nil {
		_, _, lacks, _ = c.settle(rec, rec.Secret.Text.Len()/2) // what is wrong with it is seen when it can be read
	}
	return lacks
}
