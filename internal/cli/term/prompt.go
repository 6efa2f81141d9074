package term

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"fob/internal/fault"
)

// Terminal is the person's terminal itself, so that pipes stay usable and a
// prompt is never answered by a file.
type Terminal struct {
	Tty   *os.File
	Lines *bufio.Reader
	left  bool // a read of a secret still waits for a line that nobody will take

	Redraws bool          // lines above the cursor can be rewritten
	Idle    time.Duration // how long a question waits
}

// OpenTerminal fails when there is none; purpose says what for and what to do
// instead.
func OpenTerminal(purpose, instead string) (*Terminal, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "%s, and there is no terminal to ask on", purpose).WithHint("%s", instead)
	}
	return NewTerminal(tty), nil
}

// hasTerminal reports whether anybody can be asked.
func hasTerminal() bool {
	t, err := OpenTerminal("", "")
	if err == nil {
		t.Close()
	}
	return err == nil
}

func NewTerminal(tty *os.File) *Terminal {
	return &Terminal{Tty: tty, Lines: bufio.NewReader(tty), Redraws: redraws(), Idle: Idle}
}

// Close leaves the terminal open to a read that still waits: it knows the number
// of the file only, which another file would get.
func (t *Terminal) Close() {
	if !t.left {
		t.Tty.Close()
	}
}

// Size is how many columns and rows the terminal has.
func (t *Terminal) Size() (columns, rows int, err error) { return term.GetSize(int(t.Tty.Fd())) }

func (t *Terminal) Say(format string, args ...any) {
	fmt.Fprintln(t.Tty, Clean(fmt.Sprintf(format, args...)))
}

// Wipe clears the screen and what can be scrolled back to, where the terminal can.
func (t *Terminal) Wipe() {
	if t.Redraws {
		fmt.Fprint(t.Tty, "\x1b[2J\x1b[3J\x1b[H")
	}
}

// answer is what came of a read.
type answer struct {
	text []byte
	err  error
}

// Ask reads one line. A terminal that goes away, Ctrl-D, or nobody there ends the
// conversation; so does the end of ctx, though the read itself goes on until the
// process ends.
func (t *Terminal) Ask(ctx context.Context, prompt string) (string, error) {
	return t.AskBelow(ctx, nil, prompt)
}

// AskBelow asks below a countdown, nil for none, which goes on while the person
// types. The terminal itself does echo and editing.
func (t *Terminal) AskBelow(ctx context.Context, above *Countdown, prompt string) (string, error) {
	if above != nil {
		t.Say("%s", above)
	}
	fmt.Fprint(t.Tty, Clean(prompt)+": ")
	got := make(chan answer, 1)
	go func() {
		line, err := t.Lines.ReadBytes('\n')
		got <- answer{line, err}
	}()
	ticks, stop := t.ticks(above)
	defer stop()
	alone := time.NewTimer(t.Idle)
	defer alone.Stop()
	for {
		select {
		case <-ticks:
			t.draw(above.String())
		case <-alone.C:
			fmt.Fprintln(t.Tty)
			return "", tooLong()
		case <-ctx.Done():
			fmt.Fprintln(t.Tty)
			return "", stopped(ctx)
		case a := <-got:
			if a.err != nil {
				fmt.Fprintln(t.Tty)
				return "", fault.Errorf(fault.Interrupted, "the terminal ended the conversation; nothing was changed")
			}
			return strings.TrimSpace(string(a.text)), nil
		}
	}
}

// stopped is Ctrl-C at a question. Its kind goes through the libraries that
// hand the error on.
func stopped(ctx context.Context) error {
	return fault.Wrap(fault.Interrupted, ctx.Err(), "the question was not answered")
}

// Secret reads a line without echo; the caller clears it. The end of ctx ends
// it as it ends ask, and gives the terminal its echo back, which the read would
// do only behind a line.
func (t *Terminal) Secret(ctx context.Context, prompt string) ([]byte, error) {
	fd := int(t.Tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, secretError(err)
	}
	if ctx.Err() != nil {
		return nil, stopped(ctx)
	}
	fmt.Fprint(t.Tty, Clean(prompt)+": ")
	defer fmt.Fprintln(t.Tty)
	got := make(chan answer, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		got <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		t.left = true
		_ = term.Restore(fd, before) // nobody is there to be told
		go func() { clear((<-got).text) }()
		return nil, stopped(ctx)
	case a := <-got:
		if a.err != nil {
			clear(a.text)
			return nil, secretError(a.err)
		}
		return bytes.TrimRight(a.text, "\r"), nil
	}
}

func secretError(err error) error {
	if errors.Is(err, io.EOF) {
		return fault.Errorf(fault.Interrupted, "the terminal ended the conversation; nothing was changed")
	}
	return fault.Wrap(fault.KeyTrouble, err, "reading from the terminal")
}

// forKeys is what to do where nobody can be asked about an identity.
const forKeys = "run the command on a terminal, or name an identity that needs no passphrase with --identity"

// terminalPrompter asks for passphrases of identities, and for what age plugins
// want, on the terminal. It holds the command's context, which no library hands
// through to a question.
type terminalPrompter struct{ ctx context.Context }

func (p terminalPrompter) Secret(prompt string) ([]byte, error) {
	t, err := OpenTerminal("a passphrase is needed", forKeys)
	if err != nil {
		return nil, keyTrouble(err)
	}
	defer t.Close()
	return t.Secret(p.ctx, prompt)
}

func (p terminalPrompter) Ask(prompt string) (string, error) {
	t, err := OpenTerminal("an answer is needed", forKeys)
	if err != nil {
		return "", keyTrouble(err)
	}
	defer t.Close()
	return t.Ask(p.ctx, prompt)
}

func (p terminalPrompter) Confirm(prompt, yes, no string) (bool, error) {
	if no == "" {
		_, err := p.Ask(fmt.Sprintf("%s (Enter: %s)", prompt, yes))
		return err == nil, err
	}
	answer, err := p.Ask(fmt.Sprintf("%s (1 %s, 2 %s)", prompt, yes, no))
	return answer == "1" || strings.EqualFold(answer, yes), err
}

func (terminalPrompter) Message(text string) error {
	t, err := OpenTerminal("a message is to be shown", forKeys)
	if err != nil {
		return keyTrouble(err)
	}
	defer t.Close()
	t.Say("%s", text)
	return nil
}

// keyTrouble is for questions about keys: without a terminal it is the key that
// is missing, not a word of the command line.
func keyTrouble(err error) error {
	return fault.Errorf(fault.KeyTrouble, "%v", err).WithAdvice(fault.AdviceOf(err))
}

// Idle is how long a question waits for an answer. A terminal that was left alone
// should not take next morning's code for the answer to today's question.
const Idle = 5 * time.Minute

// Countdown is a line above a question that says how long something takes still.
type Countdown struct {
	ends  time.Time
	now   func() time.Time
	words func(left time.Duration) string
}

// UntilNext counts down to when a TOTP token shows its next code at the latest.
func UntilNext(at time.Time, now func() time.Time) *Countdown {
	return &Countdown{ends: at, now: now, words: func(left time.Duration) string {
		if left <= 0 {
			return "The next code is there now."
		}
		return fmt.Sprintf("The next code is there in %.0f s at most.", left.Seconds())
	}}
}

func (c *Countdown) String() string { return c.words(c.ends.Sub(c.now()).Round(time.Second)) }

// redraws reports whether a terminal can have a line above the cursor rewritten.
func redraws() bool {
	kind := os.Getenv("TERM")
	return kind != "" && kind != "dumb"
}

// draw rewrites the line above the one that the person is typing on, and leaves
// the cursor, and what is typed, where they are. One write, so that no echo comes
// between.
func (t *Terminal) draw(text string) {
	fmt.Fprintf(t.Tty, "\x1b7\x1b[A\r%s\x1b[K\x1b8", Clean(text))
}

// ticks is once a second while there is something to count, else never.
func (t *Terminal) ticks(c *Countdown) (<-chan time.Time, func()) {
	if c == nil || !t.Redraws {
		return nil, func() {}
	}
	ticker := time.NewTicker(time.Second)
	return ticker.C, ticker.Stop
}

// tooLong ends a conversation that nobody takes part in any more.
func tooLong() error {
	return fault.Errorf(fault.Interrupted, "nobody answered for %.0f minutes; nothing was changed", Idle.Minutes())
}
