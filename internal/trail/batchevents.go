package trail

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"fob/internal/token"
)

// Seeds are destroyed in three ways: with the life of their token, which its own event
// says; those of a batch, whose events name the tokens; and with a delivery that hands
// them over for good, which names ids.

// seedsDestroyed applies a slice of the destruction of a batch's seeds.
func (f *Fold) seedsDestroyed(e *Event) error {
	b, d, err := batchDetail[DestroyDetail](f, e)
	if err != nil {
		return err
	}
	for _, serial := range d.Serials {
		key := serial.Key()
		if !f.span.has(key) {
			continue
		}
		t := f.memberOf(b, key)
		if t.destroyed && !f.part {
			return fmt.Errorf("the seed of token %s was destroyed before", serial)
		}
		c := change{serial: key, known: t.since != 0, was: f.shown(t)}
		t.destroyed, t.last = true, e.Seq
		f.tell(c, t)
	}
	return nil
}

// handedOver reports whether a token's seed went with a delivery for good.
func (f *Fold) handedOver(id int64) bool {
	if len(f.gone) == 0 {
		return false
	}
	if f.goneOf == nil {
		f.goneOf = NewHanded(f.gone)
	}
	return len(f.goneOf.In(id)) > 0
}

// batch is a batch with what later events say of the facts of its tokens.
type batch struct {
	BatchRow
	removed     []token.Facts          // exchanged by later imports
	renamed     map[int64]token.Serial // what those were called whose devices were burnt anew since
	corrections corrections
	carried     *contents // of a withdrawn one: what its removed tokens hash to
	seen        bool
}

// imported takes a new batch, and the tokens that were exchanged for some of it.
func (f *Fold) imported(e *Event) error {
	b := &batch{BatchRow: BatchRow{UUID: e.Object.ID, At: e.Time.UTC(), By: e.Operator}}
	if err := e.decode(&b.ImportDetail); err != nil {
		return err
	}
	if virtual := e.Command == token.CmdVirtual; virtual != (b.Format == token.VirtualFormat) || virtual && b.New != 1 {
		return fmt.Errorf("the command %q brings %d tokens in the format %s", e.Command, b.New, b.Format)
	}
	if f.batches[b.UUID] != nil {
		return fmt.Errorf("batch %s is imported twice", b.UUID)
	}
	var unknown error
	f.places[b.Location] = true
	for _, r := range b.Replaced {
		f.places[r.Location] = true
		if old := f.batchOf(r.Old.ID); old != nil {
			old.removed = append(old.removed, r.Old)
		} else if !f.part {
			unknown = fmt.Errorf("it replaces token %s (id %d), which no import before it brought", r.Old.Serial, r.Old.ID)
		}
		if key := r.New.Serial.Key(); f.span.has(key) {
			if t := f.token(key); t != nil && !f.standing(t).Untouched() && !f.part {
				return fmt.Errorf("token %s was given out or tried before, and is replaced", r.Old.Serial)
			}
			t := f.make(key, token.InStock)
			f.put(t, token.Standing{Since: b.At, Location: r.Location})
			f.tell(change{serial: key, others: everything}, t)
		}
	}
	for _, r := range b.Reburnt {
		if err := f.reburnt(e, b, r); err != nil {
			return err
		}
	}
	f.batches[b.UUID] = b
	i, _ := slices.BinarySearchFunc(f.inOrder, b.LastID, func(b *batch, id int64) int { return cmp.Compare(b.LastID, id) })
	f.inOrder = slices.Insert(f.inOrder, i, b)
	return unknown
}

// batchOf finds the batch that a token's id belongs to. An empty batch has none.
func (f *Fold) batchOf(id int64) *batch {
	i, _ := slices.BinarySearchFunc(f.inOrder, id, func(b *batch, id int64) int { return cmp.Compare(b.LastID, id) })
	if i == len(f.inOrder) || f.inOrder[i].FirstID > id {
		return nil
	}
	return f.inOrder[i]
}

// batchDetail finds the batch that an event is about, and reads what the event says of
// it.
func batchDetail[D any](f *Fold, e *Event) (b *batch, d D, err error) {
	b = f.batches[e.Object.ID]
	if b == nil && f.part {
		b = &batch{}
	}
	if b == nil {
		return nil, d, fmt.Errorf("batch %s was not imported before it", e.Object.ID)
	}
	return b, d, e.decode(&d)
}

// memberOf finds a token of a batch; one that no event named yet is as its import left
// it.
func (f *Fold) memberOf(b *batch, key string) *keptToken {
	t := f.token(key)
	if t == nil {
		t = f.make(key, token.InStock)
		f.put(t, token.Standing{Since: b.At, Location: b.Location})
	}
	return t
}

// swept applies a slice of the quarantine or release of a batch.
func (f *Fold) swept(e *Event) error {
	b, d, err := batchDetail[SweepDetail](f, e)
	if err != nil {
		return err
	}
	b.Quarantined = d.Quarantined
	if d.Any() && e.Command != token.CmdBatchQuarantine || len(d.Stayed) > 0 && !d.Any() {
		return errors.New("it marks tokens and is no quarantine, or is one that marks none of those that stay")
	}
	for _, serial := range d.Stayed {
		if f.span.has(serial.Key()) {
			if err := f.markedInPlace(e, serial, d.Marks); err != nil {
				return err
			}
		}
	}
	for _, m := range d.Moved {
		if _, err := token.Move(m.From, e.Command, e.To); err != nil {
			return err
		}
		if len(m.Closed) != 0 && len(m.Closed) != len(m.Serials) {
			return fmt.Errorf("it ends %d bindings of %d tokens", len(m.Closed), len(m.Serials))
		}
		for i, serial := range m.Serials {
			key := serial.Key()
			if !f.span.has(key) {
				continue
			}
			t := f.memberOf(b, key)
			c := change{serial: key, known: t.since != 0, was: f.shown(t)}
			if c.was.State != m.From && !f.part {
				return fmt.Errorf("token %s was %s before it, not %s", serial, c.was.State, m.From)
			}
			if e.To == token.InStock && c.was.Marks.Any() && !f.part {
				return fmt.Errorf("token %s came back into stock though its seed leaked or it was stolen", serial)
			}
			t.state, t.account, t.since, t.last = f.add(string(e.To)), account{}, nanos(d.Since), e.Seq
			t.marks = t.marks.With(d.Marks)
			if len(m.Closed) > 0 {
				c.others = []Aspect{AspectBinding}
				if err := f.closed(t, m.Closed[i], e, ""); err != nil {
					return err
				}
			}
			f.tell(c, t)
		}
	}
	return nil
}

// markedInPlace marks a token that a quarantine of its batch found quarantined or lost.
func (f *Fold) markedInPlace(e *Event, serial token.Serial, m token.Marks) error {
	t := f.token(serial.Key())
	if t == nil {
		if !f.part {
			return fmt.Errorf("it marks token %s, of which nothing was said before", serial)
		}
		t = f.make(serial.Key(), token.Quarantined)
	}
	c := change{serial: serial.Key(), known: t.since != 0, was: f.shown(t)}
	if s := c.was.State; s != token.Quarantined && s != token.Lost && !f.part {
		return fmt.Errorf("it marks token %s where it is, and that was %s", serial, s)
	}
	t.marks, t.last = t.marks.With(m), e.Seq
	f.tell(c, t)
	return nil
}

// withdrawn applies a slice of the undoing of an import.
func (f *Fold) withdrawn(e *Event) error {
	b, d, err := batchDetail[WithdrawDetail](f, e)
	if err != nil {
		return err
	}
	if b.carried == nil {
		b.carried = newContents(b)
	}
	b.Withdrawn = d.Withdrawn
	for _, c := range d.Tokens {
		f.tell(change{serial: c.Serial.Key(), others: []Aspect{AspectOrigin}}, nil)
		if t := f.token(c.Serial.Key()); t != nil {
			if !f.standing(t).Untouched() && !f.part {
				return fmt.Errorf("token %s was given out or tried before, and is withdrawn", c.Serial)
			}
			*t = keptToken{serial: t.serial} // absent
		}
		b.carried.add(c)
	}
	return nil
}

// corrected applies a slice of the correction of a batch's parameters. Which tokens
// the serials are is told by their ids, and the serials of ids by the import.
func (f *Fold) corrected(e *Event) error {
	b, d, err := batchDetail[CorrectDetail](f, e)
	if err != nil {
		return err
	}
	if d.Now != nil {
		return f.resupplied(b, d)
	}
	for _, s := range d.Spans {
		for _, serial := range s.Serials {
			f.tell(change{serial: serial.Key(), others: []Aspect{AspectOrigin}}, nil)
		}
		if f.part {
			continue
		}
		switch n := int64(len(s.Serials)); {
		case n == 0 || s.FirstID < b.FirstID || s.FirstID+n-1 > b.LastID:
			return errors.New("it corrects tokens that are not of its batch")
		case s.NewCounter != nil && int64(len(s.OldCounters)) != n:
			return errors.New("it does not say which counters it corrects")
		}
		b.corrections.add(s)
	}
	return nil
}

// resupplied applies a correction of what a delivery is said to be.
func (f *Fold) resupplied(b *batch, d CorrectDetail) error {
	was := Supply{b.Order, b.Supplier, b.Expected, b.Received}
	if len(d.Spans) > 0 || !f.part && (d.Was == nil || *d.Was != was) {
		return fmt.Errorf("it corrects the delivery of batch %d, of which something else was said before", b.Number)
	}
	b.Order, b.Supplier, b.Expected, b.Received = d.Now.Order, d.Now.Supplier, d.Now.Expected, d.Now.Received
	return nil
}

// A programmable token can be burnt anew: its device gets another seed, and keeps its
// serial. That is another token. The one before it was retired; it keeps its id, its
// bindings, its watermark and its fingerprint, so that its seed never comes back, and is
// called by the serial with the number of that life. Events before name it as it was
// called then. So nothing that is known of a serial's earlier life is known of the new
// one, and nothing of it is forgotten.

// reburnt applies what an import says of one serial.
func (f *Fold) reburnt(e *Event, b *batch, r Reburnt) error {
	f.places[r.Location] = true
	serial := r.Old.Serial
	switch {
	case r.Former.Device() != serial || !r.Former.IsFormer() || r.New.Serial.Key() != serial.Key():
		return fmt.Errorf("it burns token %s anew, and calls it %s and %s", serial, r.Former, r.New.Serial)
	case r.New.Fingerprint == r.Old.Fingerprint:
		return fmt.Errorf("it says that token %s was burnt anew, and the seed is the same", serial)
	case e.Texts[TextApprover] == "":
		return errors.New("it burns tokens anew without a second person")
	case r.New.ID < b.FirstID || r.New.ID > b.LastID:
		return fmt.Errorf("the new life of token %s is not of its batch", serial)
	}
	old := f.batchOf(r.Old.ID)
	if old == nil && !f.part {
		return fmt.Errorf("it burns token %s (id %d) anew, which no import before it brought", serial, r.Old.ID)
	}
	if old != nil {
		if old.renamed == nil {
			old.renamed = map[int64]token.Serial{}
		}
		old.renamed[r.Old.ID] = serial
	}
	key := r.New.Serial.Key()
	if !f.span.has(key) {
		return nil
	}
	t := f.token(key)
	switch {
	case !f.part && (t == nil || f.get(t.state) != string(token.Retired)):
		return fmt.Errorf("token %s is burnt anew, and was not retired before", serial)
	case t != nil:
		f.passSerial(t, r.Former.Key(), e.Seq)
	default:
		f.tell(change{serial: r.Former.Key(), others: everything}, nil)
	}
	t = f.make(key, token.InStock)
	f.put(t, token.Standing{Since: b.At, Location: r.Location})
	f.tell(change{serial: key, others: everything}, t)
	return nil
}

// passSerial has a token called otherwise, with its bindings.
func (f *Fold) passSerial(t *keptToken, former string, seq int64) {
	now := f.make(former, token.Retired)
	serial := now.serial
	*now = *t
	now.serial, now.last = serial, seq
	for i := now.bound; i != 0; i = f.bindings.at(i).before {
		f.bindings.at(i).token = serial
	}
	f.tell(change{serial: former, others: everything}, now)
}
