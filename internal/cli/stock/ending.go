package stock

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/report/certificate"
	"fob/internal/token"
)

func newLostCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	var loss term.LossFlags
	var yes *bool
	cmd := &cobra.Command{
		Use:  "lost SERIAL",
		Args: term.Exactly("the serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			c := desk.Change{By: token.CmdLost, To: token.Lost}
			var err error
			if c.Serial, err = token.TypedSerial(args[0]); err != nil {
				return err
			}
			if c.Words, err = w.Words(r); err != nil {
				return err
			}
			if c.Words, err = loss.Claims(ctx, r, c.Words); err != nil {
				return err
			}
			if c.Loss, err = loss.Loss(r.Now()); err != nil {
				return err
			}
			return r.WithDesk(ctx, func(*desk.Desk) error {
				if err := r.ConfirmMove(ctx, []token.Serial{c.Serial}, c.By, c.To, "Record the loss", *yes); err != nil {
					return err
				}
				return r.MoveToken(ctx, c)
			})
		}),
	}
	w.Add(cmd)
	loss.Add(cmd)
	yes = term.AddYes(cmd)
	return cmd
}

func newQuarantineCmd(r *term.Run) *cobra.Command {
	return manyMover{
		use: "quarantine SERIAL...",
		by:  token.CmdQuarantine, to: token.Quarantined, claims: true,
		ask: "Set it aside for good; it will not come back", askMany: "Set them aside for good; they will not come back",
	}.command(r)
}

func newRetireCmd(r *term.Run) *cobra.Command {
	var paper term.Certificate
	cmd := manyMover{
		use: "retire SERIAL...",
		by:  token.CmdRetire, to: token.Retired, ask: "Retire it and destroy its seed for good", askMany: "Retire them and destroy their seeds for good",
		paper: &paper,
	}.command(r)
	paper.Add(cmd)
	return cmd
}

// manyMover is a command that moves one or several tokens together.
type manyMover struct {
	use          string
	by           token.Command
	to           token.State
	ask, askMany string // before it is done for good
	claims       bool   // it is done for good if it is said that a seed leaked
	one          bool   // of one token it prints an object, not an array of one
	paper        *term.Certificate
}

func (m manyMover) command(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	var yes *bool
	var claims term.ClaimFlags
	cmd := &cobra.Command{
		Use: m.use, Args: term.AtLeastOne("the serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			serials, err := term.SerialsOf(args)
			if err != nil {
				return err
			}
			words, err := w.Words(r)
			if err != nil {
				return err
			}
			if m.claims {
				if words, err = claims.Claims(ctx, r, words); err != nil {
					return err
				}
			}
			ask := m.ask
			if len(serials) > 1 {
				ask = m.askMany
			}
			if m.claims && words.Leaked != token.Yes {
				ask = ""
			}
			return r.WithDesk(ctx, func(d *desk.Desk) error {
				if ask != "" {
					if err := r.ConfirmMove(ctx, serials, m.by, m.to, ask, *yes); err != nil {
						return err
					}
				}
				if m.to == token.Retired {
					return retire(ctx, r, d, serials, desk.Change{Words: words}, m.paper)
				}
				all, err := d.MoveAll(ctx, serials, desk.Change{By: m.by, To: m.to, Words: words})
				if err != nil {
					return err
				}
				if m.one && len(all) == 1 {
					return r.PrintMovedOne(ctx, all[0])
				}
				return r.PrintMoved(ctx, all)
			})
		}),
	}
	w.AddOfTokens(cmd)
	if m.claims {
		claims.AddClaims(cmd)
	}
	yes = term.AddYes(cmd)
	return cmd
}

// retire ends tokens, and certifies what became of their seeds.
func retire(ctx context.Context, r *term.Run, d *desk.Desk, serials []token.Serial, c desk.Change, paper *term.Certificate) error {
	if err := paper.Open(); err != nil {
		return err
	}
	all, e, err := d.Retire(ctx, serials, c)
	var made certificate.Certificate
	if err == nil && paper.Given() {
		made, err = r.Certify(ctx, certificate.Destroyed{Serials: serials}, e)
	}
	if err = paper.Finish(r, made, err); err != nil && len(all) == 0 {
		return err
	}
	err = cmp.Or(err, r.PrintMoved(ctx, all))
	if !r.JSON && e.Sought > 0 {
		r.Remark("%s", term.ErasureWords(e))
	}
	return cmp.Or(err, term.Residue(&e))
}
