package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

const accountSelect = `SELECT a.name, a.full_name, a.person, a.listed, a.listed_since, (SELECT COUNT(*) FROM token t WHERE t.account_id = a.id), a.id FROM account a`

func scanAccount(row scanner) (a report.Account, id int64, err error) {
	var listed sql.NullBool
	err = row.Scan(&a.Account, orNoText(&a.FullName), orNoText(&a.PersonID), &listed, nanosOrNil(&a.Since), &a.Tokens, &id)
	switch {
	case !listed.Valid:
		a.Standing = report.JustName
	case listed.Bool:
		a.Standing = report.OnList
	default:
		a.Standing = report.HasLeft
	}
	return a, id, err
}

// Accounts streams accounts by name.
func (q *queries) Accounts(f report.AccountFilter) iter.Seq2[report.Account, error] {
	return selected(q, func(row scanner) (report.Account, error) {
		a, _, err := scanAccount(row)
		return a, err
	}, accountsListing(f), accountSelect)
}

func accountsListing(f report.AccountFilter) listing {
	l := listing{order: `a.key`, limit: f.Limit}
	if f.Left {
		l.where(`a.listed = 0`)
	}
	if f.Tokens {
		l.where(`EXISTS (SELECT 1 FROM token t WHERE t.account_id = a.id)`)
	}
	if key := token.Account(f.Prefix).Key(); key != "" {
		l.where(`a.key >= ? AND a.key < ?`, key, prefixEnd(key))
	}
	return l
}

const (
	heldSelect = `SELECT ` + printed + `, t.state, bi.opened_at, bi.closed_at, bi.by_name, bi.proof, bi.codes, bi.ticket
		FROM binding bi JOIN token t ON t.id = bi.token_id WHERE bi.account_id = $1 ORDER BY bi.id DESC`
	assignedSelect = `SELECT ` + printed + `, t.state, NULL, NULL, NULL, NULL, NULL, NULL FROM token t
		JOIN batch b ON b.id = t.batch_id AND ` + visible + `
		WHERE t.account_id = $1 AND NOT EXISTS (SELECT 1 FROM binding bi WHERE bi.token_id = t.id AND bi.closed_at IS NULL) ORDER BY t.serial_key`
)

func scanHeld(row scanner) (h report.HeldToken, err error) {
	err = row.Scan(&h.Serial, (*stateCode)(&h.State), nanosOrNil(&h.Bound), nanosOrNil(&h.Ended), orNoText(&h.By), orNoText(&h.Proof), &h.Codes, orNoText(&h.Ticket))
	return h, err
}

// Account reads one account with all that it ever had.
func (q *queries) Account(a token.Account) (d report.AccountDetail, err error) {
	var id int64
	d.Account, id, err = scanAccount(q.row(accountSelect+` WHERE a.key = $1`, a.Key()))
	if notFound(err) {
		d.Account, id, err = scanAccount(q.row(accountSelect+` WHERE a.id = (SELECT account_id FROM former_account
			WHERE key = $1 ORDER BY until_list DESC LIMIT 1)`, a.Key()))
	}
	if notFound(err) {
		return d, q.noSuchAccount(a)
	}
	if err != nil {
		return d, err
	}
	d.Former, err = collect(q, func(row scanner) (f report.FormerAccount, err error) {
		err = row.Scan(&f.Account, inNanos(&f.Until))
		return f, err
	}, `SELECT f.name, l.at FROM former_account f JOIN account_list l ON l.number = f.until_list WHERE f.account_id = $1 ORDER BY f.until_list`, id)
	if err != nil {
		return d, err
	}
	assigned, err := collect(q, scanHeld, assignedSelect, id)
	if err != nil {
		return d, err
	}
	bound, err := collect(q, scanHeld, heldSelect, id)
	if err != nil {
		return d, err
	}
	d.Former = append([]report.FormerAccount{}, d.Former...)
	d.Held = append(append([]report.HeldToken{}, assigned...), bound...)
	return d, q.pastAssignments(id, &d)
}

// pastAssignments adds the tokens that were sent to an account and came back, or
// were lost, before anybody proved to have them. No table has those: the trail
// does. It is read only for an account that ever had a token, for a million events
// in about a second.
func (q *queries) pastAssignments(id int64, d *report.AccountDetail) error {
	if ever, err := q.everHeld(id); err != nil || !ever {
		return err
	}
	seqs, err := q.eventsOf(token.Account(d.Account.Account))
	if err != nil {
		return err
	}
	slices.Sort(seqs)
	open, known := map[string]*time.Time{}, len(d.Held)
	for _, seq := range seqs {
		stored, err := q.eventPage(seq, 1, nil)
		if err != nil || len(stored) == 0 {
			return err
		}
		e, err := trail.Parse(stored[0].Entry)
		if err != nil {
			return err
		}
		key, at := token.Serial(e.Object.ID).Key(), e.Time.UTC()
		switch {
		case e.Outcome != trail.Done || e.Object.Kind != trail.KindToken:
		case e.Command == token.CmdAssign:
			open[key] = &at
		case e.From != token.Assigned || e.To == token.Assigned:
		case e.To == token.Bound:
			delete(open, key)
		default: // of one that a seed file gave to the account, from when is not known
			h := report.HeldToken{Assigned: open[key], Ended: &at}
			err := q.row(`SELECT `+printed+`, t.state FROM token t WHERE t.serial_key = $1`, key).Scan(&h.Serial, (*stateCode)(&h.State))
			if err == nil {
				d.Held = append(d.Held, h)
			} else if !notFound(err) { // its batch was withdrawn since
				return err
			}
			delete(open, key)
		}
	}
	for i := range d.Held {
		if h := &d.Held[i]; h.Bound == nil && h.Ended == nil {
			h.Assigned = open[h.Serial.Key()]
		}
	}
	slices.Reverse(d.Held[known:])
	slices.SortStableFunc(d.Held, func(a, b report.HeldToken) int { return cmp.Compare(heldSince(b), heldSince(a)) })
	return nil
}

// heldSince orders what an account had; what stands, unproven, is the newest.
func heldSince(h report.HeldToken) int64 {
	switch {
	case h.Bound != nil:
		return h.Bound.UnixNano()
	case h.Ended == nil:
		return math.MaxInt64
	case h.Assigned != nil:
		return h.Assigned.UnixNano()
	}
	return h.Ended.UnixNano()
}

// TextsAbout lists the texts of a person: of every event that names the account, by
// whatever it was called then, all but who approved. The letters of other alphabets
// are compared as accounts are, which SQL cannot.
func (q *queries) TextsAbout(a token.Account) (all []trail.ErasedRows, err error) {
	seqs, err := q.eventsOf(a)
	for _, seq := range seqs {
		if err != nil {
			return nil, err
		}
		r := trail.ErasedRows{Seq: seq}
		r.Fields, err = collect(q, value[string], `SELECT field FROM audit_text WHERE seq = $1 AND field <> $2 ORDER BY field`, seq, trail.TextApprover)
		all = append(all, r)
	}
	return all, err
}

// eventsOf finds the events that name an account, by whatever it was called then.
func (q *queries) eventsOf(a token.Account) (seqs []int64, err error) {
	renames, err := trail.NewRenames(q.FormerRows())
	if err != nil {
		return nil, err
	}
	var lists []int64
	for l, err := range q.ListRows() {
		if err != nil {
			return nil, err
		}
		lists = append(lists, l.Seq)
	}
	err = q.each(`SELECT seq, text FROM audit_text WHERE field = 'account'`, nil, func(row scanner) error {
		var seq int64
		var text string
		err := row.Scan(&seq, &text)
		before, _ := slices.BinarySearch(lists, seq)
		if token.Account(renames.Now(text, before)).Key() == a.Key() {
			seqs = append(seqs, seq)
		}
		return err
	})
	return seqs, err
}

// ErasedName returns a name that stands for an account, and is nobody's yet.
func (q *queries) ErasedName() (string, error) {
	var n int
	if err := q.row(`SELECT COUNT(DISTINCT by_seq) FROM erased_text`).Scan(&n); err != nil {
		return "", err
	}
	for {
		n++
		name := fmt.Sprintf("erased-%d", n)
		var taken bool
		if err := q.row(`SELECT EXISTS (SELECT 1 FROM account WHERE key = $1)`, name).Scan(&taken); err != nil || !taken {
			return name, err
		}
	}
}

// EraseAccount removes texts that the newest event names, and puts another name in
// the place of the account's. secure_delete overwrites them in the database.
func (q *queries) EraseAccount(a token.Account, name string, rows []trail.ErasedRows, by int64) error {
	for _, r := range rows {
		for _, field := range r.Fields {
			if err := q.exec(`INSERT INTO erased_text (seq, field, by_seq) VALUES ($1, $2, $3)`, r.Seq, field, by); err != nil {
				return err
			}
			if err := q.exec(`DELETE FROM audit_text WHERE seq = $1 AND field = $2`, r.Seq, field); err != nil {
				return err
			}
		}
	}
	for _, statement := range []string{
		`UPDATE binding SET proof = '', ticket = '', condition = '' WHERE account_id = (SELECT id FROM account WHERE key = $1)`,
		`DELETE FROM former_account WHERE account_id = (SELECT id FROM account WHERE key = $1)`,
		`DELETE FROM account WHERE key = $1 AND held = 0`,
	} {
		if err := q.exec(statement, a.Key()); err != nil {
			return err
		}
	}
	return q.exec(`UPDATE account SET name = $1, key = $2, listed = NULL, listed_since = NULL, person = NULL, full_name = NULL, salt = NULL
		WHERE key = $3`, name, token.Account(name).Key(), a.Key())
}
