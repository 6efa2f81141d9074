package main

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"fob/internal/testkit/cluster"
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
	if killed, runs, err := h.leakHunt(t.Context(), 1, rand.New(rand.NewPCG(1, 2))); err != nil {
		t.Error("hunting for seeds:", err)
	} else {
		t.Logf("%d commands, %d of them killed", runs, killed)
	}
	if _, made, err := h.fullDisks(t.Context(), 3); err != nil {
		t.Error("a full disk:", err)
	} else if !made {
		t.Log("no disk could be made that is full")
	}
}

// A few rounds of a server that stops, and of a standby that takes over.
func TestServerStops(t *testing.T) {
	if _, ok := cluster.Find(); !ok && os.Getenv("FOB_NO_PEERS") != "" {
		t.Skip("PostgreSQL's server is not installed")
	}
	h, err := prepare(t.Context(), t.TempDir(), 6000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.serverRounds(t.Context(), 5, rand.New(rand.NewPCG(1, 2))); err != nil {
		t.Error(err)
	}
	if _, err := h.failovers(t.Context(), 2, rand.New(rand.NewPCG(1, 2))); err != nil {
		t.Error(err)
	}
}
