package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"modernc.org/sqlite"
)

// connector opens connections that keep their statements. A transaction prepares some
// thirty, which without this is a third of what a binding costs a server.
type connector struct{ driver.Connector }

func openDB(address string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(address)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{c}), nil
}

// idleReaders are kept open for the next question: an open connection knows the schema
// and its statements.
const idleReaders = 8

func openReaders(address string) (*sql.DB, error) {
	db, err := openDB(address)
	if err == nil {
		db.SetMaxIdleConns(idleReaders)
		db.SetConnMaxIdleTime(time.Minute)
	}
	return db, err
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{driverConn: opened.(driverConn), kept: map[string]driverStmt{}}, nil
}

// driverConn is what the driver's connections can, but for running a query that was not
// prepared: database/sql prepares it then, and finds it here the next time.
type driverConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type driverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// mostKept bounds the statements of a connection: fob has fewer, but for those whose
// conditions are put together.
const mostKept = 200

type connection struct {
	driverConn
	kept map[string]driverStmt // not in use now
	// compared is the version of the schema that was found to be fob's, and is what SQLite
	// holds of it in memory; 0: none. SQLite reads it anew only when the version is another
	// one, or when it is told to.
	compared int64
	used     bool // a schema was compared, though perhaps it was refused
	// checked reports whether this transaction began with the comparison. Without it,
	// SQLite may have read a schema that nobody compared.
	checked bool
}

// BeginTx begins a transaction that is not checked yet.
func (c *connection) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.checked = false
	return c.driverConn.BeginTx(ctx, opts)
}

// ResetSession is called before somebody else uses the connection.
func (c *connection) ResetSession(ctx context.Context) error {
	c.checked = false
	return c.driverConn.ResetSession(ctx)
}

// PrepareContext hands out a statement that is kept, or makes one. SQLite itself prepares
// it anew when the schema changed: a comparison of what it was before holds no longer.
func (c *connection) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if !c.checked && query != versionQuery && query != changesQuery {
		c.compared = 0
	}
	if s := c.kept[query]; s != nil {
		delete(c.kept, query)
		return &keptStmt{s, c, query}, nil
	}
	s, err := c.driverConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &keptStmt{s.(driverStmt), c, query}, nil
}

// These read the header of the file only, and no schema.
const (
	versionQuery = `PRAGMA schema_version`
	changesQuery = `PRAGMA data_version`
)

// forget has SQLite read the schema from the file again, as this transaction sees it:
// what it holds may be of a moment in which the version was the same. It does so when the
// statement is prepared, so this one is not kept.
func (c *connection) forget(ctx context.Context) error {
	s, err := c.driverConn.PrepareContext(ctx, `PRAGMA writable_schema = RESET`)
	if err != nil {
		return err
	}
	_, err = s.(driverStmt).ExecContext(ctx, nil)
	return errors.Join(err, s.Close())
}

func (c *connection) Close() error {
	for _, s := range c.kept {
		s.Close() //nolint:errcheck // so does the connection
	}
	return c.driverConn.Close()
}

// keptStmt goes back to its connection when it is closed.
type keptStmt struct {
	driverStmt
	on    *connection
	query string
}

func (s *keptStmt) Close() error {
	if s.on.kept[s.query] != nil || len(s.on.kept) >= mostKept {
		return s.driverStmt.Close()
	}
	s.on.kept[s.query] = s.driverStmt
	return nil
}

// connectionOf is the driver's side of a connection.
func connectionOf(conn *sql.Conn) (c *connection, err error) {
	err = conn.Raw(func(raw any) error { c = raw.(*connection); return nil })
	return c, err
}
