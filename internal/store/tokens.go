package store

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"fob/internal/fault"
	"fob/internal/token"
)

// tokenSelect is the one query that reads tokens; tokens of loading batches do
// not exist for it. scanToken reads its columns.
const tokenSelect = `
SELECT t.id, COALESCE(t.printed, t.serial_key), p.manufacturer, p.model, p.type, p.hash, p.digits, p.period, p.t0,
       t.batch_id, b.number, t.counter, t.not_before, t.not_after, t.manufactured, b.imported_at, COALESCE(l.name, ''),
       t.seed IS NOT NULL, t.state, COALESCE(t.state_since, b.imported_at), COALESCE(a.name, ''),
       t.watermark, t.failures, t.locked_until, t.issued, bi.opened_at, lo.reported_at, COALESCE(lo.stolen, 0), o.at, o.drift, o.rate,
       b.format = '` + token.VirtualFormat + `',
       ` + lastCondition + `
FROM token t
JOIN batch b ON b.id = t.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL
JOIN profile p ON p.id = t.profile_id
LEFT JOIN location l ON l.id = t.location_id
LEFT JOIN account a ON a.id = t.account_id
LEFT JOIN binding bi ON bi.token_id = t.id AND bi.closed_at IS NULL
LEFT JOIN loss lo ON lo.token_id = t.id
LEFT JOIN observation o ON o.id = (SELECT MAX(id) FROM observation WHERE token_id = t.id)`

// lastCondition is the condition in which a token came back last, as far as
// somebody said.
const lastCondition = `COALESCE((SELECT condition FROM binding WHERE token_id = t.id AND condition <> '' ORDER BY id DESC LIMIT 1), '')`

type scanner interface{ Scan(...any) error }

// scanToken reads one row of tokenSelect: the token and its newest observation,
// nil when its clock was never observed.
func scanToken(row scanner) (t token.Token, last *token.Observation, err error) {
	var mark, at sql.NullInt64
	var sealed bool
	var drift, rate sql.NullFloat64
	p := &t.Profile
	err = row.Scan(&t.ID, &t.Serial, &p.Manufacturer, &p.Model, &p.Type, &p.Hash, &p.Digits, &p.Period, &p.T0,
		&t.BatchID, &t.BatchNumber, &t.Counter, (*atSeconds)(&t.NotBefore), (*atSeconds)(&t.NotAfter), (*atSeconds)(&t.Manufactured), (*atNanos)(&t.ImportedAt), &t.Location,
		&sealed, (*stateCode)(&t.State), (*atNanos)(&t.Since), &t.Account,
		&mark, &t.Failures, (*atNanos)(&t.LockedUntil), &t.Issued, (*atNanos)(&t.BoundAt), (*atNanos)(&t.Loss.Reported), &t.Loss.Stolen, &at, &drift, &rate,
		&t.Software, &t.Condition)
	if err != nil {
		return t, nil, err
	}
	t.SeedDestroyed = !sealed
	t.Watermark = token.Mark{Step: mark.Int64, Known: mark.Valid}
	if at.Valid {
		last = &token.Observation{At: fromNanos(at), Drift: drift.Float64, Rate: optional(rate)}
	}
	return t, last, nil
}

func optional(f sql.NullFloat64) *float64 {
	if !f.Valid {
		return nil
	}
	return &f.Float64
}

// Token reads one token by its serial.
func (q *queries) Token(serial token.Serial) (token.Token, error) {
	t, _, err := q.token(serial)
	return t, err
}

// SealedSeed reads a token's seed as custody sealed it, and the fingerprint that
// it was imported with.
func (q *queries) SealedSeed(tokenID int64) (sealed []byte, print int64, err error) {
	err = q.row(`SELECT seed, fingerprint FROM token WHERE id = $1`, tokenID).Scan(&sealed, &print)
	if err == nil && sealed == nil {
		return nil, 0, fault.Errorf(fault.NotAllowed, "the seed of this token was destroyed")
	}
	return sealed, print, err
}

// SaveToken writes what can change of a token.
func (q *queries) SaveToken(t token.Token) error {
	account, err := q.accountID(t.Account)
	if err != nil {
		return err
	}
	var mark any
	if t.Watermark.Known {
		mark = t.Watermark.Step
	}
	since := nanos(t.Since)
	if t.Since.Equal(t.ImportedAt) {
		since = nil // one way to say it
	}
	if err := q.saveLoss(t); err != nil {
		return err
	}
	return q.exec(`UPDATE token SET state = $1, state_since = $2, account_id = $3, watermark = $4,
		failures = $5, locked_until = $6, issued = $7 WHERE id = $8`,
		stateCode(t.State), since, account, mark, t.Failures, nanos(t.LockedUntil), t.Issued, t.ID)
}

// accountID finds or makes the row of an account that is given a token; NULL for
// none.
func (q *queries) accountID(a token.Account) (any, error) {
	if a == "" {
		return nil, nil
	}
	if err := q.exec(`INSERT INTO account (name, key, held) VALUES ($1, $2, 1) ON CONFLICT (key) DO UPDATE SET held = 1 WHERE held = 0`, a, a.Key()); err != nil {
		return nil, err
	}
	var id int64
	err := q.row(`SELECT id FROM account WHERE key = $1`, a.Key()).Scan(&id)
	return id, err
}

// KnownAccount gives an account as it was first typed.
func (q *queries) KnownAccount(a token.Account) (token.Account, error) {
	err := q.row(`SELECT name FROM account WHERE key = $1`, a.Key()).Scan(&a)
	if notFound(err) {
		return a, nil
	}
	return a, err
}

// CloseBinding ends a token's open binding and tells which it was.
func (q *queries) CloseBinding(tokenID int64, at time.Time) (id uuid.UUID, err error) {
	err = q.row(`UPDATE binding SET closed_at = $1 WHERE token_id = $2 AND closed_at IS NULL RETURNING uuid`,
		at.UnixNano(), tokenID).Scan(&id)
	return id, err
}

// OpenBinding opens a binding; the database refuses a second open one.
func (q *queries) OpenBinding(b token.Binding) error {
	account, err := q.accountID(b.Account)
	if err != nil {
		return err
	}
	return q.exec(`INSERT INTO binding (uuid, token_id, account_id, opened_at, by_kind, by_id, by_name, approver, proof, codes, ticket)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		b.UUID.String(), b.TokenID, account, b.Opened.UnixNano(), b.By.Kind, b.By.ID, b.By.Name, b.Approver, b.Proof, b.Codes, b.Ticket)
}

func inChunks[T any](all []T, do func([]T) error) error {
	for len(all) > 0 {
		n := min(lookupChunk, len(all))
		if err := do(all[:n]); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// places returns n placeholders for parameters, "$3,$4,$5".
func places(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return b.String()
}

func anys[T any](all []T) []any {
	out := make([]any, len(all))
	for i, v := range all {
		out[i] = v
	}
	return out
}
