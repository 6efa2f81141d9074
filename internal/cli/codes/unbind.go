package codes

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

// unbindOptions are where a token goes whose binding ends.
type unbindOptions struct {
	codeOptions
	term.ClaimFlags
	returned, missing bool
	to                string
	location          string
	newLocation       bool
	condition         string
	yes               *bool
}

func newUnbindCmd(r *term.Run) *cobra.Command {
	var o unbindOptions
	cmd := &cobra.Command{
		Use:  "unbind SERIAL...",
		Args: term.AtLeastOne("the serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			serials, err := term.SerialsOf(args)
			switch {
			case err != nil:
				return err
			case len(serials) > 1:
				return unbindMany(ctx, r, &o, serials)
			}
			return unbind(ctx, r, &o, args[0])
		}),
	}
	o.add(cmd)
	o.AddClaims(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.returned, "returned", false, "the token is in hand")
	f.BoolVar(&o.missing, "missing", false, "nobody has the token: it is lost")
	f.StringVar(&o.to, "to", "", "`STATE` of a returned token: in_stock (default) or quarantined")
	f.StringVar(&o.location, "to-location", "", "`PLACE` where the returned token lies now")
	f.BoolVar(&o.newLocation, "new-location", false, "accept a place that is not known yet")
	f.StringVar(&o.condition, "condition", "", "how the token looks: `TEXT` such as scratched")
	o.yes = term.AddYes(cmd)
	return cmd
}

// target is the state that the flags mean.
func (o *unbindOptions) target() (token.State, error) {
	if o.returned == o.missing {
		return "", fault.Errorf(fault.Usage, "say where the token is: --returned or --missing")
	}
	if o.missing {
		if o.to != "" || len(o.codes) > 0 || o.location != "" || o.condition != "" {
			return "", fault.Errorf(fault.Usage, "a missing token shows no code, goes nowhere and is in no condition: --missing stands alone")
		}
		return token.Lost, nil
	}
	return returnedTo(o.to)
}

// returnedTo is where --to says that a returned token goes.
func returnedTo(to string) (token.State, error) {
	switch to {
	case "", string(token.InStock):
		return token.InStock, nil
	case string(token.Quarantined):
		return token.Quarantined, nil
	}
	return "", fault.Errorf(fault.Usage, "--to %q: a returned token goes to in_stock or quarantined", term.Clean(to))
}

func unbind(ctx context.Context, r *term.Run, o *unbindOptions, serial string) error {
	req, err := o.request(r, serial, "")
	if err != nil {
		return err
	}
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		if t, err := d.Token(ctx, req.Serial); err == nil && t.Software { // another error is told later
			return unbindVirtual(ctx, r, o, req)
		}
		if req.To, err = o.target(); err != nil {
			return err
		}
		if err := o.returns(&req); err != nil {
			return err
		}
		if req.Words, err = o.Claims(ctx, r, req.Words); err != nil {
			return err
		}
		if err := r.ConfirmMove(ctx, []token.Serial{req.Serial}, token.CmdUnbind, req.To, "", *o.yes); err != nil {
			return err
		}
		if len(o.codes) == 0 {
			return r.MoveToken(ctx, desk.Change{Serial: req.Serial, By: token.CmdUnbind, To: req.To,
				Location: req.Location, NewLocation: req.NewLocation, Words: req.Words})
		}
		return unbindWithCodes(ctx, r, o, req)
	})
}

// unbindMany ends the bindings of several tokens in one go: all came back, or all are
// missing. A code, and an app, is of one token.
func unbindMany(ctx context.Context, r *term.Run, o *unbindOptions, serials []token.Serial) error {
	if len(o.codes) > 0 {
		return fault.Errorf(fault.Usage, "--code goes with one token").WithHint("end the binding of each with its own code")
	}
	req, err := o.request(r, string(serials[0]), "")
	if err != nil {
		return err
	}
	if req.To, err = o.target(); err != nil {
		return err
	}
	if err := o.returns(&req); err != nil {
		return err
	}
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		for _, serial := range serials {
			if t, err := d.Token(ctx, serial); err == nil && t.Software { // another error is told later
				return fault.Errorf(fault.Usage, "token %s is software and comes back to nowhere; nothing was changed", t.Serial).
					WithHint("end it alone: `fob unbind %s`", t.Serial)
			}
		}
		if req.Words, err = o.Claims(ctx, r, req.Words); err != nil {
			return err
		}
		ask := fmt.Sprintf("End their bindings (they will be %s)", strings.ReplaceAll(string(req.To), "_", " "))
		if err := r.ConfirmMove(ctx, serials, token.CmdUnbind, req.To, ask, *o.yes); err != nil {
			return err
		}
		all, err := d.MoveAll(ctx, serials, desk.Change{By: token.CmdUnbind, To: req.To, Location: req.Location, NewLocation: req.NewLocation, Words: req.Words})
		if err != nil {
			return err
		}
		return r.PrintMoved(ctx, all)
	})
}

// unbindWithCodes ends the binding if the codes are the token's.
func unbindWithCodes(ctx context.Context, r *term.Run, o *unbindOptions, req desk.Codes) error {
	out, err := answerCodes(ctx, r, &o.codeOptions, req, token.CmdUnbind)
	if err != nil {
		return r.PrintRefused(out, err)
	}
	return r.PrintToken(ctx, out.Token, func() string {
		return fmt.Sprintf("Token %s is %s now%s.", out.Serial, out.Token.State, term.ClockWords(out))
	})
}
