package trail_test

import (
	"errors"
	"iter"
	"testing"

	"fob/internal/trail"
)

// counting returns 0 to n-1, and then an error where there is one. It notes that it
// has ended.
func counting(n int, err error, ended *bool) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		defer func() { *ended = true }()
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

func TestAheadKeepsTheOrder(t *testing.T) {
	failure := errors.New("the disk is gone")
	for _, n := range []int{0, 1, 127, 128, 129, 5000} {
		ended, next := false, 0
		var failed error
		for i, err := range trail.Ahead(counting(n, failure, &ended)) {
			if failed = err; err != nil {
				continue
			}
			if i != next {
				t.Fatalf("of %d: %d in the place of %d", n, i, next)
			}
			next++
		}
		if next != n || failed != failure || !ended {
			t.Errorf("%d of %d, %v, ended: %t", next, n, failed, ended)
		}
	}
}

// A reader that stops may close what the sequence reads from.
func TestAheadEndsBeforeItsReaderGoesOn(t *testing.T) {
	for _, stop := range []int{0, 1, 200, 1000} {
		ended := false
		for i := range trail.Ahead(counting(1_000_000, nil, &ended)) {
			if i == stop {
				break
			}
		}
		if !ended {
			t.Errorf("stopped at %d, and it still runs", stop)
		}
	}
}
