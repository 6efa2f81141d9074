package oathcsv

import (
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// readMoving reads the counter of HOTP and the step of TOTP, which share a
// column in a file without a header. Of a record without a type both are given,
// as far as the file says: which one counts is known once the operator said it.
func (r *reader) readMoving(rec *seedfile.Record, fields [][]byte) {
	t := rec.Params.Type
	if t != token.HOTP {
		r.readPeriod(rec, fields, period)
		r.readPeriod(rec, fields, moving)
	}
	if t == token.TOTP {
		return
	}
	switch {
	case r.maybeStep(fields):
		rec.Question(seedfile.FieldCounter,
			"column %d may be the counter (privacyIDEA) or LinOTP's step; say --counter, which takes its place", r.Columns.At(moving))
	case r.maybeCounter(rec, fields):
		rec.Question(seedfile.FieldCounter,
			"column %d is called a step and holds neither 30 nor 60, but the token is HOTP; say --counter, which takes its place", r.Columns.At(period))
	default:
		r.readCounter(rec, fields, counter)
		r.readCounter(rec, fields, moving)
	}
}

// maybeStep: with six columns the order may be LinOTP's, whose fifth is the
// step, and 30 or 60 are what a step would be.
func (r *reader) maybeStep(fields [][]byte) bool {
	n, _, _ := table.Number(r.Columns.Field(fields, moving))
	return !r.Named && len(fields) == maxColumns && (n == 30 || n == 60)
}

// maybeCounter: under a header that has a step and no counter, a step that is
// none in the row of an HOTP token.
func (r *reader) maybeCounter(rec *seedfile.Record, fields [][]byte) bool {
	n, given, _ := table.Number(r.Columns.Field(fields, period))
	return given && rec.Params.Type == token.HOTP && !r.Columns.Has(counter) && n != 0 && n != 30 && n != 60
}

func (r *reader) readPeriod(rec *seedfile.Record, fields [][]byte, c column) {
	text := r.Columns.Field(fields, c)
	n, given, ok := table.Number(text)
	possible := ok && n >= 1 && n <= token.MaxPeriod
	switch {
	case !given:
		return
	case !possible && rec.Params.Type == "" && c == moving:
		// a counter, or refused once the type is said: see Record
	case !ok || n > table.MaxShown:
		rec.Fail("the step in column %d is not a number of seconds from 1 to %d", r.Columns.At(c), token.MaxPeriod)
		return
	case !possible:
		rec.Fail("a step of %d s in column %d; 1 to %d are possible", n, r.Columns.At(c), token.MaxPeriod)
		return
	}
	rec.Params.Period = int(min(n, token.MaxPeriod+1))
	rec.Given = rec.Given.With(seedfile.FieldPeriod)
}

func (r *reader) readCounter(rec *seedfile.Record, fields [][]byte, c column) {
	n, given, ok := table.Number(r.Columns.Field(fields, c))
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
