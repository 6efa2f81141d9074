package report

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"fob/internal/otp"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// ExceptionKind is what is wrong, or at least to be explained.
type ExceptionKind string

// The kinds of exceptions, in the order in which they are told.
const (
	ExpiredBound  ExceptionKind = "expired_bound"        // its time is over, and somebody still has it
	LockedNow     ExceptionKind = "locked"               // after failed attempts
	LeaverHolds   ExceptionKind = "leaver"               // of an account that has left
	SeedLeaked    ExceptionKind = "leaked"               // and it is not retired
	StolenBack    ExceptionKind = "stolen_back"          // stolen once, and in use or in stock again
	ClockOutlier  ExceptionKind = "drift_outlier"        // a clock unlike the others
	LostLate      ExceptionKind = "lost_late"            // entered long after it was told
	ApprovedAlone ExceptionKind = "approver_is_operator" // nobody else looked
	ManyRefusals  ExceptionKind = "many_refusals"        // an operator tried many wrong codes
	Override      ExceptionKind = "override"             // a rule was set aside
)

// ExceptionKinds lists all kinds with what each means.
func ExceptionKinds() []ExceptionMeaning {
	return []ExceptionMeaning{
		{ExpiredBound, "expired, and still assigned, bound or suspended"},
		{LockedNow, "locked after failed attempts"},
		{LeaverHolds, "a token of an account that has left"},
		{SeedLeaked, "others may know its seed, and it is not retired"},
		{StolenBack, "stolen once, found, and taken back into stock or use"},
		{ClockOutlier, fmt.Sprintf("a clock with a rate beyond %v ppm, that jumped, or that runs %v ppm unlike its batch and model", otp.MaxRate, UnlikeRate)},
		{LostLate, "a loss that was entered more than 24 hours after it was reported"},
		{ApprovedAlone, "the approver is, by name, the operator or the account itself"},
		{ManyRefusals, "an operator so many of whose codes were refused within an hour that a second person was needed, or who tried to bind several serials that are not theirs"},
		{Override, "a rule was set aside: unlock, clock accept, audit accept, batch correct, batch withdraw, policy set, the release of a stolen token, a search that somebody approved or that was wide, seeds handed on in clear text, an import that exchanged tokens, gave retired serials new seeds, left records out, or took what it refuses by itself"},
	}
}

// ExceptionMeaning explains a kind.
type ExceptionMeaning struct {
	Kind    ExceptionKind
	Meaning string
}

// Exception is one thing that an auditor asks about. What does not apply is null:
// an event has no state, a token no operator.
type Exception struct {
	Kind     ExceptionKind `json:"kind"`
	Object   string        `json:"object"` // serial, or what else the event is about
	State    *token.State  `json:"state"`
	Account  *string       `json:"account"`
	At       *time.Time    `json:"at"`       // since when, or when
	Hours    *float64      `json:"hours"`    // of a late entry: from report to entry
	Event    *int64        `json:"event"`    // its number in the trail
	Operator *string       `json:"operator"` // who did it
	Approver *string       `json:"approver"`
	Reason   *string       `json:"reason"`
	About    string        `json:"about"`   // in words
	Count    int           `json:"count"`   // of things that it is said of: one cause is one exception
	Objects  []string      `json:"objects"` // all of them, the first thousand where there are more

	last time.Time // of the events that it stands for
}

// ExceptionFilter selects exceptions; its zero value but for Now selects all.
type ExceptionFilter struct {
	Now   time.Time
	Kinds []ExceptionKind // none: all
	// Since leaves out events of before.
	Since time.Time
	// Tokens narrows what is said of tokens; the trail is not narrowed by it.
	Tokens Filter
}

func (f ExceptionFilter) wants(k ExceptionKind) bool {
	return len(f.Kinds) == 0 || slices.Contains(f.Kinds, k)
}

// ExceptionSeq streams exceptions; the first error ends it.
type ExceptionSeq = iter.Seq2[Exception, error]

// Exceptions finds them: those of tokens kind by kind, in the order of serials,
// then those of the trail in its order. Nothing is held in memory but the
// outliers.
func Exceptions(r Reader, f ExceptionFilter) ExceptionSeq {
	each := Chained(expiredBound(r, f), lockedNow(r, f), leavers(r, f), markedTokens(r, f), clockOutliers(r, f), ofTrail(r, f))
	counted := Mapped(each, func(x Exception) (Exception, bool, error) {
		if x.Count, x.Objects = 1, []string{x.Object}; x.At != nil {
			x.last = *x.At
		}
		return x, true, nil
	})
	return Joined(counted, (*Exception).takes)
}

// maxObjects bounds what an exception names, and oneCause how long after the one before
// an event still belongs to the same command.
const (
	maxObjects = 1000
	oneCause   = 10 * time.Minute
)

// takes counts another exception in if it has the same cause, and follows: of tokens since
// the same time, of events by the same people for the same reason.
func (x *Exception) takes(next Exception) bool {
	same := x.Kind == next.Kind && x.About == next.About && worded((*string)(x.State)) == worded((*string)(next.State)) &&
		worded(x.Account) == worded(next.Account) && (x.At == nil) == (next.At == nil) && (x.Event == nil) == (next.Event == nil) &&
		worded(x.Operator) == worded(next.Operator) && worded(x.Approver) == worded(next.Approver) && worded(x.Reason) == worded(next.Reason)
	if same && x.At != nil {
		apart := next.At.Sub(x.last).Abs()
		same = apart == 0 || next.Event != nil && (apart < oneCause || next.Object == x.Object && strings.HasPrefix(x.Object, trail.KindBatch+" "))
	}
	if !same {
		return false
	}
	if x.Count++; len(x.Objects) < maxObjects && next.Object != x.Objects[len(x.Objects)-1] {
		x.Objects = append(x.Objects, next.Object)
	}
	if next.At != nil {
		x.last = *next.At
	}
	return true
}

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
			"Overrides stand here once they were done. Those that were refused, and ordinary commands that somebody approved, stand in the report of overrides alone.",
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
		Rows:   Mapped(Exceptions(r, f), func(x row) (row, bool, error) { return x, x.Event == nil || p.has(*x.At), nil }),
		None:   p.ending(ofKinds("no exceptions", f.Kinds)), Narrowed: s.filter(),
	}
}

// ofKinds is a sentence about some kinds only.
func ofKinds[K ~string](sentence string, kinds []K) string {
	if len(kinds) == 0 {
		return sentence
	}
	return sentence + " (of the kinds " + kindWords(kinds) + ")"
}
