package term

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/report"
	"fob/internal/request"
	"fob/internal/token"
)

// PrintRefused returns the error of an attempt, and under JSON prints the object
// of a refusal.
func (r *Run) PrintRefused(out desk.Outcome, err error) error {
	if r.JSON && out.Reason != nil {
		return cmp.Or(r.PrintJSON(out), err)
	}
	return err
}

func UsageError(name string, err error) error {
	return fault.Errorf(fault.Usage, "%v", err).WithHint("`%s --help` shows what is possible", name)
}

// Run holds what all commands share: streams, global flags, and the way to
// the use cases.
type Run struct {
	Streams Streams
	Now     func() time.Time
	Getenv  func(string) string
	Base    app.Config
	Ctx     context.Context // of the whole run, for questions

	DB, Identity string
	JSON, Quiet  bool
	Wait         time.Duration // for a turn to write
	Started      bool          // a command's own function was reached

	Again func(ctx context.Context, line []string, yes bool) error // runs another command line; yes: without asking

	Running *request.Request // the approved one that the command carries out; nil: none

	forHelp []func() // see ForHelp

	open *app.UseCases // while a command has the store open: no command opens it twice
}

// Start adapts a command's function: from here on errors are fob's own.
func (r *Run) Start(fn func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		r.Started = true
		if err := checkEmpty(cmd); err != nil {
			return err
		}
		err := fn(cmd.Context(), args)
		if needed := (*request.Needed)(nil); errors.As(err, &needed) {
			return r.ask(cmd.Context(), needed, lineOf(cmd, args))
		}
		return err
	}
}

// Exactly demands arguments, and says which.
func Exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		if len(args) > len(names) {
			return AtMost(len(names))(cmd, args)
		}
		return UsageError(cmd.CommandPath(), fmt.Errorf("%s is missing", names[len(args)]))
	}
}

// isDigits reports whether an argument may be the code of a token.
func isDigits(text string) bool {
	return len(text) >= token.MinDigits && len(text) <= token.MaxDigits && strings.Trim(text, "0123456789") == ""
}

// AtMost allows so many arguments.
func AtMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		first := fmt.Sprintf("the first is %q", args[n])
		if isDigits(args[n]) { // what a display shows is not printed
			first = fmt.Sprintf("the first is argument %d", n+1)
			if cmd.Flags().Lookup("code") != nil {
				first = "a code goes behind --code"
			}
		}
		return UsageError(cmd.CommandPath(), fmt.Errorf("%s too many; %s", Count(len(args)-n, "argument"), first))
	}
}

// AtLeastOne demands an argument, and says which.
func AtLeastOne(name string) cobra.PositionalArgs { return AtLeast(name) }

// AtLeast demands arguments, and says which.
func AtLeast(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= len(names) {
			return nil
		}
		return UsageError(cmd.CommandPath(), fmt.Errorf("%s is missing", names[len(args)]))
	}
}

func (r *Run) Config() app.Config {
	c := r.Base
	if c.DB = r.DB; c.DB == "" {
		c.DB = app.DefaultDB(r.Getenv)
	}
	c.Places(r.Identity, r.Getenv)
	usual := app.Config{DB: app.DefaultDB(r.Getenv)}
	if usual.Places("", r.Getenv); usual.DB != c.DB && usual.Identity == c.Identity {
		c.Usual = usual.DB
	}
	c.Wait = r.Wait
	if !r.JSON {
		c.Prompter = terminalPrompter{r.Ctx}
		c.Waiting = func(holder string) { r.Remark("waiting for the store: %s", holder) }
	}
	return c
}

// UsualWait is how long a command waits for its turn to write, if nobody says
// otherwise: no turn takes that long unless its process is stopped.
const UsualWait = 5 * time.Minute

// WithDesk opens the store for a command that writes.
func (r *Run) WithDesk(ctx context.Context, fn func(*desk.Desk) error) (err error) {
	return r.WithUseCases(ctx, func(u *app.UseCases) error { return fn(u.Desk) })
}

// WithUseCases opens the store for a command that needs more than the desk. What it
// calls finds the store open.
func (r *Run) WithUseCases(ctx context.Context, fn func(*app.UseCases) error) (err error) {
	if r.open != nil {
		return fn(r.open)
	}
	if r.open, err = r.Config().Open(ctx); err != nil {
		r.open = nil
		return err
	}
	defer func() {
		err = cmp.Or(err, r.open.Close())
		r.open = nil
	}()
	return fn(r.open)
}

// WithIntake opens the store for a command about seed files or whole batches.
func (r *Run) WithIntake(ctx context.Context, fn func(*intake.Intake) error) (err error) {
	return r.WithUseCases(ctx, func(u *app.UseCases) error { return fn(u.Intake) })
}

// WithReports opens the store for a command that reads: one consistent state.
func (r *Run) WithReports(ctx context.Context, fn func(report.Reader) error) (err error) {
	if r.open != nil {
		return r.open.Reports.Snapshot(ctx, fn)
	}
	reports, done, err := r.Config().Reports(ctx)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, done()) }()
	return reports.Snapshot(ctx, fn)
}

// PrintJSON writes one value, indented, as the whole output of a command.
func (r *Run) PrintJSON(v any) error {
	enc := json.NewEncoder(Visible(r.Streams.Out))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return OutputError(err)
	}
	return nil
}

// Say writes a line for people; every argument is made safe for a terminal.
func (r *Run) Say(format string, args ...any) {
	fmt.Fprintln(r.Streams.Out, Clean(fmt.Sprintf(format, args...)))
}

// Remark writes a line that --quiet leaves out.
func (r *Run) Remark(format string, args ...any) {
	if !r.Quiet {
		fmt.Fprintln(r.Streams.Err, Clean(fmt.Sprintf(format, args...)))
	}
}
