package seedfile

// Latch makes a family's Next of a function that reads: its first error, given the
// kind that Reader promises, is that of every further call.
type Latch struct{ err error }

// Next reads on, until there was an error.
func (l *Latch) Next(read func() (Record, error)) (Record, error) {
	if l.err != nil {
		return Record{}, l.err
	}
	rec, err := read()
	if l.err = ReadError(err); l.err != nil {
		return Record{}, l.err
	}
	return rec, nil
}
