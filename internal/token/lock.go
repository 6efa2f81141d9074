package token

import (
	"slices"
	"time"

	"fob/internal/fault"
)

// Failed attempts in a row lock a token: from the fifth on for 15 minutes each,
// from the tenth on until somebody unlocks it (PCI DSS 8.3.4 asks for ten at
// most; NIST SP 800-63B section 3.2.2 for a hundred).
const (
	LockAfter   = 5
	LockFor     = 15 * time.Minute
	LockForGood = 10
)

// Forever is shown as the end of a lock that only an unlock ends.
var Forever = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// Lock is when failures lock a token.
type Lock struct {
	After   int           // failures in a row that lock it for a while
	For     time.Duration // how long
	ForGood int           // failures that lock it until it is unlocked
}

// UsualLock is what holds where no policy is stricter.
func UsualLock() Lock { return Lock{LockAfter, LockFor, LockForGood} }

// Fail counts a failed attempt and locks the token where that is due.
func (t *Standing) Fail(now time.Time, l Lock) {
	t.Failures++
	t.LockedUntil = time.Time{}
	if t.Failures >= l.After && t.Failures < l.ForGood {
		t.LockedUntil = now.Add(l.For)
	}
}

// ClearFailures forgets failures and lock.
func (t *Standing) ClearFailures() { t.Failures, t.LockedUntil = 0, time.Time{} }

// LockEnds is when the token may be tried again: zero when it may be now,
// Forever when it must be unlocked first.
func (t Standing) LockEnds(now time.Time, l Lock) time.Time {
	if ends := t.LastLock(l); now.Before(ends) {
		return ends
	}
	return time.Time{}
}

// Left is how many more failures lock the token.
func (t Standing) Left(l Lock) int { return max(1, l.After-t.Failures) }

// LastLock is when the lock of a token's last failure ends or ended: zero without
// one, Forever for a lock that is for good. That one is never stored: whether it
// holds is for the policy to say.
func (t Standing) LastLock(l Lock) time.Time {
	if t.Failures >= l.ForGood {
		return Forever
	}
	return t.LockedUntil
}

// Approver is a second person as typed: a name that nobody verified, and that must not
// be the operator's own. Package request has approvals that the system verifies.
type Approver string

// ParseApprover checks a typed approver. Logins are what else the operator is called.
func ParseApprover(text string, by Operator, logins ...string) (Approver, error) {
	t, err := ParseText(fault.ApprovedBy, text)
	if err != nil {
		return "", err
	}
	if t == "" {
		return "", fault.Errorf(fault.Refused, "a second person has to approve this").WithHint("name them with %s", fault.ApprovedBy)
	}
	if slices.ContainsFunc(append(logins, by.Name), func(own string) bool { return SameName(t, own) }) {
		return "", fault.Errorf(fault.NotAllowed, "%s cannot approve what %s does", t, by.Name).WithHint("name another person with %s", fault.ApprovedBy)
	}
	return Approver(t), nil
}

// RefusalSpan is how long refused codes are counted together.
const RefusalSpan = time.Hour

// Refusals are the codes of one operator that were refused, on whatever tokens, in the
// span that began with the first of them. The lock of a token stops who guesses at one;
// this stops who guesses a few times at each of many.
type Refusals struct {
	Since time.Time
	N     int
}

// At is what counts at a moment: nothing once the span is over.
func (r Refusals) At(now time.Time) Refusals {
	if now.Sub(r.Since).Abs() >= RefusalSpan {
		return Refusals{Since: now}
	}
	return r
}

// Refused counts one more.
func (r Refusals) Refused(now time.Time) Refusals {
	r = r.At(now)
	r.N++
	return r
}

// TakenBack counts one less: the first code of a pair that turned out to be right.
func (r Refusals) TakenBack(now time.Time) Refusals {
	r = r.At(now)
	r.N = max(0, r.N-1)
	return r
}
