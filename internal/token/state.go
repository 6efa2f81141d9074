package token

import (
	"fob/internal/fault"
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
	return "", fault.Errorf(fault.Usage, "no state %q; the states are %s", s, strings.Join(names, ", "))
}

// Command is what moves a token from one state to another, or otherwise changes
// the store; it is also the name of the audit event.
type Command string

// Transition is one legal move. With is the flag that chooses among several
// ends of one command. Ends reports whether the move ends the token's binding: to
// suspend one does not.
type Transition struct {
	From State
	By   Command
	With string
	To   State
	Ends bool
}

// The commands that move tokens, and those that only write events. The table
// below is the only place that says what is legal; help and refusals are made
// from it.
const (
	CmdInit        Command = "init"
	CmdImport      Command = "import"
	CmdAssign      Command = "assign"
	CmdUnassign    Command = "unassign"
	CmdBind        Command = "bind"
	CmdUnbind      Command = "unbind"
	CmdFound       Command = "found"
	CmdRelease     Command = "release"
	CmdCheck       Command = "check"
	CmdResync      Command = "resync"
	CmdUnlock      Command = "unlock"
	CmdClockAccept Command = "clock accept"
	CmdIdentify    Command = "identify"

	CmdSuspend    Command = "suspend"
	CmdResume     Command = "resume"
	CmdLost       Command = "lost"
	CmdQuarantine Command = "quarantine"
	CmdRetire     Command = "retire"
	CmdReplace    Command = "replace" // ends one token by lost, unbind or unassign, and binds another

	CmdBatchQuarantine Command = "batch quarantine"
	CmdBatchRelease    Command = "batch release"
	CmdBatchWithdraw   Command = "batch withdraw"
	CmdBatchCorrect    Command = "batch correct"

	CmdPolicySet Command = "policy set"

	CmdAccountErase  Command = "account erase"
	CmdVirtual       Command = "virtual" // makes a token; a bind in the same transaction gives it to its account
	CmdMove          Command = "move"    // from place to place; the state stays
	CmdAccountImport Command = "account import"
)

var transitions = []Transition{
	{Absent, CmdImport, "", InStock, false},
	{InStock, CmdAssign, "", Assigned, false},
	{Assigned, CmdUnassign, "", InStock, false},
	{InStock, CmdBind, "", Bound, false},
	{Assigned, CmdBind, "", Bound, false},
	{Bound, CmdSuspend, "", Suspended, false},
	{Suspended, CmdResume, "", Bound, false},
	{Bound, CmdUnbind, "--returned", InStock, true},
	{Suspended, CmdUnbind, "--returned", InStock, true},
	{Bound, CmdUnbind, "--returned --to quarantined", Quarantined, true},
	{Suspended, CmdUnbind, "--returned --to quarantined", Quarantined, true},
	{Bound, CmdUnbind, "--missing", Lost, true},
	{Suspended, CmdUnbind, "--missing", Lost, true},
	{InStock, CmdLost, "", Lost, false},
	{Assigned, CmdLost, "", Lost, false},
	{Bound, CmdLost, "", Lost, true},
	{Suspended, CmdLost, "", Lost, true},
	{Quarantined, CmdLost, "", Lost, false},
	{Lost, CmdLost, "", Lost, false}, // more is known of the loss: that it was a theft, or since when
	{Lost, CmdFound, "", Quarantined, false},
	{InStock, CmdQuarantine, "", Quarantined, false},
	{Assigned, CmdQuarantine, "", Quarantined, false},
	{Quarantined, CmdRelease, "", InStock, false},
	{InStock, CmdRetire, "", Retired, false},
	{Assigned, CmdRetire, "", Retired, false},
	{Bound, CmdRetire, "", Retired, true},
	{Suspended, CmdRetire, "", Retired, true},
	{Quarantined, CmdRetire, "", Retired, false},
	{Lost, CmdRetire, "", Retired, false},
	{InStock, CmdBatchQuarantine, "", Quarantined, false},
	{Assigned, CmdBatchQuarantine, "", Quarantined, false},
	{Bound, CmdBatchQuarantine, "", Quarantined, true},
	{Suspended, CmdBatchQuarantine, "", Quarantined, true},
	{Quarantined, CmdBatchRelease, "", InStock, false},
	{InStock, CmdBatchWithdraw, "", Absent, false},
}

// Transitions gives the whole table.
func Transitions() []Transition { return slices.Clone(transitions) }

// Move finds the transition by which a command leads from one state to another.
// A refusal lists what is possible from there.
func Move(from State, by Command, to State) (Transition, error) {
	return moveIn(transitions, from, by, to)
}

func moveIn(table []Transition, from State, by Command, to State) (Transition, error) {
	var possible []string
	for _, t := range table {
		if t.From != from {
			continue
		}
		if t.By == by && t.To == to {
			return t, nil
		}
		if t.alone() {
			possible = append(possible, strings.TrimSpace(string(t.By)+" "+t.With))
		}
	}
	err := fault.Errorf(fault.NotAllowed, "%s is not possible while the token is %s", by, from)
	if len(possible) == 0 {
		return Transition{}, err.WithHint("its life is over: nothing is possible any more")
	}
	return Transition{}, err.WithHint("possible from here: %s", strings.Join(possible, ", "))
}

// alone reports whether a command moves one token by itself: what moves a whole
// batch is no answer to somebody with one token in hand.
func (t Transition) alone() bool { return !strings.HasPrefix(string(t.By), "batch ") }

// SourcesOf lists the states from which a command leads to another.
func SourcesOf(by Command) (from []State) {
	for _, t := range transitions {
		if t.By == by && !slices.Contains(from, t.From) {
			from = append(from, t.From)
		}
	}
	return from
}

// HasAccount reports whether a token in this state belongs to an account.
func (s State) HasAccount() bool { return s == Assigned || s == Bound || s == Suspended }
