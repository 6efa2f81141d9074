package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/intake"
	"fob/internal/report"
)

// root holds what all commands share: streams, global flags, and the way to
// the use cases.
type root struct {
	streams Streams
	now     func() time.Time
	getenv  func(string) string
	base    app.Config
	ctx     context.Context // of the whole run, for questions

	db, identity string
	json, quiet  bool
	started      bool // a command's own function was reached
}

// run adapts a command's function: from here on errors are fob's own.
func (r *root) run(fn func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		r.started = true
		if err := checkEmpty(cmd); err != nil {
			return err
		}
		return fn(cmd.Context(), args)
	}
}

// exactly demands arguments, and says which.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		if len(args) > len(names) {
			return atMost(len(names))(cmd, args)
		}
		return usageError(cmd.CommandPath(), fmt.Errorf("%s is missing", names[len(args)]))
	}
}

// atMost allows so many arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		return usageError(cmd.CommandPath(), fmt.Errorf("%s too many; the first is %q", count(len(args)-n, "argument"), args[n]))
	}
}

// atLeastOne demands an argument, and says which.
func atLeastOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return usageError(cmd.CommandPath(), fmt.Errorf("%s is missing", name))
	}
}

// flagError puts a flag's wrong value into words; other errors of flags are
// plain enough.
func flagError(err error) error {
	var e *pflag.InvalidValueError
	if !errors.As(err, &e) {
		return err
	}
	what := map[string]string{"int": "a whole number", "int64": "a whole number", "bool": "true or false"}[e.GetFlag().Value.Type()]
	if what == "" {
		return err
	}
	return fmt.Errorf("--%s %q: %s is needed", e.GetFlag().Name, e.GetValue(), what)
}

func (r *root) config() app.Config {
	c := r.base
	c.DB, c.Identity = r.db, r.identity
	if c.DB == "" {
		c.DB = app.DefaultDB(r.getenv)
	}
	if c.Identity == "" {
		c.Identity = app.DefaultIdentity(r.getenv)
	}
	if !r.json {
		c.Prompter = terminalPrompter{r.ctx}
	}
	return c
}

// withDesk opens the store for a command that writes.
func (r *root) withDesk(ctx context.Context, fn func(*desk.Desk) error) (err error) {
	return r.withUseCases(ctx, func(u *app.UseCases) error { return fn(u.Desk) })
}

// withUseCases opens the store for a command that needs more than the desk.
func (r *root) withUseCases(ctx context.Context, fn func(*app.UseCases) error) (err error) {
	u, err := r.config().Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = firstError(err, u.Close()) }()
	return fn(u)
}

// withIntake opens the store for a command about seed files or whole batches.
func (r *root) withIntake(ctx context.Context, fn func(*intake.Intake) error) (err error) {
	return r.withUseCases(ctx, func(u *app.UseCases) error { return fn(u.Intake) })
}

// withReports opens the store for a command that reads: one consistent state.
func (r *root) withReports(ctx context.Context, fn func(report.Reader) error) (err error) {
	reports, done, err := r.config().Reports(ctx)
	if err != nil {
		return err
	}
	defer func() { err = firstError(err, done()) }()
	return reports.Snapshot(ctx, fn)
}

func firstError(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// printJSON writes one value, indented, as the whole output of a command.
func (r *root) printJSON(v any) error {
	enc := json.NewEncoder(visible(r.streams.Out))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return outputError(err)
	}
	return nil
}

// say writes a line for people; every argument is made safe for a terminal.
func (r *root) say(format string, args ...any) {
	fmt.Fprintln(r.streams.Out, clean(fmt.Sprintf(format, args...)))
}

// remark writes a line that --quiet leaves out.
func (r *root) remark(format string, args ...any) {
	if !r.quiet {
		fmt.Fprintln(r.streams.Err, clean(fmt.Sprintf(format, args...)))
	}
}
