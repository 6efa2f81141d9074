package people

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"fob/internal/damage"
	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/token"
)

// MaxPeople bounds a list: the largest organisations have two million people,
// and a list is held in memory while it is compared.
const MaxPeople = 2_000_000

// ListOptions are what a person says of a list.
type ListOptions struct {
	Columns  string   // account=3,status=Zustand,…; empty: by the header
	NoHeader bool     // the first row is a person; Columns says by numbers what is where
	Sheet    string   // of a workbook
	ActiveIs []string // what a status says of those who are here; empty: words that are known
	// Now is when somebody has left whose status is a date; zero: any date is over.
	Now time.Time
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
	if err := rows.CheckForeign(whole); err != nil {
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
	switch list.later.people {
	case 0:
	case 1:
		list.Notes = append(list.Notes, "1 person leaves later, on "+list.later.first.Format(time.DateOnly)+", and is here until then")
	default:
		list.Notes = append(list.Notes, fmt.Sprintf("%d people leave later, the first on %s, and are here until then", list.later.people, list.later.first.Format(time.DateOnly)))
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
	p := &peopleReader{list: list, width: len(header.Fields), active: map[string]bool{}, chosen: len(o.ActiveIs) > 0, now: o.Now}
	for _, w := range o.ActiveIs {
		p.active[statusWord(w)] = true
	}
	if p.columns, err = columnsOf(header, o); err != nil {
		return err
	}
	p.statuses = statusesOf(p.columns, header, o)
	list.Columns = shownColumns(p.columns, p.statuses, header, o.NoHeader)
	list.HasIDs = p.columns.Has(colPersonID)
	list.Names = p.columns.Has(colFullName) || p.columns.Has(colGiven) || p.columns.Has(colFamily)
	var doubted []doubt
	switch {
	case o.NoHeader:
		p.row(header)
	case o.Columns == "":
		doubted = doubts(p.columns, p.statuses, header)
	default:
		// A list without column names has an account above the accounts, which would
		// count as one that left.
		list.Heading, list.HeadingLine = string(header.Fields[p.columns.At(colLogin)-1]), header.Line
		if strings.Contains(list.Heading, "@") {
			return headlessError(header.Line, list.Heading)
		}
	}
	for {
		row, err := in.Next()
		switch {
		case errors.Is(err, io.EOF) && len(list.People) == 0 && len(list.Faults) == 0:
			return fault.Errorf(fault.Refused, "the list has nobody: no row stands below its column names")
		case errors.Is(err, io.EOF):
			for _, d := range doubted {
				if d.tells() {
					return doubtError(p.columns, p.statuses, header, d)
				}
			}
			return nil
		case err != nil:
			return rows.Fault(err)
		case len(list.People) == MaxPeople:
			return fault.Errorf(fault.Refused, "the list has more than %d people", MaxPeople)
		}
		here := p.row(row)
		for i := range doubted {
			d := &doubted[i]
			if d.byName && d.at <= len(row.Fields) && !neverEnds(row.Fields[d.at-1]) {
				return doubtError(p.columns, p.statuses, header, *d)
			}
			if here {
				d.see(row)
			}
		}
	}
}

// peopleReader turns rows into people.
type peopleReader struct {
	list     *List
	columns  rows.Columns[personColumn]
	statuses []statusColumn
	width    int
	active   map[string]bool
	chosen   bool // active was given by hand
	now      time.Time
}

// row reads one person, and reports whether he is here. The first thing that is wrong
// is the row's fault.
func (p *peopleReader) row(row rows.Row) (here bool) {
	person, account, err := p.person(row)
	if err == nil {
		p.list.People = append(p.list.People, person)
		return person.Active
	}
	if len(p.list.Faults) < MaxFaults {
		p.list.Faults = append(p.list.Faults, Rejected{Line: row.Line, Account: account, Reason: fault.Textf("%v", err)})
	}
	return false
}

func (p *peopleReader) person(row rows.Row) (person Person, account token.Account, err error) {
	login := loginColumn(p.columns)
	if n := len(row.Fields); n < p.columns.At(login) || !row.BlankFrom(p.width) {
		return person, "", fault.Errorf(fault.Refused, "the row has %d of %d columns; a text with the delimiter in it stands in quotes", n, p.width)
	}
	for _, col := range []personColumn{login, colPersonID, colFormer} {
		if err := p.checkCell(row, col, p.columns.At(col)); err != nil {
			return person, "", err
		}
	}
	for _, s := range p.statuses {
		if err := p.checkCell(row, s.column, s.at); err != nil {
			return person, "", err
		}
	}
	for _, col := range []personColumn{login, colFormer, colFullName, colGiven, colFamily} {
		if damage.Formula(p.columns.Field(row.Fields, col)) {
			return person, "", fault.Errorf(fault.Refused, "column %d holds a formula; paste it as a text", p.columns.At(col))
		}
	}
	text := func(col personColumn) string { return string(p.columns.Field(row.Fields, col)) }
	if account, err = token.ParseAccount(text(login)); err != nil {
		return person, "", err
	}
	id, err := token.ParseText("the id", text(colPersonID))
	if err != nil {
		return person, account, err
	}
	full := text(colFullName)
	if full == "" {
		full = strings.TrimSpace(text(colGiven) + " " + text(colFamily))
	}
	if full, err = token.ParseText("the name", full); err != nil {
		return person, account, err
	}
	var former token.Account
	if was := text(colFormer); was != "" {
		if former, err = token.ParseAccount(was); err != nil {
			return person, account, err
		}
		if former.Key() == account.Key() {
			former = ""
		}
	}
	if damage.MayBeNobody(string(account)) && !strings.Contains(strings.ToLower(full), account.Key()) {
		// Christopher Null may log in as null: his name shows it. No list that is known
		// has a login of these words and a name without it.
		return person, account, fault.Errorf(fault.Refused, "%s is what lists say where nobody has an account; leave the row out of a copy, or if somebody is called so, let the column of names show it", account)
	}
	active, err := p.status(row)
	if err == nil && p.list.HasIDs && id == "" && active {
		err = fault.Errorf(fault.Refused, "the id is empty, where the list has a column of ids")
	}
	return NewPerson(row.Line, account, id, full, former, active), account, err
}

// checkCell refuses what a sheet computes or rewrites: nobody typed it.
func (p *peopleReader) checkCell(row rows.Row, col personColumn, at int) error {
	if at == 0 || at > len(row.Kinds) {
		return nil
	}
	switch k := row.Kinds[at-1]; k {
	case rows.Date:
		if col == colStatus && p.chosen || col == colEnded { // when somebody leaves
			return nil
		}
		fallthrough
	case rows.Formula, rows.Failed, rows.Shaped:
		return fault.Errorf(fault.Refused, "column %s holds %s; paste it as a text", rows.ColumnName(at), k)
	}
	return nil
}

// status reports whether a person is here: who is out in one of several columns is
// out. A list without such a column has only people who are.
func (p *peopleReader) status(row rows.Row) (active bool, err error) {
	active = true
	said := len(p.statuses) == 0
	var leaves time.Time
	for _, s := range p.statuses {
		text := ""
		if s.at <= len(row.Fields) {
			text = string(bytes.TrimSpace(row.Fields[s.at-1]))
		}
		here, known, day, err := p.leaves(row, s, text)
		if err == nil && day.IsZero() {
			here, known, err = p.says(s.column, text)
		}
		if err != nil {
			return false, err
		}
		if here && !day.IsZero() && (leaves.IsZero() || day.Before(leaves)) {
			leaves = day
		}
		said, active = said || known, active && (here || !known)
	}
	if !said {
		return false, fault.Errorf(fault.Refused, "the status is empty")
	}
	if active && !leaves.IsZero() {
		p.list.later.count(leaves)
	}
	return active, nil
}

// leaves reads a column that says since when somebody is out, or from when on: a date
// that is still to come says that they are here. A zero day: the cell is no date, or a
// word that was said to mean something.
func (p *peopleReader) leaves(row rows.Row, s statusColumn, text string) (here, known bool, day time.Time, err error) {
	if s.column != colEnded && !(s.column == colStatus && p.chosen) || p.chosen && p.active[statusWord(text)] {
		return false, false, day, nil
	}
	day, isDay := row.Day(s.at - 1)
	other := day
	switch {
	case isDay:
	case ldapMoment.MatchString(text):
		day, other = time.Unix(0, 0), time.Unix(0, 0) // of year 0: locked for good
		if at, err := time.Parse("200601021504", text[:min(len(text), 12)]); err == nil && at.Year() > 0 {
			day, other = at, at
		}
	case !someDay.MatchString(text):
		return false, false, day, nil
	default:
		if day, other, _ = rows.ParseDay(text); day.IsZero() { // directories write times in many ways
			date, _, _ := strings.Cut(strings.Replace(text, "T", " ", 1), " ")
			day, other, _ = rows.ParseDay(date)
		}
		if day.IsZero() {
			return false, false, day, fault.Errorf(fault.Refused, "fob cannot read the day on which somebody leaves; write it as year-month-day, in a copy")
		}
	}
	if here = !p.now.IsZero() && day.After(p.now); here != (!p.now.IsZero() && other.After(p.now)) {
		return false, false, day, fault.Errorf(fault.Refused, "the day on which somebody leaves may be two days, one over and one to come; write it as year-month-day, in a copy")
	}
	return here, true, day, nil
}

// leavers counts those who leave later.
type leavers struct {
	people int
	first  time.Time
}

func (l *leavers) count(day time.Time) {
	if l.people++; l.people == 1 || day.Before(l.first) {
		l.first = day
	}
}

// says reports what one column says of a person, if anything.
func (p *peopleReader) says(col personColumn, said string) (here, known bool, err error) {
	word := statusWord(said)
	switch {
	case col == colStatus && p.chosen:
		return p.active[word], true, nil
	case said == "" && col == colEnded:
		return true, true, nil // not disabled
	case said == "":
		return false, false, nil
	case col == colControl:
		return control(said)
	case activeWords[word]:
		return col == colStatus, true, nil
	case endedWords[word]:
		return col != colStatus, true, nil
	}
	if _, err := token.ParseText("the status", said); err != nil {
		return false, false, err
	}
	return false, false, fault.Errorf(fault.Refused, "the status %q is not a word that fob knows; %s says which means active", said, fault.ActiveIs.Is("WORD"))
}

// accountDisable is the bit of Active Directory's userAccountControl that says that an
// account is disabled (MS-ADTS section 2.2.16, ADS_UF_ACCOUNT_DISABLE).
const accountDisable = 2

// control reads a userAccountControl, as a number or in the words of PowerShell.
func control(said string) (here, known bool, err error) {
	if n, err := strconv.ParseUint(said, 0, 32); err == nil {
		return n&accountDisable == 0, true, nil
	}
	word := statusWord(said)
	if strings.Contains(word, "accountdisable") {
		return false, true, nil
	}
	if strings.Contains(word, "account") || strings.Contains(word, "passw") {
		return true, true, nil // NormalAccount, DontExpirePassword
	}
	return false, false, fault.Errorf(fault.Refused, "the userAccountControl is neither a number nor the names of its flags")
}

// statusWord makes a status comparable.
func statusWord(text string) string { return rows.Name([]byte(text)) }
