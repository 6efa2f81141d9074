package people

import (
	"strconv"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
)

// columnsOf finds the columns of a list, by their names or by what was said of them.
func columnsOf(header rows.Row, o ListOptions) (c rows.Columns[personColumn], err error) {
	if o.Columns != "" || o.NoHeader {
		return chosenColumns(header, o)
	}
	c = personNames.Of(header.Fields)
	if col, first, second, twice := personNames.Twice(c, header.Fields); twice && col != colGiven && col != colFamily && col != colMail && col != colFullName {
		example := map[personColumn]int{col: first}
		if col != colLogin {
			example[colLogin] = max(c.At(colLogin), c.At(colMail), 1)
		}
		return c, fault.Errorf(fault.Refused, "line %d: columns %d and %d are both the %s", header.Line, first, second, columnWords[col]).
			WithHint("say which with %s, for example %s", fault.Columns, choice(example))
	}
	if !c.Has(colLogin) && !c.Has(colMail) {
		return c, fault.Errorf(fault.Refused, "line %d names no column for the account", header.Line).
			WithHint("the first row names the columns: account, login, username, user principal name, email or the like; with other names: %s account=3; without any: %s %s account=3",
				fault.Columns, fault.NoHeader, fault.Columns)
	}
	return c, checkStatus(c, header)
}

// checkStatus refuses two columns that may contradict each other.
func checkStatus(c rows.Columns[personColumn], header rows.Row) error {
	if !c.Has(colStatus) || !c.Has(colEnded) {
		return nil
	}
	return fault.Errorf(fault.Refused, "line %d: columns %d and %d both tell who is active", header.Line, c.At(colStatus), c.At(colEnded)).
		WithHint("say which with %s, for example %s", fault.Columns, choice(map[personColumn]int{colLogin: c.At(loginColumn(c)), colStatus: c.At(colStatus)}))
}

// loginColumn is where the account stands.
func loginColumn(c rows.Columns[personColumn]) personColumn {
	if c.Has(colLogin) {
		return colLogin
	}
	return colMail
}

// choice is what a person may say about columns: account=3,status=5.
func choice(at map[personColumn]int) string {
	var all []string
	for _, name := range choosable {
		if n, ok := at[name.column]; ok {
			all = append(all, name.word+"="+strconv.Itoa(n))
		}
	}
	return strings.Join(all, ",")
}

// chosenColumns reads what was said about columns: only those count.
func chosenColumns(header rows.Row, o ListOptions) (c rows.Columns[personColumn], err error) {
	if o.Columns == "" {
		return c, columnsError("%s needs %s", fault.NoHeader, fault.Columns)
	}
	at := map[personColumn]int{}
	for part := range strings.SplitSeq(o.Columns, ",") {
		key, where, _ := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		col, known := chosen(rows.Name([]byte(key)))
		if !known {
			return c, columnsError("%s: %q is nothing that a person has", fault.Columns, key)
		}
		if at[col] > 0 {
			return c, columnsError("%s names %s twice", fault.Columns, key)
		}
		n, err := columnAt(header, strings.TrimSpace(where), o.NoHeader)
		if err != nil {
			return c, err
		}
		for _, other := range at {
			if other == n {
				return c, columnsError("%s has two meanings for one column", fault.Columns)
			}
		}
		at[col] = n
	}
	if at[colLogin] == 0 {
		return c, columnsError("%s does not say which column is the account", fault.Columns)
	}
	c = rows.Placed(at)
	return c, checkStatus(c, header)
}

func chosen(word string) (personColumn, bool) {
	for _, name := range choosable {
		if name.word == word {
			return name.column, true
		}
	}
	return 0, false
}

// columnAt finds a column by its number or its name.
func columnAt(header rows.Row, where string, noHeader bool) (int, error) {
	n, err := strconv.Atoi(where)
	switch {
	case err == nil && n >= 1 && n <= len(header.Fields):
		return n, nil
	case err == nil:
		return 0, fault.Errorf(fault.Refused, "%s: there is no column %d; line %d has %d", fault.Columns, n, header.Line, len(header.Fields))
	case noHeader:
		return 0, columnsError("%s: %q is no number, and %s says that columns have no names", fault.Columns, where, fault.NoHeader)
	}
	found := 0
	for i, f := range header.Fields {
		if name := rows.Name(f); name == "" || name != rows.Name([]byte(where)) {
			continue
		}
		if found > 0 {
			return 0, fault.Errorf(fault.Refused, "line %d: columns %d and %d are both named %q", header.Line, found, i+1, where).
				WithHint("say the column by its number")
		}
		found = i + 1
	}
	if found == 0 {
		return 0, fault.Errorf(fault.Refused, "%s: line %d has no column named %q", fault.Columns, header.Line, where).
			WithHint("the first row is taken for column names; a list without them takes %s and numbers", fault.NoHeader)
	}
	return found, nil
}

func columnsError(format string, args ...any) error {
	var words []string
	for _, name := range choosable {
		words = append(words, name.word)
	}
	return fault.Errorf(fault.Usage, format, args...).WithHint("write it like account=3,status=Zustand: %s, by number or by name", strings.Join(words, ", "))
}

// shownColumns says what each column that has a name is taken for. A name is left
// out if it may be a person.
func shownColumns(c rows.Columns[personColumn], header rows.Row, nameless bool) (all []Column) {
	as := map[int]personColumn{}
	for col := range c.All() {
		if col != colMail || !c.Has(colLogin) {
			as[c.At(col)] = col
		}
	}
	var names rows.Columns[personColumn]
	if !nameless {
		names.Call(header.Fields)
	}
	for i, field := range header.Fields {
		use := Column{Column: i + 1, Name: names.Name(i + 1)}
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

// doubtful are columns that seem to tell who left and are not understood: leavers
// would count as people who are here. One without a word in it does no harm, nor one
// beside a status.
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

func doubtError(c rows.Columns[personColumn], at int) error {
	login := c.At(loginColumn(c))
	return fault.Errorf(fault.Refused, "column %d, %q, seems to tell who left, in a way that fob does not know", at, c.Name(at)).
		WithHint("%s %s %s says which word means that somebody is here (\"\": an empty cell); %s account=%d leaves the column out, where all on the list are here",
			fault.Columns, choice(map[personColumn]int{colLogin: login, colStatus: at}), fault.ActiveIs.Is("WORD"), fault.Columns, login)
}
