package trail

import (
	"fmt"

	"github.com/google/uuid"

	"fob/internal/token"
)

// change is what an event made of one token.
type change struct {
	serial  string // its key
	known   bool   // whether it is known what was before
	was, is token.Standing
	others  []Aspect // what is no standing, and changed with it
}

// plain is a text beside an event.
func plain(beside []Text, field string) string {
	for _, t := range beside {
		if t.Field == field {
			return t.Text
		}
	}
	return ""
}

// tokenEvent applies an event about one token: its After is what the token is from
// now on.
func (f *Fold) tokenEvent(e *Event, beside []Text) error {
	f.counted(e)
	d, key := e.Token, token.Serial(e.Object.ID).Key()
	if d.After != nil {
		f.places[d.After.Location] = true
	}
	mine := f.span.has(key)
	var a account
	if gives := e.Outcome == Done && (e.To.HasAccount() || d.Opened != nil); gives && (mine || f.held != nil) {
		var named bool
		if a, named = f.accountOf(e, beside); named && f.held != nil {
			f.held(a)
		}
	}
	if !mine {
		return nil
	}
	t := f.token(key)
	if t == nil {
		t = f.make(key, token.InStock)
	}
	c := change{serial: key, known: t.since != 0, was: f.shown(t)}
	last := t.last
	t.last = e.Seq
	if e.Last != last && !f.part {
		return fmt.Errorf("it follows event %d about token %s, where event %d was the last: what it began with is not what that one left", e.Last, e.Object.ID, last)
	}
	if err := f.mayFollow(e, c.was, c.known); err != nil {
		return err
	}
	if d.After != nil {
		f.put(t, *d.After)
	}
	if e.Outcome == Done {
		t.state, t.account = f.add(string(e.To)), account{}
		if e.To.HasAccount() {
			t.account = a
		}
		if d.Observation != nil {
			f.observe(t, *d.Observation)
			c.others = append(c.others, AspectClock)
		}
		if d.Opened != nil {
			f.opened(e, t, a, beside)
			c.others = append(c.others, AspectBinding)
		}
		if d.Closed != nil {
			c.others = append(c.others, AspectBinding)
			condition := plain(beside, TextCondition)
			if condition != "" {
				c.others = append(c.others, AspectCondition)
			}
			if err := f.closed(t, *d.Closed, e, condition); err != nil {
				return err
			}
		}
	}
	if f.part {
		t.drifts = parseDrifts(e.Drifts)
	} else if e.Drifts != t.drifts.String() {
		return fmt.Errorf("the drifts that it says were measured of token %s are not those of the events up to it", e.Object.ID)
	}
	f.tell(c, t)
	return nil
}

// shown is a standing with the account as the last event named it.
func (f *Fold) shown(t *keptToken) token.Standing {
	s := f.standing(t)
	s.Account = token.Account(f.get(t.account.name))
	return s
}

// tell tells anyone who wants to know what changed; t is nil for a token of which
// nothing but its facts changed.
func (f *Fold) tell(c change, t *keptToken) {
	if f.changed == nil {
		return
	}
	if t != nil {
		c.is = f.shown(t)
	}
	f.changed(c)
}

// mayFollow holds an event about a token against the one before: it begins at the
// state, place and watermark where that one ended.
func (f *Fold) mayFollow(e *Event, was token.Standing, known bool) error {
	d, serial := e.Token, e.Object.ID
	tried := d.Codes > 0 // codes of it were compared; those of a refused file may be used up
	switch {
	case f.part:
		return nil
	case e.From != was.State:
		return fmt.Errorf("token %s was %s before it, not %s", serial, was.State, e.From)
	case e.Outcome == Done && d.After == nil:
		return fmt.Errorf("it does not say what token %s is from then on", serial)
	case e.Command == token.CmdMove && d.MovedFrom == nil:
		return fmt.Errorf("it does not say from where token %s was moved", serial)
	case e.Command == token.CmdMove && e.From != e.To:
		return fmt.Errorf("a move of token %s from place to place changed its state", serial)
	case e.Command == token.CmdMove && known && *d.MovedFrom != was.Location:
		return fmt.Errorf("token %s was at %q before it, not at %q", serial, was.Location, *d.MovedFrom)
	case d.After == nil:
		return nil
	case was.Watermark.Known && (!d.After.Watermark.Known || d.After.Watermark.Step < was.Watermark.Step):
		return fmt.Errorf("the watermark of token %s falls: a code that was used would count again", serial)
	case d.After.Failures > was.Failures+1:
		return fmt.Errorf("the failures of token %s rise from %d to %d at once", serial, was.Failures, d.After.Failures)
	case d.After.Failures > was.Failures && e.Outcome == Done, d.After.Failures < was.Failures && !(tried && e.Outcome == Done || e.Command == token.CmdUnlock):
		return fmt.Errorf("the failures of token %s go from %d to %d, which a %s does not do", serial, was.Failures, d.After.Failures, e.Command)
	case d.After.Watermark != was.Watermark && !tried:
		return fmt.Errorf("the watermark of token %s changes, and no code of it was compared", serial)
	case was.Issued && !d.After.Issued:
		return fmt.Errorf("token %s was given out before, and then it was not", serial)
	case d.After.Marks.With(was.Marks) != d.After.Marks:
		return fmt.Errorf("token %s was stolen, or its seed leaked, and then it was not", serial)
	case d.After.Leaked && e.To != token.Quarantined && e.To != token.Lost && e.To != token.Retired:
		return fmt.Errorf("others may know the seed of token %s, and it is %s", serial, e.To)
	case e.Command == token.CmdRelease && was.WasStolen && (e.Texts[TextApprover] == "" || e.Texts[TextReason] == ""):
		return fmt.Errorf("token %s was stolen, and came back without a second person and a reason", serial)
	case d.After.Loss.Stolen && !d.After.WasStolen:
		return fmt.Errorf("token %s is lost by theft, and was not stolen", serial)
	case was.SeedDestroyed && !d.After.SeedDestroyed:
		return fmt.Errorf("the seed of token %s was destroyed before, and is there again", serial)
	}
	return nil
}

func (f *Fold) opened(e *Event, t *keptToken, a account, beside []Text) {
	t.open = f.bindings.add(keptBinding{id: *e.Token.Opened, account: a, opened: e.Time.UnixNano(),
		kind: f.add(string(e.Operator.Kind)), by: f.add(e.Operator.ID), name: f.add(e.Operator.Name), codes: int32(e.Token.Codes),
		proof: f.add(plain(beside, TextProof)), ticket: f.add(plain(beside, TextTicket)), approver: f.add(plain(beside, TextApprover)),
		token: t.serial, before: t.bound})
	t.bound = t.open
}

func (f *Fold) closed(t *keptToken, id uuid.UUID, e *Event, condition string) error {
	if t.open == 0 || f.bindings.at(t.open).id != id {
		t.open = 0
		if f.part {
			return nil
		}
		return fmt.Errorf("it ends a binding of token %s that was not open", f.get(t.serial))
	}
	b := f.bindings.at(t.open)
	b.closed, b.condition, t.open = e.Time.UnixNano(), f.add(condition), 0
	if condition != "" {
		t.condition = b.condition
	}
	return nil
}

// binding is a kept binding as tables have it, its account as it is called when
// there are so many lists of people.
func (f *Fold) binding(b *keptBinding, lists int) BindingRow {
	return BindingRow{UUID: b.id.String(), Serial: token.Serial(f.get(b.token)), Account: f.nameAt(b.account, lists),
		Opened: fromNanos(b.opened), Closed: fromNanos(b.closed),
		By:    token.Operator{Kind: token.OperatorKind(f.get(b.kind)), ID: f.get(b.by), Name: f.get(b.name)},
		Proof: f.get(b.proof), Ticket: f.get(b.ticket), Approver: f.get(b.approver), Codes: int(b.codes), Condition: f.get(b.condition)}
}

// RefusalRow is how many codes of an operator were refused lately. Of the operator only
// the kind and the id are there.
type RefusalRow struct {
	By token.Operator
	token.Refusals
}

// ReasonAllOrNothing is why a right code was not followed: other rows of its file were
// refused. Nothing was guessed there.
const ReasonAllOrNothing = "all_or_nothing"

// counted notes what an event about one token makes of its operator's refusals: each
// failure that it counted, and each that turned out to be none.
func (f *Fold) counted(e *Event) {
	by := token.Operator{Kind: e.Operator.Kind, ID: e.Operator.ID}
	switch at := e.Time.UTC(); {
	case e.Outcome == Refused && e.Token.After != nil && e.Reason != ReasonAllOrNothing:
		f.refusals[by] = f.refusals[by].Refused(at)
	case e.Outcome == Done && e.Token.TakenBack:
		f.refusals[by] = f.refusals[by].TakenBack(at)
	}
}

// compareRefusals holds the table against that: anyone who empties it may guess on.
func (v *verification) compareRefusals(t Tables) error {
	left := len(v.fold.refusals)
	for row, err := range t.RefusalRows() {
		if err != nil {
			return err
		}
		told, known := v.fold.refusals[row.By]
		if known {
			left--
		}
		if !known || told.N != row.N || !told.Since.Equal(row.Since) {
			v.Problemf("the refused codes of operator %s: the table says %d since %s, the trail %d since %s", row.By.ID, row.N, stamp(row.Since), told.N, stamp(told.Since))
		}
	}
	if left > 0 {
		v.Problemf("the refused codes of %d operators are not in the table", left)
	}
	return nil
}
