package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// helpTopics are read with `fob help TOPIC`. Each is made from what the program
// itself uses, so that it cannot go stale.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "The exit codes of fob", Long: exitCodesHelp()},
	}
}

// newHelpCmd stands in for cobra's, which answers an unknown topic with the
// help of the whole program and success.
func newHelpCmd(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND|TOPIC]",
		Short:   "Help about any command or topic",
		Example: "  fob help bind\n  fob help exit-codes",
		RunE: func(_ *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("no help about %q", args)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}
