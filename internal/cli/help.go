package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
)

// helpWidth is what help texts and flags are set for: a terminal of 80 columns.
const helpWidth = 80

// The order of a command's help: what it is for, how it is called, examples; then what
// a person must know, the flags, and at the end what scripts want.
const (
	helpTemplate = `{{if .Runnable}}{{.Short}}.

{{.UsageString}}{{else}}{{.Long | trimTrailingWhitespaces}}
{{end}}`

	usageTemplate = `Usage:{{range uses .}}
  {{.}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .Long}}

{{.Long | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{if not .Groups}}

Commands:{{range $cmds}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if (and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help")))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{end}}{{if .HasHelpSubCommands}}

Topics:{{range .Commands}}{{if .IsAdditionalHelpTopicCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{flags .}}{{end}}{{if .HasAvailableInheritedFlags}}

Every command takes --db, --identity, --json and --quiet: see fob --help.{{end}}{{with index .Annotations "exits"}}
Exit codes: {{.}} (fob help exit-codes).{{end}}{{if index .Annotations "json"}}
What --json prints: fob help json{{range words .}} {{.}}{{end}}{{end}}{{if .HasAvailableSubCommands}}

{{.CommandPath}} COMMAND --help tells more about a command{{if .HasHelpSubCommands}}, fob help TOPIC about a topic{{end}}.{{end}}
`
)

func init() {
	cobra.AddTemplateFunc("uses", Uses)
	cobra.AddTemplateFunc("words", func(c *cobra.Command) []string { return strings.Fields(c.CommandPath())[1:] })
	cobra.AddTemplateFunc("flags", func(c *cobra.Command) string {
		return strings.TrimRight(c.LocalFlags().FlagUsagesWrapped(helpWidth), "\n")
	})
}

// Uses are the lines that show how a command is called, a line each way.
func Uses(c *cobra.Command) (lines []string) {
	if c.HasAvailableSubCommands() {
		return []string{c.CommandPath() + " COMMAND [flags]"}
	}
	path := strings.TrimSuffix(c.CommandPath(), c.Name())
	for way := range strings.SplitSeq(c.Use, " | ") {
		lines = append(lines, path+way+" [flags]")
	}
	return lines
}

// Root is the tree of all commands, for what writes manuals and completions of it.
func Root() *cobra.Command {
	r := &term.Run{Getenv: func(string) string { return "" }, Now: time.Now}
	root := command(r)
	r.FillHelp()
	return root
}

// addHelp gives the program its help: the order of a page, the topic about JSON, which
// needs all commands, and --version.
func addHelp(r *term.Run, cmd *cobra.Command) {
	cmd.SetHelpTemplate(helpTemplate)
	cmd.SetUsageTemplate(usageTemplate)
	help := cmd.HelpFunc()
	cmd.SetHelpFunc(func(about *cobra.Command, args []string) { r.FillHelp(); help(about, args) })
	var version bool
	cmd.Flags().BoolVarP(&version, "version", "V", false, "print the version of fob")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if version {
			return r.PrintVersion()
		}
		return cmd.Help()
	}
}

// onlyCommands refuses a word behind a command that only holds others.
func onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return noSuchCommand(cmd, args[0])
}

// noSuchCommand refuses a word that is no command, with what may have been meant.
func noSuchCommand(cmd *cobra.Command, word string) error {
	err := term.UsageError(cmd.CommandPath(), fmt.Errorf("there is no command %q", strings.TrimSpace(cmd.CommandPath()+" "+term.Clean(word))))
	return withMeant(err, commandsNear(cmd, word))
}
