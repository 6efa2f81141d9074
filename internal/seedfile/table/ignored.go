package table

import (
	"slices"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// doubtIgnored questions the fields for which no column has a known name, while a
// column whose name means nothing holds what such a field could be: a default in
// its place may be another value than the file has.
func (r *Reader) doubtIgnored(rec *seedfile.Record, fields [][]byte) {
	if !r.Named || r.Family.Names == nil || rec.Problem != nil {
		return
	}
	for i, text := range fields {
		if r.isKnown(i+1) || plainlyElse(rows.Name([]byte(r.Columns.Name(i+1)))) {
			continue
		}
		if f := r.mayBe(rec, text); f != 0 {
			rec.Question(f, "%s has a name that means nothing to %s, and may be the %s; name it so, or say --%s", r.called(i+1), r.Family.Name, f, f)
		}
	}
}

func (r *Reader) isKnown(at int) bool {
	for c := range r.Columns.All() {
		if r.Columns.At(c) == at {
			return true
		}
	}
	return false
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

func isHash(text []byte) bool {
	_, err := token.ParseHash(string(text))
	return len(text) > 0 && err == nil
}

// elsewhere are names of columns that are plainly about something else, whatever
// numbers they hold: a box, a place in it, a number of months.
var elsewhere = []string{
	"box", "carton", "karton", "kiste", "parcel", "paket", "package", "pallet", "palette", "tray", "shelf", "regal", "fach", "bin",
	"pos", "position", "item", "row", "line", "zeile", "page", "seite", "sheet", "blatt", "lot", "batch", "charge",
	"room", "raum", "zimmer", "floor", "etage", "site", "building", "gebäude", "department", "abteilung",
	"month", "monat", "day", "tag", "week", "woche", "kw", "warranty", "garantie", "price", "preis", "weight", "gewicht",
	"qty", "quantity", "menge", "stück", "costcentre", "costcenter", "kostenstelle",
}

// plainlyElse tells of a column's name, as rows.Name gives it, whether no value
// below it can be a field of a token.
func plainlyElse(name string) bool { return slices.Contains(elsewhere, name) }
