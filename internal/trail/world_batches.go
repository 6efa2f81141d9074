package trail

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"fob/internal/token"
)

func (w *world) batch(e Event) (*batchWorld, error) {
	b := w.batches[e.Object.ID]
	if b == nil {
		return nil, fmt.Errorf("batch %s was not imported before it", e.Object.ID)
	}
	return b, nil
}

// known gives a token of a batch, as its import left it where no event touched
// it yet.
func (w *world) known(b *batchWorld, serial token.Serial) *tokenWorld {
	key := serial.Key()
	t := w.tokens[key]
	if t == nil {
		t = &tokenWorld{state: token.InStock, after: token.Standing{Since: b.at, Location: b.Location}}
		w.tokens[key] = t
	}
	return t
}

// swept applies a slice of the quarantine or release of a batch.
func (w *world) swept(e Event) error {
	b, err := w.batch(e)
	if err != nil {
		return err
	}
	var d SweepDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	b.quarantined = d.Quarantined
	for _, m := range d.Moved {
		if _, err := token.Move(m.From, e.Command, e.To); err != nil {
			return err
		}
		if len(m.Closed) != 0 && len(m.Closed) != len(m.Serials) {
			return fmt.Errorf("it ends %d bindings of %d tokens", len(m.Closed), len(m.Serials))
		}
		for i, serial := range m.Serials {
			t := w.known(b, serial)
			if t.state != m.From {
				return fmt.Errorf("token %s was %s before it, not %s", serial, t.state, m.From)
			}
			t.state, t.account, t.after.Since = e.To, named{}, d.Since
			if len(m.Closed) > 0 {
				if err := w.closed(t, serial, m.Closed[i], e.Time.UTC()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *world) closed(t *tokenWorld, serial token.Serial, id uuid.UUID, at time.Time) error {
	b := w.bindings[id.String()]
	if b == nil || t.open != id.String() {
		return fmt.Errorf("it ends a binding of token %s that was not open", serial)
	}
	b.closed, t.open = at, ""
	return nil
}

// carriedOff applies a slice of the undoing of an import.
func (w *world) carriedOff(e Event) error {
	b, err := w.batch(e)
	if err != nil {
		return err
	}
	var d WithdrawDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	if b.carried == nil {
		b.carried = newContentsWalk(b)
	}
	b.withdrawn = d.Withdrawn
	for _, c := range d.Tokens {
		if t := w.tokens[c.Serial.Key()]; t != nil && (t.state != token.InStock || t.after.Issued) {
			return fmt.Errorf("token %s was given out before, and is withdrawn", c.Serial)
		}
		delete(w.tokens, c.Serial.Key())
		b.carried.add(c)
	}
	return nil
}

// corrected applies a slice of the correction of a batch's parameters. Which
// tokens the serials are is told by their ids, and the serials of ids by the
// import.
func (w *world) corrected(e Event) error {
	b, err := w.batch(e)
	if err != nil {
		return err
	}
	var d CorrectDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	for _, s := range d.Spans {
		switch n := int64(len(s.Serials)); {
		case n == 0 || s.FirstID < b.FirstID || s.FirstID+n-1 > b.LastID:
			return fmt.Errorf("it corrects tokens that are not of its batch")
		case s.NewCounter != nil && int64(len(s.OldCounters)) != n:
			return fmt.Errorf("it does not say which counters it corrects")
		}
		b.spans.add(s)
	}
	return nil
}

func (w *world) policySet(e Event) error {
	var d PolicyDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	for _, c := range d.Changes {
		if w.policy[c.Name] != c.Old {
			return fmt.Errorf("the policy's %s was %q before it, not %q", c.Name, w.policy[c.Name], c.Old)
		}
		if w.policy[c.Name] = c.New; c.New == "" {
			delete(w.policy, c.Name)
		}
	}
	return nil
}

func (w *world) comparePolicy(r *Report, t Tables) error {
	table, err := t.Policy()
	if err != nil {
		return err
	}
	names := maps.Clone(table)
	maps.Copy(names, w.policy)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		differs(r, "policy, "+name, table[name], w.policy[name])
	}
	return nil
}

// Concerns reports whether an event is about a token, by itself or among the
// tokens of a batch.
func (e Event) Concerns(serial token.Serial) bool {
	switch {
	case e.Object.Kind == KindToken:
		return token.Serial(e.Object.ID).Key() == serial.Key()
	case e.Command == token.CmdBatchQuarantine || e.Command == token.CmdBatchRelease:
		var d SweepDetail
		return e.decode(&d) == nil && slices.ContainsFunc(d.Moved, func(m Moved) bool { return names(m.Serials, serial) })
	case e.Command == token.CmdBatchCorrect:
		var d CorrectDetail
		return e.decode(&d) == nil && slices.ContainsFunc(d.Spans, func(s Span) bool { return names(s.Serials, serial) })
	case e.Command == token.CmdBatchWithdraw:
		var d WithdrawDetail
		return e.decode(&d) == nil && slices.ContainsFunc(d.Tokens, func(t token.Facts) bool { return t.Serial.Key() == serial.Key() })
	}
	return false
}

func names(all []token.Serial, serial token.Serial) bool {
	return slices.ContainsFunc(all, func(s token.Serial) bool { return s.Key() == serial.Key() })
}
