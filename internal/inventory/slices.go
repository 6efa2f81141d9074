package inventory

import (
	"context"

	"golang.org/x/sync/errgroup"

	"fob/internal/seedfile"
	"fob/internal/token"
)

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
	out, err := l.passes.read(ctx, func(rec seedfile.Record) error {
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
	if err == nil && (out.sha256 != l.scan.sha256 || read != l.scan.records) {
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
