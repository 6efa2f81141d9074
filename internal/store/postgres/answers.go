package postgres

import (
	"bytes"
	"database/sql/driver"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"fob/internal/store"
)

// answer is kept, to be given as often as it is asked for.
type answer struct {
	query   string
	columns []string
	rows    [][]driver.Value
}

// keep reads the answers to what was asked ahead.
func (c *conn) keep(results pgx.BatchResults, ask store.Ask) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	r := &answering{c: c, rows: rows}
	a := &answer{query: ask.Query}
	for rows.Next() {
		row := make([]driver.Value, len(rows.FieldDescriptions()))
		if err := r.read(row); err != nil {
			return err
		}
		a.rows = append(a.rows, row)
	}
	a.columns = r.Columns()
	c.known[keyOf(ask)] = a
	return rows.Err()
}

// keyOf is another one for every other question, and the same for a number of another
// width.
func keyOf(a store.Ask) string {
	key := []byte(a.Query)
	for _, v := range a.Args {
		text := fmt.Sprint(v)
		key = fmt.Appendf(key, "\x00%d %s", len(text), text)
	}
	return string(key)
}

func valuesOf(args []driver.NamedValue) []any {
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = a.Value
		if b, is := a.Value.([]byte); is { // whose owner may go on with it
			values[i] = bytes.Clone(b)
		}
	}
	return values
}

// given is a kept answer on its way.
type given struct {
	*answer
	next int
}

func (g *given) Columns() []string { return g.columns }
func (g *given) Close() error      { return nil }

// Next is the next row.
func (g *given) Next(to []driver.Value) error {
	if g.next == len(g.rows) {
		return io.EOF
	}
	copy(to, g.rows[g.next])
	g.next++
	return nil
}

// answering are the rows that answer the last question of a batch.
type answering struct {
	c       *conn
	rows    pgx.Rows
	results pgx.BatchResults
	more    bool
}

// Columns are the names of the columns.
func (r *answering) Columns() (names []string) {
	for _, f := range r.rows.FieldDescriptions() {
		names = append(names, f.Name)
	}
	return names
}

// Close reads what is left.
func (r *answering) Close() error {
	r.rows.Close()
	if err := r.results.Close(); err != nil {
		return err
	}
	return r.rows.Err()
}

// Next is the next row.
func (r *answering) Next(to []driver.Value) error {
	if !r.more {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	err := r.read(to)
	r.more = r.rows.Next()
	return err
}

// read makes of a row what database/sql knows.
func (r *answering) read(to []driver.Value) error {
	types := r.c.Conn.Conn().TypeMap()
	for i, raw := range r.rows.RawValues() {
		if to[i] = nil; raw == nil {
			continue
		}
		f := r.rows.FieldDescriptions()[i]
		var err error
		switch f.DataTypeOID {
		case pgtype.BoolOID:
			to[i], err = scanned[bool](types, f.DataTypeOID, f.Format, raw)
		case pgtype.ByteaOID:
			to[i], err = scanned[[]byte](types, f.DataTypeOID, f.Format, raw)
		case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
			to[i], err = scanned[int64](types, f.DataTypeOID, f.Format, raw)
		case pgtype.Float8OID:
			to[i], err = scanned[float64](types, f.DataTypeOID, f.Format, raw)
		default:
			to[i], err = scanned[string](types, f.DataTypeOID, f.Format, raw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func scanned[T any](types *pgtype.Map, oid uint32, format int16, raw []byte) (v T, err error) {
	err = types.Scan(oid, format, raw, &v)
	return v, err
}
