package seedfile

import "fmt"

// Counted is a remark on a number of records: Text has a verb for it.
type Counted struct {
	N    int
	Text string
}

// CountedNotes are those remarks that anything is to be said for.
func CountedNotes(all ...Counted) []string {
	var notes []string
	for _, c := range all {
		if c.N > 0 {
			notes = append(notes, fmt.Sprintf(c.Text, c.N))
		}
	}
	return notes
}
