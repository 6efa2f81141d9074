package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/cli"
	"fob/internal/cli/term"
)

// section is that of the pages about commands, topics that of help topics.
const section, topics = "1", "7"

// page is a manual page as it is written; its lines are those of man(7).
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// plain makes a text safe for the formatter: no letter of it is an instruction.
func plain(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}

// text sets paragraphs; what is indented is shown as it is. A paragraph begins where a
// line was left free, or what was shown ends.
func (p *page) text(s string) {
	shown, gap := false, false
	for line := range strings.SplitSeq(strings.Trim(s, "\n"), "\n") {
		line = strings.TrimRight(line, " ")
		indented := strings.HasPrefix(line, " ")
		switch {
		case line == "":
			gap = true
			continue
		case indented && !shown:
			p.line(".PP\n.nf")
		case !indented && shown:
			p.line(".fi\n.PP")
		case gap && shown:
			p.line("")
		case gap:
			p.line(".PP")
		}
		shown, gap = indented, false
		if shown {
			p.line("%s", plain(line))
		} else {
			p.filled(line)
		}
	}
	if shown {
		p.line(".fi")
	}
}

// filled sets words that the formatter fills; no line of the source is long.
func (p *page) filled(s string) {
	line := ""
	for word := range strings.FieldsSeq(s) {
		word = plain(word)
		if line != "" && len(line)+1+len(word) > 76 {
			p.line("%s", line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		p.line("%s", line)
	}
}

// shown sets lines as they are.
func (p *page) shown(s string) {
	p.line(".nf")
	for line := range strings.SplitSeq(strings.Trim(s, "\n"), "\n") {
		p.line("%s", plain(strings.TrimRight(strings.TrimPrefix(line, "  "), " ")))
	}
	p.line(".fi")
}

// edition is what stands at the foot of each page.
type edition struct{ version, date string }

// name is that of a command's page: fob-batch-show.
func name(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// writeManual writes a page for every command and topic into man1 and man7 of a folder.
func writeManual(dir string, of edition) (pages int, err error) {
	root := cli.Root()
	var visit func(c *cobra.Command) error
	visit = func(c *cobra.Command) error {
		at, text := section, commandPage(c, of)
		if c.IsAdditionalHelpTopicCommand() {
			at, text = topics, topicPage(c, of)
		}
		path := filepath.Join(dir, "man"+at, name(c)+"."+at)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		pages++
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
		for _, below := range c.Commands() {
			if below.Hidden || below.Name() == "help" {
				continue
			}
			if err := visit(below); err != nil {
				return err
			}
		}
		return nil
	}
	return pages, visit(root)
}

func head(c *cobra.Command, at string, of edition) *page {
	p := &page{}
	p.line(`.TH %s %s %s "fob %s" "Manual of fob"`, strings.ToUpper(plain(name(c))), at, of.date, of.version)
	p.line(".SH NAME\n%s \\- %s", plain(name(c)), plain(c.Short))
	return p
}

func topicPage(c *cobra.Command, of edition) string {
	p := head(c, topics, of)
	p.line(".SH DESCRIPTION")
	p.text(c.Long)
	p.line(".SH SEE ALSO\n.BR fob (1)")
	return p.String()
}

func commandPage(c *cobra.Command, of edition) string {
	p := head(c, section, of)
	p.line(".SH SYNOPSIS\n.nf")
	for _, use := range cli.Uses(c) {
		p.line("%s", plain(use))
	}
	p.line(".fi\n.SH DESCRIPTION")
	if c.Long == "" {
		c.Long = c.Short + "."
	}
	p.text(c.Long)
	if below := commandsOf(c); below != "" {
		p.line(".SH COMMANDS\n%s", strings.TrimSuffix(below, "\n"))
	}
	p.options(c)
	if c.Example != "" {
		p.line(".SH EXAMPLES")
		p.shown(c.Example)
	}
	if c.HasParent() {
		if json := c.Annotations["json"]; json != "" {
			p.line(".SH JSON\nWith \\-\\-json the command prints:\n.PP")
			p.shown(json)
		}
	} else {
		p.everywhere()
	}
	if codes := c.Annotations["exits"]; codes != "" || !c.HasParent() {
		p.exits(codes)
	}
	p.alsoSee(c)
	return p.String()
}

// commandsOf lists the commands below one.
func commandsOf(c *cobra.Command) string {
	var b page
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			b.line(".TP\n.B %s\n%s", plain(below.Name()), plain(below.Short))
		}
	}
	return b.String()
}

func (p *page) options(c *cobra.Command) {
	began := false
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if !began {
			p.line(".SH OPTIONS")
			began = true
		}
		value, usage := pflag.UnquoteUsage(f)
		flag := "--" + f.Name
		if f.Shorthand != "" {
			flag = "-" + f.Shorthand + ", " + flag
		}
		p.line(".TP\n.B %s", plain(strings.TrimSpace(flag+" "+value)))
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" && f.DefValue != "-1" {
			usage += " (default " + f.DefValue + ")"
		}
		p.filled(usage)
	})
	if c.HasParent() && began {
		p.line(".PP\nEvery command takes \\-\\-db, \\-\\-identity, \\-\\-json and \\-\\-quiet: see\n.BR fob (1).")
	}
}

func (p *page) exits(codes string) {
	p.line(".SH EXIT STATUS")
	for _, e := range term.ExitMeanings {
		if codes == "" || strings.Contains(", "+codes+",", fmt.Sprintf(" %d,", e.Code)) {
			p.line(".TP\n.B %d", e.Code)
			p.filled(e.Meaning)
		}
	}
}

// everywhere is what the page of the program itself says for all commands.
func (p *page) everywhere() {
	p.line(`.SH ENVIRONMENT
.TP
.B FOB_DB
the database, if \-\-db is not given
.TP
.B FOB_IDENTITY
the identity file, if \-\-identity is not given
.TP
.B XDG_DATA_HOME, XDG_CONFIG_HOME
where the database and the identity are looked for otherwise
.SH FILES
.TP
.I ~/.local/share/fob/fob.db
the store
.TP
.I ~/.config/fob/identity.txt
the age identity that opens the seeds
.TP
.I ~/.config/fob/checkpoint.key
the key that signs checkpoints and exports`)
}

func (p *page) alsoSee(c *cobra.Command) {
	p.line(".SH SEE ALSO")
	var all []string
	if c.HasParent() {
		all = append(all, fmt.Sprintf(".BR %s (1)", plain(name(c.Parent()))))
		for _, other := range c.Parent().Commands() {
			if other != c && other.IsAvailableCommand() && other.GroupID == c.GroupID && other.Name() != "help" {
				all = append(all, fmt.Sprintf(".BR %s (1)", plain(name(other))))
			}
		}
	} else {
		for _, below := range c.Commands() {
			switch {
			case below.IsAdditionalHelpTopicCommand():
				all = append(all, fmt.Sprintf(".BR %s (7)", plain(name(below))))
			case below.IsAvailableCommand() && below.Name() != "help":
				all = append(all, fmt.Sprintf(".BR %s (1)", plain(name(below))))
			}
		}
	}
	p.line("%s", strings.Join(all, ",\n"))
}
