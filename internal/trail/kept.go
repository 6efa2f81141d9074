package trail

import (
	"encoding/binary"
	"hash/maphash"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"fob/internal/token"
)

// A million tokens may have events. Of each the fold keeps a few numbers side by
// side, in memory that the collector need not look at, and every text once. That
// takes some 140 bytes a token, where plain structs took a thousand.

// pages is a list that grows without being copied. Its elements are counted from 1:
// 0 stands for none.
type pages[T any] struct {
	all [][]T
	n   uint32
}

const pageSize = 1 << 12

func (p *pages[T]) add(v T) uint32 {
	if p.n%pageSize == 0 {
		p.all = append(p.all, make([]T, 0, pageSize))
	}
	last := &p.all[len(p.all)-1]
	*last = append(*last, v)
	p.n++
	return p.n
}

func (p *pages[T]) at(i uint32) *T { return &p.all[(i-1)/pageSize][(i-1)%pageSize] }

func (p *pages[T]) each() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for i := range p.n {
			if !yield(p.at(i + 1)) {
				return
			}
		}
	}
}

// index finds things by a text of theirs.
type index struct {
	seed maphash.Seed
	at   map[uint64]uint32
}

func newIndex() index { return index{maphash.MakeSeed(), map[uint64]uint32{}} }

// find returns the thing of which is says that it is the one. Else it returns the
// place where to put it.
func (x index) find(text string, is func(uint32) bool) (i uint32, place uint64) {
	for place = maphash.String(x.seed, text); ; place++ {
		if i = x.at[place]; i == 0 || is(i) {
			return i, place
		}
	}
}

// text is one of texts; 0 is the empty one.
type text uint32

// texts keeps every text once.
type texts struct {
	index
	bytes []byte
}

func newTexts() texts { return texts{newIndex(), []byte{0}} }

func (t *texts) add(s string) text {
	if s == "" {
		return 0
	}
	i, place := t.find(s, func(i uint32) bool { return t.get(text(i)) == s })
	if i == 0 {
		i = uint32(t.put(s))
		t.at[place] = i
	}
	return text(i)
}

// put keeps a text that nothing else has.
func (t *texts) put(s string) text {
	i := text(len(t.bytes))
	t.bytes = append(binary.AppendUvarint(t.bytes, uint64(len(s))), s...)
	return i
}

func (t *texts) get(i text) string {
	n, width := binary.Uvarint(t.bytes[i:])
	from := int(i) + width
	return string(t.bytes[from : from+int(n)])
}

// account is an account as an event named it, when there were so many lists of
// people: which account that is now follows from the lists since. The name of one
// that was erased is what its erasure says, which comes later in the trail.
type account struct {
	name   text
	lists  uint32
	erased uint32 // one of the names that erasures say; 0: it was not
}

// keptToken is a token.Standing with what belongs to it.
type keptToken struct {
	serial, state, location, condition text
	account                            account
	since, lockedUntil, reported, mark int64
	failures                           int32
	issued, stolen, destroyed, marked  bool
	marks                              token.Marks
	drifts                             Drifts // stands for those observed
	open                               uint32 // binding; 0: none
	bound, observed                    uint32 // its newest binding and observation; 0: none
	last                               int64  // event about it; 0: it is as its import left it
	seen                               bool   // the tables have it
}

// keptBinding is a BindingRow.
type keptBinding struct {
	id                                 uuid.UUID
	account                            account
	opened, closed                     int64
	kind, by, name                     text // of the operator
	proof, ticket, approver, condition text
	codes                              int32
	token                              text   // its serial
	before                             uint32 // its binding before
	seen                               bool
}

type keptObservation struct {
	at          int64
	drift, rate float64 // rate: NaN for none
	before      uint32
}

// kept is what the fold keeps of tokens.
type kept struct {
	texts
	serials      index
	tokens       pages[keptToken]
	bindings     pages[keptBinding]
	observations pages[keptObservation]
}

func newKept() kept { return kept{texts: newTexts(), serials: newIndex()} }

// size is about how many bytes that is.
func (k *kept) size() int {
	return int(k.tokens.n)*144 + int(k.bindings.n)*96 + int(k.observations.n)*32 + len(k.bytes) + len(k.texts.at)*32
}

// token finds a token by its serial; nil when nothing is kept of it, or it was
// withdrawn.
func (k *kept) token(serial string) *keptToken {
	i, _ := k.place(serial)
	if i == 0 || k.tokens.at(i).state == 0 {
		return nil
	}
	return k.tokens.at(i)
}

func (k *kept) place(serial string) (i uint32, place uint64) {
	return k.serials.find(serial, func(i uint32) bool { return k.get(k.tokens.at(i).serial) == serial })
}

// make keeps a token that has nothing but a state.
func (k *kept) make(serial string, state token.State) *keptToken {
	i, place := k.place(serial)
	if i == 0 {
		i = k.tokens.add(keptToken{serial: k.texts.put(serial)})
		k.serials.at[place] = i
	}
	t := k.tokens.at(i)
	*t = keptToken{serial: t.serial, state: k.add(string(state))}
	return t
}

// put keeps a standing, but for state and account.
func (k *kept) put(t *keptToken, s token.Standing) {
	t.since, t.lockedUntil, t.reported = nanos(s.Since), nanos(s.LockedUntil), nanos(s.Loss.Reported)
	t.mark, t.marked, t.failures = s.Watermark.Step, s.Watermark.Known, int32(s.Failures)
	t.issued, t.stolen, t.destroyed, t.location = s.Issued, s.Loss.Stolen, s.SeedDestroyed, k.add(s.Location)
	t.marks = s.Marks
}

// standing is what was put, with the state; the account is for the fold to tell.
func (k *kept) standing(t *keptToken) token.Standing {
	return token.Standing{State: token.State(k.get(t.state)), Since: fromNanos(t.since), Watermark: token.Mark{Step: t.mark, Known: t.marked},
		Failures: int(t.failures), LockedUntil: fromNanos(t.lockedUntil), Issued: t.issued, Location: k.get(t.location),
		Loss: token.Loss{Reported: fromNanos(t.reported), Stolen: t.stolen}, SeedDestroyed: t.destroyed, Marks: t.marks}
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// observe adds a measured drift to those of a token.
func (k *kept) observe(t *keptToken, o token.Observation) {
	rate := math.NaN()
	if o.Rate != nil {
		rate = *o.Rate
	}
	t.drifts = t.drifts.With(o)
	t.observed = k.observations.add(keptObservation{nanos(o.At), o.Drift, rate, t.observed})
}

// observed are the measured drifts of a token, the newest last.
func (k *kept) observed(t *keptToken) (all []token.Observation) {
	for i := t.observed; i != 0; i = k.observations.at(i).before {
		o := k.observations.at(i)
		all = append(all, token.Observation{At: fromNanos(o.at), Drift: o.drift})
		if !math.IsNaN(o.rate) {
			all[len(all)-1].Rate = &o.rate
		}
	}
	slices.Reverse(all)
	return all
}
