package admin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"fob/internal/fault"
	"fob/internal/token"
)

// What the drawing shows is read back, mark by mark, and is the table.
func TestDrawingIsTheTable(t *testing.T) {
	var read []token.Transition
	command := ""
	for line := range strings.Lines(drawStates()) {
		row := []rune(strings.TrimRight(line, "\n"))
		if n := len(row); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
		label := strings.TrimSpace(string(row[:min(len(row), drawingLabels)]))
		row = append(row, []rune(strings.Repeat(" ", 80))...)
		found := readRow(t, row)
		switch {
		case strings.HasPrefix(label, "--"):
			label = command + " " + label
		case len(found) == 0:
			command = label // its flags are in the next line
			continue
		}
		for _, f := range found {
			by, with, _ := strings.Cut(label, " --")
			f.By = token.Command(by)
			for i, flag := range strings.Split(with, " --") {
				name, value, _ := strings.Cut(flag, " ")
				f.With[i] = fault.Setting{Field: fault.Field(name), Value: value}
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

// readRow gives the moves that a row shows, without their commands.
func readRow(t *testing.T, row []rune) (moves []token.Transition) {
	t.Helper()
	var to token.State
	targets := 0
	for _, s := range drawnStates() {
		switch row[columnOf(s)] {
		case rightMark, leftMark, meetingMark:
			to = s
			targets++
		}
	}
	if targets > 1 {
		t.Fatalf("two ends: %s", string(row))
	}
	for _, s := range drawnStates() {
		switch row[columnOf(s)] {
		case sourceMark:
			moves = append(moves, token.Transition{From: s, To: to})
		case endingMark:
			moves = append(moves, token.Transition{From: s, To: to, Ends: true})
		}
		if row[columnOf(s)+1] == againMark {
			moves = append(moves, token.Transition{From: s, To: s})
		}
	}
	return moves
}

func TestHelpStatesFitsATerminal(t *testing.T) {
	for line := range strings.Lines(statesHelp()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}
