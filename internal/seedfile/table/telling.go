package table

import (
	"bytes"
	"fmt"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// telling is what the values of a column that is not read say, over the file.
type telling struct {
	at     int // from 1
	values int
	sure   seedfile.Field    // of a word that means nothing else; 0: there was none
	maybe  seedfile.FieldSet // that all of the numbers could be
}

// Watch looks at columns that are not read: one whose values say what a token is
// refuses the file at its end, unless a column that is read says the same.
func (f *File[C]) Watch(header rows.Row, read seedfile.FieldSet, hint string, columns ...int) {
	f.width, f.said, f.hint = len(header.Fields), read, hint
	for _, at := range columns {
		if !plainlyElse(rows.Name(header.Fields[at-1])) {
			f.watched = append(f.watched, telling{at: at, maybe: ^seedfile.FieldSet(0)})
		}
	}
}

// see takes the values of a row; one that is torn tells nothing.
func (f *File[C]) see(fields [][]byte) {
	if len(fields) != f.width {
		return
	}
	for i := range f.watched {
		f.watched[i].see(bytes.TrimSpace(fields[f.watched[i].at-1]))
	}
}

func (t *telling) see(text []byte) {
	if len(text) == 0 {
		return
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

// told refuses a file for the watched columns that say what a token is. In the
// family's hint FIELD=COLUMN stands for all of them, and so does ignore=COLUMN.
func (f *File[C]) told() error {
	var told, take, ignore []string
	for _, t := range f.watched {
		if field := t.field(f.said); field != 0 {
			told = append(told, fmt.Sprintf("%s is not read, and its values may be the %s", f.called(t.at), field))
			where := f.whereIs(t.at)
			take, ignore = append(take, field.String()+"="+where), append(ignore, "ignore="+where)
		}
	}
	if told == nil {
		return nil
	}
	hint := strings.NewReplacer("FIELD=COLUMN", strings.Join(take, ","), "ignore=COLUMN", strings.Join(ignore, ",")).Replace(f.hint)
	return fault.Errorf(fault.Refused, "%s", strings.Join(told, "; ")).WithHint("%s", hint)
}

// field is what a column may say and no other column does; 0: nothing.
func (t *telling) field(said seedfile.FieldSet) seedfile.Field {
	field := t.sure
	for _, maybe := range seedfile.Fields() {
		if field == 0 && t.values > 0 && t.maybe.Has(maybe) {
			field = maybe
		}
	}
	if said.Has(field) {
		return 0
	}
	return field
}

// whereIs is how --columns calls a column.
func (f *File[C]) whereIs(at int) string {
	if name := rows.Name([]byte(f.Columns.Name(at))); strings.Trim(name, "0123456789") != "" {
		return name
	}
	return fmt.Sprint(at)
}

// called names a column in messages: by its number, and its name if it may be shown.
func (f *File[C]) called(at int) string {
	if name := f.Columns.Name(at); name != "" {
		return fmt.Sprintf("column %d (%q)", at, name)
	}
	return fmt.Sprintf("column %d", at)
}

// FieldOf is the field of a token that a column holds; 0: none.
func FieldOf(c Column) seedfile.Field {
	switch c {
	case Kind:
		return seedfile.FieldType
	case Digits:
		return seedfile.FieldDigits
	case Hash:
		return seedfile.FieldHash
	case Counter, Moving:
		return seedfile.FieldCounter
	case Period:
		return seedfile.FieldPeriod
	case T0:
		return seedfile.FieldT0
	}
	return 0
}
