package intake

import (
	"context"

	"golang.org/x/sync/errgroup"

	"fob/internal/seedfile"
)

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
