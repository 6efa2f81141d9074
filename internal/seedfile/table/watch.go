package table

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// watch looks at columns that are not read.
type watch struct {
	columns []telling
	width   int // of the rows that they are judged by
	said    seedfile.FieldSet
	remedy  Remedy
}

// Remedy says what to do about columns that say what a token is: take is what to
// add to the operator's columns, ignore how to leave the columns out.
type Remedy func(take, ignore string) fault.Text

// telling is what the values of a column that is not read say, over the file.
type telling struct {
	at     int // from 1
	values int
	sure   seedfile.Field    // of a word that means nothing else; 0: there was none
	maybe  seedfile.FieldSet // that all of the numbers could be
}

// Watch looks at columns that are not read: one whose values say what a token is
// refuses the file at its end, unless a column that is read says the same.
func (f *File) Watch(header rows.Row, read seedfile.FieldSet, remedy Remedy, columns ...int) {
	f.watch = watch{width: len(header.Fields), said: read, remedy: remedy}
	for _, at := range columns {
		if !plainlyElse(rows.Name(header.Fields[at-1])) {
			f.watch.columns = append(f.watch.columns, telling{at: at, maybe: ^seedfile.FieldSet(0)})
		}
	}
}

// see takes the values of a row; one that is torn tells nothing.
func (w *watch) see(fields [][]byte) {
	if len(fields) != w.width {
		return
	}
	for i := range w.columns {
		t := &w.columns[i]
		text := bytes.TrimSpace(fields[t.at-1])
		if len(text) == 0 {
			continue
		}
		t.values++
		switch {
		case isHash(text):
			t.sure = seedfile.FieldHash
		case IsType(text):
			t.sure = seedfile.FieldType
		}
		t.maybe &= numeric(text)
	}
}

// numeric tells what a number could be.
func numeric(text []byte) (could seedfile.FieldSet) {
	n, _, ok := Number(text)
	switch {
	case !ok:
	case n >= token.MinDigits && n <= token.MaxDigits:
		return could.With(seedfile.FieldDigits)
	case n == 30 || n == 60:
		return could.With(seedfile.FieldPeriod)
	case isEpoch(n):
		return could.With(seedfile.FieldT0)
	}
	return 0
}

// isEpoch recognises what a token could count from: a full hour of 1980 to 2099.
func isEpoch(n int64) bool { return n >= 315_532_800 && n < 4_102_444_800 && n%3600 == 0 }

func isHash(text []byte) bool {
	_, err := token.ParseHash(string(text))
	return len(text) > 0 && err == nil
}

// told refuses a file for the watched columns that say what a token is and no other
// column does.
func (f *File) told() error {
	var told, take, ignore []string
	for _, t := range f.watch.columns {
		field := t.sure
		if field == 0 && t.values > 0 {
			field = firstOf(t.maybe)
		}
		if field == 0 || f.watch.said.Has(field) {
			continue
		}
		where := fmt.Sprint(t.at)
		if name := rows.Name([]byte(f.Columns.Name(t.at))); strings.Trim(name, "0123456789") != "" {
			where = name
		}
		told = append(told, fmt.Sprintf("%s is not read, and its values may be the %s", f.called(t.at), field))
		take, ignore = append(take, field.String()+"="+where), append(ignore, "ignore="+where)
	}
	if told == nil {
		return nil
	}
	return fault.Errorf(fault.Refused, "%s", strings.Join(told, "; ")).WithAdvice(f.watch.remedy(strings.Join(take, ","), strings.Join(ignore, ",")))
}

func firstOf(set seedfile.FieldSet) seedfile.Field {
	for _, f := range seedfile.Fields() {
		if set.Has(f) {
			return f
		}
	}
	return 0
}

// called names a column in messages: by its number, and its name if it may be shown.
func (f *File) called(at int) string {
	if name := f.Columns.Name(at); name != "" {
		return fmt.Sprintf("column %d (%q)", at, name)
	}
	return fmt.Sprintf("column %d", at)
}

// doubtIgnored questions the fields for which no column has a known name, while a
// column whose name means nothing holds what such a field could be: a default in
// its place may be another value than the file has.
func (r *Reader) doubtIgnored(rec *seedfile.Record, fields [][]byte) {
	if !r.Named || r.Family.Names == nil || rec.Problem != nil {
		return
	}
	for i, text := range fields {
		known := false
		for c := range r.Columns.All() {
			known = known || r.Columns.At(c) == i+1
		}
		if known || plainlyElse(rows.Name([]byte(r.Columns.Name(i+1)))) {
			continue
		}
		if f := r.mayBe(rec, text); f != 0 {
			rec.Question(f, "%s has a name that means nothing to %s, and may be the %s; name it so, or say %s", r.called(i+1), r.Family.Name, f, fault.Field(f.String()))
		}
	}
}

// mayBe tells which open field a text could be; 0: none.
func (r *Reader) mayBe(rec *seedfile.Record, text []byte) seedfile.Field {
	open := func(f seedfile.Field) bool { return !rec.Given.Has(f) }
	n, _, ok := Number(text)
	switch t := rec.Params.Type; {
	case !ok && open(seedfile.FieldHash) && isHash(text):
		return seedfile.FieldHash
	case !ok && open(seedfile.FieldType) && IsType(text):
		return seedfile.FieldType
	case !ok:
	case open(seedfile.FieldDigits) && n >= token.MinDigits && n <= token.MaxDigits:
		return seedfile.FieldDigits
	case t == token.TOTP && open(seedfile.FieldPeriod) && (n == 30 || n == 60):
		return seedfile.FieldPeriod
	case t == token.HOTP && open(seedfile.FieldCounter) && !r.Columns.Has(Counter) && !r.Columns.Has(Moving):
		return seedfile.FieldCounter
	case t != token.HOTP && open(seedfile.FieldT0) && isEpoch(n):
		return seedfile.FieldT0
	}
	return 0
}

// elsewhere are names of columns that are plainly about something else, whatever
// numbers they hold: a box, a place in it, a number of months.
var elsewhere = strings.Fields(`box carton karton kiste parcel paket package pallet palette tray shelf regal fach bin
	pos position item row line zeile page seite sheet blatt lot batch charge
	room raum zimmer floor etage site building gebäude department abteilung
	month monat day tag week woche kw warranty garantie price preis weight gewicht
	qty quantity menge stück costcentre costcenter kostenstelle`)

// plainlyElse tells of a column's name, as rows.Name makes it, whether no value
// below it can be a field of a token.
func plainlyElse(name string) bool { return slices.Contains(elsewhere, name) }
