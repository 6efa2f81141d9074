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
	cmd.Flags().StringArrayVar(&o.codes, "code", nil, "a displayed code; twice for two consecutive ones")
	o.SaidFlags.Add(cmd)
}

// addDeep adds the widest search, which takes a second person.
func (o *codeOptions) addDeep(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.deep, "deep", false, "search two codes 12 hours either way; demands --approved-by and --reason")
}

// request checks the texts of the flags.
func (o *codeOptions) request(r *term.Run, serial, account string) (req desk.Codes, err error) {
	if len(o.codes) > 2 {
		return req, fault.Errorf(fault.Usage, "--code was given %d times; one code, or two consecutive ones, are possible", len(o.codes))
	}
	if req.Serial, err = term.SerialOf(serial); err != nil {
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
		if len(o.codes) == 1 {
			return req, fault.Errorf(fault.Usage, "--deep searches two consecutive codes, and one was given").
				WithHint("give both: --code FIRST --code NEXT")
		}
		if req.Approver, err = token.ParseApprover(o.Approver, r.Base.Operator); err != nil {
			return req, err
		}
		if req.Reason == "" {
			return req, fault.Errorf(fault.Refused, "--deep without --reason: the auditor will ask why").WithHint("say why with --reason")
		}
	}
	return req, nil
}

type answerer func(*desk.Desk, context.Context, desk.Codes) (desk.Outcome, error)

// answerCodes runs one attempt: with the codes of the command line, or as a
// conversation on the terminal when there are none.
func answerCodes(ctx context.Context, r *term.Run, o *codeOptions, req desk.Codes, by token.Command, answer answerer) (out desk.Outcome, err error) {
	err = r.WithDesk(ctx, func(d *desk.Desk) error {
		out, err = answerAt(ctx, r, d, o, req, by, answer)
		return err
	})
	return out, err
}

// answerAt is answerCodes at a desk that is open already.
func answerAt(ctx context.Context, r *term.Run, d *desk.Desk, o *codeOptions, req desk.Codes, by token.Command, answer answerer) (out desk.Outcome, err error) {
	if len(o.codes) == 0 {
		out, err = converse(ctx, r, d, req, by, answer)
	} else {
		now := r.Now()
		for _, c := range o.codes {
			req.Codes = append(req.Codes, desk.Typed{Text: c, At: now})
		}
		out, err = answer(d, ctx, req)
	}
	if err == nil && !r.JSON { // JSON has them in its object
		for _, w := range out.Warnings {
			r.Warn("%s", w)
		}
	}
	return out, err
}

// converse asks for the code, and for the next one only if it is needed.
func converse(ctx context.Context, r *term.Run, d *desk.Desk, req desk.Codes, by token.Command, answer answerer) (out desk.Outcome, err error) {
	if r.JSON {
		return out, jsonNeverAsks()
	}
	prospect, err := d.Prospect(ctx, req, by)
	if err != nil {
		return out, err
	}
	t, err := terminalForCodes()
	if err != nil {
		return out, err
	}
	defer t.Close()
	c := conversation{r: r, t: t, req: req, params: prospect.Token.Profile.Params}
	t.Say("%s", describe(prospect.Token))
	if err := c.code(ctx, "The code it shows now"); err != nil {
		return out, err
	}
	if prospect.WantsTwo {
		t.Say("%s: the code after this one is needed too.", whyTwo(prospect))
		if err := c.code(ctx, c.another("The next code, when it changes")); err != nil {
			return out, err
		}
		return answer(d, ctx, c.req)
	}
	out, err = answer(d, ctx, c.req)
	if out.Reason == nil || *out.Reason != otp.WrongCode || out.LockedUntil != nil {
		return out, err
	}
	t.Say("That code does not match where this token's %s is expected.", c.mover())
	if err := c.code(ctx, c.another("The code it shows now, if it has changed; else the next one")); err != nil {
		return out, AfterFirst(err)
	}
	c.req.Counted = true
	return answer(d, ctx, c.req)
}

func jsonNeverAsks() error {
	return fault.Errorf(fault.Usage, "--json never asks: give the displayed code with --code")
}

func terminalForCodes() (*term.Terminal, error) {
	return term.OpenTerminal("no --code was given", "give the code that the token shows now: --code 123456")
}

// whyTwo says what makes one code too little.
func whyTwo(p desk.Prospect) string {
	if p.LastTry {
		return "One more failure locks it"
	}
	if p.Ordered {
		return "The policy wants two codes of every token"
	}
	if !p.Seen {
		return "Its clock was never seen yet"
	}
	return "Its clock was not seen for long"
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
	what := fmt.Sprintf("Token %s is %s", t.Serial, t.State)
	if t.Account != "" {
		what += " (" + string(t.Account) + ")"
	}
	what += fmt.Sprintf(" since %s; its codes have %d digits", t.Since.Format("2006-01-02"), t.Profile.Digits)
	if t.Profile.Period > 0 {
		what += fmt.Sprintf(" and change every %d s", t.Profile.Period)
	}
	return what + "."
}

// conversation gathers the codes of one attempt.
type conversation struct {
	r      *term.Run
	t      *term.Terminal
	req    desk.Codes
	params token.Params
	last   string // the code before, as digits only
}

// mover is what moves the token's codes.
func (c *conversation) mover() string {
	if c.params.Type == token.HOTP {
		return "counter"
	}
	return "clock"
}

// another asks for the code behind the first: of a token with a button it takes
// another press.
func (c *conversation) another(prompt string) string {
	if c.params.Type == token.HOTP {
		return "Press the button again: the code it shows then"
	}
	return prompt
}

// waiting counts down to the next code, once there was one.
func (c *conversation) waiting() *term.Countdown {
	if len(c.req.Codes) == 0 || c.params.Type != token.TOTP {
		return nil
	}
	return term.UntilNext(c.req.Codes[0].At, c.params.Period, c.r.Now)
}

// code asks until the text is a code at all: a slip of the finger is no
// attempt.
func (c *conversation) code(ctx context.Context, prompt string) error {
	for {
		line, err := c.t.AskBelow(ctx, c.waiting(), prompt)
		if err != nil {
			return err
		}
		at := c.r.Now()
		code, bad := otp.ParseCode(line, c.params.Digits)
		if bad != nil {
			c.t.Say("%s; %s", bad.Msg, bad.Hint)
			continue
		}
		if code == c.last {
			c.t.Say("that is the code typed before; wait until the token shows another one")
			continue
		}
		c.last = code
		c.req.Codes = append(c.req.Codes, desk.Typed{Text: line, At: at})
		c.req.Paced = true
		return nil
	}
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
