package codes

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/token"
)

func newResyncCmd(r *term.Run) *cobra.Command {
	var o codeOptions
	cmd := &cobra.Command{
		Use:  "resync SERIAL",
		Args: term.Exactly("the serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			req, err := o.request(r, args[0], "")
			if err != nil {
				return err
			}
			out, err := answerCodes(ctx, r, &o, req, token.CmdResync)
			return printOutcome(r, out, err, func(out desk.Outcome) string {
				return fmt.Sprintf("Token %s is in step again (%s)%s.", out.Serial, out.Token.State, term.ClockWords(out))
			})
		}),
	}
	o.add(cmd)
	o.addDeep(cmd)
	term.AddYes(cmd)
	return cmd
}
