package report

import "iter"

// Rows streams what lies in memory.
func Rows[R any](all []R) iter.Seq2[R, error] {
	return Later(func() ([]R, error) { return all, nil })
}

// Later is a sequence that is found only when somebody asks for it, as a whole.
func Later[R any](find func() ([]R, error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		all, err := find()
		if err != nil {
			var none R
			yield(none, err)
			return
		}
		for _, row := range all {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Mapped makes rows of values one by one; to says what a value becomes, and whether it is
// wanted. The first error ends the sequence.
func Mapped[T, R any](values iter.Seq2[T, error], to func(T) (row R, wanted bool, err error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for v, err := range values {
			var row R
			wanted := false
			if err == nil {
				row, wanted, err = to(v)
			}
			if (wanted || err != nil) && !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// Chained is one sequence behind the other. The first error ends it.
func Chained[R any](parts ...iter.Seq2[R, error]) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for _, part := range parts {
			for row, err := range part {
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// Joined makes one row of those that follow each other, as long as the one that is held
// takes the next in.
func Joined[R any](rows iter.Seq2[R, error], takes func(held *R, next R) bool) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var held *R
		for row, err := range rows {
			if err == nil && held != nil && takes(held, row) {
				continue
			}
			if held != nil && !yield(*held, nil) {
				return
			}
			if held = &row; err != nil {
				yield(row, err)
				return
			}
		}
		if held != nil {
			yield(*held, nil)
		}
	}
}

// Collected holds all rows.
func Collected[R any](rows iter.Seq2[R, error]) (all []R, err error) {
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
}

// FirstOf takes at most n rows from the beginning, all for 0. It looks one
// further, and says whether there is one.
func FirstOf[R any](rows iter.Seq2[R, error], n int, more *bool) iter.Seq2[R, error] {
	if n == 0 {
		return rows
	}
	return func(yield func(R, error) bool) {
		left := n
		for row, err := range rows {
			if *more = err == nil && left == 0; *more {
				return
			}
			if left--; !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// LastOf takes at most n rows from the end, all for 0. It holds so many.
func LastOf[R any](rows iter.Seq2[R, error], n int) iter.Seq2[R, error] {
	if n == 0 {
		return rows
	}
	return Later(func() (kept []R, err error) {
		for row, err := range rows {
			if err != nil {
				return nil, err
			}
			if len(kept) == n {
				kept = kept[1:]
			}
			kept = append(kept, row)
		}
		return kept, nil
	})
}

// Counted counts rows on their way.
func Counted[R any](rows iter.Seq2[R, error], n *int) iter.Seq2[R, error] {
	return Mapped(rows, func(row R) (R, bool, error) { *n++; return row, true, nil })
}
