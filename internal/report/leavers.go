package report

import (
	"fmt"
	"fob/internal/fault"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"time"
)

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
