package inventory

import (
	"time"

	"fob/internal/audit"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// LongestSHA1Seed is the length in bytes up to which a seed without a named
// hash is taken for SHA-1: tokens of 20 bytes, and of 24, are. A longer one is
// more likely made for another hash, and a wrong hash shows only at the first
// login.
const LongestSHA1Seed = 24

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

// candidate is a record that is complete in itself: what remains is to compare
// it with the rest of the file and with the store.
type candidate struct {
	place   seedfile.Place
	serial  string // as written, for messages
	columns audit.Columns
	account token.Account // who the file gives the token to; empty: nobody
	seed    token.Seed
	problem error  // what is wrong with the record by itself
	apart   string // what would tell it from others of its serial; empty: nothing
}

// completer turns records into candidates. It counts what the file left open
// and nobody filled, and which of the format's defaults were used.
type completer struct {
	format   seedfile.Format
	fill     Fill
	encoding seedfile.Encoding
	inferred *seedfile.Decision // nil: format or operator fix the encoding
	missing  fieldCounts
	defaults fieldCounts
}

// fieldCounts counts records by field.
type fieldCounts [seedfile.FieldT0 + 1]int

func newCompleter(f seedfile.Format, fill Fill, s *scan) *completer {
	return &completer{format: f, fill: fill, encoding: s.encoding, inferred: s.inferred}
}

// complete takes over the record's secret: the candidate's seed is the
// caller's to clear. Whatever is wrong goes through Fail, which withholds a
// serial that may be the seed: so the candidate takes it over only at the end.
func (c *completer) complete(rec *seedfile.Record) candidate {
	defer func() { rec.Secret.Text.Clear() }() // unless it was taken
	cand := candidate{place: rec.Place, apart: rec.Alternative}
	serial := checkSerial(rec)
	cand.account = checkAccount(rec)
	checkNames(rec)
	if rec.Problem == nil {
		c.secure(&cand, rec, serial)
	}
	if rec.Problem != nil {
		rec.Withhold() // a reader may have set it after the problem
	}
	cand.serial, cand.problem = rec.Serial, rec.Problem
	return cand
}

// secure decodes the seed and settles the columns.
func (c *completer) secure(cand *candidate, rec *seedfile.Record, serial token.Serial) {
	seed, err := c.decode(&rec.Secret)
	if err != nil {
		rec.Fail("%v", err)
		return
	}
	params, counter, err := c.settle(rec, seed.Len())
	if err != nil {
		seed.Clear()
		rec.Fail("%v", err)
		return
	}
	cand.seed = seed
	cand.columns = columns(serial, c.profile(rec, params), counter, rec)
}

func checkSerial(rec *seedfile.Record) token.Serial {
	serial, err := token.ParseSerial(rec.Serial)
	switch {
	case err != nil:
		rec.Fail("%v", err)
	case seedfile.SerialLooksLikeSeed(rec.Serial):
		rec.Fail("the serial is no serial") // Fail says why, and withholds it
	}
	return serial
}

func checkAccount(rec *seedfile.Record) token.Account {
	if rec.Account == "" {
		return ""
	}
	account, err := token.ParseAccount(rec.Account)
	if err != nil {
		rec.Fail("%v", err)
	}
	return account
}

// checkNames checks what the file says of maker and model.
func checkNames(rec *seedfile.Record) {
	for _, n := range [...]struct {
		what string
		text *string
	}{{"the manufacturer", &rec.Manufacturer}, {"the model", &rec.Model}} {
		if *n.text == "" {
			continue
		}
		var err error
		if *n.text, err = token.ParseText(n.what, *n.text); err != nil {
			rec.Fail("%v", err)
		}
	}
}

func columns(serial token.Serial, p token.Profile, counter int64, rec *seedfile.Record) audit.Columns {
	return audit.Columns{
		Serial: serial, Manufacturer: p.Manufacturer, Model: p.Model,
		Type: p.Type, Hash: p.Hash, Digits: p.Digits, Period: p.Period, T0: p.T0, Counter: counter,
		NotBefore: seconds(rec.NotBefore), NotAfter: seconds(rec.NotAfter), Manufactured: seconds(rec.Manufactured),
	}
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func (c *completer) profile(rec *seedfile.Record, params token.Params) token.Profile {
	p := token.Profile{Manufacturer: rec.Manufacturer, Model: rec.Model, Params: params}
	if p.Manufacturer == "" {
		p.Manufacturer = c.fill.Manufacturer
	}
	if p.Model == "" {
		p.Model = c.fill.Model
	}
	return p
}

func (c *completer) decode(secret *seedfile.Secret) (token.Seed, error) {
	enc := secret.Encoding
	if said := c.fill.Encoding; enc != seedfile.Unknown && enc != seedfile.Raw && said != seedfile.Unknown && said != enc {
		return token.Seed{}, token.Errorf(token.Refused, "the file says that seeds are written in %s, --encoding says %s", enc, said)
	}
	if enc == seedfile.Unknown {
		enc = c.encoding
		if c.inferred != nil {
			if err := c.inferred.Judge(secret.Text.Bytes()); err != nil {
				return token.Seed{}, err
			}
		}
	}
	seed, err := secret.Take(enc)
	if err != nil {
		return token.Seed{}, err
	}
	if err := c.checkLength(seed.Len()); err != nil {
		seed.Clear()
		return token.Seed{}, err
	}
	return seed, nil
}

func (c *completer) checkLength(n int) error {
	switch {
	case n > token.MaxSeedLen:
		return token.Errorf(token.Refused, "the seed has %d bytes, %d are the most", n, token.MaxSeedLen)
	case n < token.MinShortSeedLen:
		return token.Errorf(token.Refused, "the seed has only %d bytes; RFC 4226 demands 16", n)
	case n < token.MinSeedLen && !c.fill.ShortSeeds:
		return token.Errorf(token.Refused, "the seed has only %d bytes; RFC 4226 demands 16 (--allow-short-seeds takes %d to 15)", n, token.MinShortSeedLen)
	}
	return nil
}

// settle finds every parameter: from the file, else from the operator, else
// from the format's documented default, else it is counted as missing.
func (c *completer) settle(rec *seedfile.Record, seedLen int) (token.Params, int64, error) {
	s := settling{c: c, rec: rec}
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
	}
	if s.err == nil {
		s.err = rec.Unsettled(p.Type, c.fill.Given)
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

// choose takes a field from the first that has it. T0 alone has a value that
// needs no saying: the Unix epoch of RFC 6238.
func choose[T comparable](s *settling, f seedfile.Field, file, operator, def T) T {
	inFile, said := s.rec.Given.Has(f), s.c.fill.Given.Has(f)
	switch {
	case inFile && said && file != operator && s.err == nil:
		s.err = token.Errorf(token.Refused, "the file gives the %s as %v, --%s says %v", f, file, f, operator)
	case inFile:
		return file
	case said:
		return operator
	case f == seedfile.FieldT0:
		return def
	case s.c.format.Defaulted.Has(f) && !s.noDefault:
		s.c.defaults[f]++
		return def
	default:
		s.c.missing[f]++
		s.open = true
	}
	return file
}
