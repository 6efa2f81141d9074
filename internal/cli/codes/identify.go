package codes

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

// identifyOptions are the flags of identify.
type identifyOptions struct {
	codes                                []string
	wide                                 bool
	batch                                int
	state, location, manufacturer, model string
	words                                term.SaidFlags
}

func newIdentifyCmd(r *term.Run) *cobra.Command {
	var o identifyOptions
	cmd := &cobra.Command{
		Use:  "identify",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error {
			req, err := o.request(r)
			if err != nil {
				return err
			}
			return r.WithDesk(ctx, func(d *desk.Desk) error { return identify(ctx, r, d, &o, req) })
		}),
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.codes, "code", "c", nil, "a displayed `CODE`; two or three, in their order")
	f.BoolVar(&o.wide, "wide", false, "search as far as for two codes of one token")
	f.IntVarP(&o.batch, "batch", "b", 0, "only tokens of batch `N`")
	f.StringVarP(&o.state, "state", "s", "", "only tokens in this `STATE`: in_stock, bound, …")
	f.StringVarP(&o.location, "location", "l", "", "only tokens at `PLACE` or within it")
	f.StringVar(&o.manufacturer, "manufacturer", "", "only tokens of the manufacturer `NAME`")
	f.StringVar(&o.model, "model", "", "only tokens of the model `NAME`")
	o.words.Add(cmd)
	return cmd
}

func (o *identifyOptions) request(r *term.Run) (req desk.Identify, err error) {
	req.Wide, req.Batch, req.Location, req.Manufacturer, req.Model = o.wide, o.batch, o.location, o.manufacturer, o.model
	if o.batch < 0 {
		return req, term.NoBatch(o.batch)
	}
	if o.state != "" {
		if req.State, err = token.ParseState(o.state); err != nil {
			return req, err
		}
	}
	words, err := o.words.Words(r)
	req.Reason, req.Ticket = words.Reason, words.Ticket
	return req, err
}

func identify(ctx context.Context, r *term.Run, d *desk.Desk, o *identifyOptions, req desk.Identify) error {
	if len(o.codes) == 0 {
		return identifyOnTerminal(ctx, r, d, req)
	}
	now := r.Now()
	for _, c := range o.codes {
		req.Codes = append(req.Codes, desk.Typed{Text: c, At: now})
	}
	out, err := search(ctx, r, d, req)
	if err != nil {
		return err
	}
	return printIdentified(r, out, len(req.Codes))
}

func search(ctx context.Context, r *term.Run, d *desk.Desk, req desk.Identify) (desk.Identification, error) {
	p := r.NewProgress("searching")
	defer p.Done()
	req.Progress = p.Counted
	out, err := d.Identify(ctx, req)
	if err == nil && out.Damaged > 0 {
		r.Remark("%s could not be searched, the first because: %v", term.Count(out.Damaged, "token"), out.Damage)
	}
	return out, err
}

// identifyOnTerminal asks for two codes, and for a third if they leave a choice.
func identifyOnTerminal(ctx context.Context, r *term.Run, d *desk.Desk, req desk.Identify) error {
	if r.JSON {
		return fault.Errorf(fault.Usage, "--json never asks: give the displayed codes with --code, twice")
	}
	t, err := term.OpenTerminal("no --code was given", "give the code that the token shows now and the next: --code 123456 --code 234567")
	if err != nil {
		return err
	}
	defer t.Close()
	if err := askRow(ctx, r, t, &req, "The code it shows now"); err != nil {
		return err
	}
	if err := askRow(ctx, r, t, &req, "The next code, when it changes"); err != nil {
		return err
	}
	out, err := search(ctx, r, d, req)
	if err != nil {
		return err
	}
	if len(out.Found) > 1 {
		t.Say("%d tokens show these codes.", len(out.Found))
		if err := askRow(ctx, r, t, &req, "The code after that"); err != nil {
			return err
		}
		if out, err = search(ctx, r, d, req); err != nil {
			return err
		}
	}
	return printIdentified(r, out, len(req.Codes))
}

// askRow asks for one code more. Its length is not known, so a text is refused
// that no token shows.
func askRow(ctx context.Context, r *term.Run, t *term.Terminal, req *desk.Identify, prompt string) error {
	for {
		line, err := t.Ask(ctx, prompt)
		if err != nil {
			return err
		}
		next := append(req.Codes, desk.Typed{Text: line, At: r.Now()})
		if err := desk.CheckRow(next); err != nil {
			t.Say("%v; %s", err, fault.AdviceOf(err).In(term.Wording{}))
			continue
		}
		req.Codes = next
		return nil
	}
}

// printIdentified prints what was found. Anything but one token is a refusal to
// scripts: they would otherwise go on with the first.
func printIdentified(r *term.Run, out desk.Identification, codes int) error {
	if err := printFound(r, out.Found); err != nil {
		return err
	}
	switch n := len(out.Found); {
	case n == 0:
		return fault.Errorf(fault.NotFound, "no token shows these codes (%s searched)", term.Count(out.Searched, "token")).
			WithHint("are they two codes in a row, in this order? --wide searches further; filters leave tokens out")
	case n > 1 && codes == 2:
		return fault.Errorf(fault.CodeRefused, "%d tokens show these codes", n).
			WithHint("give the code after them as well, as a third --code")
	case n > 1:
		return fault.Errorf(fault.CodeRefused, "%d tokens show these codes", n).
			WithHint("do they have the same seed? `fob audit verify` reports whether the records were changed")
	}
	return nil
}

func printFound(r *term.Run, found []desk.Identified) error {
	if r.JSON {
		return r.PrintJSON(found)
	}
	if len(found) == 0 {
		return nil
	}
	t := r.NewTable("SERIAL", "STATE", "ACCOUNT", "STEPS OFF")
	for _, one := range found {
		if err := t.Add(string(one.Serial), string(one.State), one.Account, fmt.Sprintf("%+d", one.StepOffset)); err != nil {
			return err
		}
	}
	return t.Flush()
}
