package sqlite

import (
	"database/sql"
	"os"
	"sync"

	"fob/internal/fault"
)

// SQLite works on with the files that it has open, whatever lies at their names by
// then: what it commits into a database or a log that was moved, replaced or
// removed is lost to everybody who opens the store later. So a writer looks, before
// and after each transaction, whether the names still lead to its files.

// watch remembers which files a writer has open.
type watch struct {
	path string

	mu       sync.Mutex
	database os.FileInfo // nil: it was not there yet
	logs     map[any]os.FileInfo
}

func newWatch(path string) *watch {
	w := &watch{path: path, logs: map[any]os.FileInfo{}}
	w.database, _ = os.Stat(path) // anyone who opens it next meets the error
	return w
}

// check compares the files with those of this connection. Its log is the one that
// lies beside the database at the connection's first transaction: nobody removes a
// log that another has open.
func (w *watch) check(conn *sql.Conn) error {
	var driver any
	if err := conn.Raw(func(c any) error { driver = c; return nil }); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if now, err := os.Stat(w.path); w.database != nil && (err != nil || !os.SameFile(w.database, now)) {
		return fault.Errorf(fault.Internal, "%s was moved, replaced or removed while fob worked on it; what this command stored is not in the database that lies there now", w.path).
			WithHint("find the database that was moved away, and keep both: then put the right one in its place with no fob running, and run the command again")
	}
	now, err := os.Stat(w.path + "-wal")
	if before := w.logs[driver]; before == nil && err == nil {
		w.logs[driver] = now
	} else if before != nil && (err != nil || !os.SameFile(before, now)) {
		return fault.Errorf(fault.Internal, "%s-wal was removed or replaced while fob worked: the newest changes stood in it, and may be lost", w.path).
			WithHint("let all commands end, keep a copy of the database and of what lies beside it, and compare what is there with a backup: %s", fault.Do("audit verify"))
	}
	return nil
}
