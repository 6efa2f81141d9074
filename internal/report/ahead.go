package report

import "iter"

// batchAhead is how many values are handed on at once: enough that handing on
// costs nothing beside reading them.
const batchAhead = 256

// ahead reads a sequence on another core, a little ahead of whoever uses it. The
// sequence is left before ahead returns.
func ahead[T any](all iter.Seq2[T, error]) iter.Seq2[T, error] {
	type batch struct {
		values []T
		err    error
	}
	return func(yield func(T, error) bool) {
		full, stop, done := make(chan batch, 4), make(chan struct{}), make(chan struct{})
		send := func(b batch) bool {
			select {
			case full <- b:
				return true
			case <-stop:
				return false
			}
		}
		go func() {
			defer close(done)
			defer close(full)
			values := make([]T, 0, batchAhead)
			for v, err := range all {
				if err != nil {
					send(batch{values, err})
					return
				}
				if values = append(values, v); len(values) == batchAhead {
					if !send(batch{values, nil}) {
						return
					}
					values = make([]T, 0, batchAhead)
				}
			}
			send(batch{values, nil})
		}()
		defer func() { close(stop); <-done }()
		for b := range full {
			for _, v := range b.values {
				if !yield(v, nil) {
					return
				}
			}
			if b.err != nil {
				var none T
				yield(none, b.err)
				return
			}
		}
	}
}
