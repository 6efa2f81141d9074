package report

import (
	"fob/internal/report/sheet"
	"fob/internal/token"
	"iter"
	"time"
)

// ExceptionList is the exceptions as a report.
func ExceptionList(r Reader, f ExceptionFilter, s Scope, p Period) Answer[Exception] {
	f.Tokens, f.Since = s.filter(), p.Since
	type row = Exception
	return Answer[row]{
		Title:    "Exceptions",
		Selected: s.words() + "; events: " + p.words(),
		Limits: []string{
			"Who has left is what the newest list of people says; without one nobody has.",
			"An approver is a name that the operator typed; that it is another name than the operator's does not prove another person.",
		},
		Columns: []sheet.Column[row]{
			sheet.Col("kind", "Kind", 20, "What is to be explained", func(x *row) ExceptionKind { return x.Kind }),
			sheet.Col("object", "Object", 18, "Serial, or what else the event is about", func(x *row) string { return x.Object }),
			sheet.Col("", "State", 12, "Where the token stands, or stood after the event", func(x *row) *token.State { return x.State }),
			sheet.Col("account", "Account", 28, "Whom it is about", func(x *row) *string { return x.Account }),
			sheet.Col("at", "Time (UTC)", 20, "Since when, or when", func(x *row) *time.Time { return x.At }),
			sheet.Col("hours", "Hours", 8, "Of a loss: from its report to its entry", func(x *row) *float64 { return x.Hours }),
			sheet.Col("", "Event", 9, "Number in the trail", func(x *row) *int64 { return x.Event }),
			sheet.Col("operator", "Operator", 16, "Who did it", func(x *row) *string { return x.Operator }),
			sheet.Col("approver", "Approver", 20, "Who approved it, as typed", func(x *row) *string { return x.Approver }),
			sheet.Col("reason", "Reason", 30, "Why, as typed", func(x *row) *string { return x.Reason }),
			sheet.Col("about", "About", 50, "The same in words", func(x *row) string { return x.About }),
			sheet.Col("count", "Count", 7, "How many tokens or events have this one cause; Object is the first", func(x *row) int { return x.Count }),
		},
		Spares: []string{"Hours", "Event"},
		Below:  []string{"About", "Reason", "Approver", "State", "Account", "Operator"},
		Rows:   before(Exceptions(r, f), p),
		None:   p.ending(ofKinds("no exceptions", f.Kinds)), Narrowed: s.filter(),
	}
}

// before leaves out events that are not before the period's end.
func before(rows iter.Seq2[Exception, error], p Period) iter.Seq2[Exception, error] {
	return func(yield func(Exception, error) bool) {
		for x, err := range rows {
			if err == nil && x.Event != nil && !p.has(*x.At) {
				continue
			}
			if !yield(x, err) || err != nil {
				return
			}
		}
	}
}

// ofKinds is a sentence about some kinds only.
func ofKinds[K ~string](sentence string, kinds []K) string {
	if len(kinds) == 0 {
		return sentence
	}
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return sentence + " (of the kinds " + listed(words) + ")"
}
