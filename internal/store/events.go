package store

import (
	"bytes"
	"iter"
	"math"
	"slices"
	"time"

	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// Append writes an event at the end of the trail, with its texts beside it.
func (q *queries) Append(e *trail.Event) error {
	head, err := q.Head()
	if err != nil {
		return err
	}
	if !q.clockVouched {
		if _, err := q.NewestEvent(); err != nil { // which is held against the trail
			return err
		}
	}
	var key string
	if e.Object.Kind == trail.KindToken {
		key = token.Serial(e.Object.ID).Key()
		v, err := q.lastAbout(key)
		if err != nil {
			return err
		}
		if err := v.Before(e); err != nil {
			return err
		}
	}
	entry, err := trail.Append(head, e)
	if err != nil {
		return err
	}
	if err := q.exec(`INSERT INTO audit (seq, body, hash) VALUES ($1, $2, $3)`, entry.Seq, entry.Body, entry.Hash[:]); err != nil {
		return err
	}
	if err := q.exec(`UPDATE store SET newest_at = $1 WHERE newest_at < $1`, e.Time.UnixNano()); err != nil {
		return err
	}
	if key != "" {
		q.vouched[key] = trail.VouchedBy(e)
	}
	if err := q.appendAbout(e); err != nil {
		return err
	}
	if e.Command == token.CmdRestore {
		if err := q.exec(`UPDATE store SET restored_at = $1`, e.Time.UnixNano()); err != nil {
			return err
		}
	}
	if err := q.noteRequest(e); err != nil {
		return err
	}
	for _, t := range e.Beside {
		if err := q.exec(`INSERT INTO audit_text (seq, field, salt, text) VALUES ($1, $2, $3, $4)`,
			entry.Seq, t.Field, t.Salt, t.Text); err != nil {
			return err
		}
	}
	q.appended = &entry
	return nil
}

const (
	headSelect     = `SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`
	newestSelect   = `SELECT newest_at FROM store`
	restoredSelect = `SELECT restored_at FROM store`
)

// Head is the newest event's number and hash.
func (q *queries) Head() (h trail.Head, err error) {
	if e := q.appended; e != nil {
		return trail.Head{Seq: e.Seq, Hash: e.Hash}, nil
	}
	err = q.row(headSelect).Scan(&h.Seq, inHash(&h.Hash))
	if notFound(err) {
		return h, nil
	}
	return h, err
}

// inHash scans a hash; the zero hash, which no event has, stands for bytes that are
// none.
func inHash(to *trail.Hash) scanFunc {
	return func(v any) error {
		*to = trail.Hash{}
		if b, _ := v.([]byte); len(b) == len(to) {
			copy(to[:], b)
		}
		return nil
	}
}

// NewestEvent is the latest time that the trail knows. It is kept beside the
// trail, since an event written under a clock set back has an earlier time than
// the one before it.
func (q *queries) NewestEvent() (at time.Time, err error) {
	if err = q.row(newestSelect).Scan(inNanos(&at)); err != nil {
		return at, err
	}
	return at, q.vouchNewest(at)
}

// RestoredAt is when a backup was restored last.
func (q *queries) RestoredAt() (at time.Time, err error) {
	err = q.row(restoredSelect).Scan(inNanos(&at))
	return at, err
}

// AcceptClock makes a time the newest, though the trail knows later ones.
func (q *queries) AcceptClock(now time.Time) error {
	return q.exec(`UPDATE store SET newest_at = $1`, now.UnixNano())
}

// deliveredKey and endedKey stand in the events of deliveries.
var (
	deliveredKey = []byte(`"command":"` + token.CmdProvision + `"`)
	endedKey     = []byte(`"command":"` + token.CmdVerifierDone + `"`)
)

// Events streams the trail, oldest first, with the texts beside each event. By a
// serial it selects the events whose bytes hold it, in whatever case: those of the
// token are among them, since serials stand in an event as they are printed, but for
// those of deliveries, which may name ids alone.
//
// Accounts and tickets are found in the texts beside the events, and what events are
// about by the index of that; of the rest the caller looks at each event.
func (q *queries) Events(f report.EventFilter) iter.Seq2[trail.Stored, error] {
	first := int64(math.MinInt64) // an event at or below 0 that somebody forged is to be seen
	var wanted func([]byte) bool
	if f.Serial != "" {
		key := []byte(f.Serial.Key())
		wanted = func(body []byte) bool {
			return bytes.Contains(bytes.ToUpper(body), key) || bytes.Contains(body, deliveredKey) || bytes.Contains(body, endedKey)
		}
	} else if f.Command != "" {
		mark := []byte(`"command":"` + string(f.Command) + `"`)
		wanted = func(body []byte) bool { return bytes.Contains(body, mark) }
	}
	if f.Account != "" || f.Ticket != "" || len(f.About) > 0 {
		seqs, err := q.seqsOf(f)
		if err != nil {
			return failed[trail.Stored](err)
		}
		return q.eventsAt(seqs, wanted)
	}
	if wanted != nil {
		return q.events(first, wanted)
	}
	if f.Limit > 0 {
		head, err := q.Head()
		if err != nil {
			return failed[trail.Stored](err)
		}
		first = head.Seq - int64(f.Limit) + 1
	}
	return q.events(first, nil)
}

// seqsOf are the events that the texts beside them, or the index of what they are about,
// select.
func (q *queries) seqsOf(f report.EventFilter) (seqs []int64, err error) {
	var sets [][]int64
	add := func(found []int64, err error) error {
		sets = append(sets, found)
		return err
	}
	if f.Account != "" {
		if err := add(q.eventsOf(f.Account)); err != nil {
			return nil, err
		}
	}
	if f.Ticket != "" {
		err := add(collect(q, value[int64], `SELECT seq FROM audit_text WHERE field = 'ticket' AND lower(text) = lower($1)`, f.Ticket))
		if err != nil {
			return nil, err
		}
	}
	if len(f.About) > 0 {
		if err := add(collect(q, value[int64], `SELECT seq FROM audit_about WHERE subject IN (`+places(1, len(f.About))+`)`, anys(f.About)...)); err != nil {
			return nil, err
		}
	}
	for i, set := range sets {
		slices.Sort(set)
		if set = slices.Compact(set); i == 0 {
			seqs = set
			continue
		}
		seqs = slices.DeleteFunc(seqs, func(seq int64) bool {
			_, there := slices.BinarySearch(set, seq)
			return !there
		})
	}
	if f.Limit > 0 && len(seqs) > f.Limit {
		seqs = seqs[len(seqs)-f.Limit:]
	}
	return seqs, nil
}

// eventsAt reads events by their numbers, some at a time.
func (q *queries) eventsAt(seqs []int64, wanted func(body []byte) bool) iter.Seq2[trail.Stored, error] {
	const some = 50
	return func(yield func(trail.Stored, error) bool) {
		for part := range slices.Chunk(seqs, some) {
			list, args := places(1, len(part)), anys(part)
			e, err := q.evidenceBy(evidenceOf(`SELECT seq FROM audit WHERE seq IN (`+list+`)`), args...)
			if err != nil {
				failed[trail.Stored](err)(yield)
				return
			}
			for _, s := range e.Events {
				if (wanted == nil || wanted(s.Body)) && !yield(s, nil) {
					return
				}
			}
		}
	}
}

// events reads the trail in pages, so that texts are put beside their events
// without reading an event once for every text.
func (q *queries) events(first int64, wanted func(body []byte) bool) iter.Seq2[trail.Stored, error] {
	const page = 1000
	return func(yield func(trail.Stored, error) bool) {
		for from := first; ; {
			var last int64
			n := 0
			all, err := q.eventPage(from, page, func(s trail.Stored) bool {
				last = s.Seq
				n++
				return wanted == nil || wanted(s.Body)
			})
			if err != nil {
				failed[trail.Stored](err)(yield)
				return
			}
			for _, s := range all {
				if !yield(s, nil) {
					return
				}
			}
			if n < page {
				return
			}
			from = last + 1
		}
	}
}

// eventPage reads so many events from a number on, and keeps those that are wanted.
func (q *queries) eventPage(first int64, n int, wanted func(trail.Stored) bool) (all []trail.Stored, err error) {
	err = q.each(`SELECT seq, body, hash FROM audit WHERE seq >= $1 ORDER BY seq LIMIT $2`, []any{first, n}, func(row scanner) error {
		var s trail.Stored
		err := row.Scan(&s.Seq, &s.Body, inHash(&s.Hash))
		if wanted == nil || wanted(s) {
			all = append(all, s)
		}
		return err
	})
	if err != nil || len(all) == 0 {
		return all, err
	}
	at := 0
	return all, q.each(`SELECT seq, field, salt, text FROM audit_text WHERE seq BETWEEN $1 AND $2 ORDER BY seq, field`,
		[]any{all[0].Seq, all[len(all)-1].Seq}, func(row scanner) error {
			var seq int64
			var t trail.Text
			err := row.Scan(&seq, &t.Field, &t.Salt, &t.Text)
			for at < len(all)-1 && all[at].Seq < seq {
				at++
			}
			if all[at].Seq == seq {
				all[at].Texts = append(all[at].Texts, t)
			}
			return err
		})
}
