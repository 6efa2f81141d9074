package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A few rounds, killed at fixed amounts of work. `make soak` does many.
func TestCrash(t *testing.T) {
	h, err := prepare(t.Context(), t.TempDir(), 6000)
	if err != nil {
		t.Fatal(err)
	}
	for _, share := range []int64{0, 40, 90} {
		if _, err := h.importRound(t.Context(), h.most*share/100, time.Duration(share)*time.Millisecond); err != nil {
			t.Errorf("killed at %d%%: %v", share, err)
		}
	}
	if _, err := h.bindRounds(t.Context(), 4, rand.New(rand.NewPCG(1, 2))); err != nil {
		t.Error(err)
	}
	if made, err := h.fullDisk(t.Context()); err != nil {
		t.Error("a full disk:", err)
	} else if !made {
		t.Log("no disk could be made that is full")
	}
}
