package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/desk"
	"fob/internal/token"
)

func newResyncCmd(r *root) *cobra.Command {
	var o codeOptions
	cmd := &cobra.Command{
		Use:   "resync SERIAL",
		Short: "Find a token's clock or counter again",
		Long: `Find the clock of a token that has drifted, or the counter of one whose button was
pressed too often, from one displayed code or two consecutive ones. After success
the codes are used up, failures are forgotten, and the drift is known.`,
		Example: `  fob resync 2600412300001
  fob resync 2600412300001 --code 287082 --code 359152
  fob resync 2600412300001 --code 287082 --code 359152 --deep --approved-by "Eva Brandt" --reason "battery changed"`,
		Args: exactly("the serial"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			req, err := o.request(r, args[0], "")
			if err != nil {
				return err
			}
			out, err := r.answerCodes(ctx, &o, req, token.CmdResync, (*desk.Desk).Resync)
			return r.printOutcome(out, err, func(out desk.Outcome) string {
				return fmt.Sprintf("Token %s is in step again (%s)%s.", out.Serial, out.Token.State, clockWords(out))
			})
		}),
	}
	o.add(cmd)
	o.addDeep(cmd)
	addYes(cmd)
	return cmd
}
