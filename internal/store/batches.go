package store

import (
	"time"

	"fob/internal/fault"
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
			order_no, supplier, expected, location, received, records, new, unchanged, refused, imported_at, by_kind, by_id, by_name)
		VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, 0, $14, $15, $16, $17) RETURNING id`,
		b.UUID.String(), b.FirstID, b.LastID, b.File, b.SHA256, b.Format, b.Options,
		s.Order, s.Supplier, orNull(s.Expected), s.Location, date(s.Received), b.Records,
		b.Imported.UnixNano(), b.By.Kind, b.By.ID, b.By.Name).Scan(&b.ID)
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
		return b, fault.Errorf(fault.Internal, "the batch was swept while it was loading; nothing of it is stored").
			WithHint("import the file again")
	}
	return b, err
}

// RemoveToken removes a token that is being replaced, with what its clock showed
// while it was in stock. One that was ever bound cannot be removed.
func (q *queries) RemoveToken(id int64) error {
	if err := q.exec(`DELETE FROM observation WHERE token_id = $1`, id); err != nil {
		return err
	}
	return q.removeTokens(id, id)
}

func printed(s token.Serial) any {
	if string(s) == s.Key() {
		return nil
	}
	return string(s)
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

// learnProfile finds or makes the row of a profile.
func (q *queries) learnProfile(known map[token.Profile]int64, p token.Profile) error {
	if _, ok := known[p]; ok {
		return nil
	}
	args := []any{p.Manufacturer, p.Model, p.Type, p.Hash, p.Digits, p.Period, p.T0}
	if err := q.exec(`INSERT INTO profile (manufacturer, model, type, hash, digits, period, t0)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, args...); err != nil {
		return err
	}
	var id int64
	err := q.row(`SELECT id FROM profile WHERE manufacturer = $1 AND model = $2 AND type = $3
		AND hash = $4 AND digits = $5 AND period = $6 AND t0 = $7`, args...).Scan(&id)
	known[p] = id
	return err
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
