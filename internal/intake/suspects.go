package intake

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"fob/internal/damage"
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// suspects are what only the whole file tells: seeds that are written otherwise than
// is said, serials that a spreadsheet rounded, and tokens that nobody can be given.
type suspects struct {
	now      time.Time
	written  seedfile.Written
	rounding damage.Rounding
	rounded  where

	hotp, steps int // HOTP tokens, and those whose counter is what a time step would be

	expired, ends, early                where
	firstExpired, firstEnd, latestStart time.Time
}

// soon is how long a token should still be good for when it arrives: what ends
// earlier expires before most of a delivery was given out.
const soon = 180 * 24 * time.Hour

func (s *suspects) add(e *entry, rec *seedfile.Record, enc seedfile.Encoding) {
	if e.verdict == token.Invalid {
		return
	}
	s.written.Add(e.seed.Bytes(), enc)
	if !rec.AsText {
		if s.rounding.Add(string(e.Serial)); damage.Rounded(string(e.Serial)) > 0 {
			s.rounded.add(e.place)
		}
	}
	if e.Type == token.HOTP && !e.lacks.Has(seedfile.FieldCounter) {
		s.hotp++
		if e.Counter == 30 || e.Counter == 60 {
			s.steps++
		}
	}
	earlier := func(a, b time.Time) time.Time {
		if a.IsZero() || b.Before(a) {
			return b
		}
		return a
	}
	switch end := e.NotAfter; {
	case end.IsZero():
	case !s.now.Before(end):
		s.expired.add(e.place)
		s.firstExpired = earlier(s.firstExpired, end)
	case s.now.Add(soon).After(end):
		s.ends.add(e.place)
		s.firstEnd = earlier(s.firstEnd, end)
	}
	if s.now.Before(e.NotBefore) {
		s.early.add(e.place)
		if e.NotBefore.After(s.latestStart) {
			s.latestStart = e.NotBefore
		}
	}
}

// judge refuses the file for its seeds and serials, and notes what else there is.
func (s *suspects) judge(of *settled) error {
	var by any = of.reading.format.Rules()
	said := of.reading.format.Encoding == seedfile.Unknown && of.fill.Encoding != seedfile.Unknown
	if said {
		by = fault.Encoding
	}
	err := s.written.Judge(of.encoding, by)
	if said && errors.As(err, new(seedfile.Mistaken)) { // who says it may know why
		of.notes, err = append(of.notes, fault.Textf("%v", err)), nil
	}
	if err != nil {
		return fault.Wrap(fault.Refused, err, "%s", of.source.Name()).WithAdvice(fault.AdviceOf(err))
	}
	if n, suspect, certain := s.rounding.Suspect(); suspect {
		said := fault.Textf("%d serials have only zeros behind their 15th digit (%s): a spreadsheet keeps 15 digits of a number, and the others are lost", n, s.rounded.names())
		if certain && of.reading.format.Sheets {
			return fault.Errorf(fault.Refused, "%s: %s", of.source.Name(), said).
				WithHint("take the supplier's own file; if the devices really show these serials, put an apostrophe in front of each in a copy, which says that it is a text")
		}
		of.notes = append(of.notes, fault.Textf("%s; compare with the devices", said))
	}
	note := func(w where, format string, args ...any) {
		if w.n > 0 {
			of.notes = append(of.notes, fault.Textf("%s (%s)", fmt.Sprintf(format, args...), w.names()))
		}
	}
	if s.hotp > 0 && s.steps == s.hotp {
		of.notes = append(of.notes, fault.Textf("the counter of all %d HOTP tokens is 30 or 60, which are time steps: are they TOTP tokens? %s says so", s.hotp, fault.Type.Is(token.TOTP)))
	}
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	note(s.expired, "%d of %d tokens have expired, the first on %s: they cannot be given out", s.expired.n, of.records, day(s.firstExpired))
	note(s.ends, "%d of %d tokens expire within %d days, the first on %s", s.ends.n, of.records, int(soon.Hours()/24), day(s.firstEnd))
	note(s.early, "%d of %d tokens are not valid yet, the last of them from %s on: they cannot be given out before", s.early.n, of.records, day(s.latestStart))
	return nil
}

// names lists the first places, as messages do.
func (w *where) names() string {
	text := ""
	for i, p := range w.first {
		if i > 0 {
			text += ", "
		}
		text += p.String()
	}
	if more := w.n - len(w.first); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return cmp.Or(text, "none")
}
