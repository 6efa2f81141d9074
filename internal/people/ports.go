package people

import (
	"context"
	"iter"
	"slices"
	"time"

	"fob/internal/desk"
	"fob/internal/token"
	"fob/internal/trail"
)

// Store is what the use cases about people need of a database.
type Store interface {
	View(ctx context.Context, fn func(Reader) error) error
	Update(ctx context.Context, fn func(Tx) error) error
	// EmptyLog writes the write-ahead log back and cuts it to nothing, so that
	// nothing of erased texts stays in it; done is false while somebody still reads
	// an older state.
	EmptyLog(ctx context.Context) (done bool, err error)
}

// Reader reads accounts and the lists that they came with.
type Reader interface {
	desk.PolicyReader
	desk.AccountReader
	Token(serial token.Serial) (token.Token, error)
	// TokensOf lists what an account has: assigned, bound and suspended tokens.
	TokensOf(a token.Account) ([]token.Serial, error)
	// PeopleMark counts the accounts that are, or were, on a list, and the texts that
	// were erased: while no list is taken in, both change with erasures only.
	PeopleMark() (listed, erased int, err error)
	// EachAccount calls fn with every account. Its bytes are valid until fn returns,
	// which must not ask for accounts itself.
	EachAccount(fn func(StoredAccount) error) error
	// FormerNames returns the names that accounts had, by the accounts' ids, and which
	// key became which.
	FormerNames() (names map[int64][]trail.FormerName, became map[[2]string]bool, err error)
	// AccountRow is what the tables have of an account; nothing where they have none.
	AccountRow(a token.Account) (trail.AccountRow, error)
	// Holding returns the tokens that are assigned, bound or suspended to an account;
	// ever reports whether it had any at any time.
	Holding(accountID int64) (now []Held, ever bool, err error)
	// Holders returns the ids of the accounts that have tokens now, in rising order.
	Holders() ([]int64, error)
	// TextsAbout lists the texts beside the events that name an account, but for who
	// approved.
	TextsAbout(a token.Account) ([]trail.ErasedRows, error)
	// VouchPeople refuses, with an error of kind Integrity, accounts that are not what
	// the trail says that the newest list of people left.
	VouchPeople() error
	// ErasedName is what is to stand for the next account that is erased.
	ErasedName() (string, error)
}

// Tx is a Reader that writes.
type Tx interface {
	Reader
	trail.Log
	// VouchAccount refuses as VouchPeople does, and tokens that events about the account
	// name and that are not what the trail says.
	VouchAccount(a token.Account) error
	// EraseAccount removes texts that the newest event, by, names, and calls
	// the account otherwise.
	EraseAccount(a token.Account, name string, rows []trail.ErasedRows, by int64) error
	// SaveList writes a list of people and what it changes.
	SaveList(l trail.ListRow, c ListChanges) error
}

// StoredAccount is an account as it is kept.
type StoredAccount struct {
	ID             int64
	Key, Name      []byte
	Known, Listed  bool
	Since          time.Time
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
