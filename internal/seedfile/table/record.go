package table

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// record makes a record of a row. Messages name columns and numbers, never a
// text: in a row whose columns are shifted any of them may be the seed.
func (r *Reader) record(row rows.Row) seedfile.Record {
	rec := r.Record(row)
	if !r.CheckCells(&rec, row) {
		return rec
	}
	if IsYubicoOTP(row.Fields) {
		rec.Fail("the row has a public id, a private id and an AES key: the key is for Yubico OTP, and no OATH seed; fob keeps hotp and totp tokens")
		return rec
	}
	if r.Family.Strip != nil {
		if rec, row = r.Family.Strip(r, rec, row); rec.Problem != nil {
			return rec
		}
	}
	fields := row.Fields
	if rec.Serial == "" {
		r.ReadSerial(&rec, row)
	}
	r.seen = max(r.seen, len(fields))
	kind := r.Columns.Field(fields, Kind)
	t := typeOf(kind)
	if t != "" {
		rec.Params.Type = t
		rec.Given = rec.Given.With(seedfile.FieldType)
	}
	r.checkWidth(&rec, row)
	if rec.Serial == "" {
		rec.Fail("the serial is empty")
	}
	if len(kind) > 0 && t == "" {
		r.failType(&rec, kind)
	}
	r.readWords(&rec, fields)
	r.readSeed(&rec, r.Unmarked(row, Seed))
	r.readDigits(&rec, fields)
	r.readHash(&rec, fields)
	r.readMoving(&rec, fields)
	r.readT0(&rec, fields)
	r.ReadDates(&rec, row)
	r.doubtIgnored(&rec, fields)
	r.checkEnd(&rec, row)
	if rec.Problem == nil {
		r.width.learn(rec.Params.Type, len(fields))
	}
	return rec
}

// readSeed decodes a seed, or leaves it to the import to find out how the seeds are
// written.
func (r *Reader) readSeed(rec *seedfile.Record, text []byte) {
	if r.Family.Encoding == seedfile.Unknown {
		if len(text) == 0 {
			rec.Fail("the seed is empty")
			return
		}
		rec.Secret = seedfile.Secret{Text: token.NewSeed(bytes.Clone(text))}
		return
	}
	decoded, err := seedfile.DecodeText(text, r.Family.Encoding)
	if err != nil {
		if other := seedfile.LooksWider(text, r.Family.Encoding); other != seedfile.Unknown {
			err = fault.Errorf(fault.Refused, "%s: this looks like %s; %s is %s (if all seeds are %[2]s: %[5]s)", err, other, r.Family.Name, r.Family.Encoding, r.asColumns())
		}
		rec.Fail("%s", err)
		return
	}
	rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: decoded}
	if decoded.Len() < token.MinShortSeedLen && seedfile.SerialLooksLikeSeed(rec.Serial) {
		rec.Fail("the seed has only %d bytes", decoded.Len())
	}
}

// asColumns says how the file is read as a table of any encoding.
func (r *Reader) asColumns() fault.Text {
	var parts []string
	for c := range r.Columns.All() {
		if c != Other && r.Columns.At(c) <= r.seen {
			parts = append(parts, fmt.Sprintf("%s=%d", c.key(), r.Columns.At(c)))
		}
	}
	columns := fault.Columns.Is(strings.Join(parts, ","))
	if skip := r.Options.SkipRows; r.Named || skip > 0 {
		return fault.Textf("%s %s", columns, fault.SkipRows.Is(skip+count(r.Named)*r.headed))
	}
	return fault.Textf("%s", columns)
}

// otherTypes are those of other servers, as they are written in their files.
var otherTypes = map[string]string{
	"ocra": "OCRA", "motp": "mOTP", "yubicootp": "Yubico OTP", "yubikey": "Yubico OTP", "ubikey": "Yubico OTP",
	"smscode": "SMS", "sms": "SMS", "withoutotp": "no OTP at all", "pw": "a static password",
}

func (r *Reader) failType(rec *seedfile.Record, kind []byte) {
	if other := otherTypes[strings.ToLower(string(kind))]; other != "" {
		rec.Fail("the type in column %d is %s; fob keeps hotp and totp tokens", r.Columns.At(Kind), other)
		return
	}
	rec.Fail("the type in column %d is neither hotp nor totp, but %s", r.Columns.At(Kind), quoted(kind))
}

// quoted is a word of a file as messages repeat it, which one that may be a seed
// is not.
func quoted(text []byte) string {
	if shown := seedfile.Shown(string(text)); shown == string(text) {
		return fmt.Sprintf("%q", shown)
	}
	return "something that is not shown"
}

// readWords reads who made a token and who has it.
func (r *Reader) readWords(rec *seedfile.Record, fields [][]byte) {
	r.ReadMaker(rec, fields)
	for _, c := range []Column{Manufacturer, Model, Account} {
		if seedfile.LooksLikeSeed(string(r.Columns.Field(fields, c))) {
			rec.Manufacturer, rec.Model = "", ""
			rec.Fail("the %s in column %d looks like a seed: are the columns in the wrong order?", c, r.Columns.At(c))
			return
		}
	}
	rec.Account = string(r.Columns.Field(fields, Account))
	realm := r.Columns.Field(fields, Realm)
	if rec.Account != "" && len(realm) > 0 && !strings.Contains(rec.Account, "@") {
		rec.Account += "@" + string(realm)
	}
}

func (r *Reader) readDigits(rec *seedfile.Record, fields [][]byte) {
	text := r.Columns.Field(fields, Digits)
	n, given, ok := Number(text)
	switch {
	case !given:
	case !ok || n > MaxShown:
		rec.Fail("the digits in column %d are not a number from %d to %d, but %s", r.Columns.At(Digits), token.MinDigits, token.MaxDigits, quoted(text))
	case n < token.MinDigits || n > token.MaxDigits:
		rec.Fail("%d digits in column %d; %d to %d are possible", n, r.Columns.At(Digits), token.MinDigits, token.MaxDigits)
	default:
		rec.Params.Digits = int(n)
		rec.Given = rec.Given.With(seedfile.FieldDigits)
	}
}

func (r *Reader) readHash(rec *seedfile.Record, fields [][]byte) {
	text := r.Columns.Field(fields, Hash)
	if len(text) == 0 {
		return
	}
	if !bytes.Equal(text, r.hashText) {
		h, err := token.ParseHash(string(text))
		if err != nil {
			rec.Fail("the hash in column %d is unknown, %s; sha1, sha256 and sha512 are known", r.Columns.At(Hash), quoted(text))
			return
		}
		r.hashText, r.hash = append(r.hashText[:0], text...), h
	}
	rec.Params.Hash = r.hash
	rec.Given = rec.Given.With(seedfile.FieldHash)
}

// readMoving reads the counter of HOTP and the step of TOTP, which share a
// column in many files without a header. Of a record without a type both are
// given, as far as the file says: which one counts is known once the operator
// said it. What has the name of the one and can only be the other is in doubt.
func (r *Reader) readMoving(rec *seedfile.Record, fields [][]byte) {
	t := rec.Params.Type
	if t != token.HOTP {
		if n, given, _ := Number(r.Columns.Field(fields, Counter)); r.Named && given && n != 0 && !r.Columns.Has(Period) {
			rec.Question(seedfile.FieldPeriod, "column %d is called a counter and is not 0, which a TOTP token does not have: is it the step? say %s",
				r.Columns.At(Counter), fault.Period)
		}
		r.readPeriod(rec, fields, Period)
		r.readPeriod(rec, fields, Moving)
	}
	if t == token.TOTP {
		return
	}
	step, given, _ := Number(r.Columns.Field(fields, Period))
	why := ""
	if r.Family.Unsure != nil {
		why = r.Family.Unsure(r, fields)
	}
	switch {
	case why != "":
		rec.Question(seedfile.FieldCounter, "%s; say %s, which takes its place", why, fault.Counter)
	case r.Named && given && t == token.HOTP && !r.Columns.Has(Counter) && step != 0 && step != 30 && step != 60:
		rec.Question(seedfile.FieldCounter,
			"column %d is called a step and holds neither 30 nor 60, but the token is HOTP; say %s, which takes its place", r.Columns.At(Period), fault.Counter)
	default:
		r.readCounter(rec, fields, Counter)
		r.readCounter(rec, fields, Moving)
	}
}

func (r *Reader) readPeriod(rec *seedfile.Record, fields [][]byte, c Column) {
	text := r.Columns.Field(fields, c)
	n, given, ok := Number(text)
	possible := ok && n >= 1 && n <= token.MaxPeriod
	switch {
	case !given:
		return
	case c == Moving && rec.Params.Type == "" && ok && n == 0:
		return // no step: a counter
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
	switch n, given, ok := Number(r.Columns.Field(fields, c)); {
	case !given:
	case !ok:
		rec.Fail("the counter in column %d is not a number from 0 to 2^63-1", r.Columns.At(c))
	default:
		rec.Counter = n
		rec.Given = rec.Given.With(seedfile.FieldCounter)
	}
}

// readT0 reads what a TOTP token counts its steps from: Unix seconds, or a date
// or time as RFC 3339 writes it.
func (r *Reader) readT0(rec *seedfile.Record, fields [][]byte) {
	text := string(r.Columns.Field(fields, T0))
	if text == "" || rec.Params.Type == token.HOTP && text == "0" {
		return
	}
	t0, err := strconv.ParseInt(text, 10, 64)
	ok := err == nil && t0 >= token.MinT0 && t0 <= token.MaxT0
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			t0, ok = at.Unix(), true
		}
	}
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

// widths are the columns that the rows of each type have: HOTP rows may lack
// the step and hash that TOTP rows have. With a header all rows have its width.
type widths map[token.Type]int

// of is the width that a row should have, 0 when that is not known yet. A row
// that may have lost its type with the rest is measured by the widest of any.
func (w widths) of(t token.Type, torn bool) int {
	want, known := w[t]
	if known || !torn {
		return want
	}
	for _, n := range w {
		want = max(want, n)
	}
	return want
}

// learn takes the first sound row of a type for the measure of the others.
func (w widths) learn(t token.Type, n int) {
	if _, known := w[t]; !known {
		w[t] = n
	}
}

// checkWidth wants as many columns as the file's other rows of the type have:
// a row that lost one would be read with a default in its place.
func (r *Reader) checkWidth(rec *seedfile.Record, row rows.Row) {
	n := len(row.Fields)
	torn := row.Unended || n < r.Columns.At(Kind)
	if want := r.width.of(rec.Params.Type, torn); r.mayEndEarly(row) {
		if want > 0 && n != want {
			r.early++
		}
	} else if want > 0 {
		if !r.Named && n > want && n <= r.most && !row.BlankFrom(want) {
			rec.Fail("the row has %d columns where the file has %d; if lines may end early in this file, %s", n, want, r.endEarly())
		}
		if !r.Named && n < want && n >= 2 && n >= r.Family.Least && !row.Unended && len(row.Fields[n-1]) > 0 && !(r.wide && r.full <= n) {
			rec.Fail("the row has %d of %d columns; a column may be empty but not missing: if this line ends early on purpose, %s", n, want, r.endEarly())
		}
		r.CheckWidth(rec, row, want)
	}
	switch {
	case n < 2 && row.Sheet != "":
		rec.Fail("the row has 1 column; %s has a serial and a seed at least", r.Family.Name)
	case n < 2:
		rec.Fail("the row has 1 column; %s has a serial and a seed at least (is the delimiter a comma, semicolon or tab?)", r.Family.Name)
	case !r.Named && n < r.Family.Least:
		rec.Fail("the row has %d columns; %s has %d", n, r.Family.Name, r.Family.Least)
	case r.most > 0 && !row.BlankFrom(r.most):
		rec.Fail("the row has %d columns; %s has at most %d", n, r.Family.Name, r.most)
	}
}

// mayEndEarly reports whether a row need not be as long as the others: the operator
// said so of a family whose last columns are optional line by line.
func (r *Reader) mayEndEarly(row rows.Row) bool {
	n := len(row.Fields)
	return r.Family.Optional && r.Options.Compat && !r.Named && !row.Unended && n >= 2 && n <= r.most
}

// endEarly says what to do with lines that end early. It is not done unasked: a row that
// lost its last column looks the same, and would be read with a default in its place.
func (r *Reader) endEarly() fault.Text {
	by := fault.Textf("write a comma for each missing column at the end of the shorter ones, in a copy")
	if r.Family.Optional {
		by = fault.Textf("%s reads them with the defaults, or %s", fault.Compat, by)
	}
	return by
}

// checkEnd looks for a last line that was cut inside its last column: 3 may be
// what is left of 30, and nothing what is left of sha256.
func (r *Reader) checkEnd(rec *seedfile.Record, row rows.Row) {
	last, t := len(row.Fields), rec.Params.Type
	r.CheckEnd(rec, row, func(before, text []byte) bool { return r.mayBeCut(t, last, before, text) })
	r.lastType = t
	if row.Unended && r.records == 1 && last == r.Columns.At(Seed) && !usualSeed(row.Fields[last-1]) {
		rec.Fail("the file seems cut off: its only line has no end, and its seed a length that hardly any token's has; " +
			"fetch the delivery again, or if it is whole end the line in a copy of it")
	}
}

// usualSeed reports whether a seed has as many characters as one of 10, 16, 20, 24,
// 32 or 64 bytes has in an encoding, padded or not.
func usualSeed(text []byte) bool {
	n := len(bytes.TrimRight(text, "="))
	for _, size := range []int{10, 16, 20, 24, 32, 64} {
		if n == 2*size || n == (size*8+4)/5 || n == (size*8+5)/6 {
			return true
		}
	}
	return false
}

// mayBeCut compares the last field of a file with that of the row before. A
// serial or seed that is shorter is suspect whatever it begins with; a counter
// unless it is the one before or zero: 12 may be what is left of 1234.
func (r *Reader) mayBeCut(t token.Type, last int, before, text []byte) bool {
	wholeCounter := string(text) == "0" || bytes.Equal(before, text)
	switch last {
	case r.Columns.At(Serial), r.Columns.At(Seed):
		return len(text) < len(before)
	case r.Columns.At(Counter):
		return t != token.TOTP && !wholeCounter
	case r.Columns.At(Moving):
		if t != token.TOTP {
			return !wholeCounter
		} else if t != r.lastType {
			return false
		}
	}
	return len(text) < len(before) && bytes.HasPrefix(before, text)
}
