package trail

import "iter"

// A portion is what is handed from one core to the other at once: one by one,
// handing over would cost more than most of the work.
const (
	portion  = 128
	portions = 4 // that wait at most
)

type answer[T any] struct {
	v   T
	err error
}

// Ahead runs a sequence on another core, a few hundred steps at most before whoever
// reads it; the order stays. When the reader stops, the sequence has ended before
// the reader goes on.
func Ahead[T any](of iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		done := make(chan struct{})
		to := make(chan []answer[T], portions)
		used := make(chan []answer[T], portions) // to be filled again: they are large
		go run(of, to, used, done)
		defer func() {
			close(done)
			for range to { // until it has ended
			}
		}()
		for p := range to {
			for _, a := range p {
				if !yield(a.v, a.err) {
					return
				}
			}
			select {
			case used <- p[:0]:
			default:
			}
		}
	}
}

func run[T any](of iter.Seq2[T, error], to chan<- []answer[T], used <-chan []answer[T], done <-chan struct{}) {
	defer close(to)
	var p []answer[T]
	send := func() bool {
		select {
		case to <- p:
			p = nil
			return true
		case <-done:
			return false
		}
	}
	for v, err := range of {
		if p == nil {
			select {
			case p = <-used:
			default:
				p = make([]answer[T], 0, portion)
			}
		}
		if p = append(p, answer[T]{v, err}); len(p) == portion && !send() {
			return
		}
	}
	if len(p) > 0 {
		send()
	}
}
