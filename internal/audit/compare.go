package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"reflect"
	"slices"
	"strings"

	"fob/internal/token"
)

// compare holds the tables against the world that the trail rebuilt.
func (w *world) compare(t Tables) error {
	for _, check := range []func(Tables) error{w.compareStore, w.compareLists, w.compareBatches, w.compareTokens, w.compareBindings, w.comparePolicy, w.contradictions} {
		if err := check(t); err != nil {
			return err
		}
	}
	return nil
}

// differs reports a value that is not the trail's.
func differs[T comparable](r *Report, what string, table, trail T) {
	if table != trail {
		r.Problemf("%s: the table says %v, the trail %v", what, table, trail)
	}
}

func (w *world) compareStore(t Tables) error {
	row, err := t.StoreRow()
	if err != nil {
		return err
	}
	if w.init == nil {
		w.report.Problemf("the trail does not begin with the making of the store")
		return nil
	}
	differs(w.report, "store, made", stamp(row.Created), stamp(w.founded))
	differs(w.report, "store, checkpoint key", row.CheckpointPub, w.init.CheckpointPub)
	differs(w.report, "store, newest time", stamp(row.Newest), stamp(w.newest))
	if !slices.Equal(row.Keys, w.init.Keys) {
		w.report.Problemf("store: the encrypted keys are not those that the trail knows")
	}
	byRecipient := func(a, b CustodianRow) int { return strings.Compare(a.Recipient, b.Recipient) }
	if !slices.Equal(slices.SortedFunc(slices.Values(row.Custodians), byRecipient), slices.SortedFunc(slices.Values(w.init.Custodians), byRecipient)) {
		w.report.Problemf("store: the custodians are not those that the trail knows")
	}
	return nil
}

func (w *world) compareBatches(t Tables) error {
	for row, err := range t.BatchRows() {
		if err != nil {
			return err
		}
		b := w.batches[row.UUID]
		if b == nil {
			w.report.Problemf("batch %d (%s): the trail has no import of it", row.Number, row.UUID)
			continue
		}
		b.seen = true
		differs(w.report, "batch "+row.UUID+", imported", stamp(row.At), stamp(b.at))
		by := token.Operator{UID: b.by.UID, Name: b.by.Name} // the claim of sudo is in the trail only
		differs(w.report, "batch "+row.UUID+", by", row.By, by)
		differs(w.report, "batch "+row.UUID+", quarantined", stamp(row.Quarantined), stamp(b.quarantined))
		differs(w.report, "batch "+row.UUID+", withdrawn", stamp(row.Withdrawn), stamp(b.withdrawn))
		told := b.ImportDetail
		told.Contents, told.Replaced = "", nil
		if !reflect.DeepEqual(row.ImportDetail, told) {
			w.report.Problemf("batch %d (%s): its columns are not those of its import in the trail", row.Number, row.UUID)
		}
	}
	for id, b := range w.batches {
		if !b.seen {
			w.report.Problemf("batch %d (%s) is gone, the trail has its import", b.Number, id)
		}
	}
	return nil
}

// compareTokens walks all tokens in the order of their ids: each against the
// trail, and the immutable columns of each batch against the hash that its
// import committed to.
func (w *world) compareTokens(t Tables) error {
	walks := map[string]*contentsWalk{}
	seen := map[string]bool{}
	for row, err := range t.TokenRows() {
		if err != nil {
			return err
		}
		w.compareToken(row)
		if w.tokens[row.SerialKey] != nil {
			seen[row.SerialKey] = true
		}
		b := w.batches[row.Batch]
		if b == nil {
			w.report.Problemf("token %s: its batch %s is not in the trail", row.Serial, row.Batch)
			continue
		}
		if walks[row.Batch] == nil {
			walks[row.Batch] = b.walk()
		}
		walks[row.Batch].add(row.Columns)
	}
	for key := range w.tokens {
		if !seen[key] {
			w.report.Problemf("token %s is gone, the trail has events of it", key)
		}
	}
	w.compareContents(walks)
	return nil
}

func (w *world) compareContents(walks map[string]*contentsWalk) {
	for id, b := range w.batches {
		walk := walks[id]
		if walk == nil {
			walk = b.walk()
		}
		if sum, n := walk.finish(); sum != b.Contents || n != b.New {
			w.report.Problemf("batch %d (%s): its tokens (%d) are not those that the trail committed to (%d): a serial, seed fingerprint or parameter was changed, or a token added or removed", b.Number, id, n, b.New)
		}
	}
}

func (w *world) compareToken(row TokenRow) {
	what := "token " + string(row.Serial)
	r := w.report
	differs(r, what+", serial key", row.SerialKey, row.Serial.Key())
	b := w.batches[row.Batch]
	told := w.tokens[row.SerialKey]
	if told == nil {
		told = &tokenWorld{state: token.InStock}
	}
	if told.after.Since == 0 && b != nil { // no event moved it: as its import left it
		told.after.Since = b.at
		told.after.Location = b.Location
	}
	differs(r, what+", state", row.State, told.state)
	differs(r, what+", since", stamp(row.After.Since), stamp(told.after.Since))
	differs(r, what+", failures", row.After.Failures, told.after.Failures)
	differs(r, what+", locked until", stamp(row.After.LockedUntil), stamp(told.after.LockedUntil))
	differs(r, what+", issued before", row.After.Issued, told.after.Issued)
	differs(r, what+", location", row.After.Location, told.after.Location)
	differs(r, what+", seed present", row.HasSeed, !told.after.SeedDestroyed)
	differs(r, what+", loss reported", stamp(row.After.Reported), stamp(told.after.Reported))
	differs(r, what+", stolen", row.After.Stolen, told.after.Stolen)
	if !reflect.DeepEqual(row.After.Watermark, told.after.Watermark) {
		r.Problemf("%s: its watermark is not that of the trail", what)
	}
	if !reflect.DeepEqual(row.Observations, told.observations) {
		r.Problemf("%s: its measured drifts are not those of the trail", what)
	}
	w.compareAccount(what, row.Account, told.account)
}

func (w *world) compareBindings(t Tables) error {
	for row, err := range t.BindingRows() {
		if err != nil {
			return err
		}
		what := "binding " + row.UUID
		b := w.bindings[row.UUID]
		if b == nil {
			w.report.Problemf("%s of token %s: the trail does not know it", what, row.Serial)
			continue
		}
		b.seen = true
		differs(w.report, what+", serial", row.Serial.Key(), b.serial)
		differs(w.report, what+", opened", stamp(row.Opened), stamp(b.opened))
		differs(w.report, what+", closed", stamp(row.Closed), stamp(b.closed))
		differs(w.report, what+", codes", row.Codes, b.codes)
		differs(w.report, what+", by", row.By, token.Operator{UID: b.by.UID, Name: b.by.Name})
		if row.Proof != b.proof || row.Ticket != b.ticket {
			w.report.Problemf("%s: its proof or ticket is not that of the trail", what)
		}
		if row.Condition != b.noted {
			w.report.Problemf("%s: the condition in which the token came back is not that of the trail", what)
		}
		w.compareAccount(what, row.Account, b.account)
	}
	for id, b := range w.bindings {
		if !b.seen {
			w.report.Problemf("binding %s of token %s is gone", id, b.serial)
		}
	}
	return nil
}

func (w *world) contradictions(t Tables) error {
	found, err := t.Contradictions()
	for _, f := range found {
		w.report.Problemf("%s", f)
	}
	return err
}

// contentsWalk recomputes what an import committed to: its tokens in the order
// of ids, those that a later import exchanged in their old places.
type contentsWalk struct {
	hash    hash.Hash
	scratch []byte
	removed []Columns
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
	slices.SortFunc(removed, func(a, b Columns) int { return int(a.ID - b.ID) })
	return &contentsWalk{hash: sha256.New(), removed: removed, spans: b.spans}
}

func (c *contentsWalk) add(row Columns) {
	for len(c.removed) > 0 && c.removed[0].ID < row.ID {
		c.write(c.removed[0])
		c.removed = c.removed[1:]
	}
	c.write(row)
}

// write takes a token as its import brought it: corrections since are undone.
func (c *contentsWalk) write(row Columns) {
	c.spans.undo(&row)
	c.scratch = row.AddTo(c.hash, c.scratch)
	c.n++
}

func (c *contentsWalk) finish() (sum string, n int) {
	for _, row := range c.removed {
		c.write(row)
	}
	return hex.EncodeToString(c.hash.Sum(nil)), c.n
}
