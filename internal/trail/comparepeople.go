package trail

import (
	"iter"
	"math"
	"slices"

	"fob/internal/token"
)

// named is an account as an event named it. Which account that is now follows from
// the lists of people since.
type named struct {
	*Text     // nil: none
	lists int // how many lists there were by then
}

// called is what an account was called, and how many lists there were by then.
type called struct {
	name  string
	lists int
}

// Renames tells what accounts were called and are called.
type Renames struct {
	byName map[string][]FormerRow // by the key of a former name, the earliest first
	byNow  map[string][]FormerRow // by the key of the present one, the earliest first
}

// NewRenames takes rows in the order of the lists until which they held.
func NewRenames(rows iter.Seq2[FormerRow, error]) (Renames, error) {
	r := Renames{map[string][]FormerRow{}, map[string][]FormerRow{}}
	for f, err := range rows {
		if err != nil {
			return r, err
		}
		now := token.Account(f.Now).Key()
		r.byName[f.Key] = append(r.byName[f.Key], f)
		r.byNow[now] = append(r.byNow[now], f)
	}
	return r, nil
}

// at is what the account was called when there were so many lists that somebody
// called by a name when there were given of them. A name passes on to others.
func (r Renames) at(name string, given, lists int) string {
	for _, past := range r.byName[token.Account(name).Key()] {
		switch {
		case past.Until <= given:
			continue
		case past.Until > lists:
			return past.Name
		}
		for _, f := range r.byNow[token.Account(past.Now).Key()] {
			if f.Until > lists {
				return f.Name
			}
		}
		return past.Now
	}
	return name
}

// Now is what the account is called now that an event named when there were so many
// lists.
func (r Renames) Now(name string, lists int) string { return r.at(name, lists, math.MaxInt) }

// now is what the account that an event named is called now.
func (w *world) now(a named) string { return w.renames.Now(a.Text.Text, a.lists) }

// compareLists holds lists of people against the trail, and reads what accounts are
// called now, which whatever names accounts is held against.
func (w *world) compareLists(t Tables) error {
	n := 0
	for row, err := range t.ListRows() {
		if err != nil {
			return err
		}
		if n++; n > len(w.lists) {
			w.report.Problemf("list %d of people: the trail does not know it", row.Number)
			continue
		}
		if told := w.lists[n-1]; row != told {
			w.report.Problemf("list %d of people: its columns are not those of the trail", told.Number)
		}
	}
	if n < len(w.lists) {
		w.report.Problemf("%d lists of people are gone", len(w.lists)-n)
	}
	var err error
	w.renames, err = NewRenames(t.FormerRows())
	return err
}

// held are the accounts that had a token. Of an erased name its erasure says, later
// in the trail, what stands for it.
func (w *world) held() iter.Seq[named] {
	return func(yield func(named) bool) {
		for c, text := range w.accounts {
			if !yield(named{text, c.lists}) {
				return
			}
		}
		for _, a := range w.nameless {
			if !yield(a) {
				return
			}
		}
	}
}

// compareAccounts holds each row that a list had against what the list committed to,
// and whether it held a token against the events that gave it one. One that no list
// had must have held one, under the name that the trail has for it.
func (w *world) compareAccounts(r *Report, t Tables) error {
	told := map[string][]string{} // names by their keys
	for a := range w.held() {
		name := w.now(a)
		key := token.Account(name).Key()
		if !slices.Contains(told[key], name) {
			told[key] = append(told[key], name)
		}
	}
	people, held := peopleWalk{}, 0
	for _, p := range w.erasedPeople {
		if p.leaf != nil && p.lists == len(w.lists) {
			people.add(*p.leaf, p.listed)
		}
	}
	for row, err := range t.AccountRows() {
		if err != nil {
			return err
		}
		names := told[token.Account(row.Name).Key()]
		if row.Held {
			held++
		}
		switch {
		case row.Salt != nil:
			people.add(row.Leaf(), row.Listed)
			if row.Held != (names != nil) {
				r.Problemf("whether an account ever had a token is not what the trail says")
			}
		case row.Listed || !row.Since.IsZero() || row.Person != "" || row.FullName != "" || row.Former != nil:
			r.Problemf("an account is on a list, or was renamed, and no list committed to it")
		case !row.Held || !slices.Contains(names, row.Name):
			r.Problemf("an account is in the tables that never had a token, or under a name that the trail does not know")
		}
	}
	if held != len(told) {
		r.Problemf("%d accounts that had tokens are in the tables, the trail has %d", held, len(told))
	}
	if last := w.newestList(); !people.are(last) {
		r.Problemf("the people of list %d are not those that the trail committed to (%d listed, %d left): an account was added, removed or changed",
			last.Number, last.Listed, last.Gone)
	}
	return nil
}

func (w *world) newestList() (l ListDetail) {
	if n := len(w.lists); n > 0 {
		l = w.lists[n-1].ListDetail
	}
	return l
}

// peopleWalk gathers what a list committed to.
type peopleWalk struct {
	leaves       []Hash
	listed, left int
}

func (p *peopleWalk) add(leaf Hash, listed bool) {
	p.leaves = append(p.leaves, leaf)
	if listed {
		p.listed++
	} else {
		p.left++
	}
}

func (p *peopleWalk) are(l ListDetail) bool {
	return p.listed == l.Listed && p.left == l.Gone && (l.Number == 0 || Commit(p.leaves) == l.Contents)
}

// tellAccount tells how a name is not that of the trail.
func (w *world) tellAccount(r *Report, what, name string, told named) {
	switch {
	case told.Text == nil:
		r.Problemf("%s: the table gives it to an account, the trail to none", what)
	case name == "":
		r.Problemf("%s: the trail gives it to an account, the table to none", what)
	default:
		r.Problemf("%s: its account is not that of the trail", what)
	}
}

// sameAccount holds a name against that of the trail, which its salted hash proved;
// in the place of an erased one stands what its erasure says. Lists may spell a name
// otherwise than who typed it: how its row is spelled was looked at.
func (w *world) sameAccount(name string, told named) bool {
	if told.Text == nil || name == "" {
		return told.Text == nil && name == ""
	}
	now := w.now(told)
	return name == now || len(w.lists) > 0 && token.Account(name).Key() == token.Account(now).Key()
}
