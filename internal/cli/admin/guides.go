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
	{"audit", "A quarter's audit from start to end"},
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

// guide returns the text of a guide; empty if there is none of that name.
func guide(name string) string {
	text, err := guideFiles.ReadFile("guides/" + name + ".txt")
	if err != nil {
		return ""
	}
	return string(text)
}

// guideTopics are the guides as help topics, but for that of the command audit,
// which `fob help audit` finds first.
func guideTopics(r *term.Run) (all []*cobra.Command) {
	for _, g := range guides[1:] {
		all = append(all, r.Topic(g.name, g.short, func() string { return strings.TrimSpace(guide(g.name)) }))
	}
	return all
}
