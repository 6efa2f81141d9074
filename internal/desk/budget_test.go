package desk_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	requests "fob/internal/request"
	"fob/internal/token"
)

// Guesses spread over many tokens lock none of them: beyond the budget of an hour the
// operator needs a second person.
func TestBudgetOfRefusals(t *testing.T) {
	h := newBulked(t, 60)
	guess := func(i int, changes ...func(*desk.Codes)) error {
		req := h.codes(serialOf(uint64(i)), h.wrong(uint64(i)))
		for _, change := range changes {
			change(&req)
		}
		_, err := h.desk.Check(bg, req)
		return err
	}
	began := h.clock.Now()
	for i := range token.UsualRefusals {
		kindIs(t, guess(i+1), fault.CodeRefused)
		h.clock.advance(time.Minute)
	}
	before := h.dump()
	kindIs(t, guess(40), fault.Refused, "fob refused 30 codes of olga since", "approved by", "nothing was compared")
	_, err := h.desk.Converse(bg, h.codes(serialOf(41)), token.CmdBind)
	kindIs(t, err, fault.Refused, "30 codes")
	answers, err := h.bindAll(false, h.rightRows(42, 43)...)
	kindIs(t, err, fault.Refused, "0 of 2 rows were answered", "30 codes of olga", "approved by")
	if len(answers) != 2 || answers[0].Outcome.Outcome != desk.NotTried {
		t.Errorf("%v", outcomes(answers))
	}
	_, err = h.bindAll(true, h.rightRows(42, 43)...)
	kindIs(t, err, fault.Refused, "0 of 2 rows were answered", "30 codes of olga")
	if h.dump() != before {
		t.Error("something was written")
	}
	kindIs(t, guess(40, func(c *desk.Codes) { c.Approver = "Eva" }), fault.CodeRefused)
	h.verified()
	h.clock.advance(began.Add(token.RefusalSpan).Sub(h.clock.Now()))
	kindIs(t, guess(45), fault.CodeRefused)
	h.verified()

	var found []report.Exception
	must(t, h.store.Snapshot(bg, func(r report.Reader) error {
		for x, err := range report.Exceptions(r, report.ExceptionFilter{Now: h.clock.Now(), Kinds: []report.ExceptionKind{report.ManyRefusals}}) {
			if err != nil {
				return err
			}
			found = append(found, x)
		}
		return nil
	}))
	if len(found) != 1 || *found[0].Operator != "olga" || found[0].Object != "operator olga" {
		t.Fatalf("%+v", found)
	}
	says(t, found[0].About, "30 codes refused within an hour, of 30 tokens")
}

// The policy may be stricter, and another operator has a budget of their own.
func TestBudgetIsEachOperators(t *testing.T) {
	h := newBulked(t, 9)
	_, err := h.desk.SetPolicy(bg, map[string]string{"refusals-per-hour": "2"}, desk.Words{Approver: "Eva"})
	must(t, err)
	for i := uint64(1); i <= 2; i++ {
		_, err := h.desk.Check(bg, h.codes(serialOf(i), h.wrong(i)))
		kindIs(t, err, fault.CodeRefused)
	}
	_, err = h.desk.Check(bg, h.codes(serialOf(3), h.shown(3, 0)))
	kindIs(t, err, fault.Refused, "2 codes")
	other := h.newDesk("otto")
	other.Operator.ID = "1001"
	if _, err := other.Check(bg, h.codes(serialOf(3), h.shown(3, 0))); err != nil {
		t.Error(err)
	}
	h.sql(`UPDATE operator_refusals SET refused = 0`)
	r, err := h.store.Verify(bg, nil)
	if err != nil || len(r.Problems) != 1 {
		t.Fatalf("%v, %q", err, r.Problems)
	}
	says(t, r.Problems[0], "the refused codes of operator 1000: the table says 0", "the trail 2")
	h.sql(`DELETE FROM operator_refusals`)
	if r, err = h.store.Verify(bg, nil); err != nil || r.OK() {
		t.Errorf("%v, %q", err, r.Problems)
	}
}

// A pair that turns out right costs nothing of the budget.
func TestRightPairCostsNoBudget(t *testing.T) {
	h := newDesked(t)
	_, err := h.desk.SetPolicy(bg, map[string]string{"refusals-per-hour": "1"}, desk.Words{Approver: "Eva"})
	must(t, err)
	const drift = 25 * time.Minute
	for _, serial := range []uint64{1, 2} {
		_, asked, err := h.talk(token.CmdResync, fmt.Sprintf("S%d", serial), h.shown(serial, drift), codeOf(t, totp6, serial, h.step(drift)+1))
		if err != nil || asked != 2 {
			t.Errorf("S%d: %d codes, %v", serial, asked, err)
		}
	}
	h.verified()
}

// A right row now and then does not cover guesses.
func TestShareOfRefusedRows(t *testing.T) {
	h := newBulked(t, 200)
	var rows []desk.BulkRow
	for i := uint64(1); i <= 200; i++ {
		row := h.bulkRow(i, h.shown(i, 0))
		if i%10 != 0 {
			row.Codes = []string{h.wrong(i)}
		}
		row.Approver = "Eva" // the budget is not what stops it
		rows = append(rows, row)
	}
	answers, err := h.bindAll(false, rows...)
	kindIs(t, err, fault.Refused, "20 of 22 rows were refused, more than one in 4; from line 24 on nothing was tried")
	if got := outcomes(answers)[22]; got != "24 "+desk.NotTried {
		t.Errorf("%s", got)
	}
	h = newBulked(t, 60)
	answers, err = h.bindAll(true, rows[:60]...)
	kindIs(t, err, fault.Refused)
	if got := outcomes(answers)[22]; got != "24 "+desk.NotTried {
		t.Errorf("all or nothing: %s", got)
	}
	h.verified()
}

// One code of a token that lay in stock for years mostly fails: nothing is compared
// unless somebody says so.
func TestOneCodeOfOldStock(t *testing.T) {
	h := newBulked(t, 4)
	h.clock.advance(3 * 365 * days)
	rows := h.rightRows(1, 3)
	rows[1].Codes = append(rows[1].Codes, codeOf(t, totp6, 2, h.step(0)+1))
	before := h.dump()
	for _, whole := range []bool{false, true} {
		_, err := h.bindAll(whole, rows...)
		kindIs(t, err, fault.Refused, "2 of 3 rows have one code of a token that lay in stock for long", "the first is line 2", "nothing was compared", "one code")
	}
	if h.dump() != before {
		t.Error("something was written")
	}
	must(t, h.desk.BindAll(bg, desk.Bulk{Rows: rows, OneCode: true, Answer: func([]desk.Answered) error { return nil }}))
	h.verified()
}

// Where the policy names refusals, a typed name is not enough: a request lets one attempt,
// or one file, through.
func TestBudgetTakesARequest(t *testing.T) {
	h := newBulked(t, 60)
	_, err := h.desk.SetPolicy(bg, map[string]string{"refusals-per-hour": "2", "second-person": "refusals"}, desk.Words{Approver: "Eva"})
	must(t, err)
	guess := func(i uint64) {
		_, err := h.desk.Check(bg, h.codes(serialOf(i), h.wrong(i)))
		kindIs(t, err, fault.CodeRefused)
	}
	guess(1)
	guess(2)
	eva := h.newDesk("eva")
	eva.Operator.ID = "1001"
	registry := func(d *desk.Desk) requests.Registry {
		return requests.Registry{Store: h.store.Requests(), Author: d.Author()}
	}
	approve := func(err error) int {
		t.Helper()
		var needed *requests.Needed
		if !errors.As(err, &needed) {
			t.Fatalf("no request is needed: %v", err)
		}
		q, err := registry(h.desk).File(bg, needed, nil)
		must(t, err)
		says(t, q.Effect, "fob refused 2 codes of olga")
		_, err = registry(eva).Approve(bg, q.Number, token.Words{})
		must(t, err)
		return q.Number
	}

	typed := h.codes(serialOf(3), h.shown(3, 0))
	typed.Account, typed.Approver = "ann", "Eva"
	_, err = h.desk.Bind(bg, typed)
	kindIs(t, err, fault.NotAllowed, "a name that is typed does not count")
	typed.Approver = ""
	_, err = h.desk.Bind(bg, typed)
	number := approve(err)
	other := h.codes(serialOf(4), h.shown(4, 0)) // is another order
	other.Account = "ann"
	if _, err = h.desk.Bind(bg, other); !errors.As(err, new(*requests.Needed)) {
		t.Errorf("%v", err)
	}
	// The conversation keeps its second person from the first code to the second.
	const slow = 25 * time.Minute
	talk := h.codes(serialOf(3))
	talk.Account = "ann"
	c, err := h.desk.Converse(bg, talk, token.CmdBind)
	must(t, err)
	for i := range int64(2) {
		_, typo, err := c.Type(bg, codeOf(t, totp6, 3, h.step(-slow)+i), h.clock.Now())
		if must(t, err); typo != nil {
			t.Fatal(typo)
		}
		h.clock.advance(30 * time.Second)
	}
	if e := h.lastEvent(); e.Plain["approver"] != "eva" || e.Request != number || e.Command != token.CmdBind {
		t.Errorf("%+v", e)
	}
	if _, err = h.desk.Bind(bg, other); !errors.As(err, new(*requests.Needed)) {
		t.Errorf("the request did for two: %v", err)
	}

	for _, whole := range []bool{false, true} {
		rows := h.rightRows(10, 12)
		if whole {
			rows = h.rightRows(20, 22)
		}
		_, err = h.bindAll(whole, rows...)
		number := approve(err)
		answers, err := h.bindAll(whole, rows...)
		if must(t, err); len(answers) != 3 || !answers[2].Accepted() {
			t.Fatalf("%+v", answers)
		}
		if e := h.lastEvent(); e.Plain["approver"] != "eva" || e.Request != number {
			t.Errorf("%+v", e)
		}
	}
	h.verified()
}
