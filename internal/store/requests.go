package store

import (
	"bytes"
	"fmt"
	"iter"

	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

var _ request.Tx = (*queries)(nil)

// Requests is the store as the registry of requests wants it.
func (s *Store) Requests() request.Store { return For[request.Reader, request.Tx]{s} }

// noteRequest files an event under the request that it is about.
func (q *queries) noteRequest(e *trail.Event) error {
	n, err := e.RequestNumber()
	if err != nil || n == 0 {
		return err
	}
	if e.Command == token.CmdRequest {
		return q.exec(`INSERT INTO request (number, made_seq) VALUES ($1, $2)`, n, e.Seq)
	}
	if e.Decides() {
		if err := q.exec(`UPDATE request SET decided_seq = $1 WHERE number = $2`, e.Seq, n); err != nil {
			return err
		}
	}
	if e.EndsRequest() { // of several events of one command the first
		return q.exec(`UPDATE request SET ended_seq = $1 WHERE number = $2 AND ended_seq IS NULL`, e.Seq, n)
	}
	return nil
}

const requestSelect = `SELECT number, made_seq, COALESCE(decided_seq, 0), COALESCE(ended_seq, 0) FROM request `

func requestRow(row scanner) (r trail.RequestRow, err error) {
	return r, row.Scan(&r.Number, &r.Made, &r.Decided, &r.Ended)
}

// RequestRow finds a request.
func (q *queries) RequestRow(number int) (trail.RequestRow, error) {
	r, err := requestRow(q.row(requestSelect+`WHERE number = $1`, number))
	if notFound(err) {
		err = fault.Errorf(fault.NotFound, "there is no request %d", number).WithHint("%s shows which there are", fault.Do("request list"))
	}
	return r, err
}

// RequestNumbers lists requests, the newest first.
func (q *queries) RequestNumbers(all bool) ([]int, error) {
	if all {
		return collect(q, value[int], `SELECT number FROM request ORDER BY number DESC`)
	}
	return collect(q, value[int], `SELECT number FROM request WHERE ended_seq IS NULL ORDER BY number DESC`)
}

// RequestRows reads all requests.
func (q *queries) RequestRows() iter.Seq2[trail.RequestRow, error] {
	return stream(q, requestRow, requestSelect+`ORDER BY number`)
}

// EventAt reads one event.
func (q *queries) EventAt(seq int64) (s trail.Stored, err error) {
	all, err := q.eventPage(seq, 1, nil)
	if err == nil && (len(all) == 0 || all[0].Seq != seq) {
		err = fault.Errorf(fault.Integrity, "event %d is not in the trail", seq).WithHint("%s tells more", fault.Do("audit verify"))
	}
	if err != nil {
		return s, err
	}
	return all[0], nil
}

// EventsAbout counts the events behind a number that are about a request.
func (q *queries) EventsAbout(number int, behind int64) (n int, err error) {
	about := fmt.Appendf(nil, `"object":{"kind":"%s","id":"%d"}`, trail.KindRequest, number)
	runs := fmt.Appendf(nil, `"request":%d}`, number) // the last field of an event
	for _, err := range q.events(behind+1, func(body []byte) bool { return bytes.Contains(body, about) || bytes.HasSuffix(body, runs) }) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

const refusalSelect = `SELECT since, refused FROM operator_refusals WHERE by_kind = $1 AND by_id = $2`

// Refusals reads how many codes of an operator were refused lately.
func (q *queries) Refusals(by token.Operator) (r token.Refusals, err error) {
	err = q.row(refusalSelect, by.Kind, by.ID).Scan(inNanos(&r.Since), &r.N)
	if notFound(err) {
		return r, nil
	}
	return r, err
}

// SaveRefusals writes that.
func (q *queries) SaveRefusals(by token.Operator, r token.Refusals) error {
	return q.exec(`INSERT INTO operator_refusals (by_kind, by_id, since, refused) VALUES ($1, $2, $3, $4)
		ON CONFLICT (by_kind, by_id) DO UPDATE SET since = excluded.since, refused = excluded.refused`, by.Kind, by.ID, r.Since.UnixNano(), r.N)
}

// RefusalRows reads all of them.
func (q *queries) RefusalRows() iter.Seq2[trail.RefusalRow, error] {
	return stream(q, func(row scanner) (r trail.RefusalRow, err error) {
		err = row.Scan(&r.By.Kind, &r.By.ID, inNanos(&r.Since), &r.N)
		return r, err
	}, `SELECT by_kind, by_id, since, refused FROM operator_refusals`)
}
