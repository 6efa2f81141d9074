package trail

import (
	"encoding/hex"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"

	"fob/internal/token"
)

// MaxProblems bounds a report: behind the first damage of a chain everything
// differs, and a person reads the first lines.
const MaxProblems = 100

// Report is the outcome of checking a trail.
type Report struct {
	Events   int64
	Head     Hash
	Problems []string
	Erased   []Erasure // listed, not hidden: what people had the right to
	Foreign  bool      // the checkpoint is of another store, and says nothing of this one
}

// OK reports whether the trail is whole.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// Problemf adds a problem, up to MaxProblems.
func (r *Report) Problemf(format string, args ...any) {
	if len(r.Problems) < MaxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// Stored is an entry with the texts that lie beside it.
type Stored struct {
	Entry
	Texts []Text
}

// Verify recomputes the chain of a store's trail: every number follows the one
// before, every hash is that of the bytes, every text is the one that was
// hashed, and every event names this store.
func Verify(store uuid.UUID, trail iter.Seq2[Stored, error]) (Report, error) {
	v := newVerification(store, nil)
	err := v.run(trail)
	return v.Report, err
}

// VerifyStore verifies the trail, rebuilds from it what the tables must hold,
// and compares. Of the trail's bytes nothing is kept. With a checkpoint it also finds a trail that was cut or
// rewritten since; nil stands for none.
func VerifyStore(store uuid.UUID, trail iter.Seq2[Stored, error], tables Tables, c *Checkpoint) (Report, error) {
	v := newVerification(store, c)
	v.world = newWorld(&v.Report)
	if err := v.run(trail); err != nil {
		return v.Report, err
	}
	v.finishCheckpoint()
	if err := v.compareErased(tables); err != nil {
		return v.Report, err
	}
	err := v.world.compare(tables)
	return v.Report, err
}

func newVerification(store uuid.UUID, c *Checkpoint) *verification {
	v := &verification{store: store, checkpoint: c, erasures: erasures{map[textKey]bool{}, map[textKey]int64{}}}
	if c != nil && c.Store != store {
		v.Foreign, v.checkpoint = true, nil
		v.Problemf("the checkpoint is of another store: %s", c.Store)
	}
	return v
}

type verification struct {
	Report
	erasures
	store      uuid.UUID
	world      *world
	checkpoint *Checkpoint
}

func (v *verification) run(trail iter.Seq2[Stored, error]) error {
	head := Head{}
	for next, err := range Ahead(examine(trail)) {
		if err != nil {
			return err
		}
		if next.seq != head.Seq+1 {
			v.Problemf("event %d is missing: event %d follows event %d", head.Seq+1, next.seq, head.Seq)
		}
		if next.follows != next.hash {
			v.Problemf("event %d was changed: its hash does not follow from its bytes and the event before", next.seq)
		}
		v.event(next)
		head = Head{next.seq, next.hash}
		v.Report.Events++
		v.compareCheckpoint(head)
	}
	v.Head = head.Hash
	v.finishErasures()
	return nil
}

// examined is an event of which everything is known that needs no other but the one
// before it: what can be found out on another core than the replay's.
type examined struct {
	seq      int64
	hash     Hash
	beside   []Text
	event    Event        // without the bytes of a detail that is told
	detail   *TokenDetail // of an event about one token, mostly
	unread   error        // why there is no event
	follows  Hash         // what its hash has to be
	unproved []string     // fields of texts beside it that are not what was hashed
}

// examine reads, hashes and proves each event of a trail. It keeps nothing of the
// bytes, which may be overwritten by the next ones.
func examine(trail iter.Seq2[Stored, error]) iter.Seq2[examined, error] {
	return func(yield func(examined, error) bool) {
		before := Hash{}
		for stored, err := range trail {
			x := examined{seq: stored.Seq, hash: stored.Hash, beside: stored.Texts}
			if err == nil {
				x.follows = chainHash(before, stored.Body)
				x.read(stored.Entry)
				x.proveTexts()
			}
			before = stored.Hash
			if !yield(x, err) {
				return
			}
		}
	}
}

func (x *examined) read(entry Entry) {
	x.event, x.unread = Parse(entry) // which copies
}

func (x *examined) proveTexts() {
	for _, t := range x.beside {
		if want, known := x.event.Texts[t.Field]; known && !t.hashesTo(want) {
			x.unproved = append(x.unproved, t.Field)
		}
	}
}

// compareCheckpoint looks at the event at which the checkpoint was taken.
func (v *verification) compareCheckpoint(head Head) {
	if c := v.checkpoint; c != nil && c.Seq == head.Seq && c.Head.Hash != head.Hash {
		v.Problemf("the trail was rewritten: event %d does not have the hash of the checkpoint of %s", head.Seq, stamp(c.Time))
	}
}

func (v *verification) finishCheckpoint() {
	c := v.checkpoint
	if c == nil {
		return
	}
	if c.Seq > v.Report.Events {
		v.Problemf("the trail was cut: it has %d events, the checkpoint of %s has %d", v.Report.Events, stamp(c.Time), c.Seq)
	}
}

func (v *verification) event(x examined) {
	e := x.event
	if x.unread != nil {
		v.Problemf("%v", x.unread)
		return
	}
	if e.Seq != x.seq {
		v.Problemf("event %d calls itself event %d", x.seq, e.Seq)
	}
	if e.Store != v.store {
		v.Problemf("event %d belongs to store %s", x.seq, e.Store)
	}
	v.checkTexts(x)
	if e.Command == token.CmdAccountErase {
		v.erase(e)
	}
	if v.world != nil {
		v.world.applyRead(e, x.detail, x.beside)
	}
}

func (v *verification) checkTexts(x examined) {
	e := x.event
	for _, t := range x.beside {
		if _, known := e.Texts[t.Field]; !known {
			v.Problemf("event %d: a text %q lies beside it that it does not name", e.Seq, t.Field)
		}
	}
	for _, field := range x.unproved {
		v.Problemf("event %d: the text %q was changed", e.Seq, field)
	}
	if len(x.beside) == len(e.Texts) {
		return // a field is there once at most: all are there, or the trail is in disorder anyway
	}
	for field := range e.Texts {
		if !slices.ContainsFunc(x.beside, func(t Text) bool { return t.Field == field }) {
			v.missing[textKey{e.Seq, field}] = true
		}
	}
}

// String is the hash in hex, as reports show it.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }
