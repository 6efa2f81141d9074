package store

import (
	"context"
	"database/sql/driver"
	"slices"
	"strconv"
	"strings"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

// InsertTokens inserts the tokens of a loading batch; ids rise. What a row costs
// is mostly its values: one that is bound costs also when it is NULL, so columns
// that none of the rows fills are left to their defaults, and what all rows share
// stands in the statement.
func (q *queries) InsertTokens(b token.Batch, rows []desk.Row) error {
	if len(rows) == 0 {
		return nil
	}
	profiles, err := q.profileIDs(rows)
	if err != nil {
		return err
	}
	locations, err := q.locationIDs(b, rows)
	if err != nil {
		return err
	}
	columns := slices.DeleteFunc([]tokenColumn{
		{"serial_key", "", func(r *desk.Row) any { return r.Serial.Key() }},
		{"batch_id", strconv.FormatInt(b.ID, 10), nil},
		profileColumn(profiles),
		{"fingerprint", "", func(r *desk.Row) any { return r.Fingerprint }},
		{"seed", "", func(r *desk.Row) any { return r.Sealed }},
		{"printed", "", func(r *desk.Row) any { return printed(r.Serial) }},
		{"bare", "", func(r *desk.Row) any { return bare(r.Serial.Key()) }},
		{"counter", "", func(r *desk.Row) any { return orNull(r.Counter) }},
		{"not_before", "", func(r *desk.Row) any { return seconds(r.NotBefore) }},
		{"not_after", "", func(r *desk.Row) any { return seconds(r.NotAfter) }},
		{"manufactured", "", func(r *desk.Row) any { return seconds(r.Manufactured) }},
		{"location_id", "", func(r *desk.Row) any { return locations[r.Location] }},
	}, func(c tokenColumn) bool { return c.empty(rows) })
	return q.insertInOrder(rows, columns)
}

// tokenColumn is a column of the rows to insert: a number that all of them share,
// or a value of each, nil for its default.
type tokenColumn struct {
	name   string
	shared string
	value  func(*desk.Row) any
}

func (c tokenColumn) empty(rows []desk.Row) bool {
	if c.shared != "" {
		return false
	}
	for i := range rows {
		if c.value(&rows[i]) != nil {
			return false
		}
	}
	return true
}

// bound is the value for a statement that names the column: the counter has no
// NULL, so its default is said.
func (c tokenColumn) bound(r *desk.Row) any {
	if v := c.value(r); v != nil || c.name != "counter" {
		return v
	}
	return int64(0)
}

// bare is what a serial is found by that is said without its dashes; nil: it has
// none.
func bare(serialKey string) any {
	if strings.IndexByte(serialKey, '-') < 0 {
		return nil
	}
	return strings.ReplaceAll(serialKey, "-", "")
}

// insertInOrder leaves it to the database to count the ids up from the first one,
// where that comes to the same: an id that is given costs a search (measured: a
// quarter of an insert).
func (q *queries) insertInOrder(rows []desk.Row, columns []tokenColumn) error {
	named := append(columns, tokenColumn{"id", "", func(r *desk.Row) any { return r.ID }})
	last := rows[len(rows)-1].ID
	free, err := q.freeFrom(rows[0].ID)
	if err != nil {
		return err
	}
	if !free || last != rows[0].ID+int64(len(rows))-1 {
		return q.insertRows(rows, named)
	}
	if err := q.insertRows(rows[:1], named); err != nil {
		return err
	}
	if err := q.insertRows(rows[1:], columns); err != nil {
		return err
	}
	var got int64
	if err := q.row(`SELECT MAX(id) FROM token`).Scan(&got); err != nil || got == last {
		return err
	}
	return fault.Errorf(fault.Internal, "the database counted ids up to %d where %d was due", got, last)
}

// freeFrom reports whether no token has this id or a higher one.
func (q *queries) freeFrom(id int64) (free bool, err error) {
	err = q.row(`SELECT NOT EXISTS (SELECT 1 FROM token WHERE id >= $1)`, id).Scan(&free)
	return free, err
}

func (q *queries) insertRows(rows []desk.Row, columns []tokenColumn) error {
	if len(rows) == 0 {
		return nil
	}
	var names, marks []string
	var each []tokenColumn
	for _, c := range columns {
		names = append(names, c.name)
		if c.shared != "" {
			marks = append(marks, c.shared)
			continue
		}
		marks, each = append(marks, "?"), append(each, c)
	}
	insert := q.bulk(`INSERT INTO token (`+strings.Join(names, ", ")+`)`, marks...)
	defer insert.close()
	values := make([]any, len(each))
	for i := range rows {
		for k, c := range each {
			values[k] = c.bound(&rows[i])
		}
		if err := insert.add(values...); err != nil {
			return q.serialTaken(err)
		}
	}
	return q.serialTaken(insert.flush())
}

// profileIDs finds or makes the profiles of rows.
func (q *queries) profileIDs(rows []desk.Row) (map[token.Profile]int64, error) {
	known := map[token.Profile]int64{}
	var last token.Profile
	for i := range rows {
		p := rows[i].Profile
		if i > 0 && p == last {
			continue
		}
		if err := q.learnProfile(known, p); err != nil {
			return nil, err
		}
		last = p
	}
	return known, nil
}

func profileColumn(known map[token.Profile]int64) tokenColumn {
	c := tokenColumn{"profile_id", "", func(r *desk.Row) any { return known[r.Profile] }}
	if len(known) == 1 {
		for _, id := range known {
			c.shared = strconv.FormatInt(id, 10)
		}
	}
	return c
}

// rowsPerStatement is how many rows one INSERT carries: measured, more gain
// nothing.
const rowsPerStatement = 100

// bulk gathers rows into statements of rowsPerStatement rows. They go to the
// driver past database/sql, which checked, converted and locked for every value,
// and watched over every statement for a context that might end: a sixth of what
// a row costs.
type bulk struct {
	q     *queries
	head  string
	tuple string
	tail  string
	width int         // values of a row
	full  driver.Stmt // nil until there are so many rows
	args  []driver.NamedValue
}

// bulk begins an insert. Marks are the values of a row: "?" for one of its own,
// else what stands in all of them.
func (q *queries) bulk(head string, marks ...string) *bulk {
	b := &bulk{q: q, head: head + ` VALUES `, tuple: "(" + strings.Join(marks, ",") + ")"}
	b.width = strings.Count(b.tuple, "?")
	return b
}

// statement gives "… VALUES (?,?),(?,?)".
func (b *bulk) statement(rows int) string {
	return b.head + strings.TrimSuffix(strings.Repeat(b.tuple+",", rows), ",") + b.tail
}

// add takes the values of a row: of the kinds that a driver knows, int64, string,
// []byte and nil.
func (b *bulk) add(values ...any) error {
	for _, v := range values {
		b.args = append(b.args, driver.NamedValue{Ordinal: len(b.args) + 1, Value: v})
	}
	if len(b.args) < rowsPerStatement*b.width {
		return nil
	}
	if b.full == nil {
		var err error
		if b.full, err = b.prepare(rowsPerStatement); err != nil {
			return err
		}
	}
	return b.send(b.full)
}

func (b *bulk) flush() error {
	if len(b.args) == 0 {
		return nil
	}
	rest, err := b.prepare(len(b.args) / b.width)
	if err != nil {
		return err
	}
	defer rest.Close()
	return b.send(rest)
}

func (b *bulk) prepare(rows int) (s driver.Stmt, err error) {
	err = b.q.conn.Raw(func(conn any) error {
		s, err = conn.(driver.Conn).Prepare(b.statement(rows))
		return err
	})
	return s, err
}

// send runs a statement with the rows that were gathered. It is short: that the
// context ended is seen before the next one.
func (b *bulk) send(s driver.Stmt) error {
	if err := b.q.ctx.Err(); err != nil {
		return err
	}
	err := b.q.conn.Raw(func(any) error {
		_, err := s.(driver.StmtExecContext).ExecContext(context.Background(), b.args)
		return err
	})
	b.args = b.args[:0]
	return err
}

func (b *bulk) close() {
	if b.full != nil {
		b.full.Close()
	}
}
