package desk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

// newBulked is a house with n TOTP tokens, an hour after their import.
func newBulked(t *testing.T, n int) *house {
	t.Helper()
	h := newHouse(t)
	h.load(generated(1, n))
	h.clock.advance(time.Hour)
	return h
}

// bulkRow is a row of token i, with these codes.
func (h *house) bulkRow(i uint64, codes ...string) desk.BulkRow {
	return desk.BulkRow{Line: int(i) + 1, Serial: token.Serial(serialOf(i)), Words: desk.Words{Account: token.Account(fmt.Sprintf("user%d", i))},
		Codes: codes, ReadAt: h.clock.Now()}
}

// rightRows are rows of tokens from first to last with the codes that they show.
func (h *house) rightRows(first, last uint64) (rows []desk.BulkRow) {
	for i := first; i <= last; i++ {
		rows = append(rows, h.bulkRow(i, h.shown(i, 0)))
	}
	return rows
}

// bindAll binds rows and gathers the answers.
func (h *house) bindAll(whole bool, rows ...desk.BulkRow) (all []desk.Answered, err error) {
	err = h.desk.BindAll(bg, desk.Bulk{Rows: rows, Whole: whole, Answer: func(a []desk.Answered) error {
		all = append(all, a...)
		return nil
	}})
	return all, err
}

// outcomes are the answers as "line outcome reason".
func outcomes(all []desk.Answered) (words []string) {
	for _, a := range all {
		w := fmt.Sprintf("%d %s", a.Line, a.Outcome.Outcome)
		if a.Reason != nil {
			w += " " + string(*a.Reason)
		}
		words = append(words, w)
	}
	return words
}

// A file of rows leaves what binding each token by itself leaves: the same
// outcomes, tokens, bindings, drifts and events.
func TestBindAllIsBindOfEach(t *testing.T) {
	const n = 120 // more than two groups
	one, many := newBulked(t, n), newBulked(t, n)
	r := rand.New(rand.NewPCG(1, 2))
	var rows []desk.BulkRow
	for i := uint64(1); i <= n; i++ {
		codes := []string{one.shown(i, 0)}
		switch r.IntN(20) { // not so many refusals that the file is stopped
		case 0:
			codes = []string{one.wrong(i)}
		case 1:
			codes = []string{codes[0], codeOf(t, totp6, i, one.step(0)+1)}
		case 2:
			s := one.step(-25 * time.Minute)
			codes = []string{codeOf(t, totp6, i, s), codeOf(t, totp6, i, s+1)}
		case 3:
			codes = []string{codes[0], codeOf(t, totp6, i, one.step(0)+2)}
		case 4:
			codes = []string{"12345"}
		}
		rows = append(rows, one.bulkRow(i, codes...))
	}
	var want []desk.Outcome
	for _, row := range rows {
		req := desk.Codes{Serial: row.Serial, Words: desk.Words{Account: row.Account}}
		for _, c := range row.Codes {
			req.Codes = append(req.Codes, desk.Typed{Text: c, At: row.ReadAt})
		}
		out, _ := one.desk.Bind(bg, req) // refusals are compared as outcomes
		want = append(want, out)
	}
	answers, err := many.bindAll(false, rows...)
	kindIs(t, err, fault.Refused, fmt.Sprintf("of %d rows were refused", n))
	var got []desk.Outcome
	for i, a := range answers {
		got = append(got, a.Outcome)
		if a.Line != rows[i].Line || (a.Message.IsZero()) != a.Accepted() {
			t.Errorf("row %d: %+v", i, a)
		}
	}
	ignore := cmpopts.IgnoreFields(token.Token{}, "Facts.Fingerprint", "ImportedAt", "Standing.Since", "BoundAt", "Standing.LockedUntil")
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Error(diff)
	}
	for _, query := range []string{`SELECT COUNT(*) FROM binding`, `SELECT COUNT(*) FROM observation`, `SELECT COUNT(*) FROM audit`,
		`SELECT SUM(failures) FROM token`, `SELECT SUM(watermark) FROM token`, `SELECT SUM(state) FROM token`} {
		if a, b := one.number(query), many.number(query); a != b {
			t.Errorf("%s: %d by each, %d by file", query, a, b)
		}
	}
	many.verified()
}

// Answers come only once they are true for everybody, and what was answered
// stays when somebody stops the command.
func TestBindAllInterrupted(t *testing.T) {
	h := newBulked(t, 130)
	ctx, cancel := context.WithCancel(bg)
	other := h.newDesk("otto").Store
	var answers []desk.Answered
	err := h.desk.BindAll(ctx, desk.Bulk{Rows: h.rightRows(1, 130), Answer: func(a []desk.Answered) error {
		must(t, other.View(bg, func(r desk.Reader) error {
			for _, one := range a {
				if found, err := r.Token(one.Row.Serial); err != nil || (found.State == token.Bound) != one.Accepted() {
					t.Errorf("line %d is %s, and another process sees %s, %v", one.Line, one.Outcome.Outcome, found.State, err)
				}
			}
			return nil
		}))
		answers = append(answers, a...)
		cancel()
		return nil
	}})
	if len(answers) != 130 {
		t.Fatalf("%d answers", len(answers))
	}
	done := slices.IndexFunc(answers, func(a desk.Answered) bool { return a.Outcome.Outcome == desk.NotTried })
	if done < 1 || done > 100 {
		t.Fatalf("%d rows were tried", done)
	}
	kindIs(t, err, fault.Interrupted, fmt.Sprintf("%d of 130 rows were answered and stay so; from line %d on nothing was tried", done, answers[done].Line))
	if n := h.number(`SELECT COUNT(*) FROM binding`); n != int64(done) {
		t.Errorf("%d rows were answered, %d bindings stored", done, n)
	}
	h.verified()
}

// Who cannot be told is not bound: what nobody heard of ends the file.
func TestBindAllUnheard(t *testing.T) {
	h := newBulked(t, 130)
	full := errors.New("the disk is full")
	err := h.desk.BindAll(bg, desk.Bulk{Rows: h.rightRows(1, 130), Answer: func([]desk.Answered) error { return full }})
	if !errors.Is(err, full) {
		t.Errorf("ends with %v", err)
	}
	if n := h.number(`SELECT COUNT(*) FROM binding`); n > 50 {
		t.Errorf("%d bindings that nobody heard of", n)
	}
}

// A shifted column locks nobody: twenty refusals in a row end the file, and one
// accepted row between them does not.
func TestTwentyRefusalsEndAFile(t *testing.T) {
	h := newBulked(t, 150)
	rows := h.rightRows(1, 150)
	for i := range rows {
		if i >= 110 || i < 5 {
			rows[i].Codes = []string{h.wrong(uint64(i + 1))}
		}
	}
	answers, err := h.bindAll(false, rows...)
	kindIs(t, err, fault.Refused, "20 rows in a row were refused; from line 132 on nothing was tried")
	for i, a := range answers {
		want := "accepted"
		switch {
		case i >= 130:
			want = desk.NotTried
		case i >= 110 || i < 5:
			want = "refused"
		}
		if a.Outcome.Outcome != want {
			t.Fatalf("row %d is %s, not %s", i, a.Outcome.Outcome, want)
		}
	}
	if n := h.number(`SELECT COUNT(*) FROM token WHERE failures > 0`); n != 5+20 {
		t.Errorf("%d tokens have failures", n)
	}
	h.verified()
}

// All or nothing: the bindings are, but not what was learnt by comparing.
func TestWholeFile(t *testing.T) {
	t.Run("all", func(t *testing.T) {
		h := newBulked(t, 60)
		answers, err := h.bindAll(true, h.rightRows(1, 60)...)
		must(t, err)
		if len(answers) != 60 || !answers[59].Accepted() || *answers[59].Account != "user60" || answers[59].Token.State != token.Bound {
			t.Errorf("%+v", outcomes(answers))
		}
		if n := h.number(`SELECT COUNT(*) FROM binding WHERE closed_at IS NULL`); n != 60 {
			t.Errorf("%d bindings", n)
		}
		h.verified()
	})
	t.Run("nothing", func(t *testing.T) {
		h := newBulked(t, 4)
		h.clock.advance(time.Minute)
		_, err := h.desk.Check(bg, h.codes(serialOf(1), h.wrong(1)))
		kindIs(t, err, fault.CodeRefused)
		rows := h.rightRows(1, 4)
		rows[2].Codes[0] = h.wrong(3)
		answers, err := h.bindAll(true, rows...)
		kindIs(t, err, fault.Refused, "4 of 4 rows were refused; nothing of the file was stored", "stay used or counted")
		want := []string{"2 refused all_or_nothing", "3 refused all_or_nothing", "4 refused wrong_code", "5 refused all_or_nothing"}
		if diff := cmp.Diff(want, outcomes(answers)); diff != "" {
			t.Error(diff)
		}
		for i, failures := range []int{1, 0, 1, 0} {
			found, _ := h.find(serialOf(uint64(i + 1)))
			if found.State != token.InStock || found.Failures != failures || (found.Watermark != nil) != (i != 2) || found.DriftSeconds != nil {
				t.Errorf("token %d: %+v", i+1, found)
			}
		}
		events := h.events()
		for _, e := range events[len(events)-4:] {
			if e.Command != token.CmdBind || e.Outcome != trail.Refused || e.Reason == "" {
				t.Errorf("event %+v", e)
			}
		}
		answers, err = h.bindAll(false, rows[:2]...)
		kindIs(t, err, fault.Refused)
		if diff := cmp.Diff([]string{"2 refused already_used", "3 refused already_used"}, outcomes(answers)); diff != "" {
			t.Error(diff)
		}
		h.verified()
	})
	t.Run("nothing is compared where a row needs no code to be refused", func(t *testing.T) {
		h := newBulked(t, 3)
		before := h.dump()
		rows := h.rightRows(1, 3)
		rows[2].Codes = []string{"12345"}
		answers, err := h.bindAll(true, rows...)
		kindIs(t, err, fault.Refused, "1 of 3 rows were refused")
		if diff := cmp.Diff([]string{"2 not_tried", "3 not_tried", "4 refused wrong_length"}, outcomes(answers)); diff != "" {
			t.Error(diff)
		}
		if h.dump() != before {
			t.Error("something changed")
		}
		rows = append(h.rightRows(1, 2), h.bulkRow(1, h.shown(1, 0)))
		answers, err = h.bindAll(true, rows...)
		kindIs(t, err, fault.Refused, "1 of 3 rows were refused")
		if diff := cmp.Diff([]string{"2 not_tried", "3 not_tried", "2 refused repeated"}, outcomes(answers)); diff != "" {
			t.Error(diff)
		}
		if h.dump() != before {
			t.Error("something changed")
		}
	})
	t.Run("twenty refusals in a row", func(t *testing.T) {
		h := newBulked(t, 40)
		rows := h.rightRows(1, 40)
		for i := 5; i < 40; i++ {
			rows[i].Codes[0] = h.wrong(uint64(i + 1))
		}
		answers, err := h.bindAll(true, rows...)
		kindIs(t, err, fault.Refused, "25 of 40 rows were refused")
		if got := outcomes(answers); got[0] != "2 refused all_or_nothing" || got[24] != "26 refused wrong_code" || got[25] != "27 not_tried" {
			t.Errorf("%q", got)
		}
		if n := h.number(`SELECT COUNT(*) FROM token WHERE failures = 1`); n != 20 {
			t.Errorf("%d tokens have a failure", n)
		}
		h.verified()
	})
	t.Run("too long", func(t *testing.T) {
		h := newBulked(t, 1)
		_, err := h.bindAll(true, make([]desk.BulkRow, 10_001)...)
		kindIs(t, err, fault.Refused, "all or nothing takes 10000")
	})
}

// A seed that does not open is its row's trouble; a clock that is behind is
// everybody's.
func TestBindAllTroubles(t *testing.T) {
	h := newBulked(t, 3)
	h.sql(`UPDATE token SET seed = x'0102' WHERE serial_key = '` + serialOf(2) + `'`)
	answers, err := h.bindAll(false, h.rightRows(1, 3)...)
	kindIs(t, err, fault.Refused, "1 of 3 rows were refused")
	if diff := cmp.Diff([]string{"2 accepted", "3 refused damaged", "4 accepted"}, outcomes(answers)); diff != "" {
		t.Error(diff)
	}
	h.clock.advance(-2 * time.Hour)
	answers, err = h.bindAll(false, h.rightRows(2, 2)...)
	kindIs(t, err, fault.NotAllowed, "behind the newest event")
	if diff := cmp.Diff([]string{"3 not_tried"}, outcomes(answers)); diff != "" {
		t.Error(diff)
	}
}

// Codes of a file are judged by the time at which they were read.
func TestReadAt(t *testing.T) {
	h := newBulked(t, 3)
	read := h.clock.Now()
	rows := h.rightRows(1, 2)
	rows[1].ReadAt = time.Time{}
	h.clock.advance(5 * time.Hour)
	answers, err := h.bindAll(false, rows...)
	kindIs(t, err, fault.Refused, "1 of 2")
	if diff := cmp.Diff([]string{"2 accepted", "3 refused wrong_code"}, outcomes(answers)); diff != "" {
		t.Error(diff)
	}
	found, _ := h.find(serialOf(1))
	if want := otp.ObservedDrift(totp6, otp.StepAt(totp6, read, 0), read); found.DriftSeconds == nil || *found.DriftSeconds != want || !found.ObservedAt.Equal(read) {
		t.Errorf("%+v", found)
	}
}

// Files of assignments: rows stand for themselves, or all are stored.
func TestAssignAll(t *testing.T) {
	h := newBulked(t, 60)
	var rows []desk.BulkRow
	for i := uint64(1); i <= 60; i++ {
		rows = append(rows, h.bulkRow(i))
	}
	assign := func(whole bool, rows ...desk.BulkRow) (all []desk.Answered, err error) {
		err = h.desk.AssignAll(bg, desk.Bulk{Rows: rows, Whole: whole, Answer: func(a []desk.Answered) error {
			all = append(all, a...)
			return nil
		}})
		return all, err
	}
	others := rows[7]
	others.Account = "somebody else"
	_, err := assign(false, others)
	must(t, err)
	before := h.dump()
	answers, err := assign(true, rows[:20]...)
	kindIs(t, err, fault.Refused, "20 of 20 rows were refused")
	if got := outcomes(answers); got[0] != "2 refused all_or_nothing" || got[7] != "9 refused wrong_state" || h.dump() != before {
		t.Errorf("%q", got)
	}
	answers, err = assign(false, rows...)
	kindIs(t, err, fault.Refused, "1 of 60 rows were refused")
	if got := outcomes(answers); got[7] != "9 refused wrong_state" || got[59] != "61 accepted" {
		t.Errorf("%q", got)
	}
	before = h.dump()
	rows[7] = others
	answers, err = assign(false, rows...)
	must(t, err)
	if got := outcomes(answers); got[7] != "9 already_done" || got[59] != "61 already_done" || h.dump() != before {
		t.Errorf("again: %q", got)
	}
	if n := h.number(`SELECT COUNT(*) FROM token WHERE state = 1`); n != 60 {
		t.Errorf("%d tokens are assigned", n)
	}
	h.verified()
}
