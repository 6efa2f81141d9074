// Package sqlite keeps a store in one SQLite file: opening, the turn of the
// writer, bulk insertion, the schema, kinds of errors, health. What is asked of
// the tables stands in package store, in SQL that other engines share.
//
// Writers queue at a turnstile of two file locks beside the database, so that a
// long import and a short bind take turns; readers never wait.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver

	"fob/internal/fault"
	"fob/internal/store"
)

// engine is an open database.
type engine struct {
	path     string
	files    *watch
	patience store.Patience
	read     *sql.DB
	write    *sql.DB     // nil when opened for reading
	on       sync.Map    // *sql.Tx: the *connection that it runs on
	load     *sql.DB     // of a large import, while it holds its lock; else nil
	folding  *background // nil when nobody writes, or a store is being made
	line     *line       // of this process's writers
}

// pragmas hold for every connection, so they stand in the address: a PRAGMA
// that is executed reaches one connection of the pool only. FULL because a
// binding that was confirmed on the phone must survive a power cut;
// secure_delete because overwritten seeds, though sealed, should not linger.
var pragmas = []string{
	"busy_timeout(10000)", "foreign_keys(1)", "trusted_schema(0)", "recursive_triggers(1)",
	"secure_delete(1)", "cell_size_check(1)", "temp_store(2)",
}

// SQLite folds nothing back by itself: see log.go. A loader's slices need not wait for
// the disk: nobody sees their rows before the ordinary writer has made them visible.
//
// That a database can return room in slices has to be said before its first page is
// written. A store that is built in one transaction keeps more of it in memory than a
// server should, which writes for months.
var (
	forBuilding = slices.Concat([]string{"auto_vacuum(incremental)"}, forWriting, []string{"cache_size(-65536)"})

	forReading = []string{"query_only(1)", "synchronous(2)"}
	forWriting = []string{"journal_mode(wal)", "synchronous(2)", "cache_size(-4096)", "wal_autocheckpoint(0)"}
	forLoading = []string{"journal_mode(wal)", "synchronous(1)", "cache_size(-10240)", "wal_autocheckpoint(0)"}
)

func address(path string, query url.Values, more []string) string {
	for _, p := range append(pragmas[:len(pragmas):len(pragmas)], more...) {
		query.Add("_pragma", p)
	}
	query.Set("_dqs", "0")
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

func openWriter(path string, more []string) (*sql.DB, error) {
	db, err := openDB(address(path, url.Values{"mode": {"rw"}, "_txlock": {"immediate"}}, more))
	if err != nil {
		return nil, openError(err, path)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (e *engine) Where() string { return e.path }

// Close ends all connections; the last writer also folds the log back.
func (e *engine) Close() error {
	e.folding.end()
	var errs []error
	for _, db := range []*sql.DB{e.read, e.load, e.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Begin waits at the turnstile and begins an immediate transaction.
func (e *engine) Begin(ctx context.Context, loads bool) (w *store.Writing, err error) {
	db := e.write
	if loads {
		if e.load == nil {
			if e.load, err = openWriter(e.path, forLoading); err != nil {
				return nil, err
			}
		}
		db = e.load
	}
	lock, err := e.turn(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		lock.release()
		return nil, err
	}
	tx, err := e.beginOn(ctx, conn)
	if err == nil {
		if err = e.files.check(conn); err != nil {
			tx.Rollback() //nolint:errcheck // nothing was done
			e.on.Delete(tx)
		}
	}
	if err != nil {
		conn.Close()
		lock.release()
		return nil, err
	}
	insert := func(table string, columns []string, rows [][]any) error {
		return insertRows(ctx, conn, table, columns, rows)
	}
	end := func() error {
		e.on.Delete(tx)
		err := e.files.check(conn)
		conn.Close()
		lock.release()
		if err != nil {
			return err
		}
		return e.afterTurn(ctx, loads)
	}
	return &store.Writing{Tx: tx, Insert: insert, End: end}, nil
}

// beginOn begins a transaction of which the connection is known.
func (e *engine) beginOn(ctx context.Context, conn *sql.Conn) (*sql.Tx, error) {
	c, err := connectionOf(conn)
	if err != nil {
		return nil, err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err == nil {
		e.on.Store(tx, c)
	}
	return tx, err
}

// Snapshots begins all transactions anew where somebody writes between the
// beginnings of two.
func (e *engine) Snapshots(ctx context.Context, n int) ([]*sql.Tx, func(), error) {
	const tries = 1000 // each takes less than a millisecond; a loader's slice takes fifty
	for range tries {
		readers, end, err := e.trySnapshots(ctx, n)
		if err != nil || readers != nil {
			return readers, end, err
		}
	}
	return nil, nil, fault.Errorf(fault.Internal, "the store changes faster than several readers can begin").WithHint("try again when less is written to it")
}

// trySnapshots returns no readers where somebody wrote. PRAGMA data_version is
// another number on the same connection as soon as another one has written.
func (e *engine) trySnapshots(ctx context.Context, n int) (readers []*sql.Tx, end func(), err error) {
	conns := make([]*sql.Conn, 0, n)
	end = func() {
		for _, tx := range readers {
			tx.Rollback() //nolint:errcheck // a reader has nothing to lose
			e.on.Delete(tx)
		}
		for _, conn := range conns {
			conn.Close()
		}
	}
	for range n {
		conn, err := e.read.Conn(ctx)
		if err != nil {
			end()
			return nil, nil, err
		}
		conns = append(conns, conn)
	}
	var before, after int64
	if n > 1 {
		err = conns[n-1].QueryRowContext(ctx, changesQuery).Scan(&before)
	}
	for i := 0; i < n && err == nil; i++ {
		var tx *sql.Tx
		if tx, err = e.beginOn(ctx, conns[i]); err == nil {
			readers = append(readers, tx)
			if n > 1 { // from here on it sees one state
				err = tx.QueryRowContext(ctx, changesQuery).Scan(&after)
			}
		}
	}
	if err != nil || before != after {
		end()
		return nil, nil, err
	}
	return readers, end, nil
}

// Room asks for the room of this user on the database's disk.
func (e *engine) Room() (r store.Room, err error) {
	free, err := freeBytes(e.path)
	if err != nil {
		return r, err
	}
	r = store.Room{Free: free, Logged: fileSize(e.path + "-wal")}
	err = e.read.QueryRow(`SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size`).Scan(&r.Unused)
	return r, err
}

// compactPages is how many pages one slice returns: other writers wait for it.
const compactPages = 2000

// Compact moves pages from the end of the file into its gaps and cuts it.
func (e *engine) Compact(ctx context.Context) (freed int64, err error) {
	size := func() (n int64, err error) {
		err = e.read.QueryRowContext(ctx, `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`).Scan(&n)
		return n, err
	}
	before, err := size()
	for more := true; more && err == nil; {
		more, err = e.compactSlice(ctx)
	}
	if err == nil {
		_, err = e.EmptyLog(ctx)
	}
	if err != nil {
		return 0, err
	}
	after, err := size()
	return before - after, err
}

func (e *engine) compactSlice(ctx context.Context) (more bool, err error) {
	w, err := e.Begin(ctx, false)
	if err != nil {
		return false, err
	}
	defer w.End()         //nolint:errcheck // it lets the lock go
	defer w.Tx.Rollback() //nolint:errcheck // after Commit it does nothing
	// Each step of the statement returns one page.
	if err := eachRow(ctx, w.Tx, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, compactPages), func(*sql.Rows) error { return nil }); err != nil {
		return false, err
	}
	var left int64
	if err := w.Tx.QueryRowContext(ctx, `PRAGMA freelist_count`).Scan(&left); err != nil {
		return false, err
	}
	return left > 0, w.Tx.Commit()
}

// searchTime is how long a query of a small database may look for a row.
var searchTime = time.Minute

// Bounds: a row takes eight bytes or more. A large database may take a second more
// for each megabyte, which is a hundred times what it takes.
func (e *engine) Bounds() store.Bounds {
	size := fileSize(e.path) + fileSize(e.path+"-wal")
	return store.Bounds{Rows: size/8 + 1000, Search: searchTime + time.Duration(size>>20)*time.Second}
}

// Ahead is of no use to a file, which is asked without delay.
func (e *engine) Ahead(context.Context, *sql.Tx, []store.Ask) {}

// OneAtATime is not so: SQLite answers any number of queries at a time.
func (e *engine) OneAtATime() bool { return false }

// Cursor is not asked for.
func (e *engine) Cursor(context.Context, *sql.Tx, string, []any) (func(int) (*sql.Rows, error), func(), error) {
	return nil, nil, errors.ErrUnsupported
}

// IsAborted is never so: writers wait for their turn.
func (e *engine) IsAborted(error) bool { return false }

// IsLost is never so: there is no connection to lose.
func (e *engine) IsLost(error) bool { return false }
