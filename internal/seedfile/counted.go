package seedfile

import "fob/internal/fault"

// Counted is a remark on a number of records: Text has a verb for it.
type Counted struct {
	N    int
	Text string
	Args []any // further ones, behind the number
}

// CountedNotes are those remarks that anything is to be said for.
func CountedNotes(all ...Counted) []fault.Text {
	var notes []fault.Text
	for _, c := range all {
		if c.N > 0 {
			notes = append(notes, fault.Textf(c.Text, append([]any{c.N}, c.Args...)...))
		}
	}
	return notes
}
