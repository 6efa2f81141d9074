package desk_test

import (
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

// talk has a conversation to its end, and returns how many codes it took.
func (h *house) talk(by token.Command, serial string, codes ...string) (out desk.Outcome, asked int, err error) {
	h.t.Helper()
	c, err := h.desk.Converse(bg, h.codes(serial), by)
	must(h.t, err)
	for ; c.Question() != desk.Done && err == nil; asked++ {
		var typo *otp.CodeError
		out, typo, err = c.Type(bg, codes[asked], h.clock.Now())
		if typo != nil {
			h.t.Fatal(typo.Msg)
		}
	}
	return out, asked, err
}

// The first code is always tried alone: a token that was never seen is bound by one
// code if its clock is where it may be, and by two else. The binding says by how many.
func TestOneCodeIsTriedFirst(t *testing.T) {
	h := newDesked(t)
	for serial, c := range map[string]struct {
		i     uint64
		drift time.Duration
		asked int
	}{"S1": {1, 4 * time.Minute, 1}, "S2": {2, 25 * time.Minute, 2}} {
		second := codeOf(t, totp6, c.i, h.step(c.drift)+1)
		out, asked, err := h.talk(token.CmdBind, serial, h.shown(c.i, c.drift), second)
		must(t, err)
		if asked != c.asked || out.CodesUsed != c.asked || out.Failures != 0 {
			t.Errorf("%s: %d codes were asked for: %+v", serial, asked, out)
		}
		if n := h.number(`SELECT codes FROM binding JOIN token t ON t.id = token_id WHERE t.serial_key = $1`, serial); n != int64(c.asked) {
			t.Errorf("%s: the binding says %d codes", serial, n)
		}
	}
	h.verified()
}

// A pair that is right takes back the failure that its first code was alone, and no
// other.
func TestRightPairTakesItsFailureBack(t *testing.T) {
	for by, left := range map[token.Command]int{token.CmdCheck: 2, token.CmdResync: 0} {
		h := newDesked(t)
		h.fail("S1", 1, 2)
		const drift = 25 * time.Minute
		out, asked, err := h.talk(by, "S1", h.shown(1, drift), codeOf(t, totp6, 1, h.step(drift)+1))
		must(t, err)
		if asked != 2 || out.Failures != left {
			t.Errorf("%s: %d failures are left: %+v", by, out.Failures, out)
		}
		e := h.lastEvent()
		if d := detail[trail.TokenDetail](t, e); e.Outcome != trail.Done || !d.TakenBack || d.After.Failures != left {
			t.Errorf("%s: the event is %+v, %+v", by, e, d)
		}
		h.verified()
	}
	h := newDesked(t)
	_, _, err := h.talk(token.CmdCheck, "S1", h.wrong(1), h.shown(1, 0))
	kindIs(t, err, fault.CodeRefused)
	if found, _ := h.find("S1"); found.Failures != 1 {
		t.Errorf("a wrong pair leaves %d failures", found.Failures)
	}
	h.verified()
}

// The same message sent twice is told so, and is no failure; an older code is one.
func TestRepeatedCodeIsNoFailure(t *testing.T) {
	h := newDesked(t)
	older := codeOf(t, totp6, 1, h.step(0)-1)
	_, err := h.bind("S1", h.shown(1, 0))
	must(t, err)
	for range token.LockForGood {
		out, err := h.desk.Resync(bg, h.codes("S1", h.shown(1, 0)))
		kindIs(t, err, fault.CodeRefused, "already used")
		refusedFor(t, out, otp.AlreadyUsed, 0)
	}
	out, err := h.desk.Resync(bg, h.codes("S1", older))
	kindIs(t, err, fault.CodeRefused, "already used")
	refusedFor(t, out, otp.AlreadyUsed, 1)
	h.verified()
}
