package trail

import (
	"cmp"
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
	founded time.Time // of the first event
	newest  time.Time // what the clock is held against

	batches  map[string]*batchWorld // by UUID
	tokens   map[string]*tokenWorld // by serial key
	bindings map[string]*bindingWorld
	policy   map[string]string
	accounts map[called]*Text    // that had a token, as events named them: one text for all events
	nameless []named             // the same, of those whose text is no longer there
	gone     map[textKey][]*Text // texts that are no longer there, wherever they are needed
	words    map[string]string   // that many events have: one copy for all
	lists    []ListRow           // of people
	renames  Renames             // of the tables: the newest list commits to them

	erasedPeople []erasedPerson
}

type batchWorld struct {
	ImportDetail
	uuid    string
	at      time.Time
	by      token.Operator
	removed []token.Facts // exchanged by later imports, in the order of their ids
	spans   corrections
	seen    bool

	quarantined time.Time     // since when, as a whole; zero: it is not
	withdrawn   time.Time     // zero: it is not
	carried     *contentsWalk // withdrawn: what its removed tokens hash to
}

type tokenWorld struct {
	state        token.State
	account      named
	after        token.Standing
	observations []token.Observation
	open         string // UUID of the open binding
	condition    string // in which it came back last, as far as somebody said
	seen         bool   // the tables have it
}

type bindingWorld struct {
	id      string // UUID
	event   int64  // that opened it
	serial  string
	account named
	opened  time.Time
	closed  time.Time // zero: open
	by      token.Operator
	codes   int
	proof   string
	ticket  string
	noted   string // the condition in which the token came back
	seen    bool
}

func newWorld(r *Report) *world {
	return &world{report: r, batches: map[string]*batchWorld{}, tokens: map[string]*tokenWorld{}, bindings: map[string]*bindingWorld{},
		policy: map[string]string{}, accounts: map[called]*Text{}, gone: map[textKey][]*Text{}, words: map[string]string{}}
}

// word gives the one copy of a text that many events have, as a place or the
// operator's name: a million of them would be kept otherwise.
func (w *world) word(s string) string {
	if one, known := w.words[s]; known {
		return one
	}
	w.words[s] = s
	return s
}

// subjectOf is the kind of object that a command's events are about.
func subjectOf(c token.Command) string {
	switch c {
	case token.CmdInit, token.CmdClockAccept, token.CmdPolicySet, token.CmdIdentify, token.CmdAccountImport:
		return KindStore
	case token.CmdAccountErase:
		return KindAccount
	case token.CmdImport, token.CmdBatchQuarantine, token.CmdBatchRelease, token.CmdBatchWithdraw, token.CmdBatchCorrect, token.CmdVirtual:
		return KindBatch
	}
	return KindToken
}

// apply takes one event into the world.
func (w *world) apply(e Event, beside []Text) { w.applyRead(e, nil, beside) }

// applyRead is apply for an event whose detail may have been read already: that of
// an event about one token.
func (w *world) applyRead(e Event, d *TokenDetail, beside []Text) {
	if e.Time.After(w.newest) {
		w.newest = e.Time.UTC()
	}
	var err error
	if kind := subjectOf(e.Command); e.Object.Kind != kind {
		w.report.Problemf("event %d: the command %q is about a %s, not about a %s", e.Seq, e.Command, kind, e.Object.Kind)
		return
	}
	switch e.Command {
	case token.CmdInit:
		err = w.found(e)
	case token.CmdImport, token.CmdVirtual:
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
	case token.CmdAccountErase:
		err = w.erased(e)
	case token.CmdAccountImport:
		err = w.listed(e)
	default:
		err = w.token(e, d, beside)
	}
	if err != nil {
		w.report.Problemf("event %d: %v", e.Seq, err)
	}
}

func (w *world) found(e Event) error {
	if e.Seq != 1 {
		return fmt.Errorf("a store begins with its first event only")
	}
	w.founded, w.init = e.Time.UTC(), &InitDetail{}
	return e.decode(w.init)
}

func (w *world) clock(e Event) error {
	var d ClockDetail
	err := e.decode(&d)
	w.newest = d.Accepted
	return err
}

func (w *world) imported(e Event) error {
	b := &batchWorld{uuid: e.Object.ID, at: e.Time.UTC(), by: e.Operator}
	if err := e.decode(&b.ImportDetail); err != nil {
		return err
	}
	if virtual := e.Command == token.CmdVirtual; virtual != (b.Format == token.VirtualFormat) || virtual && b.New != 1 {
		return fmt.Errorf("the command %q brings %d tokens in the format %s", e.Command, b.New, b.Format)
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
		w.tokens[r.New.Serial.Key()] = &tokenWorld{state: token.InStock, after: token.Standing{Since: b.at, Location: r.Location}}
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
func (w *world) token(e Event, read *TokenDetail, beside []Text) error {
	if read == nil {
		read = &TokenDetail{}
		if err := e.decode(read); err != nil {
			return err
		}
	}
	d := *read
	key := token.Serial(e.Object.ID).Key()
	t := w.tokens[key]
	if t == nil {
		t = &tokenWorld{state: token.InStock}
		w.tokens[key] = t
	}
	if e.From != t.state {
		return fmt.Errorf("token %s was %s before it, not %s", e.Object.ID, t.state, e.From)
	}
	if err := checkMoved(e, d, t); err != nil {
		return err
	}
	if d.After != nil {
		t.after = *d.After
		t.after.Location = w.word(t.after.Location)
	} else if e.Outcome == Done {
		return fmt.Errorf("it does not say what token %s is from then on", e.Object.ID)
	}
	if e.Outcome == Done {
		return w.done(e, d, t, key, beside)
	}
	return nil
}

// checkMoved holds the place that a move names as the one before against the
// token's last event. Where a token without any was, its batch says.
func checkMoved(e Event, d TokenDetail, t *tokenWorld) error {
	switch {
	case e.Command != token.CmdMove:
		return nil
	case d.MovedFrom == nil:
		return fmt.Errorf("it does not say from where token %s was moved", e.Object.ID)
	case e.From != e.To:
		return fmt.Errorf("a move of token %s from place to place changed its state", e.Object.ID)
	case !t.after.Since.IsZero() && *d.MovedFrom != t.after.Location:
		return fmt.Errorf("token %s was at %q before it, not at %q", e.Object.ID, t.after.Location, *d.MovedFrom)
	}
	return nil
}

func (w *world) done(e Event, d TokenDetail, t *tokenWorld, key string, beside []Text) error {
	t.state, t.account = e.To, named{}
	account := named{w.accountOf(e, beside), len(w.lists)}
	if e.To.HasAccount() {
		t.account = account
	}
	if account.Text != nil && (e.To.HasAccount() || d.Opened != nil) {
		w.holds(account)
	}
	if d.Observation != nil {
		t.observations = append(t.observations, *d.Observation)
	}
	if d.Opened != nil {
		t.open = d.Opened.String()
		w.bindings[t.open] = &bindingWorld{id: t.open, event: e.Seq, serial: key, account: account, opened: e.Time.UTC(),
			by:    token.Operator{Kind: e.Operator.Kind, ID: w.word(e.Operator.ID), Name: w.word(e.Operator.Name)},
			codes: d.Codes, proof: w.word(plain(beside, TextProof)), ticket: plain(beside, TextTicket)}
	}
	if d.Closed != nil {
		b := w.bindings[d.Closed.String()]
		if b == nil || t.open != d.Closed.String() {
			return fmt.Errorf("it ends a binding of token %s that was not open", e.Object.ID)
		}
		b.closed, t.open, b.noted = e.Time.UTC(), "", plain(beside, TextCondition)
		t.condition = cmp.Or(b.noted, t.condition)
	}
	return nil
}

// accountOf gives the account that an event names, nil when it names none. One
// that was erased has no salt; who erased it says, later, what stands for it.
func (w *world) accountOf(e Event, beside []Text) *Text {
	if e.Texts[TextAccount] == "" {
		return nil
	}
	for _, t := range beside {
		if t.Field != TextAccount {
			continue
		}
		if known := w.accounts[called{t.Text, len(w.lists)}]; known != nil {
			return known
		}
		return &Text{Text: t.Text}
	}
	t := &Text{}
	key := textKey{e.Seq, TextAccount}
	w.gone[key] = append(w.gone[key], t)
	return t
}

// holds notes that an account has, or had, a token: the tables have a row of it.
func (w *world) holds(account named) {
	if account.Text.Text == "" {
		w.nameless = append(w.nameless, account)
	} else {
		w.accounts[called{account.Text.Text, account.lists}] = account.Text
	}
}

func plain(beside []Text, field string) string {
	for _, t := range beside {
		if t.Field == field {
			return t.Text
		}
	}
	return ""
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339Nano)
}
