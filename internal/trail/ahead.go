package trail

import (
	"iter"
	"runtime"
)

// A portion is what is handed from one core to another at once: one by one, handing
// over would cost more than most of the work.
const (
	portionSize = 128
	waiting     = 4 // portions, at most
)

type portion[A, B any] struct {
	in   []A
	out  []B
	err  error // behind them
	done chan struct{}
}

// Parallel does something to every element of a sequence, on all cores, and yields
// the results in the order of the sequence. The first error ends it. When the reader
// stops, the sequence has ended before the reader goes on.
func Parallel[A, B any](of iter.Seq2[A, error], do func(A) B) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		ordered, work, stop := make(chan *portion[A, B], waiting), make(chan *portion[A, B], waiting), make(chan struct{})
		go func() {
			defer close(ordered)
			defer close(work)
			divide(of, ordered, work, stop)
		}()
		for range runtime.GOMAXPROCS(0) {
			go func() {
				for p := range work {
					for _, v := range p.in {
						p.out = append(p.out, do(v))
					}
					close(p.done)
				}
			}()
		}
		defer func() {
			close(stop)
			for range ordered { // until the sequence has ended
			}
		}()
		for p := range ordered {
			<-p.done
			for _, v := range p.out {
				if !yield(v, nil) {
					return
				}
			}
			if p.err != nil {
				var none B
				yield(none, p.err)
				return
			}
		}
	}
}

// divide makes portions of a sequence, for whoever works on them and for whoever
// waits for them in order.
func divide[A, B any](of iter.Seq2[A, error], ordered, work chan<- *portion[A, B], stop <-chan struct{}) {
	var p *portion[A, B]
	begin := func() {
		p = &portion[A, B]{in: make([]A, 0, portionSize), out: make([]B, 0, portionSize), done: make(chan struct{})}
	}
	hand := func() bool {
		select {
		case ordered <- p:
			work <- p
			return true
		case <-stop:
			return false
		}
	}
	begin()
	for v, err := range of {
		if p.err = err; err != nil {
			break
		}
		if p.in = append(p.in, v); len(p.in) == portionSize {
			if !hand() {
				return
			}
			begin()
		}
	}
	hand()
}

// Ahead runs a sequence on another core, a few hundred steps at most before whoever
// reads it; the order stays.
func Ahead[T any](of iter.Seq2[T, error]) iter.Seq2[T, error] {
	return Parallel(of, func(v T) T { return v })
}
