package trail

import (
	"iter"
	"runtime"
)

// portionSize is how many elements one core hands to another at once: one by one,
// handing over would cost more than most of the work.
const portionSize = 128

// Parallel does something to every element of a sequence, on all cores, and yields
// the results in the order of the sequence. The first error ends it. When the reader
// stops, the sequence has ended before the reader goes on.
func Parallel[A, B any](of iter.Seq2[A, error], do func(A) B) iter.Seq2[B, error] {
	type portion struct {
		out []B
		err error // behind them
	}
	return func(yield func(B, error) bool) {
		ordered, stop := make(chan chan portion, runtime.GOMAXPROCS(0)), make(chan struct{})
		hand := func(in []A, err error) bool {
			result := make(chan portion, 1)
			select {
			case ordered <- result:
			case <-stop:
				return false
			}
			go func() {
				p := portion{make([]B, len(in)), err}
				for i, v := range in {
					p.out[i] = do(v)
				}
				result <- p
			}()
			return true
		}
		go func() {
			defer close(ordered)
			in := make([]A, 0, portionSize)
			for v, err := range of {
				if err != nil {
					hand(in, err)
					return
				}
				if in = append(in, v); len(in) == portionSize {
					if !hand(in, nil) {
						return
					}
					in = make([]A, 0, portionSize)
				}
			}
			hand(in, nil)
		}()
		defer func() {
			close(stop)
			for range ordered { // until the sequence has ended
			}
		}()
		for result := range ordered {
			p := <-result
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

// Ahead runs a sequence on another core, a few hundred steps at most before anyone who
// reads it; the order stays.
func Ahead[T any](of iter.Seq2[T, error]) iter.Seq2[T, error] {
	return Parallel(of, func(v T) T { return v })
}
