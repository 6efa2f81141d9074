package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

const (
	// maxLast bounds what a file may replace, and what it may assign: both happen
	// in the last transaction, in which the desk waits for all of it.
	maxLast = SliceSize
)

// ErrSerialTaken is in the error of InsertTokens when one of the serials is in the
// store: another import brought it since it was looked for.
var ErrSerialTaken = errors.New("a serial is in the store already")

// loader is the second pass: it reads the file again, judges every record, and
// stores the good ones. A file of one slice is one transaction; a larger one
// goes in slices under a batch that nobody sees until the last transaction.
type loader struct {
	desk   *Intake
	req    Import
	keys   desk.Keyring
	scan   *scan
	passes passes
	res    *Imported

	judge judge
	alone bool // the store was empty: there is nothing to hold the file against
	// hopeless is set once it is clear that nothing will be stored; what follows is
	// only judged.
	hopeless atomic.Bool

	batch    token.Batch
	nextID   int64
	contents hash.Hash
	scratch  []byte
	used     chan []judged // slices that are through, for those that come

	took     numbers        // records that have an id
	furthers map[uint32]int // by record: how many other seeds share its fingerprint
	replaced []judged
	later    map[uint32]bool // records of replaced
	assigned []assignment

	unassigned int // unchanged records that name an account
	done       int // records that are through
}

// assignment is a token that its file gives to somebody.
type assignment struct {
	serial  token.Serial
	account token.Account
}

// errUndo ends a transaction that went well and is not to be kept.
var errUndo = errors.New("undone")

func (l *loader) run(ctx context.Context) error {
	l.judge = judge{keys: l.keys, replace: l.req.Replace, newAccount: l.req.NewAccount}
	l.hopeless.Store((l.scan.invalid > 0 || l.scan.serials.repeat()) && !l.req.Partial)
	l.contents = sha256.New()
	l.took, l.furthers, l.later = newNumbers(l.scan.records), map[uint32]int{}, map[uint32]bool{}
	batch, err := l.newBatch()
	if err != nil {
		return err
	}
	l.batch = batch
	if l.scan.records <= SliceSize {
		return l.runSmall(ctx)
	}
	return l.runLarge(ctx)
}

func (l *loader) newBatch() (token.Batch, error) {
	id, err := uuid.NewV7FromReader(l.desk.Desk.Random)
	if err != nil {
		return token.Batch{}, fmt.Errorf("making a batch id: %w", err)
	}
	return token.Batch{
		UUID: id, File: l.req.Source.Name(), SHA256: l.scan.sha256, Format: l.req.Format.Name,
		Options: l.req.key(), Supplied: l.req.Supply, Records: l.scan.records,
		Imported: l.desk.Desk.Now(), By: l.desk.Desk.Operator,
	}, nil
}

// runSmall does everything in one transaction.
func (l *loader) runSmall(ctx context.Context) error {
	var all []judged
	if err := l.eachSlice(ctx, func(slice []judged) error { all = slice; return l.seal(slice) }); err != nil {
		return err
	}
	defer clearSeeds(all)
	if l.hopeless.Load() {
		if err := l.desk.Store.View(ctx, func(r Reader) error { return l.judge.slice(r, all) }); err != nil {
			return err
		}
		return l.settle(all)
	}
	err := l.desk.Store.Update(ctx, func(tx Tx) error { return l.small(tx, all) })
	if err != nil {
		l.res.undone(len(l.assigned))
	}
	if err != nil && !errors.Is(err, errUndo) {
		return err
	}
	return l.report(all)
}

func (l *loader) small(tx Tx, all []judged) error {
	if err := l.create(tx); err != nil {
		return err
	}
	if err := l.judge.slice(tx, all); err != nil {
		return err
	}
	if err := l.insert(tx, all); err != nil {
		return err
	}
	if err := l.take(all); err != nil {
		return err
	}
	l.count(all)
	if !l.keep() {
		return errUndo
	}
	if err := l.eachPrints(tx.InsertPrints); err != nil {
		return err
	}
	return l.complete(tx)
}

// undone takes back what a transaction said that was not kept. A dry run tells
// what would have been assigned.
func (res *Imported) undone(assigned int) {
	res.Stored, res.Batch, res.Assigned = false, nil, 0
	if res.DryRun {
		res.Assigned = assigned
	}
}

// create makes the batch, which is loading.
func (l *loader) create(tx Tx) (err error) {
	l.batch, err = tx.CreateBatch(l.batch, l.scan.records)
	l.nextID = l.batch.FirstID
	return err
}

// keep tells, after all records were judged, whether the batch is to stay.
func (l *loader) keep() bool {
	return !l.req.DryRun && l.res.New > 0 && (l.res.Refused == 0 || l.req.Partial)
}

// insert stores the new records of a slice. What replaces a token waits for the
// last transaction, but has its id.
func (l *loader) insert(tx Tx, slice []judged) error {
	id := l.nextID
	rows := make([]desk.Row, 0, len(slice))
	for i := range slice {
		j := &slice[i]
		if j.verdict != token.New {
			continue
		}
		j.columns.ID = id
		id++
		j.columns.Fingerprint = j.print
		if j.replaces == nil {
			rows = append(rows, desk.Row{Facts: j.columns, Sealed: j.sealed})
		}
	}
	err := tx.InsertTokens(l.batch, rows)
	if err == nil {
		l.nextID = id
	}
	return err
}

// take remembers what was inserted, once it is, for the rest of the work.
func (l *loader) take(slice []judged) error {
	for i := range slice {
		j := &slice[i]
		if j.verdict != token.New {
			continue
		}
		l.took.add(j.n)
		l.scratch = trail.AddTo(l.contents, &j.columns, l.scratch)
		if j.nth > 0 {
			l.furthers[j.n] = j.nth
		}
		if j.account != "" {
			l.assigned = append(l.assigned, assignment{j.columns.Serial, j.account})
		}
		if j.replaces != nil {
			l.replaced, l.later[j.n] = append(l.replaced, *j), true
		}
	}
	return l.checkLast()
}

// checkLast keeps the last transaction short.
func (l *loader) checkLast() error {
	for doing, n := range map[string]int{"replaces": len(l.replaced), "assigns": len(l.assigned)} {
		if n > maxLast {
			return fault.Errorf(fault.Refused, "%s %s more than %d tokens; nothing of it is stored", l.res.File, doing, maxLast).
				WithHint("split the file")
		}
	}
	return nil
}

// eachPrints calls do for the fingerprints of all tokens that were inserted, in
// order, a slice of them at a time. Their order is that of the first pass, their
// ids follow from the place in the file.
func (l *loader) eachPrints(do func([]desk.Print) error) error {
	l.took.count()
	var chunk []desk.Print
	var last int64
	err := l.scan.seeds.marks.each(func(m mark) error {
		if !l.took.has(m.n) || l.later[m.n] {
			return nil
		}
		p := desk.Print{Print: m.key, Nth: l.furthers[m.n], TokenID: l.batch.FirstID + l.took.rank(m.n)}
		if len(chunk) > 0 && last == m.key {
			p.Nth = max(p.Nth, 1) // two seeds of this file that are not the same
		}
		last, chunk = m.key, append(chunk, p)
		if len(chunk) < SliceSize {
			return nil
		}
		full := chunk
		chunk = chunk[:0]
		return do(full)
	})
	if err != nil || len(chunk) == 0 {
		return err
	}
	return do(chunk)
}

// settle counts a slice and tells of its refused records, once nothing of it can
// change any more.
func (l *loader) settle(slice []judged) error {
	l.count(slice)
	l.done += len(slice)
	return l.report(slice)
}

// count tallies verdicts. A slice is counted once, when it was judged.
func (l *loader) count(slice []judged) {
	for i := range slice {
		switch slice[i].verdict {
		case token.New:
			l.res.New++
			if slice[i].replaces != nil {
				l.res.Replaced++
			}
		case token.Unchanged:
			l.res.Unchanged++
			if slice[i].account != "" {
				l.unassigned++
			}
		default:
			l.res.Refused++
		}
	}
}

func refuses(slice []judged) bool {
	for i := range slice {
		if !slice[i].verdict.Accepted() {
			return true
		}
	}
	return false
}

// report hands the refused records of a slice to the caller.
func (l *loader) report(slice []judged) error {
	for i := range slice {
		j := &slice[i]
		if j.verdict.Accepted() {
			continue
		}
		r := Reject{j.place, j.place.N, j.serial, j.verdict, j.reason, j.loading}
		if len(l.res.Rejects) < MaxRejects {
			l.res.Rejects = append(l.res.Rejects, r)
		}
		if l.req.OnReject != nil {
			if err := l.req.OnReject(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// discardTime is how long an interrupted import goes on to clear away what it
// had loaded. What is left then, nobody sees, and the next import sweeps it.
const discardTime = 2 * time.Second

func (l *loader) discard(ctx context.Context) error {
	l.res.undone(len(l.assigned))
	if ctx.Err() != nil {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(context.WithoutCancel(ctx), discardTime)
		defer stop()
	}
	return l.desk.Store.DiscardLoad(ctx, l.batch.ID)
}
