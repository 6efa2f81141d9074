package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

// visible are the batches whose tokens exist for anyone who asks.
const visible = `b.loading = 0 AND b.withdrawn_at IS NULL`

// printed is a serial as it was imported.
const printed = `COALESCE(t.printed, t.serial_key)`

// tokenFields are what scanToken reads, tokenTables where it stands. The tables of
// what may be joined to a token come behind.
const (
	tokenFields = `t.id, ` + printed + `, t.profile_id,
	t.counter, t.not_before, t.not_after, t.manufactured, t.fingerprint,
	t.state, a.name, COALESCE(t.state_since, b.imported_at), t.watermark, t.failures, t.locked_until, t.issued, l.name,
	lo.reported_at, COALESCE(lo.stolen, 0), COALESCE(lo.leaked, 0), COALESCE(lo.was_stolen, 0), t.seed IS NULL, b.id, b.number, b.imported_at, b.format = '` + token.VirtualFormat + `'`
	tokenTables = ` FROM token t
JOIN batch b ON b.id = t.batch_id
LEFT JOIN location l ON l.id = t.location_id
LEFT JOIN account a ON a.id = t.account_id
LEFT JOIN loss lo ON lo.token_id = t.id`
	openBinding = ` LEFT JOIN binding bi ON bi.token_id = t.id AND bi.closed_at IS NULL`
	// lastCondition is the condition in which a token came back last, as far as
	// somebody said.
	lastCondition = `COALESCE((SELECT condition FROM binding WHERE token_id = t.id AND condition <> '' ORDER BY id DESC LIMIT 1), '')`

	tokenSelect = `SELECT ` + tokenFields + `, bi.opened_at, ` + lastCondition + tokenTables + openBinding + ` WHERE ` + visible
)

// scanToken reads tokenFields, and what stands behind them into more. Profiles are
// read once in a transaction: as columns of each token they took a sixth of the time
// of reading a million.
type scanToken func(row scanner, more ...any) (token.Token, error)

func (q *queries) tokenScanner() scanToken {
	profiles, failed := q.Profiles()
	return func(row scanner, more ...any) (t token.Token, err error) {
		if failed != nil {
			return t, failed
		}
		var profile int64
		err = row.Scan(append([]any{&t.ID, &t.Serial, &profile,
			&t.Counter, inSeconds(&t.NotBefore), inSeconds(&t.NotAfter), inSeconds(&t.Manufactured), orZero(&t.Fingerprint),
			(*stateCode)(&t.State), orZero((*string)(&t.Account)), inNanos(&t.Since), mark{&t.Watermark}, &t.Failures, inNanos(&t.LockedUntil), &t.Issued,
			orZero(&t.Location), inNanos(&t.Loss.Reported), &t.Loss.Stolen, &t.Leaked, &t.WasStolen, &t.SeedDestroyed, &t.BatchID, orZero(&t.BatchNumber), inNanos(&t.ImportedAt), &t.Software},
			more...)...)
		t.Profile = profiles[profile]
		return t, err
	}
}

// mark scans a watermark.
type mark struct{ to *token.Mark }

func (m mark) Scan(v any) error {
	m.to.Known = v != nil
	return orZero(&m.to.Step)(v)
}

// wholeToken reads one row of tokenSelect.
func (q *queries) wholeToken(where string, args ...any) (t token.Token, err error) {
	var bound time.Time
	var condition string
	q.ahead(Ask{profileSelect, nil}, Ask{tokenSelect + where, args})
	scan := q.tokenScanner()
	t, err = scan(q.row(tokenSelect+where, args...), inNanos(&bound), &condition)
	if err == nil {
		q.seen.note(t)
	}
	if err == nil && q.foreseen == t.Serial.Key() {
		q.ahead(vouchAsks(t.ID, q.foreseen)...)
	}
	t.BoundAt, t.Condition = bound, condition
	return t, err
}

const seedSelect = `SELECT t.seed, t.serial_key, t.fingerprint, b.uuid FROM token t JOIN batch b ON b.id = t.batch_id WHERE t.id = $1`

// SealedSeed reads a token's seed as custody sealed it, and what its seal binds it to.
func (q *queries) SealedSeed(tokenID int64) (sealed []byte, of token.SeedPlace, err error) {
	err = q.row(seedSelect, tokenID).
		Scan(&sealed, &of.Serial, orZero(&of.Fingerprint), &of.Batch)
	if err == nil && sealed == nil {
		return nil, of, fault.Errorf(fault.NotAllowed, "the seed of this token was destroyed")
	}
	return sealed, of, err
}

// SaveToken writes what can change of a token, but for its location.
func (q *queries) SaveToken(t token.Token) error {
	if err := q.giveAccount(t.Account); err != nil {
		return err
	}
	var err error
	var step any
	if t.Watermark.Known {
		step = t.Watermark.Step
	}
	since := nanos(t.Since)
	if t.Since.Equal(t.ImportedAt) {
		since = nil // one way to say it
	}
	if t.Loss.Reported.IsZero() && !t.Marks.Any() {
		err = q.exec(`DELETE FROM loss WHERE token_id = $1`, t.ID)
	} else {
		err = q.exec(`INSERT INTO loss (token_id, reported_at, stolen, leaked, was_stolen) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (token_id) DO UPDATE SET reported_at = excluded.reported_at, stolen = excluded.stolen,
				leaked = excluded.leaked, was_stolen = excluded.was_stolen`,
			t.ID, nanos(t.Loss.Reported), t.Loss.Stolen, t.Leaked, t.WasStolen)
	}
	if err != nil {
		return err
	}
	return q.exec(`UPDATE token SET state = $1, state_since = $2, account_id = `+accountOf+`$3), watermark = $4,
		failures = $5, locked_until = $6, issued = $7 WHERE id = $8`,
		stateCode(t.State), since, t.Account.Key(), step, t.Failures, nanos(t.LockedUntil), t.Issued, t.ID)
}

// accountOf is the id of an account by its key; NULL for none.
const accountOf = `(SELECT id FROM account WHERE key = `

// giveAccount makes the row of an account that is given a token, if it has none.
func (q *queries) giveAccount(a token.Account) error {
	if a == "" || q.given == a.Key() {
		return nil
	}
	q.given = a.Key()
	return q.exec(`INSERT INTO account (name, key, held) VALUES ($1, $2, 1) ON CONFLICT (key) DO UPDATE SET held = 1 WHERE account.held = 0`, a, a.Key())
}

// SaveLocation writes where a token is.
func (q *queries) SaveLocation(tokenID int64, name string) error {
	id, err := q.locationID(name)
	if err != nil {
		return err
	}
	return q.exec(`UPDATE token SET location_id = $1 WHERE id = $2`, id, tokenID)
}

// OpenBinding opens a binding; the database refuses a second open one.
func (q *queries) OpenBinding(b token.Binding) error {
	if err := q.giveAccount(b.Account); err != nil {
		return err
	}
	return q.exec(`INSERT INTO binding (uuid, token_id, account_id, opened_at, by_kind, by_id, by_name, approver, proof, codes, ticket)
		VALUES ($1, $2, `+accountOf+`$3), $4, $5, $6, $7, $8, $9, $10, $11)`,
		b.UUID.String(), b.TokenID, b.Account.Key(), b.Opened.UnixNano(), b.By.Kind, b.By.ID, b.By.Name, b.Approver, b.Proof, b.Codes, b.Ticket)
}

const openSelect = `SELECT uuid FROM binding WHERE token_id = $1 AND closed_at IS NULL`

// CloseBinding ends a token's open binding and returns which it was.
func (q *queries) CloseBinding(tokenID int64, at time.Time) (uuid.UUID, error) {
	id, err := value[uuid.UUID](q.row(openSelect, tokenID))
	if err != nil {
		return id, err
	}
	return id, q.exec(`UPDATE binding SET closed_at = $1 WHERE token_id = $2 AND closed_at IS NULL`, at.UnixNano(), tokenID)
}

// NoteCondition writes in which condition a token came back at the end of a binding.
func (q *queries) NoteCondition(binding uuid.UUID, condition string) error {
	return q.exec(`UPDATE binding SET condition = $1 WHERE uuid = $2`, condition, binding.String())
}

const tokensOfAccount = `SELECT ` + printed + ` FROM token t JOIN batch b ON b.id = t.batch_id AND ` + visible + `
	WHERE t.account_id = (SELECT id FROM account WHERE key = $1) ORDER BY t.serial_key`

// TokensOf lists what an account has, by serial.
func (q *queries) TokensOf(a token.Account) ([]token.Serial, error) {
	return collect(q, value[token.Serial], tokensOfAccount, a.Key())
}

// Locations lists the names of all places, in no order.
func (q *queries) Locations() ([]string, error) {
	return collect(q, value[string], `SELECT name FROM location`)
}

// ClosedLocations lists the names of closed places.
func (q *queries) ClosedLocations() ([]string, error) {
	return collect(q, value[string], `SELECT name FROM location WHERE closed_at IS NOT NULL ORDER BY name`)
}

// SavePlace writes since when a place is closed, and makes it where it is not there;
// the zero time opens it.
func (q *queries) SavePlace(name string, closed time.Time) error {
	id, err := q.locationID(name)
	if err != nil {
		return err
	}
	return q.exec(`UPDATE location SET closed_at = $1 WHERE id = $2`, nanos(closed), id)
}

// TokensAt lists the tokens at a place and within it that lie there, or that some
// person has who got them from there; not those that are lost or retired.
func (q *queries) TokensAt(name string) (all []desk.Placed, err error) {
	within, err := q.locationsWithin(name)
	if err != nil || len(within) == 0 {
		return nil, err
	}
	return collect(q, func(row scanner) (p desk.Placed, err error) {
		err = row.Scan(&p.Serial, (*stateCode)(&p.State), &p.Location)
		return p, err
	}, `SELECT `+printed+`, t.state, l.name FROM token t JOIN batch b ON b.id = t.batch_id AND `+visible+` JOIN location l ON l.id = t.location_id
		WHERE t.location_id IN (`+places(1, len(within))+`) AND t.state NOT IN (`+codesOf(token.Lost, token.Retired)+`) ORDER BY t.id`, within...)
}

// locationsWithin returns the ids of a place and of what lies below it: places are
// few, and how they compare is the domain's to say.
func (q *queries) locationsWithin(name string) (ids []any, err error) {
	key := token.LocationKey(name)
	if key == "" {
		return nil, nil
	}
	all := map[int64]string{}
	err = q.each(`SELECT id, name FROM location`, nil, pair(all))
	for id, other := range all {
		if token.LocationWithin(token.LocationKey(other), key) {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// locationID finds or makes the row of a place; NULL for none.
func (q *queries) locationID(name string) (any, error) {
	if name == "" {
		return nil, nil
	}
	if err := q.exec(`INSERT INTO location (name) VALUES ($1) ON CONFLICT (name) DO NOTHING`, name); err != nil {
		return nil, err
	}
	return value[int64](q.row(`SELECT id FROM location WHERE name = $1`, name))
}

const policySelect = `SELECT name, value FROM policy`

// Policy reads what was set, by name.
func (q *queries) Policy() (map[string]string, error) {
	set := map[string]string{}
	if err := q.each(policySelect, nil, pair(set)); err != nil {
		return nil, err
	}
	return set, q.vouchPolicy(set)
}

// SavePolicy writes a setting; an empty value removes it.
func (q *queries) SavePolicy(name, value string) error {
	if value == "" {
		return q.exec(`DELETE FROM policy WHERE name = $1`, name)
	}
	return q.exec(`INSERT INTO policy (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}

// CountTokens counts the tokens that can be seen, and those of them that count
// presses and have a seed.
func (s *Store) CountTokens(ctx context.Context) (n, presses int, err error) {
	err = s.snapshot(ctx, func(q *queries) error {
		return q.row(`SELECT COUNT(*), COUNT(CASE WHEN p.type = 'hotp' AND t.seed IS NOT NULL THEN 1 END)
			FROM token t JOIN batch b ON b.id = t.batch_id AND `+visible+` JOIN profile p ON p.id = t.profile_id`).Scan(&n, &presses)
	})
	return n, presses, err
}

// stateCodes are the states by their number in the database, which is never reused:
// a new state comes last. The table of states holds the same for people.
var stateCodes = []token.State{token.InStock, token.Assigned, token.Bound, token.Suspended,
	token.Quarantined, token.Lost, token.Retired}

// stateCode reads and writes a state as its number.
type stateCode token.State

// Value is the number.
func (s stateCode) Value() (driver.Value, error) {
	if i := slices.Index(stateCodes, token.State(s)); i >= 0 {
		return int64(i), nil
	}
	return nil, fmt.Errorf("no state %q", string(s))
}

// Scan reads the number.
func (s *stateCode) Scan(v any) error {
	n, ok := v.(int64)
	if !ok || n < 0 || n >= int64(len(stateCodes)) {
		return fault.Errorf(fault.Integrity, "the database has a state %v that this program does not know", v)
	}
	*s = stateCode(stateCodes[n])
	return nil
}

// codesOf are the numbers of states in a query, "0,4".
func codesOf(states ...token.State) string {
	codes := make([]string, len(states))
	for i, s := range states {
		codes[i] = fmt.Sprint(slices.Index(stateCodes, s))
	}
	return strings.Join(codes, ",")
}
