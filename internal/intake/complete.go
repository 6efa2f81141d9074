package intake

import (
	"time"

	"fob/internal/fault"
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
	columns token.Facts
	account token.Account // who the file gives the token to; empty: nobody
	seed    token.Seed
	lacks   seedfile.FieldSet // what nobody says of it; the file is refused then
	problem error             // what is wrong with the record by itself
	apart   fault.Text        // what would tell it from others of its serial; empty: nothing
}

// completer turns records into candidates, and counts what the file left open.
type completer struct {
	format   seedfile.Format
	fill     Fill
	encoding seedfile.Encoding
	inferred *seedfile.Decision // nil: format or operator fix the encoding
	firm     seedfile.FieldSet  // fields of which the operator may not say another value than the file
	lacks    seedfile.FieldSet  // what nobody says of the record that was settled last
	opened   opened
}

func newCompleter(f seedfile.Format, fill Fill, s *scan) *completer {
	return &completer{format: f, fill: fill, encoding: s.encoding, inferred: s.inferred, firm: s.firm}
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
	cand.seed, cand.lacks = seed, c.lacks
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

func columns(serial token.Serial, p token.Profile, counter int64, rec *seedfile.Record) token.Facts {
	return token.Facts{
		Serial: serial, Profile: p, Counter: counter,
		NotBefore: seconds(rec.NotBefore), NotAfter: seconds(rec.NotAfter), Manufactured: seconds(rec.Manufactured),
	}
}

// seconds is a time as the store keeps it; the zero time stays what it is.
func seconds(t time.Time) time.Time {
	return t.UTC().Truncate(time.Second)
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
		return token.Seed{}, fault.Errorf(fault.Refused, "the file says that seeds are written in %s, --encoding says %s", enc, said)
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
		return fault.Errorf(fault.Refused, "the seed has %d bytes, %d are the most", n, token.MaxSeedLen)
	case n < token.MinShortSeedLen:
		return fault.Errorf(fault.Refused, "the seed has only %d bytes; RFC 4226 demands 16", n)
	case n < token.MinSeedLen && !c.fill.ShortSeeds:
		return fault.Errorf(fault.Refused, "the seed has only %d bytes; RFC 4226 demands 16 (--allow-short-seeds takes %d to 15)", n, token.MinShortSeedLen)
	}
	return nil
}
