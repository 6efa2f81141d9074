package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/trail"
)

// Engine is what each kind of database does in its own way. All queries are plain
// SQL that SQLite and PostgreSQL share, with numbered parameters.
type Engine interface {
	// Where says which database it is, for messages.
	Where() string
	// Snapshots begins n transactions, each on a connection of its own, that only
	// read and all see one state of the store.
	Snapshots(ctx context.Context, n int) (readers []*sql.Tx, end func(), err error)
	// Begin waits for this writer's turn and begins a transaction. One that loads
	// may be committed before the disk has it: its rows count once a later
	// transaction that does not load is there.
	Begin(ctx context.Context, loads bool) (*Writing, error)
	// Explain returns an error of the database a kind and a remedy. Errors that have
	// a kind pass unchanged.
	Explain(err error, doing string) error
	// IsTaken reports whether a row was refused because another has its key.
	IsTaken(err error) bool
	// IsAborted reports whether a transaction failed only because others were in its
	// way, so that it may be run again.
	IsAborted(err error) bool
	// IsLost reports whether the connection to the database ended.
	IsLost(err error) bool
	// IsUnreadable reports whether an error is the fault of what is stored: a value
	// of an impossible kind, a damaged page.
	IsUnreadable(err error) bool

	// Ahead is told what a transaction will ask, so that an engine that is far away asks
	// it in one go. It changes no answer.
	Ahead(ctx context.Context, tx *sql.Tx, asks []Ask)

	// OneAtATime reports whether a connection answers one query at a time. Then
	// Cursor reads a query in parts of n rows, between which the transaction may be
	// asked other things; end comes last.
	OneAtATime() bool
	Cursor(ctx context.Context, tx *sql.Tx, query string, args []any) (next func(n int) (*sql.Rows, error), end func(), err error)

	// HoldLoad marks this process as the loader of a batch until release is called
	// or the process ends.
	HoldLoad(batch uuid.UUID) (release func(), err error)
	// IsHeld reports whether a living process loads a batch.
	IsHeld(batch uuid.UUID) bool
	// SweepLoads calls discard for those of some batches that nobody holds, and
	// removes what else their loaders left.
	SweepLoads(batches []LoadingBatch, discard func(LoadingBatch) error) error

	// CopyTo writes one consistent state into an empty file, while others work.
	CopyTo(ctx context.Context, path string) error
	// EmptyLog removes from the database's own log what was overwritten; done is
	// false while somebody still reads an older state.
	EmptyLog(ctx context.Context) (done bool, err error)
	// Residue searches the engine's files for seeds that were destroyed. A server,
	// whose files are elsewhere, returns errors.ErrUnsupported.
	Residue(ctx context.Context, sought []Trace) (Residue, error)
	// Damage lists what the database's own check of its storage finds.
	Damage(ctx context.Context, tx *sql.Tx) ([]string, error)
	// SchemaProblems lists in which tables, indexes and triggers the schema is not
	// that of a new store.
	SchemaProblems(ctx context.Context, tx *sql.Tx) ([]SchemaProblem, error)
	// SchemaForbids lists those for which nothing of the store may be read or
	// written. Every transaction asks it first, so it has to be quick.
	SchemaForbids(ctx context.Context, tx *sql.Tx) ([]SchemaProblem, error)
	// Bounds are how much a query can take at most of what is stored.
	Bounds() Bounds
	// Room is how much room the store has left.
	Room() (Room, error)
	// Compact returns to the system the room of what was removed, in slices between
	// which others write. A server, which does it itself, returns errors.ErrUnsupported.
	Compact(ctx context.Context) (freed int64, err error)
	Close() error
}

// Ask is a query with its arguments.
type Ask struct {
	Query string
	Args  []any
}

// Patience is how a writer waits for its turn.
type Patience struct {
	Limit time.Duration                        // after which it gives up; 0: never
	Told  func(Holder)                         // called once a wait is no short one; nil: nobody wants to know
	After func(time.Duration) <-chan time.Time // time.After; nil: that
}

// Bounds are how many rows a query may return, and how long it may look for the next
// one; 0: there is no bound.
type Bounds struct {
	Rows   int64
	Search time.Duration
}

// Holder is the process that has the turn; its PID is 0 if it is not known.
type Holder struct {
	PID     int
	Since   time.Time // when its turn began
	Stopped bool      // by somebody, with Ctrl-Z say: it will not go on by itself
}

// String names it in a sentence.
func (h Holder) String() string {
	switch {
	case h.PID == 0:
		return "another process is writing to it"
	case h.Stopped:
		return fmt.Sprintf("process %d has been writing to it since %s, and is stopped", h.PID, h.Since.Format("15:04:05 MST"))
	}
	return fmt.Sprintf("process %d has been writing to it since %s", h.PID, h.Since.Format("15:04:05 MST"))
}

// Writing is a transaction that writes.
type Writing struct {
	Tx *sql.Tx
	// Insert inserts many rows as fast as the engine can.
	Insert func(table string, columns []string, rows [][]any) error
	// End hands the turn to the next writer. It comes after Commit or Rollback.
	End func() error
}

// LoadingBatch is a batch that is not complete.
type LoadingBatch struct {
	ID   int64
	UUID uuid.UUID
}

// Room is how much room the store has left, how much its log takes, and how much of its
// own file holds nothing any more, in bytes.
type Room struct{ Free, Logged, Unused int64 }

// SchemaProblem is an object in which a schema is not that of a new store.
type SchemaProblem struct {
	Object string // kind and name
	Is     string // GoneObject, ChangedObject or AddedObject
}

// What an object of a schema can be.
const (
	GoneObject    = "is gone"
	ChangedObject = "was changed"
	AddedObject   = "is not one of fob's"
)

func (p SchemaProblem) String() string { return "the " + p.Object + " " + p.Is }

// hides reports whether a table is not there, or not as it was: in its place may be
// a view that has no end.
func (p SchemaProblem) hides() bool {
	return p.Is != AddedObject && strings.HasPrefix(p.Object, "table ")
}

// CompareSchema lists in which objects a schema is not that of a new store; each
// object is named by its kind and name, with what made it.
func CompareSchema(want, found map[string]string) (problems []SchemaProblem) {
	for _, what := range slices.Sorted(maps.Keys(want)) {
		made, ok := found[what]
		switch {
		case !ok:
			problems = append(problems, SchemaProblem{what, GoneObject})
		case made != want[what]:
			problems = append(problems, SchemaProblem{what, ChangedObject})
		}
	}
	for _, what := range slices.Sorted(maps.Keys(found)) {
		if _, ok := want[what]; !ok {
			problems = append(problems, SchemaProblem{what, AddedObject})
		}
	}
	return problems
}

// Founding is what a new store begins with.
type Founding struct {
	ID      uuid.UUID
	Created time.Time
	Keys    Keys
	Event   *trail.Event // written as the first event
}

// Found makes a store of an engine with an empty schema.
func Found(ctx context.Context, e Engine, f Founding) error {
	s := &Store{Engine: e, id: f.ID}
	return s.update(ctx, false, func(q *queries) error {
		k := f.Keys
		if err := q.exec(`INSERT INTO store (one, uuid, created_at, checkpoint_pub, wrapped, key_statement, key_generation, newest_at)
			VALUES (1, $1, $2, $3, $4, $5, $6, $2)`, f.ID.String(), f.Created.UnixNano(), k.CheckpointPub, k.Wrapped, string(k.Statement), k.Generation); err != nil {
			return err
		}
		if err := q.addKeys(k); err != nil {
			return err
		}
		return desk.Tx(q).Append(f.Event)
	})
}

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
