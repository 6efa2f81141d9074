package intake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/internal/desk"
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
	// Reburnt says that devices of retired tokens were burnt anew: their serials pass to
	// the tokens of the file. It takes a second person, whom the words name.
	Reburnt bool
	Words   token.Words
	DryRun  bool // go all the way and undo it
	// NewAccount takes the accounts of the file as they are though the list of people
	// does not have them.
	NewAccount bool
	// NewLocation takes the place of the delivery as it is though it is not known. The
	// first place of a store needs no such word: it can be mistaken for no other.
	NewLocation bool

	OnReject   func(Reject) error    // called for every refused record, in file order; nil: nobody wants them all
	OnRead     func(bytes int64)     // of the first reading, now and then
	OnProgress func(done, total int) // records of the second
	OnIndex    func(done, total int) // of their fingerprints, with which a large file ends
}

func (req Import) reading() reading {
	return reading{req.Source, req.Format, req.Options, req.OnRead}
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

// Imported is what became of a file. Its JSON names are kept for good.
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
	Unjudged  int               `json:"unjudged"`      // not held against the store: the file alone was refused
	Replaced  int               `json:"replaced"`      // 0 unless stored
	Replaces  int               `json:"would_replace"` // of a dry run, or of a file that was refused
	Reburnt   int               `json:"reburnt"`       // retired serials that passed to new tokens, or would
	Assigned  int               `json:"assigned"`      // to whom the file itself says
	Stored    bool              `json:"stored"`
	DryRun    bool              `json:"dry_run"`
	Already   bool              `json:"already_imported"`
	Rejects   []Reject          `json:"rejects"`
	Warnings  []fault.Text      `json:"warnings"`
	Inferred  []fault.Text      `json:"inferred"` // what the file did not say, and where it came from
}

// NotImported is the result for a file of which nothing is known but its name.
func NotImported(file string) Imported {
	return Imported{File: file, Wrapped: []string{}, Rejects: []Reject{}, Warnings: []fault.Text{}, Inferred: []fault.Text{}}
}

// Import loads a seed file, whole or not at all unless Partial. The result has the
// verdicts also when err says that records were refused.
func (in *Intake) Import(ctx context.Context, req Import) (Imported, error) {
	res := NotImported(req.Source.Name())
	res.Format, res.DryRun = req.Format.Name, req.DryRun
	if err := in.Store.SweepLoads(ctx); err != nil {
		return res, err
	}
	keys, err := in.Desk.Keys(ctx)
	if err != nil {
		return res, err
	}
	s, err := settle(ctx, req.reading(), req.Fill, in.Desk.Now(), keys.Fingerprint, in.Desk.Random)
	defer s.close()
	if err != nil {
		return res, err
	}
	res.describe(s, req)
	if err := s.open.missingError(res.File, req.Format, s.records, s.invalid); err != nil {
		return res, err
	}
	if n := req.Supply.Expected; n != 0 && n != s.records {
		return res, fault.Errorf(fault.Refused, "the file holds %d records, %s says %d; nothing was stored", s.records, fault.Expect, n).
			WithHint("ask the supplier for the missing file, or import with the number that is right")
	}
	if s.refuses(req) {
		res.Refused, res.Rejects, res.Unjudged = s.invalid, append(res.Rejects, s.rejects...), s.records-s.invalid
		return res, res.verdict(false)
	}
	if err := in.spellLocation(ctx, &req, &res); err != nil {
		return res, err
	}
	l := &loader{intake: in, req: req, keys: keys, settled: s, res: &res}
	if err := l.run(ctx); err != nil {
		return res, err
	}
	if !res.Stored {
		res.Replaced, res.Replaces = 0, res.Replaced
	}
	if l.unassigned > 0 {
		res.warn("%d records of tokens that are here already name an account; who has them was not changed", l.unassigned)
	}
	if err := in.alreadyImported(ctx, req, &res); err != nil {
		return res, err
	}
	return res, res.verdict(req.Partial)
}

func (res *Imported) warn(format string, args ...any) {
	res.Warnings = append(res.Warnings, fault.Textf(format, args...))
}

// describe fills in what the first reading found.
func (res *Imported) describe(s *settled, req Import) {
	res.SHA256, res.Records, res.Encoding = s.sha256, s.records, s.encoding
	res.Wrapped = append(res.Wrapped, s.wrapped...)
	if s.inferred != nil {
		res.Inferred = append(res.Inferred, fault.Textf("%s", s.inferred.Evidence))
	}
	res.Inferred = append(res.Inferred, s.open.inferred(req, s.records)...)
	res.Warnings = append(append(res.Warnings, s.notes...), s.open.kept(req, s.records)...)
}

// spellLocation spells the place of a delivery as it is known, and refuses one that
// may be mistyped. The first of a store can be held against no other: the answer names it.
func (in *Intake) spellLocation(ctx context.Context, req *Import, res *Imported) error {
	s := &req.Supply
	if s.Location == "" {
		return nil
	}
	return in.Store.View(ctx, func(r Reader) error {
		names, err := r.Locations()
		if err != nil {
			return err
		}
		places, ok := token.KnownLocations(names), false
		s.Location, ok = places.Find(s.Location)
		if !ok && len(names) > 0 && !req.NewLocation {
			return places.Unknown(s.Location)
		}
		if !ok && !req.NewLocation {
			res.Inferred = append(res.Inferred, fault.Textf("the place %s is new, the first of this store; if it is mistyped: %s", s.Location, fault.Do(token.CmdLocationRename, s.Location, "NAME")))
		}
		return desk.CheckOpen(r, s.Location)
	})
}

// alreadyImported says of a file all of whose records are here that its bytes
// came before under the same options. It is said only then: tokens may have been
// replaced since.
func (in *Intake) alreadyImported(ctx context.Context, req Import, res *Imported) error {
	if res.Unchanged != res.Records {
		return nil
	}
	return in.Store.View(ctx, func(r Reader) error {
		b, found, err := r.BatchOfFile(res.SHA256, req.key())
		if err != nil || !found {
			return err
		}
		res.Already, res.Batch = true, &b.Number
		if other := otherSupply(req.Supply, b.Supplied); other != "" {
			corrects := fault.Text{}
			if said := req.Supply; other != otherSupply(token.Supply{Location: said.Location}, b.Supplied) { // a place is no matter of the order
				corrects = fault.Textf("; %s corrects it", fault.Do(token.CmdBatchCorrect, b.Number))
			}
			res.warn("%s: batch %d keeps what was said at its first import%s", other, b.Number, corrects)
		}
		return nil
	})
}

// otherSupply names what was said of a delivery otherwise than it is recorded; empty if
// nothing was.
func otherSupply(said, has token.Supply) string {
	var other []string
	add := func(differs bool, what string, is any) {
		if differs {
			other = append(other, fmt.Sprintf("%s (%v)", what, is))
		}
	}
	none := func(text string) string { return cmp.Or(text, "none recorded") }
	add(said.Order != "" && said.Order != has.Order, "order", none(has.Order))
	add(said.Supplier != "" && said.Supplier != has.Supplier, "supplier", none(has.Supplier))
	add(said.Expected != 0 && said.Expected != has.Expected, "tokens ordered", none(strings.TrimPrefix(strconv.Itoa(has.Expected), "0")))
	add(said.Location != "" && token.LocationKey(said.Location) != token.LocationKey(has.Location), "location", none(has.Location))
	received := ""
	if !has.Received.IsZero() {
		received = has.Received.Format(time.DateOnly)
	}
	add(!said.Received.IsZero() && !said.Received.Equal(has.Received), "date", none(received))
	if len(other) == 0 {
		return ""
	}
	return "not recorded from this call: " + strings.Join(other, ", ")
}

// key is what of a request decides how a file's records come out: with the same
// bytes and the same key, an import would make the same tokens.
func (req Import) key() string {
	f, o := req.Fill, req.Options
	said := []string{}
	add := func(when bool, format string, args ...any) {
		if when {
			said = append(said, fmt.Sprintf(format, args...))
		}
	}
	for field, v := range map[seedfile.Field]any{
		seedfile.FieldType: f.Params.Type, seedfile.FieldHash: f.Params.Hash, seedfile.FieldDigits: f.Params.Digits,
		seedfile.FieldPeriod: f.Params.Period, seedfile.FieldCounter: f.Counter, seedfile.FieldT0: f.Params.T0,
	} {
		add(f.Given.Has(field), "%s=%v", field, v)
	}
	for name, v := range map[string]string{
		"encoding": string(f.Encoding), "manufacturer": f.Manufacturer, "model": f.Model, "columns": o.Columns,
		"as": req.Format.As, "sheet": o.Sheet,
	} {
		add(v != "", "%s=%q", name, v)
	}
	for name, given := range map[string]bool{
		"short-seeds": f.ShortSeeds, "key-suffix": o.KeySuffix, "compat": o.Compat, "allow-unauthenticated": o.Unauthenticated,
		"reburnt": req.Reburnt,
	} {
		add(given, "%s", name)
	}
	add(o.Delimiter != 0, "delimiter=%q", o.Delimiter)
	add(o.SkipRows != 0, "skip-rows=%d", o.SkipRows)
	slices.Sort(said)
	return strings.Join(append([]string{"format=" + req.Format.Name}, said...), " ")
}

// verdict turns refused records into the error that the caller ends with.
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
		what += ", because nothing else in it was new"
	}
	err := fault.Errorf(fault.Refused, "%d of %d records of %s were refused; %s", res.Refused, res.Records, res.File, what)
	switch {
	case slices.ContainsFunc(res.Rejects, func(r Reject) bool { return r.loading }):
		return err.WithHint("another import of these tokens is running: wait until it is done, then import again")
	case partial:
		return err.WithHint("fix the refused records and import the file again; %s lists them", fault.Rejects.Is("FILE"))
	}
	return err.WithHint("fix the file, or use %s to store the valid records; %s lists the refused ones", fault.Partial, fault.Rejects.Is("FILE"))
}
