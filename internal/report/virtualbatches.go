package report

import "fob/internal/token"

// Each virtual token is a batch of its own, and no delivery. Ten thousand of them
// would hide the deliveries from anyone who reads a list of batches.

// virtualFile stands for a file in the line of all virtual tokens.
const virtualFile = "virtual tokens, each a batch of its own"

// gathered returns the batches with the virtual ones as one, the last, which has no
// number and no id: its numbers are their sums, its time is that of the newest. One
// that was quarantined or withdrawn as a batch stays by itself.
func GatherVirtual(list []Batch) (all []Batch) {
	virtual := Batch{File: virtualFile, Format: token.VirtualFormat, States: map[token.State]int{}}
	for i := range list {
		b := &list[i]
		if b.Format != token.VirtualFormat || b.QuarantinedAt != nil || b.WithdrawnAt != nil {
			all = append(all, *b)
			continue
		}
		virtual.include(b)
	}
	if virtual.New > 0 {
		all = append(all, virtual)
	}
	return all
}

// include adds the numbers of another batch.
func (b *Batch) include(other *Batch) {
	b.Records += other.Records
	b.New += other.New
	if other.ImportedAt.After(b.ImportedAt) {
		b.ImportedAt = other.ImportedAt
	}
	for state, n := range other.States {
		b.States[state] += n
	}
}
