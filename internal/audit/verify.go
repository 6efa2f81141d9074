package audit

import (
	"encoding/hex"
	"fmt"
	"iter"

	"github.com/google/uuid"
)

// MaxProblems bounds a report: behind the first damage of a chain everything
// differs, and a person reads the first lines.
const MaxProblems = 100

// Report is the outcome of checking a trail.
type Report struct {
	Events   int64
	Head     Hash
	Problems []string
}

// OK tells whether the trail is whole.
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
	var r Report
	head := Head{}
	for stored, err := range trail {
		if err != nil {
			return r, err
		}
		if stored.Seq != head.Seq+1 {
			r.Problemf("event %d is missing: event %d follows event %d", head.Seq+1, stored.Seq, head.Seq)
		}
		if want := chainHash(head.Hash, stored.Body); want != stored.Hash {
			r.Problemf("event %d was changed: its hash does not follow from its bytes and the event before", stored.Seq)
		}
		checkEvent(&r, store, stored)
		head = Head{stored.Seq, stored.Hash}
		r.Events++
	}
	r.Head = head.Hash
	return r, nil
}

func checkEvent(r *Report, store uuid.UUID, stored Stored) {
	e, err := Parse(stored.Entry)
	if err != nil {
		r.Problemf("%v", err)
		return
	}
	if e.Seq != stored.Seq {
		r.Problemf("event %d calls itself event %d", stored.Seq, e.Seq)
	}
	if e.Store != store {
		r.Problemf("event %d belongs to store %s", stored.Seq, e.Store)
	}
	checkTexts(r, e, stored.Texts)
}

func checkTexts(r *Report, e Event, beside []Text) {
	found := map[string]bool{}
	for _, t := range beside {
		want, known := e.Texts[t.Field]
		switch {
		case !known:
			r.Problemf("event %d: a text %q lies beside it that it does not name", e.Seq, t.Field)
		case want != t.Digest():
			r.Problemf("event %d: the text %q was changed", e.Seq, t.Field)
		}
		found[t.Field] = true
	}
	for field := range e.Texts {
		if !found[field] {
			r.Problemf("event %d: the text %q is gone", e.Seq, field)
		}
	}
}

// String is the hash in hex, as reports show it.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }
