package stock

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/token"
)

// mover is a command that moves one token along the table of states.
type mover struct {
	use     string
	by      token.Command
	to      token.State
	account bool // the second argument is an account, who may sign for the token
	claims  bool // its words may speak of a leak or a theft
}

// remarkShare remarks that an account has many tokens.
func remarkShare(ctx context.Context, r *term.Run, a token.Account) error {
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		remark, err := d.RemarkShare(ctx, a)
		if remark != "" && !r.JSON {
			r.Warn("%s", remark)
		}
		return err
	})
}

func (m mover) command(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	var paper term.Receipt
	var newAccount bool
	var claims term.ClaimFlags
	args := term.Exactly("the serial")
	if m.account {
		args = term.Exactly("the serial", "the account")
	}
	cmd := &cobra.Command{
		Use: m.use, Args: args,
		RunE: r.Start(func(ctx context.Context, args []string) error {
			serial, err := token.TypedSerial(args[0])
			if err != nil {
				return err
			}
			c := desk.Change{Serial: serial, By: m.by, To: m.to, NewAccount: newAccount}
			if c.Words, err = w.Words(r); err != nil {
				return err
			}
			if m.claims {
				if c.Words, err = claims.Claims(ctx, r, c.Words); err != nil {
					return err
				}
			}
			if m.account {
				if c.Account, err = token.ParseAccount(args[1]); err != nil {
					return err
				}
			}
			err = r.MoveTokenWith(ctx, c, paper.Open, func(t token.Token, err error) error {
				if err := paper.Finish(r, t, err); err != nil || !m.account {
					return err
				}
				return remarkShare(ctx, r, t.Account)
			})
			if err == nil && m.account && !r.JSON && r.Streams.OutWidth > 0 {
				r.Remark("When it has arrived: `fob bind %s`", term.Pasted(string(c.Serial), string(c.Account)))
			}
			return err
		}),
	}
	w.Add(cmd)
	if m.claims {
		claims.AddClaims(cmd)
	}
	if m.account {
		paper.Add(cmd)
	}
	if m.account || m.by == token.CmdResume {
		term.AddNewAccount(cmd, &newAccount)
	}
	term.AddYes(cmd)
	return cmd
}
