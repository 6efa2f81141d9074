package term

import (
	"fmt"
	"strings"
	"unicode"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
)

// Count returns "1 event", "2 events".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ClockWords go on with what else the codes showed.
func ClockWords(out desk.Outcome) string {
	if said := out.ClockWords(); said != "" {
		return "; " + said
	}
	return ""
}

// Pasted writes arguments as a shell takes them, for a line that somebody
// copies.
func Pasted(args ...string) string {
	out, odd := make([]string, len(args)), false
	for i, a := range args {
		out[i] = a
		if strings.ContainsFunc(a, func(c rune) bool {
			return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("@._-/:+=,", c)
		}) {
			out[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		odd = odd || strings.HasPrefix(a, "-")
	}
	if odd {
		return "-- " + strings.Join(out, " ")
	}
	return strings.Join(out, " ")
}

// DriftWords tells a drift as a person says it.
func DriftWords(drift *float64) string { return otp.DriftWords(drift) }

// Wording puts what errors and warnings carry as data into the command line's
// words: `fob unlock 2600412300001`, --ticket.
type Wording struct{}

// Remedy is a command that can be copied.
func (Wording) Remedy(r fault.Remedy) string {
	words := append([]string{"fob", string(r.Do)}, pastedEach(r.Args)...)
	for _, s := range r.With {
		words = append(words, Wording{}.Setting(s))
	}
	return "`" + strings.Join(words, " ") + "`"
}

// Field is a flag.
func (Wording) Field(f fault.Field) string { return "--" + string(f) }

// Setting is a flag with its value.
func (Wording) Setting(s fault.Setting) string {
	if s.Value == "" {
		return "--" + string(s.Field)
	}
	if s.Value == fault.No {
		return "--" + string(s.Field) + "=" + s.Value
	}
	return "--" + string(s.Field) + " " + Pasted(s.Value)
}

func pastedEach(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = Pasted(a)
	}
	return out
}

// Worded puts texts into the command line's words for good, for JSON.
func Worded(texts []fault.Text) []fault.Text {
	all := make([]fault.Text, len(texts))
	for i, t := range texts {
		all[i] = WordedText(t)
	}
	return all
}

// WordedText does so with one.
func WordedText(t fault.Text) fault.Text { return fault.Textf("%s", t.In(Wording{})) }
