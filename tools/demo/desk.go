package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"fob/tools/program"
)

// step is one command of the session.
type step struct {
	says  string // what happens, for the reader
	args  []string
	codes codesAt // nil: no codes
	exit  int

	first   func(*desk, context.Context) error             // done before; nil: nothing
	more    func(*desk, context.Context) ([]string, error) // arguments that are known only now
	auditor bool                                           // on the auditor's machine
	instead func(*desk, context.Context) error             // what is played in the place of a command; nil: nothing
}

// codesAt tells what a token displays at a time of our clock.
type codesAt func(now time.Time) ([]string, error)

// A code that is about to change is not typed, as a person would not; and a
// step that turned all the same is played again.
const (
	period    = 30 * time.Second
	aboutTurn = 3 * time.Second
	tries     = 3
)

// desk is where the session is played: a program, a working folder and a home.
type desk struct {
	out     io.Writer
	program program.Fob
	dir     string
	visit   time.Time // of the auditor, last quarter
	gateway gateway
}

func (d *desk) play(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if err := d.step(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// step plays one command until it ends as it should. It is repeated only if
// the clock moved into another step in between, which explains another end.
func (d *desk) step(ctx context.Context, s step) error {
	fmt.Fprintf(d.out, "\n# %s\n", s.says)
	if s.instead != nil {
		return s.instead(d, ctx)
	}
	if s.first != nil {
		if err := s.first(d, ctx); err != nil {
			return err
		}
	}
	if s.more != nil {
		more, err := s.more(d, ctx)
		if err != nil {
			return err
		}
		s.args = slices.Concat(s.args, more)
	}
	for try := 1; ; try++ {
		args, began, err := s.typed()
		if err != nil {
			return err
		}
		exit, err := d.fob(ctx, args, s.auditor)
		if err != nil {
			return err
		}
		if exit == s.exit {
			return nil
		}
		turned := s.codes != nil && stepOf(began) != stepOf(time.Now())
		if !turned || try == tries {
			return fmt.Errorf("fob %s ended with exit code %d, not %d", strings.Join(args, " "), exit, s.exit)
		}
	}
}

// typed is the command with the codes of this moment.
func (s step) typed() (args []string, now time.Time, err error) {
	args = append(args, s.args...)
	if s.codes == nil {
		return args, time.Now(), nil
	}
	if left := period - time.Duration(time.Now().UnixNano())%period; left < aboutTurn {
		time.Sleep(left)
	}
	now = time.Now()
	codes, err := s.codes(now)
	for _, c := range codes {
		args = append(args, "--code", c)
	}
	return args, now, err
}

func stepOf(t time.Time) int64 { return t.Unix() / int64(period/time.Second) }

// fob prints the command and runs it; its output follows as it comes.
func (d *desk) fob(ctx context.Context, args []string, auditor bool) (exit int, err error) {
	fmt.Fprintf(d.out, "$ fob %s\n", shell(args))
	cmd := d.program.Command(ctx, args...)
	cmd.Dir = d.dir
	if auditor {
		cmd.Dir, cmd.Env = d.auditors(), d.auditorsEnv()
	}
	cmd.Stdout, cmd.Stderr = d.out, d.out
	return program.ExitCode(cmd.Run())
}

var plain = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// shell writes arguments as one types them.
func shell(args []string) string {
	var words []string
	for _, a := range args {
		if !plain.MatchString(a) {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
