package people

import (
	"hash/maphash"

	"fob/internal/fault"
	"fob/internal/token"
)

// Person is one row of a list of people. A list has up to half a million, so its
// texts are one string.
type Person struct {
	text                     string // account, id, full name, former account
	account, id, full, among uint16 // lengths of the first three, and of the former account
	Line                     int32
	Active                   bool // false: the list has the account and says that it ended
	again                    bool // another row said it already
}

// NewPerson makes a person of checked texts; only the account may not be empty.
func NewPerson(line int, account token.Account, id, fullName string, former token.Account, active bool) Person {
	return Person{text: string(account) + id + fullName + string(former), account: uint16(len(account)), id: uint16(len(id)),
		full: uint16(len(fullName)), among: uint16(len(former)), Line: int32(line), Active: active}
}

// Account is the login.
func (p Person) Account() token.Account { return token.Account(p.text[:p.account]) }

// ID is the list's own id of the person; empty: not said.
func (p Person) ID() string { return p.text[p.account:][:p.id] }

// FullName is the person's name.
func (p Person) FullName() string { return p.text[p.account+p.id:][:p.full] }

// Former is the account that the list says it was before; empty: none.
func (p Person) Former() token.Account { return token.Account(p.text[len(p.text)-int(p.among):]) }

// List is a list of people.
type List struct {
	File   string // base name
	SHA256 string
	People []Person
	HasIDs bool // whether it has a column of ids
	Names  bool // and one of full names
	Faults []Rejected
	Notes  []string
	// Columns are those of the list that have a name or a meaning.
	Columns []Column
	// Heading is what stands above the accounts where that column was said by its
	// number, and HeadingLine where; empty: it is known to be a column's name.
	Heading     string
	HeadingLine int

	later leavers
}

// Column is what a column of a list is taken for.
type Column struct {
	Column int     `json:"column"` // from 1
	Name   string  `json:"name"`
	As     *string `json:"as"` // null: ignored
}

// headlessError is of a list whose first row is a person and no column names.
func headlessError(line int, heading string) error {
	return fault.Errorf(fault.Refused, "line %d has %q above the accounts, which looks like one of them", line, heading).
		WithHint("a list whose first row is a person takes %s; else give the column a name", fault.NoHeader)
}

// checkHeading looks whether the heading is somebody.
func (l *List) checkHeading(r Reader) error {
	a, err := token.ParseAccount(l.Heading)
	if err != nil {
		return nil // nobody is called so
	}
	row, err := r.AccountRow(a)
	if err == nil && row.Name != "" {
		err = headlessError(l.HeadingLine, l.Heading)
	}
	return err
}

// Rejected is a row that cannot be followed.
type Rejected struct {
	Line    int           `json:"line"`
	Account token.Account `json:"account"`
	Reason  fault.Text    `json:"reason"`
}

// follows says by hand what the account was before.
func (p *Person) follows(former token.Account) {
	p.text = p.text[:len(p.text)-int(p.among)] + string(former)
	p.among = uint16(len(former))
}

// says reports whether two rows are about the same person in the same words.
func (p Person) says(q Person) bool {
	return p.text == q.text && p.account == q.account && p.id == q.id && p.full == q.full
}

// MaxFaults is how many rows at fault are told; the others are counted.
const MaxFaults = 1000

// peopleIndex finds people by account, id and former account.
type peopleIndex struct {
	people             []Person
	byKey, byID, byWas *textIndex
	faults             []Rejected
}

func newPeopleIndex(l *List) *peopleIndex {
	x := &peopleIndex{people: l.People}
	ids, former := 0, 0
	for i := range l.People {
		ids += min(1, int(l.People[i].id))
		former += min(1, int(l.People[i].among))
	}
	x.byKey, x.byID, x.byWas = newTextIndex(len(l.People), x.keyOf), newTextIndex(ids, x.idOf), newTextIndex(former, x.formerOf)
	for i := range l.People {
		x.add(int32(i))
	}
	return x
}

// add takes a person in. The same account, or the same id, twice is a fault, but
// for rows that say the same of one person, as lists of contracts have them: it is
// active if one of them is.
func (x *peopleIndex) add(i int32) {
	p := &x.people[i]
	key, id, former := p.Account().Key(), p.ID(), p.Former().Key()
	if j, ok := x.byKey.find([]byte(key)); ok {
		if first := &x.people[j]; first.says(*p) {
			first.Active = first.Active || p.Active
			p.again = true
			return
		}
		x.fault(i, "the account stands in line %d already%s", x.people[j].Line, differs(x.people[j], *p))
		return
	}
	if id != "" {
		if j, ok := x.byID.find([]byte(id)); ok {
			x.fault(i, "its id stands in line %d already, with another account", x.people[j].Line)
			return
		}
		x.byID.put(i)
	}
	if former != "" {
		if j, ok := x.byWas.find([]byte(former)); ok {
			x.fault(i, "line %d already says what happened to its former account", x.people[j].Line)
			return
		}
		x.byWas.put(i)
	}
	x.byKey.put(i)
}

func differs(a, b Person) string {
	switch {
	case a.Account() != b.Account():
		return ", in other letters: fob does not tell capitals from small ones, as directories do not"
	case a.ID() != b.ID():
		return ", with another id"
	}
	return ", with another name"
}

func (x *peopleIndex) fault(i int32, format string, args ...any) {
	if len(x.faults) < MaxFaults {
		p := x.people[i]
		x.faults = append(x.faults, Rejected{int(p.Line), p.Account(), fault.Textf(format, args...)})
	}
}

func (x *peopleIndex) keyOf(i int32) string    { return x.people[i].Account().Key() }
func (x *peopleIndex) idOf(i int32) string     { return x.people[i].ID() }
func (x *peopleIndex) formerOf(i int32) string { return x.people[i].Former().Key() }

// textIndex finds numbers by a text that each has. It keeps the numbers alone,
// half a million in four megabytes, where a map would take ten times that.
type textIndex struct {
	seed  maphash.Seed
	slots []int32 // a number and one; 0: free. Twice as many as there are numbers, or more
	of    func(int32) string
}

func newTextIndex(n int, of func(int32) string) *textIndex {
	size := 2
	for size < 2*n {
		size *= 2
	}
	return &textIndex{maphash.MakeSeed(), make([]int32, size), of}
}

// slot is where a text is, or where it would be put.
func (x *textIndex) slot(text []byte) int {
	mask := len(x.slots) - 1
	at := int(maphash.Bytes(x.seed, text)) & mask
	for x.slots[at] != 0 && x.of(x.slots[at]-1) != string(text) {
		at = (at + 1) & mask
	}
	return at
}

func (x *textIndex) find(text []byte) (int32, bool) {
	i := x.slots[x.slot(text)]
	return i - 1, i != 0
}

func (x *textIndex) put(i int32) { x.slots[x.slot([]byte(x.of(i)))] = i + 1 }

// listFaults refuses a list of which a row cannot be followed: to leave the row out
// would be to say that the person left.
func listFaults(faults []Rejected) error {
	if len(faults) == 0 {
		return nil
	}
	var all fault.Text
	for _, f := range faults[:min(len(faults), shownFaults)] {
		all = all.And(fault.Textf("line %d: %s", f.Line, f.Reason))
	}
	if n := len(faults) - shownFaults; n > 0 {
		all = all.And(fault.Textf("and %d more", n))
	}
	return fault.Errorf(fault.Refused, "%s", all).
		WithHint("a list goes in whole or not at all: a person who is left out would count as one who left")
}

// shownFaults is how many rows at fault an error names.
const shownFaults = 5
