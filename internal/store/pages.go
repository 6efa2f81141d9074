package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// SnapshotPages runs fn on one consistent state.
func (s *Store) SnapshotPages(ctx context.Context, fn func(report.PageReader) error) error {
	return s.snapshot(ctx, func(q *queries) error { return fn(q) })
}

// SerialOf returns the serial of a token by its number.
func (q *queries) SerialOf(id int64) (token.Serial, error) {
	serial, err := value[token.Serial](q.row(`SELECT `+printed+` FROM token t JOIN batch b ON b.id = t.batch_id WHERE t.id = $1 AND `+visible, id))
	if notFound(err) {
		return "", fault.Errorf(fault.NotFound, "there is no such token")
	}
	return serial, err
}

// NewestAbout reads the events that the index of subjects names.
func (q *queries) NewestAbout(serial token.Serial, limit int) (all []trail.Stored, err error) {
	subjects := trail.AllAbout(serial.Key())
	seqs, err := collect(q, value[int64], fmt.Sprintf(`SELECT seq FROM audit_about WHERE subject IN (%s) ORDER BY seq DESC LIMIT %d`, places(1, len(subjects)), limit), anys(subjects)...)
	for _, seq := range seqs {
		if err != nil {
			return nil, err
		}
		var s trail.Stored
		s, err = q.EventAt(seq)
		all = append(all, s)
	}
	return all, err
}

// Named lists accounts whose full names hold all words of a text, in whatever order and
// case. Their order is no index's: to go by one takes seven times as long.
func (q *queries) Named(part string, limit int) ([]report.Account, error) {
	l := listing{order: `a.name`, limit: limit}
	for word := range strings.FieldsFuncSeq(strings.ToLower(part), func(r rune) bool { return r == ' ' || r == ',' }) {
		l.where(`LOWER(a.full_name) LIKE ? ESCAPE '\'`, holding(word))
	}
	return report.Collected(selected(q, func(row scanner) (report.Account, error) {
		a, _, err := scanAccount(row)
		return a, err
	}, l, accountSelect))
}

// holding is a pattern of LIKE for what holds a text.
func holding(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}

// NearNames compares the names of people with one that somebody said: those that have a
// piece of each of its words.
func (q *queries) NearNames(said string, limit int) (found []token.Account, err error) {
	wanted, far := token.ReadName(said), map[token.Account]int{}
	l := listing{order: `a.name`}
	for _, pieces := range wanted.Pieces() {
		var ways []string
		var args []any
		for _, p := range pieces {
			ways, args = append(ways, `LOWER(COALESCE(a.full_name, a.name)) LIKE ? ESCAPE '\'`), append(args, holding(p))
		}
		l.where("("+strings.Join(ways, " OR ")+")", args...)
	}
	err = q.each(l.from(`SELECT a.name, COALESCE(a.full_name, a.name) FROM account a`), l.args, func(row scanner) error {
		var account token.Account
		var name string
		if err := row.Scan(&account, &name); err != nil {
			return err
		}
		if d, ok := wanted.Far(name); ok {
			far[account], found = d, append(found, account)
		}
		return nil
	})
	slices.SortStableFunc(found, func(a, b token.Account) int { return far[a] - far[b] })
	return found[:min(len(found), limit)], err
}

// LostBy lists the lost tokens that an account had last, the newest first.
func (q *queries) LostBy(a token.Account, limit int) ([]token.Serial, error) {
	return collect(q, value[token.Serial], fmt.Sprintf(`SELECT `+printed+` FROM binding bi JOIN token t ON t.id = bi.token_id JOIN batch b ON b.id = t.batch_id AND `+visible+`
		WHERE bi.account_id = (SELECT id FROM account WHERE key = $1) AND t.state = $2
		AND NOT EXISTS (SELECT 1 FROM binding later WHERE later.token_id = bi.token_id AND later.id > bi.id) ORDER BY bi.id DESC LIMIT %d`, limit), a.Key(), stateCode(token.Lost))
}

// monthSeconds is how finely dates of manufacture are counted.
const monthSeconds = 2629746

// StockCounts counts tokens in one walk over their table.
func (q *queries) StockCounts() ([]report.StockCount, error) {
	return collect(q, func(row scanner) (c report.StockCount, err error) {
		var virtual, clock, month int64
		err = row.Scan(&c.Batch, &virtual, &c.Manufacturer, &c.Model, &clock, &c.Location, (*stateCode)(&c.State), &month, inNanos(&c.Imported), &c.Tokens)
		if c.Clock = clock == 1; month > 0 {
			c.Made = time.Unix(month*monthSeconds, 0).UTC()
		}
		if virtual == 1 {
			c.Batch = 0
		}
		return c, err
	}, fmt.Sprintf(`SELECT b.number, CASE WHEN b.format = $1 THEN 1 ELSE 0 END, p.manufacturer, p.model, CASE WHEN p.period > 0 THEN 1 ELSE 0 END,
			COALESCE(l.name, ''), c.state, c.month, b.imported_at, c.n
		FROM (SELECT t.batch_id, t.profile_id, t.location_id, t.state, COALESCE(t.manufactured, 0) / %[1]d AS month, COUNT(*) AS n
			FROM token t GROUP BY t.batch_id, t.profile_id, t.location_id, t.state, COALESCE(t.manufactured, 0) / %[1]d) c
		JOIN batch b ON b.id = c.batch_id AND `+visible+`
		JOIN profile p ON p.id = c.profile_id
		LEFT JOIN location l ON l.id = c.location_id`, monthSeconds), token.VirtualFormat)
}

// Session reads what is stored of a session of the pages; nil if there is none. It is
// sealed, and nothing of it is known here.
func (s *Store) Session(ctx context.Context, id []byte) (sealed []byte, err error) {
	err = s.snapshot(ctx, func(q *queries) error {
		err := q.row(`SELECT sealed FROM web_session WHERE id = $1`, id).Scan(&sealed)
		if notFound(err) {
			return nil
		}
		return err
	})
	return sealed, err
}

// SaveSession writes it, if it is new or was not ended elsewhere meanwhile, and removes
// those that are over. No event tells of it: a session is nothing of the inventory.
func (s *Store) SaveSession(ctx context.Context, id, sealed []byte, until, now time.Time, isNew bool) error {
	return s.update(ctx, false, func(q *queries) error {
		if err := q.exec(`DELETE FROM web_session WHERE until < $1`, now.UnixNano()); err != nil {
			return err
		}
		if isNew {
			return q.exec(`INSERT INTO web_session (id, sealed, until) VALUES ($1, $2, $3)`, id, sealed, until.UnixNano())
		}
		return q.exec(`UPDATE web_session SET sealed = $2, until = $3 WHERE id = $1`, id, sealed, until.UnixNano())
	})
}

// EndSession removes it.
func (s *Store) EndSession(ctx context.Context, id []byte) error {
	return s.update(ctx, false, func(q *queries) error { return q.exec(`DELETE FROM web_session WHERE id = $1`, id) })
}

// EndSessions removes all of them.
func (q *queries) EndSessions() error { return q.exec(`DELETE FROM web_session`) }
