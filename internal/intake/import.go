package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Import is a request to load one seed file.
type Import struct {
	Source  seedfile.Source
	Format  seedfile.Format
	Options seedfile.Options
	Fill    Fill
	Supply  token.Supply

	Partial bool // store the good records of a file that has refused ones
	Replace bool // exchange tokens that were never given out
	DryRun  bool // go all the way and undo it
	// NewAccount takes the accounts of the file as they are though the list of people
	// does not have them.
	NewAccount bool

	OnReject   func(Reject) error    // called for every refused record, in file order; nil: nobody wants them all
	OnRead     func(bytes int64)     // of the first pass, now and then
	OnProgress func(done, total int) // records of the second
	OnIndex    func(done, total int) // of their fingerprints, with which a large file ends
}

// Reject is a refused record.
type Reject struct {
	Place   seedfile.Place `json:"-"`
	Line    int            `json:"line"`
	Serial  string         `json:"serial"`
	Verdict token.Verdict  `json:"verdict"`
	Reason  fault.Text     `json:"reason"`

	loading bool // another import is bringing it right now
}

// MaxRejects is how many refused records a result lists; OnReject has all.
const MaxRejects = 1000

// Imported is what became of a file, with the JSON names of the design.
type Imported struct {
	File      string            `json:"file"`
	SHA256    string            `json:"sha256"`
	Wrapped   []string          `json:"wrapped"` // what was undone round it, from the outside in
	Format    string            `json:"format"`
	Encoding  seedfile.Encoding `json:"encoding"`
	Batch     *int              `json:"batch"` // null: nothing was stored
	Records   int               `json:"records"`
	New       int               `json:"new"`
	Unchanged int               `json:"unchanged"`
	Refused   int               `json:"refused"`
	Unjudged  int               `json:"unjudged"` // not held against the store: the file alone was refused
	Replaced  int               `json:"replaced"`
	Assigned  int               `json:"assigned"` // to whom the file itself says
	Stored    bool              `json:"stored"`
	DryRun    bool              `json:"dry_run"`
	Already   bool              `json:"already_imported"`
	Rejects   []Reject          `json:"rejects"`
	Warnings  []fault.Text      `json:"warnings"`
	Inferred  []string          `json:"inferred"` // what the file did not say, and where it came from
}

// Import loads a seed file, whole or not at all unless Partial. The result
// tells the verdicts also when err says that records were refused.
func (d *Intake) Import(ctx context.Context, req Import) (Imported, error) {
	res := Imported{File: req.Source.Name(), Format: req.Format.Name, DryRun: req.DryRun,
		Wrapped: []string{}, Rejects: []Reject{}, Warnings: []fault.Text{}, Inferred: []string{}}
	if err := d.Store.SweepLoads(ctx); err != nil {
		return res, err
	}
	keys, err := d.Desk.Keys(ctx)
	if err != nil {
		return res, err
	}
	p := passes{req.Source, req.Format, req.Options, d.Desk.Random, req.OnRead}
	s, err := p.firstPass(ctx, req.Fill, keys)
	defer s.clear()
	if err != nil {
		return res, err
	}
	res.describe(s, req)
	if err := s.opened.missingError(p.source.Name(), p.format, s.records, s.invalid); err != nil {
		return res, err
	}
	if err := checkCount(req.Supply, s.records); err != nil {
		return res, err
	}
	if s.refuses(req) {
		return res, res.refuse(s)
	}
	p.onRead = nil // the second pass tells of its records
	if err := d.spellLocation(ctx, &req.Supply, &res); err != nil {
		return res, err
	}
	l := &loader{desk: d, req: req, keys: keys, scan: s, passes: p, res: &res}
	if err := l.run(ctx); err != nil {
		return res, err
	}
	if l.unassigned > 0 {
		res.Warnings = append(res.Warnings, fault.Textf("%d records of tokens that are here already name an account; who has them was not changed", l.unassigned))
	}
	if err := d.alreadyImported(ctx, req, s, &res); err != nil {
		return res, err
	}
	return res, res.verdict(req.Partial)
}

// describe fills in what the first pass found.
func (res *Imported) describe(s *scan, req Import) {
	res.SHA256, res.Records, res.Encoding = s.sha256, s.records, s.encoding
	res.Warnings = append(res.Warnings, s.notes...)
	res.Wrapped = append(res.Wrapped, s.wrapped...)
	if s.inferred != nil {
		res.Inferred = append(res.Inferred, s.inferred.Evidence)
	}
	res.Inferred = append(res.Inferred, s.opened.inferred(req, s.records)...)
	res.Warnings = append(res.Warnings, seedfile.Notes(s.opened.kept(req, s.records)...)...)
}

// refuse ends the import of a long file that is refused as it is.
func (res *Imported) refuse(s *scan) error {
	res.Refused, res.Rejects = s.invalid, append(res.Rejects, s.rejects...)
	res.Unjudged = s.records - s.invalid
	return res.verdict(false)
}

// checkCount holds the file against the delivery note.
func checkCount(s token.Supply, records int) error {
	if s.Expected != 0 && s.Expected != records {
		return fault.Errorf(fault.Refused, "the file holds %d records, --expect says %d; nothing was stored", records, s.Expected).
			WithHint("ask the supplier for the missing file, or import with the number that is right")
	}
	return nil
}

// alreadyImported says of a file all of whose records are here that its bytes
// came before under the same options. It is said only then: tokens may have been
// replaced since.
func (d *Intake) alreadyImported(ctx context.Context, req Import, s *scan, res *Imported) error {
	if res.Unchanged != res.Records {
		return nil
	}
	return d.Store.View(ctx, func(r Reader) error {
		b, found, err := r.BatchOfFile(s.sha256, req.key())
		if err != nil || !found {
			return err
		}
		res.Already, res.Batch = true, &b.Number
		if req.Supply != (token.Supply{}) {
			res.Warnings = append(res.Warnings, fault.Textf("the order, supplier, location and date of this call were not recorded: the batch keeps those of its first import"))
		}
		return nil
	})
}

// key is what of the flags decides how a file's records come out: with the
// same bytes and the same key, an import would give the same tokens.
func (req Import) key() string {
	f := req.Fill
	parts := []string{"format=" + req.Format.Name}
	add := func(field seedfile.Field, v any) {
		if f.Given.Has(field) {
			parts = append(parts, fmt.Sprintf("%s=%v", field, v))
		}
	}
	add(seedfile.FieldType, f.Params.Type)
	add(seedfile.FieldHash, f.Params.Hash)
	add(seedfile.FieldDigits, f.Params.Digits)
	add(seedfile.FieldPeriod, f.Params.Period)
	add(seedfile.FieldCounter, f.Counter)
	add(seedfile.FieldT0, f.Params.T0)
	o := req.Options
	for name, v := range map[string]string{
		"encoding": string(f.Encoding), "manufacturer": f.Manufacturer, "model": f.Model, "columns": o.Columns,
		"as": req.Format.As, "sheet": o.Sheet,
	} {
		if v != "" {
			parts = append(parts, fmt.Sprintf("%s=%q", name, v))
		}
	}
	if f.ShortSeeds {
		parts = append(parts, "short-seeds")
	}
	if o.Delimiter != 0 {
		parts = append(parts, fmt.Sprintf("delimiter=%q", o.Delimiter))
	}
	if o.SkipRows != 0 {
		parts = append(parts, fmt.Sprintf("skip-rows=%d", o.SkipRows))
	}
	for name, given := range map[string]bool{"key-suffix": o.KeySuffix, "compat": o.Compat, "allow-unauthenticated": o.Unauthenticated} {
		if given {
			parts = append(parts, name)
		}
	}
	slices.Sort(parts[1:])
	return strings.Join(parts, " ")
}

// verdict turns refused records into the error that the caller exits with.
func (res *Imported) verdict(partial bool) error {
	if res.Refused == 0 {
		return nil
	}
	what := "nothing of it was stored"
	switch {
	case res.DryRun:
		what = "this was a dry run, nothing was stored"
	case res.Stored:
		what = fmt.Sprintf("the other %d were stored as batch %d", res.New, *res.Batch)
	case partial:
		what = "nothing of it was stored, since nothing else in it was new"
	}
	err := fault.Errorf(fault.Refused, "%d of %d records of %s were refused; %s", res.Refused, res.Records, res.File, what)
	switch {
	case slices.ContainsFunc(res.Rejects, func(r Reject) bool { return r.loading }):
		return err.WithHint("another import of these tokens is running: wait until it is done, then import again")
	case partial:
		return err.WithHint("mend the refused records and import the file again; --rejects FILE lists them")
	}
	return err.WithHint("mend the file, or --partial to store the good ones; --rejects FILE lists the refused")
}

// spellLocation spells the place of a delivery as it is known, and remarks on one
// that looks like a slip of the finger.
func (d *Intake) spellLocation(ctx context.Context, s *token.Supply, res *Imported) error {
	if s.Location == "" {
		return nil
	}
	return d.Store.View(ctx, func(r Reader) error {
		names, err := r.Locations()
		if err != nil {
			return err
		}
		places, ok := token.KnownLocations(names), false
		s.Location, ok = places.Find(s.Location)
		if near := places.Near(s.Location, token.ShownLocations); !ok && len(near) > 0 {
			res.Warnings = append(res.Warnings, fault.Textf("the location %s is new; near it: %s", s.Location, strings.Join(near, ", ")))
		}
		return nil
	})
}
