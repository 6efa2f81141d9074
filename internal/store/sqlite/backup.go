package sqlite

import (
	"context"
	"errors"
	"net/url"
	"os"
	"time"

	"fob/internal/fault"
)

// CopyTo writes one consistent state of the store into a file, while others work: it
// must be empty. A plain copy of the file would lack what is in the log.
func (e *engine) CopyTo(ctx context.Context, path string) error {
	// A connection of its own, which may write: not into the store, but into the copy.
	db, err := openDB(address(e.path, url.Values{"mode": {"ro"}}, []string{"synchronous(2)"}))
	if err != nil {
		return openError(err, e.path)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return explain(errors.Join(err, db.Close()), "copying the store")
	}
	tick := time.NewTicker(syncEvery)
	copied := inSteps(file, tick.C, func() { _, err = db.ExecContext(ctx, `VACUUM INTO $1`, path) })
	tick.Stop()
	return explain(errors.Join(err, copied, db.Close(), file.Close()), "copying the store")
}

// syncEvery is how often a copy that is being written goes to the disk: a few megabytes
// each time. All of it at once would keep the commits of those who work meanwhile from
// the disk for half a second.
const syncEvery = 20 * time.Millisecond

// inSteps has what a long write makes go to the disk at each tick while it runs.
func inSteps(file interface{ Sync() error }, tick <-chan time.Time, write func()) (err error) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for err == nil {
			select {
			case <-tick:
				err = file.Sync()
			case <-done:
				return
			}
		}
	}()
	write()
	close(done)
	<-ended
	return err
}

// Settle finishes a copy: what an import was loading when it was made goes, and the
// copy is one file without a log beside it.
func Settle(ctx context.Context, path string) error {
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	if err := errors.Join(s.SweepLoads(ctx), s.Close()); err != nil {
		return err
	}
	return Fold(ctx, path)
}

// Fold makes one file of a database that nobody has open.
func Fold(ctx context.Context, path string) error {
	db, err := openWriter(path, []string{"synchronous(2)"})
	if err != nil {
		return err
	}
	var mode string
	err = db.QueryRowContext(ctx, `PRAGMA journal_mode=DELETE`).Scan(&mode)
	if err == nil && mode != "delete" {
		err = fault.Errorf(fault.Internal, "the log of %s could not be folded back", path)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return explain(err, "finishing the copy")
	}
	for _, end := range []string{".intent", ".lock"} {
		removeQuietly(path + end)
	}
	return nil
}

func removeQuietly(path string) { _ = os.Remove(path) }
