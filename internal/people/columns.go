package people

import (
	"bytes"
	"fmt"
	"regexp"

	"fob/internal/fault"
	"fob/internal/rows"
)

// uses tells what each column that has a name is taken for.
func (p *peopleReader) uses(header rows.Row) (all []Column) {
	as := map[int]personColumn{}
	for col := range p.columns.All() {
		if col != colMail || !p.columns.Has(colLogin) {
			as[p.columns.At(col)] = col
		}
	}
	for i, field := range header.Fields {
		use := Column{Column: i + 1, Name: p.shownName(header, i+1)}
		if col, ok := as[i+1]; ok {
			word := columnWords[col]
			use.As = &word
		} else if len(field) == 0 {
			continue
		}
		all = append(all, use)
	}
	return all
}

// shownName is what a column is called; empty where that may be a person.
func (p *peopleReader) shownName(header rows.Row, at int) string {
	var c rows.Columns[personColumn]
	if !p.nameless {
		c.Call(header.Fields)
	}
	return c.Name(at)
}

var columnWords = map[personColumn]string{colLogin: "account", colMail: "account", colFullName: "name", colGiven: "given name", colFamily: "family name",
	colStatus: "status", colEnded: "disabled", colPersonID: "id", colFormer: "former account"}

// doubt refuses a list that seems to tell who left, in a column that is not
// understood: leavers would count as people who are here. A column without a word
// in it does no harm, nor one beside a status.
func (p *peopleReader) doubt(row rows.Row) error {
	for _, at := range p.doubted {
		if at > len(row.Fields) || len(bytes.TrimSpace(row.Fields[at-1])) == 0 {
			continue
		}
		login := max(p.columns.At(colLogin), p.columns.At(colMail))
		if p.columns.Has(colLogin) {
			login = p.columns.At(colLogin)
		}
		return fault.Errorf(fault.Refused, "column %d, %q, seems to tell who left, in a way that fob does not know", at, p.columns.Name(at)).
			WithHint("--columns account=%d,status=%d --active-is WORD says which word means that somebody is here (\"\": an empty cell); "+
				"--columns account=%d leaves the column out, where all on the list are here", login, at, login)
	}
	return nil
}

// doubtful are the columns that doubt looks at.
func doubtful(c rows.Columns[personColumn], header rows.Row) (all []int) {
	if c.Has(colStatus) || c.Has(colEnded) {
		return nil
	}
	for _, at := range c.Unknown {
		if tellsWhoLeft(header.Fields[at-1]) {
			all = append(all, at)
		}
	}
	return all
}

// exampleOf is how --columns tells two columns apart that are called alike.
func exampleOf(col personColumn, c rows.Columns[personColumn], at int) string {
	if word := personWords[col]; col != colLogin && choosable[word] == col {
		return fmt.Sprintf("account=%d,%s=%d", max(c.At(colLogin), c.At(colMail), 1), word, at)
	}
	return fmt.Sprintf("account=%d", at)
}

// formula is what a spreadsheet computes when the list is opened in one: it is
// nobody's name. A number with a sign is none.
var formula = regexp.MustCompile(`^(=|[-+@][\pL\d.+\-*/]*[(|!])`)
