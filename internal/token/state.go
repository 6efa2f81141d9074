package token

import (
	"slices"
	"strings"
)

// State is where a token stands in its life.
type State string

// The states of the design. The empty state stands for a token that is not
// there: before its import.
const (
	Absent      State = ""
	InStock     State = "in_stock"
	Assigned    State = "assigned"
	Bound       State = "bound"
	Suspended   State = "suspended"
	Quarantined State = "quarantined"
	Lost        State = "lost"
	Retired     State = "retired"
)

// States lists them in the order of a token's life.
func States() []State {
	return []State{InStock, Assigned, Bound, Suspended, Quarantined, Lost, Retired}
}

// ParseState reads a state as a person types it.
func ParseState(s string) (State, error) {
	st := State(strings.ToLower(strings.ReplaceAll(s, "-", "_")))
	if slices.Contains(States(), st) {
		return st, nil
	}
	names := make([]string, 0, len(States()))
	for _, known := range States() {
		names = append(names, string(known))
	}
	return "", Errorf(Usage, "no state %q; the states are %s", s, strings.Join(names, ", "))
}

// Command is what moves a token from one state to another; it is also the name
// of the audit event.
type Command string

// Transition is one legal move.
type Transition struct {
	From State
	By   Command
	To   State
}

// The commands that move tokens. The table below is the only place that says
// what is legal; help and refusals are made from it.
const (
	CmdImport Command = "import"
	CmdBind   Command = "bind"
	CmdCheck  Command = "check"
	CmdInit   Command = "init"
)

var transitions = []Transition{
	{Absent, CmdImport, InStock},
	{InStock, CmdBind, Bound},
	{Assigned, CmdBind, Bound},
}

// Transitions gives the whole table.
func Transitions() []Transition { return slices.Clone(transitions) }

// Next tells where a command leads from a state, or refuses with the list of
// what is possible from there.
func Next(from State, by Command) (State, error) {
	var possible []string
	for _, t := range transitions {
		if t.From != from {
			continue
		}
		if t.By == by {
			return t.To, nil
		}
		possible = append(possible, string(t.By))
	}
	err := Errorf(NotAllowed, "%s is not possible while the token is %s", by, from)
	if len(possible) == 0 {
		return "", err
	}
	return "", err.WithHint("possible from here: %s", strings.Join(slices.Compact(possible), ", "))
}
