package token

import (
	"slices"
	"strings"

	"fob/internal/fault"
)

// State is where a token stands in its life.
type State string

// The states. The empty state stands for a token that is not
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
	return "", fault.Errorf(fault.Usage, "no state %q; the states are %s", s, Join(States(), ", "))
}

// Command is what moves a token from one state to another, or otherwise changes
// the store; it is also the name of the audit event.
type Command string

// Transition is one legal move. With is what has to be said to choose among
// several ends of one command. Ends reports whether the move ends the token's
// binding: to suspend one does not.
type Transition struct {
	From State
	By   Command
	With Choice
	To   State
	Ends bool
}

// The commands that move tokens, and those that only write events. The table below, and
// that of software tokens (virtual.go), are the only places that say what is legal; help
// and refusals are made from them.
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
	CmdAuditAccept Command = "audit accept"
	CmdKeyAdd      Command = "key add"
	CmdKeyRemove   Command = "key remove"
	CmdKeyRotate   Command = "key rotate"
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
	CmdBatchDestroy    Command = "batch destroy-seeds" // the tokens stay, without seeds

	CmdPolicySet Command = "policy set"

	CmdAccountErase  Command = "account erase"
	CmdVirtual       Command = "virtual" // makes a token; a bind in the same transaction gives it to its account
	CmdMove          Command = "move"    // from place to place; the state stays
	CmdAccountImport Command = "account import"

	CmdProvision Command = "provision" // seeds to a verifier
	CmdBackup    Command = "backup"
	CmdRestore   Command = "restore"

	CmdRequest         Command = "request" // a command that waits for a second person
	CmdRequestApprove  Command = "request approve"
	CmdRequestDeny     Command = "request deny"
	CmdRequestWithdraw Command = "request withdraw"
	CmdLocationRename  Command = "location rename" // its tokens move in events of their own
	CmdLocationClose   Command = "location close"
	CmdLocationOpen    Command = "location open"
	CmdVerifierAdd     Command = "verifier add"
	CmdVerifierRemove  Command = "verifier remove"
	CmdVerifierDone    Command = "verifier done" // it accepts tokens no more
)

// Commands are those that events are of, in the order of their names.
func Commands() (all []Command) {
	for _, t := range slices.Concat(transitions, virtualTransitions) {
		all = append(all, t.By)
	}
	all = append(all, CmdInit, CmdCheck, CmdResync, CmdUnlock, CmdClockAccept, CmdAuditAccept, CmdKeyAdd, CmdKeyRemove, CmdKeyRotate, CmdIdentify,
		CmdBatchCorrect, CmdBatchDestroy, CmdPolicySet, CmdAccountErase, CmdMove, CmdAccountImport, CmdProvision, CmdBackup, CmdRestore,
		CmdRequest, CmdRequestApprove, CmdRequestDeny, CmdRequestWithdraw, CmdVerifierAdd, CmdVerifierRemove, CmdVerifierDone,
		CmdLocationRename, CmdLocationClose, CmdLocationOpen)
	slices.Sort(all)
	return slices.Compact(all)
}

// Choice is what chooses an end of a command: at most two settings.
type Choice [2]fault.Setting

var (
	returned       = Choice{{Field: fault.Returned}}
	missing        = Choice{{Field: fault.Missing}}
	leaked         = Choice{{Field: fault.Leaked}}
	intoQuarantine = Choice{{Field: fault.Returned}, fault.ToState.Is(Quarantined)}
)

// Settings lists what has to be said.
func (c Choice) Settings() []fault.Setting {
	return slices.DeleteFunc(slices.Clone(c[:]), func(s fault.Setting) bool { return s == fault.Setting{} })
}

var transitions = []Transition{
	{Absent, CmdImport, Choice{}, InStock, false},
	{InStock, CmdAssign, Choice{}, Assigned, false},
	{Assigned, CmdUnassign, Choice{}, InStock, false},
	{InStock, CmdBind, Choice{}, Bound, false},
	{Assigned, CmdBind, Choice{}, Bound, false},
	{Bound, CmdSuspend, Choice{}, Suspended, false},
	{Suspended, CmdResume, Choice{}, Bound, false},
	{Bound, CmdUnbind, returned, InStock, true},
	{Suspended, CmdUnbind, returned, InStock, true},
	{Bound, CmdUnbind, intoQuarantine, Quarantined, true},
	{Suspended, CmdUnbind, intoQuarantine, Quarantined, true},
	{Bound, CmdUnbind, missing, Lost, true},
	{Suspended, CmdUnbind, missing, Lost, true},
	{InStock, CmdLost, Choice{}, Lost, false},
	{Assigned, CmdLost, Choice{}, Lost, false},
	{Bound, CmdLost, Choice{}, Lost, true},
	{Suspended, CmdLost, Choice{}, Lost, true},
	{Quarantined, CmdLost, Choice{}, Lost, false},
	{Lost, CmdLost, Choice{}, Lost, false}, // more is known of the loss: that it was a theft, or since when
	{Lost, CmdFound, Choice{}, Quarantined, false},
	{InStock, CmdQuarantine, Choice{}, Quarantined, false},
	{Assigned, CmdQuarantine, Choice{}, Quarantined, false},
	{Bound, CmdQuarantine, leaked, Quarantined, true}, // whose seed others know is nobody's any more
	{Suspended, CmdQuarantine, leaked, Quarantined, true},
	{Quarantined, CmdQuarantine, leaked, Quarantined, false}, // more is known of it
	{Lost, CmdQuarantine, leaked, Lost, false},
	{Quarantined, CmdRelease, Choice{}, InStock, false},
	{InStock, CmdRetire, Choice{}, Retired, false},
	{Assigned, CmdRetire, Choice{}, Retired, false},
	{Bound, CmdRetire, Choice{}, Retired, true},
	{Suspended, CmdRetire, Choice{}, Retired, true},
	{Quarantined, CmdRetire, Choice{}, Retired, false},
	{Lost, CmdRetire, Choice{}, Retired, false},
	{InStock, CmdBatchQuarantine, Choice{}, Quarantined, false},
	{Assigned, CmdBatchQuarantine, Choice{}, Quarantined, false},
	{Bound, CmdBatchQuarantine, Choice{}, Quarantined, true},
	{Suspended, CmdBatchQuarantine, Choice{}, Quarantined, true},
	{Quarantined, CmdBatchRelease, Choice{}, InStock, false},
	{InStock, CmdBatchWithdraw, Choice{}, Absent, false},
}

// Transitions returns the whole table.
func Transitions() []Transition { return slices.Clone(transitions) }

// Move finds the transition by which a command leads from one state to another.
// A refusal lists what is possible from there.
func Move(from State, by Command, to State) (Transition, error) {
	return moveIn(transitions, from, by, to)
}

func moveIn(table []Transition, from State, by Command, to State) (Transition, error) {
	for _, t := range table {
		if t.From == from && t.By == by && t.To == to {
			return t, nil
		}
	}
	return Transition{}, refuseIn(table, from, by)
}

// Impossible is the refusal of a command, with what is possible instead.
func (t Token) Impossible(by Command) error {
	if t.Software {
		return refuseIn(virtualTransitions, t.State, by)
	}
	return refuseIn(transitions, t.State, by)
}

func refuseIn(table []Transition, from State, by Command) error {
	var possible fault.Text
	for _, t := range table {
		if t.From == from && t.alone() {
			possible = possible.Listed(fault.Do(t.By, t.With.Settings()).Bare())
		}
	}
	err := fault.Errorf(fault.NotAllowed, "%s is not possible while the token is %s", by, from)
	if possible.IsZero() {
		return err.WithHint("its life is over: nothing is possible any more")
	}
	return err.WithHint("possible from here: %s", possible)
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
