package trail

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

// Past is what a store held at an instant, as its trail tells it. What many tokens
// never had an event for, their facts, comes from the tables; the events since say
// what of it was otherwise then.
//
// Which events count is told by the trail's own clock: the latest time of any event
// so far, or, from a correction of the clock on, what was accepted then. The cut lies
// behind the last event at which that clock was not later than the instant. So an
// event that was written under a clock that had fallen back counts from when it was
// written, and one from a wrong future, which was corrected since, counts as soon as
// the correction does.
type Past struct {
	At   time.Time
	Head Head // the last event that counts

	trail   iter.Seq2[Stored, error]
	renames Renames
	fold    *Fold
	spans   []span                 // all of them, in order; the fold is of one
	removed []token.Facts          // tokens that went since, or are called otherwise, as they were
	renamed map[int64]token.Serial // what the latter are called now
	later   map[*batch]corrections
}

// PastToken is a token as it was, with its open binding and the measured drifts of
// its clock, the newest last.
type PastToken struct {
	token.Token
	Open     *BindingRow // nil: there was none
	SeedKey  int64       // number of the store's key that sealed its seed
	Observed []token.Observation
	Handed   []string // verifiers that had got its seed
}

// Replay tells what a store held at an instant. It reads the trail twice, and again
// where it is asked about so many tokens that not all can be kept at once; former are
// the names that accounts had, in the order of the lists that ended them. An instant
// before the store is of kind Usage; a trail that contradicts itself of kind
// Integrity.
func Replay(trail iter.Seq2[Stored, error], former iter.Seq2[FormerRow, error], at time.Time) (*Past, error) {
	renames, err := NewRenames(former)
	if err != nil {
		return nil, err
	}
	p := &Past{At: at, trail: trail, renames: renames, spans: []span{{}}}
	if p.Head, err = cutOf(trail, at); err != nil {
		return nil, err
	}
	return p, p.read(p.spans[0])
}

// about has a token's span kept.
func (p *Past) about(key string) (*Fold, error) {
	if p.fold.span.has(key) {
		return p.fold, nil
	}
	i := slices.IndexFunc(p.spans, func(s span) bool { return s.has(key) })
	if err := p.read(p.spans[i]); err != nil {
		return nil, err
	}
	return p.about(key)
}

// read folds the trail for a span, or for the first part of it where it turns out to
// be too large.
func (p *Past) read(s span) error {
	p.fold = newFold(s, p.renames)
	p.removed, p.renamed, p.later = nil, map[int64]token.Serial{}, map[*batch]corrections{}
	err := p.run()
	if !errors.Is(err, errTooMany) {
		return err
	}
	halves, i := p.fold.halves(), slices.Index(p.spans, s)
	p.spans = slices.Replace(p.spans, i, i+1, halves...)
	return p.read(halves[0])
}

func (p *Past) run() error {
	relevant := func(yield func(Stored, error) bool) {
		for s, err := range p.fold.within(p.trail) {
			if (err != nil || s.Seq <= p.Head.Seq || changesThePast(s.Body)) && !yield(s, err) {
				return
			}
		}
	}
	for next, err := range Parallel(chained(relevant), examine) {
		if err != nil {
			return err
		}
		switch err = next.unread; {
		case err != nil:
		case next.seq > p.Head.Seq:
			err = p.undo(&next.event)
		default:
			err = p.fold.apply(&next.event, next.beside)
		}
		if err != nil {
			return untold("%v", err)
		}
		if err := p.fold.full(); err != nil {
			return err
		}
	}
	return nil
}

func untold(format string, args ...any) error {
	return fault.Errorf(fault.Integrity, "the past cannot be rebuilt: "+format, args...).WithHint("%s shows more", fault.Do("audit verify"))
}

// undo keeps what an event since the cut did to facts.
func (p *Past) undo(e *Event) (err error) {
	switch e.Command {
	case token.CmdImport:
		var d ImportDetail
		err = e.decode(&d)
		for _, r := range d.Replaced {
			p.removed = append(p.removed, r.Old)
		}
		for _, r := range d.Reburnt {
			p.removed, p.renamed[r.Old.ID] = append(p.removed, r.Old), r.Former
		}
	case token.CmdBatchWithdraw:
		var d WithdrawDetail
		err = e.decode(&d)
		p.removed = append(p.removed, d.Tokens...)
	case token.CmdBatchCorrect:
		var d CorrectDetail
		err = e.decode(&d)
		if b := p.fold.batches[e.Object.ID]; b != nil {
			all := p.later[b]
			for _, s := range d.Spans {
				all.add(s)
			}
			p.later[b] = all
		}
	case token.CmdAccountErase:
		err = p.fold.erasedAccount(e)
	}
	return err
}

// The keys of an event's body before which no value that somebody typed can spell
// the same: quotes inside a text are escaped.
var (
	timeKey    = []byte(`,"time":"`)
	commandKey = []byte(`,"command":"`)
)

// changesThePast reports of an event since the cut whether it has to be read.
func changesThePast(body []byte) bool {
	switch token.Command(textField(body, commandKey)) {
	case token.CmdImport, token.CmdBatchWithdraw, token.CmdBatchCorrect, token.CmdAccountErase, "":
		return true
	}
	return false
}

// NewestFits holds what the clock is held against against an event, of which later
// ones said nothing; known is false when an earlier one has to be asked.
func NewestFits(e Entry, newest time.Time) (fits, known bool) {
	t, err := time.Parse(time.RFC3339Nano, textField(e.Body, timeKey))
	switch {
	case err != nil || t.After(newest):
		return false, true
	case t.Equal(newest):
		return true, true
	}
	return false, token.Command(textField(e.Body, commandKey)) == token.CmdClockAccept
}

// cutOf is the last event that counts at an instant. It also looks whether the trail
// is whole.
func cutOf(trail iter.Seq2[Stored, error], at time.Time) (cut Head, err error) {
	var newest time.Time
	var head Head
	for s, err := range trail {
		if err != nil {
			return cut, err
		}
		t, err := time.Parse(time.RFC3339Nano, textField(s.Body, timeKey))
		if err != nil || s.Seq != head.Seq+1 || chainHash(head.Hash, s.Body) != s.Hash {
			return cut, untold("the trail is broken at event %d", s.Seq)
		}
		head = Head{s.Seq, s.Hash}
		if s.Seq == 1 && at.Before(t) {
			return cut, fault.Errorf(fault.Usage, "the store was made on %s; it has no past before", t.UTC().Format(time.RFC3339))
		}
		if t.After(newest) {
			newest = t
		}
		if token.Command(textField(s.Body, commandKey)) == token.CmdClockAccept {
			var d ClockDetail
			e, err := Parse(s.Entry)
			if err == nil {
				err = e.decode(&d)
			}
			if err != nil {
				return cut, untold("%v", err)
			}
			newest = d.Accepted
		}
		if !newest.After(at) {
			cut = head
		}
	}
	return cut, nil
}

// Removed are the tokens that went since, by withdrawal or exchange, and those whose
// devices were burnt anew since, as they were called then.
func (p *Past) Removed() []token.Facts { return p.removed }

// Policy is what was set, by name.
func (p *Past) Policy() map[string]string { return maps.Clone(p.fold.policy) }

// Batches are those that were there, by number.
func (p *Past) Batches() (all []BatchRow) {
	for _, b := range p.fold.inOrder {
		all = append(all, b.BatchRow)
	}
	slices.SortFunc(all, func(a, b BatchRow) int { return a.Number - b.Number })
	return all
}

// Token makes of a token's facts of today the token as it was; ok is false when it
// was not there.
func (p *Past) Token(c token.Facts) (t PastToken, ok bool, err error) {
	f, err := p.about(c.Serial.Key())
	if err != nil {
		return t, false, err
	}
	b := f.batchOf(c.ID)
	if b == nil || !b.Withdrawn.IsZero() || p.renamed[c.ID] == c.Serial && c.Serial.IsFormer() {
		return t, false, nil
	}
	p.later[b].undo(&c)
	t.Token = token.Token{Facts: c, Standing: token.Standing{State: token.InStock}, BatchNumber: b.Number, ImportedAt: b.At, Software: b.Format == token.VirtualFormat}
	for _, k := range f.keys.Keys {
		if k.Purpose == "seed" { // the newest, though a rotation may not have come to this seed yet
			t.SeedKey = k.ID
		}
	}
	if told := f.token(c.Serial.Key()); told != nil {
		t.Standing, t.Condition, t.Observed = f.standing(told), f.get(told.condition), f.observed(told)
		t.Account = token.Account(f.nameAt(told.account, len(f.lists)))
		if told.open != 0 {
			t.Open = new(f.binding(f.bindings.at(told.open), len(f.lists)))
			t.BoundAt = t.Open.Opened
		}
	}
	if t.Since.IsZero() {
		t.Since, t.Location = b.At, b.Location
	}
	t.SeedDestroyed = t.SeedDestroyed || f.handedOver(c.ID)
	t.Handed = f.verifiersOf(c.ID)
	return t, true, nil
}

// Bindings are those that a token had, in the order of their opening.
func (p *Past) Bindings(serial token.Serial) (all []BindingRow, err error) {
	f, err := p.about(serial.Key())
	if err != nil {
		return nil, err
	}
	if t := f.token(serial.Key()); t != nil {
		for i := t.bound; i != 0; i = f.bindings.at(i).before {
			all = append(all, f.binding(f.bindings.at(i), len(f.lists)))
		}
	}
	slices.Reverse(all)
	return all, nil
}
