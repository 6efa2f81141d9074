package report

import (
	"fmt"
	"time"

	"fob/internal/fault"
	"fob/internal/report/sheet"
	"fob/internal/token"
)

// Why an account that has tokens is not among the people of the newest list.
const (
	WhyLeft    = "left"    // it was on a list and is not any more
	WhyUnknown = "unknown" // it was never on one: mistyped, or of somebody whom the list leaves out
)

// LeaverFilter selects what Leavers gives beside the tokens of accounts that left.
type LeaverFilter struct {
	Tokens  Filter // narrows to some tokens
	Unknown bool   // those of accounts that no list ever had, too; nothing where there is no list
}

// Leaver is a token that is assigned, bound or suspended and whose account is not
// on the newest list of people.
type Leaver struct {
	Account  string       `json:"account"`
	FullName *string      `json:"full_name"`
	Why      string       `json:"why"`     // left or unknown
	LeftAt   *time.Time   `json:"left_at"` // when a list showed it
	Serial   token.Serial `json:"serial"`
	State    token.State  `json:"state"`
	Since    time.Time    `json:"state_since"`
	BoundAt  *time.Time   `json:"bound_at"`
}

// PeopleList is one list of people that was taken in.
type PeopleList struct {
	Number  int       `json:"number"`
	At      time.Time `json:"imported_at"`
	File    string    `json:"file"`
	SHA256  string    `json:"sha256"`
	Listed  int       `json:"listed"`
	Left    int       `json:"left"` // known to have left: accounts that had tokens
	Renamed int       `json:"renamed"`
}

// AccountFilter selects accounts; its zero value selects all.
type AccountFilter struct {
	Left   bool   // those that left
	Tokens bool   // those that have tokens now
	Prefix string // names that begin so
	Limit  int    // 0: no limit
}

// How an account stands with the lists of people.
const (
	OnList   = "listed"
	HasLeft  = "left"
	JustName = "typed" // never on a list
)

// Account is whom tokens are given to. Its JSON names are kept for good.
type Account struct {
	Account  string     `json:"account"`
	FullName *string    `json:"full_name"`
	PersonID *string    `json:"person_id"` // the list's own
	Standing string     `json:"standing"`  // listed, left or typed
	Since    *time.Time `json:"since"`
	Tokens   int        `json:"tokens"` // assigned, bound or suspended now
}

// AccountOf finds an account by its name; one without a name: nobody is called so.
func AccountOf(r Reader, a token.Account) (one Account, err error) {
	for one, err := range r.Accounts(AccountFilter{Prefix: string(a), Limit: 1}) { // the shortest comes first
		if err != nil || token.Account(one.Account).Key() == a.Key() {
			return one, err
		}
	}
	return one, nil
}

// AccountDetail is an account with every token that it ever had.
type AccountDetail struct {
	Account
	Former []FormerAccount `json:"former"`
	Held   []HeldToken     `json:"held"` // the newest first
}

// FormerAccount is a name that the account had.
type FormerAccount struct {
	Account string    `json:"account"`
	Until   time.Time `json:"until"`
}

// HeldToken is a binding, or an assignment that nobody proved: one that stands, or
// one that ended so.
type HeldToken struct {
	Serial token.Serial `json:"serial"`
	State  token.State  `json:"state"` // of the token, now
	Bound  *time.Time   `json:"bound_at"`
	Ended  *time.Time   `json:"ended_at"` // null: it stands
	By     *string      `json:"bound_by"`
	Proof  *string      `json:"proof"`
	Codes  *int         `json:"codes"`
	Ticket *string      `json:"ticket"`
	// Assigned is when it was sent out, of an assignment; null where a seed file or
	// nobody tells.
	Assigned *time.Time `json:"assigned_at"`
}

// LeaverList is the tokens of accounts that left as a report; list is the newest
// list of people, nil where there is none.
func LeaverList(r Reader, list *PeopleList, s Scope, unknown bool) Answer[Leaver] {
	limits := []string{"Who has left is what the newest list of people says: whom it leaves out by mistake has left, too."}
	none, selected, narrowed := fault.Textf("no token is with an account that left"), s.words(), s.filter()
	switch {
	case list == nil:
		none = fault.Textf("no list of people was imported yet: %s", fault.Do("account import", "FILE"))
		narrowed = Filter{} // of no tokens is that less true
	default:
		limits = append(limits, fmt.Sprintf("The newest list is %d, %s, of %s.", list.Number, list.File, minute(list.At)))
	}
	if unknown {
		if list != nil {
			none = fault.Textf("no token is with an account that left, or that no list ever had")
		}
		selected += "; accounts that no list ever had, too"
	}
	type row = Leaver
	return Answer[row]{
		Title:    "Leavers",
		Selected: selected,
		Limits:   limits,
		Columns: []sheet.Column[row]{
			sheet.Col("account", "Account", 32, "Who has the token", func(x *row) string { return x.Account }),
			sheet.Col("full_name", "Name", 24, "As the list of people had it", func(x *row) *string { return x.FullName }),
			sheet.Col("why", "Why", 9, "left: it was on a list and is not any more; unknown: no list ever had it", func(x *row) string { return x.Why }),
			sheet.Col("left_at", "Left (UTC)", 20, "When the first list without it was taken in", func(x *row) *time.Time { return x.LeftAt }),
			sheet.Col("serial", "Serial", 18, "Text printed on the device", func(x *row) token.Serial { return x.Serial }),
			sheet.Col("state", "State", 12, "Where the token stands", func(x *row) token.State { return x.State }),
			sheet.Col("state_since", "Since (UTC)", 20, "Since when", func(x *row) time.Time { return x.Since }),
			sheet.Col("bound_at", "Bound (UTC)", 20, "When it was bound", func(x *row) *time.Time { return x.BoundAt }),
		},
		Spares: []string{"Since (UTC)", "Bound (UTC)", "Name", "Left (UTC)"},
		Rows:   r.Leavers(LeaverFilter{Tokens: s.filter(), Unknown: unknown}),
		None:   none, Narrowed: narrowed,
	}
}
