package store

import (
	"cmp"
	"slices"
	"time"

	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// pastAssignments adds the tokens that were sent to an account and came back, or
// went astray, before anybody proved to have them. No table has those: the trail
// does. It is read only for an account that ever had a token, for a million events
// in about a second.
func (q *queries) pastAssignments(id int64, d *report.AccountDetail) error {
	var ever bool
	if err := q.row(everHeld, id).Scan(&ever); err != nil || !ever {
		return err
	}
	seqs, err := q.eventsOf(token.Account(d.Account.Account))
	if err != nil {
		return err
	}
	slices.Sort(seqs)
	open, known := map[string]*time.Time{}, len(d.Held)
	for _, seq := range seqs {
		e, err := q.tokenEvent(seq)
		if err != nil {
			return err
		}
		key, at := token.Serial(e.Object.ID).Key(), e.Time.UTC()
		switch {
		case e.Outcome != trail.Done || e.Object.Kind != trail.KindToken:
		case e.Command == token.CmdAssign:
			open[key] = &at
		case e.From != token.Assigned || e.To == token.Assigned:
		case e.To == token.Bound:
			delete(open, key)
		default:
			if err := q.wasAssigned(d, key, open[key], at); err != nil {
				return err
			}
			delete(open, key)
		}
	}
	for i := range d.Held {
		if h := &d.Held[i]; h.Bound == nil && h.Ended == nil {
			h.Assigned = open[h.Serial.Key()]
		}
	}
	slices.Reverse(d.Held[known:])
	slices.SortStableFunc(d.Held, newestFirst)
	return nil
}

func (q *queries) tokenEvent(seq int64) (trail.Event, error) {
	s, err := q.event(seq)
	if err != nil {
		return trail.Event{}, err
	}
	return trail.Parse(s.Entry)
}

// wasAssigned adds one, unless its batch was withdrawn since. Of one that a seed
// file gave to the account, from is not known.
func (q *queries) wasAssigned(d *report.AccountDetail, key string, from *time.Time, until time.Time) error {
	h := report.HeldToken{Assigned: from, Ended: &until}
	err := q.row(`SELECT COALESCE(printed, serial_key), state FROM token WHERE serial_key = $1`, key).Scan(&h.Serial, (*stateCode)(&h.State))
	if notFound(err) {
		return nil
	}
	d.Held = append(d.Held, h)
	return err
}

// newestFirst has what stands, unproven, before all.
func newestFirst(a, b report.HeldToken) int { return cmp.Compare(heldSince(b), heldSince(a)) }

func heldSince(h report.HeldToken) int64 {
	switch {
	case h.Bound != nil:
		return h.Bound.UnixNano()
	case h.Ended == nil:
		return 1<<63 - 1
	case h.Assigned != nil:
		return h.Assigned.UnixNano()
	}
	return h.Ended.UnixNano()
}
