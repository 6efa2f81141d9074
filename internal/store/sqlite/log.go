package sqlite

import (
	"context"
	"sync"
	"sync/atomic"
)

// What is written stands in the write-ahead log until it is folded back into the
// database. SQLite itself would do that within a commit, in somebody's turn: the whole
// desk would wait until thousands of pages are on the disk. So no connection folds by
// itself. After its turn a loader folds what it wrote before it asks for the next one,
// and everybody else leaves it to the background. Both pass over what somebody still
// reads, and wait for nobody.

// maxLogged is how many pages the log may have that are not folded back. They go to the
// disk at once, and a commit that comes meanwhile waits for all that its file system has
// to write: so a fold is a few megabytes.
const maxLogged = 1500

// longLog is how many pages a log may have, folded back or not, until it is seen to
// that it begins anew. Room that the log takes for the first time has to be found on
// the disk, for which every commit waits.
const longLog = 8000

// log is how many pages the log has, and how many of them are folded back.
func (e *engine) log(ctx context.Context) (all, folded int, err error) {
	var busy int
	err = e.read.QueryRowContext(ctx, "PRAGMA wal_checkpoint(NOOP)").Scan(&busy, &all, &folded)
	return all, folded, err
}

// foldLog folds the log back as far as nobody reads an older state. It takes nobody's
// turn: others write on meanwhile.
func (e *engine) foldLog(ctx context.Context) error {
	_, err := e.read.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	return err
}

// background folds the log of an ordinary writer, once at a time.
type background struct {
	running atomic.Bool
	all     sync.WaitGroup
	ctx     context.Context // of waits for a turn, which nobody who closes the store waits for
	cancel  context.CancelFunc
}

func newBackground() *background {
	b := &background{}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// end waits until nothing is folded any more.
func (b *background) end() {
	if b != nil {
		b.cancel()
		b.all.Wait()
	}
}

// afterTurn keeps the log short. All is stored, so an ordinary writer need not know of
// an error: who folds next meets it again. A loader would fill the disk.
func (e *engine) afterTurn(ctx context.Context, loads bool) error {
	if e.read == nil {
		return nil // a store in the making, which nobody waits for: it is folded when it is closed
	}
	if loads {
		return e.shorten(ctx, ctx)
	}
	if !e.folding.running.CompareAndSwap(false, true) {
		return nil
	}
	if all, folded, err := e.log(context.WithoutCancel(ctx)); err != nil || all-folded < maxLogged {
		e.folding.running.Store(false)
		return nil
	}
	e.folding.all.Go(func() {
		defer e.folding.running.Store(false)
		_ = e.shorten(context.Background(), e.folding.ctx)
	})
	return nil
}

// shorten folds the log back once it is long; turns bounds the wait for a turn.
func (e *engine) shorten(ctx, turns context.Context) error {
	all, folded, err := e.log(ctx)
	if err != nil || all-folded < maxLogged {
		return err
	}
	if err = e.foldLog(ctx); err == nil && all >= longLog {
		err = e.foldRest(turns)
	}
	return err
}

// foldRest folds back what others wrote meanwhile, and keeps them from
// writing more: then the next writer begins the log anew, unless somebody reads what it
// held. If much is left it is not done in anybody's turn.
func (e *engine) foldRest(ctx context.Context) error {
	lock, err := e.turn(ctx)
	if err != nil {
		return err
	}
	defer lock.release()
	all, folded, err := e.log(ctx)
	if err != nil || all == folded || all-folded > maxInTurn {
		return err
	}
	return e.foldLog(ctx)
}

// maxInTurn is how many pages are folded back in somebody's turn: about as many as a
// few commits of a desk write.
const maxInTurn = 200

// endLoad closes the loader's connection and leaves a short log behind. Somebody
// who reads meanwhile keeps it long, and is not waited for: the next one who
// closes the store last shortens it.
func (e *engine) endLoad() {
	if e.load == nil {
		return
	}
	for _, q := range []string{"PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA busy_timeout=100", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := e.load.Exec(q); err != nil {
			break // all is stored; only the log stays long
		}
	}
	e.load.Close()
	e.load = nil
}

// EmptyLog writes the log back and cuts it to nothing. Most of it goes back before it
// takes its turn.
func (e *engine) EmptyLog(ctx context.Context) (done bool, err error) {
	if err := e.foldLog(ctx); err != nil {
		return false, e.Explain(err, "emptying the log")
	}
	lock, err := e.turn(ctx)
	if err != nil {
		return false, err
	}
	defer lock.release()
	var busy, log, moved int
	err = e.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved)
	return busy == 0, e.Explain(err, "emptying the log")
}
