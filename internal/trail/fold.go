package trail

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

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

// batch is a batch with what later events say of the facts of its tokens.
type batch struct {
	BatchRow
	removed     []token.Facts          // exchanged by later imports
	renamed     map[int64]token.Serial // what those were called whose devices were burnt anew since
	corrections corrections
	carried     *contents // of a withdrawn one: what its removed tokens hash to
	seen        bool
}

// change is what an event made of one token.
type change struct {
	serial  string // its key
	known   bool   // whether it is known what was before
	was, is token.Standing
	others  []Aspect // what is no standing, and changed with it
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

func (f *Fold) listed(e *Event) error {
	l := ListRow{At: e.Time.UTC(), Seq: e.Seq}
	if err := e.decode(&l.ListDetail); err != nil {
		return err
	}
	if want := len(f.lists) + 1; l.Number != want && !f.part {
		return fmt.Errorf("it is list %d of people, where list %d was due", l.Number, want)
	}
	f.lists = append(f.lists, l)
	return nil
}

// erasedPerson is an account that was erased: what stands for it, and for its row in
// the newest list of its time.
type erasedPerson struct {
	name   string
	leaf   *Hash // nil: no list had it
	listed bool
	lists  int // how many lists there were
}

// erasedAccount puts what stands for the account in the place of the name that went.
func (f *Fold) erasedAccount(e *Event) error {
	var d EraseDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	if d.Name == "" || d.Name != e.Object.ID {
		return fmt.Errorf("it erases %q and is about %q", d.Name, e.Object.ID)
	}
	p := erasedPerson{name: d.Name, listed: d.Listed, lists: len(f.lists)}
	if d.Leaf != "" {
		sum, err := hex.DecodeString(d.Leaf)
		if err != nil || len(sum) != len(Hash{}) {
			return errors.New("what stands for the erased row is not a hash")
		}
		p.leaf = (*Hash)(sum)
	}
	f.persons = append(f.persons, p)
	for _, key := range d.keys() {
		if key.seq >= e.Seq {
			return fmt.Errorf("it erases a text of event %d, which is not before it", key.seq)
		}
		if i := f.erased[key]; i != 0 {
			f.names[i] = d.Name
		}
	}
	return nil
}

// accountOf is the account that an event names; ok is false when it names none.
func (f *Fold) accountOf(e *Event, beside []Text) (a account, ok bool) {
	if e.Texts[TextAccount] == "" {
		return a, false
	}
	a.lists = uint32(len(f.lists))
	if name := plain(beside, TextAccount); name != "" {
		a.name = f.add(name)
		return a, true
	}
	a.erased = uint32(len(f.names))
	f.names = append(f.names, "")
	f.erased[textKey{e.Seq, TextAccount}] = a.erased
	return a, true
}

// nameAt is what an account is called when there are so many lists of people.
func (f *Fold) nameAt(a account, lists int) string {
	name := f.get(a.name)
	if a.erased != 0 {
		name = f.names[a.erased]
	}
	return f.renames.at(name, int(a.lists), lists)
}

func (a account) there() bool { return a.name != 0 || a.erased != 0 }

// plain is a text beside an event.
func plain(beside []Text, field string) string {
	for _, t := range beside {
		if t.Field == field {
			return t.Text
		}
	}
	return ""
}

// tokenEvent applies an event about one token: its After is what the token is from
// now on.
func (f *Fold) tokenEvent(e *Event, beside []Text) error {
	f.counted(e)
	d, key := e.Token, token.Serial(e.Object.ID).Key()
	if d.After != nil {
		f.places[d.After.Location] = true
	}
	mine := f.span.has(key)
	var a account
	if gives := e.Outcome == Done && (e.To.HasAccount() || d.Opened != nil); gives && (mine || f.held != nil) {
		var named bool
		if a, named = f.accountOf(e, beside); named && f.held != nil {
			f.held(a)
		}
	}
	if !mine {
		return nil
	}
	t := f.token(key)
	if t == nil {
		t = f.make(key, token.InStock)
	}
	c := change{serial: key, known: t.since != 0, was: f.shown(t)}
	last := t.last
	t.last = e.Seq
	if e.Last != last && !f.part {
		return fmt.Errorf("it follows event %d about token %s, where event %d was the last: what it began with is not what that one left", e.Last, e.Object.ID, last)
	}
	if err := f.mayFollow(e, c.was, c.known); err != nil {
		return err
	}
	if d.After != nil {
		f.put(t, *d.After)
	}
	if e.Outcome == Done {
		t.state, t.account = f.add(string(e.To)), account{}
		if e.To.HasAccount() {
			t.account = a
		}
		if d.Observation != nil {
			f.observe(t, *d.Observation)
			c.others = append(c.others, AspectClock)
		}
		if d.Opened != nil {
			f.opened(e, t, a, beside)
			c.others = append(c.others, AspectBinding)
		}
		if d.Closed != nil {
			c.others = append(c.others, AspectBinding)
			condition := plain(beside, TextCondition)
			if condition != "" {
				c.others = append(c.others, AspectCondition)
			}
			if err := f.closed(t, *d.Closed, e, condition); err != nil {
				return err
			}
		}
	}
	f.tell(c, t)
	return nil
}

// shown is a standing with the account as the last event named it.
func (f *Fold) shown(t *keptToken) token.Standing {
	s := f.standing(t)
	s.Account = token.Account(f.get(t.account.name))
	return s
}

// tell tells anyone who wants to know what changed; t is nil for a token of which
// nothing but its facts changed.
func (f *Fold) tell(c change, t *keptToken) {
	if f.changed == nil {
		return
	}
	if t != nil {
		c.is = f.shown(t)
	}
	f.changed(c)
}

// mayFollow holds an event about a token against the one before: it begins at the
// state, place and watermark where that one ended.
func (f *Fold) mayFollow(e *Event, was token.Standing, known bool) error {
	d, serial := e.Token, e.Object.ID
	tried := d.Codes > 0 // codes of it were compared; those of a refused file may be used up
	switch {
	case f.part:
		return nil
	case e.From != was.State:
		return fmt.Errorf("token %s was %s before it, not %s", serial, was.State, e.From)
	case e.Outcome == Done && d.After == nil:
		return fmt.Errorf("it does not say what token %s is from then on", serial)
	case e.Command == token.CmdMove && d.MovedFrom == nil:
		return fmt.Errorf("it does not say from where token %s was moved", serial)
	case e.Command == token.CmdMove && e.From != e.To:
		return fmt.Errorf("a move of token %s from place to place changed its state", serial)
	case e.Command == token.CmdMove && known && *d.MovedFrom != was.Location:
		return fmt.Errorf("token %s was at %q before it, not at %q", serial, was.Location, *d.MovedFrom)
	case d.After == nil:
		return nil
	case was.Watermark.Known && (!d.After.Watermark.Known || d.After.Watermark.Step < was.Watermark.Step):
		return fmt.Errorf("the watermark of token %s falls: a code that was used would count again", serial)
	case d.After.Failures > was.Failures+1:
		return fmt.Errorf("the failures of token %s rise from %d to %d at once", serial, was.Failures, d.After.Failures)
	case d.After.Failures > was.Failures && e.Outcome == Done, d.After.Failures < was.Failures && !(tried && e.Outcome == Done || e.Command == token.CmdUnlock):
		return fmt.Errorf("the failures of token %s go from %d to %d, which a %s does not do", serial, was.Failures, d.After.Failures, e.Command)
	case d.After.Watermark != was.Watermark && !tried:
		return fmt.Errorf("the watermark of token %s changes, and no code of it was compared", serial)
	case was.Issued && !d.After.Issued:
		return fmt.Errorf("token %s was given out before, and then it was not", serial)
	case d.After.Marks.With(was.Marks) != d.After.Marks:
		return fmt.Errorf("token %s was stolen, or its seed leaked, and then it was not", serial)
	case d.After.Leaked && e.To != token.Quarantined && e.To != token.Lost && e.To != token.Retired:
		return fmt.Errorf("others may know the seed of token %s, and it is %s", serial, e.To)
	case e.Command == token.CmdRelease && was.WasStolen && (e.Texts[TextApprover] == "" || e.Texts[TextReason] == ""):
		return fmt.Errorf("token %s was stolen, and came back without a second person and a reason", serial)
	case d.After.Loss.Stolen && !d.After.WasStolen:
		return fmt.Errorf("token %s is lost by theft, and was not stolen", serial)
	case was.SeedDestroyed && !d.After.SeedDestroyed:
		return fmt.Errorf("the seed of token %s was destroyed before, and is there again", serial)
	}
	return nil
}

func (f *Fold) opened(e *Event, t *keptToken, a account, beside []Text) {
	t.open = f.bindings.add(keptBinding{id: *e.Token.Opened, account: a, opened: e.Time.UnixNano(),
		kind: f.add(string(e.Operator.Kind)), by: f.add(e.Operator.ID), name: f.add(e.Operator.Name), codes: int32(e.Token.Codes),
		proof: f.add(plain(beside, TextProof)), ticket: f.add(plain(beside, TextTicket)), approver: f.add(plain(beside, TextApprover)),
		token: t.serial, before: t.bound})
	t.bound = t.open
}

func (f *Fold) closed(t *keptToken, id uuid.UUID, e *Event, condition string) error {
	if t.open == 0 || f.bindings.at(t.open).id != id {
		t.open = 0
		if f.part {
			return nil
		}
		return fmt.Errorf("it ends a binding of token %s that was not open", f.get(t.serial))
	}
	b := f.bindings.at(t.open)
	b.closed, b.condition, t.open = e.Time.UnixNano(), f.add(condition), 0
	if condition != "" {
		t.condition = b.condition
	}
	return nil
}

// binding is a kept binding as tables have it, its account as it is called when
// there are so many lists of people.
func (f *Fold) binding(b *keptBinding, lists int) BindingRow {
	return BindingRow{UUID: b.id.String(), Serial: token.Serial(f.get(b.token)), Account: f.nameAt(b.account, lists),
		Opened: fromNanos(b.opened), Closed: fromNanos(b.closed),
		By:    token.Operator{Kind: token.OperatorKind(f.get(b.kind)), ID: f.get(b.by), Name: f.get(b.name)},
		Proof: f.get(b.proof), Ticket: f.get(b.ticket), Approver: f.get(b.approver), Codes: int(b.codes), Condition: f.get(b.condition)}
}

// imported takes a new batch, and the tokens that were exchanged for some of it.
func (f *Fold) imported(e *Event) error {
	b := &batch{BatchRow: BatchRow{UUID: e.Object.ID, At: e.Time.UTC(), By: e.Operator}}
	if err := e.decode(&b.ImportDetail); err != nil {
		return err
	}
	if virtual := e.Command == token.CmdVirtual; virtual != (b.Format == token.VirtualFormat) || virtual && b.New != 1 {
		return fmt.Errorf("the command %q brings %d tokens in the format %s", e.Command, b.New, b.Format)
	}
	if f.batches[b.UUID] != nil {
		return fmt.Errorf("batch %s is imported twice", b.UUID)
	}
	var unknown error
	f.places[b.Location] = true
	for _, r := range b.Replaced {
		f.places[r.Location] = true
		if old := f.batchOf(r.Old.ID); old != nil {
			old.removed = append(old.removed, r.Old)
		} else if !f.part {
			unknown = fmt.Errorf("it replaces token %s (id %d), which no import before it brought", r.Old.Serial, r.Old.ID)
		}
		if key := r.New.Serial.Key(); f.span.has(key) {
			if t := f.token(key); t != nil && !f.standing(t).Untouched() && !f.part {
				return fmt.Errorf("token %s was given out or tried before, and is replaced", r.Old.Serial)
			}
			t := f.make(key, token.InStock)
			f.put(t, token.Standing{Since: b.At, Location: r.Location})
			f.tell(change{serial: key, others: everything}, t)
		}
	}
	for _, r := range b.Reburnt {
		if err := f.reburnt(e, b, r); err != nil {
			return err
		}
	}
	f.batches[b.UUID] = b
	i, _ := slices.BinarySearchFunc(f.inOrder, b.LastID, func(b *batch, id int64) int { return cmp.Compare(b.LastID, id) })
	f.inOrder = slices.Insert(f.inOrder, i, b)
	return unknown
}

// batchOf finds the batch that a token's id belongs to. An empty batch has none.
func (f *Fold) batchOf(id int64) *batch {
	i, _ := slices.BinarySearchFunc(f.inOrder, id, func(b *batch, id int64) int { return cmp.Compare(b.LastID, id) })
	if i == len(f.inOrder) || f.inOrder[i].FirstID > id {
		return nil
	}
	return f.inOrder[i]
}

func (f *Fold) batchNamed(e *Event) (*batch, error) {
	b := f.batches[e.Object.ID]
	if b == nil && f.part {
		b = &batch{}
	}
	if b == nil {
		return nil, fmt.Errorf("batch %s was not imported before it", e.Object.ID)
	}
	return b, nil
}

// swept applies a slice of the quarantine or release of a batch.
func (f *Fold) swept(e *Event) error {
	var d SweepDetail
	b, err := f.batchNamed(e)
	if err == nil {
		err = e.decode(&d)
	}
	if err != nil {
		return err
	}
	b.Quarantined = d.Quarantined
	if d.Any() && e.Command != token.CmdBatchQuarantine || len(d.Stayed) > 0 && !d.Any() {
		return errors.New("it marks tokens and is no quarantine, or is one that marks none of those that stay")
	}
	for _, serial := range d.Stayed {
		if f.span.has(serial.Key()) {
			if err := f.markedInPlace(e, serial, d.Marks); err != nil {
				return err
			}
		}
	}
	for _, m := range d.Moved {
		if _, err := token.Move(m.From, e.Command, e.To); err != nil {
			return err
		}
		if len(m.Closed) != 0 && len(m.Closed) != len(m.Serials) {
			return fmt.Errorf("it ends %d bindings of %d tokens", len(m.Closed), len(m.Serials))
		}
		for i, serial := range m.Serials {
			key := serial.Key()
			if !f.span.has(key) {
				continue
			}
			t := f.token(key)
			if t == nil {
				t = f.make(key, token.InStock)
				f.put(t, token.Standing{Since: b.At, Location: b.Location})
			}
			c := change{serial: key, known: t.since != 0, was: f.shown(t)}
			if c.was.State != m.From && !f.part {
				return fmt.Errorf("token %s was %s before it, not %s", serial, c.was.State, m.From)
			}
			if e.To == token.InStock && c.was.Marks.Any() && !f.part {
				return fmt.Errorf("token %s came back into stock though its seed leaked or it was stolen", serial)
			}
			t.state, t.account, t.since, t.last = f.add(string(e.To)), account{}, nanos(d.Since), e.Seq
			t.marks = t.marks.With(d.Marks)
			if len(m.Closed) > 0 {
				c.others = []Aspect{AspectBinding}
				if err := f.closed(t, m.Closed[i], e, ""); err != nil {
					return err
				}
			}
			f.tell(c, t)
		}
	}
	return nil
}

// markedInPlace marks a token that a quarantine of its batch found quarantined or lost.
func (f *Fold) markedInPlace(e *Event, serial token.Serial, m token.Marks) error {
	t := f.token(serial.Key())
	if t == nil {
		if !f.part {
			return fmt.Errorf("it marks token %s, of which nothing was said before", serial)
		}
		t = f.make(serial.Key(), token.Quarantined)
	}
	c := change{serial: serial.Key(), known: t.since != 0, was: f.shown(t)}
	if s := c.was.State; s != token.Quarantined && s != token.Lost && !f.part {
		return fmt.Errorf("it marks token %s where it is, and that was %s", serial, s)
	}
	t.marks, t.last = t.marks.With(m), e.Seq
	f.tell(c, t)
	return nil
}

// withdrawn applies a slice of the undoing of an import.
func (f *Fold) withdrawn(e *Event) error {
	var d WithdrawDetail
	b, err := f.batchNamed(e)
	if err == nil {
		err = e.decode(&d)
	}
	if err != nil {
		return err
	}
	if b.carried == nil {
		b.carried = newContents(b)
	}
	b.Withdrawn = d.Withdrawn
	for _, c := range d.Tokens {
		f.tell(change{serial: c.Serial.Key(), others: []Aspect{AspectOrigin}}, nil)
		if t := f.token(c.Serial.Key()); t != nil {
			if !f.standing(t).Untouched() && !f.part {
				return fmt.Errorf("token %s was given out or tried before, and is withdrawn", c.Serial)
			}
			*t = keptToken{serial: t.serial} // absent
		}
		b.carried.add(c)
	}
	return nil
}

// corrected applies a slice of the correction of a batch's parameters. Which tokens
// the serials are is told by their ids, and the serials of ids by the import.
func (f *Fold) corrected(e *Event) error {
	var d CorrectDetail
	b, err := f.batchNamed(e)
	if err == nil {
		err = e.decode(&d)
	}
	if err != nil {
		return err
	}
	for _, s := range d.Spans {
		for _, serial := range s.Serials {
			f.tell(change{serial: serial.Key(), others: []Aspect{AspectOrigin}}, nil)
		}
		if f.part {
			continue
		}
		switch n := int64(len(s.Serials)); {
		case n == 0 || s.FirstID < b.FirstID || s.FirstID+n-1 > b.LastID:
			return errors.New("it corrects tokens that are not of its batch")
		case s.NewCounter != nil && int64(len(s.OldCounters)) != n:
			return errors.New("it does not say which counters it corrects")
		}
		b.corrections.add(s)
	}
	return nil
}
