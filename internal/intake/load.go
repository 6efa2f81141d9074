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

	"golang.org/x/sync/errgroup"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
	"fob/internal/trail"
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

// keep reports, after all records were judged, whether the batch is to stay.
func (l *loader) keep() bool {
	return !l.req.DryRun && l.res.New > 0 && (l.res.Refused == 0 || l.req.Partial)
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

// eachSlice reads the file again and sends it through some stages in slices,
// judged as far as the file alone can. All stages work at once, each on a slice of
// its own. The last slice comes only when the bytes turn out to be those of the
// first reading. Its seeds are for the last stage to clear.
func (l *loader) eachSlice(ctx context.Context, stages ...func([]entry) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var g errgroup.Group
	out := make(chan []entry, 1)
	first := out
	g.Go(func() error {
		defer close(first)
		return l.produce(ctx, first)
	})
	for _, do := range stages {
		in, next := out, make(chan []entry, 1)
		g.Go(func() error {
			defer close(next)
			for slice := range in {
				if err := do(slice); err != nil {
					stop(err)
					clearSeeds(slice)
					for slice := range in { // what still comes is out of the way
						clearSeeds(slice)
					}
					return err
				}
				next <- slice
			}
			return nil
		})
		out = next
	}
	for range out { // the last stage has done what there was to do
	}
	return g.Wait()
}

func (l *loader) produce(ctx context.Context, ready chan<- []entry) error {
	c := l.again()
	next := func() []entry { return make([]entry, 0, min(SliceSize, l.records-int(c.n))) }
	slice := next()
	hand := func() error {
		select {
		case ready <- slice:
			return nil
		case <-ctx.Done():
			clearSeeds(slice)
			return context.Cause(ctx)
		}
	}
	end, err := l.reading.each(ctx, func(rec *seedfile.Record) error {
		slice = append(slice, c.complete(rec))
		l.settled.judge(&slice[len(slice)-1])
		if len(slice) < SliceSize || int(c.n) >= l.records {
			return nil
		}
		err := hand()
		slice = next()
		return err
	})
	if err == nil && (end.sha256 != l.sha256 || int(c.n) != l.records) {
		err = l.changed()
	}
	if err != nil {
		clearSeeds(slice)
		return err
	}
	return hand()
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

// insert stores the new records of a slice. What replaces a token waits for the
// last transaction.
func (l *loader) insert(tx Tx, slice []entry) error {
	rows := make([]desk.Row, 0, len(slice))
	for i := range slice {
		e := &slice[i]
		if e.ID = l.batch.FirstID + int64(e.n); e.verdict == token.New && e.replaces == nil {
			rows = append(rows, desk.Row{Facts: e.Facts, Sealed: e.sealed})
		}
	}
	return tx.InsertTokens(l.batch, rows)
}

// take remembers what was inserted, once it is, for the rest of the work.
func (l *loader) take(slice []entry) error {
	for i := range slice {
		e := &slice[i]
		if e.verdict != token.New {
			continue
		}
		l.scratch = trail.AddTo(l.contents, &e.Facts, l.scratch)
		if e.account != "" {
			l.assigned = append(l.assigned, entry{Facts: e.Facts, account: e.account})
		}
		if e.replaces == nil {
			l.stored.add(e.n)
			continue
		}
		kept := *e
		kept.seed = token.Seed{}
		l.replacing = append(l.replacing, kept)
	}
	for doing, n := range map[string]int{"replaces": len(l.replacing), "assigns": len(l.assigned)} {
		if n > maxLast { // the last transaction is short
			return fault.Errorf(fault.Refused, "%s %s more than %d tokens; nothing of it is stored", l.res.File, doing, maxLast).
				WithHint("split the file")
		}
	}
	return nil
}

// eachFingerprint calls do for the fingerprints of all tokens that were inserted, in
// order, a slice of them at a time.
func (l *loader) eachFingerprint(do func([]desk.Fingerprint) error) error {
	return l.prints.inSlices(func(m mark) bool { return l.stored.has(m.n) }, func(marks []mark) error {
		prints := make([]desk.Fingerprint, len(marks))
		for i, m := range marks {
			prints[i] = desk.Fingerprint{Value: m.key, TokenID: l.batch.FirstID + int64(m.n)}
		}
		return do(prints)
	})
}

// count tallies verdicts. A slice is counted once, when nothing of it can change
// any more.
func (l *loader) count(slice []entry) {
	for i := range slice {
		e := &slice[i]
		switch e.verdict {
		case token.New:
			l.res.New++
			switch {
			case e.reburnt:
				l.res.Reburnt++
			case e.replaces != nil:
				l.res.Replaced++
			}
		case token.Unchanged:
			l.res.Unchanged++
			if e.account != "" {
				l.unassigned++
			}
		default:
			l.res.Refused++
		}
	}
}

// report hands the refused records of a slice to the caller.
func (l *loader) report(slice []entry) error {
	for i := range slice {
		if slice[i].verdict.Accepted() {
			continue
		}
		r := slice[i].reject()
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

// complete makes the batch visible: replacements, number and event.
func (l *loader) complete(tx Tx) error {
	words, err := l.allowReburning(tx)
	if err != nil {
		return err
	}
	replaced, reburnt, err := l.exchange(tx)
	if err != nil {
		return err
	}
	l.batch.New, l.batch.Same, l.batch.Refused = l.res.New, l.res.Unchanged, l.res.Refused
	e, err := l.intake.Desk.Author().Event(token.CmdImport, trail.Object{Kind: trail.KindBatch, ID: l.batch.UUID.String()}, words)
	if err != nil {
		return err
	}
	l.batch.Imported = e.Time.Time
	if l.batch, err = tx.CompleteBatch(l.batch); err != nil {
		return err
	}
	e.To = token.InStock
	detail := desk.ImportDetail(l.batch, l.contents)
	detail.Replaced, detail.Reburnt = replaced, reburnt
	if err := trail.Record(tx, e, detail); err != nil {
		return err
	}
	l.res.Stored, l.res.Batch, l.res.Assigned = true, &l.batch.Number, len(l.assigned)
	return l.assign(tx.(desk.Tx)) // the store's transactions serve both rooms
}

// assign gives the tokens to whom the file says, each with its own event. That the
// accounts are listed was judged before.
func (l *loader) assign(tx desk.Tx) error {
	for _, e := range l.assigned {
		t, err := tx.Token(e.Serial)
		if err != nil {
			return err
		}
		err = l.intake.Desk.MoveIn(tx, &t, desk.Change{Serial: e.Serial, By: token.CmdAssign, To: token.Assigned,
			Words: desk.Words{Account: e.account}, NewAccount: true})
		if err != nil {
			return err
		}
	}
	return nil
}
