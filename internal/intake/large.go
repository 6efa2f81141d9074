package intake

import (
	"context"
	"errors"
	"fob/internal/desk"
	"slices"

	"golang.org/x/sync/errgroup"
)

// runLarge goes in slices. Whatever happens, a batch that is not completed
// stays invisible; it is discarded here, or by the next import's sweep.
func (l *loader) runLarge(ctx context.Context) error {
	release, err := l.desk.Store.HoldLoad(l.batch.UUID)
	if err != nil {
		return err
	}
	defer release()
	if err := l.lookForSeeds(ctx); err != nil {
		return err
	}
	created := !l.hopeless.Load()
	if created {
		if err := l.desk.Store.Update(ctx, l.create); err != nil {
			return err
		}
	}
	l.judge.own = l.batch.ID
	l.used = make(chan []judged, 1)
	err = l.eachSlice(ctx,
		func(slice []judged) error { return l.prepare(ctx, slice) },
		func(slice []judged) error { return l.store(ctx, slice) },
		func(slice []judged) error { return l.finish(slice) })
	clearSeeds(l.replaced)
	if err == nil && !l.hopeless.Load() && l.keep() {
		err = l.completeLarge(ctx)
		created = err != nil
	}
	if created {
		err = errors.Join(err, l.discard(ctx))
	}
	return err
}

// prepare judges a slice by the store as it is, without keeping anybody waiting,
// and seals what is new.
func (l *loader) prepare(ctx context.Context, slice []judged) error {
	if !l.alone {
		// In two halves at once: looking up is what takes longest where most is here.
		var g errgroup.Group
		for _, half := range [][]judged{slice[:len(slice)/2], slice[len(slice)/2:]} {
			g.Go(func() error {
				return l.desk.Store.View(ctx, func(r Reader) error { return l.judge.slice(r, half) })
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
	} else if slices.ContainsFunc(slice, func(j judged) bool { return j.account != "" }) {
		// A list of people may be there before any token.
		if err := l.desk.Store.View(ctx, func(r Reader) error { return l.judge.accounts(r, slice) }); err != nil {
			return err
		}
	}
	if l.giveUp(slice); l.hopeless.Load() {
		return nil
	}
	return l.seal(slice)
}

// giveUp sees when nothing will be stored any more.
func (l *loader) giveUp(slice []judged) {
	if !l.req.Partial && refuses(slice) {
		l.hopeless.Store(true)
	}
}

// store stores one slice. If another import brought one of its serials since it
// was judged, it is judged again, with everybody else shut out.
func (l *loader) store(ctx context.Context, slice []judged) error {
	if l.hopeless.Load() {
		return nil
	}
	err := l.desk.Store.Load(ctx, func(tx Tx) error { return l.insert(tx, slice) })
	if !errors.Is(err, ErrSerialTaken) {
		return err
	}
	again := judge{keys: l.keys, replace: l.req.Replace, newAccount: l.req.NewAccount}
	return l.desk.Store.Load(ctx, func(tx Tx) error {
		if err := again.slice(tx, slice); err != nil {
			return err
		}
		if l.giveUp(slice); l.hopeless.Load() {
			return nil
		}
		return l.insert(tx, slice)
	})
}

// finish ends the way of a slice: it is counted, reported, and hashed for the
// trail, while the next ones are stored.
func (l *loader) finish(slice []judged) (err error) {
	defer func() {
		if clearSeeds(slice); err == nil {
			recycle(l.used, slice)
		}
	}()
	if !l.hopeless.Load() {
		if err := l.take(slice); err != nil {
			return err
		}
	}
	if err := l.settle(slice); err != nil {
		return err
	}
	if l.req.OnProgress != nil {
		l.req.OnProgress(l.done, l.scan.records)
	}
	return nil
}

func (l *loader) completeLarge(ctx context.Context) error {
	done := 0
	err := l.eachPrints(func(prints []desk.Print) error {
		if done += len(prints); l.req.OnIndex != nil {
			l.req.OnIndex(done, l.res.New)
		}
		return l.desk.Store.Load(ctx, func(tx Tx) error { return tx.InsertPrints(prints) })
	})
	if err != nil {
		return err
	}
	return l.desk.Store.Update(ctx, l.complete)
}
