package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/internal/otp"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// LockoutFilter selects lockouts by when the token was locked; those that are
// locked now are told whenever that was.
type LockoutFilter struct {
	Scope
	Period
	Now time.Time
}

// Lockout is one time that failed attempts locked a token.
type Lockout struct {
	Serial      token.Serial `json:"serial"`
	LockedNow   bool         `json:"locked_now"`
	Account     *string      `json:"account"`  // for whom the last attempt was
	Failures    int          `json:"failures"` // in a row, the most
	TriedBy     []Tries      `json:"tried_by"` // who made how many of them, refused while locked included
	FirstAt     time.Time    `json:"first_failed_at"`
	LastAt      time.Time    `json:"last_failed_at"`
	LockedAt    time.Time    `json:"locked_at"`
	LockedUntil *time.Time   `json:"locked_until"` // null: until somebody unlocks it
	Ended       *string      `json:"ended"`        // unlocked, accepted, time, retired, gone; null: it is locked now
	EndedAt     *time.Time   `json:"ended_at"`
	UnlockedBy  *string      `json:"unlocked_by"`
	Approver    *string      `json:"approver"`
	Reason      *string      `json:"reason"` // of the unlock
	State       *token.State `json:"state"`  // now; null: the store does not know the token any more
	Batch       *int         `json:"batch"`
	Model       *string      `json:"model"`
	Location    *string      `json:"location"`
}

// Tries is how many attempts somebody made.
type Tries struct {
	Operator string `json:"operator"`
	Attempts int    `json:"attempts"`
}

// Lockouts finds them in the trail: those first that hold now, then the others,
// each in the order in which they began.
func Lockouts(r Reader, f LockoutFilter) Answer[Lockout] {
	return Answer[Lockout]{
		Title:    "Lockouts",
		Selected: f.Scope.words() + "; locked now, or locked: " + f.Period.words(),
		Limits: []string{
			"fob counts the codes that it checks itself. What verifiers counted at their logins, it does not see.",
			"An approver is a name that the operator typed; nobody verified it.",
		},
		Columns: lockoutColumns(),
		Spares:  []string{"Location", "Model", "Batch", "State", "First failed (UTC)"},
		Below:   []string{"Last failed (UTC)", "Ended at (UTC)", "Reason", "Approver", "Unlocked by", "Tried by"},
		Rows:    Later(func() ([]Lockout, error) { return f.find(r) }),
		None:    f.Period.ending("no token is locked, and none was locked"), Narrowed: f.Scope.filter(),
	}
}

func lockoutColumns() []sheet.Column[Lockout] {
	return []sheet.Column[Lockout]{
		sheet.Col("serial", "Serial", 18, "Text printed on the device", func(x *Lockout) token.Serial { return x.Serial }),
		sheet.Col("locked_now", "Locked now", 11, "Whether no code is accepted now", func(x *Lockout) bool { return x.LockedNow }),
		sheet.Col("failures", "Failures", 9, "Wrong codes in a row", func(x *Lockout) int { return x.Failures }),
		sheet.Col("account", "Account", 32, "For whom the last attempt was", func(x *Lockout) *string { return x.Account }),
		sheet.Col("", "Tried by", 28, "Who made how many of the attempts", func(x *Lockout) string { return triedWords(x.TriedBy) }),
		sheet.Col("first_failed_at", "First failed (UTC)", 20, "When the first of them was", func(x *Lockout) time.Time { return x.FirstAt }),
		sheet.Col("last_failed_at", "Last failed (UTC)", 20, "When the last of them was", func(x *Lockout) time.Time { return x.LastAt }),
		sheet.Col("locked_at", "Locked at (UTC)", 20, "When they locked it", func(x *Lockout) time.Time { return x.LockedAt }),
		sheet.Col("locked_until", "Until (UTC)", 20, "When the lock ends, or was to end; empty: when somebody unlocks it", func(x *Lockout) *time.Time { return x.LockedUntil }),
		sheet.Col("ended", "Ended", 10, "unlocked; accepted: a right code; time; retired; gone: withdrawn or exchanged", func(x *Lockout) *string { return x.Ended }),
		sheet.Col("ended_at", "Ended at (UTC)", 20, "When", func(x *Lockout) *time.Time { return x.EndedAt }),
		sheet.Col("unlocked_by", "Unlocked by", 16, "Operator", func(x *Lockout) *string { return x.UnlockedBy }),
		sheet.Col("approver", "Approver", 20, "Who approved it, as typed", func(x *Lockout) *string { return x.Approver }),
		sheet.Col("reason", "Reason", 30, "Of the unlock", func(x *Lockout) *string { return x.Reason }),
		sheet.Col("", "State", 12, "Where it stands now", func(x *Lockout) *token.State { return x.State }),
		sheet.Col("batch", "Batch", 8, "Number of the import that brought it", func(x *Lockout) *int { return x.Batch }),
		sheet.Col("model", "Model", 14, "As the seed file or the operator named it", func(x *Lockout) *string { return x.Model }),
		sheet.Col("location", "Location", 18, "Where it is, or was sent from", func(x *Lockout) *string { return x.Location }),
	}
}

func triedWords(all []Tries) string {
	words := make([]string, len(all))
	for i, t := range all {
		words[i] = fmt.Sprintf("%s %d", t.Operator, t.Attempts)
	}
	return listed(words)
}

func (f LockoutFilter) find(r Reader) ([]Lockout, error) {
	w := &lockWatch{rules: map[string]string{}, lock: token.UsualLock(), running: map[string]*failing{}}
	if err := eachEvent(r, w.event); err != nil {
		return nil, err
	}
	all := w.ended
	for _, run := range w.running {
		if !run.LockedAt.IsZero() {
			all = append(all, run)
		}
	}
	var found []Lockout
	for _, run := range all {
		t, err := known(r, run.Serial)
		if err != nil {
			return nil, err
		}
		run.settle(t, f.Now, w.lock)
		if f.Scope.has(t) && (run.LockedNow || f.Period.has(run.LockedAt)) {
			found = append(found, run.Lockout)
		}
	}
	slices.SortFunc(found, func(a, b Lockout) int {
		if a.LockedNow != b.LockedNow {
			return map[bool]int{true: -1, false: 1}[a.LockedNow]
		}
		return cmp.Or(a.LockedAt.Compare(b.LockedAt), strings.Compare(a.Serial.Key(), b.Serial.Key()))
	})
	return found, nil
}

// lockWatch is the failures in a row of each token while the trail is read. Which
// number of them locks is what the policy said at the time.
type lockWatch struct {
	rules   map[string]string
	lock    token.Lock
	running map[string]*failing // by serial key
	ended   []*failing          // those that locked a token
}

// failing is a run of failures, whether it locked the token or not.
type failing struct {
	Lockout
	until time.Time // as the token had it; zero: until it is unlocked
	over  bool      // the trail says how it ended
}

func (w *lockWatch) event(e Event) error {
	switch {
	case e.Command == token.CmdPolicySet:
		return w.policy(e)
	case e.Object.Kind != trail.KindToken:
		return nil
	}
	d, err := detailOf[trail.TokenDetail](e)
	if err != nil {
		return err
	}
	key := token.Serial(e.Object.ID).Key()
	switch run := w.running[key]; {
	case e.Outcome == trail.Refused && d.After != nil && d.After.Failures > 0:
		w.failed(key, e, d.After)
	case run != nil && e.Outcome == trail.Refused && e.Reason == string(otp.Locked):
		run.tried(e)
	case run != nil && d.After != nil && (d.After.Failures == 0 || e.To == token.Retired):
		w.end(key, e)
	}
	return nil
}

func (w *lockWatch) policy(e Event) error {
	d, err := detailOf[trail.PolicyDetail](e)
	if err != nil {
		return err
	}
	for _, c := range d.Changes {
		if w.rules[c.Name] = c.New; c.New == "" {
			delete(w.rules, c.Name)
		}
	}
	p, err := token.ParsePolicy(w.rules)
	w.lock = p.Lock
	return err
}

func (w *lockWatch) failed(key string, e Event, m *token.Standing) {
	run := w.running[key]
	if run == nil {
		run = &failing{Lockout: Lockout{Serial: token.Serial(e.Object.ID), FirstAt: e.Time.UTC()}}
		w.running[key] = run
	}
	run.tried(e)
	run.Failures, run.until = m.Failures, m.LockedUntil
	if run.LockedAt.IsZero() && (!m.LockedUntil.IsZero() || m.Failures >= w.lock.ForGood) {
		run.LockedAt = e.Time.UTC()
	}
}

func (run *failing) tried(e Event) {
	if run.LastAt = e.Time.UTC(); e.account() != nil {
		run.Account = e.account()
	}
	i := slices.IndexFunc(run.TriedBy, func(t Tries) bool { return t.Operator == e.Operator.Name })
	if i < 0 {
		i = len(run.TriedBy)
		run.TriedBy = append(run.TriedBy, Tries{Operator: e.Operator.Name})
	}
	run.TriedBy[i].Attempts++
}

// end closes a run: with an unlock, with a code that was right, or with the token.
func (w *lockWatch) end(key string, e Event) {
	run := w.running[key]
	delete(w.running, key)
	if run.LockedAt.IsZero() {
		return
	}
	at := e.Time.UTC()
	how := "accepted"
	switch {
	case e.Command == token.CmdUnlock:
		how, run.UnlockedBy = "unlocked", &e.Operator.Name
		run.Approver, run.Reason = e.text(trail.TextApprover), e.text(trail.TextReason)
	case e.To == token.Retired:
		how = "retired"
	}
	run.over, run.Ended, run.EndedAt = true, &how, &at
	w.ended = append(w.ended, run)
}

// settle says how a run stands now, by the policy of now.
func (run *failing) settle(t *Token, now time.Time, lock token.Lock) {
	run.LockedUntil = When(run.until)
	if t != nil {
		run.State, run.Batch, run.Model, run.Location = &t.State, &t.Batch, &t.Model, t.Location
	}
	if run.over {
		return
	}
	ends := token.Standing{Failures: run.Failures, LockedUntil: run.until}.LockEnds(now, lock)
	how := "time"
	switch {
	case t == nil || t.Failures == 0:
		how = "gone"
	case !ends.IsZero():
		run.LockedNow = true
		if ends == token.Forever {
			run.LockedUntil = nil
		}
		return
	default:
		run.EndedAt = run.LockedUntil
	}
	run.Ended = &how
}
