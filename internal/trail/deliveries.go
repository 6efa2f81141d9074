package trail

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"fob/internal/token"
)

// Seeds that went to verifiers. A delivery may be of a million tokens, and is one
// event: it names ids, which lie side by side in a batch, and to which the imports
// commit. Of few tokens it names the serials too, so that the trail can be read alone.

// DeliveryDetail is what the event of a delivery carries.
type DeliveryDetail struct {
	Target   string   `json:"target"`
	Verifier string   `json:"verifier"`
	To       []string `json:"recipients,omitempty"`
	Plain    bool     `json:"plaintext,omitempty"`
	// Destroyed says that the seeds were destroyed here in the same transaction.
	Destroyed bool            `json:"destroyed,omitempty"`
	Files     []DeliveredFile `json:"files"`
	Tokens    int             `json:"tokens"`
	IDs       IDRanges        `json:"ids"`
	Serials   []token.Serial  `json:"serials,omitempty"`
}

// DeliveredFile is one file that was written.
type DeliveredFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Tokens int    `json:"tokens"`
	Seeds  bool   `json:"seeds"`
}

// IDRange are the ids of tokens, both ends included.
type IDRange struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// IDRanges are ranges of ids that rise.
type IDRanges []IDRange

// With adds an id that is higher than all others.
func (all IDRanges) With(id int64) IDRanges {
	if n := len(all); n > 0 && all[n-1].Last+1 == id {
		all[n-1].Last = id
		return all
	}
	return append(all, IDRange{First: id, Last: id})
}

// Has reports whether an id is in one of the ranges.
func (all IDRanges) Has(id int64) bool { return all.Meets(IDRanges{{First: id, Last: id}}) }

// Meets reports whether an id is in both.
func (all IDRanges) Meets(others IDRanges) bool {
	return slices.ContainsFunc(others, func(o IDRange) bool {
		i, _ := slices.BinarySearchFunc(all, o.First, func(r IDRange, id int64) int { return cmp.Compare(r.Last, id) })
		return i < len(all) && all[i].First <= o.Last
	})
}

// DeliveryRow is a delivery as the tables keep it: what files there were only the
// trail says.
type DeliveryRow struct {
	ID  string // UUID
	Seq int64  // of its event
	At  time.Time
	DeliveryDetail
}

// Brief leaves out what tables do not keep.
func (r DeliveryRow) Brief() DeliveryRow {
	r.Files, r.Serials, r.To = nil, nil, nil
	return r
}

// Handed says which deliveries a token was in.
type Handed struct {
	one  map[int64][]int32 // by id: deliveries that name it alone
	many []handedRange     // by their first ids
}

type handedRange struct {
	IDRange
	reach int64 // the highest last id so far
	in    int32
}

// NewHanded makes an index of deliveries.
func NewHanded(all []DeliveryRow) *Handed {
	h := &Handed{one: map[int64][]int32{}}
	for n, d := range all {
		for _, r := range d.IDs {
			if r.First == r.Last {
				h.one[r.First] = append(h.one[r.First], int32(n))
			} else {
				h.many = append(h.many, handedRange{IDRange: r, in: int32(n)})
			}
		}
	}
	slices.SortStableFunc(h.many, func(a, b handedRange) int { return int(min(1, max(-1, a.First-b.First))) })
	reach := int64(0)
	for i := range h.many {
		reach = max(reach, h.many[i].Last)
		h.many[i].reach = reach
	}
	return h
}

// In are the deliveries that a token was in, by their places, in rising order.
func (h *Handed) In(id int64) (all []int32) {
	if len(h.many) == 0 && len(h.one) == 0 {
		return nil
	}
	all = slices.Clone(h.one[id])
	i, _ := slices.BinarySearchFunc(h.many, id+1, func(r handedRange, id int64) int { return int(min(1, max(-1, r.First-id))) })
	for i--; i >= 0 && h.many[i].reach >= id; i-- {
		if h.many[i].Last >= id {
			all = append(all, h.many[i].in)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// delivered takes a delivery.
func (f *Fold) delivered(e *Event) error {
	d := DeliveryRow{ID: e.Object.ID, Seq: e.Seq, At: e.Time.UTC()}
	if err := e.decode(&d.DeliveryDetail); err != nil {
		return err
	}
	n, before := int64(0), int64(0)
	for _, r := range d.IDs {
		if r.First <= before || r.Last < r.First {
			return errors.New("the ids that it names do not rise")
		}
		n, before = n+r.Last-r.First+1, r.Last
		if b := f.batchOf(r.First); !f.part && (b == nil || !b.Withdrawn.IsZero()) {
			return fmt.Errorf("it hands over the seed of token id %d, which no import before it brought", r.First)
		}
	}
	if n != int64(d.Tokens) || len(d.Serials) > 0 && len(d.Serials) != d.Tokens || d.Tokens == 0 || d.Verifier == "" {
		return fmt.Errorf("it hands over %d tokens and names %d", d.Tokens, n)
	}
	others := []Aspect{AspectDelivery}
	if d.Destroyed {
		others = append(others, AspectSeed)
		f.gone, f.goneOf = append(f.gone, d.Brief()), nil
	}
	for _, s := range d.Serials {
		f.tell(change{serial: s.Key(), others: others}, nil)
	}
	f.deliveries, f.handed = append(f.deliveries, d.Brief()), nil
	return nil
}

// deliveriesOf are the verifiers that got a token's seed, each once, in the order in
// which they did.
func (f *Fold) verifiersOf(id int64) (all []string) {
	if f.handed == nil {
		f.handed = NewHanded(f.deliveries)
	}
	for _, n := range f.handed.In(id) {
		if name := f.deliveries[n].Verifier; !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// compareDeliveries holds the rows against the events.
func (v *verification) compareDeliveries(t Tables) error {
	n, told := 0, v.fold.deliveries
	for row, err := range t.DeliveryRows() {
		if err != nil {
			return err
		}
		if n++; n > len(told) {
			v.Problemf("delivery %s: the trail does not know it", row.ID)
		} else if !reflect.DeepEqual(row.Brief(), told[n-1]) {
			differences(&v.Report, "delivery "+told[n-1].ID, row.Brief(), told[n-1])
		}
	}
	if n < len(told) {
		v.Problemf("%d deliveries to verifiers are gone", len(told)-n)
	}
	return nil
}
