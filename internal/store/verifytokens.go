package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"fob/internal/token"
	"fob/internal/trail"
)

// TokenRows reads all tokens in the order of their ids. Of a million tokens most
// are as their import left them: so what no event changes is read of all, the rest
// only of those where it is not as at first, on another core, and what thousands of
// tokens share is looked up beside. A join and a column that is read cost more than
// finding the row. The first error ends it.
func (v *verifier) TokenRows() iter.Seq2[trail.TokenRow, error] {
	return func(yield func(trail.TokenRow, error) bool) {
		shared, err := v.trail.sharedByTokens()
		if err != nil {
			yield(trail.TokenRow{}, err)
			return
		}
		b := v.befell()
		defer b.stop()
		for row, err := range v.trail.importedRows(shared) {
			if err == nil {
				err = b.to(&row)
			}
			if !yield(row.TokenRow, err) || err != nil {
				return
			}
		}
		if err := b.end(); err != nil {
			yield(trail.TokenRow{}, err)
		}
	}
}

// befell is what happened to tokens since their import, each kind in the order of
// their ids.
type befell struct {
	changes *follower[changedRow]
	losses  *follower[lossRow]
	drifts  *follower[ownedObservation]
}

func (v *verifier) befell() befell {
	b := befell{
		follow(trail.Ahead(v.beside.changedRows()), func(c changedRow) int64 { return c.id }),
		follow(v.beside.losses(), func(l lossRow) int64 { return l.id }),
		follow(trail.Ahead(v.beside.observations()), func(o ownedObservation) int64 { return o.token }),
	}
	b.drifts.stray = func(o ownedObservation) {
		v.stray = append(v.stray, fmt.Sprintf("the measured drift %d is of no token", o.id))
	}
	return b
}

func (b befell) stop() { b.changes.stop(); b.losses.stop(); b.drifts.stop() }

func (b befell) to(row *importedRow) error {
	err := b.changes.at(row.ID, func(c changedRow) { c.to(&row.TokenRow) })
	if err == nil {
		err = b.losses.at(row.ID, func(l lossRow) { row.Loss = l.Loss })
	}
	if err != nil {
		return err
	}
	filed := filing{batch: row.batch}
	err = b.drifts.at(row.ID, func(o ownedObservation) {
		filed.add(o)
		row.Observations = append(row.Observations, o.Observation)
	})
	row.Amiss = cmp.Or(row.Amiss, filed.amiss())
	return err
}

// end reads the rest, which is of no token.
func (b befell) end() error {
	nothing := func(ownedObservation) {}
	return cmp.Or(b.changes.end(), b.losses.end(), b.drifts.at(math.MaxInt64, nothing))
}

// filing looks at how the measured drifts of one token are filed for its batch: the
// first one as such, and the newest where they span ninety days.
type filing struct {
	batch       int64
	first, last ownedObservation
	n           int
	wrong       string
}

func (f *filing) add(o ownedObservation) {
	if f.n == 0 {
		f.first = o
	} else if f.last.rated {
		f.wrong = "a measured drift counts falsely for its batch, or falsely not"
	}
	if o.batch != f.batch || o.isFirst != (f.n == 0) {
		f.wrong = "a measured drift is filed under another batch, or falsely as the first"
	}
	f.last = o
	f.n++
}

func (f *filing) amiss() string {
	if f.wrong == "" && f.n > 0 && f.last.rated != (f.last.At.Sub(f.first.At) >= ratedSpan) {
		return "a measured drift counts falsely for its batch, or falsely not"
	}
	return f.wrong
}

// sharedByTokens are what thousands of tokens point to.
type sharedByTokens struct {
	profiles  map[int64]token.Profile
	locations map[int64]string
	batches   map[int64]batchOfTokens
}

type batchOfTokens struct {
	uuid        string
	first, last int64
	imported    time.Time
	loading     bool
}

func (q *queries) sharedByTokens() (s sharedByTokens, err error) {
	if s.profiles, err = q.Profiles(); err != nil {
		return s, err
	}
	if s.locations, err = q.locationNames(); err != nil {
		return s, err
	}
	s.batches = map[int64]batchOfTokens{}
	err = q.each(`SELECT id, uuid, first_id, last_id, imported_at, loading FROM batch`, nil, func(rows *sql.Rows) error {
		var id int64
		var b batchOfTokens
		err := rows.Scan(&id, &b.uuid, &b.first, &b.last, (*atNanos)(&b.imported), &b.loading)
		s.batches[id] = b
		return err
	})
	return s, err
}

// importedRow is a token as its import left it.
type importedRow struct {
	trail.TokenRow
	batch int64
}

// importedRows reads of all tokens, but those that are loading, the columns that no
// event changes, and takes the rest for what it was at first.
func (q *queries) importedRows(shared sharedByTokens) iter.Seq2[importedRow, error] {
	return func(yield func(importedRow, error) bool) {
		l := newLoose(12)
		rows := stream(q, `SELECT id, serial_key, printed, bare, batch_id, profile_id, location_id, counter, not_before, not_after, manufactured, fingerprint
			FROM token ORDER BY id`, func(rows *sql.Rows) (row importedRow, err error) {
			if err = rows.Scan(l.into...); err != nil {
				return row, err
			}
			return l.imported(shared)
		})
		for row, err := range rows {
			if err == nil && row.Batch == "" && row.Amiss == "" {
				continue // it is loading
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func (l *loose) imported(shared sharedByTokens) (row importedRow, err error) {
	c := &row.Facts
	c.ID, row.SerialKey = l.int(0), l.text(1)
	c.Serial = token.Serial(row.SerialKey)
	if l.there(2) {
		c.Serial = token.Serial(l.text(2))
	}
	c.Counter, c.NotBefore, c.NotAfter, c.Manufactured, c.Fingerprint = l.int(7), l.seconds(8), l.seconds(9), l.seconds(10), l.int(11)
	c.Profile = shared.profiles[l.int(5)]
	row.batch = l.int(4)
	b, known := shared.batches[row.batch]
	if b.loading {
		return importedRow{}, l.err
	}
	row.Batch, row.State, row.Since = b.uuid, token.InStock, b.imported
	if l.there(6) {
		row.Location = shared.locations[l.int(6)]
	}
	bare := row.SerialKey
	if l.there(3) {
		bare = l.text(3)
	}
	switch {
	case !known:
		row.Amiss = "its batch is not there"
	case c.ID < b.first || c.ID > b.last:
		row.Amiss = "its id is not one of its batch"
	case bare != strings.ReplaceAll(row.SerialKey, "-", ""):
		row.Amiss = "it is found under another serial when its own is said without dashes"
	case l.zero(8), l.zero(9), l.zero(10):
		row.Amiss = zeroForNothing
	}
	return row, l.err
}

// Where nothing is known stands NULL. A 0 means the same to the replay, but not to
// the queries.
const zeroForNothing = "it has a 0 where nothing is known"

// changedRow has the columns of a token that events change.
type changedRow struct {
	token.Standing // without place and loss
	id             int64
	amiss          string
}

func (c changedRow) to(row *trail.TokenRow) {
	c.Location = row.Location
	if c.Since.IsZero() { // of its import
		c.Since = row.Since
	}
	row.Standing = c.Standing
	if row.Amiss == "" {
		row.Amiss = c.amiss
	}
}

// changedRows reads the tokens of which something is not as at first.
func (q *queries) changedRows() iter.Seq2[changedRow, error] {
	l := newLoose(9)
	return stream(q, `SELECT t.id, t.state, a.name, t.state_since, t.watermark, t.failures, t.locked_until, t.issued, t.seed IS NULL
		FROM token t LEFT JOIN account a ON a.id = t.account_id
		WHERE t.state <> 0 OR t.state_since IS NOT NULL OR t.account_id IS NOT NULL OR t.watermark IS NOT NULL OR t.failures <> 0
		OR t.locked_until IS NOT NULL OR t.issued <> 0 OR t.seed IS NULL ORDER BY t.id`,
		func(rows *sql.Rows) (c changedRow, err error) {
			if err = rows.Scan(l.into...); err != nil {
				return c, err
			}
			c.id = l.int(0)
			c.Standing = token.Standing{Account: token.Account(l.text(2)), Since: l.nanos(3), Watermark: token.Mark{Step: l.int(4), Known: l.there(4)},
				Failures: int(l.int(5)), LockedUntil: l.nanos(6), Issued: l.bool(7), SeedDestroyed: l.bool(8)}
			if l.zero(3) || l.zero(6) {
				c.amiss = zeroForNothing
			}
			if err = (*stateCode)(&c.State).Scan(l.v[1]); err == nil {
				err = l.err
			}
			return c, err
		})
}

type lossRow struct {
	id int64
	token.Loss
}

func (q *queries) losses() iter.Seq2[lossRow, error] {
	return stream(q, `SELECT token_id, reported_at, stolen FROM loss ORDER BY token_id`, func(rows *sql.Rows) (l lossRow, err error) {
		err = rows.Scan(&l.id, (*atNanos)(&l.Reported), &l.Stolen)
		return l, err
	})
}

// ownedObservation is a measured drift with the token that it is of.
type ownedObservation struct {
	token.Observation
	id, token, batch int64
	isFirst, rated   bool
}

func (q *queries) observations() iter.Seq2[ownedObservation, error] {
	l := newLoose(8)
	return stream(q, `SELECT token_id, at, drift, rate, id, batch_id, first, rated FROM observation ORDER BY token_id, id`,
		func(rows *sql.Rows) (o ownedObservation, err error) {
			if err = rows.Scan(l.into...); err != nil {
				return o, err
			}
			o.token, o.At, o.Drift, o.id, o.batch, o.isFirst, o.rated = l.int(0), l.nanos(1), l.float(2), l.int(4), l.int(5), l.bool(6), l.bool(7)
			if l.there(3) {
				o.Rate = new(l.float(3))
			}
			return o, l.err
		})
}
