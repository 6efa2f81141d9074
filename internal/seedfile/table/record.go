package table

import (
	"bytes"
	"fmt"
	"strings"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// record makes a record of a row. Messages name columns and numbers, never a
// text: in a row whose columns are shifted any of them may be the seed.
func (r *Reader) record(row rows.Row) seedfile.Record {
	rec := r.Record(row)
	if !r.CheckCells(&rec, row, Serial, Seed, Other) {
		return rec
	}
	if r.Family.Strip != nil {
		if rec, row = r.Family.Strip(r, rec, row); rec.Problem != nil {
			return rec
		}
	}
	fields := row.Fields
	if rec.Serial == "" {
		rec.Serial = string(r.Unmarked(row, Serial))
	}
	typed := r.readType(&rec, fields)
	r.checkWidth(&rec, row)
	if rec.Serial == "" {
		rec.Fail("the serial is empty")
	}
	if !typed {
		r.failType(&rec, fields)
	}
	r.readWords(&rec, fields)
	r.readSeed(&rec, row)
	r.readDigits(&rec, fields)
	r.readHash(&rec, fields)
	r.readMoving(&rec, fields)
	r.readT0(&rec, fields)
	r.doubtIgnored(&rec, fields)
	r.checkEnd(&rec, row)
	if rec.Problem == nil {
		r.width.learn(rec.Params.Type, len(fields))
	}
	return rec
}

func (r *Reader) readSeed(rec *seedfile.Record, row rows.Row) {
	text := r.Unmarked(row, Seed)
	if r.Family.Encoding == seedfile.Unknown {
		r.keepSeed(rec, text)
		return
	}
	decoded, err := seedfile.DecodeText(text, r.Family.Encoding)
	if err != nil {
		rec.Fail("%s", err)
		return
	}
	rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: decoded}
	if decoded.Len() < token.MinShortSeedLen && seedfile.SerialLooksLikeSeed(rec.Serial) {
		rec.Fail("the seed has only %d bytes", decoded.Len())
	}
}

// keepSeed leaves it to the import to find out how the seeds are written.
func (r *Reader) keepSeed(rec *seedfile.Record, text []byte) {
	if len(text) == 0 {
		rec.Fail("the seed is empty")
		return
	}
	rec.Secret = seedfile.Secret{Text: token.NewSeed(bytes.Clone(text))}
}

// readType reports whether the type is one, or absent.
func (r *Reader) readType(rec *seedfile.Record, fields [][]byte) bool {
	text := r.Columns.Field(fields, Kind)
	if len(text) == 0 {
		return true
	}
	if rec.Params.Type = typeOf(text); rec.Params.Type == "" {
		return false
	}
	rec.Given = rec.Given.With(seedfile.FieldType)
	return true
}

// otherTypes are those of other servers, as they are written in their files.
var otherTypes = map[string]string{
	"ocra": "OCRA", "motp": "mOTP", "yubicootp": "Yubico OTP", "yubikey": "Yubico OTP", "ubikey": "Yubico OTP",
	"smscode": "SMS", "sms": "SMS", "withoutotp": "no OTP at all", "pw": "a static password",
}

func (r *Reader) failType(rec *seedfile.Record, fields [][]byte) {
	at := r.Columns.At(Kind)
	if other := otherTypes[strings.ToLower(string(r.Columns.Field(fields, Kind)))]; other != "" {
		rec.Fail("the type in column %d is %s; fob keeps hotp and totp tokens", at, other)
		return
	}
	rec.Fail("the type in column %d is neither hotp nor totp, but %s", at, quoted(r.Columns.Field(fields, Kind)))
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
	if r.Columns.Has(Manufacturer) {
		r.maker = same(r.maker, r.Columns.Field(fields, Manufacturer))
		rec.Manufacturer = r.maker
	}
	if r.Columns.Has(Model) {
		r.model = same(r.model, r.Columns.Field(fields, Model))
		rec.Model = r.model
	}
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

// same makes a string of a text, or takes the one before if it is the same.
func same(before string, text []byte) string {
	if before == string(text) {
		return before
	}
	return string(text)
}

func (r *Reader) readDigits(rec *seedfile.Record, fields [][]byte) {
	text := r.Columns.Field(fields, Digits)
	n, given, ok := Number(text)
	switch {
	case !given:
		return
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
