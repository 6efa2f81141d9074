package trail

import (
	"encoding/hex"
	"fmt"
	"slices"
)

// EraseDetail is what the erasure of a person carries: what stands for the account
// from then on, and every text that went, by its event. That a text was there is
// still said, and what it hashed to; without its salt nobody can try names on it.
type EraseDetail struct {
	Name string       `json:"name"`
	Rows []ErasedRows `json:"rows"`
	// Leaf is, in hex, what stands in the newest list of people for the account's
	// row, and Listed whether that list has it or it left; empty: the row was in none.
	Leaf   string `json:"leaf,omitempty"`
	Listed bool   `json:"listed,omitempty"`
}

// ErasedRows are the texts of one event that went.
type ErasedRows struct {
	Seq    int64    `json:"seq"`
	Fields []string `json:"fields"`
}

// Erasure is what verify lists of an erasure that it met.
type Erasure struct {
	Seq   int64  `json:"event"`
	Name  string `json:"account"`
	Texts int    `json:"texts"`
}

// erasedPerson is an account that was erased: what stands for it, and for its row in
// the newest list of its time.
type erasedPerson struct {
	name   string
	leaf   *Hash // nil: no list had it
	listed bool
	lists  int // how many lists there were
}

// textKey names a text beside an event.
type textKey struct {
	seq   int64
	field string
}

func (d EraseDetail) keys() (all []textKey) {
	for _, r := range d.Rows {
		for _, f := range r.Fields {
			all = append(all, textKey{r.Seq, f})
		}
	}
	return all
}

func (d EraseDetail) leaf() (*Hash, error) {
	if d.Leaf == "" {
		return nil, nil
	}
	var leaf Hash
	if text, err := hex.DecodeString(d.Leaf); err != nil || copy(leaf[:], text) != len(leaf) || len(text) != len(leaf) {
		return nil, fmt.Errorf("what stands for the erased row is not a hash")
	}
	return &leaf, nil
}

// erased puts what stands for the account in the place of the name that went.
func (w *world) erased(e Event) error {
	var d EraseDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	if d.Name == "" || d.Name != e.Object.ID {
		return fmt.Errorf("it erases %q and is about %q", d.Name, e.Object.ID)
	}
	leaf, err := d.leaf()
	if err != nil {
		return err
	}
	w.erasedPeople = append(w.erasedPeople, erasedPerson{d.Name, leaf, d.Listed, len(w.lists)})
	for _, key := range d.keys() {
		if key.seq >= e.Seq {
			return fmt.Errorf("it erases a text of event %d, which is not before it", key.seq)
		}
		for _, t := range w.gone[key] {
			t.Text = d.Name
		}
	}
	return nil
}

// erasures gathers the texts that are not there and the events that say so.
type erasures struct {
	missing map[textKey]bool
	named   map[textKey]int64 // by which event
}

func (v *verification) erase(e Event) {
	var d EraseDetail
	if e.decode(&d) != nil {
		return // told by the replay
	}
	keys := d.keys()
	v.Erased = append(v.Erased, Erasure{e.Seq, d.Name, len(keys)})
	for _, key := range keys {
		switch {
		case v.named[key] != 0:
			v.Problemf("event %d: it erases the text %q of event %d again", e.Seq, key.field, key.seq)
		case !v.missing[key]:
			v.Problemf("event %d: the text %q of event %d was to be erased by it, and is still there, or never was", e.Seq, key.field, key.seq)
		}
		v.named[key] = e.Seq
	}
}

// finishErasures reports the texts that went without an event that says so.
func (v *verification) finishErasures() {
	var gone []textKey
	for key := range v.missing {
		if v.named[key] == 0 {
			gone = append(gone, key)
		}
	}
	slices.SortFunc(gone, func(a, b textKey) int { return int(a.seq - b.seq) })
	for _, key := range gone {
		v.Problemf("event %d: the text %q is gone, and no event erased it", key.seq, key.field)
	}
}

// compareErased holds the rows that let the database erase a text against the
// events that did it.
func (v *verification) compareErased(t Tables) error {
	named := 0
	for row, err := range t.ErasedRows() {
		if err != nil {
			return err
		}
		if v.named[textKey{row.Seq, row.Field}] != row.By {
			v.Problemf("the text %q of event %d is listed as erased by event %d, which does not say so", row.Field, row.Seq, row.By)
		}
		named++
	}
	if named < len(v.named) {
		v.Problemf("of %d erased texts only %d are listed as such", len(v.named), named)
	}
	return nil
}
