package entra

import (
	"bytes"
	"unicode/utf8"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// maxSecret is how many characters Entra takes for a secret.
const maxSecret = 128

// reader reads one file.
type reader struct {
	table.File[column]
	width int // of the header; 0 before it is read

	maker, model string // of the row before: files have few
}

func (r *reader) Next() (seedfile.Record, error) {
	row, err := r.Row()
	if err == nil && !r.Named {
		row, err = r.begin(row)
	}
	if err != nil {
		return seedfile.Record{}, err
	}
	return r.Even(r.record(row))
}

// begin takes the first row for the header.
func (r *reader) begin(row rows.Row) (rows.Row, error) {
	c := headers.Of(row.Fields)
	if err := check(c, row); err != nil {
		return row, err
	}
	r.Columns, r.Named, r.width = c, true, len(row.Fields)
	r.Watch(row, seedfile.FieldSet(0), otherwise(row, ",FIELD=COLUMN"), c.Unknown...)
	return r.Row()
}

func (r *reader) Notes() []fault.Text { return r.File.Notes(Name) }

// record makes a record of a row. Messages name columns and numbers, never a
// text: in a row whose columns are shifted any of them may be the seed.
func (r *reader) record(row rows.Row) seedfile.Record {
	rec := r.Record(row)
	if !r.CheckCells(&rec, row, serial, secret, columnCount) {
		return rec
	}
	text := func(c column) []byte { return r.Columns.Field(row.Fields, c) }
	rec.Serial, rec.Account = string(r.Unmarked(row, serial)), string(text(upn))
	r.maker, r.model = same(r.maker, text(manufacturer)), same(r.model, text(model))
	rec.Manufacturer, rec.Model = r.maker, r.model
	rec.Params = token.Params{Type: token.TOTP, Digits: 6}
	rec.Given = rec.Given.With(seedfile.FieldType).With(seedfile.FieldDigits)

	table.CheckWidth(&rec, row, r.width)
	r.CheckEnd(&rec, row, func(before, text []byte) bool { return r.mayBeCut(len(row.Fields), before, text) })
	if rec.Serial == "" {
		rec.Fail("the serial number in column %d is empty", r.Columns.At(serial))
	}
	if seedfile.LooksLikeSeed(rec.Account) {
		rec.Fail("the UPN in column %d looks like a seed; are the columns in the wrong order?", r.Columns.At(upn))
	}
	r.readSecret(&rec, r.Unmarked(row, secret))
	r.readInterval(&rec, text(interval))
	return rec
}

// same makes a string of a text, or takes the one before if it is the same.
func same(before string, text []byte) string {
	if before == string(text) {
		return before
	}
	return string(text)
}

func (r *reader) readSecret(rec *seedfile.Record, text []byte) {
	if n := utf8.RuneCount(text); n > maxSecret {
		rec.Fail("the secret key in column %d has %d characters; %d are the most", r.Columns.At(secret), n, maxSecret)
		return
	}
	seed, err := seedfile.DecodeText(text, seedfile.Base32)
	switch {
	case seedfile.LooksLikeHex(text):
		// Some of it may be base32 as well, and would make a seed that is wrong.
		seed.Clear()
		rec.Fail("%s; %s is base32 (if all secrets are hex: --format oath-csv --type totp)", asHex(err), Name)
	case err != nil:
		rec.Fail("%s", err)
	default:
		rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: seed}
	}
}

// asHex says of a secret in hex why it is not taken for base32.
func asHex(err error) string {
	const looks = "this looks like hex"
	if err == nil {
		return "the seed has only characters that are hex as well: " + looks
	}
	return err.Error() + ": " + looks
}

func (r *reader) readInterval(rec *seedfile.Record, text []byte) {
	n, given, ok := table.Number(text)
	at := r.Columns.At(interval)
	switch {
	case seconds(text) > 0:
		rec.Params.Period = seconds(text)
		rec.Given = rec.Given.With(seedfile.FieldPeriod)
	case !given:
		rec.Fail("the time interval in column %d is empty; 30 and 60 s are possible", at)
	case !ok || n > table.MaxShown:
		rec.Fail("the time interval in column %d is neither 30 nor 60 s", at)
	default:
		rec.Fail("a time interval of %d s in column %d; 30 and 60 s are possible", n, at)
	}
}

// seconds reads the two intervals there are; 0 is for any other text.
func seconds(text []byte) int {
	switch string(text) {
	case "30":
		return 30
	case "60":
		return 60
	}
	return 0
}

// mayBeCut compares the last field of a file with that of the row before. A
// serial or secret that is shorter is suspect whatever it begins with; of a UPN
// only the domain can be compared, and an empty one is as good as any.
func (r *reader) mayBeCut(last int, before, text []byte) bool {
	switch last {
	case r.Columns.At(serial), r.Columns.At(secret):
		return len(text) < len(before)
	case r.Columns.At(upn):
		if len(text) == 0 {
			return false
		}
		before, text = domain(before), domain(text)
	}
	return len(text) < len(before) && bytes.HasPrefix(before, text)
}

// domain is a UPN from its @ on.
func domain(name []byte) []byte {
	if i := bytes.IndexByte(name, '@'); i >= 0 {
		return name[i:]
	}
	return nil
}

var _ seedfile.Reader = (*reader)(nil)
