package people

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
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
	c = personNames.Of(withoutStatuses(header.Fields))
	if col, first, second, twice := personNames.Twice(c, header.Fields); twice && col != colGiven && col != colFamily && col != colMail && col != colFullName {
		example := map[personColumn]int{col: first}
		if col != colLogin {
			example[colLogin] = max(c.At(colLogin), c.At(colMail), 1)
		}
		return c, fault.Errorf(fault.Refused, "line %d: columns %d and %d are both the %s", header.Line, first, second, columnWords[col]).
			WithHint("say which with %s, for example %s", fault.Columns, choice(example))
	}
	here := c.Has(colLogin) || c.Has(colMail)
	sign := rows.OtherSign(header, func(n string) bool { _, known := personNames[n]; return known })
	if sign != "" && (!here || sign != "/" && sign != "&") { // "login/e-mail" may be one column, "account#name" is not
		return c, fault.Errorf(fault.Refused, "line %d separates its columns by %s", header.Line, sign).
			WithHint("commas, semicolons or tabs are read: put one of them in its place in a copy")
	}
	if !here {
		return c, fault.Errorf(fault.Refused, "line %d names no column for the account", header.Line).
			WithHint("the first row names the columns: account, login, username, user principal name, email or the like; with other names: %s account=3; without any: %s %s account=3",
				fault.Columns, fault.NoHeader, fault.Columns)
	}
	return c, nil
}

// aboutStatus reports whether a column tells who is here.
func aboutStatus(c personColumn) bool { return c == colStatus || c == colEnded || c == colControl }

// withoutStatuses is a header without the names of columns that tell who is here: of
// those there may be several.
func withoutStatuses(header [][]byte) [][]byte {
	rest := slices.Clone(header)
	for i, field := range header {
		if col, known := personNames[rows.Name(field)]; known && aboutStatus(col) {
			rest[i] = nil
		}
	}
	return rest
}

// statusColumn is a column that tells who is here.
type statusColumn struct {
	at     int // from 1
	column personColumn
}

// statusesOf finds all columns that tell who is here: who is out in one of them is
// out. A state may be one of a country, and counts where nothing else does.
func statusesOf(c rows.Columns[personColumn], header rows.Row, o ListOptions) (all []statusColumn) {
	if o.Columns != "" || o.NoHeader {
		for _, col := range []personColumn{colStatus, colEnded} {
			if at := c.At(col); at > 0 {
				if !o.NoHeader && personNames[rows.Name(header.Fields[at-1])] == colControl && len(o.ActiveIs) == 0 {
					col = colControl
				}
				all = append(all, statusColumn{at, col})
			}
		}
		return all
	}
	var weak []statusColumn
	for i, field := range header.Fields {
		name := rows.Name(field)
		switch col, known := personNames[name]; {
		case !known || !aboutStatus(col):
		case name == "state":
			weak = append(weak, statusColumn{i + 1, col})
		default:
			all = append(all, statusColumn{i + 1, col})
		}
	}
	if all == nil {
		return weak
	}
	return all
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
	return rows.Placed(at), nil
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
func shownColumns(c rows.Columns[personColumn], statuses []statusColumn, header rows.Row, nameless bool) (all []Column) {
	as := map[int]personColumn{}
	for _, s := range statuses {
		as[s.at] = s.column
	}
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

// doubt watches the columns that are not used. One may tell who left all the same:
// by its name, or because it is empty for most and has a date or a yes for some.
// Leavers would count as people who are here, so it is asked about.
type doubt struct {
	at      int // from 1
	byName  bool
	rows    int  // of people who are here
	set     int  // of those, with a yes or a date
	out     int  // of those, with a text that says that somebody is out
	other   int  // with something else
	someone int  // the line of the first with a yes or a date
	first   int  // the line of the first who seems to be out
	name    bool // it is the column of names, which is used
	always  bool // a yes or a date in it says nothing of that
}

// doubts are those columns, of a list of whose columns nothing was said.
func doubts(c rows.Columns[personColumn], statuses []statusColumn, header rows.Row) (all []doubt) {
	for _, at := range c.Unknown {
		byName := len(statuses) == 0 && tellsWhoLeft(header.Fields[at-1])
		if others := ofOthers().MatchString(rows.Name(header.Fields[at-1])); byName || !others {
			all = append(all, doubt{at: at, byName: byName, always: !mayTellWhoLeft(header.Fields[at-1])})
		}
	}
	if at := c.At(colFullName); at > 0 {
		all = append(all, doubt{at: at, name: true})
	}
	return all
}

// neverEnds reports whether a cell of an end says that there is none: an empty one, and
// what Active Directory has for never (MS-ADA1 section 2.2, accountExpires).
func neverEnds(cell []byte) bool {
	switch rows.Name(cell) {
	case "", "0", "9223372036854775807", "never", "nie", "jamais", "nunca", "mai", "nooit":
		return true
	}
	return false
}

// see takes the row of somebody who is here.
func (d *doubt) see(row rows.Row) {
	if d.at > len(row.Fields) {
		return
	}
	d.rows++
	text := bytes.TrimSpace(row.Fields[d.at-1])
	if d.name && namedOut().Match(text) || !d.name && saysOut(text) {
		if d.out++; d.out == 1 {
			d.first = row.Line
		}
	}
	switch word := rows.Name(text); {
	case len(text) == 0 || noWords[word] || activeWords[word] && !yesWords[word]:
	case yesWords[word] || endedWords[word] || row.Kinds != nil && row.Kinds[d.at-1] == rows.Date || day.Match(text):
		if d.set++; d.set == 1 {
			d.someone = row.Line
		}
	default:
		d.other++
	}
}

// day recognises a date by its shape: 2026-11-30, 30.11.2026, 11/30/26, with a time
// behind it or not, and 20261130120000Z (RFC 4517 section 3.3.13), of which OpenLDAP
// makes 000001010000Z for an account that is locked for good.
var (
	day        = regexp.MustCompile(someDay.String() + `|` + ldapMoment.String())
	someDay    = regexp.MustCompile(`^\d{1,4}([-./])\d{1,2}([-./])\d{1,4}([T ].*)?$`)
	ldapMoment = regexp.MustCompile(`^\d{12,14}([.,]\d+)?Z$`)
)

// tells reports whether the column has to be asked about. Where all are out in its words
// they say nothing: nobody of a list from a mail server has a shell.
func (d *doubt) tells() bool { return d.saysOut() || d.saysSet() }

func (d *doubt) saysSet() bool {
	return !d.always && !d.name && !d.byName && d.other == 0 && d.set > 0 && 2*d.set <= d.rows
}

func (d *doubt) saysOut() bool { return d.out > 0 && d.out < d.rows }

func doubtError(c rows.Columns[personColumn], statuses []statusColumn, header rows.Row, d doubt) error {
	login, at := c.At(loginColumn(c)), d.at
	name := fmt.Sprintf("column %d", at)
	if shown := c.Name(at); shown != "" {
		name += fmt.Sprintf(", %q,", shown)
	}
	leaves := map[personColumn]int{colLogin: login}
	for _, col := range []personColumn{colFullName, colPersonID, colFormer} {
		if c.Has(col) {
			leaves[col] = c.At(col)
		}
	}
	for _, s := range statuses {
		if s.column == colControl {
			s.column = colEnded
		}
		if leaves[s.column] == 0 {
			leaves[s.column] = s.at
		}
	}
	if d.byName {
		return fault.Errorf(fault.Refused, "%s seems to tell who left, in a way that fob does not know", name).
			WithHint("%s %s %s says which word means that somebody is here (\"\": an empty cell, or a day to come); %s leaves the column out, where all on the list are here",
				fault.Columns, choice(withStatus(leaves, at)), fault.ActiveIs.Is("WORD"), fault.Columns.Is(choice(leaves)))
	}
	if d.saysOut() {
		said := "lets nobody in, as a shell does, or speaks of those who left"
		if d.name {
			said = "says so behind the name"
		}
		return fault.Errorf(fault.Refused, "%s seems to say that %d of %d people who would count as here are not (the first in line %d): it %s", name, d.out, d.rows, d.first, said).
			WithHint("if they left, take them out of a copy; if they are here, as accounts of services are: %s", fault.Columns.Is(choice(leaves)))
	}
	reads := maps.Clone(leaves)
	reads[colEnded] = at
	return fault.Errorf(fault.Refused, "%s is not used, and has a yes or a date for %d of %d people who would count as here (the first in line %d): does it tell who left?", name, d.set, d.rows, d.someone).
		WithHint("if a yes means that somebody left: %s; if an empty cell means that somebody is here, or a day to come: %s %s; if it means something else: %s",
			fault.Columns.Is(choice(reads)), fault.Columns.Is(choice(withStatus(leaves, at))), fault.ActiveIs.Is(`""`), fault.Columns.Is(choice(leaves)))
}

// withStatus are columns with one that tells who is here, and no other that does.
func withStatus(columns map[personColumn]int, at int) map[personColumn]int {
	all := maps.Clone(columns)
	delete(all, colEnded)
	all[colStatus] = at
	return all
}
