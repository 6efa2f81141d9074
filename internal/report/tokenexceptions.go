package report

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"fob/internal/token"
	"fob/internal/trail"
)

// ofTokens turns tokens into exceptions; say returns nil for one that is not.
func ofTokens(tokens iter.Seq2[Token, error], say func(*Token) *Exception) ExceptionSeq {
	return Mapped(tokens, func(t Token) (x Exception, is bool, err error) {
		if said := say(&t); said != nil {
			x, is = *said, true
			x.Object, x.State, x.Account = string(t.Serial), &t.State, t.Account
		}
		return x, is, nil
	})
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
		return &Exception{Kind: ExpiredBound, At: t.NotAfter, About: fmt.Sprintf("expired on %s and is still %s", t.NotAfter.UTC().Format(time.DateOnly), t.State)}
	})
}

func lockedNow(r Reader, f ExceptionFilter) ExceptionSeq {
	if !f.wants(LockedNow) {
		return nothingFound
	}
	locked := f.Tokens
	locked.LockedAt = f.Now
	return Later(func() ([]Exception, error) {
		all, err := Collected(ofTokens(r.Tokens(locked), func(t *Token) *Exception {
			if t.LockedUntil == nil {
				return nil
			}
			until := "until " + minute(*t.LockedUntil)
			if t.LockedUntil.Equal(token.Forever) { // no date: somebody ends it
				until = "until somebody unlocks it"
			}
			return &Exception{Kind: LockedNow, About: fmt.Sprintf("%d failed attempts in a row; locked %s", t.Failures, until)}
		}))
		for i := 0; err == nil && i < len(all); i++ {
			all[i].At, err = lastFailed(r, token.Serial(all[i].Object))
		}
		return all, err
	})
}

// lastFailed is when a code of a token was last counted as a failure: what is locked
// counts none, so it is locked since then. Nil: the trail does not say.
func lastFailed(r Reader, serial token.Serial) (at *time.Time, err error) {
	for e, err := range eventsOf(r, EventFilter{About: trail.AllAbout(serial.Key())}) {
		if err != nil {
			return nil, err
		}
		if e.Object.Kind != trail.KindToken || e.Outcome != trail.Refused {
			continue
		}
		if d, err := detailOf[trail.TokenDetail](e); err != nil {
			return nil, err
		} else if d.After != nil && d.After.Failures > 0 {
			at = new(e.Time.UTC())
		}
	}
	return at, nil
}

// leavers come in the order of their accounts.
func leavers(r Reader, f ExceptionFilter) ExceptionSeq {
	if !f.wants(LeaverHolds) {
		return nothingFound
	}
	return Mapped(r.Leavers(LeaverFilter{Tokens: f.Tokens}), func(l Leaver) (Exception, bool, error) {
		return Exception{Kind: LeaverHolds, Object: string(l.Serial), State: &l.State, Account: &l.Account, At: l.LeftAt,
			About: fmt.Sprintf("%s to an account that has left", l.State)}, true, nil
	})
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
	return Later(func() (all []Exception, err error) {
		d, err := ReadDrift(r, DriftFilter{Batch: f.Tokens.Batch, Model: f.Tokens.Model, Outliers: maxOutliers})
		if err != nil {
			return nil, err
		}
		for _, o := range d.Outliers {
			all = append(all, Exception{Kind: ClockOutlier, Object: string(o.Serial), State: &o.State, At: &o.ObservedAt, About: outlierWords(o)})
		}
		return all, nil
	})
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
