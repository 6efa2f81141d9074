package seeds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// importOptions are the flags of import, in two parts: how to read a file,
// which inspect takes too, and what the delivery is.
type importOptions struct {
	format, encoding      string
	manufacturer, model   string
	shortSeeds, keySuffix bool
	table                 tableOptions
	keys                  keyOptions
	paramFlags

	supplyFlags
	location                          string
	newLocation                       bool
	partial, replace, reburnt, dryRun bool
	rejects                           string
	skipUnknown                       bool
	newAccount                        bool
	said                              term.SaidFlags
	words                             token.Words // that were said
}

func (o *importOptions) addReading(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "", "`FORMAT` of the file, if its content does not tell (fob help formats)")
	f.StringVar(&o.encoding, "encoding", "", "how the seeds are written: hex, base32 or base64")
	o.paramFlags.add(cmd, ", if the file does not say")
	f.StringVar(&o.manufacturer, "manufacturer", "", "`NAME` of the manufacturer, if the file does not say")
	f.StringVar(&o.model, "model", "", "`NAME` of the model, if the file does not say")
	f.BoolVar(&o.shortSeeds, "allow-short-seeds", false, "accept seeds of 10 to 15 bytes, which RFC 4226 forbids")
	f.BoolVar(&o.keySuffix, "key-suffix", false, "use SERIAL/KEYID as serial, for devices with several keys")
	o.table.add(cmd)
	o.keys.add(cmd)
}

func (o *importOptions) addDelivery(cmd *cobra.Command) {
	f := cmd.Flags()
	o.supplyFlags.add(cmd, "refuse the files unless they hold `N` tokens together")
	f.StringVarP(&o.location, "location", "l", "", "`PLACE` where the tokens are")
	f.BoolVar(&o.newLocation, "new-location", false, "accept a place that is not known yet")
	f.BoolVar(&o.partial, "partial", false, "store the valid records of a file with refused ones (exit 3)")
	f.StringVar(&o.rejects, "rejects", "", "write the refused records to this new CSV `FILE`")
	f.BoolVar(&o.replace, "replace", false, "replace stored tokens that were never given out")
	f.BoolVar(&o.reburnt, "reburnt", false, "give retired serials, burnt anew, new seeds; needs --approved-by")
	o.said.AddOfTokens(cmd)
	term.AddNewAccount(cmd, &o.newAccount)
	f.BoolVar(&o.skipUnknown, "skip-unknown", false, "leave out files of a folder or archive that hold no seeds")
	f.BoolVar(&o.dryRun, "dry-run", false, "do everything but store nothing")
}

func newImportCmd(r *term.Run) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:  "import FILE-OR-FOLDER...",
		Args: term.AtLeastOne("the file"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			o.received = term.Day(o.received, r.Now())
			return importFiles(ctx, r, &o, args)
		}),
	}
	o.addReading(cmd)
	o.addDelivery(cmd)
	term.AddYes(cmd)
	return cmd
}

// fill gathers what the operator says of the file.
func (o *importOptions) fill() (f intake.Fill, err error) {
	f = intake.Fill{Encoding: seedfile.Encoding(o.encoding), ShortSeeds: o.shortSeeds}
	if f.Given, f.Params, f.Counter, err = o.paramFlags.parse(); err != nil {
		return f, err
	}
	if f.Manufacturer, err = token.ParseText("--manufacturer", o.manufacturer); err != nil {
		return f, err
	}
	if f.Model, err = token.ParseText("--model", o.model); err != nil {
		return f, err
	}
	return f, o.checkNumbers(f)
}

// checkNumbers refuses flags that no token can have, before a file is read.
func (o *importOptions) checkNumbers(f intake.Fill) error {
	switch f.Encoding {
	case seedfile.Unknown, seedfile.Hex, seedfile.Base32, seedfile.Base64:
	default:
		return fault.Errorf(fault.Usage, "--encoding %q: hex, base32 and base64 are known", term.Clean(o.encoding))
	}
	return o.checkExpected(o.given)
}

// request finds the format and puts the flags into a request.
func (o *importOptions) request(m app.Member) (req intake.Import, why string, err error) {
	req = intake.Import{Source: m.Source, Partial: o.partial, Replace: o.replace, Reburnt: o.reburnt, Words: o.words, DryRun: o.dryRun, NewAccount: o.newAccount, NewLocation: o.newLocation}
	if req.Fill, err = o.fill(); err != nil {
		return req, "", err
	}
	req.Options = seedfile.Options{KeySuffix: o.keySuffix, Keys: m.Keys, Compat: o.keys.compat, Unauthenticated: o.keys.unauthenticated}
	if req.Supply, err = o.supply(); err != nil {
		return req, "", err
	}
	if err = o.table.into(&req.Options); err != nil {
		return req, "", err
	}
	req.Format, why, err = app.FindFormat(m.Source, o.format, req.Options)
	return req, why, err
}

func (o *importOptions) supply() (s token.Supply, err error) {
	if s, err = o.supplyFlags.parse(); err != nil {
		return s, err
	}
	if s.Location, err = token.ParseText("--location", o.location); err == nil && s.Location != "" {
		s.Location, err = token.ParseLocation(s.Location)
	}
	return s, err
}

// source opens a file. What can be read only once (standard input, a pipe) is
// kept where it can be read twice.
func source(r *term.Run, path string) (seedfile.Source, func(), error) {
	if path == "-" {
		return spool(r, r.Streams.In, "standard input")
	}
	src, err := seedfile.FileSource(path)
	if !errors.Is(err, seedfile.ErrStream) {
		return src, func() {}, err
	}
	pipe, err := os.Open(path)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Refused, err, "opening %s", path)
	}
	defer pipe.Close()
	return spool(r, pipe, filepath.Base(path))
}

func spool(r *term.Run, in io.Reader, name string) (seedfile.Source, func(), error) {
	spooled, err := seedfile.Spool(in, name, "", r.Base.Random)
	if err != nil {
		return nil, nil, err
	}
	return spooled, func() { spooled.Close() }, nil
}

// maxShown is how many refused records a person gets on the screen.
const maxShown = 20

func printImported(r *term.Run, res intake.Imported) {
	switch {
	case res.Already:
		r.Say("%s: already imported as batch %d; %s unchanged", res.File, *res.Batch, term.Count(res.Records, "record"))
	case res.Stored:
		r.Say("%s: batch %d, %d new, %d unchanged, %d refused (%s)", res.File, *res.Batch, res.New, res.Unchanged, res.Refused, res.Format)
	case res.DryRun:
		r.Say("%s: dry run, %d would be new, %d unchanged, %d refused (%s)", res.File, res.New, res.Unchanged, res.Refused, res.Format)
	case res.Unjudged > 0:
		r.Say("%s: nothing stored, %d refused; the other %d were not compared with the store: --dry-run or --rejects FILE does so (%s)", res.File, res.Refused, res.Unjudged, res.Format)
	case res.New+res.Refused == 0:
		r.Say("%s: nothing new, %s unchanged (%s)", res.File, term.Count(res.Unchanged, "record"), res.Format)
	default:
		r.Say("%s: nothing stored, %d would be new, %d unchanged, %d refused (%s)", res.File, res.New, res.Unchanged, res.Refused, res.Format)
	}
	if len(res.Wrapped) > 0 {
		r.Say("  out of %s", strings.Join(res.Wrapped, ", "))
	}
	if res.Replaced > 0 {
		r.Say("  %s replaced", term.Count(res.Replaced, "token"))
	}
	if res.Replaces > 0 {
		r.Say("  %s would be replaced", term.Count(res.Replaces, "token"))
	}
	if n := term.Count(res.Reburnt, "retired serial"); res.Reburnt > 0 && res.Stored {
		r.Say("  %s burnt anew; what was known of the old tokens is kept as SERIAL~1, SERIAL~2 and so on", n)
	} else if res.Reburnt > 0 {
		r.Say("  %s would be given new seeds", n)
	}
	if res.Assigned > 0 {
		r.Say("  %s assigned to the account in the file", term.Count(res.Assigned, "token"))
	}
	printRemarks(r, res.Inferred, res.Warnings, res.Rejects)
}

func printRemarks(r *term.Run, inferred, warnings []fault.Text, rejects []intake.Reject) {
	for _, s := range inferred {
		r.Say("  %s", s)
	}
	for _, s := range warnings {
		r.Say("  warning: %s", s.In(term.Wording{}))
	}
	for i, reject := range rejects {
		if i == maxShown {
			r.Say("  … and more; --rejects FILE or --json has them")
			return
		}
		r.Say("  %s", describeReject(reject))
	}
}

func describeReject(x intake.Reject) string {
	serial := x.Serial
	if serial != "" {
		serial = ", " + serial
	}
	return fmt.Sprintf("%s%s: %s: %s", x.Place, serial, x.Verdict, x.Reason.In(term.Wording{}))
}
