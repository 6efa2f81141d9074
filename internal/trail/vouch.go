package trail

import (
	"iter"
	"maps"
	"slices"

	"fob/internal/fault"
	"fob/internal/token"
)

// A command acts only on what the trail vouches for: a row that was changed past fob
// must not become true by the next honest event. So before a command acts on a token,
// a batch or the policy, what the tables hold of it is held against the events about
// it, in the command's own transaction.

// Evidence is some events, in their order, each with the hash of the event before it.
type Evidence struct {
	Events []Stored
	Before []Hash
}

// Tokens are the keys of the serials of tokens that some events are about.
func (e Evidence) Tokens() ([]string, error) {
	keys := map[string]bool{}
	var r Report
	e.each(&r, func(x *examined) error {
		if x.event.Object.Kind == KindToken {
			keys[token.Serial(x.event.Object.ID).Key()] = true
		}
		return nil
	})
	return slices.Sorted(maps.Keys(keys)), r.refusal()
}

// Claim is what the tables hold of some tokens, with the events about them, about
// their batches' imports, and about the erasure of what accounts these name.
type Claim struct {
	Evidence
	Lists    []int64 // the events by which lists of people were taken in
	Renames  Renames
	Tokens   []TokenRow
	Bindings iter.Seq2[BindingRow, error]
	Last     bool // no event will follow: what the next one needs to know is not told
}

// Vouched is what the next event about a token needs to know of it.
type Vouched struct {
	Last   int64  // the last event about it since its import; 0: it is as its import left it
	Facts  string // digest
	Drifts Drifts
}

// Before has the next event about a token say what has to be known of it.
func (v Vouched) Before(e *Event) error {
	d, err := e.tokenDetail()
	if err != nil {
		return err
	}
	if e.Outcome == Done && d.Observation != nil {
		v.Drifts = v.Drifts.With(*d.Observation)
	}
	e.Last, e.Facts, e.Drifts = v.Last, v.Facts, v.Drifts.String()
	return nil
}

// VouchedBy is what the event after this one needs to know.
func VouchedBy(e *Event) Vouched { return Vouched{e.Seq, e.Facts, parseDrifts(e.Drifts)} }

// each calls do for every event. One that is not what was hashed is a problem.
func (e Evidence) each(r *Report, do func(x *examined) error) {
	for i, s := range e.Events {
		x := examine(link{s, e.Before[i]})
		x.event.Request = 0 // which requests there were is for verification
		switch {
		case x.follows != x.hash:
			r.Problemf("event %d was changed", s.Seq)
		case x.unread != nil:
			r.Problemf("%v", x.unread)
		case len(x.unproved) > 0:
			r.Problemf("event %d: the text %q was changed", s.Seq, x.unproved[0])
		default:
			if err := do(&x); err != nil {
				r.Problemf("%v", err)
			}
		}
	}
}

// Vouch holds tokens with their bindings and measured drifts against the events about
// them. Of a token without events nothing may be otherwise than its import left it;
// its facts are hashed with those of the whole batch, which only a verification looks
// at. The error is of kind Integrity where something differs.
func Vouch(c Claim) (map[string]Vouched, error) {
	f := newFold(span{}, c.Renames)
	if f.part = true; len(c.Tokens) == 1 {
		f.span = spanOf(c.Tokens[0].SerialKey)
	}
	v := &verification{fold: f, earlier: map[string]bool{}}
	facts := newFactsTold(c.Tokens)
	all, bindings := map[string]Vouched{}, map[string]int{}
	c.each(&v.Report, func(x *examined) error {
		before, _ := slices.BinarySearch(c.Lists, x.seq)
		f.lists = make([]ListRow, before)
		if trace, err := x.event.trace(); err == nil && trace == BindingTrace {
			bindings[token.Serial(x.event.Object.ID).Key()]++
		}
		if err := facts.take(&x.event); err != nil {
			return err
		}
		return f.apply(&x.event, x.beside)
	})
	f.lists = make([]ListRow, len(c.Lists))
	for t := range f.tokens.each() {
		if t.state != 0 {
			all[f.get(t.serial)] = Vouched{Last: t.last, Drifts: t.drifts}
		}
	}
	for key, n := range bindings {
		v.earlier[key] = n >= MostRead
	}
	told := map[string]Vouched{}
	for _, row := range c.Tokens {
		b := f.batches[row.Batch]
		if b == nil {
			v.Problemf("token %s: the trail has no import of its batch", row.Serial)
		} else if row.ID < b.FirstID || row.ID > b.LastID {
			v.Problemf("token %s: its id is not one of its batch", row.Serial)
		}
		v.compareToken(row, b)
		facts.compare(&v.Report, row)
		if !c.Last {
			one := all[row.SerialKey]
			one.Facts = FactsDigest(&row.Facts)
			told[row.SerialKey] = one
		}
	}
	if err := v.compareBindings(&v.Report, c.Bindings); err != nil {
		return nil, err
	}
	return told, v.refusal()
}

// VouchBatch holds a batch against the event of its import, and the newest that
// changed it as a whole.
func VouchBatch(e Evidence, row BatchRow) error {
	f := newFold(span{"\x00", "\x00"}, Renames{})
	f.part = true
	v := &verification{fold: f}
	e.each(&v.Report, func(x *examined) error { return f.apply(&x.event, x.beside) })
	v.compareBatch(row)
	return v.refusal()
}

// VouchPolicy holds the settings against the events that made them.
func VouchPolicy(e Evidence, set map[string]string) error {
	f := newFold(span{}, Renames{})
	v := &verification{fold: f}
	e.each(&v.Report, func(x *examined) error { return f.apply(&x.event, x.beside) })
	v.compareSettings(set)
	return v.refusal()
}

// VouchPeople holds the accounts against the newest list of people, and the erasures
// since.
func VouchPeople(e Evidence, rows iter.Seq2[AccountRow, error]) error {
	f := newFold(span{"\x00", "\x00"}, Renames{})
	f.part = true
	v := &verification{fold: f}
	e.each(&v.Report, func(x *examined) error { return f.apply(&x.event, x.beside) })
	p := v.peopleNow()
	for row, err := range rows {
		if err != nil {
			return err
		}
		p.add(row)
	}
	p.compare()
	return v.refusal()
}

// refusal is the first problem as an error; nil when there is none.
func (r Report) refusal() error {
	if r.OK() {
		return nil
	}
	return Tampered("%s", r.Problems[0])
}

// Tampered is the error of a command that met something which the trail does not
// vouch for.
func Tampered(format string, args ...any) error {
	return fault.Errorf(fault.Integrity, format, args...).
		WithHint("the database was changed past fob; nothing was done. Keep a copy of it as evidence; %s tells what else differs", fault.Do("audit verify"))
}

// factsTold is what events say of the facts of some tokens: the digest in the newest
// that has one, and the corrections since.
type factsTold struct {
	digests     map[string]string
	corrections map[string]corrections
}

func newFactsTold(tokens []TokenRow) factsTold {
	t := factsTold{map[string]string{}, map[string]corrections{}}
	for _, row := range tokens {
		t.digests[row.SerialKey] = ""
	}
	return t
}

func (t factsTold) set(key, digest string) {
	if _, asked := t.digests[key]; asked {
		t.digests[key] = digest
		delete(t.corrections, key)
	}
}

func (t factsTold) take(e *Event) error {
	switch e.Command {
	case token.CmdImport:
		var d ImportDetail
		if err := e.decode(&d); err != nil {
			return err
		}
		for _, r := range d.Replaced {
			t.set(r.New.Serial.Key(), FactsDigest(&r.New))
		}
		for _, r := range d.Reburnt {
			facts := r.renamed()
			t.set(r.New.Serial.Key(), FactsDigest(&r.New))
			t.set(r.Former.Key(), FactsDigest(&facts))
		}
	case token.CmdBatchWithdraw:
		serials, err := e.Serials()
		for _, s := range serials {
			t.set(s.Key(), "")
		}
		return err
	case token.CmdBatchCorrect:
		var d CorrectDetail
		if err := e.decode(&d); err != nil {
			return err
		}
		for _, s := range d.Spans {
			t.correct(s)
		}
	default:
		if e.Facts != "" {
			t.set(token.Serial(e.Object.ID).Key(), e.Facts)
		}
	}
	return nil
}

func (t factsTold) correct(s Span) {
	for i, serial := range s.Serials {
		key := serial.Key()
		if _, asked := t.digests[key]; !asked {
			continue
		}
		one := Span{FirstID: s.FirstID + int64(i), Serials: s.Serials[i : i+1], Old: s.Old, New: s.New, NewCounter: s.NewCounter}
		if i < len(s.OldCounters) {
			one.OldCounters = s.OldCounters[i : i+1]
		}
		all := t.corrections[key]
		all.add(one)
		t.corrections[key] = all
	}
}

func (t factsTold) compare(r *Report, row TokenRow) {
	facts := row.Facts
	t.corrections[row.SerialKey].undo(&facts)
	if told := t.digests[row.SerialKey]; told != "" && told != FactsDigest(&facts) {
		r.Problemf("token %s: its serial, fingerprint or parameters are not what they were at the last event about it", row.Serial)
	}
}
