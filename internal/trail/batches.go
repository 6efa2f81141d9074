package trail

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"fob/internal/token"
)

// A batch may have a million tokens, and the desk waits for every transaction:
// what is done to a whole batch goes in slices, each with an event of its own
// that names the tokens of its slice.

// SweepDetail is what the quarantine or release of a batch carries, for one
// slice.
type SweepDetail struct {
	Number      int     `json:"number"`
	Since       int64   `json:"since"`       // the tokens' state_since, one for all slices
	Quarantined int64   `json:"quarantined"` // what the batch has from now on; 0: it is quarantined no more
	Moved       []Moved `json:"moved"`
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
// the rest. Each token is here with its immutable columns, so that the past can
// be rebuilt; they hash to what the import committed to.
type WithdrawDetail struct {
	Number    int         `json:"number"`
	Withdrawn int64       `json:"withdrawn"`
	Left      int         `json:"left"` // tokens that are still to be removed
	Profiles  []Kind      `json:"profiles"`
	Tokens    []Withdrawn `json:"tokens"`
}

// Kind are the columns that many tokens share.
type Kind struct {
	Manufacturer string     `json:"manufacturer,omitempty"`
	Model        string     `json:"model,omitempty"`
	Type         token.Type `json:"type"`
	Hash         token.Hash `json:"hash"`
	Digits       int        `json:"digits"`
	Period       int        `json:"period"`
	T0           int64      `json:"t0"`
}

// Withdrawn are the columns of one token beside those of its kind.
type Withdrawn struct {
	ID           int64        `json:"id"`
	Serial       token.Serial `json:"serial"`
	Kind         int          `json:"profile"` // an index
	Counter      int64        `json:"counter,omitempty"`
	NotBefore    int64        `json:"not_before,omitempty"`
	NotAfter     int64        `json:"not_after,omitempty"`
	Manufactured int64        `json:"manufactured,omitempty"`
	Fingerprint  int64        `json:"fingerprint"`
}

// Add puts a token's columns into the detail.
func (d *WithdrawDetail) Add(c Columns) {
	k := Kind{c.Manufacturer, c.Model, c.Type, c.Hash, c.Digits, c.Period, c.T0}
	d.Tokens = append(d.Tokens, Withdrawn{c.ID, c.Serial, d.kindOf(k), c.Counter, c.NotBefore, c.NotAfter, c.Manufactured, c.Fingerprint})
}

// kindOf looks from the end: neighbours mostly are of one kind.
func (d *WithdrawDetail) kindOf(k Kind) int {
	for i := len(d.Profiles) - 1; i >= 0; i-- {
		if d.Profiles[i] == k {
			return i
		}
	}
	d.Profiles = append(d.Profiles, k)
	return len(d.Profiles) - 1
}

// columns puts a token together again; ok is false when its kind is not there.
func (d *WithdrawDetail) columns(t Withdrawn) (c Columns, ok bool) {
	if t.Kind < 0 || t.Kind >= len(d.Profiles) {
		return c, false
	}
	k := d.Profiles[t.Kind]
	return Columns{ID: t.ID, Serial: t.Serial, Manufacturer: k.Manufacturer, Model: k.Model, Type: k.Type, Hash: k.Hash, Digits: k.Digits,
		Period: k.Period, T0: k.T0, Counter: t.Counter, NotBefore: t.NotBefore, NotAfter: t.NotAfter, Manufactured: t.Manufactured,
		Fingerprint: t.Fingerprint}, true
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
	Old         Parameters     `json:"old"`
	New         Parameters     `json:"new"`
	OldCounters []int64        `json:"old_counters,omitempty"`
	NewCounter  *int64         `json:"new_counter,omitempty"`
}

// Parameters are the immutable columns that turn a seed into codes.
type Parameters struct {
	Type   token.Type `json:"type"`
	Hash   token.Hash `json:"hash"`
	Digits int        `json:"digits"`
	Period int        `json:"period"`
	T0     int64      `json:"t0"`
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
func (all corrections) undo(c *Columns) {
	for _, pass := range slices.Backward(all) {
		i, _ := slices.BinarySearchFunc(pass, c.ID, func(s correction, id int64) int { return cmp.Compare(s.last, id) })
		if i < len(pass) && pass[i].first <= c.ID {
			pass[i].undo(c)
		}
	}
}

func (s correction) undo(c *Columns) {
	if (Parameters{c.Type, c.Hash, c.Digits, c.Period, c.T0}) != s.New || s.NewCounter != nil && c.Counter != *s.NewCounter {
		return
	}
	c.Type, c.Hash, c.Digits, c.Period, c.T0 = s.Old.Type, s.Old.Hash, s.Old.Digits, s.Old.Period, s.Old.T0
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
