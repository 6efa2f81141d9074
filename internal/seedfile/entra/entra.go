// Package entra reads the family entra: the CSV that Microsoft Entra ID takes
// for hardware OATH tokens, and what Token2 and Deepnet deliver for it. A first
// row of column names is part of the format,
//
//	upn, serial number, secret key, time interval, manufacturer, model
//
// in any order and any case; upn may be missing, and empty for a token that
// nobody has yet. The secret is base32; the tokens are TOTP with 6 digits and an
// interval of 30 or 60 s. The CSV means SHA-1. Entra's Graph API also knows
// SHA-256, so the hash is a default and no more: whether the operator has to say
// it is for the import to decide, by the length of the seed.
package entra

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"strings"
	"unicode/utf8"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "entra"

// Format declares the family.
func Format() seedfile.Format { return family.Declare() }

var family = &table.Family{Format: seedfile.Format{
	Name:  Name,
	Title: "CSV of Microsoft Entra ID, Token2 and Deepnet: a header row, then base32 secrets of TOTP tokens",
	Example: []string{
		"upn,serial number,secret key,time interval,manufacturer,model",
		"anna@example.com,2308602200001,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,c202",
		",2308602200002,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR,30,Token2,c202",
	},
	Encoding:  seedfile.Base32,
	Defaults:  token.Params{Hash: token.SHA1},
	Defaulted: seedfile.SetOf(seedfile.FieldHash, seedfile.FieldT0),
	Support: seedfile.Support{
		Read: "TOTP", Checked: "none; the columns are those that Microsoft documents",
		Samples: []string{"entra/microsoft.csv", "entra/token2.csv"},
	},
	Sniff: sniff,
	Open: func(r io.Reader, o seedfile.Options) (seedfile.Reader, error) {
		return &reader{File: table.Open(table.NewRows(r, o))}, nil
	},
}}

// The columns of the format, of which all but the first are needed, and those of
// others, which this one must not ignore: it has one answer for each of them, and
// the file may have another.
var (
	own     = []table.Column{table.Account, table.Serial, table.Seed, table.Period, table.Manufacturer, table.Model}
	others  = []table.Column{table.Kind, table.Digits, table.Hash, table.Counter, table.Moving, table.T0}
	headers = names()
	called  = map[table.Column]string{
		table.Account: "UPN", table.Serial: "serial number", table.Seed: "secret key", table.Period: "time interval",
		table.Digits: "number of digits", table.T0: "T0",
	}
)

func names() rows.Names[table.Column] {
	all := maps.Clone(table.Names())
	maps.DeleteFunc(all, func(name string, c table.Column) bool {
		return c == table.Resolver || c == table.Realm || strings.Contains(name, "hex") // which no secret of Entra's is
	})
	return all
}

const nameThem = "the first row must name the columns: upn (may be missing), serial number, secret key, time interval, manufacturer, model"

// otherwise is what to do about columns that this format does not have.
func otherwise(s *table.Suggestion, more string) fault.Text {
	return fault.Textf("if every token is TOTP with 6 digits and SHA-1, remove it from a copy of the file; else say %s", s.Say(s.Columns+more))
}

// check refuses a header that cannot be followed.
func check(l table.Layout, is bool, row rows.Row) error {
	if !is {
		return table.Refuse(row, "the row is no header, and %s begins with one", Name).WithHint(nameThem)
	}
	if err := table.CheckTwice(headers, l, row); err != nil {
		return err
	}
	if lacks := list(own[1:], func(c table.Column) bool { return !l.Has(c) }); lacks != "" {
		return table.Refuse(row, "the header names no column for the %s", lacks).WithHint(nameThem)
	}
	if too := foreign(l); too != "" {
		return table.Refuse(row, "the header names a column for the %s, which %s does not have", too, Name).WithAdvice(otherwise(table.SuggestNames(row), ""))
	}
	return nil
}

// foreign lists the columns that belong to other formats, where they stand and what
// they are called.
func foreign(l table.Layout) string {
	var all []string
	for _, c := range others {
		if at := l.At(c); at > 0 {
			all = append(all, fmt.Sprintf("%s (column %d, %q)", name(c), at, l.Name(at)))
		}
	}
	return strings.Join(all, ", ")
}

func list(columns []table.Column, in func(table.Column) bool) string {
	var names []string
	for _, c := range columns {
		if in(c) {
			names = append(names, name(c))
		}
	}
	return strings.Join(names, ", ")
}

func name(c table.Column) string {
	if n := called[c]; n != "" {
		return n
	}
	return c.String()
}

// sniff wants the header, which no other family has: they name a type, or
// neither manufacturer nor model.
func sniff(s seedfile.Sample) seedfile.Match {
	first, err := table.FirstRow(s)
	if err != nil {
		return seedfile.Match{}
	}
	l, is := table.Header(headers, first.Fields)
	lacks := list(own[1:], func(c table.Column) bool { return !l.Has(c) })
	switch {
	case !is && headless(first.Fields):
		return seedfile.Match{Why: "the row of column names is missing"}
	case !is || !l.Has(table.Serial) || !l.Has(table.Seed):
		return seedfile.Match{}
	case foreign(l) != "":
		return seedfile.Match{Why: "the header names the " + foreign(l)}
	case lacks != "":
		return seedfile.Match{Why: "the header names no " + lacks}
	}
	return seedfile.Match{Fits: true, Why: "a header that names " + list(own, l.Has)}
}

// headless recognises a record of the usual order without a header before it:
// an interval behind a secret.
func headless(fields [][]byte) bool {
	for i := 1; len(fields) >= 5 && i < len(fields); i++ {
		if seconds(fields[i]) == 0 {
			continue
		}
		if seed, err := seedfile.DecodeText(fields[i-1], seedfile.Base32); err == nil {
			seed.Clear()
			return true
		}
	}
	return false
}

// reader reads one file.
type reader struct {
	table.File
	width       int // of the header
	apostrophes int // accounts in which one was doubled
}

func (r *reader) Next() (seedfile.Record, error) {
	row, err := r.Row()
	if err == nil && !r.Named {
		l, is := table.Header(headers, row.Fields)
		if err = check(l, is, row); err == nil {
			names := table.SuggestNames(row) // now, for its fields are overwritten
			r.Columns, r.Named, r.width, r.Least = l, true, len(row.Fields), table.Width(row)
			r.Watch(row, 0, func(take, _ string) fault.Text { return otherwise(names, ","+take) }, l.Unknown...)
			row, err = r.Row()
		}
	}
	if err != nil {
		return seedfile.Record{}, err
	}
	return r.Even(r.record(row))
}

func (r *reader) Notes() []fault.Text {
	return append(r.File.Notes(Name), seedfile.CountedNotes(seedfile.Counted{N: r.apostrophes,
		Text: "%d UPNs have an apostrophe doubled, as Microsoft's instructions say, and were taken with one"})...)
}

// record makes a record of a row. Messages name columns and numbers, never a
// text: in a row whose columns are shifted any of them may be the seed.
func (r *reader) record(row rows.Row) seedfile.Record {
	rec := r.Record(row)
	if !r.CheckCells(&rec, row) {
		return rec
	}
	text := func(c table.Column) []byte { return r.Columns.Field(row.Fields, c) }
	r.ReadSerial(&rec, row)
	rec.Account = r.account(string(text(table.Account)))
	r.ReadMaker(&rec, row.Fields)
	rec.Params = token.Params{Type: token.TOTP, Digits: 6}
	rec.Given = seedfile.SetOf(seedfile.FieldType, seedfile.FieldDigits)

	r.CheckWidth(&rec, row, r.width)
	r.CheckEnd(&rec, row, func(before, text []byte) bool { return r.mayBeCut(len(row.Fields), before, text) })
	if rec.Serial == "" {
		rec.Fail("the serial number in column %d is empty", r.Columns.At(table.Serial))
	}
	if seedfile.LooksLikeSeed(rec.Account) {
		rec.Fail("the UPN in column %d looks like a seed; are the columns in the wrong order?", r.Columns.At(table.Account))
	}
	r.readSecret(&rec, r.Unmarked(row, table.Seed))
	r.readInterval(&rec, text(table.Period))
	r.ReadDates(&rec, row)
	return rec
}

// account undoes the apostrophe that Microsoft's instructions for this file have
// people double in a UPN. Nobody's name has two of them in a row.
func (r *reader) account(upn string) string {
	single := strings.ReplaceAll(upn, "''", "'")
	if single != upn {
		r.apostrophes++
	}
	return single
}

// maxSecret is how many characters Entra takes for a secret.
const maxSecret = 128

// readSecret reads base32. Some hex may be base32 as well, and would make a seed
// that is wrong.
func (r *reader) readSecret(rec *seedfile.Record, text []byte) {
	if n := utf8.RuneCount(text); n > maxSecret {
		rec.Fail("the secret key in column %d has %d characters; %d are the most", r.Columns.At(table.Seed), n, maxSecret)
		return
	}
	seed, err := seedfile.DecodeText(text, seedfile.Base32)
	switch {
	case seedfile.LooksLikeHex(text):
		seed.Clear()
		if err == nil {
			err = fault.Errorf(fault.Refused, "the seed has only characters that are hex as well")
		}
		rec.Fail("%s: this looks like hex; %s is base32 (if all secrets are hex: %s %s)", err, Name, fault.Format.Is("oath-csv"), fault.Type.Is("totp"))
	case err != nil:
		rec.Fail("%s", err)
	default:
		rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: seed}
	}
}

func (r *reader) readInterval(rec *seedfile.Record, text []byte) {
	n, given, ok := table.Number(text)
	at := r.Columns.At(table.Period)
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
	case r.Columns.At(table.Serial), r.Columns.At(table.Seed):
		return len(text) < len(before)
	case r.Columns.At(table.Account):
		if len(text) == 0 {
			return false
		}
		_, before, _ = bytes.Cut(before, []byte("@"))
		_, text, _ = bytes.Cut(text, []byte("@"))
	}
	return len(text) < len(before) && bytes.HasPrefix(before, text)
}
