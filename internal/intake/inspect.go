package intake

import (
	"context"
	"hash/maphash"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Inspected is what can be said of a seed file without a store, with the JSON
// names of the design. No seed is shown.
type Inspected struct {
	File      string              `json:"file"`
	SHA256    string              `json:"sha256"`
	Wrapped   []string            `json:"wrapped"` // what was undone round it, from the outside in
	Format    string              `json:"format"`
	Why       string              `json:"why"`
	Records   int                 `json:"records"`
	Encodings []seedfile.Encoding `json:"encodings"`
	Refused   int                 `json:"refused"`
	Needs     []string            `json:"needs"` // flags that an import would demand
	First     []Shown             `json:"first"` // records
	Inferred  []string            `json:"inferred"`
	Rejects   []Reject            `json:"rejects"`
	Warnings  []fault.Text        `json:"warnings"`
}

// Shown is one record as an import would take it; what the file leaves open and
// nobody says is empty. Of the seed only the length is told.
type Shown struct {
	Place        seedfile.Place `json:"-"`
	Line         int            `json:"line"`
	Serial       token.Serial   `json:"serial"`
	SeedBytes    int            `json:"seed_bytes"`
	Type         token.Type     `json:"type"`
	Hash         token.Hash     `json:"hash"`
	Digits       int            `json:"digits"`
	Period       *int           `json:"period"`    // null: it is encrypted, or nobody says it
	Counter      *int64         `json:"counter"`   // null: the same
	Encrypted    []string       `json:"encrypted"` // fields that are, beside the seed, and that nothing opened
	Manufacturer string         `json:"manufacturer"`
	Model        string         `json:"model"`
	Account      token.Account  `json:"account"`
}

// shownRecords is how many records an inspection shows.
const shownRecords = 3

// show adds a record to those that are shown, if it can be read.
func show(all []Shown, j judged) []Shown {
	if len(all) == shownRecords || j.problem != nil {
		return all
	}
	c := j.columns
	s := Shown{
		Place: j.place, Line: j.place.N, Serial: c.Serial, SeedBytes: j.seed.Len(), Type: c.Type, Hash: c.Hash, Digits: c.Digits,
		Encrypted: []string{}, Manufacturer: c.Manufacturer, Model: c.Model, Account: j.account,
	}
	s.tell(c.Period, c.Counter, j.lacks)
	return append(all, s)
}

// tell shows period and counter, as far as they are known.
func (s *Shown) tell(period int, counter int64, unknown seedfile.FieldSet) {
	if !unknown.Has(seedfile.FieldPeriod) {
		s.Period = &period
	}
	if !unknown.Has(seedfile.FieldCounter) {
		s.Counter = &counter
	}
}

// Inspect reads a file as an import would, up to where the store begins.
func Inspect(ctx context.Context, req Import, why string) (Inspected, error) {
	res := Imported{File: req.Source.Name(), Wrapped: []string{}, Format: req.Format.Name, Rejects: []Reject{}, Warnings: []fault.Text{}, Inferred: []string{}}
	keys := noKeys{maphash.MakeSeed()}
	p := passes{req.Source, req.Format, req.Options, nil, req.OnRead}
	s, err := p.firstPass(ctx, req.Fill, keys)
	defer s.clear()
	if need, ok := needOf(err); ok {
		return inspectBlind(ctx, req, why, need)
	}
	if err != nil {
		return Inspected{}, err
	}
	res.describe(s, req)
	res.Warnings = append(res.Warnings, seedfile.Notes(s.opened.remarks(s.records)...)...)
	p.onRead = nil
	l := &loader{req: req, keys: keys, scan: s, passes: p, res: &res}
	first := []Shown{}
	err = l.eachSlice(ctx, func(slice []judged) error {
		defer clearSeeds(slice)
		for i := 0; i < len(slice) && len(first) < shownRecords; i++ {
			first = show(first, slice[i])
		}
		l.count(slice)
		return l.report(slice)
	})
	return Inspected{
		File: res.File, SHA256: res.SHA256, Wrapped: res.Wrapped, Format: res.Format, Why: why, Records: res.Records,
		Encodings: []seedfile.Encoding{s.encoding}, Refused: res.Refused, Needs: s.opened.needs(),
		First: first, Inferred: res.Inferred, Rejects: res.Rejects, Warnings: res.Warnings,
	}, err
}

// noKeys stands in for a keyring where seeds are only held against each other.
type noKeys struct{ seed maphash.Seed }

func (noKeys) Seal(string, token.Seed) ([]byte, error) { return nil, nil }

func (noKeys) Open(string, []byte) (token.Seed, error) {
	return token.Seed{}, fault.Errorf(fault.KeyTrouble, "no store is open")
}

func (k noKeys) Fingerprint(seed token.Seed) int64 {
	return int64(maphash.Bytes(k.seed, seed.Bytes()))
}
