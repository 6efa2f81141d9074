package intake

import (
	"context"
	"encoding/hex"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// passes reads a source from beginning to end.
type passes struct {
	source  seedfile.Source
	format  seedfile.Format
	options seedfile.Options
	random  io.Reader         // for the spool of what long files need
	onRead  func(bytes int64) // nil: nobody wants to know
}

// passed is what is known at the end of a pass.
type passed struct {
	sha256  string
	notes   []fault.Text
	wrapped []string      // of readers that tell
	needs   []fault.Field // the same
}

// handful is how many records are handed over at once between reading and what
// is done with them: enough that handing over costs nothing.
const handful = 512

// read calls each for every record, which is its own until it returns. The next
// records are read while each works on the last ones. A file of more than
// MaxRecords is refused.
func (p passes) read(ctx context.Context, each func(*seedfile.Record) error) (out passed, err error) {
	handed, empty := make(chan []seedfile.Record, 2), make(chan []seedfile.Record, 4)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		defer close(handed)
		out, err = p.readInto(ctx, handed, empty)
		return err
	})
	g.Go(func() error {
		for records := range handed {
			for i := range records {
				if err := each(&records[i]); err != nil {
					return err
				}
			}
			recycle(empty, records)
		}
		return nil
	})
	err = g.Wait()
	for records := range handed {
		clearSecrets(records)
	}
	if err != nil {
		return passed{}, err
	}
	return out, nil
}

// room gives a slice that was used before, or makes one. Records are large: with a
// new slice for each handful, and for each slice of an import, a tenth of the time
// went into getting memory and giving it back.
func room[T any](used <-chan []T, n int) []T {
	select {
	case s := <-used:
		return s
	default:
		return make([]T, 0, n)
	}
}

// recycle forgets what is in a slice and keeps its room, if any is wanted.
func recycle[T any](used chan<- []T, s []T) {
	clear(s)
	select {
	case used <- s[:0]:
	default:
	}
}

func clearSecrets(records []seedfile.Record) {
	for _, r := range records {
		r.Secret.Text.Clear()
	}
}

func (p passes) readInto(ctx context.Context, handed chan<- []seedfile.Record, empty <-chan []seedfile.Record) (out passed, err error) {
	pass, err := seedfile.OpenPass(p.source)
	if err != nil {
		return out, err
	}
	defer pass.Close()
	reader, err := p.format.Open(pass, p.options)
	if err != nil {
		return out, err
	}
	for n := 0; err == nil; n += handful {
		if p.onRead != nil {
			p.onRead(pass.Size())
		}
		var records []seedfile.Record
		records, err = take(reader, room(empty, handful))
		if n+len(records) > seedfile.MaxRecords {
			err = fault.Errorf(fault.Refused, "%s has more than %d records; split it", p.source.Name(), seedfile.MaxRecords)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			clearSecrets(records)
			return out, err
		}
		select {
		case handed <- records:
		case <-ctx.Done():
			clearSecrets(records)
			return out, ctx.Err()
		}
	}
	bytes, err := pass.Sum()
	out = passed{sha256: hex.EncodeToString(bytes[:]), notes: reader.Notes()}
	if w, ok := reader.(seedfile.Wrapping); ok {
		out.wrapped = w.Wrapped()
	}
	if n, ok := reader.(seedfile.Needing); ok {
		out.needs = n.Needs()
	}
	return out, err
}

// take reads a handful of records; with the last of them comes io.EOF.
func take(r seedfile.Reader, records []seedfile.Record) ([]seedfile.Record, error) {
	for len(records) < handful {
		rec, err := r.Next()
		if err != nil {
			return records, err
		}
		records = append(records, rec)
	}
	return records, nil
}
