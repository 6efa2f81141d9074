package trail

import (
	"errors"
	"fmt"
	"time"

	"fob/internal/token"
)

// Fold is what a store holds, by its trail: every event is applied in order. All
// that asks what a token, a binding, a batch or a setting was at any event asks it:
// verification, the past, and what changed between two instants.
//
// It keeps only what events touched: a token that no event names since its import is
// as the import left it. Of tokens it keeps those of a span; see inSpans.
type Fold struct {
	span    span
	renames Renames
	part    bool // it begins in the middle of a trail: what was before is not known

	init     InitDetail
	keys     KeysDetail // as the newest event about them left them
	founded  time.Time  // the first event
	newest   time.Time  // what the clock is held against
	restored time.Time  // the newest restore of a backup
	policy   map[string]string
	lists    []ListRow // of people
	refusals map[token.Operator]token.Refusals
	batches  map[string]*batch
	inOrder  []*batch // by their ids, which rise
	persons  []erasedPerson
	asked    []keptRequest      // by their numbers, from 1
	erased   map[textKey]uint32 // texts of accounts that are not there, by an index of names
	names    []string           // what stands for them; empty: no erasure named it yet
	kept
	deliveries []DeliveryRow // to verifiers
	gone       []DeliveryRow // those with which the seeds went
	goneOf     *Handed       // an index of them; nil: it has to be made
	verifiers  map[string]VerifierRow
	ends       map[endedKey]EndedRow
	handed     *Handed // an index of them; nil: it has to be made

	places  map[string]bool      // that were ever named
	shut    map[string]time.Time // those of them where nothing more comes
	held    func(account)        // is told of every account that had a token
	changed func(c change)
}

func newFold(s span, r Renames) *Fold {
	return &Fold{span: s, renames: r, verifiers: map[string]VerifierRow{}, ends: map[endedKey]EndedRow{}, policy: map[string]string{}, refusals: map[token.Operator]token.Refusals{}, batches: map[string]*batch{}, erased: map[textKey]uint32{}, places: map[string]bool{"": true}, shut: map[string]time.Time{}, names: []string{""}, kept: newKept()}
}

// subjectOf is the kind of object that a command's events are about.
func subjectOf(c token.Command) string {
	switch c {
	case token.CmdInit, token.CmdBackup, token.CmdRestore, token.CmdAuditAccept, token.CmdKeyAdd, token.CmdKeyRemove, token.CmdKeyRotate, token.CmdClockAccept, token.CmdPolicySet, token.CmdIdentify, token.CmdAccountImport:
		return KindStore
	case token.CmdAccountErase:
		return KindAccount
	case token.CmdProvision:
		return KindDelivery
	case token.CmdRequest, token.CmdRequestApprove, token.CmdRequestDeny, token.CmdRequestWithdraw:
		return KindRequest
	case token.CmdVerifierAdd, token.CmdVerifierRemove, token.CmdVerifierDone:
		return KindVerifier
	case token.CmdLocationRename, token.CmdLocationClose, token.CmdLocationOpen:
		return KindLocation
	case token.CmdImport, token.CmdBatchQuarantine, token.CmdBatchRelease, token.CmdBatchWithdraw, token.CmdBatchCorrect, token.CmdBatchDestroy, token.CmdVirtual:
		return KindBatch
	}
	return KindToken
}

// apply takes the next event. Its errors are contradictions between this event and
// those before.
func (f *Fold) apply(e *Event, beside []Text) (err error) {
	if e.Time.After(f.newest) {
		f.newest = e.Time.UTC()
	}
	if e.Command == token.CmdBind && e.Object.Kind == KindStore {
		return f.claimed(e)
	}
	if kind := subjectOf(e.Command); e.Object.Kind != kind {
		return fmt.Errorf("event %d: the command %q is about a %s, not about a %s", e.Seq, e.Command, kind, e.Object.Kind)
	}
	if e.Request != 0 {
		if err := f.requestRun(e); err != nil {
			return fmt.Errorf("event %d: %w", e.Seq, err)
		}
	}
	switch e.Command {
	case token.CmdInit:
		if e.Seq != 1 {
			err = errors.New("a store begins with its first event only")
			break
		}
		f.founded = e.Time.UTC()
		err = e.decode(&f.init)
		f.keys = f.init.KeysDetail
	case token.CmdAuditAccept:
		err = f.accepted(e)
	case token.CmdKeyAdd, token.CmdKeyRemove, token.CmdKeyRotate:
		err = f.keysChanged(e)
	case token.CmdClockAccept:
		var d ClockDetail
		err = e.decode(&d)
		f.newest = d.Accepted
	case token.CmdImport, token.CmdVirtual:
		err = f.imported(e)
	case token.CmdBatchQuarantine, token.CmdBatchRelease:
		err = f.swept(e)
	case token.CmdBatchWithdraw:
		err = f.withdrawn(e)
	case token.CmdBatchCorrect:
		err = f.corrected(e)
	case token.CmdBatchDestroy:
		err = f.seedsDestroyed(e)
	case token.CmdBackup:
		err = e.decode(&BackupDetail{})
	case token.CmdRestore:
		f.restored = e.Time.UTC()
		err = e.decode(&RestoreDetail{})
	case token.CmdPolicySet:
		err = f.policySet(e)
	case token.CmdLocationRename, token.CmdLocationClose, token.CmdLocationOpen:
		err = f.place(e)
	case token.CmdIdentify:
		err = f.searched(e)
	case token.CmdAccountErase:
		err = f.erasedAccount(e)
	case token.CmdAccountImport:
		err = f.listed(e)
	case token.CmdProvision:
		err = f.delivered(e)
	case token.CmdRequest, token.CmdRequestApprove, token.CmdRequestDeny, token.CmdRequestWithdraw:
		err = f.request(e)
	case token.CmdVerifierAdd, token.CmdVerifierRemove, token.CmdVerifierDone:
		err = f.verifierEvent(e)
	default:
		err = f.tokenEvent(e, beside)
	}
	if err != nil {
		err = fmt.Errorf("event %d: %w", e.Seq, err)
	}
	return err
}

func (f *Fold) policySet(e *Event) error {
	var d PolicyDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	for _, c := range d.Changes {
		if was := f.policy[c.Name]; was != c.Old && !f.part {
			return fmt.Errorf("the policy's %s was %q before it, not %q", c.Name, was, c.Old)
		}
		if f.policy[c.Name] = c.New; c.New == "" {
			delete(f.policy, c.Name)
		}
	}
	return nil
}

// place takes what happened to a place. One that is renamed is closed, and its tokens
// move to the other.
func (f *Fold) place(e *Event) error {
	var d PlaceDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	name := e.Object.ID
	if d.Closed.IsZero() != (e.Command == token.CmdLocationOpen) || (d.To == "") != (e.Command != token.CmdLocationRename) || name == "" {
		return fmt.Errorf("the command %q of place %q says what it does not do", e.Command, name)
	}
	f.places[name], f.places[d.To] = true, true
	if f.shut[name] = d.Closed.UTC(); d.Closed.IsZero() {
		delete(f.shut, name)
	}
	return nil
}

// searched looks at a search, which changes nothing: what it says must agree with
// itself.
func (f *Fold) searched(e *Event) error {
	var d SearchDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	if found := e.Outcome == Done; found != (d.Found > 0) || len(d.Serials) > d.Found {
		return fmt.Errorf("a search that found %d tokens, names %d and ends as %s", d.Found, len(d.Serials), e.Outcome)
	}
	for _, s := range d.Serials {
		if t := f.token(s.Key()); t != nil && f.get(t.state) == string(token.Retired) {
			return fmt.Errorf("it found token %s, whose seed was destroyed before", s)
		}
	}
	return nil
}

// claimed looks at a claim of a serial that tried the codes of no token: it changes
// nothing.
func (f *Fold) claimed(e *Event) error {
	var d ClaimDetail
	if err := e.decode(&d); err != nil {
		return fmt.Errorf("event %d: %w", e.Seq, err)
	}
	if e.Outcome != Refused || e.Reason == "" || e.Texts[TextSerial] == "" || d.Codes < 1 {
		return fmt.Errorf("event %d: a claim of no token says more than that it was refused", e.Seq)
	}
	return nil
}
