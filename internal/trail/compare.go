package trail

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"fob/internal/token"
)

// compare holds the tables against the world that the trail rebuilt: tokens on one
// core, everything else on another.
func (w *world) compare(t Tables) error {
	if err := w.compareLists(t); err != nil { // what accounts are called now
		return err
	}
	type check = func(*Report, Tables) error
	lanes := [][]check{
		{w.compareStore, w.compareBatches, w.compareBindings, w.compareAccounts, w.comparePolicy},
		{w.compareTokens},
	}
	reports := make([]Report, len(lanes))
	var group errgroup.Group
	for i, lane := range lanes {
		group.Go(func() error {
			for _, check := range lane {
				if err := check(&reports[i], t); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	for _, r := range reports {
		for _, p := range r.Problems {
			w.report.Problemf("%s", p)
		}
	}
	if err != nil {
		return err
	}
	found, err := t.Contradictions()
	for _, f := range found {
		w.report.Problemf("%s", f)
	}
	return err
}

// differs reports a value that is not the trail's.
func differs[T comparable](r *Report, what string, table, trail T) {
	if table != trail {
		r.Problemf("%s: the table says %v, the trail %v", what, table, trail)
	}
}

func (w *world) compareStore(r *Report, t Tables) error {
	row, err := t.StoreRow()
	if err != nil {
		return err
	}
	if w.init == nil {
		r.Problemf("the trail does not begin with the making of the store")
		return nil
	}
	differs(r, "store, made", stamp(row.Created), stamp(w.founded))
	differs(r, "store, checkpoint key", row.CheckpointPub, w.init.CheckpointPub)
	differs(r, "store, newest time", stamp(row.Newest), stamp(w.newest))
	if !slices.Equal(row.Keys, w.init.Keys) {
		r.Problemf("store: the encrypted keys are not those that the trail knows")
	}
	byRecipient := func(a, b CustodianRow) int { return strings.Compare(a.Recipient, b.Recipient) }
	if !slices.Equal(slices.SortedFunc(slices.Values(row.Custodians), byRecipient), slices.SortedFunc(slices.Values(w.init.Custodians), byRecipient)) {
		r.Problemf("store: the custodians are not those that the trail knows")
	}
	return nil
}

func (w *world) compareBatches(r *Report, t Tables) error {
	for row, err := range t.BatchRows() {
		if err != nil {
			return err
		}
		b := w.batches[row.UUID]
		if b == nil {
			r.Problemf("batch %d (%s): the trail has no import of it", row.Number, row.UUID)
			continue
		}
		b.seen = true
		differs(r, "batch "+row.UUID+", imported", stamp(row.At), stamp(b.at))
		by := b.by.Brief() // the claim of sudo is in the trail only
		differs(r, "batch "+row.UUID+", by", row.By, by)
		differs(r, "batch "+row.UUID+", quarantined", stamp(row.Quarantined), stamp(b.quarantined))
		differs(r, "batch "+row.UUID+", withdrawn", stamp(row.Withdrawn), stamp(b.withdrawn))
		told := b.ImportDetail
		told.Contents, told.Replaced = "", nil
		if !reflect.DeepEqual(row.ImportDetail, told) {
			r.Problemf("batch %d (%s): its columns are not those of its import in the trail", row.Number, row.UUID)
		}
	}
	for id, b := range w.batches {
		if !b.seen {
			r.Problemf("batch %d (%s) is gone, the trail has its import", b.Number, id)
		}
	}
	return nil
}

// compareTokens walks all tokens in the order of their ids: each against the
// trail, and the immutable columns of each batch against the hash that its
// import committed to.
func (w *world) compareTokens(r *Report, t Tables) error {
	walks := map[string]*contentsWalk{}
	var b *batchWorld // of the token before: a batch's tokens follow each other
	var walk *contentsWalk
	for row, err := range t.TokenRows() {
		if err != nil {
			return err
		}
		if b == nil || b.uuid != row.Batch {
			if b = w.batches[row.Batch]; b != nil && walks[row.Batch] == nil {
				walks[row.Batch] = b.walk()
			}
			walk = walks[row.Batch]
		}
		w.compareToken(r, row, b)
		if b == nil {
			r.Problemf("token %s: its batch %s is not in the trail", row.Serial, row.Batch)
			continue
		}
		walk.add(row.Facts)
	}
	for key, told := range w.tokens {
		if !told.seen {
			r.Problemf("token %s is gone, the trail has events of it", key)
		}
	}
	w.compareContents(r, walks)
	return nil
}

func (w *world) compareContents(r *Report, walks map[string]*contentsWalk) {
	for id, b := range w.batches {
		walk := walks[id]
		if walk == nil {
			walk = b.walk()
		}
		if sum, n := walk.finish(); sum != b.Contents || n != b.New {
			r.Problemf("batch %d (%s): its tokens (%d) are not those that the trail committed to (%d): a serial, seed fingerprint or parameter was changed, or a token added or removed", b.Number, id, n, b.New)
		}
	}
}

// compareToken holds a row against what the trail made of the token. Nearly all
// agree, and for those no words are made.
func (w *world) compareToken(r *Report, row TokenRow, b *batchWorld) {
	told := tokenWorld{state: token.InStock}
	if known := w.tokens[row.SerialKey]; known != nil {
		known.seen = true
		told = *known
	}
	if told.after.Since.IsZero() && b != nil { // no event moved it: as its import left it
		told.after.Since = b.at
		told.after.Location = b.Location
	}
	if !told.agrees(row) {
		told.tellDifferences(r, row)
	}
	if !w.sameAccount(string(row.Account), told.account) {
		w.tellAccount(r, "token "+string(row.Serial), string(row.Account), told.account)
	}
}

func (t *tokenWorld) agrees(row TokenRow) bool {
	table, trail := row.Standing, t.after
	table.Account, trail.State, trail.Account = "", t.state, ""
	return row.Amiss == "" && row.SerialKey == row.Serial.Key() && table == trail && slices.EqualFunc(row.Observations, t.observations, sameObservation)
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

func sameObservation(o, other token.Observation) bool {
	return o.At.Equal(other.At) && o.Drift == other.Drift && same(o.Rate, other.Rate)
}

func (t *tokenWorld) tellDifferences(r *Report, row TokenRow) {
	what := "token " + string(row.Serial)
	if row.Amiss != "" {
		r.Problemf("%s: %s", what, row.Amiss)
	}
	differs(r, what+", serial key", row.SerialKey, row.Serial.Key())
	differs(r, what+", state", row.State, t.state)
	differs(r, what+", since", stamp(row.Since), stamp(t.after.Since))
	differs(r, what+", failures", row.Failures, t.after.Failures)
	differs(r, what+", locked until", stamp(row.LockedUntil), stamp(t.after.LockedUntil))
	differs(r, what+", issued before", row.Issued, t.after.Issued)
	differs(r, what+", location", row.Location, t.after.Location)
	differs(r, what+", seed present", !row.SeedDestroyed, !t.after.SeedDestroyed)
	differs(r, what+", loss reported", stamp(row.Loss.Reported), stamp(t.after.Loss.Reported))
	differs(r, what+", stolen", row.Loss.Stolen, t.after.Loss.Stolen)
	if row.Watermark != t.after.Watermark {
		r.Problemf("%s: its watermark is not that of the trail", what)
	}
	if !slices.EqualFunc(row.Observations, t.observations, sameObservation) {
		r.Problemf("%s: its measured drifts are not those of the trail", what)
	}
}

func (w *world) compareBindings(r *Report, t Tables) error {
	for row, err := range t.BindingRows() {
		if err != nil {
			return err
		}
		what := "binding " + row.UUID
		b := w.bindings[row.UUID]
		if b == nil {
			r.Problemf("%s of token %s: the trail does not know it", what, row.Serial)
			continue
		}
		b.seen = true
		differs(r, what+", serial", row.Serial.Key(), b.serial)
		differs(r, what+", opened", stamp(row.Opened), stamp(b.opened))
		differs(r, what+", closed", stamp(row.Closed), stamp(b.closed))
		differs(r, what+", codes", row.Codes, b.codes)
		differs(r, what+", by", row.By, b.by.Brief())
		if row.Proof != b.proof || row.Ticket != b.ticket {
			r.Problemf("%s: its proof or ticket is not that of the trail", what)
		}
		if row.Condition != b.noted {
			r.Problemf("%s: the condition in which the token came back is not that of the trail", what)
		}
		if !w.sameAccount(row.Account, b.account) {
			w.tellAccount(r, what, row.Account, b.account)
		}
	}
	for id, b := range w.bindings {
		if !b.seen {
			r.Problemf("binding %s of token %s is gone", id, b.serial)
		}
	}
	return nil
}

// contentsWalk recomputes what an import committed to: its tokens in the order
// of ids, those that a later import exchanged in their old places.
type contentsWalk struct {
	hash    hash.Hash
	scratch []byte
	removed []token.Facts
	spans   corrections
	n       int
}

// walk begins with what a withdrawn batch had removed of it already: of one that
// is being withdrawn, the rest is still in the tables.
func (b *batchWorld) walk() *contentsWalk {
	if b.carried != nil {
		return b.carried
	}
	return newContentsWalk(b)
}

func newContentsWalk(b *batchWorld) *contentsWalk {
	removed := slices.Clone(b.removed)
	slices.SortFunc(removed, func(a, b token.Facts) int { return int(a.ID - b.ID) })
	return &contentsWalk{hash: sha256.New(), removed: removed, spans: b.spans}
}

func (c *contentsWalk) add(row token.Facts) {
	for len(c.removed) > 0 && c.removed[0].ID < row.ID {
		c.write(c.removed[0])
		c.removed = c.removed[1:]
	}
	c.write(row)
}

// write takes a token as its import brought it: corrections since are undone.
func (c *contentsWalk) write(row token.Facts) {
	c.spans.undo(&row)
	c.scratch = AddTo(c.hash, &row, c.scratch)
	c.n++
}

func (c *contentsWalk) finish() (sum string, n int) {
	for _, row := range c.removed {
		c.write(row)
	}
	return hex.EncodeToString(c.hash.Sum(nil)), c.n
}
