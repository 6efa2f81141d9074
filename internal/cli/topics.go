package cli

import "github.com/spf13/cobra"

// helpTopics are read with `fob help TOPIC`. Each is made from what the program
// itself uses, so that it cannot go stale.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "The exit codes of fob", Long: exitCodesHelp()},
	}
}
