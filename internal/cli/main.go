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
	"syscall"
	"time"

	"fob/internal/app"
	"fob/internal/custody"
	"fob/internal/fault"
)

// Process is what the program is given: arguments, streams, environment, time.
type Process struct {
	Args    []string
	Streams Streams
	Getenv  func(string) string
	Now     func() time.Time
}

// Main runs the program and returns its exit code.
func Main() int {
	// Seeds must not reach a core file; where the system refuses, go on.
	_ = custody.HardenProcess()
	ctx, stop := interruptible(context.Background())
	defer stop()
	return Run(ctx, Process{os.Args[1:], SystemStreams(), os.Getenv, time.Now})
}

// interruptible ends with what ends a program in an orderly way: Ctrl-C, a request
// of the system, and a terminal that goes away, unless whoever started it wants it
// to outlive the terminal.
func interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
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
	r := &root{
		streams: p.Streams, now: p.Now, getenv: p.Getenv, ctx: ctx,
		base: app.Config{Now: p.Now, Random: rand.Reader, Host: host, Operator: app.CurrentOperator(p.Getenv)},
	}
	cmd := r.command()
	cmd.SetArgs(p.Args)
	reached, err := cmd.ExecuteContextC(ctx)
	err = out.verdict(err)
	if err != nil && out.err == nil && !r.started && ctx.Err() == nil && fault.KindOf(err) == fault.Internal {
		err = usageError(reached.CommandPath(), err) // cobra's own words about commands and arguments
	}
	if err != nil && !r.started {
		r.json = r.json || asksJSON(p.Args) // a flag at fault ends the reading of flags
	}
	if err != nil && ctx.Err() != nil && !ownWords(err) {
		err = fault.Errorf(fault.Interrupted, "interrupted; nothing was left half done")
	}
	if err != nil {
		r.printError(err)
	}
	return exitOf(err)
}

// ownWords tells of an error met as a command was interrupted that it would have
// been met without: a code that was refused has counted, a file that was refused
// is so still. What the interruption caused, or may have caused in the database,
// says nothing more than that.
func ownWords(err error) bool {
	return fault.KindOf(err) != fault.Internal && !errors.Is(err, context.Canceled)
}

// asksJSON finds --json among arguments that could not be parsed.
func asksJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json")
}

func usageError(name string, err error) error {
	return fault.Errorf(fault.Usage, "%v", err).WithHint("`%s --help` shows what is possible", name)
}

// printError writes the one error of a run to standard error.
func (r *root) printError(err error) {
	hint := nextStep(err)
	if r.json {
		_ = json.NewEncoder(visible(r.streams.Err)).Encode(errorJSON{fault.MessageIn(err, wording{}), hint, exitOf(err)})
		return
	}
	fmt.Fprintf(r.streams.Err, "fob: %s\n", clean(fault.MessageIn(err, wording{})))
	if hint != "" {
		fmt.Fprintf(r.streams.Err, "  %s\n", clean(hint))
	}
}
