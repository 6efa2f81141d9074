package export

import (
	"testing"

	"fob/internal/report"
	"fob/internal/token"
)

// The line of all virtual tokens has no number.
func TestVirtualTokensAreOneLineWithoutANumber(t *testing.T) {
	r := stock(0)
	r.summary.Batches = []report.Batch{
		{Number: 1, Format: token.VirtualFormat, New: 1, States: map[token.State]int{}}, {Number: 2, File: "a.csv", Format: "oath-csv"},
		{Number: 3, Format: token.VirtualFormat, New: 1, States: map[token.State]int{}},
	}
	rows, err := openBook(t, r, 0).GetRows("Batches")
	if err != nil || len(rows) != 3 || rows[2][0] != "" || rows[2][1] != "virtual tokens, each a batch of its own" {
		t.Errorf("%q, %v", rows, err)
	}
}
