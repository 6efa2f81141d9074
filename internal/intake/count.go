package intake

import (
	"context"

	"fob/internal/seedfile"
)

// Count reads a seed file to its end and tells how many records it has, good ones
// or not.
func Count(ctx context.Context, req Import) (n int, err error) {
	p := passes{source: req.Source, format: req.Format, options: req.Options, onRead: req.OnRead}
	_, err = p.read(ctx, func(rec *seedfile.Record) error {
		rec.Secret.Text.Clear()
		n++
		return nil
	})
	return n, err
}
