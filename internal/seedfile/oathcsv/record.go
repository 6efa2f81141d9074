package oathcsv

import (
	"bytes"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// record makes a record of a row. Messages name columns and numbers, never a
// text: in a row whose columns are shifted any of them may be the seed.
func (r *reader) record(row rows.Row) seedfile.Record {
	rec := r.Record(row)
	fields := row.Fields
	rec.Serial = string(r.Columns.Field(fields, serial))
	typed := r.readType(&rec, fields)
	r.checkWidth(&rec, row)
	if rec.Serial == "" {
		rec.Fail("the serial is empty")
	}
	if !typed {
		rec.Fail("the type in column %d is neither hotp nor totp", r.Columns.At(kind))
	}
	r.readSeed(&rec, fields)
	r.readDigits(&rec, fields)
	r.readHash(&rec, fields)
	r.readMoving(&rec, fields)
	r.checkEnd(&rec, row)
	if rec.Problem == nil {
		r.width.learn(rec.Params.Type, len(fields))
	}
	return rec
}

func (r *reader) readSeed(rec *seedfile.Record, fields [][]byte) {
	text := r.Columns.Field(fields, seed)
	decoded, err := seedfile.DecodeText(text, seedfile.Hex)
	if err != nil {
		rec.Fail("%s", err)
		return
	}
	rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: decoded}
	if decoded.Len() < token.MinShortSeedLen && seedfile.LooksLikeSeed(rec.Serial) {
		rec.Fail("the seed has only %d bytes", decoded.Len())
	}
}

// readType tells whether the type is one, or absent.
func (r *reader) readType(rec *seedfile.Record, fields [][]byte) bool {
	text := r.Columns.Field(fields, kind)
	switch {
	case len(text) == 0:
		return true
	case bytes.EqualFold(text, []byte(token.TOTP)):
		rec.Params.Type = token.TOTP
	case bytes.EqualFold(text, []byte(token.HOTP)):
		rec.Params.Type = token.HOTP
	default:
		return false
	}
	rec.Given = rec.Given.With(seedfile.FieldType)
	return true
}

func (r *reader) readDigits(rec *seedfile.Record, fields [][]byte) {
	n, given, ok := table.Number(r.Columns.Field(fields, digits))
	switch {
	case !given:
		return
	case !ok || n > table.MaxShown:
		rec.Fail("the digits in column %d are not a number from %d to %d", r.Columns.At(digits), token.MinDigits, token.MaxDigits)
	case n < token.MinDigits || n > token.MaxDigits:
		rec.Fail("%d digits in column %d; %d to %d are possible", n, r.Columns.At(digits), token.MinDigits, token.MaxDigits)
	default:
		rec.Params.Digits = int(n)
		rec.Given = rec.Given.With(seedfile.FieldDigits)
	}
}

func (r *reader) readHash(rec *seedfile.Record, fields [][]byte) {
	text := r.Columns.Field(fields, hash)
	if len(text) == 0 {
		return
	}
	if !bytes.Equal(text, r.hashText) {
		h, err := token.ParseHash(string(text))
		if err != nil {
			rec.Fail("the hash in column %d is unknown; sha1, sha256 and sha512 are known", r.Columns.At(hash))
			return
		}
		r.hashText, r.hash = append(r.hashText[:0], text...), h
	}
	rec.Params.Hash = r.hash
	rec.Given = rec.Given.With(seedfile.FieldHash)
}
