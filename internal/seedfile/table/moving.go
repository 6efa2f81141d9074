package table

import (
	"fob/internal/seedfile"
	"fob/internal/token"
)

// readMoving reads the counter of HOTP and the step of TOTP, which share a
// column in many files without a header. Of a record without a type both are
// given, as far as the file says: which one counts is known once the operator
// said it.
func (r *Reader) readMoving(rec *seedfile.Record, fields [][]byte) {
	t := rec.Params.Type
	if t != token.HOTP {
		r.doubtCounter(rec, fields)
		r.readPeriod(rec, fields, Period)
		r.readPeriod(rec, fields, Moving)
	}
	if t == token.TOTP {
		return
	}
	switch why := r.unsure(fields); {
	case why != "":
		rec.Question(seedfile.FieldCounter, "%s; say --counter, which takes its place", why)
	case r.maybeCounter(rec, fields):
		rec.Question(seedfile.FieldCounter,
			"column %d is called a step and holds neither 30 nor 60, but the token is HOTP; say --counter, which takes its place", r.Columns.At(Period))
	default:
		r.readCounter(rec, fields, Counter)
		r.readCounter(rec, fields, Moving)
	}
}

func (r *Reader) unsure(fields [][]byte) string {
	if r.Family.Unsure == nil {
		return ""
	}
	return r.Family.Unsure(r, fields)
}

// maybeCounter: under a header that has a step and no counter, a step that is
// none in the row of an HOTP token.
func (r *Reader) maybeCounter(rec *seedfile.Record, fields [][]byte) bool {
	n, given, _ := Number(r.Columns.Field(fields, Period))
	return r.Named && given && rec.Params.Type == token.HOTP && !r.Columns.Has(Counter) && n != 0 && n != 30 && n != 60
}

func (r *Reader) readPeriod(rec *seedfile.Record, fields [][]byte, c Column) {
	text := r.Columns.Field(fields, c)
	n, given, ok := Number(text)
	possible := ok && n >= 1 && n <= token.MaxPeriod
	switch {
	case !given:
		return
	case !possible && rec.Params.Type == "" && c == Moving:
		// a counter, or refused once the type is said: see Record
	case !ok || n > MaxShown:
		rec.Fail("the step in column %d is not a number of seconds from 1 to %d, but %s", r.Columns.At(c), token.MaxPeriod, quoted(text))
		return
	case !possible:
		rec.Fail("a step of %d s in column %d; 1 to %d are possible", n, r.Columns.At(c), token.MaxPeriod)
		return
	}
	rec.Params.Period = int(min(n, token.MaxPeriod+1))
	rec.Given = rec.Given.With(seedfile.FieldPeriod)
}

func (r *Reader) readCounter(rec *seedfile.Record, fields [][]byte, c Column) {
	n, given, ok := Number(r.Columns.Field(fields, c))
	switch {
	case !given:
		return
	case !ok:
		rec.Fail("the counter in column %d is not a number from 0 to 2^63-1", r.Columns.At(c))
	default:
		rec.Counter = n
		rec.Given = rec.Given.With(seedfile.FieldCounter)
	}
}

// doubtCounter questions the step of what may be a TOTP token in a file that has
// a counter for it, which the token does not have, and no step.
func (r *Reader) doubtCounter(rec *seedfile.Record, fields [][]byte) {
	n, given, _ := Number(r.Columns.Field(fields, Counter))
	if r.Named && given && n != 0 && !r.Columns.Has(Period) {
		rec.Question(seedfile.FieldPeriod, "column %d is called a counter and is not 0, which a TOTP token does not have: is it the step? say --period",
			r.Columns.At(Counter))
	}
}
