package trail

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"fob/internal/token"
)

// A batch may have a million tokens, and the desk waits for every transaction:
// what is done to a whole batch goes in slices, each with an event of its own
// that names the tokens of its slice.

// SweepDetail is what the quarantine or release of a batch carries, for one
// slice.
type SweepDetail struct {
	Number      int       `json:"number"`
	Since       time.Time `json:"since"`                // of the tokens' state, one for all slices
	Quarantined time.Time `json:"quarantined,omitzero"` // what the batch has from now on; zero: it is quarantined no more
	Moved       []Moved   `json:"moved"`
}

// Moved are tokens of a slice that were in the same state. Closed are their
// bindings, in the same order, where they had some.
type Moved struct {
	From    token.State    `json:"from"`
	Serials []token.Serial `json:"serials"`
	Closed  []uuid.UUID    `json:"bindings_closed,omitempty"`
}

// WithdrawDetail is what the undoing of an import carries: the first event
// withdraws the batch with its first slice of tokens, the following ones remove
// the rest. Each token is here with all that an import says of it, so that the past
// can be rebuilt; together they hash to what the import committed to.
type WithdrawDetail struct {
	Number    int           `json:"number"`
	Withdrawn time.Time     `json:"withdrawn"`
	Left      int           `json:"left"` // tokens that are still to be removed
	Tokens    []token.Facts `json:"tokens"`
}

// CorrectDetail is what the correction of a batch's parameters carries, for one
// slice.
type CorrectDetail struct {
	Number int    `json:"number"`
	Spans  []Span `json:"spans"`
}

// Span are tokens with successive ids that had the same parameters and got the
// same. Where the counter is corrected too, each token's old one is beside its
// serial.
type Span struct {
	FirstID     int64          `json:"first_id"`
	Serials     []token.Serial `json:"serials"`
	Old         token.Params   `json:"old"`
	New         token.Params   `json:"new"`
	OldCounters []int64        `json:"old_counters,omitempty"`
	NewCounter  *int64         `json:"new_counter,omitempty"`
}

// correction is a span without the serials, which the import knows by the ids.
type correction struct {
	first, last int64
	Span
}

// corrections of a batch, the oldest first: each is in the order of ids, so that
// a token is found quickly.
type corrections [][]correction

func (all *corrections) add(s Span) {
	c := correction{s.FirstID, s.FirstID + int64(len(s.Serials)) - 1, s}
	c.Serials = nil
	if n := len(*all); n > 0 && (*all)[n-1][len((*all)[n-1])-1].last < c.first {
		(*all)[n-1] = append((*all)[n-1], c)
		return
	}
	*all = append(*all, []correction{c})
}

// undo gives a token the parameters with which it was imported. One that does
// not have what it was corrected to is left as it is: then its batch does not
// hash to what the import committed to.
func (all corrections) undo(c *token.Facts) {
	for _, pass := range slices.Backward(all) {
		i, _ := slices.BinarySearchFunc(pass, c.ID, func(s correction, id int64) int { return cmp.Compare(s.last, id) })
		if i < len(pass) && pass[i].first <= c.ID {
			pass[i].undo(c)
		}
	}
}

func (s correction) undo(c *token.Facts) {
	if c.Params != s.New || s.NewCounter != nil && c.Counter != *s.NewCounter {
		return
	}
	c.Params = s.Old
	if s.NewCounter != nil {
		c.Counter = s.OldCounters[c.ID-s.first]
	}
}

// PolicyDetail is what a change of the policy carries; an empty value is what
// is usual.
type PolicyDetail struct {
	Changes []PolicyChange `json:"changes"`
}

// PolicyChange is one setting of before and after.
type PolicyChange struct {
	Name string `json:"name"`
	Old  string `json:"old"`
	New  string `json:"new"`
}
