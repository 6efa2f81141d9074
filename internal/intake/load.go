package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"slices"
	"sync/atomic"
	"time"

	"fob/internal/desk"
	"fob/internal/token"
)

const (
	// SliceSize is how many records one transaction of a large import takes.
	SliceSize = desk.SliceSize
	// maxLast bounds what a file may replace, and what it may assign: both happen
	// in the last transaction, in which the desk waits for all of it.
	maxLast = SliceSize
)

// ErrSerialTaken is in the error of InsertTokens when one of the serials is in the
// store: another import brought it since it was looked for.
var ErrSerialTaken = errors.New("a serial is in the store already")

// loader is the second reading: it judges every record and stores the good ones. A
// file of one slice is one transaction; a larger one goes in slices under a batch
// that nobody sees until the last transaction. The id of a token follows from the
// place of its record.
type loader struct {
	intake *Intake
	req    Import
	keys   desk.Keyring
	*settled
	res *Imported

	// nothing is set once it is clear that nothing will be stored; what follows is
	// only judged.
	nothing   atomic.Bool
	seedsHere bitset // records whose fingerprint is in the store; nil: all may be

	batch    token.Batch
	contents hash.Hash // what the event commits to
	scratch  []byte

	stored     bitset  // records whose token was inserted
	replacing  []entry // they wait for the last transaction
	assigned   []entry // without seeds
	unassigned int     // unchanged records that name an account
	done       int     // records that are through
}

// errUndo ends a transaction that went well and is not to be kept.
var errUndo = errors.New("undone")

func (l *loader) run(ctx context.Context) error {
	now := l.intake.Desk.Now()
	id, err := token.NewID(now, l.intake.Desk.Random)
	if err != nil {
		return err
	}
	l.batch = token.Batch{
		UUID: id, File: l.res.File, SHA256: l.sha256, Format: l.req.Format.Name,
		Options: l.req.key(), Supplied: l.req.Supply, Records: l.records,
		Imported: now, By: l.intake.Desk.Operator,
	}
	l.contents, l.stored = sha256.New(), newBitset(l.records)
	l.nothing.Store(!l.req.Partial && (l.invalid > 0 || l.serials.any || l.firm != 0))
	if l.records <= SliceSize {
		return l.loadAtOnce(ctx)
	}
	return l.loadInSlices(ctx)
}

// loadAtOnce does everything in one transaction.
func (l *loader) loadAtOnce(ctx context.Context) error {
	var all []entry
	defer func() { clearSeeds(all) }()
	if err := l.eachSlice(ctx, func(slice []entry) error { all = slice; return l.seal(slice) }); err != nil {
		return err
	}
	if l.nothing.Load() {
		if err := l.intake.Store.View(ctx, func(r Reader) error { return l.judge(r, all) }); err != nil {
			return err
		}
		l.count(all)
		return l.report(all)
	}
	err := l.intake.Store.Update(ctx, func(tx Tx) (err error) {
		if l.batch, err = tx.CreateBatch(l.batch, l.records); err != nil {
			return err
		}
		if err := l.judge(tx, all); err != nil {
			return err
		}
		if err := l.insert(tx, all); err != nil {
			return err
		}
		if err := l.take(all); err != nil {
			return err
		}
		if l.count(all); !l.keep() {
			return errUndo
		}
		if err := l.eachFingerprint(tx.InsertFingerprints); err != nil {
			return err
		}
		return l.complete(tx)
	})
	if err != nil {
		l.undone()
	}
	if err != nil && !errors.Is(err, errUndo) {
		return err
	}
	return l.report(all)
}

// undone takes back what a transaction said that was not kept. A dry run says what
// would have been assigned.
func (l *loader) undone() {
	l.res.Stored, l.res.Batch, l.res.Assigned = false, nil, 0
	if l.res.DryRun {
		l.res.Assigned = len(l.assigned)
	}
}

// loadInSlices does so while others go on working. Whatever happens, a batch that is
// not completed stays invisible; it is discarded here, or by the next import's
// sweep.
func (l *loader) loadInSlices(ctx context.Context) error {
	release, err := l.intake.Store.HoldLoad(l.batch.UUID)
	if err != nil {
		return err
	}
	defer release()
	if err := l.lookForSeeds(ctx); err != nil {
		return err
	}
	created := !l.nothing.Load()
	if created {
		err := l.intake.Store.Update(ctx, func(tx Tx) (err error) {
			l.batch, err = tx.CreateBatch(l.batch, l.records)
			return err
		})
		if err != nil {
			return err
		}
	}
	err = l.eachSlice(ctx,
		func(slice []entry) error { return l.prepare(ctx, slice) },
		func(slice []entry) error { return l.store(ctx, slice) },
		func(slice []entry) error { return l.finish(slice) })
	if err == nil && !l.nothing.Load() && l.keep() {
		if err = l.completeInSlices(ctx); err == nil {
			return nil
		}
	}
	if created {
		// Where both fail it is for one reason, which was met first; the next import
		// sweeps what is left.
		err = cmp.Or(err, l.discard(ctx))
	}
	return err
}

// lookForSeeds finds out which records' fingerprints are in the store, in the
// store's own order: in that of the file each of a million records would look into
// another page.
func (l *loader) lookForSeeds(ctx context.Context) error {
	l.seedsHere = newBitset(l.records)
	every := func(mark) bool { return true }
	return l.intake.Store.View(ctx, func(r Reader) error {
		return l.prints.inSlices(every, func(marks []mark) error {
			prints := make([]int64, len(marks))
			for i, m := range marks {
				prints[i] = m.key
			}
			known, err := r.KnownFingerprints(prints)
			for _, m := range marks { // both are sorted
				for len(known) > 0 && known[0] < m.key {
					known = known[1:]
				}
				if len(known) > 0 && known[0] == m.key {
					l.seedsHere.add(m.n)
				}
			}
			return err
		})
	})
}

// prepare judges a slice by the store as it is, without keeping anybody waiting,
// and seals what is new.
func (l *loader) prepare(ctx context.Context, slice []entry) error {
	if err := l.intake.Store.View(ctx, func(r Reader) error { return l.judge(r, slice) }); err != nil {
		return err
	}
	if l.giveUp(slice) {
		return nil
	}
	return l.seal(slice)
}

// giveUp reports whether nothing will be stored any more.
func (l *loader) giveUp(slice []entry) bool {
	if !l.req.Partial && slices.ContainsFunc(slice, func(e entry) bool { return !e.verdict.Accepted() }) {
		l.nothing.Store(true)
	}
	return l.nothing.Load()
}

// store stores one slice. If another import brought one of its serials since it
// was judged, it is judged again, with everybody else shut out.
func (l *loader) store(ctx context.Context, slice []entry) error {
	if l.nothing.Load() {
		return nil
	}
	err := l.intake.Store.Load(ctx, func(tx Tx) error { return l.insert(tx, slice) })
	if !errors.Is(err, ErrSerialTaken) {
		return err
	}
	return l.intake.Store.Load(ctx, func(tx Tx) error {
		if err := l.judge(tx, slice); err != nil || l.giveUp(slice) {
			return err
		}
		return l.insert(tx, slice)
	})
}

// finish counts a slice, reports it, and hashes it for the trail, while the next
// ones are stored.
func (l *loader) finish(slice []entry) error {
	defer clearSeeds(slice)
	if !l.nothing.Load() {
		if err := l.take(slice); err != nil {
			return err
		}
	}
	l.count(slice)
	if err := l.report(slice); err != nil {
		return err
	}
	if l.done += len(slice); l.req.OnProgress != nil {
		l.req.OnProgress(l.done, l.records)
	}
	return nil
}

func (l *loader) completeInSlices(ctx context.Context) error {
	done := 0
	err := l.eachFingerprint(func(prints []desk.Fingerprint) error {
		if done += len(prints); l.req.OnIndex != nil {
			l.req.OnIndex(done, l.res.New)
		}
		return l.intake.Store.Load(ctx, func(tx Tx) error { return tx.InsertFingerprints(prints) })
	})
	if err != nil {
		return err
	}
	return l.intake.Store.Update(ctx, l.complete)
}

// discardTime is how long an interrupted import goes on to clear away what it
// had loaded. What is left then, nobody sees, and the next import sweeps it.
const discardTime = 2 * time.Second

func (l *loader) discard(ctx context.Context) error {
	l.undone()
	if ctx.Err() != nil {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(context.WithoutCancel(ctx), discardTime)
		defer stop()
	}
	return l.intake.Store.DiscardLoad(ctx, l.batch.ID)
}

// seal seals the seeds of those records that are to be stored.
func (l *loader) seal(slice []entry) (err error) {
	for i := range slice {
		if e := &slice[i]; e.verdict == token.New && err == nil {
			e.sealed, err = l.keys.Seal(token.SeedPlace{Serial: e.Serial, Batch: l.batch.UUID, Fingerprint: e.Fingerprint}, e.seed)
		}
	}
	return err
}
