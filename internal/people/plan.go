package people

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// peoplePlan compares a list with the accounts that are stored: who stays, who
// left, who was renamed, and what changes in the table. It only reads.
type peoplePlan struct {
	*peopleIndex
	list   *List
	head   desk.PeopleHead
	mark   [2]int    // that nobody was erased meanwhile
	number int       // of this list
	now    time.Time // from when changes hold
	random io.Reader // nil: salts and hashes are not needed

	former  map[int64][]trail.FormerName
	done    map[[2]string]bool      // renames of before, by both keys
	claims  []claim                 // by person: whose row it is
	back    map[int32]StoredAccount // by person: who left before and is called so
	whoLeft []token.Account         // of those on the list before
	leaves  []trail.Hash            // by person
	absent  []absentee              // stored accounts that were on a list and are not on this one
	gone    []trail.Hash            // their leaves

	updates map[int32]ListUpdate // by person
	typed   []int32              // people whose accounts were only typed before, in the list's spelling
	salts   []byte               // theirs
	changes ListChanges
	cases   []peopleCase

	before, staying, renamed int
	joined, listed, left     int
}

// absentee is what an account is from now on that the list does not have.
type absentee struct {
	ListUpdate
	changed bool // it was on the list before, or its name passes on
}

// claim says which stored account a person of the list is, and how that one stood
// with the lists before.
type claim struct {
	row           int64
	how           matched
	known, listed bool
}

type matched uint8

// How a stored account was found on the list, the strongest last.
const (
	notFound matched = iota
	byKey
	byRename
)

// Why a token needs somebody to look after it.
const (
	whyLeft     = "left"
	whyRenamed  = "renamed"
	whyPassedOn = "passed_on" // its login belongs to another person now
	whyUnknown  = "unknown"   // its account was never on a list
)

// peopleCase is a stored account whose tokens may need something.
type peopleCase struct {
	id      int64
	account token.Account
	now     token.Account // what it is called from now on, where that is another
	why     string
}

func newPeoplePlan(r Reader, l *List, now time.Time, random io.Reader) (*peoplePlan, error) {
	p := &peoplePlan{peopleIndex: newPeopleIndex(l), list: l, now: now, random: random, updates: map[int32]ListUpdate{}, back: map[int32]StoredAccount{}}
	if err := listFaults(p.faults); err != nil {
		return p, err
	}
	var err error
	if p.head, err = r.NewestPeople(); err != nil {
		return p, err
	}
	if p.mark[0], p.mark[1], err = r.PeopleMark(); err != nil {
		return p, err
	}
	p.number = p.head.Number + 1
	if p.former, p.done, err = r.FormerNames(); err != nil {
		return p, err
	}
	p.claims = make([]claim, len(l.People))
	if err := r.EachAccount(p.account); err != nil {
		return p, err
	}
	if err := p.leavers(r); err != nil {
		return p, err
	}
	return p, p.joiners()
}

// account looks for one stored account on the list. A list can lead two to one
// person: who is called so, and who was called otherwise before.
func (p *peoplePlan) account(s StoredAccount) error {
	if s.Listed {
		p.before++
	}
	i, how := p.match(s)
	if how == notFound {
		p.missing(s)
		return nil
	}
	other := p.claims[i]
	switch {
	case other.how == notFound:
		return p.claim(i, s, how)
	case other.how == how:
		return p.clash(i, "two accounts became %s", p.people[i].Account())
	case how == byKey && s.Listed || how != byKey && other.known && other.listed:
		// This could as well be two accounts of one person as a login that was given
		// to another.
		return p.clash(i, "%s was on the list before, and %s is called so now: is that the same person, or did the name pass on?",
			p.people[i].Account(), cmp.Or(string(p.people[i].Former()), "another account"))
	case how == byKey && s.Known: // one that left before passes its name on
		p.missing(s)
		return nil
	case how == byKey: // one that was only typed is the same person's
		p.changes.Merges = append(p.changes.Merges, [2]int64{s.ID, other.row})
		if !p.people[i].Active {
			p.cases = append(p.cases, peopleCase{s.ID, token.Account(s.Name), "", whyLeft})
		}
		return nil
	case !other.known:
		p.changes.Merges = append(p.changes.Merges, [2]int64{other.row, s.ID})
	default: // the name was that of somebody who left before
		p.cases = slices.DeleteFunc(p.cases, func(c peopleCase) bool { return c.id == other.row })
		p.missing(p.back[i])
	}
	delete(p.updates, i)
	return p.claim(i, s, how)
}

func (p *peoplePlan) clash(i int32, format string, args ...any) error {
	return fault.Errorf(fault.Refused, "line %d: "+format, append([]any{p.people[i].Line}, args...)...).
		WithHint("an account cannot follow from two; a list with an id for each person tells them apart")
}

// match finds the person that a stored account belongs to: by the list's id, by
// what the list says that it was before, or by its name.
func (p *peoplePlan) match(s StoredAccount) (i int32, how matched) {
	renamed := func(i int32) (int32, matched) {
		if p.people[i].Account().Key() == string(s.Key) {
			return i, byKey
		}
		return i, byRename
	}
	byIDs := len(s.Person) > 0 && p.list.HasIDs
	if byIDs {
		if i, ok := p.byID.find(s.Person); ok {
			return renamed(i)
		}
	}
	if i, ok := p.byWas.find(s.Key); ok && !p.done[[2]string{string(s.Key), p.keyOf(i)}] {
		return renamed(i)
	}
	i, ok := p.byKey.find(s.Key)
	if !ok || byIDs && p.people[i].ID() != "" {
		return i, notFound // another person has that name now, if anybody
	}
	return i, byKey
}

// claim makes a stored account the person's, and notes what changes of it.
func (p *peoplePlan) claim(i int32, s StoredAccount, how matched) error {
	person := &p.people[i]
	p.claims[i] = claim{s.ID, how, s.Known, s.Listed}
	if s.Listed && person.Active {
		p.staying++
	}
	if how == byKey && s.Known && !s.Listed {
		p.back[i] = s.clone()
	}
	row := p.stored(s)
	row.Listed, row.Since = person.Active, p.now
	if s.Known && s.Listed == person.Active {
		row.Since = s.Since
	}
	if p.list.HasIDs && person.ID() != "" {
		row.Person = person.ID()
	}
	if p.list.Names {
		row.FullName = person.FullName()
	}
	if how == byRename {
		p.renamed++
		p.cases = append(p.cases, peopleCase{s.ID, token.Account(row.Name), person.Account(), whyRenamed})
		p.rename(&row, person.Account())
	}
	if !person.Active {
		p.cases = append(p.cases, peopleCase{s.ID, token.Account(s.Name), "", whyLeft})
	}
	changed := how == byRename || !s.Known || s.Listed != person.Active || row.Person != string(s.Person) || row.FullName != string(s.FullName)
	if p.random != nil {
		if len(row.Salt) == 0 {
			row.Salt = make([]byte, trail.AccountSaltLen)
			if _, err := io.ReadFull(p.random, row.Salt); err != nil {
				return fmt.Errorf("making a salt: %w", err)
			}
		}
		if p.leaves == nil { // the first list claims few
			p.leaves = make([]trail.Hash, len(p.people))
		}
		p.leaves[i] = row.Leaf()
	}
	switch {
	case how == byKey && !s.Known && row.Name == string(person.Account()): // of a first list all may be so
		p.typed, p.salts = append(p.typed, i), append(p.salts, row.Salt...)
	case changed:
		p.updates[i] = ListUpdate{s.ID, how == byRename, row}
	}
	return nil
}

// stored is the row of an account as it is, valid for longer than the walk.
func (p *peoplePlan) stored(s StoredAccount) trail.AccountRow {
	row := trail.AccountRow{Name: string(s.Name), Key: string(s.Key), Since: s.Since, Person: string(s.Person), FullName: string(s.FullName), Former: p.former[s.ID]}
	if p.random != nil {
		row.Salt = slices.Clone(s.Salt)
	}
	return row
}

// rename calls a row otherwise, and notes the one of before.
func (p *peoplePlan) rename(row *trail.AccountRow, now token.Account) {
	row.Former = append(slices.Clone(row.Former), trail.FormerName{Key: row.Key, Name: row.Name, Until: p.number})
	row.Name, row.Key = string(now), now.Key()
}

// missing notes a stored account that the list does not have. Whether it is kept is
// known once it is known whether it ever had a token.
func (p *peoplePlan) missing(s StoredAccount) {
	c := peopleCase{id: s.ID, account: token.Account(s.Name), why: whyUnknown}
	if s.Known {
		c.why = whyLeft
	}
	if _, taken := p.byKey.find(s.Key); taken {
		c.why, c.now = whyPassedOn, token.Account(fmt.Sprintf("%s [%s]", s.Name, cmp.Or(string(s.Person), fmt.Sprintf("until list %d", p.number))))
	}
	p.cases = append(p.cases, c)
	if !s.Known {
		return
	}
	if s.Listed {
		p.leave(c.account)
	}
	u := ListUpdate{ID: s.ID, Renamed: c.why == whyPassedOn, Row: p.stored(s)}
	if s.Listed {
		u.Row.Since = p.now
	}
	if u.Renamed {
		p.rename(&u.Row, c.now)
	}
	p.absent = append(p.absent, absentee{u, s.Listed || u.Renamed})
}

// mostNamed bounds whom a result names.
const mostNamed = 1000

// leave notes somebody who was on the list before.
func (p *peoplePlan) leave(a token.Account) {
	if len(p.whoLeft) < mostNamed {
		p.whoLeft = append(p.whoLeft, a)
	}
}

// leavers keeps of those who left, whether they are missing or the list itself says
// so, only who ever had a token: of the others there is nothing to keep.
func (p *peoplePlan) leavers(r Reader) error {
	for _, u := range p.absent {
		_, ever, err := r.Holding(u.ID)
		switch {
		case err != nil:
			return err
		case !ever:
			p.changes.Deletes = append(p.changes.Deletes, u.ID)
			continue
		}
		p.left++
		if p.random != nil {
			p.gone = append(p.gone, u.Row.Leaf())
		}
		if u.changed {
			p.changes.Updates = append(p.changes.Updates, u.ListUpdate)
		}
	}
	for i, c := range p.claims {
		if c.how == notFound || p.people[i].Active {
			continue
		}
		if c.listed {
			p.leave(p.people[i].Account())
		}
		rows := []int64{c.row} // and those that become part of it
		for _, m := range p.changes.Merges {
			if m[1] == c.row {
				rows = append(rows, m[0])
			}
		}
		held := false
		for _, row := range rows {
			_, ever, err := r.Holding(row)
			if err != nil {
				return err
			}
			held = held || ever
		}
		if held {
			p.left++
			continue
		}
		p.changes.Deletes = append(p.changes.Deletes, c.row)
		delete(p.updates, int32(i))
		p.claims[i].how = notFound
	}
	return nil
}

// activeAmong counts those of some accounts, by rising ids, that the list has.
func (p *peoplePlan) activeAmong(accounts []int64) (n int) {
	for i, c := range p.claims {
		if _, is := slices.BinarySearch(accounts, c.row); is && c.how != notFound && p.people[i].Active {
			n++
		}
	}
	return n
}

// joiners counts who is new, and finishes the changes.
func (p *peoplePlan) joiners() error {
	for i := range p.people {
		if x := &p.people[i]; !x.again && x.Active {
			p.listed++
			if p.claims[i].how == notFound {
				p.joined++
			}
		}
	}
	for _, i := range slices.Sorted(maps.Keys(p.updates)) {
		p.changes.Updates = append(p.changes.Updates, p.updates[i])
	}
	slices.SortFunc(p.cases, func(a, b peopleCase) int { return cmp.Compare(a.account.Key(), b.account.Key()) })
	if p.random == nil {
		return nil
	}
	salts := make([]byte, p.joined*trail.AccountSaltLen)
	if _, err := io.ReadFull(p.random, salts); err != nil {
		return fmt.Errorf("making salts: %w", err)
	}
	p.changes.Typed = func(yield func(ListUpdate) bool) {
		for n, i := range p.typed {
			if p.stillTyped(i) && !yield(ListUpdate{ID: p.claims[i].row, Row: p.fresh(i, p.salts, n)}) {
				return
			}
		}
	}
	p.changes.Inserts = func(yield func(trail.AccountRow) bool) {
		n := 0
		for i := range p.people {
			if x := &p.people[i]; x.again || !x.Active || p.claims[i].how != notFound {
				continue
			}
			if !yield(p.fresh(int32(i), salts, n)) {
				return
			}
			n++
		}
	}
	return nil
}

// stillTyped reports whether it came to nothing that somebody else has the name.
func (p *peoplePlan) stillTyped(i int32) bool { return p.claims[i].how == byKey && !p.claims[i].known }

// fresh is the row of an account of which nothing was known but its name, if that,
// with the n-th of some salts.
func (p *peoplePlan) fresh(i int32, salts []byte, n int) trail.AccountRow {
	x := &p.people[i]
	return trail.AccountRow{Name: string(x.Account()), Key: x.Account().Key(), Listed: x.Active, Since: p.now,
		Person: x.ID(), FullName: x.FullName(), Salt: salts[n*trail.AccountSaltLen:][:trail.AccountSaltLen]}
}

// contents is what the list commits to: the leaves of all rows that it leaves.
func (p *peoplePlan) contents() string {
	all := append(make([]trail.Hash, 0, len(p.gone)+p.listed+p.left), p.gone...)
	for i := range p.people {
		if p.claims[i].how != notFound {
			all = append(all, p.leaves[i])
		}
	}
	for row := range p.changes.Inserts {
		all = append(all, row.Leaf())
	}
	return trail.Commit(all)
}

// empty reports whether the list changes nothing.
func (p *peoplePlan) empty() bool {
	return p.head.Number > 0 && p.joined == 0 && !slices.ContainsFunc(p.typed, p.stillTyped) && len(p.changes.Updates) == 0 && len(p.changes.Deletes) == 0 && len(p.changes.Merges) == 0
}
