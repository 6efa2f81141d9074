package store

import (
	"cmp"
	"context"
	"iter"
	"runtime"
	"slices"
	"time"

	"fob/internal/provision"
	"fob/internal/token"
	"fob/internal/trail"
)

// Provision is the store as the way out for seeds wants it.
func (s *Store) Provision() provision.Store {
	return provisionStore{For[provision.Reader, provision.Tx]{s}}
}

type provisionStore struct {
	For[provision.Reader, provision.Tx]
}

// ViewMany is View with a reader for each core, up to as many as a verification has.
func (s provisionStore) ViewMany(ctx context.Context, fn func(provision.Reader) error) error {
	return s.snapshots(ctx, min(verifiers, runtime.GOMAXPROCS(0)), nil, func(readers []*queries) error {
		readers[0].beside = readers[1:]
		return fn(readers[0])
	})
}

// deliveredTo tells when a verifier got a token last.
func (q *queries) deliveredTo(verifier string) (func(id int64) time.Time, error) {
	all, err := q.deliveries(` WHERE d.verifier = $1`, verifier)
	handed := trail.NewHanded(all)
	return func(id int64) (last time.Time) {
		for _, n := range handed.In(id) {
			last = all[n].At
		}
		return last
	}, err
}

// handedTo tells which verifiers got a token's seed, each once.
func (q *queries) handedTo() (func(id int64) []string, error) {
	all, err := q.deliveries(``)
	handed := trail.NewHanded(all)
	return func(id int64) (names []string) {
		for _, n := range handed.In(id) {
			if name := all[n].Verifier; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		return names
	}, err
}

// goneSelect are the events by which the seeds of tokens in a range of ids were handed
// over for good.
const goneSelect = `SELECT DISTINCT d.seq FROM delivery d JOIN delivered x ON x.delivery_id = d.id WHERE d.destroyed = 1
	AND (x.first_id BETWEEN $1 AND $2 OR x.last_id > x.first_id AND x.first_id < $1 AND x.last_id >= $1)`

// ofOne finds the deliveries that one token was in.
const (
	ofOne = ` FROM delivered x JOIN delivery d ON d.id = x.delivery_id
	WHERE x.first_id = $1 OR x.last_id > x.first_id AND x.first_id < $1 AND x.last_id >= $1 ORDER BY d.id`
	handedSelect = `SELECT d.verifier` + ofOne
	tookSelect   = `SELECT d.verifier, d.target, d.at` + ofOne
)

// HandedTo does the same for one token, without reading all deliveries.
func (q *queries) HandedTo(id int64) (names []string, err error) {
	all, err := collect(q, value[string], handedSelect, id)
	for _, name := range all {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, err
}

// deliveries reads deliveries with the ids of their tokens.
func (q *queries) deliveries(where string, args ...any) (all []trail.DeliveryRow, err error) {
	at := map[int64]int{}
	heads := `SELECT d.id, d.uuid, d.seq, d.at, d.target, d.verifier, d.plaintext, d.tokens, d.destroyed FROM delivery d` + where + ` ORDER BY d.id`
	q.ahead(Ask{heads, args})
	err = q.each(heads, args, func(row scanner) error {
		var id int64
		var d trail.DeliveryRow
		err := row.Scan(&id, &d.ID, &d.Seq, inNanos(&d.At), &d.Target, &d.Verifier, &d.Plain, &d.Tokens, &d.Destroyed)
		at[id], all = len(all), append(all, d)
		return err
	})
	if err != nil || len(all) == 0 {
		return all, err
	}
	return all, q.each(`SELECT x.delivery_id, x.first_id, x.last_id FROM delivered x JOIN delivery d ON d.id = x.delivery_id`+where+` ORDER BY x.delivery_id, x.first_id`, args, func(row scanner) error {
		var id int64
		var r trail.IDRange
		err := row.Scan(&id, &r.First, &r.Last)
		if n, known := at[id]; known {
			all[n].IDs = append(all[n].IDs, r)
		}
		return err
	})
}

// DeliveryRows reads all deliveries.
func (q *queries) DeliveryRows() iter.Seq2[trail.DeliveryRow, error] {
	all, err := q.deliveries(``)
	return func(yield func(trail.DeliveryRow, error) bool) {
		for _, d := range all {
			if !yield(d, nil) {
				return
			}
		}
		failed[trail.DeliveryRow](err)(yield)
	}
}

// SaveDelivery writes who got which seeds.
func (q *queries) SaveDelivery(d trail.DeliveryRow) error {
	id, err := value[int64](q.row(`INSERT INTO delivery (uuid, seq, at, target, verifier, plaintext, tokens, destroyed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		d.ID, d.Seq, d.At.UnixNano(), d.Target, d.Verifier, d.Plain, d.Tokens, d.Destroyed))
	if err != nil {
		return err
	}
	for _, r := range d.IDs {
		if err := q.exec(`INSERT INTO delivered (delivery_id, first_id, last_id) VALUES ($1, $2, $3)`, id, r.First, r.Last); err != nil {
			return err
		}
	}
	return nil
}

// Delivered reports whether the seed of a token, or of one in a range of ids, went to
// a verifier.
func (q *queries) Delivered(first, last int64) (bool, error) {
	return value[bool](q.row(`SELECT EXISTS (SELECT 1 FROM delivered WHERE first_id <= $2 AND last_id >= $1)`, first, last))
}

var _ provision.Tx = (*queries)(nil)

// VerifierRows reads all verifiers by name.
func (q *queries) VerifierRows() iter.Seq2[trail.VerifierRow, error] {
	return stream(q, scanVerifier, verifierSelect)
}

// Verifiers lists them.
func (q *queries) Verifiers() ([]trail.VerifierRow, error) {
	return collect(q, scanVerifier, verifierSelect)
}

const verifierSelect = `SELECT name, target, added_at, removed_at, active FROM verifier ORDER BY name`

func scanVerifier(row scanner) (v trail.VerifierRow, err error) {
	err = row.Scan(&v.Name, &v.Target, inNanos(&v.Added), inNanos(&v.Removed), &v.Active)
	return v, err
}

// SaveVerifier writes one.
func (q *queries) SaveVerifier(v trail.VerifierRow) error {
	return q.exec(`INSERT INTO verifier (name, target, added_at, removed_at, active) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET target = excluded.target, added_at = excluded.added_at, removed_at = excluded.removed_at, active = excluded.active`,
		v.Name, v.Target, v.Added.UnixNano(), nanos(v.Removed), v.Active)
}

// EndedRows reads which tokens verifiers do not accept any more.
func (q *queries) EndedRows() iter.Seq2[trail.EndedRow, error] {
	return stream(q, scanEnded, `SELECT verifier, token_id, at, noted_at FROM ended ORDER BY verifier, token_id`)
}

func scanEnded(row scanner) (e trail.EndedRow, err error) {
	err = row.Scan(&e.Verifier, &e.TokenID, inNanos(&e.At), inNanos(&e.Noted))
	return e, err
}

// atSelect finds the verifiers that ended a token since they got its seed last, or that
// have it as that of an account whose binding has ended since.
const atSelect = `SELECT last.name, CASE WHEN b.closed_at IS NULL THEN e.at END, b.name
	FROM (SELECT d.verifier AS name, MAX(d.at) AS at FROM delivered x JOIN delivery d ON d.id = x.delivery_id
		WHERE x.first_id = $1 OR x.last_id > x.first_id AND x.first_id < $1 AND x.last_id >= $1 GROUP BY d.verifier) last
	LEFT JOIN ended e ON e.verifier = last.name AND e.token_id = $1 AND e.noted_at >= last.at
	LEFT JOIN (SELECT bi.closed_at, x.name FROM binding bi JOIN account x ON x.id = bi.account_id
		WHERE bi.token_id = $1 AND bi.closed_at IS NOT NULL ORDER BY bi.id DESC LIMIT 1) b
		ON b.closed_at >= last.at AND b.closed_at > COALESCE(e.noted_at, 0)
	LEFT JOIN verifier v ON v.name = last.name
	WHERE COALESCE(v.removed_at, 0) < last.at AND (e.at IS NOT NULL OR b.closed_at IS NOT NULL) ORDER BY last.name`

// AtVerifiers tells what verifiers that got the seed of a token make of it. One that was
// removed meanwhile is not among them.
func (q *queries) AtVerifiers(id int64) ([]token.AtVerifier, error) {
	return collect(q, func(row scanner) (v token.AtVerifier, err error) {
		err = row.Scan(&v.Verifier, nanosOrNil(&v.EndedAt), &v.Account)
		return v, err
	}, atSelect, id)
}

// SaveEnded notes that a verifier does not accept tokens any more.
func (q *queries) SaveEnded(verifier string, ids []int64, at, noted time.Time) error {
	for _, id := range ids {
		err := q.exec(`INSERT INTO ended (verifier, token_id, at, noted_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (verifier, token_id) DO UPDATE SET at = excluded.at, noted_at = excluded.noted_at`, verifier, id, at.UnixNano(), noted.UnixNano())
		if err != nil {
			return err
		}
	}
	return nil
}

// HandedTokens counts the tokens that a verifier got, each once.
func (q *queries) HandedTokens(verifier string) (n int, err error) {
	all, err := q.deliveries(` WHERE d.verifier = $1`, verifier)
	var ranges []trail.IDRange
	for _, d := range all {
		ranges = append(ranges, d.IDs...)
	}
	slices.SortFunc(ranges, func(a, b trail.IDRange) int { return cmp.Compare(a.First, b.First) })
	last := int64(0)
	for _, r := range ranges {
		n += int(max(0, r.Last-max(r.First-1, last)))
		last = max(last, r.Last)
	}
	return n, err
}

// endedStates are those in which no verifier should accept a token.
var endedStates = []token.State{token.Suspended, token.Quarantined, token.Lost, token.Retired}

// taskSelect finds tokens that may have to be ended: by their state, and those whose
// binding ended, with who had them then.
var taskSelect = `SELECT t.id, ` + printed + `, t.state, COALESCE(t.state_since, b.imported_at), lo.reported_at,
	(SELECT MAX(closed_at) FROM binding WHERE token_id = t.id),
	COALESCE((SELECT x.name FROM binding bi JOIN account x ON x.id = bi.account_id
		WHERE bi.token_id = t.id AND (bi.closed_at IS NOT NULL OR t.state IN (` + codesOf(endedStates...) + `)) ORDER BY bi.id DESC LIMIT 1), '')
	FROM token t JOIN batch b ON b.id = t.batch_id AND ` + visible + ` LEFT JOIN loss lo ON lo.token_id = t.id`

// Tasks lists the tokens that verifiers still have and should not have any more.
func (q *queries) Tasks(verifier string) (tasks []trail.Task, err error) {
	d := deliveredWhere(verifier)
	all, err := q.deliveries(d.where, d.args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return q.tasks(all, q.EndedRows(), whereArgs{})
}

// TasksOf lists those of one token, without reading which other tokens went with it.
func (q *queries) TasksOf(id int64) (tasks []trail.Task, err error) {
	all, err := collect(q, func(row scanner) (d trail.DeliveryRow, err error) {
		d.IDs = trail.IDRanges{{First: id, Last: id}}
		err = row.Scan(&d.Verifier, &d.Target, inNanos(&d.At))
		return d, err
	}, tookSelect, id)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	notes := stream(q, scanEnded, `SELECT verifier, token_id, at, noted_at FROM ended WHERE token_id = $1`, id)
	return q.tasks(all, notes, whereArgs{` AND t.id = $1`, []any{id}})
}

func (q *queries) tasks(all []trail.DeliveryRow, notes iter.Seq2[trail.EndedRow, error], of whereArgs) (tasks []trail.Task, err error) {
	removed := map[string]time.Time{}
	rows, err := q.Verifiers()
	if err != nil {
		return nil, err
	}
	for _, v := range rows {
		removed[v.Name] = v.Removed
	}
	ended := map[[2]any]time.Time{}
	for e, err := range notes {
		if err != nil {
			return nil, err
		}
		ended[[2]any{e.Verifier, e.TokenID}] = e.Noted
	}
	handed := trail.NewHanded(all)
	for _, where := range []string{
		` WHERE t.state <> ` + codesOf(token.InStock) + ` AND t.state IN (` + codesOf(endedStates...) + `)`,
		` WHERE t.state NOT IN (` + codesOf(endedStates...) + `) AND t.id IN (SELECT token_id FROM binding WHERE closed_at IS NOT NULL)`,
	} {
		err = q.each(taskSelect+where+of.where, of.args, func(row scanner) error {
			var t trail.Task
			var reported, closed time.Time
			if err := row.Scan(&t.ID, &t.Serial, (*stateCode)(&t.State), inNanos(&t.Since), inNanos(&reported), inNanos(&closed), &t.Account); err != nil {
				return err
			}
			last := map[string]trail.DeliveryRow{}
			for _, n := range handed.In(t.ID) {
				last[all[n].Verifier] = all[n]
			}
			if t.Why = string(t.State); !slices.Contains(endedStates, t.State) {
				t.Why, t.Since = "unbound", closed
			} else if !reported.IsZero() && reported.Before(t.Since) {
				t.Since = reported
			}
			// What was ended stays so until somebody could use the token again: what becomes
			// of one that nobody has is no new reason.
			usable := closed
			if t.State == token.Suspended {
				usable = t.Since
			}
			for name, d := range last {
				noted := ended[[2]any{name, t.ID}]
				switch {
				case !removed[name].IsZero() && !d.At.After(removed[name]):
				case t.Why == "unbound" && d.At.After(closed):
				case !noted.IsZero() && !noted.Before(usable) && !noted.Before(d.At):
				default:
					t.Verifier, t.Target, t.Delivered = name, d.Target, d.At
					tasks = append(tasks, t)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(tasks, func(a, b trail.Task) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Serial.Key(), b.Serial.Key()), cmp.Compare(a.Verifier, b.Verifier))
	})
	return tasks, nil
}

type whereArgs struct {
	where string
	args  []any
}

func deliveredWhere(verifier string) whereArgs {
	if verifier == "" {
		return whereArgs{}
	}
	return whereArgs{` WHERE d.verifier = $1`, []any{verifier}}
}

// PersonOf is the id that an account has in its directory.
func (q *queries) PersonOf(a token.Account) (string, error) {
	person, err := value[string](q.row(`SELECT COALESCE(person, '') FROM account WHERE key = $1`, a.Key()))
	if notFound(err) {
		return "", nil
	}
	return person, err
}

// HandedSerials are the tokens that a verifier got, by their keys.
func (q *queries) HandedSerials(verifier string) (map[string]token.Serial, error) {
	all := map[string]token.Serial{}
	return all, q.each(`SELECT t.serial_key, `+printed+` FROM delivery d JOIN delivered x ON x.delivery_id = d.id
		JOIN token t ON t.id BETWEEN x.first_id AND x.last_id WHERE d.verifier = $1`, []any{verifier}, pair(all))
}
