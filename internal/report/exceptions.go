package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

// LateLoss is how long from the report of a loss to its entry is long: until
// then a token that somebody else may hold went on being accepted.
const LateLoss = 24 * time.Hour

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
	Override      ExceptionKind = "override"             // a second person set a rule aside
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
		{Override, "a rule was set aside: unlock, clock accept, batch correct, batch withdraw, policy set, the release of a stolen token, a search that somebody approved"},
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
	if len(f.Kinds) == 0 {
		return true
	}
	for _, w := range f.Kinds {
		if w == k {
			return true
		}
	}
	return false
}

// ExceptionSeq streams exceptions; the first error ends it.
type ExceptionSeq = iter.Seq2[Exception, error]

// Exceptions finds them: those of tokens kind by kind, in the order of serials,
// then those of the trail in its order. Nothing is held in memory but the
// outliers.
func Exceptions(r Reader, f ExceptionFilter) ExceptionSeq { return oneOfEachCause(eachException(r, f)) }

// maxObjects bounds what an exception names, and oneCause how long after the one before
// an event still belongs to the same command.
const (
	maxObjects = 1000
	oneCause   = 10 * time.Minute
)

// oneOfEachCause makes one of exceptions that follow each other and say the same: of
// tokens since the same time, of events by the same people for the same reason.
func oneOfEachCause(all ExceptionSeq) ExceptionSeq {
	return func(yield func(Exception, error) bool) {
		var held Exception
		for x, err := range all {
			if err == nil {
				if held.takes(x) {
					continue
				}
				x.Count, x.Objects = 1, []string{x.Object}
				if x.At != nil {
					x.last = *x.At
				}
			}
			if held.Count > 0 && !yield(held, nil) {
				return
			}
			if held = x; err != nil {
				yield(x, err)
				return
			}
		}
		if held.Count > 0 {
			yield(held, nil)
		}
	}
}

// takes counts another exception in if it has the same cause.
func (x *Exception) takes(next Exception) bool {
	same := x.Count > 0 && x.Kind == next.Kind && x.About == next.About && worded((*string)(x.State)) == worded((*string)(next.State)) &&
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

// eachException has every one for itself.
func eachException(r Reader, f ExceptionFilter) ExceptionSeq {
	return func(yield func(Exception, error) bool) {
		for _, part := range []ExceptionSeq{expiredBound(r, f), lockedNow(r, f), leavers(r, f), markedTokens(r, f), clockOutliers(r, f), ofTrail(r, f)} {
			for x, err := range part {
				if !yield(x, err) || err != nil {
					return
				}
			}
		}
	}
}

// ofTokens turns tokens into exceptions; say returns nil for one that is not.
func ofTokens(tokens iter.Seq2[Token, error], say func(*Token) *Exception) ExceptionSeq {
	return func(yield func(Exception, error) bool) {
		for t, err := range tokens {
			if err != nil {
				yield(Exception{}, err)
				return
			}
			x := say(&t)
			if x == nil {
				continue
			}
			x.Object, x.State, x.Account = string(t.Serial), &t.State, t.Account
			if !yield(*x, nil) {
				return
			}
		}
	}
}

func nothingFound(func(Exception, error) bool) {}

func expiredBound(r Reader, f ExceptionFilter) ExceptionSeq {
	if !f.wants(ExpiredBound) {
		return nothingFound
	}
	expired := f.Tokens
	if expired.ExpiringBy.IsZero() || expired.ExpiringBy.After(f.Now) {
		expired.ExpiringBy = f.Now
	}
	return ofTokens(r.Tokens(expired), func(t *Token) *Exception {
		if t.Account == nil || t.NotAfter == nil {
			return nil
		}
		return &Exception{Kind: ExpiredBound, At: t.NotAfter, About: fmt.Sprintf("expired on %s and is still %s", day(*t.NotAfter), t.State)}
	})
}

func lockedNow(r Reader, f ExceptionFilter) ExceptionSeq {
	if !f.wants(LockedNow) {
		return nothingFound
	}
	locked := f.Tokens
	locked.LockedAt = f.Now
	return ofTokens(r.Tokens(locked), func(t *Token) *Exception {
		if t.LockedUntil == nil {
			return nil
		}
		x := &Exception{Kind: LockedNow, At: t.LockedUntil, About: fmt.Sprintf("%d failed attempts in a row", t.Failures)}
		if t.LockedUntil.Equal(token.Forever) { // no date: somebody ends it
			x.At, x.About = nil, x.About+"; locked until somebody unlocks it"
		}
		return x
	})
}

// leavers come in the order of their accounts.
func leavers(r Reader, f ExceptionFilter) ExceptionSeq {
	if !f.wants(LeaverHolds) {
		return nothingFound
	}
	return func(yield func(Exception, error) bool) {
		for l, err := range r.Leavers(LeaverFilter{Tokens: f.Tokens}) {
			x := Exception{Kind: LeaverHolds, Object: string(l.Serial), State: &l.State, Account: &l.Account, At: l.LeftAt,
				About: fmt.Sprintf("%s to an account that has left", l.State)}
			if !yield(x, err) || err != nil {
				return
			}
		}
	}
}

// markedTokens are tokens whose seed leaked, and those that were stolen and came back.
func markedTokens(r Reader, f ExceptionFilter) ExceptionSeq {
	if !f.wants(SeedLeaked) && !f.wants(StolenBack) {
		return nothingFound
	}
	tokens := f.Tokens
	tokens.Marked = true
	return ofTokens(r.Tokens(tokens), func(t *Token) *Exception {
		x := &Exception{At: &t.StateSince}
		switch {
		case t.Leaked && t.State != token.Retired && f.wants(SeedLeaked):
			x.Kind, x.About = SeedLeaked, fmt.Sprintf("others may know its seed, and it is %s: not retired yet", t.State)
		case t.WasStolen && !t.Leaked && (t.State == token.InStock || t.State.HasAccount()) && f.wants(StolenBack):
			x.Kind, x.About = StolenBack, fmt.Sprintf("it was stolen once, came back, and is %s", t.State)
		default:
			return nil
		}
		return x
	})
}

// maxOutliers bounds what is held of clocks; a store with more has one problem,
// not so many.
const maxOutliers = 10_000

func clockOutliers(r Reader, f ExceptionFilter) ExceptionSeq {
	if !f.wants(ClockOutlier) {
		return nothingFound
	}
	return func(yield func(Exception, error) bool) {
		d, err := ReadDrift(r, DriftFilter{Batch: f.Tokens.Batch, Model: f.Tokens.Model, Outliers: maxOutliers})
		if err != nil {
			yield(Exception{}, err)
			return
		}
		for _, o := range d.Outliers {
			x := Exception{Kind: ClockOutlier, Object: string(o.Serial), State: &o.State, At: &o.ObservedAt, About: outlierWords(o)}
			if !yield(x, nil) {
				return
			}
		}
	}
}

func outlierWords(o DriftOutlier) string {
	var parts []string
	if o.Rate != nil {
		parts = append(parts, fmt.Sprintf("runs at %+.1f ppm", *o.Rate))
	}
	if o.Jumps > 0 {
		parts = append(parts, fmt.Sprintf("jumped %d times", o.Jumps))
	}
	return strings.Join(append(parts, fmt.Sprintf("was off by %+.0f s", o.Drift)), ", ")
}

// ofTrail reads the trail once. Most events are ordinary, and are passed over by
// their bytes.
func ofTrail(r Reader, f ExceptionFilter) ExceptionSeq {
	if !f.wants(LostLate) && !f.wants(ApprovedAlone) && !f.wants(Override) && !f.wants(ManyRefusals) {
		return nothingFound
	}
	return func(yield func(Exception, error) bool) {
		g, err := newGuessing(r)
		if err != nil {
			yield(Exception{}, err)
			return
		}
		for stored, err := range r.Events(EventFilter{}) {
			if err == nil && !worthALook(stored.Body) {
				continue
			}
			var found []Exception
			if err == nil {
				found, err = f.ofEvent(stored, g)
			}
			if err != nil {
				yield(Exception{}, err)
				return
			}
			for _, x := range found {
				if !yield(x, nil) {
					return
				}
			}
		}
	}
}

// worthALook reports whether an event can be an exception, without reading it: a
// quote within a text of its JSON would have a backslash before it.
func worthALook(body []byte) bool {
	for _, mark := range []string{`"outcome":"refused"`, `"taken_back":true`, `"to":"lost"`, `"approver":"`, `"command":"unlock"`, `"command":"clock accept"`, `"command":"batch `, `"command":"policy set"`} {
		if bytes.Contains(body, []byte(mark)) {
			return true
		}
	}
	return false
}

func (f ExceptionFilter) ofEvent(stored trail.Stored, g guessing) (found []Exception, err error) {
	e, err := plainEvent(stored)
	if err != nil || e.Time.Before(f.Since) {
		return nil, err
	}
	add := func(k ExceptionKind, about string, hours *float64) {
		if f.wants(k) {
			x := e.exception(k, about)
			x.Hours = hours
			found = append(found, x)
		}
	}
	if late, err := e.lateLoss(); err != nil {
		return nil, err
	} else if late > LateLoss {
		hours := late.Hours()
		add(LostLate, fmt.Sprintf("entered %.0f hours after it was reported", hours), &hours)
	}
	if approver := e.Plain[trail.TextApprover]; samePerson(approver, e.Operator.Name) {
		add(ApprovedAlone, "approved by the operator", nil)
	} else if samePerson(approver, e.Plain[trail.TextAccount]) {
		add(ApprovedAlone, "approved by the account itself", nil)
	}
	if x, err := g.look(e); err != nil {
		return nil, err
	} else if x != nil && f.wants(ManyRefusals) {
		found = append(found, *x)
	}
	about := e.approved()
	if e.Command == token.CmdRelease && e.Texts[trail.TextApprover] != "" {
		d, err := detailOf[trail.TokenDetail](e)
		if err != nil {
			return nil, err
		}
		if d.After != nil && d.After.WasStolen {
			about = "a token that was stolen was released" + byRequest(e.Request)
		}
	}
	if about != "" && e.Outcome == trail.Done {
		add(Override, about, nil)
	}
	return found, nil
}

func (e Event) exception(k ExceptionKind, about string) Exception {
	seq, at := e.Seq, e.Time.UTC()
	x := Exception{Kind: k, Object: e.Object.ID, At: &at, Event: &seq, Operator: &e.Operator.Name, About: about,
		Account: NonZero(e.Plain[trail.TextAccount]), Approver: NonZero(e.Plain[trail.TextApprover]), Reason: NonZero(e.Plain[trail.TextReason])}
	if e.Object.Kind != trail.KindToken {
		x.Object = e.Object.Kind + " " + e.Object.ID
	}
	if e.To != "" {
		x.State = &e.To
	}
	return x
}

// lateLoss is the time from the report of a loss to this event, which enters it;
// zero for any other event.
func (e Event) lateLoss() (time.Duration, error) {
	if e.To != token.Lost || e.From == token.Lost || e.Outcome != trail.Done {
		return 0, nil
	}
	var d trail.TokenDetail
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return 0, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	if d.After == nil || d.After.Loss.Reported.IsZero() {
		return 0, nil
	}
	return e.Time.Sub(d.After.Loss.Reported), nil
}

// approved is override with the request that the event carries out.
func (e Event) approved() string {
	about := e.override()
	if e.Request == 0 {
		return about
	}
	if about == "" {
		about = fmt.Sprintf("%s was approved by a second person", e.Command)
	}
	return about + byRequest(e.Request)
}

func byRequest(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", by request %d", n)
}

// override says which rule an event set aside; empty: none.
func (e Event) override() string {
	switch e.Command {
	case token.CmdUnlock:
		return "unlocked after failed attempts"
	case token.CmdClockAccept:
		return "a time was accepted that lies before the newest event"
	case token.CmdBatchCorrect:
		return "the parameters of a batch were corrected"
	case token.CmdBatchWithdraw:
		return "an import was withdrawn"
	case token.CmdPolicySet:
		return "the policy was changed"
	case token.CmdBind, token.CmdCheck, token.CmdResync, token.CmdUnbind, token.CmdReplace:
		if e.Texts[trail.TextApprover] != "" {
			return fmt.Sprintf("%s was approved by a second person", e.Command)
		}
	}
	return ""
}

// samePerson compares two names as people are called in different places: anna,
// Anna@example.com and EXAMPLE\anna are one.
func samePerson(a, b string) bool {
	a, b = loginName(a), loginName(b)
	return a != "" && strings.EqualFold(a, b)
}

func loginName(s string) string {
	if i := strings.LastIndexByte(s, '\\'); i >= 0 {
		s = s[i+1:]
	}
	s, _, _ = strings.Cut(s, "@")
	return strings.TrimSpace(s)
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }
