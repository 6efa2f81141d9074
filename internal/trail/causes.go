package trail

import (
	"iter"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

// Aspect is a part of a token that events change as one.
type Aspect int

// The aspects of a token.
const (
	AspectOrigin     Aspect = iota // the batch that brought it, and its facts
	AspectState                    // its state, and since when
	AspectAccount                  // whose it is
	AspectBinding                  // its open binding
	AspectLocation                 // where it lies
	AspectAttempts                 // failures and lock
	AspectWatermark                // the last step or counter that was accepted
	AspectClock                    // its measured drift
	AspectLoss                     // when its loss was reported
	AspectTheft                    // whether it was lost, and stolen
	AspectLeak                     // whether others may know its seed
	AspectStolenOnce               // whether it was ever stolen
	AspectSeed                     // whether its seed is there
	AspectIssued                   // whether it was ever given out
	AspectCondition                // the condition in which it came back
	AspectDelivery                 // which verifiers got its seed
	aspects
)

// everything is what a token that took another's place is not any more.
var everything = func() (all []Aspect) {
	for a := range aspects {
		all = append(all, a)
	}
	return all
}()

// Cause is the event that made something what it is.
type Cause struct {
	Seq      int64
	At       time.Time
	Operator string
	Command  token.Command
}

// Causes knows, of a stretch of the trail, which event was the last to change each
// aspect of each token.
type Causes struct {
	tokens  map[string]*[aspects]uint32 // by serial key: causes, counted from 1; 0: none
	batches map[string]uint32           // the import of each batch, by its UUID
	orders  map[string]uint32           // and the last correction of its delivery
	all     pages[Cause]
	names   map[string]string // of operators: one copy for all events
}

// CausesOf reads a stretch of the trail. Of the stretch's first event about a token
// it is not known what it changed, and it counts as the cause of all: an aspect that
// is not what it was before the stretch was changed by it or by a later one. What an
// event about its batch had changed before keeps that one.
func CausesOf(trail iter.Seq2[Stored, error]) (*Causes, error) {
	c := &Causes{tokens: map[string]*[aspects]uint32{}, batches: map[string]uint32{}, orders: map[string]uint32{}, names: map[string]string{}}
	f := newFold(span{}, Renames{})
	f.part, f.changed = true, c.note
	for next, err := range Parallel(chained(trail), examine) {
		if err == nil {
			err = next.unread
		}
		if err == nil {
			c.begin(&next.event)
			err = f.apply(&next.event, next.beside)
		}
		if err != nil {
			return nil, fault.Wrap(fault.Integrity, err, "the trail cannot be read").WithHint("%s shows more", fault.Do("audit verify"))
		}
	}
	return c, nil
}

// begin makes an event the newest, which is the cause of whatever is noted next.
func (c *Causes) begin(e *Event) {
	name, known := c.names[e.Operator.Name]
	if !known {
		name, c.names[e.Operator.Name] = e.Operator.Name, e.Operator.Name
	}
	c.all.add(Cause{e.Seq, e.Time.UTC(), name, e.Command})
	if e.Command == token.CmdImport || e.Command == token.CmdVirtual {
		c.batches[e.Object.ID] = c.all.n
	}
	if e.corrects() {
		c.orders[e.Object.ID] = c.all.n
	}
}

func (c *Causes) note(x change) {
	by := c.tokens[x.serial]
	if by == nil {
		by = &[aspects]uint32{}
		c.tokens[x.serial] = by
	}
	was, is := x.was, x.is
	command := c.all.at(c.all.n).Command
	ofBatch := command == token.CmdBatchQuarantine || command == token.CmdBatchRelease // they change states, and no more
	for _, part := range [...]struct {
		aspect Aspect
		same   bool
	}{
		{AspectState, was.State == is.State && was.Since.Equal(is.Since)},
		{AspectAccount, was.Account == is.Account},
		{AspectAttempts, was.Failures == is.Failures && was.LockedUntil.Equal(is.LockedUntil)},
		{AspectLocation, was.Location == is.Location},
		{AspectWatermark, was.Watermark == is.Watermark},
		{AspectLoss, was.Loss.Reported.Equal(is.Loss.Reported)},
		{AspectTheft, was.Loss.Reported.IsZero() == is.Loss.Reported.IsZero() && was.Loss.Stolen == is.Loss.Stolen}, // another day of the same loss does not change it
		{AspectLeak, was.Leaked == is.Leaked},
		{AspectStolenOnce, was.WasStolen == is.WasStolen},
		{AspectSeed, was.SeedDestroyed == is.SeedDestroyed},
		{AspectIssued, was.Issued == is.Issued},
	} {
		first := !x.known && !is.Since.IsZero() && by[part.aspect] == 0 && (!ofBatch || part.aspect == AspectState || part.aspect == AspectLeak)
		if !part.same || first {
			by[part.aspect] = c.all.n
		}
	}
	for _, a := range x.others {
		by[a] = c.all.n
	}
}

// Of is the event that last changed an aspect of a token; ok is false when none did.
func (c *Causes) Of(serial token.Serial, a Aspect) (by Cause, ok bool) {
	t := c.tokens[serial.Key()]
	if t == nil || t[a] == 0 {
		return by, false
	}
	return *c.all.at(t[a]), true
}

// Ordered is the event that last corrected what the delivery of a batch is said to be.
func (c *Causes) Ordered(batch string) (by Cause, ok bool) {
	i, ok := c.orders[batch]
	if !ok {
		return by, false
	}
	return *c.all.at(i), true
}

// Imported is the event that brought a batch, by its UUID.
func (c *Causes) Imported(batch string) (by Cause, ok bool) {
	i, ok := c.batches[batch]
	if !ok {
		return by, false
	}
	return *c.all.at(i), true
}
