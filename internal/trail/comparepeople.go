package trail

import (
	"hash/maphash"

	"fob/internal/token"
)

func (v *verification) compareLists(t Tables) error {
	n, lists := 0, v.fold.lists
	for row, err := range t.ListRows() {
		if err != nil {
			return err
		}
		if n++; n > len(lists) {
			v.Problemf("list %d of people: the trail does not know it", row.Number)
		} else if row != lists[n-1] {
			v.Problemf("list %d of people: its columns are not those of the trail", lists[n-1].Number)
		}
	}
	if n < len(lists) {
		v.Problemf("%d lists of people are gone", len(lists)-n)
	}
	return nil
}

// accountSet are the accounts that ever had a token, as they are called now: of each
// only a hash is kept.
type accountSet struct {
	seed        maphash.Seed
	keys, names map[uint64]struct{}
	erased      []account // what they are called comes later in the trail
}

func newAccountSet() accountSet {
	return accountSet{seed: maphash.MakeSeed(), keys: map[uint64]struct{}{}, names: map[uint64]struct{}{}}
}

func (s *accountSet) add(f *Fold, a account) {
	if a.erased != 0 && f.names[a.erased] == "" {
		s.erased = append(s.erased, a)
		return
	}
	name := f.nameAt(a, now)
	s.names[maphash.String(s.seed, name)] = struct{}{}
	s.keys[maphash.String(s.seed, token.Account(name).Key())] = struct{}{}
}

func (s *accountSet) has(name string) (exactly, somehow bool) {
	_, exactly = s.names[maphash.String(s.seed, name)]
	_, somehow = s.keys[maphash.String(s.seed, token.Account(name).Key())]
	return exactly, somehow
}

// compareAccounts holds each row that a list had against what the list committed to,
// and whether it held a token against the events that gave it one. One that no list
// had must have held one, under the name that the trail has for it.
func (v *verification) compareAccounts(t Tables) error {
	f := v.fold
	for _, a := range v.accounts.erased {
		v.accounts.add(f, a)
	}
	p, held := v.peopleNow(), 0
	for row, err := range t.AccountRows() {
		if err != nil {
			return err
		}
		exactly, somehow := v.accounts.has(row.Name)
		if row.Held {
			held++
		}
		switch listed := p.add(row); {
		case listed && row.Held != somehow:
			v.Problemf("whether an account ever had a token is not what the trail says")
		case !listed && (!row.Held || !exactly):
			v.Problemf("an account is in the tables that never had a token, or under a name that the trail does not know")
		}
	}
	if held != len(v.accounts.keys) {
		v.Problemf("%d accounts that had tokens are in the tables, the trail has %d", held, len(v.accounts.keys))
	}
	p.compare()
	return nil
}

// peopleNow is what the newest list of people committed to, with what was erased of
// it since.
type peopleNow struct {
	v            *verification
	newest       ListDetail
	leaves       []Hash
	listed, left int
}

func (v *verification) peopleNow() *peopleNow {
	p := &peopleNow{v: v}
	if n := len(v.fold.lists); n > 0 {
		p.newest = v.fold.lists[n-1].ListDetail
	}
	for _, gone := range v.fold.persons {
		if gone.leaf != nil && gone.lists == len(v.fold.lists) {
			p.leaf(*gone.leaf, gone.listed)
		}
	}
	return p
}

func (p *peopleNow) leaf(leaf Hash, onList bool) {
	if p.leaves = append(p.leaves, leaf); onList {
		p.listed++
	} else {
		p.left++
	}
}

// add reports whether a list had the account.
func (p *peopleNow) add(row AccountRow) bool {
	if row.Salt != nil {
		p.leaf(row.Leaf(), row.Listed)
		return true
	}
	if row.Listed || !row.Since.IsZero() || row.Person != "" || row.FullName != "" || row.Former != nil {
		p.v.Problemf("an account is on a list, or was renamed, and no list committed to it")
	}
	return false
}

func (p *peopleNow) compare() {
	if p.listed != p.newest.Listed || p.left != p.newest.Gone || p.newest.Number != 0 && Commit(p.leaves) != p.newest.Contents {
		p.v.Problemf("the people of list %d are not those that the trail committed to (%d listed, %d left): an account was added, removed or changed",
			p.newest.Number, p.newest.Listed, p.newest.Gone)
	}
}
