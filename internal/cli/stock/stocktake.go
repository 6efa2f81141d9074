package stock

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/stocktake"
	"fob/internal/token"
)

// stocktakeOptions say what is counted and what becomes of it.
type stocktakeOptions struct {
	location, out, session string
	isNew, post            bool
	yes                    *bool
	words                  term.SaidFlags
}

func newStocktakeCmd(r *term.Run) *cobra.Command {
	var o stocktakeOptions
	cmd := &cobra.Command{
		Use:  "stocktake [FILE] --location LOCATION",
		Args: term.AtMost(1),
		RunE: r.Start(func(ctx context.Context, args []string) error { return runStocktake(ctx, r, &o, args) }),
	}
	f := cmd.Flags()
	f.StringVarP(&o.location, "location", "l", "", "`PLACE` that was scanned (required)")
	f.BoolVar(&o.isNew, "new-location", false, "accept a place that is not known yet")
	f.StringVarP(&o.out, "out", "o", "", "write the findings to this new `FILE`, .xlsx or .csv")
	f.BoolVar(&o.post, "post", false, "move tokens that are recorded elsewhere to this place")
	f.StringVar(&o.session, "session", "", "keep the scanned labels in this `FILE`, and continue with it")
	o.words.AddOfTokens(cmd)
	o.yes = term.AddYes(cmd)
	return cmd
}

func runStocktake(ctx context.Context, r *term.Run, o *stocktakeOptions, args []string) (err error) {
	place, err := o.check(args)
	if err != nil {
		return err
	}
	words, err := o.words.Words(r)
	if err != nil {
		return err
	}
	if place, err = knownLocation(ctx, r, place, o.isNew); err != nil {
		return err
	}
	out, err := newFindingsFile(o.out)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, out.close()) }()
	var s *stocktake.Result
	var interrupted error
	if len(args) == 1 {
		s, err = countFile(ctx, r, args[0], place)
	} else {
		s, interrupted, err = countTerminal(ctx, r, o, place)
	}
	if err != nil {
		return err
	}
	if interrupted == nil {
		err = postStocktake(ctx, r, o, s, words)
	}
	return cmp.Or(err, cmp.Or(out.write(r, s), cmp.Or(printStocktake(r, o, s), interrupted)))
}

func (o *stocktakeOptions) check(args []string) (place string, err error) {
	switch {
	case o.location == "":
		return "", fault.Errorf(fault.Usage, "--location is missing").WithHint("the place that was scanned, such as \"Berlin/Safe 2\"")
	case len(args) == 1 && args[0] == "":
		return "", fault.Errorf(fault.Usage, "the file's name is empty")
	case len(args) == 1 && o.session != "":
		return "", fault.Errorf(fault.Usage, "--session goes with scanning on the terminal, not with a file")
	case o.out != "" && !strings.EqualFold(filepath.Ext(o.out), ".xlsx") && !strings.EqualFold(filepath.Ext(o.out), ".csv"):
		return "", fault.Errorf(fault.Usage, "--out %q: the ending says the form: .xlsx or .csv", term.Clean(o.out))
	}
	return token.ParseLocation(o.location)
}

// knownLocation spells a place as the store does, or refuses it.
func knownLocation(ctx context.Context, r *term.Run, name string, isNew bool) (spelled string, err error) {
	err = r.WithReports(ctx, func(reader report.Reader) error {
		names, err := reader.Locations()
		if err != nil {
			return err
		}
		known := token.KnownLocations(names)
		place, ok := known.Find(name)
		if spelled = place; !ok && !isNew {
			return known.Unknown(name)
		}
		return nil
	})
	return spelled, err
}

func countFile(ctx context.Context, r *term.Run, path, place string) (s *stocktake.Result, err error) {
	scans, err := readScans(r, path)
	if err != nil {
		return nil, err
	}
	if scans.Of != "" && token.LocationKey(scans.Of) != token.LocationKey(place) {
		return nil, otherSession(path, scans.Of, place)
	}
	err = r.WithReports(ctx, func(reader report.Reader) error {
		c := stocktake.NewCount(place, term.Wording{})
		if _, err := c.Add(reader, scans.All); err != nil {
			return err
		}
		s, err = c.Finish(reader)
		return err
	})
	return s, err
}

// postStocktake moves in the records what is here.
func postStocktake(ctx context.Context, r *term.Run, o *stocktakeOptions, s *stocktake.Result, words desk.Words) error {
	serials := s.ToPost()
	if !o.post || len(serials) == 0 {
		return nil
	}
	if words.Reason == "" {
		words.Reason = "stocktake"
	}
	if err := r.Confirm(ctx, *o.yes, "Move "+term.Count(len(serials), "token")+" to "+s.Location+" in the records"); err != nil {
		return err
	}
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		bar := r.NewProgress("moving")
		defer bar.Done()
		res, err := d.Relocate(ctx, desk.Relocation{Serials: serials, To: s.Location, New: true, Words: words, Progress: bar.Counted})
		for _, serial := range res.Moved {
			s.Moved = append(s.Moved, string(serial))
		}
		return err
	})
}

// shownFindings is how many a terminal shows of each kind: the rest is for a file.
const shownFindings = 20

func printStocktake(r *term.Run, o *stocktakeOptions, s *stocktake.Result) error {
	if r.JSON {
		return r.PrintJSON(s)
	}
	t := r.NewTable("FINDING", "SERIAL", "STATE", "ACCOUNT", "RECORDED AT", "LINE", "TO DO").Spares("LINE", "ACCOUNT", "RECORDED AT", "STATE")
	shown, left := map[stocktake.Finding]int{}, 0
	for _, f := range s.Findings {
		if shown[f.Finding]++; r.Streams.OutWidth > 0 && shown[f.Finding] > shownFindings {
			left++
			continue
		}
		name := string(f.Serial)
		if name == "" {
			name = f.Scanned
		}
		if err := t.Add(string(f.Finding), name, string(f.State), f.Account, f.Location, report.NonZero(f.Line), f.Todo()); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if left > 0 {
		r.Remark("%d findings more: --out FILE.xlsx, a pipe or --json has them all", left)
	}
	summarise(r, o, s)
	return nil
}

func summarise(r *term.Run, o *stocktakeOptions, s *stocktake.Result) {
	say := r.Remark
	if r.Streams.OutWidth > 0 {
		say = r.Say
	}
	say("%s: %d scanned, %d expected; %d missing, %d unexpected, %d misplaced, %d unknown.", s.Location, s.Scanned, s.Expected,
		len(s.Missing), len(s.Unexpected), len(s.Misplaced), len(s.Unknown))
	if s.Repeated > 0 {
		say("%s scanned again: counted once.", term.Count(s.Repeated, "label"))
	}
	for _, n := range s.Notes {
		say("Note: %s.", n)
	}
	n := len(s.ToPost())
	switch {
	case len(s.Moved) > 0:
		say("Posted: %s moved to %s.", term.Count(len(s.Moved), "token"), s.Location)
	case n == 0 && o.post:
		say("Nothing to move: no token that lies here is recorded elsewhere.")
	case n > 0 && !o.post:
		say("Nothing was changed; --post moves %s to %s in the records.", term.Count(n, "token"), s.Location)
	}
}

// findingsFile is the file of --out, made before anything is done and gone again if
// nothing came of it.
type findingsFile struct {
	file    *os.File // nil: nobody asked for one
	written bool
}

func newFindingsFile(path string) (*findingsFile, error) {
	if path == "" {
		return &findingsFile{}, nil
	}
	file, err := term.NewFile("--out", path)
	return &findingsFile{file: file}, err
}

func (f *findingsFile) write(r *term.Run, s *stocktake.Result) (err error) {
	if f.file == nil {
		return nil
	}
	if strings.EqualFold(filepath.Ext(f.file.Name()), ".csv") {
		err = stocktake.WriteCSV(f.file, s)
	} else {
		c := r.Config()
		err = stocktake.WriteWorkbook(f.file, s, report.Origin{Made: r.Now(), By: c.Operator, Host: c.Host, Version: term.Version(), Random: c.Random, TempDir: filepath.Dir(f.file.Name())})
	}
	if f.written = err == nil; err != nil {
		return fault.Wrap(fault.Internal, err, "writing %s", f.file.Name())
	}
	return nil
}

func (f *findingsFile) close() error {
	if f.file == nil {
		return nil
	}
	if !f.written {
		return errors.Join(f.file.Close(), os.Remove(f.file.Name()))
	}
	return errors.Join(f.file.Sync(), f.file.Close())
}
