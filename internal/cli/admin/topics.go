package admin

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/seedfile"
)

// completeHelp offers the commands and topics below those that were typed.
func completeHelp(root *cobra.Command, args []string, typed string) (found []string) {
	about, rest, err := root.Find(args)
	if err != nil || len(rest) > 0 {
		return nil
	}
	for _, c := range about.Commands() {
		if !c.Hidden && strings.HasPrefix(c.Name(), typed) {
			found = append(found, c.Name()+"\t"+c.Short)
		}
	}
	return found
}

func exitCodesHelp() string {
	var b strings.Builder
	b.WriteString("fob's exit codes:\n\n")
	for _, e := range term.ExitMeanings {
		fmt.Fprintf(&b, "  %3d  %s\n", e.Code, e.Meaning)
	}
	return b.String()
}

// jsonTopic is a topic that takes a command: its text is made from what all commands
// promise.
const jsonTopic = "json"

const jsonIntroduction = `With --json every command prints JSON on standard output, asks nothing, and on
failure prints {"error", "hint", "exit"} on standard error. An array without
elements is []. Times are RFC 3339 in UTC. A drift is in seconds, negative if the
token is slow. Later versions may add fields and never rename one. A code or a file
that was refused prints its object all the same.
`

// jsonHelp says what a command, or every command below it, prints under --json.
func jsonHelp(about *cobra.Command) string {
	var b strings.Builder
	if !about.HasParent() {
		b.WriteString(jsonIntroduction)
	}
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		if says := c.Annotations[jsonTopic]; says != "" {
			fmt.Fprintf(&b, "\n%s\n%s\n", c.CommandPath(), says)
		}
		for _, below := range c.Commands() {
			visit(below)
		}
	}
	visit(about)
	return strings.TrimLeft(b.String(), "\n")
}

//go:embed codes.txt
var codesHelp string

// HelpTopics are read with `fob help TOPIC`: the guides, and what is made from what
// the program itself uses, so that it cannot go stale.
func HelpTopics(r *term.Run) []*cobra.Command {
	return append(guideTopics(r),
		r.Topic(jsonTopic, "What --json prints, by command", func() string { return jsonIntroduction }),
		r.Topic("exit-codes", "The exit codes of fob", exitCodesHelp),
		r.Topic("formats", "The seed files that fob reads", formatsHelp),
		r.Topic("workbook", "The sheets and fields of an export", workbookHelp),
		r.Topic("states", "The states of a token and what moves it", statesHelp),
		r.Topic("codes", "How displayed codes are checked", func() string { return term.Numbers.Replace(codesHelp) }))
}

// formatsHelp lists what the readers declare.
func formatsHelp() string {
	var b strings.Builder
	b.WriteString("The seed files that fob reads. The format is found from the content; --format\nnames one where that is not enough.\n")
	for _, f := range app.Formats() {
		fmt.Fprintf(&b, "\n%s\n  %s\n", f.Name, hanging(f.Title))
		if f.Encoding != seedfile.Unknown {
			fmt.Fprintf(&b, "  seeds in %s\n", f.Encoding)
		}
		fmt.Fprintf(&b, "  %s\n", hanging("tokens: "+strings.ReplaceAll(f.Support.Read, "`", "")))
		fmt.Fprintf(&b, "  %s\n", hanging("found "+strings.ReplaceAll(f.Support.Found, "`", "")))
		if f.Support.Encrypted != seedfile.NotEncrypted {
			fmt.Fprintf(&b, "  may be encrypted %s\n", f.Support.Encrypted)
		}
		if d := defaultsOf(f); d != "" {
			fmt.Fprintf(&b, "  where the file does not say: %s\n", d)
		}
		for line := range strings.SplitSeq(f.Reads.In(term.Wording{}), "\n") {
			if line != "" {
				fmt.Fprintf(&b, "  %s\n", hanging(line))
			}
		}
		for _, line := range f.Example {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	return b.String()
}

// hanging sets a text into lines of which all but the first are indented.
func hanging(text string) string { return strings.Trim(term.Fold("   ", text, "   ", 78), " \n") }

func defaultsOf(f seedfile.Format) string {
	var all []string
	for _, field := range seedfile.Fields() {
		if f.Defaulted.Has(field) && (field != seedfile.FieldT0 || f.Defaults.T0 != 0) {
			all = append(all, fmt.Sprintf("%s %v", field, f.Default(field)))
		}
	}
	return strings.Join(all, ", ")
}

// NewHelpCommand stands in for cobra's, which answers an unknown topic with the
// help of the whole program and success.
func NewHelpCommand(r *term.Run, root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND|TOPIC]",
		Short:   "Help about any command or topic",
		Example: "  fob help bind\n  fob help exit-codes",
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			return completeHelp(root, args, typed), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			r.FillHelp()
			if len(args) == 1 && args[0] == auditGuide {
				_, err := fmt.Fprintf(root.OutOrStdout(), "%s\nThe commands: fob audit --help\n", guide(args[0]))
				return err
			}
			about, rest, err := root.Find(args)
			if len(args) > 0 && args[0] == jsonTopic {
				about, rest, err = root.Find(args[1:])
			}
			if err != nil || len(rest) > 0 {
				err := fault.Errorf(fault.Usage, "no help about %q", strings.Join(args, " "))
				var names []string
				for _, c := range root.Commands() {
					names = append(names, c.Name())
				}
				if meant := term.Nearest(args[0], names); len(args) == 1 && len(meant) > 0 {
					return err.WithHint("did you mean `fob help %s`? `fob help` lists commands and topics", strings.Join(meant, "` or `fob help "))
				}
				return err.WithHint("`fob help` lists commands and topics")
			}
			if len(args) > 0 && args[0] == jsonTopic {
				_, err := io.WriteString(root.OutOrStdout(), jsonHelp(about))
				return err
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}
