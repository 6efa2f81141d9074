package intake

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Inspected is what can be said of a seed file without a store, with the JSON
// names that are kept for good. No seed is shown.
type Inspected struct {
	File      string              `json:"file"`
	SHA256    string              `json:"sha256"`
	Wrapped   []string            `json:"wrapped"` // what was undone round it, from the outside in
	Format    string              `json:"format"`
	Why       string              `json:"why"`
	Records   int                 `json:"records"`
	Encodings []seedfile.Encoding `json:"encodings"`
	Refused   int                 `json:"refused"`
	Needs     []fault.Text        `json:"needs"` // fields that an import would demand
	First     []Shown             `json:"first"` // records
	Inferred  []fault.Text        `json:"inferred"`
	Rejects   []Reject            `json:"rejects"`
	Warnings  []fault.Text        `json:"warnings"`
}

// Shown is one record as an import would take it; what the file leaves open and
// nobody says is empty. Of the seed only the length is shown.
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

// NotInspected is the result for a file of which nothing is known but its name.
func NotInspected(file string) Inspected {
	return Inspected{File: file, Wrapped: []string{}, Encodings: []seedfile.Encoding{}, Needs: []fault.Text{},
		First: []Shown{}, Inferred: []fault.Text{}, Rejects: []Reject{}, Warnings: []fault.Text{}}
}

// Inspect reads a file as an import would, up to where the store begins.
func Inspect(ctx context.Context, req Import, why string, now time.Time) (Inspected, error) {
	res := NotInspected(req.Source.Name())
	res.Format, res.Why = req.Format.Name, why
	unkeyed := maphash.MakeSeed() // seeds are only held against each other
	s, err := settle(ctx, req.reading(), req.Fill, now, func(seed token.Seed) int64 { return int64(maphash.Bytes(unkeyed, seed.Bytes())) }, nil)
	defer s.close()
	var need needing
	if errors.As(err, &need) {
		return res.blind(ctx, req, need)
	}
	if err != nil {
		return Inspected{}, err
	}
	imported := NotImported(res.File)
	imported.describe(s, req)
	l := &loader{req: req, settled: s, res: &imported}
	err = l.eachSlice(ctx, func(slice []entry) error {
		defer clearSeeds(slice)
		for i := 0; i < len(slice) && len(res.First) < shownRecords; i++ {
			if e := &slice[i]; e.verdict != token.Invalid {
				res.First = append(res.First, shown(e))
			}
		}
		l.count(slice)
		return l.report(slice)
	})
	res.SHA256, res.Wrapped, res.Records, res.Refused = imported.SHA256, imported.Wrapped, imported.Records, imported.Refused
	res.Encodings, res.Needs = []seedfile.Encoding{s.encoding}, texts(s.open.needs())
	res.Inferred, res.Rejects, res.Warnings = imported.Inferred, imported.Rejects, append(imported.Warnings, s.open.remarks(s.records)...)
	return res, err
}

func texts(fields []fault.Field) []fault.Text {
	all := make([]fault.Text, len(fields))
	for i, f := range fields {
		all[i] = fault.Textf("%s", f)
	}
	return all
}

func shown(e *entry) Shown {
	s := Shown{
		Place: e.place, Line: e.place.N, Serial: e.Serial, SeedBytes: e.seed.Len(), Type: e.Type, Hash: e.Hash, Digits: e.Digits,
		Encrypted: []string{}, Manufacturer: e.Manufacturer, Model: e.Model, Account: e.account,
	}
	if !e.lacks.Has(seedfile.FieldPeriod) {
		s.Period = &e.Period
	}
	if !e.lacks.Has(seedfile.FieldCounter) {
		s.Counter = &e.Counter
	}
	return s
}

// needing is an error that a field of the operator would mend.
type needing interface {
	error
	Needs() fault.Field
}

// blind says what can be said of a file that needs a key, a certificate, leave to
// read what is not verified, or to be told how its seeds are written: its records
// without their seeds, and all that an import would demand.
func (res Inspected) blind(ctx context.Context, req Import, need needing) (Inspected, error) {
	r := req.reading()
	r.options.Blind, r.onRead = true, nil
	fixed := req.Format.Encoding != seedfile.Unknown
	if fixed {
		res.Encodings = append(res.Encodings, req.Format.Encoding)
	}
	c := &completer{format: req.Format, fill: req.Fill}
	end, err := r.each(ctx, func(rec *seedfile.Record) error {
		var lacks seedfile.FieldSet
		if !fixed {
			lacks = c.ask(rec) // where only the encoding is in doubt; what is encrypted may say all of it
		}
		rec.Secret.Text.Clear()
		res.Records++
		serial, err := token.ParseSerial(rec.Serial)
		switch {
		case rec.Problem != nil:
			res.Refused++
			rec.Withhold()
			if len(res.Rejects) < MaxRejects {
				res.Rejects = append(res.Rejects, Reject{Place: rec.Place, Line: rec.Place.N, Serial: rec.Serial, Verdict: token.Invalid, Reason: fault.Textf("%v", rec.Problem)})
			}
		case len(res.First) < shownRecords && err == nil && !seedfile.SerialLooksLikeSeed(rec.Serial):
			e := entry{place: rec.Place, lacks: rec.Closed | lacks}
			e.Serial, e.Params, e.Counter, e.Manufacturer, e.Model = serial, rec.Params, rec.Counter, rec.Manufacturer, rec.Model
			s := shown(&e)
			for _, f := range fieldsOf(rec.Closed) {
				s.Encrypted = append(s.Encrypted, string(f))
			}
			res.First = append(res.First, s)
		}
		return nil
	})
	if err != nil {
		return Inspected{}, err
	}
	res.SHA256 = end.sha256
	needs := append(end.needs, need.Needs())
	slices.Sort(needs)
	res.Needs = texts(append(slices.Compact(needs), c.open.needs()...))
	res.Warnings = append(append(append(res.Warnings, fault.Textf("%v", need)), end.notes...), c.open.remarks(res.Records)...)
	if end.cut { // whatever else it needs, it is not whole
		return res, fault.Errorf(fault.Refused, "%s is cut off: whether records are missing nobody can tell", res.File).
			WithHint("fetch the delivery again; if it is a log that was never closed, %s takes what is there", fault.Compat)
	}
	return res, nil
}
