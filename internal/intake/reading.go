package intake

import (
	"context"
	"encoding/hex"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"fob/internal/damage"
	"fob/internal/fault"
	"fob/internal/seedfile"
)

// reading is a file and how it is read.
type reading struct {
	source  seedfile.Source
	format  seedfile.Format
	options seedfile.Options
	onRead  func(bytes int64) // nil: nobody wants to know
}

// ending is what is known once a file was read to its end.
type ending struct {
	sha256  string
	notes   []fault.Text
	wrapped []string
	needs   []fault.Field // of a blind reader
	cut     bool          // the end of the file is missing
}

// chunkSize is how many records are handed over at once between reading and what
// is done with them: enough that handing over costs nothing.
const chunkSize = 512

// each calls do for every record, which is its own until it returns. The next
// records are read while do works on the last ones.
func (r reading) each(ctx context.Context, do func(*seedfile.Record) error) (end ending, err error) {
	chunks, used := make(chan []seedfile.Record, 2), make(chan []seedfile.Record, 4)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		defer close(chunks)
		end, err = r.parse(ctx, chunks, used)
		return err
	})
	g.Go(func() error {
		for records := range chunks {
			for i := range records {
				if err := do(&records[i]); err != nil {
					clearSecrets(records[i:])
					return err
				}
			}
			clear(records)
			select {
			case used <- records[:0]:
			default:
			}
		}
		return nil
	})
	err = g.Wait()
	for records := range chunks {
		clearSecrets(records)
	}
	return end, err
}

func (r reading) parse(ctx context.Context, chunks chan<- []seedfile.Record, used <-chan []seedfile.Record) (end ending, err error) {
	pass, err := seedfile.OpenPass(r.source)
	if err != nil {
		return end, err
	}
	defer pass.Close()
	reader, err := r.format.Open(pass, r.options)
	if err != nil {
		return end, err
	}
	for n := 0; err == nil; {
		if r.onRead != nil {
			r.onRead(pass.Size())
		}
		var records []seedfile.Record
		select {
		case records = <-used:
		default:
			records = make([]seedfile.Record, 0, chunkSize)
		}
		for len(records) < chunkSize && err == nil {
			var rec seedfile.Record
			if rec, err = reader.Next(); err == nil {
				records = append(records, rec)
			}
		}
		if n += len(records); n > seedfile.MaxRecords {
			err = fault.Errorf(fault.Refused, "%s has more than %d records; split it", r.source.Name(), seedfile.MaxRecords)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			clearSecrets(records)
			return end, err
		}
		select {
		case chunks <- records:
		case <-ctx.Done():
			clearSecrets(records)
			return end, context.Cause(ctx)
		}
	}
	sum, err := pass.Sum()
	end = ending{sha256: hex.EncodeToString(sum[:]), notes: reader.Notes()}
	if pass.DOSEnd() {
		end.notes = append(end.notes, fault.Textf(damage.NoteDOSEnd))
	}
	if w, ok := reader.(seedfile.Wrapping); ok {
		end.wrapped = w.Wrapped()
	}
	if c, ok := reader.(interface{ Cut() bool }); ok {
		end.cut = c.Cut()
	}
	if n, ok := reader.(seedfile.Needing); ok {
		end.needs = n.Needs()
	}
	return end, err
}

func clearSecrets(records []seedfile.Record) {
	for i := range records {
		records[i].Secret.Text.Clear()
	}
}

// Count reads a seed file to its end and returns how many records it has, good
// ones or not.
func Count(ctx context.Context, req Import) (n int, err error) {
	_, err = req.reading().each(ctx, func(rec *seedfile.Record) error {
		rec.Secret.Text.Clear()
		n++
		return nil
	})
	return n, err
}
