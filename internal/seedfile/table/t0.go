package table

import (
	"strconv"
	"time"

	"fob/internal/seedfile"
	"fob/internal/token"
)

// readT0 reads what a TOTP token counts its steps from: Unix seconds, or a date
// or time as RFC 3339 writes it.
func (r *Reader) readT0(rec *seedfile.Record, fields [][]byte) {
	text := string(r.Columns.Field(fields, T0))
	if text == "" || rec.Params.Type == token.HOTP && text == "0" {
		return
	}
	t0, ok := parseT0(text)
	switch {
	case !ok:
		rec.Fail("the T0 in column %d is neither Unix seconds nor a date like 2000-01-01", r.Columns.At(T0))
	case rec.Params.Type == token.HOTP:
		rec.Fail("column %d gives a T0, which an HOTP token does not have", r.Columns.At(T0))
	default:
		rec.Params.T0 = t0
		rec.Given = rec.Given.With(seedfile.FieldT0)
	}
}

func parseT0(text string) (t0 int64, ok bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, n >= token.MinT0 && n <= token.MaxT0
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Unix(), true
		}
	}
	return 0, false
}
