package store

import (
	"testing"

	"fob/internal/token"
	"fob/internal/trail"
)

// However fast somebody writes, all readers see one state.
func TestSameState(t *testing.T) {
	s := newStore(t)
	done := make(chan struct{})
	ended := make(chan error)
	go func() {
		for {
			select {
			case <-done:
				ended <- nil
				return
			default:
			}
			if err := s.update(bg, func(q *queries) error { return q.Append(testEvent(s.id, token.CmdCheck)) }); err != nil {
				ended <- err
				return
			}
		}
	}()
	var last trail.Head
	for range 50 {
		must(t, s.sameState(bg, readersOfVerify, func(readers []*queries) error {
			if len(readers) != readersOfVerify {
				t.Errorf("%d readers", len(readers))
			}
			first, err := readers[0].Head()
			must(t, err)
			for _, q := range readers[1:] {
				if head, err := q.Head(); err != nil || head != first {
					t.Errorf("one sees event %d, another event %d; %v", first.Seq, head.Seq, err)
				}
			}
			if first.Seq < last.Seq {
				t.Errorf("event %d after event %d", first.Seq, last.Seq)
			}
			last = first
			return nil
		}))
	}
	close(done)
	must(t, <-ended)
	if last.Seq < 2 {
		t.Error("nobody wrote meanwhile: the test shows nothing")
	}
}
