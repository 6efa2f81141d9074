package inventory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"fob/internal/audit"
	"fob/internal/seedfile"
	"fob/internal/token"
)

const (
	// SliceSize is how many records one transaction of a large import takes: the
	// support desk waits for one slice at most.
	SliceSize = 5000
	// maxReplaced bounds what --replace keeps in memory for the last
	// transaction, which must make the exchange in one.
	maxReplaced = 50_000
	// maxAssigned bounds what a file may assign, for the same reason: each is an
	// event in the last transaction.
	maxAssigned = 50_000
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
	l.storing = l.scan.invalid == 0 && len(l.scan.serials.places) == 0 || l.req.Partial
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
		l.res.Stored, l.res.Batch = false, nil
	}
	if err != nil && !errors.Is(err, errUndo) {
		return err
	}
	return l.report(all)
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
	if err == nil && l.storing && l.keep() {
		err = l.completeLarge(ctx)
	} else if err == nil && created {
		err = l.discard(ctx)
	}
	clearSeeds(l.replaced)
	return err
}

// oneOfMany stores one slice, or only judges it once nothing will be stored.
func (l *loader) oneOfMany(ctx context.Context, slice []judged) error {
	if !l.storing {
		return l.judgeOnly(ctx, slice)
	}
	if err := l.desk.Store.Update(ctx, func(tx Tx) error { return l.slice(tx, slice) }); err != nil {
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
		if err := l.desk.Store.Update(ctx, func(tx Tx) error { return tx.InsertPrints(chunk) }); err != nil {
			return errors.Join(err, l.discard(ctx))
		}
	}
	if err := l.desk.Store.Update(ctx, l.complete); err != nil {
		return errors.Join(err, l.discard(ctx))
	}
	return nil
}

func (l *loader) discard(ctx context.Context) error {
	l.res.Stored, l.res.Batch = false, nil
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
		if len(l.replaced) > maxReplaced || len(l.assigned) > maxAssigned {
			return token.Errorf(token.Refused, "%s replaces more than %d tokens, or assigns more than %d; split it", l.res.File, maxReplaced, maxAssigned)
		}
		if j.replaces != nil {
			l.replaced = append(l.replaced, *j)
			continue
		}
		rows = append(rows, Row{j.columns, j.sealed})
		l.prints = append(l.prints, Print{j.print, j.nth, j.columns.ID})
	}
	return tx.InsertTokens(l.batch, rows)
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
		r := Reject{j.place, j.place.N, j.serial, j.verdict, j.reason}
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
	replaced, err := l.exchange(tx)
	if err != nil {
		return err
	}
	l.batch.New, l.batch.Same, l.batch.Refused = l.res.New, l.res.Unchanged, l.res.Refused
	e, err := l.desk.newEvent(token.CmdImport, audit.Object{Kind: audit.KindBatch, ID: l.batch.UUID.String()})
	if err != nil {
		return err
	}
	l.batch.Imported = e.Time.Time
	if l.batch, err = tx.CompleteBatch(l.batch); err != nil {
		return err
	}
	if err := l.event(tx, e, replaced); err != nil {
		return err
	}
	if err := l.assign(tx); err != nil {
		return err
	}
	l.res.Stored, l.res.Batch = true, &l.batch.Number
	return nil
}

// assign gives the tokens to whom the file says, each with its own event.
func (l *loader) assign(tx Tx) error {
	for _, a := range l.assigned {
		t, err := tx.Token(a.serial)
		if err != nil {
			return err
		}
		c := Change{Serial: a.serial, By: token.CmdAssign, To: token.Assigned, Words: Words{Account: a.account}}
		if err := l.desk.move(tx, &t, c); err != nil {
			return err
		}
		l.res.Assigned++
	}
	return nil
}

// exchange puts the replacing tokens in the place of the old ones, which must
// still be as they were when they were judged.
func (l *loader) exchange(tx Tx) ([]audit.Replaced, error) {
	var changes []audit.Replaced
	var rows []Row
	var prints []Print
	for _, j := range l.replaced {
		key := j.columns.Serial.Key()
		now, err := tx.Stored([]string{key})
		if err != nil {
			return nil, err
		}
		if h := now[key]; h.ID != j.replaces.ID || h.State != token.InStock || h.Issued {
			return nil, token.Errorf(token.NotAllowed, "token %s was given out while the file was read; nothing of it is stored", j.columns.Serial)
		}
		if err := tx.RemoveToken(j.replaces.ID); err != nil {
			return nil, err
		}
		changes = append(changes, audit.Replaced{Old: j.replaces.Columns, New: j.columns})
		rows = append(rows, Row{j.columns, j.sealed})
		prints = append(prints, Print{j.print, j.nth, j.columns.ID})
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if err := tx.InsertTokens(l.batch, rows); err != nil {
		return nil, err
	}
	sortPrints(prints)
	return changes, tx.InsertPrints(prints)
}

func (l *loader) event(tx Tx, e *audit.Event, replaced []audit.Replaced) error {
	b, s := l.batch, l.batch.Supplied
	e.To = token.InStock
	d := audit.ImportDetail{
		Number: b.Number, File: b.File, SHA256: b.SHA256, Format: b.Format, Options: b.Options,
		Order: s.Order, Supplier: s.Supplier, Expected: s.Expected, Location: s.Location,
		Records: b.Records, New: b.New, Unchanged: b.Same, Refused: b.Refused,
		FirstID: b.FirstID, LastID: b.LastID,
		Contents: hex.EncodeToString(l.contents.Sum(nil)), Replaced: replaced,
	}
	if !s.Received.IsZero() {
		d.Received = s.Received.Format("2006-01-02")
	}
	return appendEvent(tx, e, d)
}

// eachSlice reads the file again and hands out its records in slices, judged as
// far as the file alone can and sealed. Reading goes on while a slice is stored.
// The last slice comes only when the bytes turn out to be those of the first
// pass.
func (l *loader) eachSlice(ctx context.Context, do func([]judged) error) error {
	ready := make(chan []judged, 1)
	g, reading := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(ready)
		return l.produce(reading, ready)
	})
	g.Go(func() error {
		for slice := range ready {
			if err := do(slice); err != nil {
				return err
			}
		}
		return nil
	})
	err := g.Wait()
	for slice := range ready {
		clearSeeds(slice)
	}
	return err
}

func (l *loader) produce(ctx context.Context, ready chan<- []judged) error {
	c := newCompleter(l.req.Format, l.req.Fill, l.scan)
	next := func() []judged { return make([]judged, 0, min(SliceSize, l.scan.records)) }
	hand := func(slice []judged) error {
		select {
		case ready <- slice:
			return nil
		case <-ctx.Done():
			clearSeeds(slice)
			return ctx.Err()
		}
	}
	slice, read := next(), 0
	sum, _, err := l.passes.read(ctx, func(rec seedfile.Record) error {
		j, err := l.prepare(c.complete(rec))
		if err != nil {
			return err
		}
		slice = append(slice, j)
		if read++; len(slice) < SliceSize || read >= l.scan.records {
			return nil
		}
		full := slice
		slice = next()
		return hand(full)
	})
	if err == nil && (sum != l.scan.sha256 || read != l.scan.records) {
		err = changedError(l.req.Source)
	}
	if err != nil {
		clearSeeds(slice)
		return err
	}
	return hand(slice)
}

// prepare judges a record by the file alone and seals its seed.
func (l *loader) prepare(c candidate) (judged, error) {
	j := judged{candidate: c, verdict: token.New}
	if c.problem != nil {
		j.refuse(token.Invalid, "%v", c.problem)
		return j, nil
	}
	j.print = l.keys.Fingerprint(c.seed)
	if reason, ok := l.scan.duplicate(c); ok {
		j.refuse(token.Duplicate, "%s", reason)
		return j, nil
	}
	if reason, ok := l.scan.clone(c, j.print); ok {
		j.refuse(token.SeedClone, "%s", reason)
		return j, nil
	}
	var err error
	j.sealed, err = l.keys.Seal(c.columns.Serial.Key(), c.seed)
	return j, err
}

func clearSeeds(all []judged) {
	for i := range all {
		all[i].seed.Clear()
	}
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
