package trail

import (
	"bytes"
	"cmp"
	"errors"
	"iter"
	"maps"
	"slices"
	"sort"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

// Past is what a store held at an instant, as its trail tells it. What many
// tokens never had an event for, their immutable columns, comes from the tables;
// the events since say what of it was otherwise then.
//
// Which events count is told by the trail's own clock: the latest time of any
// event so far, or, from a correction of the clock on, what was accepted then. The
// cut lies behind the last event at which that clock was not later than the
// instant. So an event that was written under a clock that had fallen back counts
// from when it was written, and one from a wrong future, which was corrected
// since, counts as soon as the correction does.
type Past struct {
	At   time.Time
	Head Head // the last event that counts

	world   *world
	order   []*batchWorld // by their ids
	removed []token.Facts // tokens that went since, as they were
	later   map[string]*corrections
	bound   map[string][]*bindingWorld // by serial key, in the order of their opening
}

// PastToken is a token as it was. Times are Unix nanoseconds, 0 for none.
type PastToken struct {
	token.Facts
	BatchNumber int
	Imported    time.Time
	State       token.State
	Account     string
	After       token.Standing
	Open        *PastBinding        // nil: none was
	SeedKey     int64               // number of the store's key that sealed its seed
	Observed    []token.Observation // of its clock, the newest last
	Software    bool
	Condition   string // in which it came back last
}

// PastBinding is a binding as it was. Times are Unix nanoseconds, 0 for none.
type PastBinding struct {
	UUID           string
	Account        string
	Opened, Closed time.Time
	By             token.Operator
	Codes          int
	Proof, Ticket  string
}

func (p *Past) binding(b *bindingWorld) PastBinding {
	return PastBinding{UUID: b.id, Account: p.name(b.account), Opened: b.opened, Closed: b.closed, By: b.by, Codes: b.codes, Proof: b.proof, Ticket: b.ticket}
}

// name is what an account was called then: lists of people may have renamed it
// since the event that named it.
func (p *Past) name(a named) string {
	if a.Text == nil {
		return ""
	}
	return p.world.renames.at(a.Text.Text, a.lists, len(p.world.lists))
}

// Replay tells what a store held at an instant. It reads the trail once, or twice
// where a correction of the clock makes events count again; former are the names
// that accounts had, in the order of the lists that ended them. An instant before
// the store is of kind Usage; a trail that contradicts itself of kind Integrity.
func Replay(trail iter.Seq2[Stored, error], former iter.Seq2[FormerRow, error], at time.Time) (*Past, error) {
	renames, err := NewRenames(former)
	if err != nil {
		return nil, err
	}
	p, err := replay(trail, renames, at, 0)
	if !errors.Is(err, errCountsAgain) {
		return p, err
	}
	cut, err := cutOf(trail, at)
	if err != nil {
		return nil, err
	}
	return replay(trail, renames, at, cut)
}

// errCountsAgain tells that an event counts behind one that did not.
var errCountsAgain = errors.New("an event counts behind one that does not")

// replay takes the events up to the cut. Without one, 0, it takes those that count
// as they come.
func replay(trail iter.Seq2[Stored, error], renames Renames, at time.Time, cut int64) (*Past, error) {
	p := &Past{At: at, later: map[string]*corrections{}}
	var report Report
	p.world = newWorld(&report)
	p.world.renames = renames
	head, clock, ended := Head{}, trailClock{}, false
	for stored, err := range trail {
		if err != nil {
			return nil, err
		}
		counts, err := clock.counts(stored, at)
		switch {
		case err != nil:
			return nil, err
		case cut > 0:
			counts = stored.Seq <= cut
		case counts && ended:
			return nil, errCountsAgain
		}
		ended = !counts
		if stored.Seq != head.Seq+1 || chainHash(head.Hash, stored.Body) != stored.Hash {
			return nil, brokenTrail(stored.Seq)
		}
		head = Head{stored.Seq, stored.Hash}
		if err := p.take(stored, counts); err != nil {
			return nil, err
		}
		if len(report.Problems) > 0 {
			return nil, fault.Errorf(fault.Integrity, "the past cannot be told: %s", report.Problems[0]).WithHint("`fob audit verify` tells more")
		}
	}
	p.order = slices.SortedFunc(maps.Values(p.world.batches), func(a, b *batchWorld) int { return cmp.Compare(a.FirstID, b.FirstID) })
	p.bound = p.world.bindingsBySerial()
	return p, nil
}

func (w *world) bindingsBySerial() map[string][]*bindingWorld {
	all := map[string][]*bindingWorld{}
	for _, b := range w.bindings {
		all[b.serial] = append(all[b.serial], b)
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b *bindingWorld) int { return cmp.Compare(a.event, b.event) })
	}
	return all
}

func brokenTrail(seq int64) error {
	return fault.Errorf(fault.Integrity, "the past cannot be told: the trail is broken at event %d", seq).WithHint("`fob audit verify` tells more")
}

// take takes an event that counts, or what one since the cut says of the past.
func (p *Past) take(stored Stored, counts bool) error {
	if !counts && !changesThePast(stored.Body) {
		return nil
	}
	e, err := Parse(stored.Entry)
	if err != nil {
		return fault.Wrap(fault.Integrity, err, "the past cannot be told")
	}
	if counts {
		p.Head = Head{stored.Seq, stored.Hash}
		p.world.apply(e, stored.Texts)
		return nil
	}
	return p.undo(e)
}

// undo keeps what an event since the cut did to immutable columns.
func (p *Past) undo(e Event) (err error) {
	switch e.Command {
	case token.CmdImport:
		var d ImportDetail
		err = e.decode(&d)
		for _, r := range d.Replaced {
			p.removed = append(p.removed, r.Old)
		}
	case token.CmdBatchWithdraw:
		var d WithdrawDetail
		err = e.decode(&d)
		for _, row := range d.Tokens {
			p.removed = append(p.removed, row)
		}
	case token.CmdBatchCorrect:
		var d CorrectDetail
		err = e.decode(&d)
		for _, s := range d.Spans {
			all := p.later[e.Object.ID]
			if all == nil {
				all = &corrections{}
				p.later[e.Object.ID] = all
			}
			all.add(s)
		}
	case token.CmdAccountErase:
		err = p.world.erased(e)
	}
	if err != nil {
		return fault.Wrap(fault.Integrity, err, "the past cannot be told: event %d", e.Seq)
	}
	return nil
}

// changesThePast tells of an event since the cut whether it has to be read.
func changesThePast(body []byte) bool {
	switch token.Command(glance(body, commandKey)) {
	case token.CmdImport, token.CmdBatchWithdraw, token.CmdBatchCorrect, token.CmdAccountErase, "":
		return true
	}
	return false
}

// The keys of an event's body before which no value that somebody typed can spell
// the same: quotes inside a text are escaped.
var (
	timeKey    = []byte(`,"time":"`)
	commandKey = []byte(`,"command":"`)
)

// glance reads a text of an event's body without reading the rest; "" when it
// cannot.
func glance(body, key []byte) string {
	_, rest, found := bytes.Cut(body, key)
	value, _, ended := bytes.Cut(rest, []byte(`"`))
	if !found || !ended {
		return ""
	}
	return string(value)
}

// cutOf is the number of the last event that counts at an instant.
func cutOf(trail iter.Seq2[Stored, error], at time.Time) (cut int64, err error) {
	var clock trailClock
	for stored, err := range trail {
		if err != nil {
			return 0, err
		}
		counts, err := clock.counts(stored, at)
		if err != nil {
			return 0, err
		}
		if counts {
			cut = stored.Seq
		}
	}
	return cut, nil
}

// trailClock is the trail's own clock; see Past.
type trailClock struct{ newest time.Time }

// counts takes the next event, and reports whether the clock is not later than an
// instant then.
func (c *trailClock) counts(stored Stored, at time.Time) (bool, error) {
	t, err := time.Parse(time.RFC3339Nano, glance(stored.Body, timeKey))
	if err != nil {
		return false, brokenTrail(stored.Seq)
	}
	if stored.Seq == 1 && at.Before(t) {
		return false, fault.Errorf(fault.Usage, "the store was made on %s; it has no past before", t.UTC().Format(time.RFC3339))
	}
	if t.After(c.newest) {
		c.newest = t
	}
	if token.Command(glance(stored.Body, commandKey)) == token.CmdClockAccept {
		if c.newest, err = accepted(stored); err != nil {
			return false, err
		}
	}
	return !c.newest.After(at), nil
}

func accepted(stored Stored) (time.Time, error) {
	e, err := Parse(stored.Entry)
	if err != nil {
		return time.Time{}, fault.Wrap(fault.Integrity, err, "the past cannot be told")
	}
	var d ClockDetail
	if err := e.decode(&d); err != nil {
		return time.Time{}, fault.Wrap(fault.Integrity, err, "the past cannot be told: event %d", e.Seq)
	}
	return d.Accepted, nil
}

// Removed are the tokens that went since, by withdrawal or exchange.
func (p *Past) Removed() []token.Facts { return p.removed }

// Policy is what was set, by name.
func (p *Past) Policy() map[string]string { return maps.Clone(p.world.policy) }

// Batches are those that were there, by number.
func (p *Past) Batches() (all []BatchRow) {
	for id, b := range p.world.batches {
		all = append(all, BatchRow{UUID: id, At: b.at, By: b.by, ImportDetail: b.ImportDetail, Quarantined: b.quarantined, Withdrawn: b.withdrawn})
	}
	slices.SortFunc(all, func(a, b BatchRow) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// Token makes of a token's immutable columns of today the token as it was; ok is
// false when it was not there.
func (p *Past) Token(c token.Facts) (t PastToken, ok bool) {
	b, id := p.batchOf(c.ID)
	if b == nil || !b.withdrawn.IsZero() {
		return t, false
	}
	if later := p.later[id]; later != nil {
		later.undo(&c)
	}
	t = PastToken{Facts: c, BatchNumber: b.Number, Imported: b.at, State: token.InStock, After: token.Standing{Since: b.at, Location: b.Location},
		Software: b.Format == token.VirtualFormat, SeedKey: p.world.seedKey()}
	told := p.world.tokens[c.Serial.Key()]
	if told == nil {
		return t, true
	}
	t.State = told.state
	if !told.after.Since.IsZero() {
		t.After = told.after
	}
	t.Account = p.name(told.account)
	t.Condition = told.condition
	if bound := p.world.bindings[told.open]; bound != nil {
		t.Open = new(p.binding(bound))
	}
	t.Observed = told.observations
	return t, true
}

// Bindings are those that a token had, in the order of their opening.
func (p *Past) Bindings(serial token.Serial) (all []PastBinding) {
	for _, b := range p.bound[serial.Key()] {
		all = append(all, p.binding(b))
	}
	return all
}

// seedKey is the number of the store's key that seals seeds; a store has one for
// all its life.
func (w *world) seedKey() int64 {
	for _, k := range w.init.Keys {
		if k.Purpose == "seed" {
			return k.ID
		}
	}
	return 0
}

// batchOf finds the batch that a token's id belongs to. Ids of batches rise; an
// empty one has none.
func (p *Past) batchOf(id int64) (*batchWorld, string) {
	i := sort.Search(len(p.order), func(i int) bool { return p.order[i].LastID >= id })
	if i == len(p.order) || p.order[i].FirstID > id {
		return nil, ""
	}
	return p.order[i], p.order[i].uuid
}
