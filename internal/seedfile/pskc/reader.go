package pskc

import (
	"fmt"
	"io"

	"fob/internal/pskc"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// reader reads one file.
type reader struct {
	in      *pskc.Decoder
	options seedfile.Options
	records int
	tally   tally
}

// Next gives the next key that may be a token. PINs, which are keys of their own
// (RFC 6030 section 5, figure 5), are none.
func (r *reader) Next() (seedfile.Record, error) {
	for {
		p, err := r.in.Next()
		if err == io.EOF {
			err = r.end()
		}
		if err != nil {
			return seedfile.Record{}, seedfile.ReadError(err)
		}
		if p.Key != nil && pskc.ParseAlgorithm(p.Key.Algorithm) == pskc.PIN {
			r.tally.pins.add(p.N)
			p.Clear()
			continue
		}
		r.records++
		return r.record(p), nil
	}
}

// end judges the file as a whole.
func (r *reader) end() error {
	switch {
	case r.in.Signed():
		return token.Errorf(token.Refused, "the container is signed, and fob does not verify signatures yet").
			WithHint("ask the supplier for the file without its XML signature, and for its SHA-256 on another way")
	case r.records == 0:
		return token.Errorf(token.Refused, "the container holds PINs and no token").
			WithHint("the keys of the tokens are in another file: look for it in the delivery")
	}
	return io.EOF
}

func (r *reader) Notes() []string { return r.tally.notes() }

var _ seedfile.Reader = (*reader)(nil)

// tally counts what the operator should know of.
type tally struct {
	pins, extended, users, challenges, drifts, noCounter, noInterval, unzoned count
}

// count is a number of packages and the first of them.
type count struct{ n, first int }

func (c *count) add(n int) {
	if c.n++; c.first == 0 {
		c.first = n
	}
}

// addIf counts a package for which something is so.
func (c *count) addIf(is bool, n int) {
	if is {
		c.add(n)
	}
}

func (t *tally) notes() []string {
	var notes []string
	for _, n := range []struct {
		c    count
		text string
	}{
		{t.noCounter, "HOTP keys without a Counter start at 0, unless --counter says otherwise"},
		{t.noInterval, "TOTP keys without a TimeInterval have 30 s, unless --period says otherwise"},
		{t.unzoned, "dates without a time zone are taken for UTC"},
		{t.drifts, "a TimeDrift is not taken over: bind measures it"},
		{t.challenges, "a ChallengeFormat is not used: the tokens make codes without a challenge"},
		{t.users, "a UserId is not taken over: bind says whose a token is"},
		{t.extended, "Extensions are not read"},
		{t.pins, "keys that are PINs are no tokens and were skipped"},
	} {
		switch {
		case n.c.n == 1:
			notes = append(notes, fmt.Sprintf("%s (KeyPackage %d)", n.text, n.c.first))
		case n.c.n > 1:
			notes = append(notes, fmt.Sprintf("%s (%d of them, the first is KeyPackage %d)", n.text, n.c.n, n.c.first))
		}
	}
	return notes
}
