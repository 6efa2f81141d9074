package people

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/token"
)

const (
	// MaxPeople bounds a list: the largest organisations have two million people,
	// and a list is held in memory while it is compared.
	MaxPeople = 2_000_000
)

// ListOptions are what a person says of a list.
type ListOptions struct {
	Columns  string   // account=3,status=Zustand,…; empty: by the header
	NoHeader bool     // the first row is a person; Columns says by numbers what is where
	Sheet    string   // of a workbook
	ActiveIs []string // what a status says of those who are here; empty: words that are known
}

// ReadList reads a list of people: a row of column names, then one row a person.
// Rows at fault are in the list's Faults; an error is of the whole file, of kind
// Refused unless reading failed.
func ReadList(name string, r io.Reader, o ListOptions) (*List, error) {
	hash := sha256.New()
	whole := bufio.NewReaderSize(io.TeeReader(r, hash), rows.Probe)
	if head, _ := whole.Peek(rows.Probe); rows.Picture(head) != "" { // of an error the first row tells
		return nil, fault.Errorf(fault.Refused, "the list is %s, no text or workbook", rows.Picture(head))
	}
	if err := rows.CheckOffice(whole); err != nil {
		return nil, err
	}
	in := rows.NewWith(whole, rows.Options{Sheet: o.Sheet})
	list := &List{File: strings.ToValidUTF8(filepath.Base(name), "\uFFFD")}
	if err := readPeople(in, list, o); err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, whole); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "reading the list")
	}
	list.SHA256, list.Notes = hex.EncodeToString(hash.Sum(nil)), append(list.Notes, in.Notes()...)
	return list, nil
}

func readPeople(in *rows.Reader, list *List, o ListOptions) error {
	header, err := in.Next()
	if errors.Is(err, io.EOF) {
		return fault.Errorf(fault.Refused, "the list is empty").WithHint("its first row names the columns, of which one is the account")
	}
	if err != nil {
		return rows.Fault(err)
	}
	p := &peopleReader{list: list, active: map[string]bool{}}
	p.chosen = len(o.ActiveIs) > 0
	for _, w := range o.ActiveIs {
		p.active[statusWord(w)] = true
	}
	if err := p.header(header, o); err != nil {
		return err
	}
	if o.NoHeader {
		p.row(header)
	}
	for {
		row, err := in.Next()
		switch {
		case errors.Is(err, io.EOF) && len(list.People) == 0 && len(list.Faults) == 0:
			return fault.Errorf(fault.Refused, "the list has nobody: no row stands below its column names")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return rows.Fault(err)
		case len(list.People) == MaxPeople:
			return fault.Errorf(fault.Refused, "the list has more than %d people", MaxPeople)
		}
		if err := p.doubt(row); err != nil {
			return err
		}
		p.row(row)
	}
}

// peopleReader turns rows into people.
type peopleReader struct {
	list     *List
	columns  rows.Columns[personColumn]
	width    int
	active   map[string]bool
	chosen   bool  // active was given by hand
	nameless bool  // the first row is a person
	doubted  []int // columns, from 1, that look as if they told who left
}

// header finds the columns, by their names and by what --columns says.
func (p *peopleReader) header(header rows.Row, o ListOptions) error {
	p.width, p.nameless = len(header.Fields), o.NoHeader
	names := personNames
	c := &p.columns
	if o.Columns != "" || o.NoHeader {
		chosen, at, err := chosenColumns(header, o)
		if err != nil {
			return err
		}
		names, p.columns = chosen, rows.Placed(at)
		if err := p.headed(header, o); err != nil {
			return err
		}
	} else {
		p.columns = names.Of(header.Fields)
		p.doubted = doubtful(p.columns, header)
	}
	if col, first, second, twice := names.Twice(p.columns, header.Fields); twice && col != colGiven && col != colFamily && col != colMail && col != colFullName {
		return fault.Errorf(fault.Refused, "line %d: columns %d and %d are both the %s", header.Line, first, second, personWords[col]).
			WithHint("say which with --columns, for example %s", exampleOf(col, *c, first))
	}
	if !c.Has(colLogin) && !c.Has(colMail) {
		return fault.Errorf(fault.Refused, "line %d names no column for the account", header.Line).
			WithHint("the first row names the columns: account, login, username, user principal name, email or the like; with other names: --columns account=3; without any: --no-header --columns account=3")
	}
	if c.Has(colStatus) && c.Has(colEnded) {
		return fault.Errorf(fault.Refused, "line %d: columns %d and %d both tell who is active", header.Line, c.At(colStatus), c.At(colEnded)).
			WithHint("say which with --columns, for example account=%d,status=%d", max(c.At(colLogin), c.At(colMail)), c.At(colStatus))
	}
	p.list.Columns = p.uses(header)
	p.list.HasIDs, p.list.Names = c.Has(colPersonID), c.Has(colFullName) || c.Has(colGiven) || c.Has(colFamily)
	return nil
}

var personWords = map[personColumn]string{colLogin: "account", colFullName: "name", colStatus: "status", colEnded: "status", colPersonID: "id",
	colFormer: "former account"}

// headed notes what stands above the accounts, where the column was said by its
// number: a list without column names has an account there, which would count as
// one that left.
func (p *peopleReader) headed(header rows.Row, o ListOptions) error {
	at := p.columns.At(colLogin)
	if o.NoHeader {
		return nil
	}
	heading := string(header.Fields[at-1])
	if strings.Contains(heading, "@") {
		return HeadlessError(header.Line, heading)
	}
	p.list.Heading, p.list.HeadingLine = heading, header.Line
	return nil
}

// chosenColumns reads what --columns says: only those columns count.
func chosenColumns(header rows.Row, o ListOptions) (names rows.Names[personColumn], at map[personColumn]int, err error) {
	if o.Columns == "" {
		return nil, nil, columnsError("--no-header needs --columns")
	}
	names, at = rows.Names[personColumn]{}, map[personColumn]int{}
	for part := range strings.SplitSeq(o.Columns, ",") {
		key, where, _ := strings.Cut(part, "=")
		col, known := choosable[rows.Name([]byte(key))]
		if !known {
			return nil, nil, columnsError("--columns: %q is nothing that a person has", strings.TrimSpace(key))
		}
		if at[col] > 0 {
			return nil, nil, columnsError("--columns names %s twice", strings.TrimSpace(key))
		}
		if at[col], err = columnAt(header, strings.TrimSpace(where), o.NoHeader); err != nil {
			return nil, nil, err
		}
		for other, n := range at {
			if n == at[col] && other != col {
				return nil, nil, columnsError("--columns gives one column two meanings")
			}
		}
	}
	if at[colLogin] == 0 {
		return nil, nil, columnsError("--columns does not say which column is the account")
	}
	return names, at, nil
}

// columnAt finds a column by its number or its name.
func columnAt(header rows.Row, where string, noHeader bool) (int, error) {
	n, err := strconv.Atoi(where)
	switch {
	case err == nil && n >= 1 && n <= len(header.Fields):
		return n, nil
	case err == nil:
		return 0, fault.Errorf(fault.Refused, "--columns: there is no column %d; line %d has %d", n, header.Line, len(header.Fields))
	case noHeader:
		return 0, columnsError("--columns: %q is no number, and --no-header says that columns have no names", where)
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
		return 0, fault.Errorf(fault.Refused, "--columns: line %d has no column named %q", header.Line, where).
			WithHint("the first row is taken for column names; a list without them takes --no-header and numbers")
	}
	return found, nil
}

func columnsError(format string, args ...any) error {
	return fault.Errorf(fault.Usage, format, args...).WithHint("write it like account=3,status=Zustand: %s, by number or by name", choosableWords)
}

// row reads one person. The first thing that is wrong is the row's fault.
func (p *peopleReader) row(row rows.Row) {
	person, account, err := p.person(row)
	if err == nil {
		p.list.People = append(p.list.People, person)
		return
	}
	if len(p.list.Faults) < MaxFaults {
		p.list.Faults = append(p.list.Faults, Rejected{Line: row.Line, Account: account, Reason: err.Error()})
	}
}

func (p *peopleReader) person(row rows.Row) (person Person, account token.Account, err error) {
	login := colLogin
	if !p.columns.Has(login) {
		login = colMail
	}
	if n := len(row.Fields); n < p.columns.At(login) || !row.BlankFrom(p.width) {
		return person, "", fault.Errorf(fault.Refused, "the row has %d of %d columns; a text with the delimiter in it stands in quotes", n, p.width)
	}
	for _, col := range []personColumn{login, colPersonID, colStatus, colEnded, colFormer} {
		if err := p.cell(row, col); err != nil {
			return person, "", err
		}
	}
	for _, col := range []personColumn{login, colFormer, colFullName, colGiven, colFamily} {
		if formula.Match(p.columns.Field(row.Fields, col)) {
			return person, "", fault.Errorf(fault.Refused, "column %d holds a formula; paste it as a text", p.columns.At(col))
		}
	}
	if account, err = token.ParseAccount(p.text(row, login)); err != nil {
		return person, "", err
	}
	id, err := token.ParseText("the id", p.text(row, colPersonID))
	if err != nil {
		return person, account, err
	}
	full, err := token.ParseText("the name", p.fullName(row))
	if err != nil {
		return person, account, err
	}
	var former token.Account
	if text := p.text(row, colFormer); text != "" {
		if former, err = token.ParseAccount(text); err != nil {
			return person, account, err
		}
		if former.Key() == account.Key() {
			former = ""
		}
	}
	active, err := p.status(row)
	if err == nil && p.list.HasIDs && id == "" && active {
		err = fault.Errorf(fault.Refused, "the id is empty, where the list has a column of ids")
	}
	return NewPerson(row.Line, account, id, full, former, active), account, err
}

func (p *peopleReader) text(row rows.Row, col personColumn) string {
	return string(p.columns.Field(row.Fields, col))
}

// cell refuses what a sheet computes or rewrites: nobody typed it.
func (p *peopleReader) cell(row rows.Row, col personColumn) error {
	at := p.columns.At(col)
	if at == 0 || at > len(row.Kinds) {
		return nil
	}
	switch k := row.Kinds[at-1]; k {
	case rows.Date:
		if col == colStatus && p.chosen { // any but the words that were said
			return nil
		}
		return fault.Errorf(fault.Refused, "column %s holds %s; paste it as a text", rows.ColumnName(at), k)
	case rows.Formula, rows.Failed, rows.Shaped:
		return fault.Errorf(fault.Refused, "column %s holds %s; paste it as a text", rows.ColumnName(at), k)
	}
	return nil
}

func (p *peopleReader) fullName(row rows.Row) string {
	if full := p.text(row, colFullName); full != "" {
		return full
	}
	return strings.TrimSpace(p.text(row, colGiven) + " " + p.text(row, colFamily))
}

// status reports whether a person is here. A list without such a column has only
// people who are.
func (p *peopleReader) status(row rows.Row) (active bool, err error) {
	col := colStatus
	if p.columns.Has(colEnded) {
		col = colEnded
	}
	if !p.columns.Has(col) {
		return true, nil
	}
	text := p.text(row, col)
	word := statusWord(text)
	switch {
	case p.chosen:
		return p.active[word], nil
	case word == "" && col == colEnded:
		return true, nil // not disabled
	case activeWords[word]:
		return col == colStatus, nil
	case endedWords[word]:
		return col != colStatus, nil
	case word == "":
		return false, fault.Errorf(fault.Refused, "the status is empty")
	}
	if _, err := token.ParseText("the status", text); err != nil {
		return false, err
	}
	return false, fault.Errorf(fault.Refused, "the status %q is not a word that fob knows; --active-is WORD says which means active", text)
}

// statusWord makes a status comparable.
func statusWord(text string) string { return rows.Name([]byte(text)) }
