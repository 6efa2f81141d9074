package admin

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fob/internal/fault"
	"fob/internal/token"
)

// What help shows is read back, line by line, and is the table.
func TestHelpStatesIsTheTable(t *testing.T) {
	var read []token.Transition
	var by, to string
	for line := range strings.Lines(movesTable()) {
		line = strings.TrimRight(line, "\n")
		if n := len(line); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
		sources := line
		if head, tail, ok := strings.Cut(line, " from "); ok {
			sources = tail
			by, to, _ = strings.Cut(head, " to ")
		}
		for from := range strings.FieldsSeq(sources) {
			name, with, _ := strings.Cut(strings.TrimSpace(by), " --")
			f := token.Transition{By: token.Command(name), To: unnamed(strings.TrimSpace(to)), From: unnamed(strings.Trim(from, "[]")), Ends: from[0] == '['}
			for i, flag := range strings.Split(with, " --") {
				field, value, _ := strings.Cut(strings.TrimSpace(flag), " ")
				f.With[i] = fault.Setting{Field: fault.Field(field), Value: value}
			}
			read = append(read, f)
		}
	}
	want := token.Transitions()
	for _, all := range [][]token.Transition{read, want} {
		slices.SortFunc(all, func(a, b token.Transition) int {
			return strings.Compare(fmt.Sprint(a.By, a.With, a.From), fmt.Sprint(b.By, b.With, b.From))
		})
	}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Error(diff)
	}
}

func unnamed(text string) token.State {
	if text == "nothing" {
		return token.Absent
	}
	return token.State(text)
}
