package out

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
)

// HelpTopics are read with `fob help TOPIC`, made from the table that the program
// itself uses.
func HelpTopics(r *term.Run) []*cobra.Command {
	return []*cobra.Command{r.Topic("targets", "The verifiers that fob writes seeds for", targetsHelp)}
}

func targetsHelp() string {
	var b strings.Builder
	b.WriteString("The verifiers that `fob provision --for TARGET` writes seeds for. Each token is held\n" +
		"against what its target can hold before anything is written.\n")
	for _, t := range app.Targets() {
		fmt.Fprintf(&b, "\n%s\n", t.Name)
		line := func(name, text string) {
			if text != "" {
				b.WriteString(term.Fold(" "+name, text, "   ", 80))
			}
		}
		line("", t.Title)
		line(" holds:", t.Words())
		line("", t.Holds)
		for _, s := range t.Settings {
			usual := " (needed)"
			if s.Usual != "" {
				usual = " (" + s.Usual + ")"
			}
			line(" --set "+s.Name+"=:", s.Meaning+usual)
		}
		line(" clocks:", t.ClockWords())
		if t.Beside != nil {
			line(" beside it:", t.Beside.About)
		}
		line(" then:", t.How)
		line(" known from", t.Facts)
		switch {
		case t.Tested != "":
			line(" tested with", t.Tested)
		case t.Schema != "":
			line("", "tested by its documentation only, and held against "+t.Schema)
		default:
			line("", "tested by its documentation only")
		}
	}
	return b.String()
}
