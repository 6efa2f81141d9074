package store

import "iter"

// follower goes along with a sequence of rows whose keys rise, and has for each key
// the rows of another sequence: two readings in order in the place of a join.
type follower[T any] struct {
	next   func() (T, error, bool)
	stop   func()
	key    func(T) int64
	stray  func(T) // gets what is passed over, where somebody wants it
	row    T
	failed error
	more   bool
}

func follow[T any](rows iter.Seq2[T, error], key func(T) int64) *follower[T] {
	f := &follower[T]{key: key}
	f.next, f.stop = iter.Pull2(rows)
	f.row, f.failed, f.more = f.next()
	return f
}

// at calls do for the rows of a key; keys below it that were never asked for are
// passed over. The error is that of the reading.
func (f *follower[T]) at(key int64, do func(T)) error {
	for f.more && f.failed == nil && f.key(f.row) <= key {
		if f.key(f.row) == key {
			do(f.row)
		} else if f.stray != nil {
			f.stray(f.row)
		}
		f.row, f.failed, f.more = f.next()
	}
	return f.end()
}

// end is an error that was met though no key is left to tell it with.
func (f *follower[T]) end() error {
	if !f.more {
		return nil
	}
	return f.failed
}
