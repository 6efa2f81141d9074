package desk_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/otp"
	"fob/internal/seedfile"
	"fob/internal/token"
	"fob/internal/trail"
)

func (h *house) fail(serial string, i uint64, times int) {
	h.t.Helper()
	for range times {
		_, err := h.bind(serial, h.wrong(i))
		kindIs(h.t, err, fault.CodeRefused)
	}
}

// A seed that was sealed for the same serial before a --replace does not open, though
// it is put back together with its fingerprint.
func TestAnOlderSeedPutBack(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 1)))
	beside := fmt.Sprintf(`ATTACH '%s' AS beside`, filepath.Join(t.TempDir(), "old.db"))
	h.sql(beside, `CREATE TABLE beside.old AS SELECT seed, fingerprint FROM token WHERE serial_key = 'S1'`)
	h.load(csv(line("S1", 9)), replace)
	h.clock.advance(time.Hour)
	h.sql(beside, `UPDATE token SET (seed, fingerprint) = (SELECT seed, fingerprint FROM beside.old) WHERE serial_key = 'S1'`)
	before := h.dump()
	for i, code := range []string{h.shown(1, 0), h.shown(9, 0)} {
		_, err := h.bind("S1", code)
		kindIs(t, err, fault.Integrity, "S1")
		if _, err := h.desk.Check(bg, h.codes("S1", code)); fault.KindOf(err) != fault.Integrity {
			t.Errorf("check of code %d: %v", i, err)
		}
	}
	if h.dump() != before {
		t.Error("something was written")
	}
}

// What codes cannot be computed from is no token.
func TestImportLimits(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		t0   int64
		says string
	}{
		"T0":      {line("N1", 1), 9_000_000_000_000_000_000, "T0"},
		"early":   {line("N1", 1), token.MinT0 - 1, "T0"},
		"counter": {"N1," + seedHex(1) + ",hotp,6,9223372036854775808", 0, "the counter in column 5 is not a number from 0 to 2^63-1"},
	} {
		h := newHouse(t)
		res, err := h.intake.Import(bg, request(csv(c.line), func(r *intake.Import) {
			if c.t0 != 0 {
				r.Fill.Given, r.Fill.Params.T0 = given(seedfile.FieldT0), c.t0
			}
		}))
		kindIs(t, err, fault.Refused)
		if len(res.Rejects) != 1 || res.Rejects[0].Verdict != token.Invalid || !strings.Contains(res.Rejects[0].Reason.String(), c.says) {
			t.Errorf("%s: %+v", name, res.Rejects)
		}
	}
}

// A counter can be used up to the last one there is; what is said then is that,
// before anybody spells a code, and it counts as no failure.
func TestLastCounter(t *testing.T) {
	const last = token.MaxCounter
	h := newHouse(t)
	h.load(memory{"hotp.csv", fmt.Sprintf("N1,%s,hotp,6,%d\nN2,%s,hotp,6,%d\n", seedHex(1), int64(last-3), seedHex(2), int64(last))})
	for n := int64(3); n > 0; n -= 2 {
		_, err := h.desk.Resync(bg, h.codes("N1", codeOf(t, hotp6, 1, last-n), codeOf(t, hotp6, 1, last-n+1)))
		must(t, err)
	}
	req := h.codes("N2", codeOf(t, hotp6, 2, last))
	req.Account = "Bert"
	_, err := h.desk.Bind(bg, req)
	must(t, err)
	for _, serial := range []string{"N1", "N2"} {
		out, err := h.desk.Resync(bg, h.codes(serial, "123456"))
		kindIs(t, err, fault.NotAllowed, "the counter of token "+serial+" has reached its end, 9223372036854775807")
		refusedFor(t, out, otp.WrongState, 0)
		_, err = h.desk.Converse(bg, h.codes(serial), token.CmdCheck)
		kindIs(t, err, fault.NotAllowed, "has reached its end")
	}
	pair := h.codes("", codeOf(t, hotp6, 2, last-1), codeOf(t, hotp6, 2, last)).Codes
	if out, err := h.desk.Identify(bg, desk.Identify{Codes: pair, Search: desk.Search{Wide: true}}); err != nil || len(out.Found) > 0 {
		t.Errorf("used up, and found: %+v, %v", out, err)
	}
	h.verified()
}

// The failure that locks a token would keep the pair of the same attempt out.
func TestLastTryAsksForBothCodes(t *testing.T) {
	h := newDesked(t)
	_, err := h.desk.Resync(bg, h.codes("S1", h.shown(1, 0))) // now its clock is known
	must(t, err)
	for failures := range token.LockAfter {
		p, err := h.desk.Converse(bg, h.codes("S1"), token.CmdBind)
		must(t, err)
		if last := failures == token.LockAfter-1; (p.WantsTwo == desk.LastTry) != last || !last && p.WantsTwo != desk.OneWillDo {
			t.Errorf("after %d failures: two codes %v", failures, p.WantsTwo)
		}
		h.fail("S1", 1, 1)
	}
	h.clock.advance(token.LockFor)
	p, err := h.desk.Converse(bg, h.codes("S1"), token.CmdBind)
	if err != nil || p.WantsTwo == desk.OneWillDo {
		t.Errorf("after the lock: %+v, %v", p, err)
	}
}

// Nobody should spell a code right only to hear that it cannot help.
func TestLockIsSaidBeforeTheForm(t *testing.T) {
	h := newDesked(t)
	h.fail("S1", 1, token.LockAfter)
	out, err := h.bind("S1", "12345")
	kindIs(t, err, fault.Locked, "locked for 15 minutes more, until")
	refusedFor(t, out, otp.Locked, token.LockAfter)
	_, err = h.bind("S2", h.shown(2, 0))
	must(t, err)
	req := h.codes("S2", "12345O")
	req.Account = "Bert"
	out, err = h.desk.Bind(bg, req)
	kindIs(t, err, fault.NotAllowed, "S2 is bound to Anna")
	refusedFor(t, out, otp.WrongState, 0)
	if d := detail[trail.TokenDetail](t, h.lastEvent()); d.Codes != 1 {
		t.Errorf("the event says %d codes", d.Codes)
	}
	h.clock.advance(-time.Hour)
	out, err = h.bind("S1", "1")
	kindIs(t, err, fault.NotAllowed, "clock")
	refusedFor(t, out, otp.ClockBehind, token.LockAfter)
	h.verified()
	req = h.codes("H1", "123456") // a counter needs no clock
	req.Account = "Bert"
	out, _ = h.desk.Bind(bg, req)
	refusedFor(t, out, otp.WrongCode, 1)
}

// A clock that goes on between any two looks at it.
func (h *house) ticking() *desk.Desk {
	d := *h.desk
	d.Now = func() time.Time { h.clock.advance(time.Millisecond); return h.clock.Now() }
	return &d
}

// All times that one attempt writes are the same.
func TestOneAttemptHasOneTime(t *testing.T) {
	h := newDesked(t)
	d := h.ticking()
	h.fail("S1", 1, token.LockAfter-1)
	out, err := d.Bind(bg, h.codes("S1", h.wrong(1)))
	kindIs(t, err, fault.CodeRefused)
	ends := h.lastEvent().Time.Add(token.LockFor)
	if !out.LockedUntil.Equal(ends) || !out.Token.LockedUntil.Equal(ends) {
		t.Errorf("the lock ends at %s, the event's is %s", out.LockedUntil, ends)
	}
	out, err = d.Bind(bg, h.codes("S2", h.shown(2, 0)))
	must(t, err)
	at := h.lastEvent().Time.Time
	if !out.Token.BoundAt.Equal(at) || !out.Token.Since.Equal(at) {
		t.Errorf("bound at %s, the event says %s", out.Token.BoundAt, at)
	}
	h.verified()
}

// The remedy for wrong parameters is one that is possible.
func TestRemedyForWrongParameters(t *testing.T) {
	h := newDesked(t)
	pair := func() desk.Codes {
		sixty := totp6
		sixty.Period = 60
		s := otp.StepAt(sixty, h.clock.Now(), 0)
		return h.codes("S1", codeOf(t, sixty, 1, s), codeOf(t, sixty, 1, s+1))
	}
	tell := func(correctable bool, words ...string) {
		t.Helper()
		out, err := h.desk.Check(bg, pair())
		if said := strings.Contains(fault.HintOf(err), "batch correct 1 period 60"); said != correctable {
			t.Errorf("the hint is %q", fault.HintOf(err))
		}
		kindIs(t, err, fault.CodeRefused, append(words, "fit this seed with a period of 60 s", "imported with wrong parameters")...)
		if *out.Reason != otp.WrongParameters {
			t.Errorf("%s", *out.Reason)
		}
		_, err = h.desk.Unlock(bg, "S1", desk.Words{Approver: "Eva"})
		must(t, err)
	}
	move := func(by token.Command, to token.State) {
		t.Helper()
		_, err := h.desk.Move(bg, desk.Change{Serial: "S1", By: by, To: to, Words: desk.Words{Account: "Anna"}})
		must(t, err)
	}
	tell(true, "batch correct 1 period 60 corrects it")
	move(token.CmdAssign, token.Assigned)
	tell(true)
	move(token.CmdUnassign, token.InStock)
	_, err := h.desk.Resync(bg, h.codes("S1", h.shown(1, 0)))
	must(t, err)
	tell(false, "answered codes before", "set this one aside", "another token")
	h.clock.advance(time.Minute)
	_, err = h.bind("S1", h.shown(1, 0))
	must(t, err)
	tell(false, "answered codes before", "unbind S1 returned to quarantined", "another token")
	h.verified()
}
