package cli

import (
	"strings"

	"fob/internal/fault"
)

// wording puts what errors and warnings carry as data into the command line's
// words: `fob unlock 2600412300001`, --ticket.
type wording struct{}

// Remedy is a command that can be copied.
func (wording) Remedy(r fault.Remedy) string {
	words := append([]string{"fob", string(r.Do)}, pastedEach(r.Args)...)
	for _, s := range r.With {
		words = append(words, wording{}.Setting(s))
	}
	return "`" + strings.Join(words, " ") + "`"
}

// Field is a flag.
func (wording) Field(f fault.Field) string { return "--" + string(f) }

// Setting is a flag with its value.
func (wording) Setting(s fault.Setting) string {
	if s.Value == "" {
		return "--" + string(s.Field)
	}
	return "--" + string(s.Field) + " " + pasted(s.Value)
}

func pastedEach(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = pasted(a)
	}
	return out
}

// worded puts texts into the command line's words for good, for JSON.
func worded(texts []fault.Text) []fault.Text {
	all := make([]fault.Text, len(texts))
	for i, t := range texts {
		all[i] = wordedText(t)
	}
	return all
}

func wordedText(t fault.Text) fault.Text { return fault.Textf("%s", t.In(wording{})) }
