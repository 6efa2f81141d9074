package main

import "testing"

// A few hundred changes. `make soak` makes ten thousand.
func TestTamper(t *testing.T) {
	const each = 20
	v, err := prepare(t.Context(), t.TempDir(), 12, 120)
	if err != nil {
		t.Fatal(err)
	}
	unseen, err := v.try(t.Context(), each*len(changes))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range unseen {
		t.Error(u)
	}
	// What agrees with itself cannot be found in the database alone: a harness in
	// which it is found changes something else besides.
	for _, name := range []string{"rewrite the chain from an event on", "rewrite the whole chain", olderCopy} {
		if c := v.tally[name]; c == nil || c.made != each || c.without != c.made {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if whole, copies := v.tally["rewrite the whole chain"], v.tally[olderCopy]; whole.older != 0 || copies.older != copies.made {
		t.Errorf("with an older checkpoint: rewritten as a whole %+v, an older copy %+v", whole, copies)
	}
	t.Log("\n" + v.table())
}
