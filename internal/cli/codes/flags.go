package codes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

// codeOptions are the flags of the commands that take displayed codes.
type codeOptions struct {
	codes []string
	deep  bool
	term.SaidFlags
}

func (o *codeOptions) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&o.codes, "code", "c", nil, "a displayed `CODE`; twice for two consecutive ones")
	o.SaidFlags.Add(cmd)
}

// addDeep adds the widest search, which takes a second person.
func (o *codeOptions) addDeep(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.deep, "deep", false, term.Numbers.Replace("search two codes {deep-reach} either way; needs --approved-by and --reason"))
}

// request checks the texts of the flags.
func (o *codeOptions) request(r *term.Run, serial, account string) (req desk.Codes, err error) {
	if len(o.codes) > 2 {
		return req, fault.Errorf(fault.Usage, "--code was given %d times; one code, or two consecutive ones, are possible", len(o.codes))
	}
	if req.Serial, err = token.TypedSerial(serial); err != nil {
		return req, err
	}
	if account != "" {
		if req.Account, err = token.ParseAccount(account); err != nil {
			return req, err
		}
	}
	w, err := o.Words(r)
	if err != nil {
		return req, err
	}
	w.Account = req.Account
	req.Words = w
	if req.Deep = o.deep; o.deep {
		return req, o.checkDeep(req.Words)
	}
	return req, nil
}

// checkDeep says all at once that a deep search lacks. An approver alone is no lack that
// can be seen here: a policy may have a request in their place.
func (o *codeOptions) checkDeep(w desk.Words) error {
	hint := "give "
	if len(o.codes) == 1 {
		hint += "--code FIRST --code NEXT, "
	}
	if w.Reason == "" {
		hint += "--reason WHY, "
	}
	if w.Approver == "" {
		hint += "--approved-by and the name of another person (not if the policy makes a request of it), "
	}
	hint = strings.TrimSuffix(hint, ", ")
	switch {
	case len(o.codes) == 1:
		return fault.Errorf(fault.Usage, "--deep searches two consecutive codes, and one was given").WithHint("%s", hint)
	case w.Reason == "":
		return fault.Errorf(fault.Refused, "--deep without --reason: the auditor will ask why").WithHint("%s", hint)
	}
	return nil
}

// answerCodes runs one attempt: with the codes of the command line, or as a
// conversation on the terminal when there are none.
func answerCodes(ctx context.Context, r *term.Run, o *codeOptions, req desk.Codes, by token.Command) (out desk.Outcome, err error) {
	err = r.WithDesk(ctx, func(d *desk.Desk) error {
		if len(o.codes) == 0 {
			out, err = converse(ctx, r, d, req, by)
			return err
		}
		now := r.Now()
		for _, c := range o.codes {
			req.Codes = append(req.Codes, desk.Typed{Text: c, At: now})
		}
		out, err = d.Answer(ctx, req, by)
		return err
	})
	if err == nil && !r.JSON { // JSON has them in its object
		for _, w := range out.Remarks() {
			r.Warn("%s", w)
		}
	}
	return out, err
}

// converse asks for the code, and for the next one only if it is needed.
func converse(ctx context.Context, r *term.Run, d *desk.Desk, req desk.Codes, by token.Command) (out desk.Outcome, err error) {
	if r.JSON {
		return out, jsonNeverAsks()
	}
	c, err := d.Converse(ctx, req, by)
	if err != nil {
		return out, err
	}
	t, err := terminalForCodes()
	if err != nil {
		return out, err
	}
	defer t.Close()
	t.Say("%s", describe(c.Token))
	mover, hotp := "clock", c.Token.Profile.Type == token.HOTP
	if hotp {
		mover = "counter"
	}
	return askCodes(ctx, r, t, c, func(q desk.Question) (prompt string) {
		switch q {
		case desk.CodeNow:
			return "The code it shows now"
		case desk.CodeNext:
			t.Say("%s: the code after this one is needed too.", whyTwo[c.WantsTwo])
			prompt = "The next code, when it changes"
		case desk.CodeAfterWrong:
			t.Say("That code does not match where this token's %s is expected.", mover)
			prompt = "The code it shows now, if it has changed; else the next one"
		}
		if hotp {
			return "Press the button again: the code it shows then"
		}
		return prompt
	})
}

// askCodes asks until nothing is left to ask. A typing error is asked for again.
func askCodes(ctx context.Context, r *term.Run, t *term.Terminal, c *desk.Conversation, prompt func(desk.Question) string) (out desk.Outcome, err error) {
	asked, words := desk.Done, ""
	for {
		q := c.Question()
		if q == desk.Done {
			return out, err
		}
		if q != asked {
			asked, words = q, prompt(q)
		}
		var above *term.Countdown
		if at := c.Changed(); !at.IsZero() {
			above = term.UntilNext(at, r.Now)
		}
		line, err := t.AskBelow(ctx, above, words)
		if err != nil && q == desk.CodeAfterWrong {
			return out, AfterFirst(err)
		}
		if err != nil {
			return out, err
		}
		var typo *otp.CodeError
		if out, typo, err = c.Type(ctx, line, r.Now()); err != nil {
			return out, err
		}
		if typo != nil {
			t.Say("%s; %s", typo.Msg, typo.Hint)
		}
	}
}

// whyTwo says what makes one code too little.
var whyTwo = map[desk.Need]string{desk.Ordered: "The policy wants two codes of every token", desk.LastTry: "One more failure locks it",
	desk.DeepSearch: "A deep search takes two codes"}

func jsonNeverAsks() error {
	return fault.Errorf(fault.Usage, "--json never asks: give the displayed code with --code")
}

func terminalForCodes() (*term.Terminal, error) {
	return term.OpenTerminal("no --code was given", "give the code that the token shows now: --code 123456")
}

// afterFirst: a conversation that ends at the second code has counted the first.
func AfterFirst(err error) error {
	if fault.KindOf(err) != fault.Interrupted {
		return err
	}
	return fault.Errorf(fault.Interrupted, "%s; the first code was refused and counts as one failure", whatEnded(err))
}

// whatEnded says what ended a conversation, without what it says of the store.
func whatEnded(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return strings.TrimSuffix(err.Error(), "; nothing was changed")
}

func describe(t token.Token) string {
	what := fmt.Sprintf("Token %s is %s", t.Serial, strings.ReplaceAll(string(t.State), "_", " "))
	if t.Account != "" {
		what += " (" + string(t.Account) + ")"
	}
	what += fmt.Sprintf(" since %s; its codes have %d digits", t.Since.Format("2006-01-02"), t.Profile.Digits)
	if t.Profile.Period > 0 {
		what += fmt.Sprintf(" and change every %d s", t.Profile.Period)
	}
	return what + "."
}

// printOutcome prints an accepted or refused attempt; under JSON a refusal has
// its object as well.
func printOutcome(r *term.Run, out desk.Outcome, err error, words func(desk.Outcome) string) error {
	if err != nil {
		return r.PrintRefused(out, err)
	}
	if r.JSON {
		return r.PrintJSON(out)
	}
	r.Say("%s", words(out))
	return nil
}
