package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"fob/internal/token"
	"fob/internal/trail"
)

// queries run in one transaction. They implement the interfaces that the rooms of
// use cases have of a store, those that write when the transaction may.
type queries struct {
	engine       Engine
	bounds       Bounds
	ctx          context.Context
	tx           *sql.Tx
	id           uuid.UUID
	insert       func(table string, columns []string, rows [][]any) error // nil: it only reads
	asked        map[string]int                                           // how often, in this transaction
	beside       []*queries                                               // readers of the same state, for those who read much
	prepared     map[string]*sql.Stmt                                     // what was asked before in this transaction
	clockVouched bool                                                     // what the clock is held against was itself held against the trail
	vouched      map[string]trail.Vouched                                 // tokens that were held against the trail, by serial key
	shared       *sharedByTokens                                          // nil: not read yet
	turn         *sync.Mutex                                              // of the connection; nil: it answers many queries at a time
	appended     *trail.Entry                                             // the last event
	unwritten    func() error                                             // called before the first write; nil: it was
	foreseen     string                                                   // key of the token that the transaction is about
	loads        bool
	allProfiles  map[int64]token.Profile // nil: not read yet
	generation   int64                   // of the keys; 0: not read yet
	seen         *seenTokens
	given        string  // key of the account that was given a token last
	destroyed    []Trace // of seeds, to be looked for
}

// scanner is a row, or one of many.
type scanner interface{ Scan(...any) error }

// asker asks one query.
type asker interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
}

// unprepared is a query that is sent with its arguments, in one round trip.
type unprepared struct {
	tx    *sql.Tx
	query string
}

func (u unprepared) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return u.tx.ExecContext(ctx, u.query, args...)
}

func (u unprepared) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return u.tx.QueryContext(ctx, u.query, args...)
}

func (u unprepared) QueryRowContext(ctx context.Context, args ...any) *sql.Row {
	return u.tx.QueryRowContext(ctx, u.query, args...)
}

// fewTimes is how often a query goes to a server before it is prepared there: that
// and its end cost a round trip each.
const fewTimes = 4

// statement prepares a query once in a transaction: an import that assigns asks
// the same things for every token. The transaction's end closes them all.
// To a server that is asked one at a time nothing that writes is prepared: it goes with
// the next question.
func (q *queries) statement(query string, writes bool) (asker, error) {
	if s, ok := q.prepared[query]; ok {
		return s, nil
	}
	if q.asked[query]++; q.turn != nil && (writes || q.asked[query] <= fewTimes) {
		return unprepared{q.tx, query}, nil
	}
	s, err := q.tx.PrepareContext(q.ctx, query)
	if err == nil {
		q.prepared[query] = s
	}
	return s, err
}

// alone waits until the connection is free; the function that it returns frees it.
func (q *queries) alone() func() {
	if q.turn == nil {
		return func() {}
	}
	q.turn.Lock()
	return q.turn.Unlock
}

func (q *queries) exec(query string, args ...any) error {
	if err := q.mayWrite(); err != nil {
		return err
	}
	defer q.alone()()
	s, err := q.statement(query, true)
	if err == nil {
		_, err = s.ExecContext(q.ctx, numbers(args)...)
	}
	return err
}

// row is a query of one row, which is asked when it is scanned.
func (q *queries) row(query string, args ...any) oneRow { return oneRow{q, query, args} }

type oneRow struct {
	q     *queries
	query string
	args  []any
}

// Scan asks for the row; without one the error is sql.ErrNoRows.
func (r oneRow) Scan(to ...any) error {
	defer r.q.alone()()
	s, err := r.q.statement(r.query, false)
	if err != nil {
		return err
	}
	b := r.q.bound()
	return b.end(s.QueryRowContext(b.ctx, numbers(r.args)...).Scan(to...))
}

// numbers makes 0 and 1 of flags, as the tables hold them.
func numbers(args []any) []any {
	for i, v := range args {
		if flag, is := v.(bool); is {
			args = slices.Clone(args)
			args[i] = int64(0)
			if flag {
				args[i] = int64(1)
			}
		}
	}
	return args
}

// each calls scan for every row of a query; scan must not ask anything else, since a
// connection may answer one query at a time.
func (q *queries) each(query string, args []any, scan func(scanner) error) error {
	defer q.alone()()
	s, err := q.statement(query, false)
	if err != nil {
		return err
	}
	b := q.bound()
	rows, err := s.QueryContext(b.ctx, numbers(args)...)
	if err != nil {
		return b.end(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err = b.row(); err == nil {
			err = scan(rows)
		}
		if err != nil {
			return b.end(err)
		}
		b.next()
	}
	return b.end(rows.Err())
}

// collect reads all rows of a query.
func collect[T any](q *queries, scan func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	err = q.each(query, args, func(row scanner) error {
		v, err := scan(row)
		all = append(all, v)
		return err
	})
	return all, err
}

// stream reads the rows of a query one by one; the first error ends them. Anyone who
// takes them may ask other things in between.
func stream[T any](q *queries, scan func(scanner) (T, error), query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		args := numbers(args)
		if q.turn != nil {
			inParts(q, scan, yield, query, args)
			return
		}
		b := q.bound()
		rows, err := q.tx.QueryContext(b.ctx, query, args...)
		if err != nil {
			failed[T](b.end(err))(yield)
			return
		}
		defer b.end(nil) //nolint:errcheck // there is none
		defer rows.Close()
		for rows.Next() {
			row, err := scan(rows)
			if err == nil {
				err = b.row()
			}
			if !yield(row, err) || err != nil {
				return
			}
			b.next()
		}
		failed[T](b.end(rows.Err()))(yield)
	}
}

// selected streams what a listing selects. The few rows of a small one are asked for at once, which
// takes a server fewer answers than a stream.
func selected[T any](q *queries, scan func(scanner) (T, error), l listing, query string) iter.Seq2[T, error] {
	query = l.from(query)
	if l.limit == 0 || l.limit > 1000 {
		return stream(q, scan, query, l.args...)
	}
	return func(yield func(T, error) bool) {
		all, err := collect(q, scan, query, l.args...)
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
		failed[T](err)(yield)
	}
}

// part is some of the rows of a query.
type part[T any] struct {
	rows []T
	err  error
	last bool
}

// inParts hands rows on once the part that they came in is read. The next part is read
// meanwhile, so that the server and the reader work at once.
func inParts[T any](q *queries, scan func(scanner) (T, error), yield func(T, error) bool, query string, args []any) {
	const few, many = 10, 1000 // anyone who wants one row gets no thousand
	free := q.alone()
	next, end, err := q.engine.Cursor(q.ctx, q.tx, query, args)
	free()
	if err != nil {
		failed[T](err)(yield)
		return
	}
	fetch := func(n int) <-chan part[T] {
		read := make(chan part[T], 1)
		go func() {
			rows, err := readPart(q, next, n, scan)
			read <- part[T]{rows, err, err != nil || len(rows) < n}
		}()
		return read
	}
	var coming <-chan part[T]
	defer func() {
		if coming != nil {
			<-coming
		}
		defer q.alone()()
		end()
	}()
	for p := <-fetch(few); ; {
		for _, v := range p.rows {
			if !yield(v, nil) {
				return
			}
		}
		if p.last {
			failed[T](p.err)(yield)
			return
		}
		if coming == nil {
			coming = fetch(many)
		}
		p, coming = <-coming, nil
		if !p.last {
			coming = fetch(many)
		}
	}
}

func readPart[T any](q *queries, next func(int) (*sql.Rows, error), size int, scan func(scanner) (T, error)) (all []T, err error) {
	defer q.alone()()
	rows, err := next(size)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// failed is a sequence of nothing but an error, or of nothing.
func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// value scans a row of one column.
func value[T any](row scanner) (v T, err error) {
	err = row.Scan(&v)
	return v, err
}

// pair scans a row of two columns into a map.
func pair[K comparable, V any](all map[K]V) func(scanner) error {
	return func(row scanner) error {
		var k K
		var v V
		err := row.Scan(&k, &v)
		all[k] = v
		return err
	}
}

func notFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// inChunks calls do with the keys that one look-up names: enough that the cost of a
// statement vanishes, and few, since SQLite finds the number of each parameter among
// those before it.
func inChunks[T any](all []T, do func(list string, args []any) error) error {
	const chunk = 100
	for len(all) > 0 {
		n := min(chunk, len(all))
		if err := do(places(1, n), anys(all[:n])); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// places returns n parameters, "$3,$4,$5".
func places(first, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ",$%d", first+i)
	}
	return strings.TrimPrefix(b.String(), ",")
}

func anys[T any](all []T) []any {
	out := make([]any, len(all))
	for i, v := range all {
		out[i] = v
	}
	return out
}

// prefixEnd is behind all texts that begin with a prefix.
func prefixEnd(prefix string) string { return prefix + "\U0010ffff" }

// Times are integers in the database: the driver would store a time.Time as
// text with a monotonic clock in it. NULL stands for the zero time.

func nanos(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixNano()
}

func seconds(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// orNull stores 0 and "" as NULL.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// scanFunc is a destination of Scan.
type scanFunc func(any) error

// Scan takes the value.
func (f scanFunc) Scan(v any) error { return f(v) }

// orZero scans NULL as the zero value.
func orZero[T any](to *T) scanFunc {
	return func(v any) error {
		var n sql.Null[T]
		err := n.Scan(v)
		*to = n.V
		return err
	}
}

// inNanos and inSeconds scan times; NULL is the zero time.
func inNanos(to *time.Time) scanFunc {
	return inUnit(to, func(n int64) time.Time { return time.Unix(0, n) })
}

func inSeconds(to *time.Time) scanFunc {
	return inUnit(to, func(n int64) time.Time { return time.Unix(n, 0) })
}

func inUnit(to *time.Time, unit func(int64) time.Time) scanFunc {
	return func(v any) error {
		var n sql.NullInt64
		err := n.Scan(v)
		*to = time.Time{}
		if n.Valid {
			*to = unit(n.Int64).UTC()
		}
		return err
	}
}

// nanosOrNil scans a time; NULL is nil.
func nanosOrNil(to **time.Time) scanFunc {
	return func(v any) error {
		*to = nil
		if v == nil {
			return nil
		}
		*to = new(time.Time)
		return inNanos(*to)(v)
	}
}
