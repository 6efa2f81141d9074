package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// stocktakeOptions say what is counted and what becomes of it.
type stocktakeOptions struct {
	location, out, session string
	isNew, post            bool
	yes                    *bool
	words                  wordFlags
}

func newStocktakeCmd(r *root) *cobra.Command {
	var o stocktakeOptions
	cmd := &cobra.Command{
		Use:   "stocktake [FILE] --location LOCATION",
		Short: "Hold scanned serials against the records of a place",
		Long: `Hold the serials that were scanned at a place against the records: missing (in stock
or quarantined there, and not scanned), unexpected (bound, suspended, assigned, lost
or retired, and yet in the drawer: said first), misplaced (recorded elsewhere) and
unknown. What lies below the place belongs to it.

FILE is what a barcode reader wrote, - is standard input: one label a line, or a
table whose first row names a column serial. Enters, tabs, AIM prefixes, GS1, letter
case, dashes, a check digit behind the serial and labels read twice do no harm.
Without FILE the reader is read on this terminal, label by label, each answered by a
word; the bell rings once for a token that lies wrong, twice for an unknown label,
three times for one that must not be in a drawer. "done" ends it. With --session the
labels are kept in a file, and the same command goes on where it was interrupted.

Nothing is changed, but with --post: what is here and recorded elsewhere is moved to
the place, each token with an event. What is missing is never lost by that: look for
it, and say ` + "`fob lost`" + ` of what nobody has.`,
		Example: `  fob stocktake safe2.txt --location "Berlin/Safe 2"
  fob stocktake safe2.txt --location "Berlin/Safe 2" --post --out safe2.xlsx
  fob stocktake --location "Berlin/Safe 2" --session safe2.scans`,
		Args: atMost(1),
		RunE: r.run(func(ctx context.Context, args []string) error { return r.stocktake(ctx, &o, args) }),
	}
	f := cmd.Flags()
	f.StringVar(&o.location, "location", "", "the place that was scanned (required)")
	f.BoolVar(&o.isNew, "new-location", false, "the location may be one that is not known yet")
	f.StringVar(&o.out, "out", "", "write the findings to this new file, .xlsx or .csv")
	f.BoolVar(&o.post, "post", false, "move what is here and recorded elsewhere to the place")
	f.StringVar(&o.session, "session", "", "without FILE: keep the labels in this file, and go on with those that are in it")
	o.words.add(cmd)
	o.yes = addYes(cmd)
	return cmd
}

func (r *root) stocktake(ctx context.Context, o *stocktakeOptions, args []string) (err error) {
	place, err := o.check(args)
	if err != nil {
		return err
	}
	words, err := o.words.words(r)
	if err != nil {
		return err
	}
	if place, err = r.knownLocation(ctx, place, o.isNew); err != nil {
		return err
	}
	out, err := newFindingsFile(o.out)
	if err != nil {
		return err
	}
	defer func() { err = firstError(err, out.close()) }()
	var s *report.Stocktake
	var interrupted error
	if len(args) == 1 {
		s, err = r.countFile(ctx, args[0], place)
	} else {
		s, interrupted, err = r.countTerminal(ctx, o, place)
	}
	if err != nil {
		return err
	}
	if interrupted == nil {
		err = r.postStocktake(ctx, o, s, words)
	}
	return firstError(err, firstError(out.write(r, s), firstError(r.printStocktake(o, s), interrupted)))
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
		return "", fault.Errorf(fault.Usage, "--out %q: the ending says the form: .xlsx or .csv", clean(o.out))
	}
	return token.ParseLocation(o.location)
}

// knownLocation spells a place as the store does, or refuses it.
func (r *root) knownLocation(ctx context.Context, name string, isNew bool) (spelled string, err error) {
	err = r.withReports(ctx, func(reader report.Reader) error {
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

func (r *root) countFile(ctx context.Context, path, place string) (s *report.Stocktake, err error) {
	scans, err := r.readScans(path)
	if err != nil {
		return nil, err
	}
	if scans.Of != "" && token.LocationKey(scans.Of) != token.LocationKey(place) {
		return nil, otherSession(path, scans.Of, place)
	}
	err = r.withReports(ctx, func(reader report.Reader) error {
		c := report.NewCount(place)
		if _, err := c.Add(reader, scans.All); err != nil {
			return err
		}
		s, err = c.Finish(reader)
		return err
	})
	return s, err
}

// postStocktake moves in the records what is here.
func (r *root) postStocktake(ctx context.Context, o *stocktakeOptions, s *report.Stocktake, words desk.Words) error {
	serials := s.ToPost()
	if !o.post || len(serials) == 0 {
		return nil
	}
	if words.Reason == "" {
		words.Reason = "stocktake"
	}
	if err := r.confirm(ctx, *o.yes, "Move "+count(len(serials), "token")+" to "+s.Location+" in the records"); err != nil {
		return err
	}
	return r.withDesk(ctx, func(d *desk.Desk) error {
		bar := r.newProgress("moving")
		defer bar.done()
		res, err := d.Relocate(ctx, desk.Relocation{Serials: serials, To: s.Location, New: true, Words: words, Progress: bar.counted})
		for _, serial := range res.Moved {
			s.Moved = append(s.Moved, string(serial))
		}
		return err
	})
}

// shownFindings is how many a terminal shows of each kind: the rest is for a file.
const shownFindings = 20

func (r *root) printStocktake(o *stocktakeOptions, s *report.Stocktake) error {
	if r.json {
		return r.printJSON(s)
	}
	t := r.newTable("FINDING", "SERIAL", "STATE", "ACCOUNT", "RECORDED AT", "LINE", "TO DO").spares("LINE", "ACCOUNT", "RECORDED AT", "STATE")
	shown, left := map[report.Finding]int{}, 0
	for _, f := range s.Findings {
		if shown[f.Finding]++; r.streams.OutWidth > 0 && shown[f.Finding] > shownFindings {
			left++
			continue
		}
		name := string(f.Serial)
		if name == "" {
			name = f.Scanned
		}
		if err := t.add(string(f.Finding), name, string(f.State), f.Account, f.Location, lineCell(f.Line), f.Todo); err != nil {
			return err
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	if left > 0 {
		r.remark("%d findings more: --out FILE.xlsx, a pipe or --json has them all", left)
	}
	r.summarise(o, s)
	return nil
}

func lineCell(line int) any {
	if line == 0 {
		return nil
	}
	return line
}

func (r *root) summarise(o *stocktakeOptions, s *report.Stocktake) {
	say := r.remark
	if r.streams.OutWidth > 0 {
		say = r.say
	}
	say("%s: %d scanned, %d expected; %d missing, %d unexpected, %d misplaced, %d unknown.", s.Location, s.Scanned, s.Expected,
		len(s.Missing), len(s.Unexpected), len(s.Misplaced), len(s.Unknown))
	if s.Repeated > 0 {
		say("%s scanned again: counted once.", count(s.Repeated, "label"))
	}
	for _, n := range s.Notes {
		say("Note: %s.", n)
	}
	n := len(s.ToPost())
	switch {
	case len(s.Moved) > 0:
		say("Posted: %s moved to %s.", count(len(s.Moved), "token"), s.Location)
	case n > 0 && !o.post:
		say("Nothing was changed; --post moves %s to %s in the records.", count(n, "token"), s.Location)
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
	file, err := newFile("--out", path)
	return &findingsFile{file: file}, err
}

func (f *findingsFile) write(r *root, s *report.Stocktake) (err error) {
	if f.file == nil {
		return nil
	}
	if strings.EqualFold(filepath.Ext(f.file.Name()), ".csv") {
		err = report.WriteStocktakeCSV(f.file, s)
	} else {
		c := r.config()
		err = report.WriteStocktakeWorkbook(f.file, s, report.Export{Made: r.now(), By: c.Operator, Host: c.Host, Version: version(), Random: c.Random, TempDir: filepath.Dir(f.file.Name())})
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
