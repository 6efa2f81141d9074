package report

import "fmt"

// LeaverList is the tokens of accounts that left as a report; list is the newest
// list of people, nil where there is none.
func LeaverList(r Reader, list *PeopleList, s Scope, unknown bool) Answer[Leaver] {
	limits := []string{"Who has left is what the newest list of people says: whom it leaves out by mistake has left, too."}
	none, selected, narrowed := "no token is with an account that left", s.words(), s.filter()
	switch {
	case list == nil:
		none = "no list of people was imported yet: `fob account import FILE`"
		narrowed = Filter{} // of no tokens is that less true
	default:
		limits = append(limits, fmt.Sprintf("The newest list is %d, %s, of %s.", list.Number, list.File, minute(list.At)))
	}
	if unknown {
		if list != nil {
			none = "no token is with an account that left, or that no list ever had"
		}
		selected += "; accounts that no list ever had, too"
	}
	type row = Leaver
	return Answer[row]{
		Title:    "Leavers",
		Selected: selected,
		Limits:   limits,
		Columns: []Column[row]{
			{"Account", 32, "Who has the token", func(x *row) any { return x.Account }},
			{"Name", 24, "As the list of people had it", func(x *row) any { return x.FullName }},
			{"Why", 9, "left: it was on a list and is not any more; unknown: no list ever had it", func(x *row) any { return x.Why }},
			{"Left (UTC)", 20, "When the first list without it was taken in", func(x *row) any { return x.LeftAt }},
			{"Serial", 18, "Text printed on the device", func(x *row) any { return string(x.Serial) }},
			{"State", 12, "Where the token stands", func(x *row) any { return string(x.State) }},
			{"Since (UTC)", 20, "Since when", func(x *row) any { return x.Since }},
			{"Bound (UTC)", 20, "When it was bound", func(x *row) any { return x.BoundAt }},
		},
		Spares: []string{"Since (UTC)", "Bound (UTC)", "Name", "Left (UTC)"},
		Rows:   r.Leavers(LeaverFilter{Tokens: s.filter(), Unknown: unknown}),
		None:   none, Narrowed: narrowed,
	}
}
