package export

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// comparedWith begins what Selected says of the baseline.
const comparedWith = ", compared with "

// comparison walks two inventories side by side, in the order of serials, and holds
// one row of each. A token is told of when the filter selects it as it is or as it
// was: so what left the selection is a change, not a loss.
type comparison struct {
	*Baseline
	now    Reader
	e      Export
	causes *trail.Causes // nil: the trail is not known from where the baseline ends

	before, after []sheet.Value
	line          []byte // canonical, of the token as it is
	sum           Changed
	hash          rowsHash
	values        []sheet.Value // of a change
	spelt         []byte
}

// newComparison compares what a reader gives with the baseline of an export. It
// reads the trail from where the baseline ends, which must be the same trail.
func newComparison(now Reader, e Export) (*comparison, error) {
	c := &comparison{Baseline: e.Compare, now: now, e: e, sum: Changed{Columns: map[string]int{}}, hash: newRowsHash(io.Discard), values: make([]sheet.Value, len(changeColumns))}
	c.before, c.after = make([]sheet.Value, len(c.columns)), make([]sheet.Value, len(c.columns))
	c.spelt = sheet.AppendHeader(nil, sheet.Heads(changeColumns))
	_, _ = c.hash.Write(c.spelt) // a hash never fails
	if c.since < 0 {
		return c, nil
	}
	head, err := now.Head()
	if err != nil {
		return nil, err
	}
	if head.Seq < c.since {
		return nil, fault.Errorf(fault.Refused, "%s knows %d events, and the trail that it is compared with %d: it is the later of the two, or the store was put back", c.Words, c.since, head.Seq).
			WithHint("compare the later with the earlier one")
	}
	c.causes, err = trail.CausesOf(c.stretch(now.Events(report.EventFilter{Limit: int(head.Seq-c.since) + 1})))
	return c, err
}

// stretch is the trail behind the last event that the baseline knows, which must
// have the hash that it says.
func (c *comparison) stretch(events iter.Seq2[trail.Stored, error]) iter.Seq2[trail.Stored, error] {
	return func(yield func(trail.Stored, error) bool) {
		for stored, err := range events {
			switch {
			case err == nil && stored.Seq < c.since:
			case err == nil && stored.Seq == c.since && c.head != "" && stored.Hash.String() != c.head:
				yield(trail.Stored{}, fault.Errorf(fault.Integrity, "the trail of this store does not go on from %s: event %d has another hash there", c.Words, c.since).
					WithHint("%s with a checkpoint tells more", fault.Do("audit verify")))
				return
			case err == nil && stored.Seq == c.since:
			case !yield(stored, err) || err != nil:
				return
			}
		}
	}
}

// rows streams the changes.
func (c *comparison) rows(yield func(Change, error) bool) {
	old, stop := iter.Pull2(trail.Ahead(c.Baseline.rows))
	defer stop()
	last := errs{yield: yield}
	next := func() (w was, there bool) {
		w, err, there := old()
		return w, there && !last.is(err)
	}
	w, there := next()
	for t, err := range trail.Ahead(c.now.Tokens(report.Filter{})) {
		if last.is(err) {
			return
		}
		key := t.Serial.Key()
		for ; there && w.key < key; w, there = next() {
			if !c.tell(&w, nil, &last) {
				return
			}
		}
		if last.ended {
			return
		}
		if !there || w.key != key {
			if !c.tell(nil, &t, &last) {
				return
			}
			continue
		}
		if !c.tell(&w, &t, &last) {
			return
		}
		w, there = next()
	}
	for ; there; w, there = next() {
		if !c.tell(&w, nil, &last) {
			return
		}
	}
}

// errs hands on changes until somebody has enough or an error comes.
type errs struct {
	yield func(Change, error) bool
	ended bool
}

func (e *errs) is(err error) bool {
	if err != nil && !e.ended {
		e.ended = true
		e.yield(Change{}, err)
	}
	return e.ended
}

// tell returns the changes of one token; false: no more are wanted.
func (c *comparison) tell(w *was, t *report.Token, to *errs) bool {
	changes, err := c.between(w, t)
	if to.is(err) {
		return false
	}
	for i := range changes {
		c.count(&changes[i])
		if !to.yield(changes[i], nil) {
			to.ended = true
			return false
		}
	}
	return !to.ended
}

func (c *comparison) count(x *Change) {
	c.sum.Rows++
	if x.Change == Altered {
		c.sum.Columns[x.Column]++
	}
	for i := range changeColumns {
		c.values[i] = changeColumns[i].Of(x)
	}
	c.spelt = sheet.AppendLine(c.spelt[:0], c.values)
	_, _ = c.hash.Write(c.spelt)
}

// between lists what differs of one token; nil stands for one that was not there,
// or is not.
func (c *comparison) between(w *was, t *report.Token) ([]Change, error) {
	batchID := ""
	if t != nil {
		shown := *t
		c.e.hide(&shown)
		c.fill(c.after, &shown)
		batchID = t.BatchID
		if w != nil && w.line != nil {
			if c.line = sheet.AppendLine(c.line[:0], c.after); bytes.Equal(c.line, w.line) {
				return nil, nil
			}
		}
	}
	wasSelected := false
	if w != nil {
		var err error
		if wasSelected, err = c.asItWas(w); err != nil {
			return nil, err
		}
	}
	if !wasSelected && (t == nil || !c.e.Filter.Selects(t)) {
		return nil, nil
	}
	switch {
	case w == nil:
		c.sum.Added++
		return []Change{c.came(Added, t.Serial, batchID)}, nil
	case t == nil:
		c.sum.Removed++
		return []Change{c.came(Removed, token.Serial(c.of(c.before, "serial").Text), "")}, nil
	}
	if err := c.sameKey(t); err != nil {
		return nil, err
	}
	return c.altered(t), nil
}

func (c *comparison) fill(values []sheet.Value, t *report.Token) {
	for i := range c.columns {
		values[i] = c.columns[i].Of(t)
	}
}

// asItWas fills in the values of before, and reports whether the filter selected it.
func (c *comparison) asItWas(w *was) (selected bool, err error) {
	f := c.e.Filter
	if w.line == nil {
		selected = f.Selects(&w.token)
		c.e.hide(&w.token)
		c.fill(c.before, &w.token)
		return selected, nil
	}
	fields, err := sheet.SplitLine(w.line)
	if err != nil {
		return false, err
	}
	for i, field := range fields {
		c.before[i] = sheet.ParseCSV(string(field), c.columns[i].Kind)
	}
	if c.hidden {
		f.Account = c.e.pseudonym(f.Account)
	}
	told := c.told()
	selected = f.Selects(&told)
	if c.e.Pseudonyms != nil && !c.hidden {
		c.hideBefore()
	}
	return selected, nil
}

// told is the row of before as a token, with what a filter asks for.
func (c *comparison) told() report.Token {
	at := func(name string) sheet.Value { return c.of(c.before, name) }
	t := report.Token{Serial: token.Serial(at("serial").Text), State: token.State(at("state").Text), Account: at("account").Plain(),
		Batch: int(at("batch").Int), Location: at("location").Plain(), Manufacturer: at("manufacturer").Text, Model: at("model").Text,
		Type: token.Type(at("type").Text)}
	if v := at("locked_until"); v.Kind == sheet.Time {
		t.LockedUntil = &v.Time
	}
	if v := at("not_after"); v.Kind == sheet.Time {
		t.NotAfter = &v.Time
	}
	return t
}

// hideBefore puts pseudonyms into a row of a file that has none.
func (c *comparison) hideBefore() {
	t := report.Token{Account: c.of(c.before, "account").Plain(), BoundProof: c.of(c.before, "bound_proof").Plain(), Condition: c.of(c.before, "condition").Plain()}
	c.e.hide(&t)
	for i := range c.columns {
		switch c.columns[i].Name {
		case "account", "bound_proof", "condition":
			c.before[i] = c.columns[i].Of(&t)
		}
	}
}

// of is a value by the name of its column; nothing where the baseline has no such
// column.
func (c *comparison) of(values []sheet.Value, name string) sheet.Value {
	for i := range c.columns {
		if c.columns[i].Name == name {
			return values[i]
		}
	}
	return sheet.Value{}
}

// sameKey refuses pseudonyms of another key: one binding has one account, unless
// that was erased since.
func (c *comparison) sameKey(t *report.Token) error {
	if !c.hidden {
		return nil
	}
	bound, account := c.of(c.before, "binding"), c.of(c.before, "account")
	if bound.Kind == sheet.Empty || !bound.Same(c.of(c.after, "binding")) || account.Same(c.of(c.after, "account")) ||
		t.Account == nil || strings.HasPrefix(*t.Account, "erased-") {
		return nil
	}
	return fault.Errorf(fault.KeyTrouble, "the pseudonyms of %s were made with another key", c.Words).
		WithHint("%s names the key that it was made with", fault.PseudonymKey)
}

// came tells of a token that came or went: of its state.
func (c *comparison) came(kind ChangeKind, serial token.Serial, batch string) Change {
	x := Change{Serial: serial, Change: kind, Column: "state", before: c.of(c.before, "state"), after: c.of(c.after, "state")}
	values := c.after
	if kind == Added {
		x.before = sheet.Value{}
	} else {
		x.after, values = sheet.Value{}, c.before
	}
	x.Batch = int(c.of(values, "batch").Int)
	if c.causes == nil {
		return x.spelt()
	}
	if by, ok := c.causes.Imported(batch); ok {
		x.madeBy(by)
	} else if by, ok := c.causes.Of(serial, trail.AspectOrigin); ok {
		x.madeBy(by)
	}
	return x.spelt()
}

// altered lists the columns that differ.
func (c *comparison) altered(t *report.Token) (all []Change) {
	for i := range c.columns {
		if c.before[i].Same(c.after[i]) {
			continue
		}
		x := Change{Serial: t.Serial, Batch: t.Batch, Change: Altered, Column: c.columns[i].Name, before: c.before[i], after: c.after[i]}
		if by, ok := c.cause(t, x.Column); ok {
			x.madeBy(by)
		}
		all = append(all, x.spelt())
	}
	if len(all) > 0 {
		c.sum.Changed++
	}
	return all
}

// cause is the newest event that changed what a column shows.
func (c *comparison) cause(t *report.Token, column string) (newest trail.Cause, ok bool) {
	if c.causes == nil {
		return newest, false
	}
	for _, aspect := range aspectsOf(t, column) {
		if by, made := c.causes.Of(t.Serial, aspect); made && by.Seq > newest.Seq {
			newest, ok = by, true
		}
	}
	if by, made := c.causes.Ordered(t.BatchID); made && ofDelivery[column] {
		newest, ok = by, true
	}
	if by, made := c.causes.Imported(t.BatchID); made && by.Seq > newest.Seq {
		return by, true // what happened to a token of that serial before was to another
	}
	return newest, ok
}

func (x *Change) madeBy(by trail.Cause) {
	x.Event, x.At, x.Operator, x.Command = &by.Seq, &by.At, report.NonZero(by.Operator), report.NonZero(string(by.Command))
}

func (x Change) spelt() Change {
	x.Before, x.After = x.before.Plain(), x.after.Plain()
	return x
}

// changed is what the rows came to, once all were read.
func (c *comparison) changed() *Changed {
	sum := c.sum
	sum.SHA256 = c.hash.sum()
	return &sum
}

// telling are the columns that a person asks for first. The others follow from them
// or are counted together.
var telling = []string{"state", "account", "location", "batch", "manufacturer", "model", "type", "digits", "period", "not_after",
	"seed_present", "locked_until"}

// String is the count in words: 3 added, 12 changed (8 state, 4 location), 0 removed.
func (c Changed) String() string {
	var parts []string
	for _, name := range telling {
		if n := c.Columns[name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, name))
		}
	}
	others := 0
	for name := range maps.Keys(c.Columns) {
		if !slices.Contains(telling, name) {
			others++
		}
	}
	switch {
	case others == 1:
		parts = append(parts, "1 other column")
	case others > 1:
		parts = append(parts, fmt.Sprintf("%d other columns", others))
	}
	detail := ""
	if len(parts) > 0 {
		detail = " (" + strings.Join(parts, ", ") + ")"
	}
	return fmt.Sprintf("%d added, %d changed%s, %d removed", c.Added, c.Changed, detail, c.Removed)
}
