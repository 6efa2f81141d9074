package store

import (
	"database/sql"
	"slices"

	"fob/internal/token"
)

// saveLoss keeps what is known of a token's loss.
func (q *queries) saveLoss(t token.Token) error {
	if t.Loss.Reported.IsZero() {
		return q.exec(`DELETE FROM loss WHERE token_id = $1`, t.ID)
	}
	return q.exec(`INSERT INTO loss (token_id, reported_at, stolen) VALUES ($1, $2, $3)
		ON CONFLICT (token_id) DO UPDATE SET reported_at = excluded.reported_at, stolen = excluded.stolen`,
		t.ID, t.Loss.Reported.UnixNano(), t.Loss.Stolen)
}

// DestroySeed removes a token's sealed seed. secure_delete overwrites it in the
// database; the engine takes it out of the log.
func (q *queries) DestroySeed(tokenID int64) error {
	return q.exec(`UPDATE token SET seed = NULL WHERE id = $1`, tokenID)
}

const tokensOfAccount = `SELECT COALESCE(t.printed, t.serial_key) FROM token t JOIN batch b ON b.id = t.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL
	WHERE t.account_id = (SELECT id FROM account WHERE key = $1)`

// TokensOf lists what an account has, by serial.
func (q *queries) TokensOf(a token.Account) (all []token.Serial, err error) {
	err = q.each(tokensOfAccount, []any{a.Key()}, func(rows *sql.Rows) error {
		var s token.Serial
		err := rows.Scan(&s)
		all = append(all, s)
		return err
	})
	slices.Sort(all)
	return all, err
}

// Policy reads what was set.
func (q *queries) Policy() (map[string]string, error) {
	set := map[string]string{}
	err := q.each(`SELECT name, value FROM policy`, nil, func(rows *sql.Rows) error {
		var name, value string
		err := rows.Scan(&name, &value)
		set[name] = value
		return err
	})
	return set, err
}

// SavePolicy writes a setting; an empty value removes it.
func (q *queries) SavePolicy(name, value string) error {
	if value == "" {
		return q.exec(`DELETE FROM policy WHERE name = $1`, name)
	}
	return q.exec(`INSERT INTO policy (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}
