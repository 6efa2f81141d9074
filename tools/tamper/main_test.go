package main

import "testing"

// A few changes of each kind. `make soak` makes ten thousand.
func TestTamper(t *testing.T) {
	v, err := prepare(t.Context(), t.TempDir(), 12, 120)
	if err != nil {
		t.Fatal(err)
	}
	unseen, err := v.try(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range unseen {
		t.Error(u)
	}
	t.Log("\n" + v.table())
}
