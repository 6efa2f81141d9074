package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"fob/internal/token"
)

// terminal is the person's terminal itself, so that pipes stay usable and a
// prompt is never answered by a file.
type terminal struct {
	tty   *os.File
	lines *bufio.Reader
}

// openTerminal fails when there is none; purpose says what for and what to do
// instead.
func openTerminal(purpose, instead string) (*terminal, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, token.Errorf(token.Usage, "%s, and there is no terminal to ask on", purpose).WithHint("%s", instead)
	}
	return &terminal{tty, bufio.NewReader(tty)}, nil
}

func (t *terminal) close() { t.tty.Close() }

func (t *terminal) say(format string, args ...any) {
	fmt.Fprintln(t.tty, clean(fmt.Sprintf(format, args...)))
}

// ask reads one line. A terminal that goes away, or Ctrl-D, ends the
// conversation; so does the end of ctx, though the read itself goes on until
// the process ends.
func (t *terminal) ask(ctx context.Context, prompt string) (string, error) {
	fmt.Fprint(t.tty, clean(prompt)+": ")
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := t.lines.ReadString('\n')
		got <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(t.tty)
		return "", ctx.Err()
	case a := <-got:
		if a.err != nil {
			fmt.Fprintln(t.tty)
			return "", token.Errorf(token.Interrupted, "the terminal ended the conversation; nothing was changed")
		}
		return strings.TrimSpace(a.line), nil
	}
}

// secret reads a line without echo; the caller clears it.
func (t *terminal) secret(prompt string) ([]byte, error) {
	fmt.Fprint(t.tty, clean(prompt)+": ")
	line, err := term.ReadPassword(int(t.tty.Fd()))
	fmt.Fprintln(t.tty)
	if err != nil {
		clear(line)
		if errors.Is(err, io.EOF) {
			return nil, token.Errorf(token.Interrupted, "the terminal ended the conversation; nothing was changed")
		}
		return nil, token.Wrap(token.KeyTrouble, err, "reading from the terminal")
	}
	return bytes.TrimRight(line, "\r"), nil
}

// forKeys is what to do where nobody can be asked about an identity.
const forKeys = "run the command on a terminal, or name an identity that needs no passphrase with --identity"

// terminalPrompter asks for passphrases of identities, and for what age plugins
// want, on the terminal.
type terminalPrompter struct{}

func (terminalPrompter) Secret(prompt string) ([]byte, error) {
	t, err := openTerminal("a passphrase is needed", forKeys)
	if err != nil {
		return nil, keyTrouble(err)
	}
	defer t.close()
	return t.secret(prompt)
}

func (terminalPrompter) Ask(prompt string) (string, error) {
	t, err := openTerminal("an answer is needed", forKeys)
	if err != nil {
		return "", keyTrouble(err)
	}
	defer t.close()
	return t.ask(context.Background(), prompt)
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
	t, err := openTerminal("a message is to be shown", forKeys)
	if err != nil {
		return keyTrouble(err)
	}
	defer t.close()
	t.say("%s", text)
	return nil
}

// keyTrouble is for questions about keys: without a terminal it is the key that
// is missing, not a word of the command line.
func keyTrouble(err error) error {
	return token.Errorf(token.KeyTrouble, "%v", err).WithHint("%s", token.HintOf(err))
}
