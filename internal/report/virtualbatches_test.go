package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fob/internal/token"
)

// Virtual tokens are one line, whose numbers add up with those of the others to all
// that came; one that was quarantined as a batch stays by itself.
func TestVirtualTokensAreOneLine(t *testing.T) {
	virtual := func(number int, state token.State) Batch {
		return Batch{Number: number, ID: "v", Format: token.VirtualFormat, Records: 1, New: 1, ImportedAt: noon.Add(time.Duration(number) * time.Hour),
			States: map[token.State]int{state: 1}}
	}
	swept := virtual(4, token.Quarantined)
	swept.QuarantinedAt = new(noon)
	list := []Batch{virtual(1, token.Bound), {Number: 2, File: "a.csv", Format: "oath-csv", Records: 7, New: 6, States: map[token.State]int{token.InStock: 6}},
		virtual(3, token.Retired), swept, virtual(5, token.Bound)}
	got := GatherVirtual(list)
	want := []Batch{list[1], swept, {File: virtualFile, Format: token.VirtualFormat, Records: 3, New: 3, ImportedAt: noon.Add(5 * time.Hour),
		States: map[token.State]int{token.Bound: 2, token.Retired: 1}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(GatherVirtual(nil)) != 0 || list[0].Number != 1 || list[0].States[token.Bound] != 1 {
		t.Errorf("%+v", list)
	}
	l := newLife()
	l.summary.Batches = list
	imported, there := 0, 0
	for _, x := range all(t, Reconcile(l, ReconcileFilter{}).Rows) {
		if len(x.Notes) > 0 || x.Imported != x.Tokens {
			t.Errorf("%+v", x)
		}
		imported, there = imported+x.Imported, there+x.Tokens
	}
	if imported != 10 || there != 10 {
		t.Errorf("%d came, %d are there", imported, there)
	}
}
