package intake

import (
	"context"

	"golang.org/x/sync/errgroup"

	"fob/internal/seedfile"
	"fob/internal/token"
)

// eachSlice reads the file again and sends it through some stages in slices,
// judged as far as the file alone can. All stages work at once, each on a slice of
// its own. The last slice comes only when the bytes turn out to be those of the
// first pass. Its seeds are for the last stage to clear.
func (l *loader) eachSlice(ctx context.Context, stages ...func([]judged) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	made := make(chan []judged, 1)
	g.Go(func() error {
		defer close(made)
		return l.produce(ctx, made)
	})
	in := made
	for _, do := range stages {
		from, to := in, make(chan []judged, 1)
		g.Go(func() error {
			defer close(to)
			return l.stage(from, to, do, stop)
		})
		in = to
	}
	for range in { // the last stage has done what there was to do
	}
	return g.Wait()
}

// stage does something to every slice. One that fails stops the reading, and takes
// what still comes out of the way.
func (l *loader) stage(from <-chan []judged, to chan<- []judged, do func([]judged) error, stop func()) error {
	for slice := range from {
		if err := do(slice); err != nil {
			stop()
			clearSeeds(slice)
			for slice := range from {
				clearSeeds(slice)
			}
			return err
		}
		to <- slice
	}
	return nil
}

func (l *loader) produce(ctx context.Context, ready chan<- []judged) error {
	c := newCompleter(l.req.Format, l.req.Fill, l.scan)
	next := func() []judged { return room(l.used, min(SliceSize, l.scan.records)) }
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
	out, err := l.passes.read(ctx, func(rec *seedfile.Record) error {
		slice = append(slice, judged{candidate: c.complete(rec), n: uint32(read), verdict: token.New})
		l.judgeAlone(&slice[len(slice)-1])
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

// judgeAlone judges a record by the file alone.
func (l *loader) judgeAlone(j *judged) {
	if j.problem != nil {
		j.refuse(token.Invalid, "%v", j.problem)
		return
	}
	j.print = l.keys.Fingerprint(j.seed)
	if reason, ok := l.scan.duplicate(&j.candidate); ok {
		j.refuse(token.Duplicate, "%s", reason)
	} else if reason, ok := l.scan.clone(&j.candidate, j.print); ok {
		j.refuse(token.SeedClone, "%s", reason)
	}
}

// seal seals the seeds of those records that are to be stored.
func (l *loader) seal(slice []judged) (err error) {
	for i := range slice {
		j := &slice[i]
		if j.verdict != token.New || j.sealed != nil {
			continue
		}
		if j.sealed, err = l.keys.Seal(j.columns.Serial.Key(), j.seed); err != nil {
			return err
		}
	}
	return nil
}

func clearSeeds(all []judged) {
	for i := range all {
		all[i].seed.Clear()
	}
}
