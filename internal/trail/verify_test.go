package trail_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"fob/internal/token"
	"fob/internal/trail"
)

func TestVerifyASoundTrail(t *testing.T) {
	for _, n := range []int{0, 1, 5} {
		events := chain(t, n)
		r, err := trail.Verify(storeID, each(events))
		if err != nil || !r.OK() || r.Events != int64(n) {
			t.Errorf("%d events: %+v, %v", n, r, err)
		}
		if n > 0 && r.Head != events[n-1].Hash {
			t.Errorf("the head is %s", r.Head)
		}
	}
}

func swapBodies(events []trail.Stored) []trail.Stored {
	events[1].Body, events[2].Body = events[2].Body, events[1].Body
	return events
}

func TestVerifyFinds(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func([]trail.Stored) []trail.Stored
		words  []string // each begins a problem
	}{
		{"a changed body", func(s []trail.Stored) []trail.Stored {
			s[2].Body = bytes.Replace(s[2].Body, []byte("bound"), []byte("lost!"), 1)
			return s
		}, []string{"event 3 was changed"}},
		{"a changed hash", func(s []trail.Stored) []trail.Stored { s[2].Hash[0] ^= 1; return s },
			[]string{"event 3 was changed", "event 4 was changed"}},
		{"a missing event", func(s []trail.Stored) []trail.Stored { return slices.Delete(s, 2, 3) },
			[]string{"event 3 is missing: event 4 follows event 2", "event 4 was changed"}},
		{"a missing first event", func(s []trail.Stored) []trail.Stored { return s[1:] },
			[]string{"event 1 is missing: event 2 follows event 0", "event 2 was changed"}},
		{"an event twice", func(s []trail.Stored) []trail.Stored { return slices.Insert(s, 2, s[1]) },
			[]string{"event 3 is missing: event 2 follows event 2", "event 2 was changed"}},
		{"swapped events", func(s []trail.Stored) []trail.Stored { s[1], s[2] = s[2], s[1]; return s },
			[]string{"event 2 is missing: event 3 follows event 1", "event 3 was changed", "event 4 is missing"}},
		{"swapped bodies", swapBodies,
			[]string{"event 2 was changed", "event 2 calls itself event 3", "event 3 was changed", "event 3 calls itself event 2"}},
		{"a body that is not valid", func(s []trail.Stored) []trail.Stored { s[4].Body = []byte("{}x"); s[4].Body[0] = '['; return s },
			[]string{"event 5 was changed", "event 5: "}},
		{"a changed text", func(s []trail.Stored) []trail.Stored { s[2].Texts[0].Text = "bert"; return s },
			[]string{"event 3: the text \"" + "%s" + "\" was changed"}},
		{"a changed salt", func(s []trail.Stored) []trail.Stored { s[2].Texts[0].Salt[0] ^= 1; return s },
			[]string{"event 3: the text \"%s\" was changed"}},
		{"a missing text", func(s []trail.Stored) []trail.Stored { s[2].Texts = s[2].Texts[1:]; return s },
			[]string{"event 3: the text \"%s\" is gone"}},
		{"a text too many", func(s []trail.Stored) []trail.Stored {
			s[2].Texts = append(s[2].Texts, trail.Text{Field: "proof", Salt: []byte("s"), Text: "x"})
			return s
		}, []string{"event 3: a text \"proof\" lies beside it that it does not name"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			events := chain(t, 5)
			field := events[2].Texts[0].Field
			r, err := trail.Verify(storeID, each(c.damage(events)))
			if err != nil || len(r.Problems) < len(c.words) {
				t.Fatalf("%q, %v", r.Problems, err)
			}
			for _, w := range c.words {
				w = strings.ReplaceAll(w, "%s", field)
				if !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.HasPrefix(p, w) }) {
					t.Errorf("%q does not say %q", r.Problems, w)
				}
			}
			if len(c.words) == 1 && len(r.Problems) != 1 {
				t.Errorf("one damage, %d problems: %q", len(r.Problems), r.Problems)
			}
		})
	}
}

// The trail of one store in another's place is whole, and foreign.
func TestVerifyAnotherStore(t *testing.T) {
	r, err := trail.Verify(uuid.New(), each(chain(t, 2)))
	if err != nil || len(r.Problems) != 2 || !strings.Contains(r.Problems[1], "event 2 belongs to store "+storeID.String()) {
		t.Errorf("%q, %v", r.Problems, err)
	}
}

func TestVerifyIsBounded(t *testing.T) {
	events := chain(t, trail.MaxProblems+50)
	for i := range events {
		events[i].Hash = trail.Hash{}
	}
	r, err := trail.Verify(storeID, each(events))
	if err != nil || len(r.Problems) != trail.MaxProblems || r.Events != int64(len(events)) {
		t.Errorf("%d problems of %d events, %v", len(r.Problems), r.Events, err)
	}
}

func TestVerifyPassesErrorsOn(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, err := trail.Verify(storeID, func(yield func(trail.Stored, error) bool) {
		yield(trail.Stored{}, fmt.Errorf("reading: %w", broken))
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

// noTables is a store without anything.
type noTables struct{}

func (noTables) StoreRow() (row trail.StoreRow, err error) { return row, nil }
func (noTables) BatchRows() iter.Seq2[trail.BatchRow, error] {
	return func(func(trail.BatchRow, error) bool) {}
}
func (noTables) AboutRows() iter.Seq2[trail.AboutRow, error] {
	return func(func(trail.AboutRow, error) bool) {}
}
func (noTables) LocationRows() iter.Seq2[trail.LocationRow, error] {
	return func(func(trail.LocationRow, error) bool) {}
}
func (noTables) TokenRows() iter.Seq2[trail.TokenRow, error] {
	return func(func(trail.TokenRow, error) bool) {}
}
func (noTables) BindingRows() iter.Seq2[trail.BindingRow, error] {
	return func(func(trail.BindingRow, error) bool) {}
}
func (noTables) ListRows() iter.Seq2[trail.ListRow, error] {
	return func(func(trail.ListRow, error) bool) {}
}
func (noTables) FormerRows() iter.Seq2[trail.FormerRow, error] {
	return func(func(trail.FormerRow, error) bool) {}
}
func (noTables) AccountRows() iter.Seq2[trail.AccountRow, error] {
	return func(func(trail.AccountRow, error) bool) {}
}
func (noTables) ErasedRows() iter.Seq2[trail.ErasedRow, error] {
	return func(func(trail.ErasedRow, error) bool) {}
}
func (noTables) DeliveryRows() iter.Seq2[trail.DeliveryRow, error] {
	return func(func(trail.DeliveryRow, error) bool) {}
}
func (noTables) RequestRows() iter.Seq2[trail.RequestRow, error] {
	return func(func(trail.RequestRow, error) bool) {}
}
func (noTables) VerifierRows() iter.Seq2[trail.VerifierRow, error] {
	return func(func(trail.VerifierRow, error) bool) {}
}
func (noTables) EndedRows() iter.Seq2[trail.EndedRow, error] {
	return func(func(trail.EndedRow, error) bool) {}
}
func (noTables) RefusalRows() iter.Seq2[trail.RefusalRow, error] {
	return func(func(trail.RefusalRow, error) bool) {}
}
func (noTables) Contradictions() ([]string, error)  { return nil, nil }
func (noTables) Policy() (map[string]string, error) { return nil, nil }

// What a newer program wrote into a detail is not passed over.
func TestUnknownDetail(t *testing.T) {
	e := event(t, token.CmdBind)
	if err := e.SetDetail(map[string]int{"codes": 1, "colour": 2}); err != nil {
		t.Fatal(err)
	}
	entry, err := trail.Append(trail.Head{}, e)
	if err != nil {
		t.Fatal(err)
	}
	r, err := trail.VerifyStore(storeID, each([]trail.Stored{{Entry: entry, Texts: e.Beside}}), noTables{}, nil)
	if err != nil || !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.Contains(p, `unknown field "colour"`) }) {
		t.Errorf("%q, %v", r.Problems, err)
	}
}
