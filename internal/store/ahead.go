package store

import (
	"fmt"
	"iter"
	"slices"
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
	asks = append(asks, policyEvidence.asks(trail.AboutPolicy)...)
	asks = append(asks, newestEvidence.asks()...)
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

// evidenceQuery reads the events that another query finds, with the hashes of those
// before them, and the texts beside them. An event that is not there is a row of NULLs.
type evidenceQuery struct{ events, texts string }

func evidenceOf(seqs string) evidenceQuery {
	with := `WITH s AS (SELECT DISTINCT seq FROM (` + seqs + `) AS found WHERE seq IS NOT NULL) `
	return evidenceQuery{
		with + `SELECT s.seq, (SELECT body FROM audit WHERE seq = s.seq), (SELECT hash FROM audit WHERE seq = s.seq),
			(SELECT hash FROM audit WHERE seq = s.seq - 1) FROM s ORDER BY s.seq`,
		with + `SELECT x.seq, x.field, x.salt, x.text FROM s CROSS JOIN audit_text x WHERE x.seq = s.seq ORDER BY x.seq, x.field`,
	}
}

func (e evidenceQuery) asks(args ...any) []Ask { return []Ask{{e.events, args}, {e.texts, args}} }

var (
	policyEvidence = evidenceOf(`SELECT seq FROM audit_about WHERE subject = $1`)
	newestEvidence = evidenceOf(`SELECT MAX(seq) AS seq FROM audit`)
	// tokenEvidence is of one token, by its id and the subjects of its traces: the import
	// of its batch, the newest events, and the erasures of accounts that these name.
	tokenEvidence = evidenceOf(tokenSeqs + ` UNION ALL SELECT by_seq FROM erased_text WHERE field = '` + trail.TextAccount + `' AND seq IN (` + tokenSeqs + `)`)
)

// Before its import another token may have had its serial.
var (
	importSeq = `(SELECT MIN(seq) FROM audit_about WHERE subject = '` + trail.AboutBatches + `' || (SELECT b.uuid FROM token t JOIN batch b ON b.id = t.batch_id WHERE t.id = $1))`
	tokenSeqs = `SELECT ` + importSeq + ` AS seq
	UNION ALL ` + newestTraces() + `
	UNION ALL SELECT d.seq FROM delivery d JOIN delivered x ON x.delivery_id = d.id WHERE d.destroyed = 1
		AND (x.first_id = $1 OR x.last_id > x.first_id AND x.first_id < $1 AND x.last_id >= $1)`
)

// newestTraces are the events that left each trace of a token, as many as a command
// reads.
func newestTraces() string {
	all := make([]string, len(trail.Traces))
	for i, t := range trail.Traces {
		of := fmt.Sprintf(` FROM audit_about WHERE subject = $%d AND seq >= %s`, i+2, importSeq)
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
func (q *queries) evidenceBy(of evidenceQuery, args ...any) (e trail.Evidence, err error) {
	q.ahead(of.asks(args...)...)
	gone := false
	err = q.each(of.events, args, func(row scanner) error {
		var s trail.Stored
		var before trail.Hash
		err := row.Scan(&s.Seq, &s.Body, inHash(&s.Hash), inHash(&before))
		gone = gone || s.Body == nil
		e.Events, e.Before = append(e.Events, s), append(e.Before, before)
		return err
	})
	if err != nil {
		return e, err
	}
	if gone {
		return e, errNoEvent()
	}
	return e, q.each(of.texts, args, func(row scanner) error {
		var seq int64
		var t trail.Text
		err := row.Scan(&seq, &t.Field, &t.Salt, &t.Text)
		if at, found := slices.BinarySearchFunc(e.Events, seq, func(s trail.Stored, seq int64) int { return int(s.Seq - seq) }); found {
			e.Events[at].Texts = append(e.Events[at].Texts, t)
		}
		return err
	})
}

func errNoEvent() error {
	return trail.Tampered("the index of the trail names an event that is not there")
}

// vouchAsks are what vouching for one token asks.
func vouchAsks(id int64, key string) []Ask {
	one, span := []any{id}, []any{id, id}
	asks := []Ask{{openSelect, one}, {locationOf, one}, {batchOf, one}, {importedColumns, []any{id - 1, 1}}, {touchedColumns, span}, {lossColumns, span}, {observationsOf, span},
		{newestBindings, one}, {aboutSelect, []any{trail.AboutLists}}}
	if key != "" {
		asks = append(asks, tokenEvidence.asks(tokenEvidenceArgs(id, key)...)...)
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
	q.ahead(tokenEvidence.asks(tokenEvidenceArgs(id, rows[0].SerialKey)...)...)
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
