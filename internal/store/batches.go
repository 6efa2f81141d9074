package store

import (
	"database/sql"
	"slices"
	"strings"
	"time"

	"fob/internal/audit"
	"fob/internal/inventory"
	"fob/internal/token"
)

// CreateBatch keeps a batch as loading and reserves the ids of n tokens.
func (q *queries) CreateBatch(b token.Batch, n int) (token.Batch, error) {
	if err := q.row(`SELECT COALESCE(MAX(last_id), 0) + 1 FROM batch`).Scan(&b.FirstID); err != nil {
		return b, err
	}
	b.LastID = b.FirstID + int64(n) - 1
	b.Loading = true
	s := b.Supplied
	err := q.row(`INSERT INTO batch (uuid, loading, first_id, last_id, file, sha256, format, options,
			order_no, supplier, expected, location, received, records, new, unchanged, refused, imported_at, by_uid, by_name)
		VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, 0, $14, $15, $16) RETURNING id`,
		b.UUID.String(), b.FirstID, b.LastID, b.File, b.SHA256, b.Format, b.Options,
		s.Order, s.Supplier, orNull(s.Expected), s.Location, date(s.Received), b.Records,
		b.Imported.UnixNano(), b.By.UID, b.By.Name).Scan(&b.ID)
	return b, err
}

func date(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}

// CompleteBatch makes a batch visible and gives it the next number.
func (q *queries) CompleteBatch(b token.Batch) (token.Batch, error) {
	b.Loading = false
	err := q.row(`UPDATE batch SET loading = 0, number = (SELECT COALESCE(MAX(number), 0) + 1 FROM batch),
			new = $1, unchanged = $2, refused = $3, imported_at = $4
		WHERE id = $5 AND loading = 1 RETURNING number`,
		b.New, b.Same, b.Refused, b.Imported.UnixNano(), b.ID).Scan(&b.Number)
	if notFound(err) {
		return b, token.Errorf(token.Internal, "the batch was swept while it was loading; nothing of it is stored").
			WithHint("import the file again")
	}
	return b, err
}

// DiscardBatch removes up to limit tokens of a loading batch, and the batch
// with the last of them.
func (q *queries) DiscardBatch(batchID int64, limit int) (int, error) {
	var first, last int64
	err := q.row(`SELECT first_id, last_id FROM batch WHERE id = $1 AND loading = 1`, batchID).Scan(&first, &last)
	if notFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var ids, prints []int64
	err = q.each(`SELECT id, fingerprint FROM token WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3`,
		[]any{first, last, limit}, func(rows *sql.Rows) error {
			var id, print int64
			err := rows.Scan(&id, &print)
			ids, prints = append(ids, id), append(prints, print)
			return err
		})
	if err != nil {
		return 0, err
	}
	if err := q.removeTokens(ids, prints); err != nil || len(ids) == limit {
		return len(ids), err
	}
	return len(ids), q.exec(`DELETE FROM batch WHERE id = $1 AND loading = 1`, batchID)
}

// removeTokens deletes tokens with their fingerprints, the latter in the order
// of their keys.
func (q *queries) removeTokens(ids, prints []int64) error {
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(prints)
	for i, print := range prints {
		if i > 0 && print == prints[i-1] {
			continue
		}
		if err := q.exec(`DELETE FROM fingerprint WHERE print = $1 AND token_id BETWEEN $2 AND $3`,
			print, ids[0], ids[len(ids)-1]); err != nil {
			return err
		}
	}
	return q.exec(`DELETE FROM token WHERE id BETWEEN $1 AND $2`, ids[0], ids[len(ids)-1])
}

// RemoveToken removes a token that is being replaced, with what its clock showed
// while it was in stock. One that was ever bound cannot be removed.
func (q *queries) RemoveToken(id int64) error {
	if err := q.exec(`DELETE FROM observation WHERE token_id = $1`, id); err != nil {
		return err
	}
	var print int64
	if err := q.row(`SELECT fingerprint FROM token WHERE id = $1`, id).Scan(&print); err != nil {
		return err
	}
	return q.removeTokens([]int64{id}, []int64{print})
}

// rowsPerStatement is how many rows one INSERT carries: measured, more gain
// nothing.
const rowsPerStatement = 100

// InsertTokens inserts the tokens of a loading batch; ids rise. Columns that none
// of the rows fills are left to their defaults: a value that is bound costs,
// also when it is NULL.
func (q *queries) InsertTokens(b token.Batch, rows []inventory.Row) error {
	if len(rows) == 0 {
		return nil
	}
	locations, err := q.locationIDs(b, rows)
	if err != nil {
		return err
	}
	columns := []tokenColumn{
		{"printed", func(r *inventory.Row) any { return printed(r.Serial) }},
		{"counter", func(r *inventory.Row) any { return orNull(r.Counter) }},
		{"not_before", func(r *inventory.Row) any { return orNull(r.NotBefore) }},
		{"not_after", func(r *inventory.Row) any { return orNull(r.NotAfter) }},
		{"manufactured", func(r *inventory.Row) any { return orNull(r.Manufactured) }},
		{"location_id", func(r *inventory.Row) any { return locations[r.Location] }},
	}
	columns = slices.DeleteFunc(columns, func(c tokenColumn) bool { return c.empty(rows) })
	return q.insertTokens(b, rows, columns)
}

// tokenColumn is a column that many imports leave empty.
type tokenColumn struct {
	name  string
	value func(*inventory.Row) any // nil: the default
}

func (c tokenColumn) empty(rows []inventory.Row) bool {
	for i := range rows {
		if c.value(&rows[i]) != nil {
			return false
		}
	}
	return true
}

func (q *queries) insertTokens(b token.Batch, rows []inventory.Row, more []tokenColumn) error {
	head := `INSERT INTO token (id, serial_key, batch_id, profile_id, fingerprint, seed`
	for _, c := range more {
		head += `, ` + c.name
	}
	insert, err := q.bulk(head+`) VALUES `, 6+len(more))
	if err != nil {
		return err
	}
	defer insert.close()
	profiles := map[token.Profile]int64{}
	values := make([]any, 0, 6+len(more))
	for i := range rows {
		r := &rows[i]
		profile, err := q.profileID(profiles, r)
		if err != nil {
			return err
		}
		values = append(values[:0], r.ID, r.Serial.Key(), b.ID, profile, r.Fingerprint, r.Sealed)
		for _, c := range more {
			values = append(values, c.bound(r))
		}
		if err := insert.add(values...); err != nil {
			return q.serialTaken(err)
		}
	}
	return q.serialTaken(insert.flush())
}

// bound is the value for a statement that names the column: the counter has no
// NULL, so its default is said.
func (c tokenColumn) bound(r *inventory.Row) any {
	if v := c.value(r); v != nil || c.name != "counter" {
		return v
	}
	return 0
}

// serialTaken should not be seen: the import looked before. It covers the case
// that two rows of one import carry one serial all the same.
func (q *queries) serialTaken(err error) error {
	if isUnique(err) {
		return token.Wrap(token.Internal, err, "a serial is in the store already")
	}
	return err
}

// InsertPrints expects its prints sorted: random keys in sorted runs touch each
// page of the table once, where a run a slice would rewrite nearly all pages
// with every slice (measured: three times the cost of the whole import).
func (q *queries) InsertPrints(prints []inventory.Print) error {
	insert, err := q.bulk(`INSERT INTO fingerprint (print, nth, token_id) VALUES `, 3)
	if err != nil {
		return err
	}
	defer insert.close()
	for _, p := range prints {
		if p.Nth > 0 {
			continue
		}
		if err := insert.add(p.Print, p.Nth, p.TokenID); err != nil {
			return seedTaken(err)
		}
	}
	if err := insert.flush(); err != nil {
		return seedTaken(err)
	}
	return q.insertFurther(prints)
}

// insertFurther inserts the prints that other seeds share by chance, under the
// next free number: it need not be the count of those others, since one of them
// may have been replaced since.
func (q *queries) insertFurther(prints []inventory.Print) error {
	for _, p := range prints {
		if p.Nth == 0 {
			continue
		}
		if err := q.exec(`INSERT INTO fingerprint (print, nth, token_id)
			SELECT $1, COALESCE(MAX(nth), 0) + 1, $2 FROM fingerprint WHERE print = $1`, p.Print, p.TokenID); err != nil {
			return err
		}
	}
	return nil
}

func seedTaken(err error) error {
	if isUnique(err) {
		return token.Errorf(token.NotAllowed, "another import brought one of these seeds meanwhile; nothing of this file is stored").
			WithHint("import the file again: the record will be named")
	}
	return err
}

func printed(s token.Serial) any {
	if string(s) == s.Key() {
		return nil
	}
	return string(s)
}

// locationIDs finds or makes the locations of rows; that of a row without one is
// its batch's.
func (q *queries) locationIDs(b token.Batch, rows []inventory.Row) (map[string]any, error) {
	usual, err := q.locationID(b.Supplied.Location)
	if err != nil {
		return nil, err
	}
	ids := map[string]any{"": usual}
	for i := range rows {
		name := rows[i].Location
		if _, known := ids[name]; known {
			continue
		}
		if ids[name], err = q.locationID(name); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (q *queries) locationID(name string) (any, error) {
	if name == "" {
		return nil, nil
	}
	if err := q.exec(`INSERT INTO location (name) VALUES ($1) ON CONFLICT (name) DO NOTHING`, name); err != nil {
		return nil, err
	}
	var id int64
	err := q.row(`SELECT id FROM location WHERE name = $1`, name).Scan(&id)
	return id, err
}

// profileID finds or makes the row of a profile; known remembers those of this
// call.
func (q *queries) profileID(known map[token.Profile]int64, r *inventory.Row) (int64, error) {
	p := profileOf(&r.Columns)
	if id, ok := known[p]; ok {
		return id, nil
	}
	args := []any{p.Manufacturer, p.Model, p.Type, p.Hash, p.Digits, p.Period, p.T0}
	if err := q.exec(`INSERT INTO profile (manufacturer, model, type, hash, digits, period, t0)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, args...); err != nil {
		return 0, err
	}
	var id int64
	err := q.row(`SELECT id FROM profile WHERE manufacturer = $1 AND model = $2 AND type = $3
		AND hash = $4 AND digits = $5 AND period = $6 AND t0 = $7`, args...).Scan(&id)
	known[p] = id
	return id, err
}

func profileOf(c *audit.Columns) token.Profile {
	return token.Profile{Manufacturer: c.Manufacturer, Model: c.Model,
		Params: token.Params{Type: c.Type, Hash: c.Hash, Digits: c.Digits, Period: c.Period, T0: c.T0}}
}

// BatchOfFile finds a whole import of the same bytes with the same options.
func (q *queries) BatchOfFile(sha256, options string) (token.Batch, bool, error) {
	b := token.Batch{SHA256: sha256, Options: options}
	err := q.row(`SELECT id, number, format, records FROM batch
		WHERE sha256 = $1 AND options = $2 AND loading = 0 AND withdrawn_at IS NULL AND refused = 0 ORDER BY number LIMIT 1`,
		sha256, options).Scan(&b.ID, &b.Number, &b.Format, &b.Records)
	if notFound(err) {
		return b, false, nil
	}
	return b, err == nil, err
}

// bulk gathers rows into statements of rowsPerStatement rows.
type bulk struct {
	q       *queries
	head    string
	columns int
	full    *sql.Stmt
	args    []any
}

func (q *queries) bulk(head string, columns int) (*bulk, error) {
	full, err := q.tx.PrepareContext(q.ctx, head+tuples(rowsPerStatement, columns))
	return &bulk{q, head, columns, full, make([]any, 0, rowsPerStatement*columns)}, err
}

func (b *bulk) add(values ...any) error {
	b.args = append(b.args, values...)
	if len(b.args) < rowsPerStatement*b.columns {
		return nil
	}
	_, err := b.full.ExecContext(b.q.ctx, b.args...)
	b.args = b.args[:0]
	return err
}

func (b *bulk) flush() error {
	if len(b.args) == 0 {
		return nil
	}
	return b.q.exec(b.head+tuples(len(b.args)/b.columns, b.columns), b.args...)
}

func (b *bulk) close() { b.full.Close() }

// tuples gives "(?,?),(?,?)".
func tuples(rows, columns int) string {
	return strings.TrimSuffix(strings.Repeat("("+marks(columns)+"),", rows), ",")
}
