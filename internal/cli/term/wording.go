package term

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"

	"fob/internal/desk"
	"fob/internal/fault"
)

// Count returns "1 event", "2 events".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func ClockWords(out desk.Outcome) string {
	if out.DriftSeconds == nil {
		return ""
	}
	// One code tells the clock to half a period: less than that is no drift.
	if d := *out.DriftSeconds; time.Duration(d*float64(time.Second)).Abs() <= time.Duration(out.Period)*time.Second {
		return "; its clock is right"
	}
	return "; its clock is " + DriftWords(out.DriftSeconds)
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
func DriftWords(drift *float64) string {
	if drift == nil {
		return ""
	}
	s, way := math.Round(math.Abs(*drift)), "fast"
	if *drift < 0 {
		way = "slow"
	}
	switch {
	case s == 0:
		return "exact"
	case s < 120:
		return fmt.Sprintf("%.0f s %s", s, way)
	case s < 2*3600:
		return fmt.Sprintf("%.0f min %s", s/60, way)
	}
	return fmt.Sprintf("%.1f h %s", s/3600, way)
}

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
