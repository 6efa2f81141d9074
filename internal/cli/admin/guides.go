package admin

import (
	"embed"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
)

// A guide is a help topic in prose, one file each. The tests of tools/demo play
// the sessions in them.
//
//go:embed guides/*.txt
var guideFiles embed.FS

var guides = []struct{ name, short string }{
	{auditGuide, "A quarter's audit from start to end"},
	{"start", "The first hour: from nothing to a token in use"},
	{"phone", "A support call from start to end"},
	{"counting", "Counting what is in a cupboard"},
	{"leavers", "What to do when people leave"},
	{"backups", "Backups, and what to do when the store is gone"},
	{"two-people", "Commands that wait for a second person"},
	{"pages", "Pages for the support desk and for holders"},
	{"postgres", "Several sites on one PostgreSQL server"},
	{"shared", "A store that several people share"},
	{"speed", "How fast fob is, and how to measure it"},
}

// auditGuide is the guide that the command audit hides from cobra: among the topics it
// stands as auditor.
const auditGuide = "audit"

// guide returns the text of a guide; empty if there is none of that name.
func guide(name string) string {
	text, err := guideFiles.ReadFile("guides/" + name + ".txt")
	if err != nil {
		return ""
	}
	return string(text)
}

// guideTopics are the guides as help topics. `fob help audit` finds the first of them too,
// before the command.
func guideTopics(r *term.Run) (all []*cobra.Command) {
	for _, g := range guides {
		name := g.name
		if name == auditGuide {
			name = "auditor"
		}
		all = append(all, r.Topic(name, g.short, func() string { return strings.TrimSpace(guide(g.name)) }))
	}
	return all
}
