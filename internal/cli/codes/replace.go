package codes

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// replaceOptions say what became of the old token, and prove the new one.
type replaceOptions struct {
	codeOptions
	term.LossFlags
	lost, returned bool
	to             string
	newAccount     bool
	yes            *bool
}

func newReplaceCmd(r *term.Run) *cobra.Command {
	var o replaceOptions
	cmd := &cobra.Command{
		Use:  "replace OLD NEW",
		Args: term.Exactly("the old token's serial", "the new token's serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error { return replace(ctx, r, &o, args[0], args[1]) }),
	}
	o.codeOptions.add(cmd)
	o.addDeep(cmd)
	o.LossFlags.Add(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.lost, "lost", false, "the old token is lost")
	f.BoolVar(&o.returned, "returned", false, "the old token is in hand (default)")
	f.StringVar(&o.to, "to", "", "`STATE` of a returned token: in_stock (default) or quarantined")
	term.AddNewAccount(cmd, &o.newAccount)
	o.yes = term.AddYes(cmd)
	return cmd
}

// gone reports whether the old token is in nobody's hands.
func (o *replaceOptions) gone() bool { return o.lost || o.Stolen == token.Yes }

func (o *replaceOptions) check() error {
	switch {
	case o.gone() && (o.returned || o.to != ""):
		return fault.Errorf(fault.Usage, "a lost token does not come back: --lost and --stolen go without --returned and --to")
	case !o.gone() && o.Reported != "":
		return fault.Errorf(fault.Usage, "--reported-at is about a loss: say --lost or --stolen")
	}
	return nil
}

func replace(ctx context.Context, r *term.Run, o *replaceOptions, oldSerial, newSerial string) error {
	req, err := o.request(r, newSerial, "")
	if err != nil {
		return err
	}
	if req.Words, err = o.Claims(ctx, r, req.Words); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	req.NewAccount = o.newAccount
	old, err := token.TypedSerial(oldSerial)
	if err != nil {
		return err
	}
	if old.Key() == req.Serial.Key() {
		return fault.Errorf(fault.Usage, "%s cannot replace itself", old)
	}
	if len(o.codes) == 0 {
		if err := canConverse(r); err != nil {
			return err
		}
	}
	return r.WithUseCases(ctx, func(u *app.UseCases) error {
		out, err := replaceIn(ctx, r, u.Desk, o, old, req)
		return printReplaced(ctx, r, old, out, err)
	})
}

func replaceIn(ctx context.Context, r *term.Run, d *desk.Desk, o *replaceOptions, old token.Serial, req desk.Codes) (out desk.Outcome, err error) {
	if o.gone() { // the old token ends first, whatever becomes of the new one
		loss, err := o.Loss(r.Now())
		if err != nil {
			return out, err
		}
		if err := r.ConfirmMove(ctx, []token.Serial{old}, token.CmdLost, token.Lost, "Record the loss", *o.yes); err != nil {
			return out, err
		}
		before, err := d.EndLost(ctx, desk.Change{Serial: old, Loss: loss, Words: req.Words}, req.Serial)
		if err != nil {
			return out, err
		}
		if !r.JSON {
			after := before
			after.State, after.Loss.Stolen = token.Lost, o.Stolen == token.Yes
			r.Say("Token %s is %s now; it was %s's.", before.Serial, term.StateNow(after), before.Account)
		}
		other, err := d.Token(ctx, req.Serial)
		if err != nil {
			other = token.Token{Facts: token.Facts{Serial: req.Serial}} // the same error follows
		}
		req.Account = before.Account
		out, err = answerCodes(ctx, r, &o.codeOptions, req, token.CmdBind)
		if fault.KindOf(err) == fault.Interrupted { // something was done
			err = fault.Errorf(fault.Interrupted, "%s", whatEnded(err)).WithAdvice(fault.AdviceOf(err))
		}
		return out, desk.HalfReplaced(err, before, other)
	}
	if req.To, err = returnedTo(o.to); err != nil {
		return out, err
	}
	t, err := d.Replaceable(ctx, old, req.Serial)
	if err != nil {
		return out, err
	}
	req.Account, req.Replaces = t.Account, t.Serial
	if t.Software { // an app comes back to no drawer
		req.To = token.Retired
	}
	// Asked like unbind, because the old token's binding is what ends.
	if err := r.ConfirmMove(ctx, []token.Serial{old}, token.CmdUnbind, req.To, "", *o.yes); err != nil {
		return out, err
	}
	return answerCodes(ctx, r, &o.codeOptions, req, token.CmdBind)
}

// canConverse refuses before anything is done where nobody could be asked.
func canConverse(r *term.Run) error {
	if r.JSON {
		return jsonNeverAsks()
	}
	t, err := terminalForCodes()
	if err != nil {
		return err
	}
	t.Close()
	return nil
}

// replacedJSON is a replacement: the old token as it is now, and the answer to
// the new one's codes.
type replacedJSON struct {
	Old report.Token `json:"old"`
	New desk.Outcome `json:"new"`
}

func printReplaced(ctx context.Context, r *term.Run, old token.Serial, out desk.Outcome, err error) error {
	if !r.JSON {
		if err != nil {
			return err
		}
		r.Say("Token %s is bound to %s instead of %s%s.", out.Serial, *out.Account, old, term.ClockWords(out))
		return r.WithDesk(ctx, func(d *desk.Desk) error {
			before, err := d.Token(ctx, old)
			if err != nil {
				return err
			}
			return r.RemindOfVerifiers(ctx, before)
		})
	}
	if out.Outcome == "" {
		return err // nothing was answered, so nothing is told
	}
	var j replacedJSON
	bad := r.WithReports(ctx, func(reader report.Reader) (err error) {
		j.Old, err = reader.Find(old)
		return err
	})
	if bad == nil {
		j.New = out
		bad = r.PrintJSON(j)
	}
	return cmp.Or(err, bad)
}
