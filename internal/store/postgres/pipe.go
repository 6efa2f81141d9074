package postgres

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"fob/internal/store"
)

// A site is milliseconds away from the server, and every answer that is waited for takes
// them. So what has no answer, the beginning of a transaction and what writes, goes
// with the next question or with the commit, in one go; and what will be asked, as far
// as it is known ahead, goes with the first question. A statement that fails is told by
// what waits next for an answer, in the same transaction.

// connector makes connections of this kind.
type connector struct{ driver.Connector }

// Connect opens one.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	made := inner.(*stdlib.Conn)
	return &conn{Conn: made}, made.ResetSession(ctx) // from now on it knows how long it lay idle
}

// afterIdling pings a connection that lay idle, but not a new one, of which it is not
// known for how long.
func afterIdling(_ context.Context, p stdlib.ShouldPingParams) bool {
	return p.IdleDuration > time.Second && p.IdleDuration < math.MaxInt64
}

// conn is a connection with what is still to be sent on it.
type conn struct {
	*stdlib.Conn
	mu sync.Mutex // against the end of a reading, which comes when nobody asks

	tx    *transaction // nil: none is open
	due   []store.Ask  // in their order
	left  bool         // the first of them is the end of a reading
	turns int          // of transactions
	ahead []store.Ask
	known map[string]*answer // to what was asked ahead
	uses  map[string]int     // of the texts of statements, as far as they are counted
}

// transaction is what database/sql has of one.
type transaction struct {
	c     *conn
	ctx   context.Context
	reads bool
	begun bool // the server knows of it
}

const (
	maxDue = 500                    // statements that are held back
	linger = 200 * time.Millisecond // of a reading whose connection may be used again at once
	grace  = 10 * time.Second       // for the answer to an end that nobody waits for any more
)

// ending is a context for the end of what ran in another one. Anyone who calls a commit
// off is better told what became of it: what was stored by it may depend on that.
func ending(of context.Context) (ctx context.Context, cancel func()) {
	ctx, stop := context.WithCancel(context.WithoutCancel(of))
	unbind := context.AfterFunc(of, func() {
		timer := time.AfterFunc(grace, stop)
		context.AfterFunc(ctx, func() { timer.Stop() })
	})
	return ctx, func() { unbind(); stop() }
}

const (
	oftenUsed  = 5   // times that a connection asks the same before it prepares it
	maxCounted = 500 // texts
)

// often prepares what a connection asks again and again, as the pages do and files of
// thousands of rows: to read and plan a question mostly takes the server longer than to
// answer it. The driver finds a prepared statement by its text.
func (c *conn) often(ctx context.Context, query string) error {
	if c.uses == nil {
		c.uses = map[string]int{}
	}
	n, counted := c.uses[query]
	if !counted && len(c.uses) >= maxCounted || !planned.MatchString(query) {
		return nil
	}
	if c.uses[query] = n + 1; n+1 != oftenUsed {
		return nil
	}
	_, err := c.Conn.Conn().Prepare(ctx, query, query)
	return err
}

var planned = regexp.MustCompile(`^\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE)\b`)

// BeginTx notes the beginning.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Conn.Conn().IsClosed() {
		return nil, driver.ErrBadConn
	}
	begin := `begin isolation level read committed`
	if opts.ReadOnly {
		begin = `begin isolation level repeatable read read only`
	}
	c.turns++
	c.due, c.ahead, c.known = append(c.due, store.Ask{Query: begin}), nil, map[string]*answer{}
	c.tx = &transaction{c: c, ctx: ctx, reads: opts.ReadOnly}
	return c.tx, nil
}

// Commit sends all that is due.
func (t *transaction) Commit() error {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.ended()
	if !t.begun && len(c.due) == 1 { // nobody asked anything
		c.due = nil
		return nil
	}
	c.due = append(c.due, store.Ask{Query: `commit`})
	ctx, cancel := ending(t.ctx)
	defer cancel()
	err := c.flush(ctx)
	inner := c.Conn.Conn()
	switch {
	case err != nil && inner.IsClosed():
		return fmt.Errorf("%w: %w", errUnanswered, err)
	case err != nil && inner.PgConn().TxStatus() != 'I':
		inner.Exec(ctx, `rollback`) //nolint:errcheck // the error before it counts
	}
	return err
}

// Rollback is sent at once if somebody may wait for what was locked. A reading ends with
// the next one, or soon.
func (t *transaction) Rollback() error {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.ended()
	inner := c.Conn.Conn()
	c.due, c.left = nil, false
	switch {
	case inner.IsClosed():
		return driver.ErrBadConn
	case inner.PgConn().TxStatus() == 'I':
		return nil
	case t.reads && inner.PgConn().TxStatus() == 'T':
		c.due, c.left = []store.Ask{{Query: `rollback`}}, true
		turn := c.turns
		time.AfterFunc(linger, func() { c.endReading(turn) })
		return nil
	}
	ctx, cancel := ending(t.ctx)
	defer cancel()
	_, err := inner.Exec(ctx, `rollback`)
	return err
}

func (c *conn) ended() { c.tx, c.ahead, c.known = nil, nil, nil }

// endReading ends a reading that nobody went on from.
func (c *conn) endReading(turn int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left && c.turns == turn && c.tx == nil && !c.Conn.Conn().IsClosed() {
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		c.flush(ctx) //nolint:errcheck // the next one to take the connection finds out
	}
}

// ResetSession lets a connection pass whose reading has not ended yet.
func (c *conn) ResetSession(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left && !c.Conn.Conn().IsClosed() {
		return nil
	}
	return c.Conn.ResetSession(ctx)
}

// Close ends the connection, and with it what is open on it.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Conn.Close()
}

// ExecContext holds back what is of a transaction.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(args) > 0 {
		if asks, is := args[0].Value.([]store.Ask); is {
			for _, a := range asks {
				if key := keyOf(a); c.known[key] == nil && !slices.ContainsFunc(c.ahead, func(b store.Ask) bool { return keyOf(b) == key }) {
					c.ahead = append(c.ahead, a)
				}
			}
			return driver.ResultNoRows, nil
		}
		if args[0].Value == pgx.QueryExecModeExec { // as all are
			args = args[1:]
		}
	}
	if c.tx == nil || len(args) > 0 && args[0].Value == pgx.QueryExecModeSimpleProtocol {
		if err := c.flush(ctx); err != nil {
			return nil, err
		}
		return c.Conn.ExecContext(ctx, query, args)
	}
	c.due = append(c.due, store.Ask{Query: query, Args: valuesOf(args)})
	c.forget(query)
	if len(c.due) < maxDue {
		return driver.ResultNoRows, nil
	}
	return driver.ResultNoRows, c.flush(ctx)
}

// QueryContext returns the answer that is known, or sends the question with all that is due
// and ahead of it.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(args) > 0 && args[0].Value == pgx.QueryExecModeExec {
		args = args[1:]
	}
	ask := store.Ask{Query: query, Args: valuesOf(args)}
	if a := c.known[keyOf(ask)]; a != nil {
		return &given{answer: a}, nil
	}
	if len(c.due) == 0 && len(c.ahead) == 0 {
		c.forget(query)
		if err := c.often(ctx, query); err != nil {
			return nil, err
		}
		return c.Conn.QueryContext(ctx, query, args)
	}
	first := c.tx != nil && !c.tx.begun
	due, ahead := c.due, c.ahead
	rows, err := c.ask(ctx, ask)
	if err != nil && first && len(ahead) > 0 && !c.Conn.Conn().IsClosed() {
		// One of what was asked ahead may be at fault, and not what is asked now.
		if c.Conn.Conn().PgConn().TxStatus() != 'I' {
			if _, failed := c.Conn.Conn().Exec(ctx, `rollback`); failed != nil {
				return nil, err
			}
		}
		if due[0].Query == `rollback` {
			due = due[1:]
		}
		c.due, c.known = due, map[string]*answer{} // others may have written since
		return c.ask(ctx, ask)
	}
	return rows, err
}

// ask sends what is due, what is asked ahead and a question, and reads all answers but
// those to the question.
func (c *conn) ask(ctx context.Context, ask store.Ask) (driver.Rows, error) {
	ahead, key := c.ahead, keyOf(ask)
	c.ahead = nil
	asks := ahead
	asked := slices.ContainsFunc(ahead, func(a store.Ask) bool { return keyOf(a) == key })
	if !asked {
		asks = append(slices.Clip(ahead), ask)
	}
	batch, err := c.batch(ctx, asks)
	if err != nil {
		return nil, err
	}
	due := c.sent()
	results := c.Conn.Conn().SendBatch(ctx, batch)
	err = takeTags(results, due)
	for i := 0; i < len(ahead) && err == nil; i++ {
		err = c.keep(results, ahead[i])
	}
	if err != nil || asked {
		if ended := results.Close(); err == nil {
			err = ended
		}
		if err != nil {
			return nil, err
		}
		return &given{answer: c.known[key]}, nil
	}
	c.forget(ask.Query)
	rows, err := results.Query()
	r := &answering{c: c, rows: rows, results: results}
	if r.more = err == nil && rows.Next(); err == nil {
		err = rows.Err()
	}
	if err != nil {
		results.Close() //nolint:errcheck // the error before it counts
		return nil, err
	}
	return r, nil
}

// batch is of what is due, and of questions.
func (c *conn) batch(ctx context.Context, asks []store.Ask) (*pgx.Batch, error) {
	b := &pgx.Batch{}
	for _, a := range slices.Concat(c.due, asks) {
		if err := c.often(ctx, a.Query); err != nil {
			return nil, err
		}
		b.Queue(a.Query, a.Args...)
	}
	return b, nil
}

// sent returns what was due: whatever becomes of it, it is sent once.
func (c *conn) sent() []store.Ask {
	due := c.due
	c.due, c.left = nil, false
	if c.tx != nil {
		c.tx.begun = true
	}
	return due
}

// flush sends what is due.
func (c *conn) flush(ctx context.Context) error {
	if len(c.due) == 0 {
		return nil
	}
	batch, err := c.batch(ctx, nil)
	if err != nil {
		return err
	}
	due := c.sent()
	results := c.Conn.Conn().SendBatch(ctx, batch)
	err = takeTags(results, due)
	if ended := results.Close(); err == nil {
		err = ended
	}
	return err
}

// takeTags reads what became of statements without answers.
func takeTags(results pgx.BatchResults, due []store.Ask) error {
	for _, d := range due {
		tag, err := results.Exec()
		if err != nil {
			return fmt.Errorf("%s: %w", beginning.FindString(d.Query), err)
		}
		if d.Query == `commit` && tag.String() == "ROLLBACK" {
			return pgx.ErrTxCommitRollback
		}
	}
	return nil
}

var beginning = regexp.MustCompile(`^\s*\w+(?: \w+){0,2}`)

var written = regexp.MustCompile(`^\s*(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)`)

// forget drops the answers that a statement may change: a question reads no table that
// it does not name.
func (c *conn) forget(statement string) {
	m := written.FindStringSubmatch(statement)
	for key, a := range c.known {
		if m != nil && strings.Contains(a.query, m[1]) {
			delete(c.known, key)
		}
	}
}

// PrepareContext prepares a statement that is sent behind all that is due.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.flush(ctx); err != nil {
		return nil, err
	}
	s, err := c.Conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &statement{Stmt: s.(*stdlib.Stmt), c: c, query: query}, nil
}

type statement struct {
	*stdlib.Stmt
	c     *conn
	query string
}

func (s *statement) ready(ctx context.Context) error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.forget(s.query)
	return s.c.flush(ctx)
}

// ExecContext runs the statement.
func (s *statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	return s.Stmt.ExecContext(ctx, args)
}

// QueryContext asks it.
func (s *statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	return s.Stmt.QueryContext(ctx, args)
}
