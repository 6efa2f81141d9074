package store

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"fob/internal/intake"
	"fob/internal/token"
	"fob/internal/trail"
)

// What a command acts on is held against the trail first: see trail.Vouch. Policy and
// clock are so in every transaction that writes. One that only reads is not: anyone who
// looks is told what the tables say, and verification looks at all of them.

// writes reports whether the transaction may write.
func (q *queries) writes() bool { return q.insert != nil }

// Vouch holds one token against the trail.
func (q *queries) Vouch(tokenID int64) error {
	if q.turn != nil || len(q.vouched) == 0 { // of many what they share is read once, where an answer is not waited for
		return q.vouchOne(tokenID)
	}
	_, err := q.vouchTokens(tokenID, tokenID, nil)
	return err
}

// VouchSlice holds a batch and some of its tokens against the trail.
func (q *queries) VouchSlice(b intake.Batch, first int64, n int) error {
	if err := q.vouchBatch(b.UUID.String()); err != nil {
		return err
	}
	_, err := q.vouchTokens(max(first, b.FirstID), min(first+int64(n)-1, b.LastID), nil)
	return err
}

// lastAbout is what the next event about a token needs to know of it.
func (q *queries) lastAbout(key string) (trail.Vouched, error) {
	v, known := q.vouched[key]
	if known {
		return v, nil
	}
	id, err := value[int64](q.row(`SELECT id FROM token WHERE serial_key = $1`, key))
	if notFound(err) {
		return v, nil
	}
	if err == nil {
		err = q.Vouch(id)
	}
	if _, known = q.vouched[key]; known { // anyone who changed it should have asked before
		err = nil
	}
	return q.vouched[key], err
}

// vouchTokens holds the tokens of a range of ids against the trail, as far as they
// are not loading; only those that are wanted, if that is not nil. It returns them.
func (q *queries) vouchTokens(first, last int64, wanted map[int64]bool) (rows []trail.TokenRow, err error) {
	if last < first {
		return nil, nil
	}
	r, err := q.tokenReading()
	if err != nil {
		return nil, err
	}
	rows, _, err = r.page(first-1, int(last-first)+1)
	rows = slices.DeleteFunc(rows, func(t trail.TokenRow) bool { return t.ID > last || wanted != nil && !wanted[t.ID] })
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	c := trail.Claim{Tokens: rows, Bindings: q.bindingRows(bindingsBetween, first, last), Last: !q.writes()}
	if wanted != nil {
		c.Bindings = ofTokens(rows, c.Bindings)
	}
	if c.Lists, err = q.about(trail.AboutLists); err != nil {
		return nil, err
	}
	seqs, err := q.seqsAbout(rows)
	if err == nil {
		c.Evidence, err = q.evidence(seqs)
	}
	if err != nil {
		return nil, err
	}
	return rows, q.vouch(c)
}

func (q *queries) vouch(c trail.Claim) error {
	vouched, err := trail.Vouch(c)
	if err != nil && len(c.Lists) > 0 { // an account may be called otherwise since
		renames, failed := trail.NewRenames(q.FormerRows())
		if failed != nil {
			return failed
		}
		c.Renames = renames
		vouched, err = trail.Vouch(c)
	}
	for key, v := range vouched {
		q.vouched[key] = v
	}
	return err
}

// ofTokens leaves out the bindings of other tokens.
func ofTokens(rows []trail.TokenRow, all iter.Seq2[trail.BindingRow, error]) iter.Seq2[trail.BindingRow, error] {
	keys := make(map[string]bool, len(rows))
	for _, row := range rows {
		keys[row.SerialKey] = true
	}
	return func(yield func(trail.BindingRow, error) bool) {
		for b, err := range all {
			if (err != nil || keys[b.Serial.Key()]) && !yield(b, err) {
				return
			}
		}
	}
}

const aboutSelect = `SELECT seq FROM audit_about WHERE subject = $1 ORDER BY seq`

// about are the events about something, the oldest first.
func (q *queries) about(subject string) ([]int64, error) {
	return collect(q, value[int64], aboutSelect, subject)
}

// seqsAbout are the events about some tokens that a command has to look at, the
// imports of their batches, and the erasures of accounts that these name.
func (q *queries) seqsAbout(rows []trail.TokenRow) (seqs []int64, err error) {
	imports := map[string]int64{} // by batches
	for _, row := range rows {
		if imports[row.Batch] != 0 {
			continue
		}
		if imports[row.Batch], err = q.seqOf(`MIN`, trail.AboutBatch(row.Batch)); err != nil {
			return nil, err
		}
		seqs = append(seqs, imports[row.Batch])
	}
	keys := make([]string, len(rows))
	for i, row := range rows {
		keys[i] = row.SerialKey
	}
	slices.Sort(keys)
	since := sync.OnceValue(func() map[string]int64 { // before, another token may have had the serial
		all := make(map[string]int64, len(rows))
		for _, row := range rows {
			all[row.SerialKey] = imports[row.Batch]
		}
		return all
	})
	for _, t := range trail.Traces {
		found, err := q.traces(keys, since, t.Trace, t.Newest)
		if err != nil {
			return nil, err
		}
		seqs = append(seqs, found...)
	}
	for _, row := range rows {
		if !row.Serial.IsFormer() {
			continue
		}
		found, err := q.underDevice(row.SerialKey, imports[row.Batch])
		if err != nil {
			return nil, err
		}
		seqs = append(seqs, found...)
	}
	gone, err := collect(q, value[int64], goneSelect, rows[0].ID, rows[len(rows)-1].ID)
	if err != nil {
		return nil, err
	}
	none := func(seq int64) bool { return seq == 0 }
	seqs = slices.DeleteFunc(append(seqs, gone...), none)
	slices.Sort(seqs)
	seqs = slices.Compact(seqs)
	erasures := []int64{}
	err = inChunks(seqs, func(list string, args []any) error {
		found, err := collect(q, value[int64], fmt.Sprintf(`SELECT DISTINCT by_seq FROM erased_text WHERE seq IN (%s) AND field = '%s'`, list, trail.TextAccount), args...)
		erasures = append(erasures, found...)
		return err
	})
	seqs = slices.DeleteFunc(append(seqs, erasures...), none)
	slices.Sort(seqs)
	return slices.Compact(seqs), err
}

// underDevice are the events about a token while it had its device's serial, which
// another token has now.
func (q *queries) underDevice(former string, imported int64) (seqs []int64, err error) {
	passed, err := q.seqOf(`MIN`, trail.AboutToken(trail.LastingTrace, former))
	if err != nil {
		return nil, err
	}
	subjects := trail.AllAbout(token.Serial(former).Device().Key())
	return collect(q, value[int64], fmt.Sprintf(`SELECT seq FROM audit_about WHERE subject IN (%s) AND seq > $1 AND seq < $2 ORDER BY seq`, places(3, len(subjects))),
		append([]any{imported, passed}, anys(subjects)...)...)
}

// traces are the newest events that left a trace of some tokens, whose keys are sorted,
// since their imports, so many of each; 0: all.
func (q *queries) traces(keys []string, since func() map[string]int64, t trail.Trace, newest int) (seqs []int64, err error) {
	if len(keys) == 1 && newest > 0 { // it may have thousands
		return collect(q, value[int64], fmt.Sprintf(`SELECT seq FROM audit_about WHERE subject = $1 AND seq >= $2 ORDER BY seq DESC LIMIT %d`, newest),
			trail.AboutToken(t, keys[0]), since()[keys[0]])
	}
	subjects, found := make([]string, len(keys)), map[string][]int64{}
	for i, key := range keys {
		subjects[i] = trail.AboutToken(t, key)
	}
	err = lookUp(q, `subject, seq`, `audit_about`, `subject`, subjects, func(row scanner) error {
		var subject string
		var seq int64
		err := row.Scan(&subject, &seq)
		if from, is := since()[strings.TrimPrefix(subject, string(t))]; is && seq >= from {
			found[subject] = append(found[subject], seq)
		}
		return err
	})
	for _, all := range found {
		slices.Sort(all)
		if n := len(all) - newest; newest > 0 && n > 0 {
			all = all[n:]
		}
		seqs = append(seqs, all...)
	}
	return seqs, err
}

// seqOf is the first (MIN) or newest (MAX) event about something, 0 if it has no event.
func (q *queries) seqOf(which, subject string) (int64, error) {
	return value[int64](q.row(`SELECT COALESCE(`+which+`(seq), 0) FROM audit_about WHERE subject = $1`, subject))
}

// evidence reads events by their numbers, which rise, neighbours at once.
func (q *queries) evidence(seqs []int64) (e trail.Evidence, err error) {
	err = runs(len(seqs), func(i int) bool { return seqs[i] == seqs[i-1]+1 }, func(from, end int) error {
		page, err := q.eventPage(seqs[from]-1, end-from+1, nil)
		before := trail.Hash{}
		for _, s := range page {
			if s.Seq >= seqs[from] && s.Seq <= seqs[end-1] {
				e.Events, e.Before = append(e.Events, s), append(e.Before, before)
			}
			before = s.Hash
		}
		return err
	})
	if err == nil && len(e.Events) != len(seqs) {
		err = errNoEvent()
	}
	return e, err
}

// vouchBatch holds a batch against its import, the newest event that changed it as a
// whole, and the newest that corrected its delivery.
func (q *queries) vouchBatch(uuid string) error {
	seqs, err := q.about(trail.AboutBatch(uuid))
	if err != nil {
		return err
	}
	if len(seqs) > 2 {
		seqs = []int64{seqs[0], seqs[len(seqs)-1]}
	}
	corrections, err := q.about(trail.AboutDelivery(uuid))
	if err != nil {
		return err
	}
	if n := len(corrections); n > 0 {
		seqs = append(seqs, corrections[n-1])
		slices.Sort(seqs)
	}
	e, err := q.evidence(seqs)
	if err != nil {
		return err
	}
	for row, err := range q.batchRowsWhere(` AND uuid = $1`, uuid) {
		if err == nil {
			err = trail.VouchBatch(e, row)
		}
		return err
	}
	return nil
}

// VouchPeople holds all accounts against the newest list of people.
func (q *queries) VouchPeople() error {
	newest, err := q.seqOf(`MAX`, trail.AboutLists)
	if err != nil {
		return err
	}
	seqs, err := collect(q, value[int64], `SELECT seq FROM audit_about WHERE subject IN ($1, $2) AND seq >= $3 ORDER BY seq`, trail.AboutLists, trail.AboutErasures, newest)
	if err != nil {
		return err
	}
	e, err := q.evidence(seqs)
	if err != nil {
		return err
	}
	return trail.VouchPeople(e, q.AccountRows())
}

// VouchAccount holds all accounts against the trail, and every token that an event
// about this one names.
func (q *queries) VouchAccount(a token.Account) error {
	if err := q.VouchPeople(); err != nil {
		return err
	}
	seqs, err := q.eventsOf(a)
	if err != nil {
		return err
	}
	e, err := q.evidence(slices.Compact(slices.Sorted(slices.Values(seqs))))
	if err != nil {
		return err
	}
	tokens, err := e.Tokens()
	for _, key := range tokens {
		if err != nil {
			return err
		}
		err = q.vouchLives(key)
	}
	return err
}

// vouchLives holds all tokens that a device was against the trail; there is none if
// their batch was withdrawn.
func (q *queries) vouchLives(key string) error {
	first := string(token.Serial(key).Former(0))
	first = first[:len(first)-1]
	ids, err := collect(q, value[int64], `SELECT id FROM token WHERE serial_key = $1 OR serial_key >= $2 AND serial_key < $3 ORDER BY id`, key, first, prefixEnd(first))
	for _, id := range ids {
		if err == nil {
			err = q.Vouch(id)
		}
	}
	return err
}

// vouchPolicy holds the settings against the events that made them.
func (q *queries) vouchPolicy(set map[string]string) error {
	if !q.writes() {
		return nil
	}
	e, err := q.evidenceBy(policyEvidence, trail.AboutPolicy)
	if err != nil {
		return err
	}
	return trail.VouchPolicy(e, set)
}

// vouchNewest holds what the clock is held against against the trail, from its end
// on: mostly the last event is the newest.
func (q *queries) vouchNewest(newest time.Time) error {
	if !q.writes() || q.clockVouched {
		return nil
	}
	const page = 100
	last, err := q.evidenceBy(newestEvidence)
	if err != nil {
		return err
	}
	for _, s := range last.Events {
		if fits, known := trail.NewestFits(s.Entry, newest); known && fits {
			q.clockVouched = true
			return nil
		}
	}
	head, err := q.Head()
	if err != nil || head.Seq == 0 {
		return err
	}
	for first := head.Seq; ; first = max(first-page, 1) {
		events, err := q.eventPage(first, int(min(page, head.Seq-first+1)), nil)
		if err != nil {
			return err
		}
		slices.Reverse(events)
		for _, s := range events {
			if fits, known := trail.NewestFits(s.Entry, newest); known {
				if !fits {
					return trail.Tampered("the time of the newest event is not what the trail says")
				}
				q.clockVouched = true
				return nil
			}
		}
		if first <= 1 {
			return trail.Tampered("the time of the newest event is not what the trail says")
		}
	}
}

// AboutRows reads the index of the trail.
func (q *queries) AboutRows() iter.Seq2[trail.AboutRow, error] {
	var subject letters
	var seq whole
	into := []any{&subject, &seq}
	return stream(q, func(row scanner) (trail.AboutRow, error) {
		err := row.Scan(into...)
		return trail.AboutRow{Subject: subject.text, Seq: seq.n}, err
	}, `SELECT subject, seq FROM audit_about`)
}

// LocationRows reads all places.
func (q *queries) LocationRows() iter.Seq2[trail.LocationRow, error] {
	return stream(q, func(row scanner) (l trail.LocationRow, err error) {
		err = row.Scan(&l.Name, inNanos(&l.Closed))
		return l, err
	}, `SELECT name, closed_at FROM location`)
}

// fewSubjects are written without the ways of bulk insertion.
const fewSubjects = 10

// appendAbout notes what an event is about.
func (q *queries) appendAbout(e *trail.Event) error {
	subjects, err := e.Subjects()
	if err != nil || len(subjects) == 0 {
		return err
	}
	if len(subjects) <= fewSubjects {
		var values strings.Builder
		var args []any
		for i, s := range subjects {
			fmt.Fprintf(&values, ", ($%d, $%d)", 2*i+1, 2*i+2)
			args = append(args, s, e.Seq)
		}
		return q.exec(`INSERT INTO audit_about (subject, seq) VALUES `+values.String()[2:], args...)
	}
	rows := make([][]any, len(subjects))
	for i, s := range subjects {
		rows[i] = []any{s, e.Seq}
	}
	return q.insert("audit_about", []string{"subject", "seq"}, rows)
}
