package desk

import (
	"iter"
	"slices"
	"time"

	"fob/internal/token"
	"fob/internal/trail"
)

// PeopleReader reads accounts and the lists that they came with.
type PeopleReader interface {
	// NewestPeople is the list that was taken in last; its number is 0 where there
	// is none.
	NewestPeople() (PeopleHead, error)
	// PeopleMark counts the accounts that are, or were, on a list, and the texts that
	// were erased: while no list is taken in, both change with erasures only.
	PeopleMark() (listed, erased int, err error)
	// EachAccount calls fn with every account. Its bytes are valid until fn returns,
	// which must not ask for accounts itself.
	EachAccount(fn func(StoredAccount) error) error
	// FormerNames gives the names that accounts had, by the accounts' ids, and which
	// key became which.
	FormerNames() (names map[int64][]trail.FormerName, became map[[2]string]bool, err error)
	// AccountStanding finds an account by its name as lists know it.
	AccountStanding(a token.Account) (Standing, error)
	// AccountRow is what the tables have of an account; nothing where they have none.
	AccountRow(a token.Account) (trail.AccountRow, error)
	// NearAccounts finds listed accounts that a person may have meant, the
	// likeliest first.
	NearAccounts(a token.Account, limit int) ([]token.Account, error)
	// Holding gives the tokens that are assigned, bound or suspended to an account;
	// ever reports whether it had any at any time.
	Holding(accountID int64) (now []Held, ever bool, err error)
	// Holders gives the ids of the accounts that have tokens now, in rising order.
	Holders() ([]int64, error)
}

// PeopleHead is what is asked of a list most often.
type PeopleHead struct {
	Number int
	At     time.Time
	SHA256 string
}

// Standing is how an account stands with the lists.
type Standing struct {
	Known  bool // on some list, now or before
	Listed bool // on the newest one
	Since  time.Time
	Now    token.Account // what it was renamed to; empty: it is called so, or nobody is
}

// StoredAccount is an account as it is kept.
type StoredAccount struct {
	ID             int64
	Key, Name      []byte
	Known, Listed  bool
	Since          int64
	Person         []byte
	FullName, Salt []byte
}

// clone is valid for longer than a walk.
func (s StoredAccount) clone() StoredAccount {
	for _, text := range []*[]byte{&s.Key, &s.Name, &s.Person, &s.FullName, &s.Salt} {
		*text = slices.Clone(*text)
	}
	return s
}

// Held is a token that an account has.
type Held struct {
	Serial   token.Serial
	State    token.State
	Software bool // virtual: nobody can bring it back
}

// ListChanges is what a list changes in the table of accounts, in this order.
type ListChanges struct {
	Deletes []int64              // left and never had a token; an error if one has by now
	Merges  [][2]int64           // the tokens and bindings of the first, which no list had, become the second's, and it goes
	Updates []ListUpdate         // names may pass from one to another in a ring
	Typed   iter.Seq[ListUpdate] // were only typed before, and are spelled so; may be nil
	Inserts iter.Seq[trail.AccountRow]
}

// ListUpdate is an account with what it is from now on. Where it is renamed the
// newest of its former names is new.
type ListUpdate struct {
	ID      int64
	Renamed bool
	Row     trail.AccountRow
}
