package custody

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"filippo.io/age/plugin"

	"fob/internal/fault"
)

// Prompter asks the person at the terminal on behalf of a passphrase-protected
// identity or of an age plugin (a YubiKey's PIN, "touch the key"). A nil
// Prompter means that nobody can be asked. An error that is a *fault.Error is
// handed on as it is, so that an interruption stays one. Prompts come without
// a colon at their end and are safe for a terminal.
type Prompter interface {
	// Secret asks without echo. The caller clears what it gets.
	Secret(prompt string) ([]byte, error)
	// Ask asks for a value that may be seen.
	Ask(prompt string) (string, error)
	// Confirm lets the person choose between yes and no, which are labels; no
	// may be empty, then there is nothing to choose but yes.
	Confirm(prompt, yes, no string) (bool, error)
	// Message shows a line. It may be called while another goroutine waits in
	// one of the other methods.
	Message(text string) error
}

// asker carries a Prompter through the age library, and remembers why asking
// failed, which that library does not.
type asker struct {
	p      Prompter
	failed error
}

func (a *asker) fail(err error) error {
	if a.failed == nil {
		a.failed = err
	}
	return err
}

// anotherIdentity is where an identity is named.
var anotherIdentity = fault.Textf("%s or FOB_IDENTITY", fault.Identity.Is("FILE"))

func (a *asker) cannot(what string) error {
	err := fault.Errorf(fault.KeyTrouble, "%s, and there is no terminal to ask on", what)
	return a.fail(err.WithHint("run the command on a terminal, or use an identity that asks nothing: %s", anotherIdentity))
}

// secret asks for the passphrase of what.
func (a *asker) secret(what string) ([]byte, error) {
	if a.p == nil {
		return nil, a.cannot(what + " is protected by a passphrase")
	}
	pass, err := a.p.Secret("Passphrase of " + what)
	if err != nil {
		return nil, a.fail(promptError(err, what))
	}
	return pass, nil
}

func promptError(err error, what string) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	return fault.Wrap(fault.KeyTrouble, err, "no answer for %s", what)
}

// ui is what an age plugin may ask. Prompts name the plugin, so that nobody
// takes its questions for those of fob.
func (a *asker) ui() *plugin.ClientUI {
	return &plugin.ClientUI{
		DisplayMessage: func(name, text string) error {
			return a.message(fromPlugin(name, text))
		},
		RequestValue: a.pluginValue,
		Confirm:      a.pluginConfirm,
		WaitTimer: func(name string) {
			_ = a.message(fromPlugin(name, "waiting; does the key want to be touched?"))
		},
	}
}

// message is shown where somebody can read it; without a Prompter it is lost,
// which must not stop a plugin that only says "touch the key".
func (a *asker) message(text string) error {
	if a.p == nil {
		return nil
	}
	return a.p.Message(text)
}

func (a *asker) pluginValue(name, prompt string, secret bool) (string, error) {
	what := fromPlugin(name, prompt)
	if a.p == nil {
		return "", a.cannot(pluginProgram(name) + " has a question")
	}
	if !secret {
		value, err := a.p.Ask(what)
		if err != nil {
			return "", a.fail(promptError(err, pluginProgram(name)))
		}
		return value, nil
	}
	value, err := a.p.Secret(what)
	if err != nil {
		return "", a.fail(promptError(err, pluginProgram(name)))
	}
	defer clear(value)
	return string(value), nil
}

func (a *asker) pluginConfirm(name, prompt, yes, no string) (bool, error) {
	if a.p == nil {
		return false, a.cannot(pluginProgram(name) + " has a question")
	}
	chosen, err := a.p.Confirm(fromPlugin(name, prompt), printable(yes), printable(no))
	if err != nil {
		return false, a.fail(promptError(err, pluginProgram(name)))
	}
	return chosen, nil
}

func pluginProgram(name string) string { return "age-plugin-" + name }

func fromPlugin(name, text string) string {
	return fmt.Sprintf("%s: %s", pluginProgram(name), printable(text))
}

// printable makes another program's words safe for a terminal and a log: one
// line, no control characters, a bounded length.
func printable(text string) string {
	const longest = 300
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	clean = strings.TrimSpace(clean)
	if runes := []rune(clean); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return clean
}
