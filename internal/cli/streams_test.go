package cli

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"fob/internal/cli/term"
	"fob/internal/fault"
)

// TestTerminalTable: a terminal gets headers and columns that fit, a pipe gets
// neither.
func TestTerminalTable(t *testing.T) {
	p := newProgram(t)
	file := filepath.Join(t.TempDir(), "delivery.csv")
	if err := os.WriteFile(file, seedFile(deliveryPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, "init")
	p.must(t, "import", file, "--location", "Zürich")
	p.width = 120
	out := p.must(t, "list", "--limit", "3").out
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "SERIAL         STATE     BATCH") || strings.Contains(out, "ACCOUNT") {
		t.Fatalf("the table is\n%s", out)
	}
	if !strings.Contains(lines[1], "2600412300001  in_stock") || !strings.Contains(lines[1], "Zürich    2026-11-24 10:00") {
		t.Errorf("the first row is %q", lines[1])
	}
	if strings.Contains(out, "\t") || strings.Contains(out, "T10:00") {
		t.Errorf("a pipe's form on a terminal:\n%s", out)
	}
	if strings.Contains(p.run("list").err, "no room") {
		t.Error("an empty column counts as one without room")
	}
	p.width = 60
	for line := range strings.SplitSeq(p.must(t, "list").out, "\n") {
		if n := len([]rune(line)); n > 60 {
			t.Errorf("a line of %d columns on a terminal of 60: %q", n, line)
		}
	}
	if out := p.must(t, "list", "--state", "lost").out; out != "" {
		t.Errorf("a table of nothing: %q", out)
	}
	if got := p.must(t, "list"); !strings.Contains(got.out, "LOCATION  SINCE") || strings.Contains(got.out, "~") ||
		!strings.Contains(got.err, "the same in every row: PERIOD 30, DIGITS 6, ") {
		t.Errorf("what a narrow terminal gets: %s%s", got.out[:200], got.err)
	}
	if out := p.must(t, "key", "list").out; !regexp.MustCompile(`(?m)fob-[0-9a-f]{12}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}$`).MatchString(out) {
		t.Errorf("the key for the auditor is not in one piece:\n%s", out)
	}
	for _, args := range [][]string{{"batch", "list"}, {"key", "list"}, {"audit", "log"}} {
		if out := p.must(t, args...).out; out == "" || strings.ToUpper(out[:3]) != out[:3] || strings.Contains(out, "\t") {
			t.Errorf("fob %s gives no table on a terminal:\n%s", args, out)
		}
	}
}

// TestTerminalHints: a person at a terminal reads what to do next, and where a token that
// lies in no drawer was sent from.
func TestTerminalHints(t *testing.T) {
	p := newProgram(t)
	p.must(t, "init")
	file := filepath.Join(t.TempDir(), "delivery.csv")
	if err := os.WriteFile(file, seedFile(deliveryPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, "import", file, "--location", "Vienna")
	args := []string{"assign", "2600412300001", "anna"}
	if got := p.must(t, args...); got.err != "" {
		t.Errorf("a script reads %q", got.err)
	}
	p.width, args[1] = 80, "2600412300002"
	if got := p.must(t, args...); got.err != "When it has arrived: `fob bind 2600412300002 anna`\n" {
		t.Errorf("a person reads %q", got.err)
	}
	k := parseKnown(seedFile(deliveryPlan))[2]
	step := p.now.Unix()/int64(k.moving) + 5 // its clock is five steps fast
	if got := p.must(t, "bind", k.serial, "ben", "--code", k.shows(step)); got.err != "That is no fault: fob remembers it, and expects the next codes accordingly.\n" {
		t.Errorf("a person reads %q", got.err)
	}
	for serial, place := range map[string]string{"2600412300002": `(?m)^sent from +Vienna$`, "2600412300005": `(?m)^location +Vienna$`} {
		if out := p.must(t, "show", serial).out; !regexp.MustCompile(place).MatchString(out) {
			t.Errorf("%s is not in\n%s", place, out)
		}
	}
}

// TestNarrowTrail: a terminal of 80 columns loses nothing that matters; of a
// UUID its end is enough.
func TestNarrowTrail(t *testing.T) {
	p := newProgram(t)
	p.width = 80
	p.must(t, "init")
	out := p.must(t, "audit", "log").out
	if !regexp.MustCompile(`store …[0-9a-f]{12} `).MatchString(out) || strings.Contains(out, "~") {
		t.Errorf("the trail is\n%s", out)
	}
	for line := range strings.SplitSeq(out, "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("a line of %d columns: %q", n, line)
		}
	}
}

// TestAskEndsWithContext: Ctrl-C ends a conversation though nobody types.
func TestAskEndsWithContext(t *testing.T) {
	in, keep, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer keep.Close()
	_, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	tty := &term.Terminal{Tty: out, Lines: bufio.NewReader(in), Idle: term.Idle}
	ctx, stop := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, stop)
	_, err = tty.Ask(ctx, "The code it shows now")
	if !errors.Is(err, context.Canceled) || term.ExitOf(err) != term.ExitInterrupted {
		t.Errorf("asking ended with %v, exit %d", err, term.ExitOf(err))
	}
}

// TestInterrupted: a run whose context has ended says so, in either form.
func TestInterrupted(t *testing.T) {
	p := newProgram(t)
	p.must(t, "init")
	ctx, stop := context.WithCancel(context.Background())
	stop()
	for _, args := range [][]string{{"import", filepath.Join("testdata", "nosuch.csv")}, {"list"}, {"list", "--json"}} {
		var out, errs strings.Builder
		exit := Run(ctx, Process{Args: args, Streams: term.Streams{In: strings.NewReader(""), Out: &out, Err: &errs},
			Getenv: func(name string) string { return p.env[name] }, Now: time.Now})
		if exit != term.ExitInterrupted || !strings.Contains(errs.String(), "interrupted") {
			t.Errorf("fob %s: exit %d, %s", args, exit, errs.String())
		}
	}
}

// TestInterruptedKeepsOwnWords: what was committed is told though Ctrl-C came
// behind it; what Ctrl-C caused is not.
func TestInterruptedKeepsOwnWords(t *testing.T) {
	refused := fault.Errorf(fault.CodeRefused, "the code does not match")
	for _, c := range []struct {
		err  error
		keep bool
	}{
		{refused, true},
		{fault.Errorf(fault.Interrupted, "the first code was refused and counts as one failure"), true},
		{fault.Wrap(fault.Interrupted, context.Canceled, "the question was not answered"), false},
		{fault.Wrap(fault.KeyTrouble, context.Canceled, "no answer"), false},
		{fault.Wrap(fault.Internal, errors.New("interrupted (9)"), "reading the database"), false},
		{errors.New("interrupted (9)"), false},
	} {
		if ownWords(c.err) != c.keep {
			t.Errorf("%v: kept %v", c.err, !c.keep)
		}
	}
}

// TestInterruptedBehindACode: a code that was refused is told as such.
func TestInterruptedBehindACode(t *testing.T) {
	p := newProgram(t)
	file := filepath.Join(t.TempDir(), "delivery.csv")
	if err := os.WriteFile(file, seedFile(deliveryPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, "init")
	p.must(t, "import", file)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var out, errs strings.Builder
	stopping := writerFunc(func(b []byte) (int, error) { stop(); return out.Write(b) }) // as the outcome is printed
	exit := Run(ctx, Process{Args: []string{"check", "2600412300001", "--code", "000000", "--json"},
		Streams: term.Streams{In: strings.NewReader(""), Out: stopping, Err: &errs},
		Getenv:  func(name string) string { return p.env[name] }, Now: func() time.Time { return p.now }})
	if exit != term.ExitCode || ctx.Err() == nil || strings.Contains(errs.String(), "interrupted") {
		t.Errorf("exit %d\n%s%s", exit, out.String(), errs.String())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestDoctorOnTerminal: people get lines that stand below each other.
func TestDoctorOnTerminal(t *testing.T) {
	p := newProgram(t)
	p.must(t, "init")
	p.width = 100
	if out := p.must(t, "doctor").out; !regexp.MustCompile(`(?m)^trail     ok           1 event replayed, head `).MatchString(out) || strings.Contains(out, "\t") {
		t.Errorf("the checks are\n%s", out)
	}
}

// TestOwnWorkStopped: what a command stopped of its own work because other work
// failed is a failure, not an interruption.
func TestOwnWorkStopped(t *testing.T) {
	var errs strings.Builder
	r := &term.Run{Ctx: context.Background(), Streams: term.Streams{Err: &errs}}
	for _, c := range []struct {
		err  error
		exit int
	}{
		{errors.Join(context.Canceled, fault.Errorf(fault.Internal, "the disk is full")), term.ExitFailed},
		{context.Canceled, term.ExitFailed},
		{fault.Errorf(fault.Interrupted, "the terminal ended the conversation"), term.ExitInterrupted},
	} {
		if exit := printError(r, c.err); exit != c.exit {
			t.Errorf("%v: exit %d, not %d", c.err, exit, c.exit)
		}
	}
}
