package store

import (
	"database/sql"
	"fmt"
	"iter"
	"strings"
	"sync"

	"fob/internal/desk"
	"fob/internal/token"
	"fob/internal/trail"
)

// A server that is milliseconds away is asked at once what a command will ask one by
// one. Nothing here changes an answer: what was not foreseen is asked when it is needed,
// and what was foreseen in vain costs its reading alone.

// ahead says what will be asked.
func (q *queries) ahead(asks ...Ask) {
	if q.turn == nil || len(asks) == 0 {
		return
	}
	defer q.alone()()
	q.engine.Ahead(q.ctx, q.tx, asks)
}

// seenTokens remembers which ids tokens had when they were read last: a guess under
// which id one will be asked for.
type seenTokens struct {
	mu  sync.Mutex
	all map[string]seenToken
}

type seenToken struct {
	id, batch int64
	observed  bool
}

// maxSeen bounds what a process remembers that runs for months.
const maxSeen = 1000

func (s *seenTokens) note(t token.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 || len(s.all) >= maxSeen {
		s.all = map[string]seenToken{}
	}
	s.all[t.Serial.Key()] = seenToken{t.ID, t.BatchID, t.Watermark.Known}
}

func (s *seenTokens) of(key string) (seenToken, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, known := s.all[key]
	return t, known
}

// Foresee has a transaction about one token and one account ask at once.
func (q *queries) Foresee(f desk.Foresight) {
	key := f.Serial.Key()
	q.foreseen = key
	asks := []Ask{{headSelect, nil}, {profileSelect, nil}, {tokenSelect + ofKey, []any{key}}, {policySelect, nil}, {newestSelect, nil},
		{refusalSelect, []any{f.By.Kind, f.By.ID}}, {restoredSelect, nil}, {newestList, nil}}
	asks = append(asks, Ask{policyEvidence, []any{trail.AboutPolicy}}, Ask{newestEvidence, nil})
	if f.Account != "" {
		account := []any{f.Account.Key()}
		asks = append(asks, Ask{knownSelect, account}, Ask{standingSelect, account}, Ask{tokensOfAccount, account})
	}
	if t, known := q.seen.of(key); known {
		asks = append(asks, vouchAsks(t.id, key)...)
		drifts := Ask{firstDrifts, []any{t.batch, f.FirstDrifts}}
		if t.observed {
			drifts = Ask{batchRates, []any{t.batch, f.BatchRates}}
		}
		if f.Codes {
			asks = append(asks, drifts, Ask{driftsOf, []any{t.id}}, Ask{seedSelect, []any{t.id}})
		}
	}
	q.ahead(asks...)
}

// evidenceOf is a query for the events that other ones find, with the hashes of those
// before them, and a row for each text beside them. An event that is not there is a row
// of NULLs. What with names, the query for numbers may use.
func evidenceOf(seqs string, with ...string) string {
	with = append(with, `s AS (SELECT DISTINCT seq FROM (`+seqs+`) AS found WHERE seq IS NOT NULL)`)
	return `WITH ` + strings.Join(with, `, `) + ` SELECT s.seq, a.body, a.hash, b.hash, x.field, x.salt, x.text
		FROM s LEFT JOIN audit a ON a.seq = s.seq LEFT JOIN audit b ON b.seq = s.seq - 1 LEFT JOIN audit_text x ON x.seq = s.seq
		ORDER BY s.seq, x.field`
}

var (
	policyEvidence = evidenceOf(`SELECT seq FROM audit_about WHERE subject = $1`)
	newestEvidence = evidenceOf(`SELECT MAX(seq) AS seq FROM audit`)
	// tokenEvidence is of one token, by its id and the subjects of its traces: the import
	// of its batch, the newest events since then, for another token may have had its serial
	// before, and the erasures of accounts that these name.
	tokenEvidence = evidenceOf(`SELECT seq FROM t UNION ALL SELECT by_seq FROM erased_text WHERE field = '`+trail.TextAccount+`' AND seq IN (SELECT seq FROM t)`,
		`i AS (SELECT MIN(seq) AS seq FROM audit_about WHERE subject = '`+trail.AboutBatches+`' || (SELECT b.uuid FROM token t JOIN batch b ON b.id = t.batch_id WHERE t.id = $1))`,
		`t AS (SELECT seq FROM i UNION ALL `+newestTraces()+`
			UNION ALL SELECT d.seq FROM delivery d JOIN delivered x ON x.delivery_id = d.id WHERE d.destroyed = 1
			AND (x.first_id = $1 OR x.last_id > x.first_id AND x.first_id < $1 AND x.last_id >= $1))`)
)

// newestTraces are the events that left each trace of a token, as many as a command
// reads.
func newestTraces() string {
	all := make([]string, len(trail.Traces))
	for i, t := range trail.Traces {
		of := fmt.Sprintf(` FROM audit_about WHERE subject = $%d AND seq >= (SELECT seq FROM i)`, i+2)
		switch t.Newest {
		case 0:
			all[i] = `SELECT seq` + of
		case 1:
			all[i] = `SELECT MAX(seq)` + of
		default:
			all[i] = fmt.Sprintf(`SELECT seq FROM (SELECT seq%s ORDER BY seq DESC LIMIT %d) AS newest%d`, of, t.Newest, i)
		}
	}
	return strings.Join(all, ` UNION ALL `)
}

func tokenEvidenceArgs(id int64, key string) []any {
	return append([]any{id}, anys(trail.AllAbout(key))...)
}

// evidenceBy reads evidence.
func (q *queries) evidenceBy(of string, args ...any) (e trail.Evidence, err error) {
	q.ahead(Ask{of, args}) // who asks the same again has the answer
	gone := false
	err = q.each(of, args, func(row scanner) error {
		var s trail.Stored
		var before trail.Hash
		var field, text sql.NullString
		var salt []byte
		if err := row.Scan(&s.Seq, &s.Body, inHash(&s.Hash), inHash(&before), &field, &salt, &text); err != nil {
			return err
		}
		if n := len(e.Events); n == 0 || e.Events[n-1].Seq != s.Seq {
			gone = gone || s.Body == nil
			e.Events, e.Before = append(e.Events, s), append(e.Before, before)
		}
		if field.Valid {
			at := &e.Events[len(e.Events)-1]
			at.Texts = append(at.Texts, trail.Text{Field: field.String, Salt: salt, Text: text.String})
		}
		return nil
	})
	if err == nil && gone {
		err = errNoEvent()
	}
	return e, err
}

func errNoEvent() error {
	return trail.Tampered("the index of the trail names an event that is not there")
}

// vouchAsks are what vouching for one token asks.
func vouchAsks(id int64, key string) []Ask {
	one, span := []any{id}, []any{id, id}
	asks := []Ask{{openSelect, one}, {locationOf, one}, {batchOf, one}, {importedColumns, []any{id - 1, 1}}, {seldomColumns, span}, {touchedColumns, span}, {lossColumns, span}, {observationsOf, span},
		{newestBindings, one}, {atSelect, one}, {aboutSelect, []any{trail.AboutLists}}}
	if key != "" {
		asks = append(asks, Ask{tokenEvidence, tokenEvidenceArgs(id, key)})
	}
	return asks
}

// vouchOne holds one token against the trail. What others share with it is not read.
func (q *queries) vouchOne(id int64) error {
	q.ahead(vouchAsks(id, "")...)
	r, err := q.readingOf(id)
	if err != nil {
		return err
	}
	rows, _, err := r.page(id-1, 1)
	if err != nil || len(rows) == 0 || rows[0].ID != id {
		return err
	}
	if rows[0].Serial.IsFormer() { // some of its events are under another serial
		_, err = q.vouchTokens(id, id, nil)
		return err
	}
	c := trail.Claim{Tokens: rows}
	q.ahead(Ask{tokenEvidence, tokenEvidenceArgs(id, rows[0].SerialKey)}) // with the question for bindings
	bindings, err := collect(q, scanBinding, newestBindings, id)
	if err != nil {
		return err
	}
	c.Bindings = listed(bindings)
	if c.Lists, err = q.about(trail.AboutLists); err != nil {
		return err
	}
	if c.Evidence, err = q.evidenceBy(tokenEvidence, tokenEvidenceArgs(id, rows[0].SerialKey)...); err != nil {
		return err
	}
	return q.vouch(c)
}

// listed hands on what was read.
func listed[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}
