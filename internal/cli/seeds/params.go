package seeds

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// paramFlags say what turns a token's seed into codes.
type paramFlags struct {
	kind, hash, t0 string
	digits, period int
	counter        int64
	given          func(flag string) bool
}

// add makes the flags; when says what they count for.
func (o *paramFlags) add(cmd *cobra.Command, when string) {
	f := cmd.Flags()
	f.StringVar(&o.kind, "type", "", "`TYPE`: totp or hotp"+when)
	f.StringVar(&o.hash, "hash", "", "`HASH`: sha1, sha256 or sha512"+when)
	f.IntVar(&o.digits, "digits", 0, "`N` digits of a code"+when)
	f.IntVar(&o.period, "period", 0, "`SECONDS` that a code is shown"+when)
	f.Int64Var(&o.counter, "counter", 0, "first counter `N` of HOTP tokens"+when)
	f.StringVar(&o.t0, "t0", "", "`TIME` from which the tokens count (default 1970-01-01)")
	o.given = f.Changed
}

// parse checks the flags by themselves, before anything is read.
func (o *paramFlags) parse() (given seedfile.FieldSet, p token.Params, counter int64, err error) {
	p.Digits, p.Period = o.digits, o.period
	for flag, field := range map[string]seedfile.Field{
		"type": seedfile.FieldType, "hash": seedfile.FieldHash, "digits": seedfile.FieldDigits,
		"period": seedfile.FieldPeriod, "counter": seedfile.FieldCounter, "t0": seedfile.FieldT0,
	} {
		if o.given(flag) {
			given = given.With(field)
		}
	}
	if given.Has(seedfile.FieldType) {
		if p.Type, err = token.ParseType(o.kind); err != nil {
			return given, p, 0, asUsage(err)
		}
	}
	if given.Has(seedfile.FieldHash) {
		if p.Hash, err = token.ParseHash(o.hash); err != nil {
			return given, p, 0, asUsage(err)
		}
	}
	if given.Has(seedfile.FieldT0) {
		if p.T0, err = parseT0(o.t0); err != nil {
			return given, p, 0, err
		}
	}
	return given, p, o.counter, o.checkNumbers(given, p)
}

// checkNumbers refuses numbers that no token can have.
func (o *paramFlags) checkNumbers(given seedfile.FieldSet, p token.Params) error {
	switch {
	case given.Has(seedfile.FieldDigits) && (o.digits < token.MinDigits || o.digits > token.MaxDigits):
		return fault.Errorf(fault.Usage, "--digits %d: %d to %d are possible", o.digits, token.MinDigits, token.MaxDigits)
	case given.Has(seedfile.FieldPeriod) && (o.period < 1 || o.period > token.MaxPeriod):
		return fault.Errorf(fault.Usage, "--period %d: 1 to %d seconds are possible", o.period, token.MaxPeriod)
	case o.counter < 0:
		return fault.Errorf(fault.Usage, "--counter %d: a counter is 0 or more", o.counter)
	case p.T0 < token.MinT0 || p.T0 > token.MaxT0:
		return fault.Errorf(fault.Usage, "--t0 %q lies outside the years 1 to 9999", term.Clean(o.t0))
	}
	return nil
}

func asUsage(err error) error { return fault.Errorf(fault.Usage, "%v", err) }

func parseT0(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.Unix(), nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.Unix(), nil
	}
	return 0, fault.Errorf(fault.Usage, "--t0 %q: write 2000-01-01, 2000-01-01T00:00:00Z or Unix seconds", term.Clean(s))
}
