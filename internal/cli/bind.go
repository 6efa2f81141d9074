package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/inventory"
	"fob/internal/token"
)

func newBindCmd(r *root) *cobra.Command {
	var o codeOptions
	cmd := &cobra.Command{
		Use:   "bind SERIAL ACCOUNT",
		Short: "Bind a token to an account by the code that it shows",
		Long: `Bind a token to an account after checking one displayed code, or two consecutive
ones where the token's clock may have drifted far. Without --code the codes are
asked for on the terminal.

After success the codes are used up. A refused code changes nothing but the
count of failures, and the message says what to do next.`,
		Example: `  fob bind 2600412300001 anna@example.com
  fob bind 2600412300001 anna@example.com --code 287082
  fob bind 2600412300002 ben@example.com --code 287082 --code 359152 --ticket T-17
  fob bind --code 123456 -- 0012345 -odd@name`,
		Args: exactly("the serial", "the account"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			req, err := o.request(r, args[0], args[1])
			if err != nil {
				return err
			}
			if req.Account == "" {
				return usageError("fob bind", fmt.Errorf("the account is empty"))
			}
			out, err := r.answerCodes(ctx, &o, req, token.CmdBind, (*inventory.Desk).Bind)
			return r.printOutcome(out, err, func(out inventory.Outcome) string {
				return fmt.Sprintf("Token %s is bound to %s%s.", out.Serial, *out.Account, clockWords(out))
			})
		}),
	}
	o.add(cmd)
	o.addDeep(cmd)
	addYes(cmd)
	return cmd
}
