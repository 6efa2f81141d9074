package admin

import (
	"strings"
	"unicode/utf8"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/token"
)

// The drawing of the states in `fob help states` is made from the table that the
// program enforces: a line for each state, and across them a row for each
// command that leads from some of them to another.

const (
	drawingLabels = 31 // columns that the commands take
	drawingPitch  = 6  // columns from one state's line to the next
)

// The marks of the drawing.
const (
	lineMark    = '│'
	crossMark   = '┼'
	wayMark     = '─'
	sourceMark  = '●'
	endingMark  = '◆' // a source where the move ends a binding
	rightMark   = '▶'
	leftMark    = '◀'
	meetingMark = '▼' // reached from both sides
	againMark   = '↻' // from the state to itself
)

// drawnMove is what one row shows: all transitions of a command to one state.
type drawnMove struct {
	label string
	to    token.State
	from  map[token.State]token.Transition
}

// drawnMoves groups the table in its own order.
func drawnMoves() (all []drawnMove) {
	at := map[string]int{}
	for _, t := range token.Transitions() {
		label := fault.Textf("%s", fault.Do(t.By, t.With.Settings()).Bare()).In(term.Wording{})
		n, known := at[label]
		if !known {
			n = len(all)
			at[label], all = n, append(all, drawnMove{label, t.To, map[token.State]token.Transition{}})
		}
		all[n].from[t.From] = t
	}
	return all
}

// drawnStates are the lines from left to right, the first for a token that is
// not there.
func drawnStates() []token.State { return append([]token.State{token.Absent}, token.States()...) }

func columnOf(s token.State) int {
	for i, known := range drawnStates() {
		if known == s {
			return drawingLabels + drawingPitch/2 + i*drawingPitch
		}
	}
	return -1
}

// drawStates draws it all.
func drawStates() string {
	var b strings.Builder
	for _, odd := range []int{0, 1} { // names are longer than the pitch: every other one is a line lower
		b.WriteString(drawnNames(odd))
	}
	for _, m := range drawnMoves() {
		label := m.label
		if utf8.RuneCountInString(label) >= drawingLabels-1 {
			command, flags, _ := strings.Cut(label, " ")
			b.WriteString(pad("  "+command, drawingLabels) + drawnRow(drawnMove{}) + "\n")
			label = "  " + flags
		}
		b.WriteString(pad("  "+label, drawingLabels) + drawnRow(m) + "\n")
	}
	return b.String()
}

func drawnNames(odd int) string {
	line := []rune(strings.Repeat(" ", columnOf(token.Retired)+drawingPitch))
	for i, s := range drawnStates() {
		name := []rune(stateName(s))
		if i%2 == odd {
			copy(line[columnOf(s)-len(name)/2:], name)
		} else if odd == 1 {
			line[columnOf(s)] = lineMark
		}
	}
	return strings.TrimRight(string(line), " ") + "\n"
}

func stateName(s token.State) string {
	if s == token.Absent {
		return "(none)"
	}
	return string(s)
}

// drawnRow draws one move, or only the lines for one without sources.
func drawnRow(m drawnMove) string {
	row := []rune(strings.Repeat(" ", columnOf(token.Retired)+2))
	for _, s := range drawnStates() {
		row[columnOf(s)] = lineMark
	}
	if len(m.from) > 0 {
		m.draw(row)
	}
	return strings.TrimRight(string(row[drawingLabels:]), " ")
}

func (m drawnMove) draw(row []rune) {
	target := columnOf(m.to)
	lo, hi := target, target
	for s := range m.from {
		lo, hi = min(lo, columnOf(s)), max(hi, columnOf(s))
	}
	for i := lo; i <= hi; i++ {
		if row[i] == lineMark {
			row[i] = crossMark
		} else {
			row[i] = wayMark
		}
	}
	row[target] = map[[2]bool]rune{{true, false}: rightMark, {false, true}: leftMark, {true, true}: meetingMark, {false, false}: lineMark}[[2]bool{lo < target, hi > target}]
	for s, t := range m.from {
		switch {
		case s == m.to:
			row[target+1] = againMark
		case t.Ends:
			row[columnOf(s)] = endingMark
		default:
			row[columnOf(s)] = sourceMark
		}
	}
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}
