package trail

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"fob/internal/token"
)

// What the tables hold against what the trail says that they must.

// now stands for all lists of people that there are.
const now = math.MaxInt

// differs reports a value that is not the trail's.
func differs[T comparable](r *Report, what string, table, trail T) {
	if table != trail {
		r.Problemf("%s: the table says %v, the trail %v", what, table, trail)
	}
}

// personal are the fields of rows that people wrote about people: of one that differs
// no more is said than that.
var personal = []string{"Account", "Proof", "Ticket", "Approver", "Condition"}

// differences reports the fields in which a row is not what the trail says.
func differences(r *Report, what string, table, trail any) {
	a, b := reflect.ValueOf(table), reflect.ValueOf(trail)
	for i := range a.NumField() {
		field, x, y := a.Type().Field(i), a.Field(i), b.Field(i)
		name := what + ", " + strings.ToLower(capitals.ReplaceAllString(field.Name, "$1 $2"))
		switch {
		case reflect.DeepEqual(x.Interface(), y.Interface()):
		case field.Anonymous:
			differences(r, what, x.Interface(), y.Interface())
		case x.Kind() == reflect.Slice || slices.Contains(personal, field.Name):
			r.Problemf("%s: not what the trail says", name)
		default:
			r.Problemf("%s: the table says %v, the trail %v", name, shown(x.Interface()), shown(y.Interface()))
		}
	}
}

var capitals = regexp.MustCompile(`([a-z])([A-Z])`)

func shown(v any) any {
	if t, ok := v.(time.Time); ok {
		return stamp(t)
	}
	return v
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// compare compares the tokens of the fold's span, on one core, with their bindings, on
// another, and everything else once.
func (v *verification) compare(t Tables) error {
	checks := []func(Tables) error{v.compareAbout, v.compareLocations, v.compareErased, v.compareLists, v.compareStore, v.compareBatches, v.compareAccounts, v.comparePolicy, v.compareDeliveries, v.compareVerifiers, v.compareRequests, v.compareRefusals}
	if v.again {
		checks = nil
	}
	for _, check := range checks {
		if err := check(t); err != nil {
			return err
		}
	}
	var bindings Report
	var group errgroup.Group
	group.Go(func() error { return v.compareTokens(t) })
	group.Go(func() error { return v.compareBindings(&bindings, t.BindingRows()) })
	err := group.Wait()
	for _, p := range bindings.Problems {
		v.Problemf("%s", p)
	}
	return err
}

// compareErased holds the rows that let the database erase a text against the
// events that did it.
func (v *verification) compareErased(t Tables) error {
	named := 0
	for row, err := range t.ErasedRows() {
		if err != nil {
			return err
		}
		if v.erased[textKey{row.Seq, row.Field}] != row.By {
			v.Problemf("the text %q of event %d is listed as erased by event %d, which does not say so", row.Field, row.Seq, row.By)
		}
		named++
	}
	if named < len(v.erased) {
		v.Problemf("of %d erased texts only %d are listed as such", len(v.erased), named)
	}
	return nil
}

func (v *verification) compareStore(t Tables) error {
	row, err := t.StoreRow()
	if err != nil {
		return err
	}
	f := v.fold
	if f.founded.IsZero() {
		v.Problemf("the trail does not begin with the making of the store")
		return nil
	}
	byRecipient := func(a, b CustodianRow) int { return strings.Compare(a.Recipient, b.Recipient) }
	slices.SortFunc(row.Custodians, byRecipient)
	keys := f.keys
	slices.SortFunc(keys.Custodians, byRecipient)
	differences(&v.Report, "store", row, StoreRow{Created: f.founded, CheckpointPub: f.init.CheckpointPub, Newest: f.newest, Restored: f.restored, KeysDetail: keys})
	return nil
}

func (v *verification) compareBatches(t Tables) error {
	for row, err := range t.BatchRows() {
		if err != nil {
			return err
		}
		v.compareBatch(row)
	}
	for _, b := range v.fold.inOrder {
		if !b.seen {
			v.Problemf("batch %d (%s) is gone, the trail has its import", b.Number, b.UUID)
		}
	}
	return nil
}

func (v *verification) compareBatch(row BatchRow) {
	b := v.fold.batches[row.UUID]
	if b == nil {
		v.Problemf("batch %d (%s): the trail has no import of it", row.Number, row.UUID)
		return
	}
	b.seen = true
	told := b.BatchRow
	told.ID, told.By, told.Contents, told.Replaced, told.Reburnt = row.ID, b.By.Brief(), "", nil, nil
	differences(&v.Report, "batch "+row.UUID, row, told)
}

// compareAbout holds the index of the trail against the events: by a sum of keyed
// hashes, which nobody can make meet.
func (v *verification) compareAbout(t Tables) error {
	sum, err := aboutSum(v.seed, t.AboutRows())
	if err == nil && sum != v.about {
		v.Problemf("the index of the trail does not say what its events are about: an entry was added, removed or changed")
	}
	return err
}

// compareLocations finds places that nothing ever named, and those that are open or
// closed otherwise than the trail says.
func (v *verification) compareLocations(t Tables) error {
	closed := 0
	for row, err := range t.LocationRows() {
		if err != nil {
			return err
		}
		if !v.fold.places[row.Name] {
			v.Problemf("place %q: no event names it", row.Name)
		}
		if !row.Closed.IsZero() {
			closed++
		}
		if told := v.fold.shut[row.Name]; !row.Closed.Equal(told) {
			v.Problemf("place %q, closed: the table says %s, the trail %s", row.Name, stamp(row.Closed), stamp(told))
		}
	}
	if closed < len(v.fold.shut) {
		v.Problemf("of %d closed places %d are in the tables", len(v.fold.shut), closed)
	}
	return nil
}

func (v *verification) comparePolicy(t Tables) error {
	table, err := t.Policy()
	if err == nil {
		v.compareSettings(table)
	}
	return err
}

func (v *verification) compareSettings(table map[string]string) {
	names := maps.Clone(table)
	maps.Copy(names, v.fold.policy)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		differs(&v.Report, "policy, "+name, table[name], v.fold.policy[name])
	}
}

// compareTokens walks all tokens in the order of their ids: each against the trail,
// and the facts of each batch, once, against the hash that its import committed to.
func (v *verification) compareTokens(t Tables) error {
	f := v.fold
	walks := map[string]*contents{}
	begin := func(b *batch) *contents {
		if b.carried != nil {
			return b.carried // of a batch that is being withdrawn, the rest is still in the tables
		}
		return newContents(b)
	}
	var b *batch // of the token before: a batch's tokens follow each other
	var walk *contents
	for row, err := range t.TokenRows() {
		if err != nil {
			return err
		}
		if b == nil || b.UUID != row.Batch {
			if b = f.batches[row.Batch]; b != nil && walks[row.Batch] == nil {
				walks[row.Batch] = begin(b)
			}
			walk = walks[row.Batch]
		}
		if f.span.has(row.SerialKey) {
			v.compareToken(row, b)
		}
		switch {
		case b == nil:
			v.Problemf("token %s: its batch %s is not in the trail", row.Serial, row.Batch)
		case !v.again:
			walk.add(row.Facts)
		}
	}
	for told := range f.tokens.each() {
		if !told.seen && told.state != 0 {
			v.Problemf("token %s is gone, the trail has events of it", f.get(told.serial))
		}
	}
	if v.again {
		return nil
	}
	for _, b := range f.inOrder {
		walk := cmp.Or(walks[b.UUID], begin(b))
		if sum, n := walk.finish(); sum != b.Contents || n != b.New {
			v.Problemf("batch %d (%s): its tokens (%d) are not those that the trail committed to (%d): a serial, seed fingerprint or parameter was changed, or a token added or removed", b.Number, b.UUID, n, b.New)
		}
	}
	return nil
}

// compareToken holds a row against what the trail made of the token. Nearly all
// agree, and for those no words are made.
func (v *verification) compareToken(row TokenRow, b *batch) {
	f := v.fold
	told, observed, owner := token.Standing{State: token.InStock}, Drifts{}, account{}
	if t := f.token(row.SerialKey); t != nil {
		t.seen = true
		told, observed, owner = f.standing(t), t.drifts, t.account
	}
	if told.Since.IsZero() && b != nil { // no event moved it: as its import left it
		told.Since, told.Location = b.At, b.Location
	}
	told.SeedDestroyed = told.SeedDestroyed || f.handedOver(row.ID)
	what, name := "token "+string(row.Serial), string(row.Account)
	row.Account = ""
	if row.Contradiction != "" {
		v.Problemf("%s: %s", what, row.Contradiction)
	}
	differs(&v.Report, what+", serial key", row.SerialKey, row.Serial.Key())
	if row.Standing != told {
		differences(&v.Report, what, row.Standing, told)
	}
	if driftsOf(row.Observations) != observed {
		v.Problemf("%s: its measured drifts are not those of the trail", what)
	}
	v.compareAccount(&v.Report, what, name, owner)
}

// compareAccount holds a name against that of the trail, which its salted hash
// proved; in the place of an erased one stands what its erasure says. Lists may spell
// a name otherwise than who typed it: how its row is spelled was looked at.
func (v *verification) compareAccount(r *Report, what, name string, told account) {
	switch {
	case !told.there() && name == "":
	case !told.there():
		r.Problemf("%s: the table gives it to an account, the trail to none", what)
	case name == "":
		r.Problemf("%s: the trail gives it to an account, the table to none", what)
	default:
		called := v.fold.nameAt(told, now)
		if name != called && (len(v.fold.lists) == 0 || token.Account(name).Key() != token.Account(called).Key()) {
			r.Problemf("%s: its account is not that of the trail", what)
		}
	}
}

func (v *verification) compareBindings(r *Report, rows iter.Seq2[BindingRow, error]) error {
	f := v.fold
	for row, err := range rows {
		if err != nil {
			return err
		}
		key := row.Serial.Key()
		if !f.span.has(key) {
			continue
		}
		what := "binding " + row.UUID
		kept := f.bindingOf(key, row.UUID)
		if kept == nil && v.earlier[key] && !row.Closed.IsZero() {
			continue
		}
		delete(v.earlier, key) // the others come later
		if kept == nil {
			r.Problemf("%s of token %s: the trail does not know it", what, row.Serial)
			continue
		}
		kept.seen = true
		told := f.binding(kept, now)
		told.Serial, told.Account = row.Serial, row.Account
		if row != told {
			differences(r, what, row, told)
		}
		v.compareAccount(r, what, row.Account, kept.account)
	}
	for b := range f.bindings.each() {
		if !b.seen {
			r.Problemf("binding %s of token %s is gone", b.id, f.get(b.token))
		}
	}
	return nil
}

// bindingOf finds a binding of a token.
func (f *Fold) bindingOf(serial, id string) *keptBinding {
	t := f.token(serial)
	parsed, err := uuid.Parse(id) // to compare thousands of texts takes long
	if t == nil || err != nil {
		return nil
	}
	for i := t.bound; i != 0; i = f.bindings.at(i).before {
		if b := f.bindings.at(i); b.id == parsed {
			return b
		}
	}
	return nil
}
