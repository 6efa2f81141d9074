package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/inventory"
	"fob/internal/token"
)

func newCheckCmd(r *root) *cobra.Command {
	var o codeOptions
	cmd := &cobra.Command{
		Use:   "check SERIAL",
		Short: "Check whether a displayed code is this token's",
		Long: `Tell whether this is the right token and how far off its clock is. Nothing is
bound and the codes are not used up; a wrong code counts as a failure.`,
		Example: "  fob check 2600412300001\n  fob check 2600412300001 --code 287082 --json",
		Args:    exactly("the serial"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			req, err := o.request(r, args[0], "")
			if err != nil {
				return err
			}
			out, err := r.answerCodes(ctx, &o, req, token.CmdCheck, (*inventory.Desk).Check)
			return r.printOutcome(out, err, func(out inventory.Outcome) string {
				return fmt.Sprintf("The code is that of token %s (%s)%s.", out.Serial, out.Token.State, clockWords(out))
			})
		}),
	}
	o.add(cmd)
	o.addDeep(cmd)
	addYes(cmd)
	return cmd
}
