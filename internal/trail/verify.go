package trail

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
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
	Ends     bool      // before the checkpoint: an end was cut off, or this copy is older
	Seen     int64     // events that this store was seen to have elsewhere, if they are more; else 0
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
func VerifyStore(store uuid.UUID, trail iter.Seq2[Stored, error], tables Tables, c *Checkpoint) (r Report, err error) {
	renames, err := NewRenames(tables.FormerRows())
	if err != nil {
		return r, err
	}
	for first, todo := true, []span{{}}; len(todo) > 0; {
		v := newVerification(store, newFold(todo[0], renames), c)
		if v.again = !first; v.again {
			v.Report = r
		}
		if err = v.run(trail); errors.Is(err, errTooMany) {
			todo = slices.Replace(todo, 0, 1, v.fold.halves()...)
			continue
		}
		if err == nil {
			err = v.compare(tables)
		}
		if r = v.Report; err != nil {
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
	fold       *Fold           // nil: the trail alone is verified
	checkpoint *Checkpoint     // nil: nobody gave one, or it is of another store
	again      bool            // for another span: all but its tokens was looked at
	earlier    map[string]bool // tokens of which not every event that began or ended a binding is read
	accounts   accountSet
	seed       maphash.Seed
	about      uint64            // sum of what the events are about: see compareAbout
	missing    map[textKey]bool  // texts that are not there
	erased     map[textKey]int64 // by which event
}

func newVerification(store uuid.UUID, f *Fold, c *Checkpoint) *verification {
	v := &verification{store: store, fold: f, checkpoint: c, accounts: newAccountSet(), seed: maphash.MakeSeed(), missing: map[textKey]bool{}, erased: map[textKey]int64{}}
	if c != nil && c.Store != store {
		v.Foreign, v.checkpoint = true, nil
		v.Problemf("the checkpoint is of another store: %s", c.Store)
	}
	return v
}

// run reads the trail, looks at every event, and folds those that can be read.
func (v *verification) run(trail iter.Seq2[Stored, error]) error {
	if v.again {
		trail = v.fold.within(trail)
	} else if v.fold != nil {
		v.fold.held = func(a account) { v.accounts.add(v.fold, a) }
	}
	head := Head{}
	for next, err := range Parallel(chained(trail), v.examine) {
		if err != nil {
			return err
		}
		if v.about += next.about; !v.again {
			v.look(&next, head)
		}
		head = Head{next.seq, next.hash}
		if v.fold == nil || next.unread != nil {
			continue
		}
		if err := v.fold.apply(&next.event, next.beside); err != nil {
			v.Problemf("%v", err)
		}
		if err := v.fold.full(); err != nil {
			return err
		}
	}
	if !v.again {
		v.finish(head)
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
	about    uint64
}

// examine also finds out what the event is about, for the comparison with the tables.
func (v *verification) examine(s link) examined {
	x := examine(s)
	if v.again || v.fold == nil || x.unread != nil {
		return x
	}
	subjects, err := x.event.Subjects()
	if err != nil {
		return x // the fold says so
	}
	for _, what := range subjects {
		x.about += maphash.Comparable(v.seed, AboutRow{what, s.Seq})
	}
	return x
}

func examine(s link) (x examined) {
	x = examined{seq: s.Seq, hash: s.Hash, beside: s.Texts, follows: chainHash(s.before, s.Body)}
	x.event, x.unread = parse(s.Entry)
	for _, t := range s.Texts {
		if want, known := x.event.Texts[t.Field]; known && t.Digest() != want {
			x.unproved = append(x.unproved, t.Field)
		}
	}
	return x
}

// look finds what is wrong with an event by itself, and with its place in the chain.
func (v *verification) look(x *examined, before Head) {
	v.Report.Events++
	if x.seq != before.Seq+1 {
		v.Problemf("event %d is missing: event %d follows event %d", before.Seq+1, x.seq, before.Seq)
	}
	if x.follows != x.hash {
		v.Problemf("event %d was changed: its hash does not follow from its bytes and the event before", x.seq)
	}
	if c := v.checkpoint; c != nil && c.Seq == x.seq && c.Head.Hash != x.hash {
		v.Problemf("the trail was rewritten: event %d does not have the hash of the checkpoint of %s", x.seq, stamp(c.Time))
	}
	e := &x.event
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
	for _, t := range x.beside {
		if _, known := e.Texts[t.Field]; !known {
			v.Problemf("event %d: a text %q lies beside it that it does not name", e.Seq, t.Field)
		}
	}
	for _, field := range x.unproved {
		v.Problemf("event %d: the text %q was changed", e.Seq, field)
	}
	if len(x.beside) != len(e.Texts) { // a field is there once at most
		for field := range e.Texts {
			if !slices.ContainsFunc(x.beside, func(t Text) bool { return t.Field == field }) {
				v.missing[textKey{e.Seq, field}] = true
			}
		}
	}
	if e.Command == token.CmdAccountErase {
		v.erase(e)
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

// finish looks at what only the end of the trail tells: texts that went without an
// event that says so, and a checkpoint that knows more events.
func (v *verification) finish(head Head) {
	v.Head = head.Hash
	gone := slices.SortedFunc(maps.Keys(v.missing), func(a, b textKey) int { return cmp.Compare(a.seq, b.seq) })
	for _, key := range gone {
		if v.erased[key] == 0 {
			v.Problemf("event %d: the text %q is gone, and no event erased it", key.seq, key.field)
		}
	}
	if c := v.checkpoint; c != nil && v.fold != nil && c.Seq > v.Report.Events {
		v.Ends = true
		v.Problemf("the trail ends before the checkpoint: it was cut, or this copy was made before the checkpoint; it has %d events, the checkpoint of %s has %d", v.Report.Events, stamp(c.Time), c.Seq)
	}
}

// String is the hash in hex, as reports show it.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }
