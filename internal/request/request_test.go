package request

import (
	"testing"

	"fob/internal/token"
)

// A person reads what differs, and nothing that is the same.
func TestDiffers(t *testing.T) {
	for _, c := range []struct {
		was, now []string
		want     string
	}{
		{[]string{"serial=A", "serial=B"}, []string{"serial=A", "serial=B"}, `the reason was "x", and now it is "y"`},
		{[]string{"serial=A", "serial=B"}, []string{"serial=A", "serial=C"}, `it was for serial=B, and now it is serial=C; the reason was "x", and now it is "y"`},
		{[]string{"serial=A", "deep"}, []string{"serial=A", "deep"}, `the reason was "x", and now it is "y"`},
		{[]string{"serial=A", "deep"}, []string{"serial=A"}, `it was for deep, and now it is not; the reason was "x", and now it is "y"`},
		{[]string{"serial=A"}, []string{"serial=A", "deep"}, `it was not for deep, and now it is; the reason was "x", and now it is "y"`},
		{[]string{"tokens=2", "ids=01"}, []string{"tokens=3", "ids=02"}, `it was for tokens=2, and now it is tokens=3; the reason was "x", and now it is "y"`},
	} {
		q := Request{What: c.was, content: content{Said: said{Reason: "x"}}}
		if got := q.Differs(&Needed{Order: Order{What: c.now}, Words: token.Words{Reason: "y"}}); got != c.want {
			t.Errorf("%q, now %q: %s", c.was, c.now, got)
		}
	}
}
