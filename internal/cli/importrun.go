package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fob/internal/app"
	"fob/internal/fault"
	"fob/internal/intake"
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
func (r *root) importFiles(ctx context.Context, o *importOptions, paths []string) error {
	if _, err := o.fill(); err != nil {
		return err
	}
	deliveries, err := r.config().Deliveries(o.keys.Keys)
	if err != nil {
		return err
	}
	defer deliveries.Close()
	rejects, err := newRejectFile(o.rejects)
	if err != nil {
		return err
	}
	all := loads{results: []intake.Imported{}, dry: o.dryRun}
	err = r.withIntake(ctx, func(d *intake.Intake) error {
		plan, err := r.planImport(ctx, o, deliveries, paths)
		defer plan.close()
		if err != nil {
			all.stopped(plan)
			return err
		}
		return r.loadAll(ctx, d, plan, rejects, &all)
	})
	err = brokenOff(ctx, firstError(err, rejects.close()), all.results)
	if r.json {
		err = firstError(err, r.printJSON(all.results))
	} else {
		r.printTotal(&all)
	}
	return allRefused(err, all.refused)
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

func (r *root) loadAll(ctx context.Context, d *intake.Intake, p *plan, rejects *rejectFile, all *loads) error {
	for _, f := range p.files {
		switch {
		case f.unknown:
			r.remark("%s is left out: %s", clean(f.name), fault.MessageIn(f.err, wording{}))
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
		res, err := r.importFile(ctx, d, f.req, f.member, rejects)
		if err != nil && res.SHA256 == "" {
			// Of several files in JSON it must be seen which was refused, and why.
			res.Warnings = append(res.Warnings, fault.Textf("%s", fault.MessageIn(err, wording{})))
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

func (r *root) importFile(ctx context.Context, d *intake.Intake, req intake.Import, m app.Member, rejects *rejectFile) (intake.Imported, error) {
	name := m.Source.Name()
	if rejects.file != nil {
		req.OnReject = func(reject intake.Reject) error { return rejects.add(name, reject) }
	}
	bar := r.newProgress(name)
	bar.follow(&req)
	res, err := d.Import(ctx, req)
	bar.done()
	res.Wrapped = append(slices.Clone(m.Wrapped), res.Wrapped...)
	res.Warnings = worded(slices.Concat(m.Notes, res.Warnings))
	for i := range res.Rejects {
		res.Rejects[i].Reason = worded([]fault.Text{res.Rejects[i].Reason})[0]
	}
	if !r.json && (err == nil || res.Refused > 0 || res.Stored) {
		r.printImported(res) // else the error says it all
	}
	return res, err
}

// unread is the result for a file that could not be read as a seed file.
func unread(name string) intake.Imported {
	return intake.Imported{File: name, Wrapped: []string{}, Rejects: []intake.Reject{}, Warnings: []fault.Text{}, Inferred: []string{}}
}

func unreadable(f planned) intake.Imported {
	res := unread(f.name)
	if f.member.Wrapped != nil {
		res.Wrapped = f.member.Wrapped
		res.Warnings = append(res.Warnings, fault.Textf("%s", fault.MessageIn(f.err, wording{})))
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
		said = "; stored before it, and kept: " + strings.Join(stored, ", ")
	}
	if interrupted {
		return fault.Errorf(fault.Interrupted, "interrupted; nothing was left half done%s", said)
	}
	if said == "" {
		return err
	}
	return fault.Wrap(fault.Internal, err, "the import was broken off%s", said).WithHint("%s", nextStep(err))
}

// printTotal sums several files up.
func (r *root) printTotal(all *loads) {
	switch p := all.halted; {
	case p != nil && p.found > 1:
		r.say("%d files: nothing was loaded; %d of them were opened", p.found, p.opened)
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
		r.say("%d files: dry run, %d would be new, each held against the store alone, %s", len(all.results), trial, rest)
		return
	}
	in := fmt.Sprintf("%d batches", batches)
	if batches == 1 {
		in = "1 batch"
	}
	r.say("%d files: %d new in %s, %s", len(all.results), fresh, in, rest)
}

// notRead tells of the files of which no record is in the sums.
func (all *loads) notRead() (text string) {
	if all.whole > 0 {
		text += fmt.Sprintf("; %s refused as a whole", count(all.whole, "file"))
	}
	if all.leftOut > 0 {
		text += fmt.Sprintf("; %s left out", count(all.leftOut, "file"))
	}
	return text
}
