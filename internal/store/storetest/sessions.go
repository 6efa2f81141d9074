package storetest

import (
	"bytes"
	"testing"
	"time"
)

var sessionTests = map[string]func(*testing.T, Open){"Sessions": testSessions}

// A session is kept until it is over or ended; one that was ended does not come back.
func testSessions(t *testing.T, open Open) {
	s := open(t)
	one, two := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	is := func(id []byte, want string) {
		t.Helper()
		got, err := s.Session(bg, id)
		Must(t, err)
		if string(got) != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	is(one, "")
	Must(t, s.SaveSession(bg, one, []byte("a"), Began.Add(time.Hour), Began, true))
	Must(t, s.SaveSession(bg, one, []byte("b"), Began.Add(2*time.Hour), Began, false))
	is(one, "b")
	Must(t, s.SaveSession(bg, two, []byte("c"), Began.Add(9*time.Hour), Began.Add(3*time.Hour), true)) // the first is over
	is(one, "")
	Must(t, s.EndSession(bg, two))
	Must(t, s.SaveSession(bg, two, []byte("d"), Began.Add(9*time.Hour), Began, false))
	is(two, "")
}
