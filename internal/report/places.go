package report

import (
	"iter"

	"fob/internal/token"
)

// LocationCount is how many tokens are in one state at one place.
type LocationCount struct {
	Location string // as it was recorded; empty: nowhere
	State    token.State
	Tokens   int
}

// Place is one place with its tokens. Tokens and States are those of the place
// itself, so that all places add up to the store; Within counts what lies below it
// as well.
type Place struct {
	Location *string             `json:"location"` // null: nowhere recorded
	Tokens   int                 `json:"tokens"`
	Within   int                 `json:"tokens_within"`
	States   map[token.State]int `json:"states"`
}

// ReadPlaces returns the places that have tokens which the filter selects, and those
// that they lie in, in the order of their names; tokens that are nowhere come last.
func ReadPlaces(r Reader, f Filter) ([]Place, error) {
	counts, err := r.LocationCounts(f)
	if err != nil {
		return nil, err
	}
	return PlacesOf(counts), nil
}

func PlacesOf(counts []LocationCount) []Place {
	names := make([]string, 0, len(counts))
	for _, c := range counts {
		names = append(names, c.Location)
	}
	places := []Place{}
	for _, name := range token.KnownLocations(names).All() {
		places = append(places, Place{Location: &name, States: map[token.State]int{}})
	}
	nowhere := Place{States: map[token.State]int{}}
	for _, c := range counts {
		if token.LocationKey(c.Location) == "" {
			nowhere.count(c)
			nowhere.Within += c.Tokens
		}
	}
	for i := range places {
		places[i].gather(counts)
	}
	if nowhere.Tokens > 0 {
		places = append(places, nowhere)
	}
	return places
}

func (p *Place) gather(counts []LocationCount) {
	key := token.LocationKey(*p.Location)
	for _, c := range counts {
		at := token.LocationKey(c.Location)
		if at == key {
			p.count(c)
		}
		if token.LocationWithin(at, key) {
			p.Within += c.Tokens
		}
	}
}

func (p *Place) count(c LocationCount) {
	p.Tokens += c.Tokens
	p.States[c.State] += c.Tokens
}

// Shelved is a token as far as a stocktake looks at it.
type Shelved struct {
	ID       int64
	Serial   token.Serial
	State    token.State
	Account  string
	Location string // as recorded; empty: nowhere
	Left     bool   // the account is not on the list of people any more
}

// ShelfReader is what a stocktake asks of a store.
type ShelfReader interface {
	// Scanned finds the tokens that have one of these serial keys; for a key that
	// none has, those that have it but for their dashes.
	Scanned(keys []string) ([]Shelved, error)
	// ShelvedAt streams the tokens that must lie at a place or below it: those in
	// stock and quarantined.
	ShelvedAt(location string) iter.Seq2[Shelved, error]
}
