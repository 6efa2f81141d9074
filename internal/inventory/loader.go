package inventory

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"time"

	"github.com/google/uuid"

	"fob/internal/token"
)

const (
	// SliceSize is how many records one transaction of a large import takes: the
	// support desk waits for one slice at most.
	SliceSize = 5000
	// maxLast bounds what a file may replace, and what it may assign: both happen
	// in the last transaction, in which the desk waits for all of it.
	maxLast = SliceSize
)

// loader is the second pass: it reads the file again, judges every record, and
// stores the good ones. A file of one slice is one transaction; a larger one
// goes in slices under a batch that nobody sees until the last transaction.
type loader struct {
	desk   *Desk
	req    Import
	keys   Keyring
	scan   *scan
	passes passes
	res    *Imported

	judge      judge
	batch      token.Batch
	nextID     int64
	contents   hash.Hash
	scratch    []byte
	prints     []Print
	replaced   []judged
	assigned   []assignment
	unassigned int  // unchanged records that name an account
	done       int  // records judged so far
	storing    bool // false once it is clear that nothing will be stored
}

// assignment is a token that its file gives to somebody.
type assignment struct {
	serial  token.Serial
	account token.Account
}

// errUndo ends a transaction that went well and is not to be kept.
var errUndo = errors.New("undone")

func (l *loader) run(ctx context.Context) error {
	l.judge = judge{l.keys, l.req.Replace}
	l.storing = l.scan.invalid == 0 && !l.scan.serials.repeat() || l.req.Partial
	l.contents = sha256.New()
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
	id, err := uuid.NewV7FromReader(l.desk.Random)
	if err != nil {
		return token.Batch{}, fmt.Errorf("making a batch id: %w", err)
	}
	return token.Batch{
		UUID: id, File: l.req.Source.Name(), SHA256: l.scan.sha256, Format: l.req.Format.Name,
		Options: l.req.key(), Supplied: l.req.Supply, Records: l.scan.records,
		Imported: l.desk.Now(), By: l.desk.Operator,
	}, nil
}

// runSmall does everything in one transaction.
func (l *loader) runSmall(ctx context.Context) error {
	var all []judged
	if err := l.eachSlice(ctx, func(slice []judged) error { all = slice; return nil }); err != nil {
		return err
	}
	defer clearSeeds(all)
	if !l.storing {
		return l.judgeOnly(ctx, all)
	}
	err := l.desk.Store.Update(ctx, func(tx Tx) error {
		if err := l.create(tx); err != nil {
			return err
		}
		if err := l.slice(tx, all); err != nil {
			return err
		}
		if !l.keep() {
			return errUndo
		}
		sortPrints(l.prints)
		if err := tx.InsertPrints(l.prints); err != nil {
			return err
		}
		return l.complete(tx)
	})
	return l.finish(err, all)
}

// finish reports the rejects of a small file once its transaction has ended.
func (l *loader) finish(err error, all []judged) error {
	if err != nil {
		l.res.undone(len(l.assigned))
	}
	if err != nil && !errors.Is(err, errUndo) {
		return err
	}
	return l.report(all)
}

// undone takes back what a transaction said that was not kept. A dry run tells
// what would have been assigned.
func (res *Imported) undone(assigned int) {
	res.Stored, res.Batch, res.Assigned = false, nil, 0
	if res.DryRun {
		res.Assigned = assigned
	}
}

// runLarge goes in slices. Whatever happens, a batch that is not completed
// stays invisible; it is discarded here, or by the next import's sweep.
func (l *loader) runLarge(ctx context.Context) error {
	release, err := l.desk.Store.HoldLoad(l.batch.UUID)
	if err != nil {
		return err
	}
	defer release()
	created := l.storing
	if created {
		if err := l.desk.Store.Update(ctx, l.create); err != nil {
			return err
		}
	}
	err = l.eachSlice(ctx, func(slice []judged) error {
		defer clearSeeds(slice)
		return l.oneOfMany(ctx, slice)
	})
	clearSeeds(l.replaced)
	if err == nil && l.storing && l.keep() {
		err = l.completeLarge(ctx)
		created = err != nil
	}
	if created {
		err = errors.Join(err, l.discard(ctx))
	}
	return err
}

// oneOfMany stores one slice, or only judges it once nothing will be stored.
func (l *loader) oneOfMany(ctx context.Context, slice []judged) error {
	if !l.storing {
		return l.judgeOnly(ctx, slice)
	}
	if err := l.desk.Store.Load(ctx, func(tx Tx) error { return l.slice(tx, slice) }); err != nil {
		return err
	}
	if l.res.Refused > 0 && !l.req.Partial {
		l.storing = false
	}
	if l.done += len(slice); l.req.OnProgress != nil {
		l.req.OnProgress(l.done, l.scan.records)
	}
	return l.report(slice)
}

func (l *loader) completeLarge(ctx context.Context) error {
	sortPrints(l.prints)
	for chunk := range slices.Chunk(l.prints, SliceSize) {
		if err := l.desk.Store.Load(ctx, func(tx Tx) error { return tx.InsertPrints(chunk) }); err != nil {
			return err
		}
	}
	return l.desk.Store.Update(ctx, l.complete)
}

// discardTime is how long an interrupted import goes on to clear away what it
// had loaded. What is left then, nobody sees, and the next import sweeps it.
const discardTime = 5 * time.Second

func (l *loader) discard(ctx context.Context) error {
	l.res.undone(len(l.assigned))
	if ctx.Err() != nil {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(context.WithoutCancel(ctx), discardTime)
		defer stop()
	}
	for n := SliceSize; n == SliceSize; {
		err := l.desk.Store.Update(ctx, func(tx Tx) (err error) {
			n, err = tx.DiscardBatch(l.batch.ID, SliceSize)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) create(tx Tx) (err error) {
	l.batch, err = tx.CreateBatch(l.batch, l.scan.records)
	l.nextID = l.batch.FirstID
	return err
}

// keep tells, after all records were judged, whether the batch is to stay.
func (l *loader) keep() bool {
	return !l.req.DryRun && l.res.New > 0 && (l.res.Refused == 0 || l.req.Partial)
}

func (l *loader) judgeOnly(ctx context.Context, slice []judged) error {
	err := l.desk.Store.View(ctx, func(r Reader) error {
		if err := l.judge.slice(r, slice); err != nil {
			return err
		}
		l.count(slice)
		return nil
	})
	if err != nil {
		return err
	}
	return l.report(slice)
}

// slice judges and inserts the records of one transaction. The first delivery of
// a store has nothing to be held against but itself, which the first pass did.
func (l *loader) slice(tx Tx, slice []judged) error {
	alone, err := tx.OnlyBatch(l.batch)
	if err != nil {
		return err
	}
	if !alone {
		if err := l.judge.slice(tx, slice); err != nil {
			return err
		}
	}
	l.count(slice)
	var rows []Row
	for i := range slice {
		j := &slice[i]
		if j.verdict != token.New {
			continue
		}
		j.columns.ID = l.nextID
		l.nextID++
		j.columns.Fingerprint = j.print
		l.scratch = j.columns.AddTo(l.contents, l.scratch)
		if j.account != "" {
			l.assigned = append(l.assigned, assignment{j.columns.Serial, j.account})
		}
		if j.replaces != nil {
			l.replaced = append(l.replaced, *j)
			continue
		}
		rows = append(rows, Row{Columns: j.columns, Sealed: j.sealed})
		l.prints = append(l.prints, Print{j.print, j.nth, j.columns.ID})
	}
	if err := l.checkLast(); err != nil {
		return err
	}
	return tx.InsertTokens(l.batch, rows)
}

// checkLast keeps the last transaction short.
func (l *loader) checkLast() error {
	for doing, n := range map[string]int{"replaces": len(l.replaced), "assigns": len(l.assigned)} {
		if n > maxLast {
			return token.Errorf(token.Refused, "%s %s more than %d tokens; nothing of it is stored", l.res.File, doing, maxLast).
				WithHint("split the file")
		}
	}
	return nil
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

// report hands the refused records of a slice to the caller.
func (l *loader) report(slice []judged) error {
	for _, j := range slice {
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

func sortPrints(all []Print) {
	slices.SortFunc(all, func(a, b Print) int {
		if a.Print != b.Print {
			if a.Print < b.Print {
				return -1
			}
			return 1
		}
		return a.Nth - b.Nth
	})
}
