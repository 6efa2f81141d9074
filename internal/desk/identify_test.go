package desk_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

func (h *house) row(codes ...string) desk.Identify {
	var req desk.Identify
	for _, c := range codes {
		req.Codes = append(req.Codes, desk.Typed{Text: c, At: h.clock.Now()})
	}
	return req
}

// pair is what token i shows, n steps from now.
func (h *house) pair(i uint64, n int64) desk.Identify {
	return h.row(codeOf(h.t, totp6, i, h.step(0)+n), codeOf(h.t, totp6, i, h.step(0)+n+1))
}

func (h *house) identified(req desk.Identify) desk.Identification {
	h.t.Helper()
	out, err := h.desk.Identify(bg, req)
	must(h.t, err)
	return out
}

// More tokens than a page holds, in two batches: each is found where it is, and
// the trail says so without the codes.
func TestIdentify(t *testing.T) {
	h := newHouse(t)
	const n = 2500
	h.load(generated(1, n))
	h.load(generated(n+1, n))
	h.clock.advance(time.Hour)
	before := h.dump("audit", "audit_text", "store")
	for _, i := range []uint64{1, 1999, 2000, 2001, n, n + 1, 2 * n} {
		var last, total int
		req := h.pair(i, int64(i%21)-10)
		req.Ticket = "T-1"
		req.Progress = func(done, of int) { last, total = done, of }
		out := h.identified(req)
		want := []desk.Identified{{Serial: token.Serial(serialOf(i)), State: token.InStock, StepOffset: int64(i%21) - 10}}
		if diff := cmp.Diff(want, out.Found); diff != "" || out.Searched != 2*n || out.Damaged != 0 {
			t.Errorf("token %d, %d searched\n%s", i, out.Searched, diff)
		}
		if last != 2*n || total != 2*n {
			t.Errorf("progress ended at %d of %d", last, total)
		}
		e := h.lastEvent()
		if e.Command != token.CmdIdentify || e.Outcome != trail.Done || e.Plain["ticket"] != "T-1" {
			t.Errorf("event %+v", e)
		}
		wantDetail := trail.SearchDetail{Codes: 2, Searched: 2 * n, Found: 1, Serials: []token.Serial{token.Serial(serialOf(i))}}
		if diff := cmp.Diff(wantDetail, detail[trail.SearchDetail](t, e)); diff != "" {
			t.Error(diff)
		}
	}
	if h.dump("audit", "audit_text", "store") != before {
		t.Error("a search changed more than the trail")
	}
	h.verified()
}

// What is known of a token's clock is where it is looked for, and of one never
// seen what its batch shows.
func TestIdentifyPredicts(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 1), line("S2", 2), line("S3", 3), line("S4", 4), line("S5", 5), line("S6", 6)))
	h.clock.advance(time.Hour)
	const slow = -40 * 60 / 30 // steps
	for i := range uint64(5) {
		codes := h.pair(i+1, slow).Codes
		_, err := h.desk.Bind(bg, desk.Codes{Serial: token.Serial("S" + string(rune('1'+i))), Words: desk.Words{Account: "a"}, Codes: codes})
		must(t, err)
	}
	h.clock.advance(24 * time.Hour)
	for _, i := range []uint64{2, 6} {
		if out := h.identified(h.pair(i, slow+3)); len(out.Found) != 1 {
			t.Errorf("token %d: %+v", i, out)
		}
	}
	out, err := h.desk.Identify(bg, h.pair(2, 0))
	must(t, err)
	if len(out.Found) != 0 {
		t.Errorf("a token is found where its clock is not: %+v", out)
	}
}

// HOTP tokens are looked for from the counter that comes next.
func TestIdentifyHOTP(t *testing.T) {
	h := newDesked(t)
	pair := func(c int64) desk.Identify {
		return h.row(codeOf(t, hotp6, 3, c), codeOf(t, hotp6, 3, c+1))
	}
	if out := h.identified(pair(105)); len(out.Found) != 1 || out.Found[0].Serial != "H1" || out.Found[0].StepOffset != 5 {
		t.Errorf("%+v", out)
	}
	_, err := h.desk.Bind(bg, h.codes("H1", codeOf(t, hotp6, 3, 105), codeOf(t, hotp6, 3, 106)))
	must(t, err)
	if out := h.identified(pair(107)); len(out.Found) != 1 || out.Found[0].StepOffset != 0 || *out.Found[0].Account != "Anna" {
		t.Errorf("%+v", out)
	}
	if out := h.identified(pair(106)); len(out.Found) != 0 {
		t.Errorf("a counter that was used is found: %+v", out)
	}
}

// Nothing is searched, and nothing written down, where codes are none, the clock
// is wrong or the caller is gone.
func TestIdentifyRefuses(t *testing.T) {
	h := newDesked(t)
	before := h.dump()
	good := h.pair(1, 0)
	for words, req := range map[string]desk.Identify{
		"no code was given":  h.row(),
		"one code was given": h.row("123456"),
		"4 codes were given": h.row("123456", "123457", "123458", "123459"),
	} {
		_, err := h.desk.Identify(bg, req)
		kindIs(t, err, fault.Usage, words)
	}
	for words, req := range map[string]desk.Identify{
		"code 2: the code contains the letter x": h.row("123456", "12345x"),
		"6 to 10":                                h.row("123456", "12345"),
		"not of one token":                       h.row("123456", "1234567"),
		"are the same":                           h.row("123456", "123 456"),
	} {
		_, err := h.desk.Identify(bg, req)
		kindIs(t, err, fault.CodeRefused, words)
	}
	ctx, cancel := context.WithCancel(bg)
	cancel()
	if _, err := h.desk.Identify(ctx, good); !errors.Is(err, context.Canceled) {
		t.Errorf("a search nobody waits for ends with %v", err)
	}
	h.clock.advance(-2 * time.Hour)
	_, err := h.desk.Identify(bg, good)
	kindIs(t, err, fault.NotAllowed, "behind the newest event")
	if h.dump() != before {
		t.Error("a refused search left a trace")
	}
}

// A seed does not open for another fingerprint, and is counted as damaged.
func TestIdentifyNoticesAnotherSeed(t *testing.T) {
	h := newDesked(t)
	h.sql(`UPDATE token SET fingerprint = fingerprint + 1 WHERE serial_key = 'S1'`)
	if out := h.identified(h.pair(1, 0)); len(out.Found) != 0 || out.Damaged != 1 {
		t.Errorf("%+v", out)
	}
	if out := h.identified(h.pair(2, 0)); len(out.Found) != 1 {
		t.Errorf("%+v", out)
	}
}

// A search that the clock or the pair says nothing about does not lock anybody
// out: failures are counted where somebody tries codes on one token.
func TestIdentifyCountsNoFailure(t *testing.T) {
	h := newDesked(t)
	for range token.LockForGood {
		if out := h.identified(h.row(h.wrong(1), codeOf(t, totp6, 2, h.step(0)+1000))); len(out.Found) != 0 {
			t.Fatal(out)
		}
	}
	_, err := h.bind("S1", h.shown(1, 0))
	must(t, err)
	e := h.events()
	search := e[len(e)-2]
	if search.Outcome != trail.Refused || search.Reason != string(otp.WrongCode) {
		t.Errorf("event %+v", search)
	}
	h.verified()
}
