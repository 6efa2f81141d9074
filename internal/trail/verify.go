package trail

import (
	"encoding/hex"
	"errors"
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

// Erasure is what verify lists of an erasure that it met.
type Erasure struct {
	Seq   int64  `json:"event"`
	Name  string `json:"account"`
	Texts int    `json:"texts"`
}

// OK reports whether the trail is whole.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// Problemf adds a problem, up to MaxProblems, each once.
func (r *Report) Problemf(format string, args ...any) {
	if len(r.Problems) >= MaxProblems {
		return
	}
	if p := fmt.Sprintf(format, args...); !slices.Contains(r.Problems, p) {
		r.Problems = append(r.Problems, p)
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
	v := newVerification(store, nil, nil)
	err := v.run(trail)
	return v.Report, err
}

// VerifyStore verifies the trail, rebuilds from it what the tables must hold, and
// compares. With a checkpoint it also finds a trail that was cut or rewritten since;
// nil stands for none. It may read the trail and the tables several times.
func VerifyStore(store uuid.UUID, trail iter.Seq2[Stored, error], tables Tables, c *Checkpoint) (Report, error) {
	return verifyStore(store, trail, tables, c, mostKept)
}

func verifyStore(store uuid.UUID, trail iter.Seq2[Stored, error], tables Tables, c *Checkpoint, most int) (r Report, err error) {
	renames, err := NewRenames(tables.FormerRows())
	if err != nil {
		return r, err
	}
	todo := []span{{}}
	for first := true; len(todo) > 0; {
		f := newFold(todo[0], renames)
		f.most = most
		v := newVerification(store, c, f)
		if first {
			err = v.run(trail)
		} else {
			v.Report = r
			err = v.again(trail)
		}
		if errors.Is(err, errTooMany) {
			a, b := f.halves()
			todo = append([]span{a, b}, todo[1:]...)
			continue
		}
		if err == nil && first {
			err = v.compareOnce(tables)
		}
		if err == nil {
			err = v.compareSpan(tables, first)
		}
		r = v.Report
		if err != nil {
			return r, err
		}
		first, todo = false, todo[1:]
	}
	found, err := tables.Contradictions()
	for _, text := range found {
		r.Problemf("%s", text)
	}
	return r, err
}

// verification is one reading of a trail.
type verification struct {
	Report
	store      uuid.UUID
	fold       *Fold       // nil: the trail alone is verified
	checkpoint *Checkpoint // nil: there is none, or it is of another store
	accounts   accountSet
	missing    map[textKey]bool  // texts that are not there
	erased     map[textKey]int64 // by which event
}

func newVerification(store uuid.UUID, c *Checkpoint, f *Fold) *verification {
	v := &verification{store: store, fold: f, checkpoint: c, accounts: newAccountSet(), missing: map[textKey]bool{}, erased: map[textKey]int64{}}
	if c != nil && c.Store != store {
		v.Foreign, v.checkpoint = true, nil
		v.Problemf("the checkpoint is of another store: %s", c.Store)
	}
	if f != nil {
		f.held = func(a account) { v.accounts.add(f, a) }
	}
	return v
}

// run looks at every event.
func (v *verification) run(trail iter.Seq2[Stored, error]) error {
	head := Head{}
	for next, err := range Parallel(chained(trail), examine) {
		if err != nil {
			return err
		}
		if next.seq != head.Seq+1 {
			v.Problemf("event %d is missing: event %d follows event %d", head.Seq+1, next.seq, head.Seq)
		}
		if next.follows != next.hash {
			v.Problemf("event %d was changed: its hash does not follow from its bytes and the event before", next.seq)
		}
		if err := v.event(&next); err != nil {
			return err
		}
		head = Head{next.seq, next.hash}
		v.Report.Events++
		if c := v.checkpoint; c != nil && c.Seq == head.Seq && c.Head.Hash != head.Hash {
			v.Problemf("the trail was rewritten: event %d does not have the hash of the checkpoint of %s", head.Seq, stamp(c.Time))
		}
	}
	v.Head = head.Hash
	v.finishErasures()
	if c := v.checkpoint; c != nil && v.fold != nil && c.Seq > v.Report.Events {
		v.Problemf("the trail was cut: it has %d events, the checkpoint of %s has %d", v.Report.Events, stamp(c.Time), c.Seq)
	}
	return nil
}

// again folds the trail once more for another span: the trail itself was looked at.
func (v *verification) again(trail iter.Seq2[Stored, error]) error {
	v.fold.held = nil
	for next, err := range Parallel(chained(v.fold.within(trail)), examine) {
		if err != nil {
			return err
		}
		if next.unread != nil {
			continue
		}
		if err := v.fold.apply(&next.event, next.beside); err != nil {
			v.Problemf("%v", err)
		}
		if err := v.fold.full(); err != nil {
			return err
		}
	}
	return nil
}

// link is an entry with the hash that it follows: enough to examine it on whichever
// core.
type link struct {
	Stored
	before Hash
}

func chained(trail iter.Seq2[Stored, error]) iter.Seq2[link, error] {
	return func(yield func(link, error) bool) {
		before := Hash{}
		for s, err := range trail {
			if !yield(link{s, before}, err) {
				return
			}
			before = s.Hash
		}
	}
}

// examined is an event of which everything is known that needs no others.
type examined struct {
	seq      int64
	hash     Hash
	beside   []Text
	event    Event
	unread   error    // why there is no event
	follows  Hash     // what its hash has to be
	unproved []string // fields of texts beside it that are not what was hashed
}

func examine(s link) (x examined) {
	x = examined{seq: s.Seq, hash: s.Hash, beside: s.Texts, follows: chainHash(s.before, s.Body)}
	x.event, x.unread = Parse(s.Entry)
	for _, t := range s.Texts {
		if want, known := x.event.Texts[t.Field]; known && !t.hashesTo(want) {
			x.unproved = append(x.unproved, t.Field)
		}
	}
	return x
}

func (v *verification) event(x *examined) error {
	e := &x.event
	if x.unread != nil {
		v.Problemf("%v", x.unread)
		return nil
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
	if v.fold == nil {
		return nil
	}
	if err := v.fold.apply(e, x.beside); err != nil {
		v.Problemf("%v", err)
	}
	return v.fold.full()
}

func (v *verification) checkTexts(x *examined) {
	e := &x.event
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

// erase notes the texts that an event says it erased.
func (v *verification) erase(e *Event) {
	var d EraseDetail
	if e.decode(&d) != nil {
		return // the fold says so
	}
	keys := d.keys()
	v.Erased = append(v.Erased, Erasure{e.Seq, d.Name, len(keys)})
	for _, key := range keys {
		switch {
		case v.erased[key] != 0:
			v.Problemf("event %d: it erases the text %q of event %d again", e.Seq, key.field, key.seq)
		case !v.missing[key]:
			v.Problemf("event %d: the text %q of event %d was to be erased by it, and is still there, or never was", e.Seq, key.field, key.seq)
		}
		v.erased[key] = e.Seq
	}
}

// finishErasures reports the texts that went without an event that says so.
func (v *verification) finishErasures() {
	var gone []textKey
	for key := range v.missing {
		if v.erased[key] == 0 {
			gone = append(gone, key)
		}
	}
	slices.SortFunc(gone, func(a, b textKey) int { return int(a.seq - b.seq) })
	for _, key := range gone {
		v.Problemf("event %d: the text %q is gone, and no event erased it", key.seq, key.field)
	}
}

// String is the hash in hex, as reports show it.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }
