package audit

import (
	"fmt"
	"time"

	"fob/internal/token"
)

// world is what the tables must hold if the trail is true: every event is
// applied to it in order. It keeps only what events touched; a token that no
// event names since its import is as the import left it.
type world struct {
	report *Report

	init    *InitDetail
	founded int64 // Unix nanoseconds of the first event
	newest  int64 // what the clock is held against

	batches  map[string]*batchWorld // by UUID
	tokens   map[string]*tokenWorld // by serial key
	bindings map[string]*bindingWorld
	policy   map[string]string
	lists    []listWorld // of people
	renames  renames     // known once the accounts were read
}

type batchWorld struct {
	ImportDetail
	at      int64 // Unix nanoseconds
	by      token.Operator
	removed []Columns // exchanged by later imports, in the order of their ids
	spans   corrections
	seen    bool

	quarantined int64         // since when, as a whole; 0: it is not
	withdrawn   int64         // 0: it is not
	carried     *contentsWalk // withdrawn: what its removed tokens hash to
}

type tokenWorld struct {
	state        token.State
	account      named
	after        Mutable
	observations []Observation
	open         string // UUID of the open binding
}

type bindingWorld struct {
	serial  string
	account named
	opened  int64
	closed  int64 // 0: open
	by      token.Operator
	codes   int
	proof   string
	ticket  string
	seen    bool
}

func newWorld(r *Report) *world {
	return &world{report: r, batches: map[string]*batchWorld{}, tokens: map[string]*tokenWorld{}, bindings: map[string]*bindingWorld{},
		policy: map[string]string{}}
}

// subjectOf is the kind of object that a command's events are about.
func subjectOf(c token.Command) string {
	switch c {
	case token.CmdInit, token.CmdClockAccept, token.CmdPolicySet, token.CmdIdentify, token.CmdAccountImport:
		return KindStore
	case token.CmdImport, token.CmdBatchQuarantine, token.CmdBatchRelease, token.CmdBatchWithdraw, token.CmdBatchCorrect:
		return KindBatch
	}
	return KindToken
}

// apply takes one event into the world.
func (w *world) apply(e Event, beside []Text) {
	w.newest = max(w.newest, e.Time.UnixNano())
	var err error
	if kind := subjectOf(e.Command); e.Object.Kind != kind {
		w.report.Problemf("event %d: the command %q is about a %s, not about a %s", e.Seq, e.Command, kind, e.Object.Kind)
		return
	}
	switch e.Command {
	case token.CmdInit:
		err = w.found(e)
	case token.CmdImport:
		err = w.imported(e)
	case token.CmdClockAccept:
		err = w.clock(e)
	case token.CmdBatchQuarantine, token.CmdBatchRelease:
		err = w.swept(e)
	case token.CmdBatchWithdraw:
		err = w.carriedOff(e)
	case token.CmdBatchCorrect:
		err = w.corrected(e)
	case token.CmdPolicySet:
		err = w.policySet(e)
	case token.CmdIdentify:
		err = w.search(e)
	case token.CmdAccountImport:
		err = w.listed(e)
	default:
		err = w.token(e, beside)
	}
	if err != nil {
		w.report.Problemf("event %d: %v", e.Seq, err)
	}
}

func (w *world) found(e Event) error {
	if e.Seq != 1 {
		return fmt.Errorf("a store begins with its first event only")
	}
	w.founded, w.init = e.Time.UnixNano(), &InitDetail{}
	return e.decode(w.init)
}

func (w *world) clock(e Event) error {
	var d ClockDetail
	err := e.decode(&d)
	w.newest = d.Accepted
	return err
}

func (w *world) imported(e Event) error {
	b := &batchWorld{at: e.Time.UnixNano(), by: e.Operator}
	if err := e.decode(&b.ImportDetail); err != nil {
		return err
	}
	if w.batches[e.Object.ID] != nil {
		return fmt.Errorf("batch %s is imported twice", e.Object.ID)
	}
	for _, r := range b.Replaced {
		if old := w.batchOf(r.Old.ID); old != nil {
			old.removed = append(old.removed, r.Old)
		} else {
			w.report.Problemf("event %d: it replaces token %s (id %d), which no import before it brought", e.Seq, r.Old.Serial, r.Old.ID)
		}
		w.tokens[r.New.Serial.Key()] = &tokenWorld{state: token.InStock, after: Mutable{Since: b.at, Location: r.Location}}
	}
	w.batches[e.Object.ID] = b
	return nil
}

func (w *world) batchOf(id int64) *batchWorld {
	for _, b := range w.batches {
		if id >= b.FirstID && id <= b.LastID {
			return b
		}
	}
	return nil
}

// token applies an event about one token: its After is what the token is from
// now on.
func (w *world) token(e Event, beside []Text) error {
	var d TokenDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	key := token.Serial(e.Object.ID).Key()
	t := w.tokens[key]
	if t == nil {
		t = &tokenWorld{state: token.InStock}
		w.tokens[key] = t
	}
	if e.From != t.state {
		return fmt.Errorf("token %s was %s before it, not %s", e.Object.ID, t.state, e.From)
	}
	if d.After != nil {
		t.after = *d.After
	} else if e.Outcome == Done {
		return fmt.Errorf("it does not say what token %s is from then on", e.Object.ID)
	}
	if e.Outcome == Done {
		return w.done(e, d, t, key, beside)
	}
	return nil
}

func (w *world) done(e Event, d TokenDetail, t *tokenWorld, key string, beside []Text) error {
	t.state, t.account = e.To, named{}
	account := named{accountOf(e, beside), len(w.lists)}
	if e.To.HasAccount() {
		t.account = account
	}
	if d.Observation != nil {
		t.observations = append(t.observations, *d.Observation)
	}
	if d.Opened != nil {
		w.bindings[d.Opened.String()] = &bindingWorld{serial: key, account: account, opened: e.Time.UnixNano(), by: e.Operator,
			codes: d.Codes, proof: plain(beside, TextProof), ticket: plain(beside, TextTicket)}
		t.open = d.Opened.String()
	}
	if d.Closed != nil {
		b := w.bindings[d.Closed.String()]
		if b == nil || t.open != d.Closed.String() {
			return fmt.Errorf("it ends a binding of token %s that was not open", e.Object.ID)
		}
		b.closed, t.open = e.Time.UnixNano(), ""
	}
	return nil
}

// accountOf gives the account that an event names, nil when it names none.
func accountOf(e Event, beside []Text) *Text {
	if e.Texts[TextAccount] == "" {
		return nil
	}
	for _, t := range beside {
		if t.Field == TextAccount {
			return &t
		}
	}
	return &Text{Field: TextAccount} // erased
}

func plain(beside []Text, field string) string {
	for _, t := range beside {
		if t.Field == field {
			return t.Text
		}
	}
	return ""
}

func stamp(nanos int64) string {
	if nanos == 0 {
		return "never"
	}
	return time.Unix(0, nanos).UTC().Format(time.RFC3339Nano)
}
