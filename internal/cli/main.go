package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/token"
)

type errorJSON struct {
	Error string `json:"error"`
	Hint  string `json:"hint"`
	Exit  int    `json:"exit"`
}

// Process is what the program is given: arguments, streams, environment, time.
type Process struct {
	Args    []string
	Streams term.Streams
	Getenv  func(string) string
	Now     func() time.Time
	// Operator says who works here; nil: the operating system does.
	Operator func() (token.Operator, error)
}

// Main runs the program and returns its exit code.
func Main() int {
	// Seeds must not reach a core file; where the system refuses, go on.
	_ = custody.HardenProcess()
	app.CollectLater()
	ctx, stop := interruptible(context.Background())
	defer stop()
	return Run(ctx, Process{Args: os.Args[1:], Streams: term.SystemStreams(), Getenv: os.Getenv, Now: time.Now})
}

// interruptible ends with what ends a program in an orderly way: Ctrl-C, Ctrl-\ (a
// file with a seed would stay behind), a request of the system, and a terminal that goes away, unless the one who started it wants it
// to outlive the terminal.
func interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		ends = append(ends, syscall.SIGHUP)
	}
	return signal.NotifyContext(parent, ends...)
}

// Run executes one command. It is the only place that turns errors into text
// and exit codes.
func Run(ctx context.Context, p Process) int {
	out := &watched{w: p.Streams.Out}
	p.Streams.Out = out
	host, _ := os.Hostname() // an event without a host is better than none
	if p.Operator == nil {
		p.Operator = func() (token.Operator, error) { return app.CurrentOperator(p.Getenv) }
	}
	operator, err := p.Operator()
	r := &term.Run{
		Streams: p.Streams, Now: p.Now, Getenv: p.Getenv, Ctx: ctx,
		Base: app.Config{Now: p.Now, Random: rand.Reader, Host: host, Operator: operator},
	}
	if err != nil {
		return printError(r, err)
	}
	r.Again = func(ctx context.Context, line []string, yes bool) error {
		db, identity, inJSON, quiet := r.DB, r.Identity, r.JSON, r.Quiet // the flags of another command set them anew
		cmd := command(r)
		r.DB, r.Identity, r.JSON, r.Quiet = db, identity, inJSON, quiet
		if found, rest, err := cmd.Find(line); yes && err == nil && found.Flags().Lookup("yes") != nil {
			line = slices.Concat(strings.Fields(found.CommandPath())[1:], []string{"--yes"}, rest)
		}
		cmd.SetArgs(line)
		return cmd.ExecuteContext(ctx)
	}
	cmd := command(r)
	if len(p.Args) > 0 && strings.HasPrefix(p.Args[0], cobra.ShellCompRequestCmd) {
		r.FillHelp()
	}
	cmd.SetArgs(p.Args)
	reached, err := cmd.ExecuteContextC(ctx)
	if word := firstWord(p.Args, cmd.PersistentFlags()); err != nil && reached == cmd && word != "" && !isCommand(cmd, word) {
		err = noSuchCommand(cmd, word) // whatever else is wrong with the line
	}
	err = out.verdict(err)
	if err != nil && out.err == nil && !r.Started && ctx.Err() == nil && fault.KindOf(err) == fault.Internal {
		err = term.UsageError(reached.CommandPath(), err) // cobra's own words about commands and arguments
	}
	if err != nil && !r.Started {
		r.JSON = r.JSON || asksJSON(p.Args) // a flag at fault ends the reading of flags
	}
	if r.Started {
		err = otherWayRound(ctx, r, reached, err)
	}
	if err != nil && ctx.Err() != nil && !ownWords(err) {
		err = fault.Errorf(fault.Interrupted, "interrupted; nothing was left half done")
	}
	if err != nil {
		return printError(r, err)
	}
	return term.ExitDone
}

// ownWords tells of an error met as a command was interrupted that it would have
// been met without: a code that was refused has counted, a file that was refused
// is so still. What the interruption caused, or may have caused in the database,
// says nothing more than that.
func ownWords(err error) bool {
	return errors.Is(err, fault.ErrUncertain) || fault.KindOf(err) != fault.Internal && !errors.Is(err, context.Canceled)
}

// asksJSON finds --json among arguments that could not be parsed.
func asksJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json")
}

// printError writes the one error of a run to standard error and returns its exit
// code. What a command stopped of its own work because other work failed is no
// interruption: that is the person's, or the system's.
func printError(r *term.Run, err error) int {
	hint, exit := term.NextStep(err), term.ExitOf(err)
	if exit == term.ExitInterrupted && r.Ctx.Err() == nil && fault.KindOf(err) != fault.Interrupted {
		exit = term.ExitFailed
	}
	if r.JSON {
		_ = json.NewEncoder(term.Visible(r.Streams.Err)).Encode(errorJSON{fault.MessageIn(err, term.Wording{}), hint, exit})
		return exit
	}
	fmt.Fprintf(r.Streams.Err, "fob: %s\n", term.Clean(fault.MessageIn(err, term.Wording{})))
	if hint != "" {
		fmt.Fprintf(r.Streams.Err, "  %s\n", term.Clean(hint))
	}
	return exit
}

// flagError puts a flag's wrong value into words, and says what an unknown flag may
// have meant; other errors of flags are plain enough.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		return unknownFlag(cmd, unknown)
	}
	var syntax *pflag.InvalidSyntaxError
	if errors.As(err, &syntax) {
		err = errors.New("an argument begins with dashes and is no flag; it is not shown, for it may be a secret key: if it is one, the command line has exposed it, so make a new one")
	}
	var e *pflag.InvalidValueError
	if errors.As(err, &e) {
		if what := map[string]string{"int": "a whole number", "int64": "a whole number", "bool": "true or false"}[e.GetFlag().Value.Type()]; what != "" {
			err = fmt.Errorf("--%s %q: %s is needed", e.GetFlag().Name, e.GetValue(), what)
		}
	}
	return term.UsageError(cmd.CommandPath(), err)
}
