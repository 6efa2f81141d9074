package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"fob/internal/token"
	"fob/internal/trail"
)

// LateLoss is how long from the report of a loss to its entry is long: until
// then a token that somebody else may hold went on being accepted.
const LateLoss = 24 * time.Hour

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
