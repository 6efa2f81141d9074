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

func newCheckCmd(r *term.Run) *cobra.Command {
	var o codeOptions
	var ahead string
	cmd := &cobra.Command{
		Use:  "check SERIAL",
		Args: term.Exactly("the serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			req, err := o.request(r, args[0], "")
			if err != nil {
				return err
			}
			if req.Ahead, err = parseAhead("--at", ahead, r.Now()); err != nil {
				return err
			}
			out, err := answerCodes(ctx, r, &o, req, token.CmdCheck)
			err = printOutcome(r, out, err, func(out desk.Outcome) string {
				switch {
				case out.Token.IsStolen():
					return fmt.Sprintf("The code is that of token %s.", out.Serial)
				case out.Token.State == token.Lost:
					return fmt.Sprintf("The code is that of token %s, which was reported lost: the one who reads this code out has it.", out.Serial)
				}
				return fmt.Sprintf("The code is that of token %s (%s)%s.", out.Serial, out.Token.State, term.ClockWords(out))
			})
			if err == nil && !r.JSON && out.Token.State != token.Lost {
				printClock(r, out)
			}
			if err == nil && out.Token.IsStolen() {
				// The code is right, and nothing else is: a script must not go on.
				err = fault.Errorf(fault.NotAllowed, "token %s was reported stolen: the one who reads this code out has it", out.Serial).
					WithHint("trust nobody because of this code; `fob show %[1]s` says whose it was; if its owner has it again: `fob found %[1]s`", out.Serial)
			}
			return err
		}),
	}
	o.add(cmd)
	o.addDeep(cmd)
	cmd.Flags().StringVar(&ahead, "at", "", "say how the clock will be at this `DATE`, or in this time, as 90d")
	term.AddYes(cmd)
	return cmd
}
