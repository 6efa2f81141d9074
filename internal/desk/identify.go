package desk

import (
	"context"
	"fmt"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

// Identify asks which tokens show these codes.
type Identify struct {
	Search
	Codes    []Typed // two or three in a row, in the order in which the token showed them
	Reason   string
	Ticket   string
	Progress func(done, total int) // nil: nobody watches
}

// Identified is a token that shows the codes. Its JSON names are kept for good.
type Identified struct {
	Serial     token.Serial `json:"serial"`
	State      token.State  `json:"state"`
	Account    *string      `json:"account"`
	StepOffset int64        `json:"step_offset"`
}

// Identification is the outcome of a search.
type Identification struct {
	Found    []Identified
	Searched int
	// Damaged counts seeds that do not open; Damage says why the first does not.
	Damaged int
	Damage  error
}

// mostNamed bounds the serials that an event of a search names: two codes that
// more tokens show were not of one token.
const mostNamed = 20

// Identify looks for codes in all tokens that have a seed, whatever their state:
// lost and quarantined ones are found too, which is what a person who holds one
// in hand wants to know. It changes no token: no code is used up and no failure
// is counted, since a search over a million tokens that counted would lock them
// all. Instead the trail keeps who searched where and what was found; that is
// committed before anybody learns of it.
func (d *Desk) Identify(ctx context.Context, req Identify) (out Identification, err error) {
	if req.Codes, err = consecutive(req.Codes); err != nil {
		return out, err
	}
	s := &walk{desk: d, search: req.Search, codes: req.Codes, tell: req.Progress}
	err = d.Store.View(ctx, func(r Reader) error {
		if err := checkClock(r, d.Now()); err != nil {
			return err
		}
		return s.plan(r)
	})
	if err != nil {
		return out, err
	}
	if s.keys, err = d.Keys(ctx); err != nil {
		return out, err
	}
	if err := s.run(ctx); err != nil {
		return out, err
	}
	out = Identification{Found: []Identified{}, Searched: s.searched, Damaged: s.damaged, Damage: s.damage}
	err = d.Store.Update(ctx, func(tx Tx) error {
		for _, f := range s.found {
			one, err := s.name(tx, f)
			if err != nil {
				return err
			}
			out.Found = append(out.Found, one)
		}
		return d.recordSearch(tx, req, out)
	})
	if err != nil {
		return Identification{}, err // nothing was written, so nothing is told
	}
	return out, nil
}

// name tells what is to be known of a token that was found, as it is now. That
// its seed is the one that was imported is looked at here: of all the others it
// does not matter.
func (s *walk) name(r Reader, f sighting) (Identified, error) {
	seed, err := OpenSeed(r, s.keys, f.id, f.serial)
	if err != nil {
		return Identified{}, err
	}
	seed.Clear()
	t, err := r.Token(f.serial)
	if err != nil {
		return Identified{}, err
	}
	one := Identified{Serial: t.Serial, State: t.State, StepOffset: f.Offset}
	if account := string(t.Account); account != "" {
		one.Account = &account
	}
	return one, nil
}

func (d *Desk) recordSearch(tx Tx, req Identify, out Identification) error {
	e, err := d.Author().StoreEvent(token.CmdIdentify, Words{Reason: req.Reason, Ticket: req.Ticket})
	if err != nil {
		return err
	}
	if len(out.Found) == 0 {
		e.Outcome, e.Reason = trail.Refused, string(otp.WrongCode)
	}
	detail := trail.SearchDetail{Codes: len(req.Codes), Wide: req.Wide, Searched: out.Searched, Found: len(out.Found), Damaged: out.Damaged,
		Batch: req.Batch, State: req.State, Location: req.Location, Manufacturer: req.Manufacturer, Model: req.Model}
	for _, one := range out.Found[:min(mostNamed, len(out.Found))] {
		detail.Serials = append(detail.Serials, one.Serial)
	}
	return trail.Record(tx, e, detail)
}

// consecutive brings codes into the form that is searched for. Which token they
// are of is not known, so only that they have some possible length, and all the
// same, can be demanded.
func consecutive(codes []Typed) ([]Typed, error) {
	if n := len(codes); n < otp.MinFinderCodes || n > otp.MaxFinderCodes {
		return nil, fault.Errorf(fault.Usage, "%s given; a token is searched by two consecutive codes, or by three", wereGiven(n)).
			WithHint("one code alone is shown by several tokens in every hundred thousand: give the code that it shows now, and the next")
	}
	return inARow(codes)
}

func inARow(codes []Typed) ([]Typed, error) {
	parsed := make([]Typed, len(codes))
	for i, c := range codes {
		text, err := parseAnyLength(c.Text)
		if err != nil {
			return nil, fault.Errorf(fault.CodeRefused, "code %d: %s", i+1, err.Msg).WithHint("%s", err.Hint)
		}
		parsed[i] = Typed{text, c.At}
		if len(text) != len(parsed[0].Text) {
			return nil, fault.Errorf(fault.CodeRefused, "code %d has %d digits and code 1 has %d: they are not of one token", i+1, len(text), len(parsed[0].Text)).
				WithHint("type every digit that the token shows, zeros in front too")
		}
		if i > 0 && text == parsed[i-1].Text {
			return nil, fault.Errorf(fault.CodeRefused, "codes %d and %d are the same", i, i+1).
				WithHint("wait until the token shows another code, then give the old and the new one")
		}
	}
	return parsed, nil
}

func wereGiven(n int) string {
	switch n {
	case 0:
		return "no code was"
	case 1:
		return "one code was"
	}
	return fmt.Sprintf("%d codes were", n)
}

// parseAnyLength parses the code of a token of any kind.
func parseAnyLength(text string) (string, *otp.CodeError) {
	for digits := token.MinDigits; ; digits++ {
		code, err := otp.ParseCode(text, digits)
		if err == nil || err.Reason != otp.WrongLength {
			return code, err
		}
		if digits == token.MaxDigits {
			err.Msg = fmt.Sprintf("it does not have as many digits as tokens show, %d to %d", token.MinDigits, token.MaxDigits)
			return "", err
		}
	}
}

// CheckRow tells what is wrong with the codes so far, while they are asked for
// one by one: what was mistyped is asked for again.
func CheckRow(codes []Typed) error {
	_, err := inARow(codes)
	return err
}
