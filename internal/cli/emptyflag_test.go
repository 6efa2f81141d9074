package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/cli/term"
)

// TestEmptyFlags: whatever text a command takes with a flag, it does not take an empty
// one for a flag that was left out.
func TestEmptyFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	asked := 0
	for _, cmd := range every(command((&term.Run{}))) {
		if !cmd.Runnable() || cmd.HasSubCommands() || cmd.Name() == "help" || cmd.IsAdditionalHelpTopicCommand() {
			continue
		}
		try := func(f *pflag.Flag) {
			if kind := f.Value.Type(); !strings.HasPrefix(kind, "string") || term.MayBeEmpty(f) {
				return
			}
			asked++
			if want := fmt.Sprintf("fob: --%s is empty\n", f.Name); !refusesEmpty(t, cmd, "--"+f.Name+"=", want) {
				t.Errorf("%s --%s=: not refused with %q", cmd.CommandPath(), f.Name, want)
			}
		}
		cmd.LocalFlags().VisitAll(try)
		cmd.InheritedFlags().VisitAll(try)
		if cmd.Flags().Lookup("batch") != nil && !refusesEmpty(t, cmd, "--batch=0", "fob: --batch 0: batches are counted from 1\n") {
			t.Errorf("%s --batch=0: not refused", cmd.CommandPath())
		}
	}
	if asked < 200 {
		t.Errorf("%d flags were asked: are the commands looked at?", asked)
	}
}

// refusesEmpty runs a command with as many arguments as it wants.
func refusesEmpty(t *testing.T, cmd *cobra.Command, flag, want string) bool {
	t.Helper()
	args := append(strings.Fields(cmd.CommandPath())[1:], flag)
	for range 4 {
		if got := newProgram(t).run(args...); got.exit == term.ExitUsage && strings.HasPrefix(got.err, want) {
			return true
		}
		args = append(args, "x")
	}
	return false
}

func every(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, c := range cmd.Commands() {
		all = append(all, every(c)...)
	}
	return all
}
