package trail

import (
	"fmt"

	"fob/internal/token"
)

// SearchDetail is what a search for the token that shows some codes carries:
// among which tokens it was made, and what it found. The codes are not in it.
type SearchDetail struct {
	Codes        int            `json:"codes"`
	Wide         bool           `json:"wide,omitempty"`
	Batch        int            `json:"batch,omitempty"`
	State        token.State    `json:"state,omitempty"`
	Location     string         `json:"location,omitempty"`
	Manufacturer string         `json:"manufacturer,omitempty"`
	Model        string         `json:"model,omitempty"`
	Searched     int            `json:"searched"`
	Damaged      int            `json:"damaged,omitempty"` // seeds that did not open
	Found        int            `json:"found"`
	Serials      []token.Serial `json:"serials,omitempty"` // of those found, the first twenty
}

// search takes a search into the world: it changes nothing there, but what it
// says must agree with itself.
func (w *world) search(e Event) error {
	var d SearchDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	if found := e.Outcome == Done; found != (d.Found > 0) || len(d.Serials) > d.Found {
		return fmt.Errorf("a search that found %d tokens, names %d and ends as %s", d.Found, len(d.Serials), e.Outcome)
	}
	for _, s := range d.Serials {
		if t := w.tokens[s.Key()]; t != nil && t.state == token.Retired {
			return fmt.Errorf("it found token %s, whose seed was destroyed before", s)
		}
	}
	return nil
}
