package store

import (
	"context"
	"sync/atomic"
	"time"

	"fob/internal/trail"
)

// Pages of a table that lead in circles have rows without an end. So a query may
// return no more rows than the database has room for, and look for the next one no
// longer than it takes to read all of it many times over.

// bounded is one query on its way.
type bounded struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	most   int64
	timer  *time.Timer
	rows   atomic.Int64
	idle   atomic.Bool // the reader of the rows has one
}

func errEndless() error {
	return trail.Tampered("a table has more rows than the database has room for: its pages lead in circles")
}

// bound begins a query.
func (q *queries) bound() *bounded {
	limits := q.bounds
	b := &bounded{ctx: q.ctx, most: limits.Rows, cancel: func(error) {}}
	if limits.Search == 0 {
		return b
	}
	b.ctx, b.cancel = context.WithCancelCause(q.ctx)
	var last atomic.Int64
	last.Store(-1)
	b.timer = time.AfterFunc(limits.Search, func() {
		if n := b.rows.Load(); !b.idle.Load() && last.Swap(n) == n {
			b.cancel(errEndless())
			return
		}
		b.timer.Reset(limits.Search)
	})
	return b
}

// row counts a row; its reader may take any time until next.
func (b *bounded) row() error {
	b.idle.Store(true)
	if n := b.rows.Add(1); b.most > 0 && n > b.most {
		return errEndless()
	}
	return nil
}

func (b *bounded) next() { b.idle.Store(false) }

// end ends the query; what went wrong because of its bounds is said so.
func (b *bounded) end(err error) error {
	if b.timer != nil {
		b.timer.Stop()
	}
	if cause := context.Cause(b.ctx); err != nil && cause != nil {
		err = cause
	}
	b.cancel(nil)
	return err
}
