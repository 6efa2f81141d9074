package seeds

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/seedfile"
)

// loads is what became of the files of one call so far.
type loads struct {
	results []intake.Imported
	refused []refusal
	whole   int // files that were refused as a whole, not for some records
	leftOut int // files that are no seed files, and were to be left out
	dry     bool
	halted  *plan // what was planned, if nothing was loaded because of it
}

// importFiles loads one file after the other. A refused file does not stop the
// next; trouble that is not a file's own does.
func importFiles(ctx context.Context, r *term.Run, o *importOptions, paths []string) error {
	if _, err := o.fill(); err != nil {
		return err
	}
	if err := o.sayWhy(r); err != nil {
		return err
	}
	deliveries, err := r.Config().Deliveries(o.keys.Keys)
	if err != nil {
		return err
	}
	defer deliveries.Close()
	rejects, err := term.NewCSVFile("--rejects", o.rejects, "line", "serial", "verdict", "reason", "file")
	if err != nil {
		return err
	}
	all := loads{results: []intake.Imported{}, dry: o.dryRun}
	err = r.WithIntake(ctx, func(d *intake.Intake) error {
		plan, err := planImport(ctx, r, o, deliveries, paths)
		defer plan.close()
		if err != nil {
			all.stopped(plan)
			return err
		}
		return loadAll(ctx, r, d, plan, rejects, &all)
	})
	err = brokenOff(ctx, cmp.Or(err, rejects.Close()), all.results)
	if r.JSON {
		err = cmp.Or(err, r.PrintJSON(all.results))
	} else {
		printTotal(r, &all)
	}
	return allRefused(err, all.refused)
}

// sayWhy reads what people say of an import that gives retired serials a new life; of
// others nobody asks.
func (o *importOptions) sayWhy(r *term.Run) (err error) {
	o.words, err = o.said.Words(r)
	if err == nil && !o.reburnt && o.said != (term.SaidFlags{}) {
		err = fault.Errorf(fault.Usage, "--approved-by, --reason and --ticket are for --reburnt")
	}
	return err
}

// stopped gives each file that could not be read a result, when nothing was loaded
// because of one.
func (all *loads) stopped(p *plan) {
	all.halted = p
	for _, f := range p.files {
		if f.err != nil {
			all.results = append(all.results, unreadable(f))
		}
	}
}

func loadAll(ctx context.Context, r *term.Run, d *intake.Intake, p *plan, rejects *term.CSVFile, all *loads) error {
	for _, f := range p.files {
		switch {
		case f.unknown:
			r.Remark("%s is left out: %s", term.Clean(f.name), fault.MessageIn(f.err, term.Wording{}))
			all.results = append(all.results, unreadable(f))
			all.leftOut++
			continue
		case f.err != nil:
			all.refuse(f, unreadable(f), f.err)
			continue
		}
		if f.req.DryRun && len(all.results) > 0 {
			f.member.Notes = append(slices.Clone(f.member.Notes), fault.Textf(dryRunAlone))
		}
		res, err := importFile(ctx, r, d, f.req, f.member, rejects)
		if err != nil && res.SHA256 == "" {
			// Of several files in JSON it must be seen which was refused, and why.
			res.Warnings = append(res.Warnings, fault.Textf("%s", fault.MessageIn(err, term.Wording{})))
		}
		if kind := fault.KindOf(err); err != nil && kind != fault.Refused {
			all.results = append(all.results, res)
			if kind == fault.KeyTrouble { // of several files it must be seen which
				return fault.Wrap(kind, err, "%s", f.name)
			}
			return err
		}
		all.refuse(f, res, err)
	}
	return nil
}

// dryRunAlone is said of every file of a dry run but the first.
const dryRunAlone = "a dry run holds each file against the store alone: tokens that an earlier file of this call would bring count as new here, and are then unchanged or refused"

func (all *loads) refuse(f planned, res intake.Imported, err error) {
	all.results = append(all.results, res)
	if err != nil {
		all.refused = append(all.refused, refusal{f.name, err})
		if res.Refused == 0 {
			all.whole++
		}
	}
}

func importFile(ctx context.Context, r *term.Run, d *intake.Intake, req intake.Import, m app.Member, rejects *term.CSVFile) (intake.Imported, error) {
	name := m.Source.Name()
	if rejects.Wanted() {
		req.OnReject = func(x intake.Reject) error {
			return rejects.Add(strconv.Itoa(x.Line), x.Serial, string(x.Verdict), x.Reason.In(term.Wording{}), name)
		}
	}
	bar := r.NewProgress(name)
	follow(bar, &req)
	res, err := d.Import(ctx, req)
	bar.Done()
	res.Wrapped = append(slices.Clone(m.Wrapped), res.Wrapped...)
	res.Warnings, res.Inferred = term.Worded(slices.Concat(m.Notes, res.Warnings)), term.Worded(res.Inferred)
	for i := range res.Rejects {
		res.Rejects[i].Reason = term.Worded([]fault.Text{res.Rejects[i].Reason})[0]
	}
	if !r.JSON && (err == nil || res.Refused > 0 || res.Stored) {
		printImported(r, res) // else the error says it all
	}
	return res, err
}

func unreadable(f planned) intake.Imported {
	res := intake.NotImported(f.name)
	if f.member.Wrapped != nil {
		res.Wrapped = f.member.Wrapped
		res.Warnings = append(res.Warnings, fault.Textf("%s", fault.MessageIn(f.err, term.Wording{})))
	}
	return res
}

// brokenOff says, when an import of several files did not come to its end, which
// of them are in the store: they stay.
func brokenOff(ctx context.Context, err error, results []intake.Imported) error {
	interrupted := err != nil && ctx.Err() != nil && (errors.Is(err, context.Canceled) || fault.KindOf(err) == fault.Internal)
	if err == nil || !interrupted && fault.KindOf(err) != fault.Internal {
		return err
	}
	var stored []string
	for _, res := range results {
		if res.Stored {
			stored = append(stored, fmt.Sprintf("%s (batch %d)", res.File, *res.Batch))
		}
	}
	said := ""
	if len(stored) > 0 {
		said = "; stored before it: " + strings.Join(stored, ", ")
	}
	if interrupted {
		return fault.Errorf(fault.Interrupted, "interrupted; nothing was left half done%s", said)
	}
	if said == "" {
		return err
	}
	return fault.Wrap(fault.Internal, err, "the import was broken off%s", said).WithHint("%s", term.NextStep(err))
}

// printTotal sums several files up.
func printTotal(r *term.Run, all *loads) {
	switch p := all.halted; {
	case p != nil && p.found > 1:
		r.Say("%d files: nothing was loaded; %d of them were opened", p.found, p.opened)
		return
	case p != nil || len(all.results) < 2:
		return
	}
	var batches, fresh, trial, unchanged, refused int
	for _, res := range all.results {
		switch {
		case res.Stored:
			batches++
			fresh += res.New
		case res.DryRun:
			trial += res.New
		}
		unchanged, refused = unchanged+res.Unchanged, refused+res.Refused
	}
	rest := fmt.Sprintf("%d unchanged, %d refused%s", unchanged, refused, all.notRead())
	if all.dry {
		r.Say("%d files: dry run, %d would be new, each compared with the store alone, %s", len(all.results), trial, rest)
		return
	}
	in := fmt.Sprintf("%d batches", batches)
	if batches == 1 {
		in = "1 batch"
	}
	r.Say("%d files: %d new in %s, %s", len(all.results), fresh, in, rest)
}

// notRead tells of the files of which no record is in the sums.
func (all *loads) notRead() (text string) {
	if all.whole > 0 {
		text += fmt.Sprintf("; %s refused as a whole", term.Count(all.whole, "file"))
	}
	if all.leftOut > 0 {
		text += fmt.Sprintf("; %s left out", term.Count(all.leftOut, "file"))
	}
	return text
}

// The bar's parts, of a hundred. Measured on a million tokens: reading a file
// takes a fifth of an import, storing the tokens nearly all the rest.
const (
	shareRead  = 20
	shareStore = 65
	shareIndex = 15
)

// follow draws the bar for an import.
func follow(p *term.Progress, req *intake.Import) {
	size := seedfile.SizeOf(req.Source)
	most := 0.0
	req.OnRead = func(bytes int64) {
		if size > 0 { // a file whose encoding is to be found out is read twice
			most = max(most, shareRead*float64(bytes)/float64(size))
			p.Set(most, "reading")
		}
	}
	req.OnProgress = func(done, total int) {
		p.Set(shareRead+term.Part(shareStore, done, total), fmt.Sprintf("%d of %d tokens, %.0f a second", done, total, p.Rate(done)))
	}
	req.OnIndex = func(done, total int) {
		p.Set(shareRead+shareStore+term.Part(shareIndex, done, total), fmt.Sprintf("%d tokens, finishing", total))
	}
}
