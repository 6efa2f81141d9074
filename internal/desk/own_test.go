package desk_test

import (
	"context"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

func (h *house) own(account token.Account) desk.Own {
	signedIn := *h.desk
	signedIn.Operator = token.Operator{Kind: token.OperatorOIDC, ID: "https://login.example 42", Name: string(account), SignedIn: 40}
	return desk.Own{Desk: &signedIn, Account: account}
}

// claim answers all questions, and returns what was asked and what came of it.
func (h *house) claim(o desk.Own, serial string, codes ...string) (asked []desk.Question, out desk.Outcome, err error) {
	h.t.Helper()
	c, err := o.Claim(bg, token.Serial(serial), desk.Words{})
	for err == nil && c.Question() != desk.Done {
		asked = append(asked, c.Question())
		out, _, err = c.Type(bg, codes[len(asked)-1], h.clock.Now())
	}
	return asked, out, err
}

// Whatever a serial is that is not theirs, the questions and the answer are the same.
// With a right code a token in stock is bound, where that is allowed.
func TestClaimTellsNothing(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 1), line("S2", 2), line("S3", 3), line("S4", 4), line("S5", 5), line("S6", 6)))
	h.load(memory{"long.csv", "L1," + seedHex(7) + ",totp,8,30\n"})
	h.clock.advance(time.Hour)
	h.bring(2, token.Retired)
	h.bring(3, token.Bound) // to Anna
	h.bring(4, token.Assigned)
	h.bring(5, token.Quarantined)
	h.fail("S6", 6, 5)
	assigned, stock := h.own("Eva"), h.own("Eva")
	stock.FromStock = true
	before := len(h.events())
	for name, o := range map[string]desk.Own{"assigned": assigned, "stock": stock} {
		counted := &counting{Store: h.store}
		o.Desk.Store = counted
		for i, serial := range []string{"S1", "S2", "S3", "S4", "S5", "S6", "L1", "S7", "nobody's"} {
			asked, _, err := h.claim(o, serial, h.wrong(uint64(i+1)), h.shown(uint64(i+1), 0))
			kindIs(t, err, fault.CodeRefused, "this serial and these codes did not bind a token", "in hand")
			if counted.writes != 2*(i+1) { // one for each code
				t.Errorf("%s, %s: %d transactions", name, serial, counted.writes)
			}
			if len(asked) != 2 || asked[0] != desk.CodeNow || asked[1] != desk.CodeNext {
				t.Errorf("%s, %s: %v", name, serial, asked)
			}
		}
		tries := h.events()[before:]
		if before += len(tries); len(tries) != 18 {
			t.Errorf("%s: %d events tell of the tries", name, len(tries))
		}
		for i, e := range tries {
			if e.Outcome != trail.Refused || e.Command != token.CmdBind || e.Plain[trail.TextAccount] != "Eva" {
				t.Errorf("%s: %+v", name, e)
			}
			if typed := e.Plain[trail.TextSerial]; (typed != "") != (i >= 14 || o.FromStock && i >= 12) {
				t.Errorf("%s: event %d, of serial %q: %+v", name, i, typed, e)
			}
		}
		if last := tries[17]; last.Reason != string(otp.NoSuchToken) || last.Plain[trail.TextSerial] != "nobody's" {
			t.Errorf("%+v", last)
		}
	}
	_, err := h.desk.SetPolicy(bg, map[string]string{"codes-needed": "2"}, desk.Words{Approver: "Otto"})
	must(t, err)
	for _, serial := range []string{"S1", "S3", "S4", "L1", "S7"} {
		counted := &counting{Store: h.store}
		stock.Desk.Store = counted
		if _, _, err := h.claim(stock, serial, h.wrong(1), h.wrong(1)[1:]+"1"); fault.KindOf(err) != fault.CodeRefused || counted.writes != 1 {
			t.Errorf("with two codes, %s: %v, %d transactions", serial, err, counted.writes)
		}
	}
	_, err = h.desk.SetPolicy(bg, map[string]string{"codes-needed": "1"}, desk.Words{Approver: "Otto"})
	must(t, err)
	if _, _, err := h.claim(assigned, "S1", h.shown(1, 0), h.wrong(1)); fault.KindOf(err) != fault.CodeRefused {
		t.Error("one from stock was bound: ", err)
	}
	h.clock.advance(2 * time.Hour)
	asked, out, err := h.claim(stock, "S1", h.shown(1, 0))
	must(t, err)
	if len(asked) != 1 || *out.Account != "Eva" {
		t.Errorf("%v %+v", asked, out)
	}
	bound, _ := h.find("S1")
	if e := h.lastEvent(); *bound.BoundProof != desk.ProofSignIn || e.Operator.Kind != token.OperatorOIDC || e.Operator.SignedIn != 40 || e.Plain[trail.TextProof] != desk.ProofSignIn {
		t.Errorf("%+v", e)
	}
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
	if len(found) != 1 || *found[0].Operator != "Eva" {
		t.Fatalf("%+v", found)
	}
	says(t, found[0].About, "5 serials tried within a day that are not theirs")
}

// counting counts transactions that write.
type counting struct {
	desk.Store
	writes int
}

func (c *counting) Update(ctx context.Context, fn func(desk.Tx) error) error {
	c.writes++
	return c.Store.Update(ctx, fn)
}

// Of a token that was assigned to them people hear all that the desk would.
func TestClaimOfTheirOwn(t *testing.T) {
	h := newDesked(t)
	h.bring(1, token.Assigned) // to Anna
	o := h.own("anna")
	if _, err := h.desk.SetPolicy(bg, map[string]string{"tokens-per-account": "1"}, desk.Words{Approver: "Otto"}); err != nil {
		t.Fatal(err)
	}
	_, _, err := h.claim(o, "S1", h.wrong(1), h.wrong(1)[1:]+"1")
	kindIs(t, err, fault.CodeRefused, "token S1")
	_, out, err := h.claim(o, "S1", h.shown(1, 0))
	must(t, err)
	if *out.Account != "Anna" {
		t.Errorf("%+v", out)
	}
	_, _, err = h.claim(o, "S1", h.shown(1, 0))
	kindIs(t, err, fault.NotAllowed, "bound to Anna already")
	o.FromStock = true
	_, _, err = h.claim(o, "S2", h.shown(2, 0))
	kindIs(t, err, fault.NotAllowed, "the policy allows 1")
	h.verified()
}

// People change their own tokens, and no others.
func TestOwnTokens(t *testing.T) {
	h := newDesked(t)
	h.bring(1, token.Bound) // Anna's
	h.bring(2, token.Bound)
	anna, eva := h.own("anna"), h.own("eva")
	for _, serial := range []token.Serial{"S1", "S9"} {
		_, err := eva.Lose(bg, serial, token.Loss{}, desk.Words{})
		kindIs(t, err, fault.NotFound, "you have no such token")
		_, err = eva.Return(bg, serial, desk.Words{})
		kindIs(t, err, fault.NotFound, "you have no such token")
		_, err = eva.Resync(bg, serial, desk.Typed{Text: "123456", At: h.clock.Now()}, desk.Typed{Text: "654321", At: h.clock.Now()})
		kindIs(t, err, fault.NotFound, "you have no such token")
		_, err = eva.RemoveApp(bg, serial, desk.Typed{Text: "123456", At: h.clock.Now()}, desk.Words{})
		kindIs(t, err, fault.NotFound, "you have no such token")
	}
	_, err := anna.RemoveApp(bg, "S1", desk.Typed{Text: h.shown(1, 0), At: h.clock.Now()}, desk.Words{})
	kindIs(t, err, fault.NotAllowed, "not possible while the token is bound")
	if _, err := h.desk.SetPolicy(bg, map[string]string{"proofs": "badge", "require.unbind": "proof"}, desk.Words{Approver: "Otto"}); err != nil {
		t.Fatal(err)
	}
	_, err = anna.Return(bg, "S2", desk.Words{}) // the policy demands a proof, and knows no sign-in
	kindIs(t, err, fault.NotAllowed, desk.ProofSignIn, "badge")
	lost, err := anna.Lose(bg, "S1", token.Loss{Stolen: true}, desk.Words{})
	must(t, err)
	if e := h.lastEvent(); lost.State != token.Lost || !lost.Loss.Stolen || e.Plain[trail.TextAccount] != "Anna" || e.Operator.Name != "anna" {
		t.Errorf("%+v %+v", lost, e)
	}
	if _, err := h.desk.SetPolicy(bg, map[string]string{"proofs": "badge, " + desk.ProofSignIn}, desk.Words{Approver: "Otto"}); err != nil {
		t.Fatal(err)
	}
	back, err := anna.Return(bg, "S2", desk.Words{})
	must(t, err)
	if e := h.lastEvent(); back.State != token.Quarantined || e.Plain[trail.TextProof] != desk.ProofSignIn {
		t.Errorf("%+v %+v", back, e)
	}
	h.verified()
}

// An app is made and removed by its holder.
func TestOwnApp(t *testing.T) {
	h := newDesked(t)
	anna := h.own("Anna")
	e, err := anna.Enrol(bg, desk.Virtual{Issuer: "ACME", Params: totp6})
	must(t, err)
	defer e.Key.Clear()
	code, err := otp.At(totp6, e.Key.Seed, h.step(0))
	must(t, err)
	out, err := e.Bind(bg, []desk.Typed{{Text: code, At: h.clock.Now()}})
	must(t, err)
	if *out.Account != "Anna" || h.lastEvent().Plain[trail.TextProof] != desk.ProofSignIn {
		t.Errorf("%+v %+v", out, h.lastEvent())
	}
	h.clock.advance(time.Minute)
	_, err = anna.Return(bg, out.Serial, desk.Words{})
	kindIs(t, err, fault.NotAllowed)
	_, err = anna.RemoveApp(bg, out.Serial, desk.Typed{Text: code, At: h.clock.Now()}, desk.Words{})
	kindIs(t, err, fault.CodeRefused)
	code, err = otp.At(totp6, e.Key.Seed, h.step(0))
	must(t, err)
	out, err = anna.RemoveApp(bg, out.Serial, desk.Typed{Text: code, At: h.clock.Now()}, desk.Words{})
	must(t, err)
	if out.Token.State != token.Retired {
		t.Errorf("%+v", out.Token)
	}
	h.verified()
}

// A pair is counted unless its first code was, however the first was refused.
func TestClaimCountsOnce(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 1)))
	h.clock.advance(time.Hour)
	o := h.own("Eva")
	o.FromStock = true
	unlock := func() {
		_, err := h.desk.Unlock(bg, "S1", desk.Words{Approver: "Otto"})
		must(t, err)
	}
	for _, locked := range []bool{false, true} {
		c, err := o.Claim(bg, "S1", desk.Words{})
		must(t, err)
		if locked {
			h.fail("S1", 1, 5)
		}
		_, _, err = c.Type(bg, h.wrong(1), h.clock.Now())
		must(t, err)
		if locked {
			unlock()
		}
		_, _, err = c.Type(bg, h.wrong(1)[1:]+"1", h.clock.Now())
		kindIs(t, err, fault.CodeRefused, "did not bind")
		if n := h.number(`SELECT failures FROM token`); n != 1 {
			t.Errorf("locked %v: %d failures", locked, n)
		}
		unlock()
	}
	h.verified()
}
