package admin

import (
	"fmt"
	"slices"
	"strings"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/token"
)

// statesHelp is the table that the program enforces.
func statesHelp() string {
	return `The states of a token, and the commands that move it. From a state in brackets
the move ends the token's binding.

` + movesTable() + `
Every other move is refused, with the list of what is possible. A retired
token's seed is destroyed, and its serial is imported again only if its device was
burnt anew (import --reburnt): that is another token then.
` + "`fob replace OLD NEW`" + ` ends one token, by lost or by unbind, and binds another.
`
}

// movesTable has a line for each command and the state to which it leads.
func movesTable() string {
	var labels, lines []string
	for _, t := range token.Transitions() {
		label := fmt.Sprintf("  %-34s to %-11s from", fault.Textf("%s", fault.Do(t.By, t.With.Settings()).Bare()).In(term.Wording{}), named(t.To))
		at := slices.Index(labels, label)
		if at < 0 {
			at = len(labels)
			labels, lines = append(labels, label), append(lines, label)
		}
		from := named(t.From)
		if t.Ends {
			from = "[" + from + "]"
		}
		line := lines[at]
		if last := line[strings.LastIndex(line, "\n")+1:]; len(last)+1+len(from) > 80 {
			line += "\n" + strings.Repeat(" ", len(label))
		}
		lines[at] = line + " " + from
	}
	return strings.Join(lines, "\n") + "\n"
}

func named(s token.State) string {
	if s == token.Absent {
		return "nothing"
	}
	return string(s)
}
