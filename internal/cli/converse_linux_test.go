package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fob/internal/cli/codes"
	"fob/internal/cli/term"
	"fob/internal/fault"
)

// person is somebody at a terminal on which fob runs.
type person struct {
	t    *testing.T
	tty  *os.File // what they type on
	cmd  *exec.Cmd
	errs bytes.Buffer
	mu   sync.Mutex
	seen strings.Builder
	more chan struct{} // something was seen
}

// sit starts a command on a terminal of its own.
func (p *program) sit(t *testing.T, args ...string) *person {
	t.Helper()
	return p.sitAt(t, func(*os.File) {}, args...)
}

// sitAt does so on a terminal that was made ready.
func (p *program) sitAt(t *testing.T, ready func(tty *os.File), args ...string) *person {
	t.Helper()
	mine, its := newTTY(t)
	ready(its)
	at := &person{t: t, tty: mine, cmd: exec.Command("fob", args...), more: make(chan struct{}, 1)}
	at.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.env["HOME"], "TERM=xterm", clockVar + "=" + p.now.Format(time.RFC3339)}
	at.cmd.Stdin, at.cmd.Stdout, at.cmd.Stderr = its, &at.errs, &at.errs
	at.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := at.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	its.Close()
	go at.watch()
	return at
}

func (p *person) watch() {
	buf := make([]byte, 1024)
	for {
		n, err := p.tty.Read(buf)
		p.mu.Lock()
		p.seen.Write(buf[:n])
		p.mu.Unlock()
		select {
		case p.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (p *person) screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

// sees waits until the terminal shows a text so many times.
func (p *person) sees(text string, times int) {
	p.t.Helper()
	late := time.After(time.Minute)
	for strings.Count(p.screen(), text) < times {
		select {
		case <-p.more:
		case <-late:
			p.t.Fatalf("%q is not seen %d times: %q, %s", text, times, p.screen(), p.errs.String())
		}
	}
}

func (p *person) types(text string) {
	p.t.Helper()
	if _, err := p.tty.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// ends demands an exit code, and words on the standard streams.
func (p *person) ends(exit int, words ...string) {
	p.t.Helper()
	err := p.cmd.Wait()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) || p.cmd.ProcessState.ExitCode() != exit {
		p.t.Errorf("it ended with %v, not with %d: %s", err, exit, p.errs.String())
	}
	for _, w := range words {
		if !strings.Contains(p.errs.String(), w) {
			p.t.Errorf("%q is not in %q", w, p.errs.String())
		}
	}
}

const first = "2600412300001"

// stocked is a store with a delivery, and what the first token shows at steps from
// now.
func stocked(t *testing.T) (p *program, shows func(steps int64) string) {
	t.Helper()
	p = newProgram(t)
	file := filepath.Join(t.TempDir(), "delivery.csv")
	if err := os.WriteFile(file, seedFile(deliveryPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, "init")
	p.must(t, "import", file)
	k := parseKnown(seedFile(deliveryPlan))[0]
	if k.serial != first {
		t.Fatal("another token is first")
	}
	return p, func(steps int64) string { return k.shows(p.now.Unix()/int64(k.moving) + steps) }
}

func (p *program) failures(t *testing.T, want string) {
	t.Helper()
	if got := p.must(t, "show", first).out; !strings.Contains(got, "failures\t"+want+"\n") || !strings.Contains(got, "state\tin_stock\n") {
		t.Errorf("%s failures are due: %s", want, got)
	}
}

// While somebody waits for the next code the seconds go on above what they type,
// which stays theirs to edit.
func TestConversationCountsDown(t *testing.T) {
	p, shows := stocked(t)
	at := p.sit(t, "bind", first, "anna")
	at.sees("The code it shows now: ", 1)
	if strings.Contains(at.screen(), "next code is there") {
		t.Error("it counts down to the first code")
	}
	at.types("12\x7f\x7f" + shows(-50)[:3] + " " + shows(-50)[3:] + "\n") // a typing error, and the code as people group it
	at.sees("The next code is there in 30 s at most.\r\nThe code it shows now, if it has changed; else the next one: ", 1)
	at.types("9999\x15") // all of it taken back
	at.sees("\x1b7\x1b[A\rThe next code is there in 30 s at most.\x1b[K\x1b8", 2)
	at.types(shows(-49)[:5] + "O\n")
	at.sees("is it the digit 0?", 1)
	at.sees("else the next one: ", 2)
	at.types(shows(-49) + "\n")
	at.ends(term.ExitDone, "Token "+first+" is bound to anna; its clock is 2")
}

// Ctrl-C once a stolen token has ended: that it has is said.
func TestInterruptedReplacement(t *testing.T) {
	p, shows := stocked(t)
	p.must(t, "bind", first, "anna", "--code", shows(0))
	at := p.sit(t, "replace", first, "2600412300002", "--stolen", "--yes")
	at.sees("The code it shows now: ", 1)
	at.types("\x03")
	at.ends(term.ExitInterrupted, "fob: token "+first+" is lost now, and no other is bound yet: interrupted\n",
		"go on with `fob bind 2600412300002 anna`")
	if strings.Contains(at.errs.String(), "half done") {
		t.Errorf("it says %q", at.errs.String())
	}
}

func TestCountdownWords(t *testing.T) {
	now := time.Unix(1000, 0)
	c := term.UntilNext(now.Add(time.Minute), func() time.Time { return now })
	for after, want := range map[time.Duration]string{0: "60 s at most", 400 * time.Millisecond: "60 s", 59 * time.Second: "1 s at most", 60 * time.Second: "there now", time.Hour: "there now"} {
		now = time.Unix(1000, 0).Add(after)
		if got := c.String(); !strings.Contains(got, want) {
			t.Errorf("after %s: %s", after, got)
		}
	}
}

// Ctrl-C and a terminal that goes away end a conversation in good order: exit 130,
// and nothing happened but what is said.
func TestConversationEnds(t *testing.T) {
	ctrlC := func(at *person) { at.types("\x03") }
	hangUp := func(at *person) { at.tty.Close() }
	for name, end := range map[string]func(*person){"Ctrl-C": ctrlC, "hang up": hangUp} {
		t.Run(name, func(t *testing.T) {
			p, shows := stocked(t)
			at := p.sit(t, "bind", first, "anna")
			at.sees("The code it shows now: ", 1)
			at.types("123")
			end(at)
			at.ends(term.ExitInterrupted)
			p.must(t, "policy", "set", "codes-needed=2", "--approved-by", "Eva")
			at = p.sit(t, "bind", first, "anna") // two are asked for: the first was no attempt
			at.sees("The code it shows now: ", 1)
			at.types(shows(0) + "\n")
			at.sees("The next code, when it changes: ", 1)
			end(at)
			at.ends(term.ExitInterrupted)
			p.failures(t, "0")
			p.must(t, "policy", "set", "codes-needed=1", "--approved-by", "Eva")
			at = p.sit(t, "bind", first, "anna")
			at.sees("The code it shows now: ", 1)
			at.types("000000\n")
			at.sees("else the next one: ", 1)
			end(at)
			at.ends(term.ExitInterrupted)
			p.failures(t, "1")
			if name == "Ctrl-C" && !strings.Contains(at.errs.String(), "interrupted; the first code was refused and counts as one failure") {
				t.Errorf("it says %q", at.errs.String())
			}
		})
	}
}

// A terminal that was left alone is not asked for ever.
func TestConversationTimesOut(t *testing.T) {
	_, end := newTTY(t)
	tty := term.NewTerminal(end)
	tty.Idle = time.Millisecond
	_, err := tty.Ask(context.Background(), "The code it shows now")
	if term.ExitOf(err) != term.ExitInterrupted || !strings.Contains(err.Error(), "nobody answered for 5 minutes; nothing was changed") {
		t.Errorf("%v", err)
	}
	if err := codes.AfterFirst(err); fault.KindOf(err) != fault.Interrupted || !strings.Contains(err.Error(), "nobody answered for 5 minutes; the first code was refused and counts") {
		t.Errorf("%v", err)
	}
}
