package trail

import (
	"hash/maphash"
	"iter"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

// Aspect is a part of a token that events change as one.
type Aspect int

// The aspects of a token.
const (
	Origin   Aspect = iota // the batch that brought it, and its immutable columns
	Standing               // its state, and since when
	Holder                 // its account
	Bond                   // its open binding
	Place                  // where it lies
	Attempts               // failures and lock
	Mark                   // the last step or counter that was accepted
	Clock                  // its measured drift
	Loss                   // when its loss was reported
	Theft                  // whether it was lost, and stolen
	SeedHeld               // whether its seed is there
	Issued                 // whether it was ever given out
	Shape                  // the condition in which it came back
	aspects
)

// Maker is the event that made something what it is.
type Maker struct {
	Seq      int64
	At       time.Time
	Operator string
	Command  token.Command
}

// Makers knows, of a stretch of the trail, which event was the last to change each
// aspect of each token. Of a token it keeps about a hundred bytes.
type Makers struct {
	tokens  map[string]*touched // by serial key
	batches map[string]int      // the import of each batch, by its UUID
	makers  []made
	names   []string // of operators
	known   map[string]uint32
	seed    maphash.Seed
}

// made is a Maker; an operator's name is told once.
type made struct {
	seq, at  int64
	operator uint32
	command  token.Command
}

// touched is what events say of one token: for each aspect the hash of what it is
// and the event that made it so. Of the stretch's first event about a token it is
// not known what it changed, and it has made all: an aspect that is not what it was
// before the stretch was changed by it or by a later one.
type touched struct {
	is [aspects]uint32
	by [aspects]uint32 // an index of makers, counted from 1; 0: none
}

// MakersOf reads a stretch of the trail.
func MakersOf(trail iter.Seq2[Stored, error]) (*Makers, error) {
	m := &Makers{tokens: map[string]*touched{}, batches: map[string]int{}, known: map[string]uint32{}, seed: maphash.MakeSeed()}
	for stored, err := range trail {
		if err != nil {
			return nil, err
		}
		e, err := Parse(stored.Entry)
		if err == nil {
			err = m.take(e, stored.Texts)
		}
		if err != nil {
			return nil, fault.Wrap(fault.Integrity, err, "the trail cannot be read").WithHint("`fob audit verify` tells more")
		}
	}
	return m, nil
}

// Made is the event that last changed an aspect of a token; ok is false when none
// did.
func (m *Makers) Made(serial token.Serial, a Aspect) (by Maker, ok bool) {
	t := m.tokens[serial.Key()]
	if t == nil || t.by[a] == 0 {
		return by, false
	}
	return m.maker(int(t.by[a])), true
}

// Imported is the event that brought a batch, by its UUID.
func (m *Makers) Imported(batch string) (by Maker, ok bool) {
	i, ok := m.batches[batch]
	if !ok {
		return by, false
	}
	return m.maker(i), true
}

func (m *Makers) maker(i int) Maker {
	e := m.makers[i-1]
	return Maker{e.seq, time.Unix(0, e.at).UTC(), m.names[e.operator], e.command}
}

func (m *Makers) take(e Event, beside []Text) error {
	name, known := m.known[e.Operator.Name]
	if !known {
		name = uint32(len(m.names))
		m.names, m.known[e.Operator.Name] = append(m.names, e.Operator.Name), name
	}
	m.makers = append(m.makers, made{e.Seq, e.Time.UnixNano(), name, e.Command})
	switch e.Command {
	case token.CmdImport, token.CmdVirtual:
		return m.imported(e)
	case token.CmdBatchQuarantine, token.CmdBatchRelease:
		return m.swept(e)
	case token.CmdBatchWithdraw, token.CmdBatchCorrect:
		return m.origins(e)
	}
	if e.Object.Kind == KindToken {
		return m.token(e, beside)
	}
	return nil
}

// sets keeps what an aspect of a token is from the newest event on.
func sets[T comparable](m *Makers, t *touched, a Aspect, is T) {
	hash := uint32(maphash.Comparable(m.seed, is))
	if t.by[a] == 0 || t.is[a] != hash {
		t.is[a], t.by[a] = hash, uint32(len(m.makers))
	}
}

func (m *Makers) of(serial token.Serial) *touched {
	t := m.tokens[serial.Key()]
	if t == nil {
		t = &touched{}
		m.tokens[serial.Key()] = t
	}
	return t
}

// imported notes a batch, and the tokens that were exchanged for others: of those
// everything is new.
func (m *Makers) imported(e Event) error {
	var d ImportDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	m.batches[e.Object.ID] = len(m.makers)
	for _, r := range d.Replaced {
		t := &touched{}
		m.tokens[r.New.Serial.Key()] = t
		m.left(t, token.Standing{Since: e.Time.UTC(), Location: r.Location}, token.InStock)
		sets(m, t, Holder, "")
		for a := range t.by {
			t.by[a] = uint32(len(m.makers))
		}
	}
	return nil
}

func (m *Makers) swept(e Event) error {
	var d SweepDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	for _, moved := range d.Moved {
		for i, serial := range moved.Serials {
			t := m.of(serial)
			sets(m, t, Standing, standing{e.To, d.Since})
			sets(m, t, Holder, "")
			if i < len(moved.Closed) {
				sets(m, t, Bond, e.Seq)
			}
		}
	}
	return nil
}

// origins notes the tokens of a batch that was withdrawn or corrected.
func (m *Makers) origins(e Event) error {
	if e.Command == token.CmdBatchWithdraw {
		var d WithdrawDetail
		err := e.decode(&d)
		for _, t := range d.Tokens {
			sets(m, m.of(t.Serial), Origin, e.Seq)
		}
		return err
	}
	var d CorrectDetail
	err := e.decode(&d)
	for _, s := range d.Spans {
		for _, serial := range s.Serials {
			sets(m, m.of(serial), Origin, e.Seq)
		}
	}
	return err
}

// token notes an event about one token. A refused one changes attempts at most.
func (m *Makers) token(e Event, beside []Text) error {
	var d TokenDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	t := m.of(token.Serial(e.Object.ID))
	if d.After != nil {
		m.left(t, *d.After, e.To)
	}
	if e.Outcome != Done {
		return nil
	}
	account := ""
	if e.To.HasAccount() {
		account = plain(beside, TextAccount)
	}
	sets(m, t, Holder, account)
	if d.Opened != nil || d.Closed != nil {
		sets(m, t, Bond, e.Seq)
	}
	if d.Observation != nil {
		sets(m, t, Clock, e.Seq)
	}
	if condition := plain(beside, TextCondition); condition != "" {
		sets(m, t, Shape, condition)
	}
	return nil
}

// left notes what a token is from the newest event on.
func (m *Makers) left(t *touched, c token.Standing, state token.State) {
	sets(m, t, Standing, standing{state, c.Since})
	sets(m, t, Attempts, attempts{c.Failures, c.LockedUntil})
	sets(m, t, Place, c.Location)
	sets(m, t, Loss, c.Loss.Reported)
	sets(m, t, Theft, [2]bool{!c.Loss.Reported.IsZero(), c.Loss.Stolen}) // another day of the same loss does not change it
	sets(m, t, SeedHeld, c.SeedDestroyed)
	sets(m, t, Issued, c.Issued)
	if c.Watermark.Known {
		sets(m, t, Mark, c.Watermark.Step)
	}
}

// standing is a state and since when.
type standing struct {
	state token.State
	since time.Time
}

type attempts struct {
	failures int
	until    time.Time
}
