package codes

import (
	"context"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

// returns checks the texts about a token that came back.
func (o *unbindOptions) returns(req *desk.Codes) (err error) {
	req.NewLocation = o.newLocation
	if o.location != "" {
		if req.Location, err = token.ParseLocation(o.location); err != nil {
			return err
		}
	}
	req.Condition, err = token.ParseText("--condition", o.condition)
	return err
}

// unbindVirtual ends a virtual token: by a code of its app, or by a reason where
// the app is gone.
func unbindVirtual(ctx context.Context, r *term.Run, o *unbindOptions, req desk.Codes) error {
	if o.returned || o.missing || o.to != "" || o.location != "" || o.condition != "" {
		return fault.Errorf(fault.Usage, "token %s is software: an app is neither returned nor missing", req.Serial).
			WithHint("give a code that it shows now, or --reason where it is gone; of a lost or stolen phone: `fob lost %s`", req.Serial)
	}
	req.To = token.Retired
	if len(o.codes) == 0 && req.Reason == "" {
		if err := canConverseOr(r, "or give --reason if there is none"); err != nil {
			return err
		}
	}
	if err := r.ConfirmMove(ctx, []token.Serial{req.Serial}, token.CmdUnbind, req.To, "", *o.yes); err != nil {
		return err
	}
	if len(o.codes) == 0 && req.Reason != "" {
		return r.MoveToken(ctx, desk.Change{Serial: req.Serial, By: token.CmdUnbind, To: req.To, Words: req.Words})
	}
	return unbindWithCodes(ctx, r, o, req)
}

// canConverseOr is canConverse with another way out.
func canConverseOr(r *term.Run, instead string) error {
	err := canConverse(r)
	if err == nil {
		return nil
	}
	return fault.Errorf(fault.KindOf(err), "%v", err).WithAdvice(fault.AdviceOf(err).And(fault.Textf("%s", instead)))
}
