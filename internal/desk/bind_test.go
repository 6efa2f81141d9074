package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
	"fob/tools/seedgen/gen"
)

var (
	totp6 = token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30}
	hotp6 = token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6}
)

// newDesked is a house with TOTP token S1 (seed 1) and S2 (seed 2) and HOTP
// token H1 (seed 3, counter 100), an hour after their import.
func newDesked(t testing.TB) *house {
	t.Helper()
	h := newHouse(t)
	h.load(csv(line("S1", 1), line("S2", 2)))
	h.load(memory{"hotp.csv", "H1," + seedHex(3) + ",hotp,6,100\n"})
	h.clock.advance(time.Hour)
	return h
}

// codeOf is the code of seed i at a step or counter.
func codeOf(t testing.TB, p token.Params, i uint64, step int64) string {
	t.Helper()
	code, err := otp.At(p, token.NewSeed(gen.SeedFor(i, token.SHA1)), step)
	must(t, err)
	return code
}

// step is the step that a TOTP token is in, whose clock is ahead by a drift.
func (h *house) step(drift time.Duration) int64 {
	return otp.StepAt(totp6, h.clock.Now(), drift.Seconds())
}

// shown is the code that token S<i> shows now.
func (h *house) shown(i uint64, drift time.Duration) string {
	h.t.Helper()
	return codeOf(h.t, totp6, i, h.step(drift))
}

// wrong is a code that token S<i> shows nowhere near.
func (h *house) wrong(i uint64) string {
	h.t.Helper()
	near := map[string]bool{}
	for s := h.step(-2 * time.Hour); s < h.step(2*time.Hour); s++ {
		near[codeOf(h.t, totp6, i, s)] = true
	}
	for n := 0; ; n++ {
		if code := fmt.Sprintf("%06d", n); !near[code] {
			return code
		}
	}
}

func (h *house) codes(serial string, codes ...string) desk.Codes {
	req := desk.Codes{Serial: token.Serial(serial), Words: desk.Words{Account: "Anna"}}
	for _, c := range codes {
		req.Codes = append(req.Codes, desk.Typed{Text: c, At: h.clock.Now()})
	}
	return req
}

func (h *house) bind(serial string, codes ...string) (desk.Outcome, error) {
	return h.desk.Bind(bg, h.codes(serial, codes...))
}

// refusedFor checks a refusal: its reason, and the failures counted since.
func refusedFor(t testing.TB, out desk.Outcome, reason otp.Reason, failures int) {
	t.Helper()
	if out.Outcome != "refused" || out.Reason == nil || *out.Reason != reason || out.Failures != failures ||
		out.StepOffset != nil || out.DriftSeconds != nil {
		t.Errorf("%+v, where %s and %d failures are due", out, reason, failures)
	}
}

func ptr[T any](v T) *T { return &v }

func TestBindWithOneCode(t *testing.T) {
	h := newDesked(t)
	req := h.codes("s1", h.shown(1, 0))
	req.Proof, req.Ticket = "video call", "T-1"
	out, err := h.desk.Bind(bg, req)
	must(t, err)
	now, step := h.clock.Now(), h.step(0)
	drift := otp.ObservedDrift(totp6, step, now)
	ahead := otp.History{Observations: []token.Observation{{At: now, Drift: drift}}, Imported: began}.Predict(30, now.Add(90*24*time.Hour))
	want := desk.Outcome{Serial: "S1", Account: ptr("Anna"), Outcome: "accepted", CodesUsed: 1, StepsSearched: out.StepsSearched,
		StepOffset: ptr(int64(0)), DriftSeconds: &drift, Token: out.Token, Words: req.Words, Period: 30, FailuresLeft: ptr(5), Warnings: []string{}, Verifiers: []token.AtVerifier{},
		Clock: &desk.Clock{Observations: 1, SinceJump: 1, Flags: []otp.Flag{}, UsedPPM: ahead.RatePPM,
			At: now.Add(90 * 24 * time.Hour), DriftSeconds: ahead.Centre, HalfWidth: 240,
			Steps: 17, ResyncBy: ptr(now.Add(120 * 24 * time.Hour))}}
	if diff := cmp.Diff(want, out); diff != "" || out.StepsSearched < 3 || out.StepsSearched > 21 {
		t.Errorf("%d steps\n%s", out.StepsSearched, diff)
	}
	found, _ := h.find("S1")
	if found.State != token.Bound || *found.Account != "Anna" || *found.Watermark != step || *found.DriftSeconds != drift ||
		!found.ObservedAt.Equal(now) || !found.BoundAt.Equal(now) || !found.StateSince.Equal(now) || found.Failures != 0 {
		t.Errorf("found %+v", found)
	}
	e := h.lastEvent()
	d := detail[trail.TokenDetail](t, e)
	wantDetail := trail.TokenDetail{Codes: 1, Steps: out.StepsSearched, Offset: ptr(int64(0)), Opened: d.Opened,
		Observation: &token.Observation{At: now.UTC(), Drift: drift},
		After:       &token.Standing{Since: now.UTC(), Watermark: token.MarkAt(step), Issued: true}}
	if diff := cmp.Diff(wantDetail, d); diff != "" {
		t.Error(diff)
	}
	if e.Command != token.CmdBind || e.From != token.InStock || e.To != token.Bound || e.Outcome != trail.Done || e.Object.ID != "S1" {
		t.Errorf("event %+v", e)
	}
	if diff := cmp.Diff(map[string]string{"account": "Anna", "ticket": "T-1", "proof": "video call"}, e.Plain); diff != "" {
		t.Error(diff)
	}
	for _, secret := range []string{"Anna", "video call", "T-1", req.Codes[0].Text} {
		if body := string(e.Detail); strings.Contains(body, secret) {
			t.Errorf("the event's detail shows %q: %s", secret, body)
		}
	}
	n := h.number(`SELECT COUNT(*) FROM binding b JOIN account a ON a.id = b.account_id WHERE b.uuid = $1 AND a.name = 'Anna'
		AND b.opened_at = $2 AND b.codes = 1 AND b.proof = 'video call' AND b.ticket = 'T-1' AND b.by_name = 'olga' AND b.closed_at IS NULL`,
		d.Opened.String(), now.UnixNano())
	if n != 1 {
		t.Error("the binding's row is not as it should be")
	}
	h.verified()
}

func TestBindASlowToken(t *testing.T) {
	h := newDesked(t)
	slow := -25 * time.Minute
	step := h.step(slow)
	first, second := codeOf(t, totp6, 1, step), codeOf(t, totp6, 1, step+1)
	out, err := h.bind("S1", first)
	kindIs(t, err, fault.CodeRefused, "S1")
	refusedFor(t, out, otp.WrongCode, 1)
	h.clock.advance(30 * time.Second)
	req := h.codes("S1", first, second)
	req.Codes[0].At, req.Counted, req.Paced = h.clock.Now().Add(-30*time.Second), true, true
	out, err = h.desk.Bind(bg, req)
	must(t, err)
	drift := otp.ObservedDrift(totp6, step+1, h.clock.Now())
	if out.Outcome != "accepted" || *out.StepOffset != -50 || *out.DriftSeconds != drift || out.CodesUsed != 2 || out.Failures != 0 {
		t.Errorf("%+v", out)
	}
	found, _ := h.find("S1")
	if *found.Watermark != step+1 || found.Failures != 0 {
		t.Errorf("found %+v", found)
	}
	if n := h.number(`SELECT codes FROM binding`); n != 2 {
		t.Errorf("the binding says %d codes", n)
	}
	h.verified()
}

// The pair that follows a single code is the same attempt.
func TestCountedPairIsOneFailure(t *testing.T) {
	h := newDesked(t)
	wrong, other := h.wrong(1), h.wrong(1)[:5]+"9"
	out, err := h.bind("S1", wrong)
	kindIs(t, err, fault.CodeRefused)
	refusedFor(t, out, otp.WrongCode, 1)
	req := h.codes("S1", wrong, other)
	req.Counted = true
	events := len(h.events())
	out, err = h.desk.Bind(bg, req)
	kindIs(t, err, fault.CodeRefused)
	refusedFor(t, out, otp.WrongCode, 1)
	if len(h.events()) != events+1 {
		t.Error("the second refusal has no event")
	}
	if hint := fault.AdviceOf(err).String(); !strings.Contains(hint, "4 more wrong codes lock it") {
		t.Error(hint)
	}
	out, err = h.bind("S1", wrong, other) // a pair by itself
	kindIs(t, err, fault.CodeRefused)
	refusedFor(t, out, otp.WrongCode, 2)
	h.verified()
}

func TestUsedCode(t *testing.T) {
	h := newDesked(t)
	step := h.step(0)
	code := h.shown(1, 0)
	_, err := h.bind("S1", code)
	must(t, err)
	out, err := h.desk.Check(bg, h.codes("S1", code))
	kindIs(t, err, fault.CodeRefused)
	refusedFor(t, out, otp.AlreadyUsed, 0) // the last one accepted
	_, err = h.desk.Move(bg, desk.Change{Serial: "S1", By: token.CmdUnbind, To: token.InStock})
	must(t, err)
	for name, codes := range map[string][]string{
		"the same":        {code},
		"one before":      {codeOf(t, totp6, 1, step-1)},
		"used and unused": {code, codeOf(t, totp6, 1, step+1)},
	} {
		if out, err := h.bind("S1", codes...); err == nil || *out.Reason != otp.AlreadyUsed {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
	if found, _ := h.find("S1"); found.State != token.InStock || *found.Watermark != step {
		t.Errorf("found %+v", found)
	}
	out, err = h.bind("S1", codeOf(t, totp6, 1, step+1))
	if err != nil || out.Failures != 0 {
		t.Errorf("the next code: %+v, %v", out, err)
	}
	h.verified()
}

func TestFailuresCountAndEnd(t *testing.T) {
	h := newDesked(t)
	for n := 1; n <= 3; n++ {
		out, err := h.bind("S1", h.wrong(1))
		kindIs(t, err, fault.CodeRefused)
		refusedFor(t, out, otp.WrongCode, n)
		if e := h.lastEvent(); e.Outcome != trail.Refused || e.Reason != "wrong_code" || e.From != e.To || detail[trail.TokenDetail](t, e).After.Failures != n {
			t.Errorf("event %+v", e)
		}
	}
	if found, _ := h.find("S1"); found.Failures != 3 || found.Watermark != nil || found.State != token.InStock || found.ObservedAt != nil {
		t.Errorf("found %+v", found)
	}
	out, err := h.desk.Check(bg, h.codes("S1", h.shown(1, 0))) // check does not reset
	if err != nil || out.Failures != 3 {
		t.Errorf("%+v, %v", out, err)
	}
	out, err = h.bind("S1", h.shown(1, 0))
	if err != nil || out.Failures != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	if found, _ := h.find("S1"); found.Failures != 0 {
		t.Errorf("found %+v", found)
	}
	h.verified()
}

func TestLock(t *testing.T) {
	h := newDesked(t)
	for range token.LockAfter {
		_, err := h.bind("S1", h.wrong(1))
		kindIs(t, err, fault.CodeRefused)
	}
	ends := h.clock.Now().Add(token.LockFor)
	for _, code := range []string{h.shown(1, 0), h.wrong(1)} {
		out, err := h.bind("S1", code)
		kindIs(t, err, fault.Locked, "minutes more, until", "unlock")
		refusedFor(t, out, otp.Locked, token.LockAfter)
		if !out.LockedUntil.Equal(ends) {
			t.Errorf("locked until %s", out.LockedUntil)
		}
	}
	h.clock.advance(token.LockFor)
	if out, err := h.bind("S1", h.shown(1, 0)); err != nil || out.LockedUntil != nil || out.Failures != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	h.verified()
}

// What no code can be compared with counts nothing and writes nothing.
func TestNotEvenAnAttempt(t *testing.T) {
	h := newDesked(t)
	before := h.dump()
	for _, c := range []struct {
		codes  []string
		kind   fault.Kind
		reason otp.Reason
	}{
		{[]string{"12345"}, fault.CodeRefused, otp.WrongLength},
		{[]string{"1234567"}, fault.CodeRefused, otp.WrongLength},
		{[]string{""}, fault.CodeRefused, otp.WrongLength},
		{[]string{"12345O"}, fault.CodeRefused, otp.NotDigits},
		{[]string{"١٢٣٤٥٦"}, fault.CodeRefused, otp.NotDigits},
		{[]string{"123456", "12345"}, fault.CodeRefused, otp.WrongLength},
		{[]string{"123456", "123 456"}, fault.CodeRefused, otp.SameCodeTwice},
		{[]string{h.shown(1, 0), h.shown(1, 0)}, fault.CodeRefused, otp.SameCodeTwice},
	} {
		for name, do := range map[string]func(context.Context, desk.Codes) (desk.Outcome, error){"bind": h.desk.Bind, "check": h.desk.Check} {
			out, err := do(bg, h.codes("S1", c.codes...))
			if fault.KindOf(err) != c.kind || *out.Reason != c.reason || out.Failures != 0 {
				t.Errorf("%s with %q: %+v, %v", name, c.codes, out, err)
			}
		}
	}
	for _, codes := range [][]string{nil, {"1", "2", "3"}} {
		_, err := h.bind("S1", codes...)
		kindIs(t, err, fault.Usage, "one or two")
	}
	_, err := h.bind("S9", "123456")
	kindIs(t, err, fault.NotFound, "no token S9", "near it: S1, S2")
	if h.dump() != before {
		t.Error("something was written")
	}
}

func TestBoundAlready(t *testing.T) {
	h := newDesked(t)
	_, err := h.bind("S1", h.shown(1, 0))
	must(t, err)
	h.clock.advance(time.Minute)
	events := len(h.events())
	req := h.codes("S1", h.shown(1, 0))
	req.Account = "Bert"
	out, err := h.desk.Bind(bg, req)
	kindIs(t, err, fault.NotAllowed, "S1 is bound to Anna, since 2026-03-01 09:00 UTC", "show S1")
	refusedFor(t, out, otp.WrongState, 0)
	req.Account = "ANNA"
	out, err = h.desk.Bind(bg, req)
	kindIs(t, err, fault.NotAllowed, "bound to Anna already")
	refusedFor(t, out, otp.WrongState, 0)
	all := h.events()
	if len(all) != events+2 {
		t.Fatalf("%d events were written", len(all)-events)
	}
	if e := all[events]; e.Outcome != trail.Refused || e.Reason != "wrong_state" || e.From != token.Bound || e.To != token.Bound || e.Plain["account"] != "Bert" {
		t.Errorf("event %+v", e)
	}
	if n := h.number(`SELECT COUNT(*) FROM binding`); n != 1 {
		t.Errorf("%d bindings", n)
	}
	h.verified()
}

func TestClockBehind(t *testing.T) {
	h := newDesked(t)
	_, err := h.bind("S1", h.shown(1, 0))
	must(t, err)
	before := h.dump()
	h.clock.advance(-desk.ClockTolerance - time.Second)
	for name, do := range map[string]func(context.Context, desk.Codes) (desk.Outcome, error){"bind": h.desk.Bind, "check": h.desk.Check} {
		out, err := do(bg, h.codes("S2", h.shown(2, 0)))
		kindIs(t, err, fault.NotAllowed, "clock", "behind", "set the clock")
		if *out.Reason != otp.ClockBehind {
			t.Errorf("%s: %+v", name, out)
		}
	}
	if h.dump() != before {
		t.Error("something was written")
	}
	h.clock.advance(time.Second)
	_, err = h.bind("S2", h.shown(2, 0))
	must(t, err)
	// That event is a minute older than the one before it: the newest still counts.
	h.clock.advance(-2 * time.Second)
	_, err = h.desk.Check(bg, h.codes("S2", h.wrong(2)))
	kindIs(t, err, fault.NotAllowed, "clock")
	h.verified()
}

func TestValidity(t *testing.T) {
	h := newDesked(t)
	day := 24 * time.Hour
	for _, c := range []struct {
		column string
		at     time.Duration
		reason otp.Reason
		words  string
	}{
		{"not_after", -time.Second, otp.Expired, "expired on 2026-03-01"},
		{"not_after", time.Second, "", ""},
		{"not_before", day, otp.WrongState, "not valid before 2026-03-02"},
		{"not_before", -time.Second, "", ""},
	} {
		h := newDesked(t)
		h.sql(fmt.Sprintf(`UPDATE token SET %s = %d WHERE serial_key = 'S1'`, c.column, h.clock.Now().Add(c.at).Unix()))
		if _, err := h.desk.Check(bg, h.codes("S1", h.shown(1, 0))); err != nil {
			t.Errorf("%s: check says %v", c.column, err)
		}
		out, err := h.bind("S1", h.shown(1, 0))
		if c.reason == "" {
			must(t, err)
			continue
		}
		kindIs(t, err, fault.NotAllowed, c.words)
		refusedFor(t, out, c.reason, 0)
		if e := h.lastEvent(); e.Outcome != trail.Refused || e.Reason != string(c.reason) {
			t.Errorf("event %+v", e)
		}
	}
	_, err := h.desk.Move(bg, desk.Change{Serial: "S1", By: token.CmdRetire, To: token.Retired})
	must(t, err)
	out, err := h.bind("S1", h.shown(1, 0))
	kindIs(t, err, fault.NotAllowed, "the seed of token S1 is destroyed")
	refusedFor(t, out, otp.WrongState, 0)
}

// An expired token is not even sent out.
func TestAssignExpired(t *testing.T) {
	h := newDesked(t)
	h.sql(fmt.Sprintf(`UPDATE token SET not_after = %d WHERE serial_key = 'S1'`, h.clock.Now().Add(-time.Hour).Unix()))
	_, err := h.desk.Move(bg, desk.Change{Serial: "S1", By: token.CmdAssign, To: token.Assigned, Words: desk.Words{Account: "Anna"}})
	kindIs(t, err, fault.NotAllowed, "expired on", "another token")
	if found, _ := h.find("S1"); found.State != token.InStock {
		t.Errorf("%+v", found)
	}
}

func TestBindHOTP(t *testing.T) {
	for _, c := range []struct {
		name      string
		counters  []int64
		watermark int64 // 0: refused
	}{
		{"the first", []int64{100}, 100},
		{"ten pressed by chance", []int64{110}, 110},
		{"eleven", []int64{111}, 0},
		{"an old one", []int64{99}, 0},
		{"two, a hundred ahead", []int64{200, 201}, 201},
		{"two, further", []int64{201, 202}, 0},
		{"two in the wrong order", []int64{101, 100}, 0},
		{"two with one between", []int64{100, 102}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newDesked(t)
			var codes []string
			for _, n := range c.counters {
				codes = append(codes, codeOf(t, hotp6, 3, n))
			}
			out, err := h.bind("H1", codes...)
			found, _ := h.find("H1")
			if c.watermark == 0 {
				kindIs(t, err, fault.CodeRefused)
				if out.Failures != 1 || *found.Counter != 100 || found.Watermark != nil {
					t.Errorf("%+v, found %+v", out, found)
				}
				return
			}
			must(t, err)
			if *found.Watermark != c.watermark || *found.Counter != c.watermark+1 || *out.StepOffset != c.counters[0]-100 || out.DriftSeconds != nil || found.ObservedAt != nil {
				t.Errorf("%+v, found %+v", out, found)
			}
			again, err := h.desk.Check(bg, h.codes("H1", codes...))
			kindIs(t, err, fault.CodeRefused)
			refusedFor(t, again, otp.AlreadyUsed, 0)
			h.verified()
		})
	}
}

func TestCheckConsumesNothing(t *testing.T) {
	h := newDesked(t)
	before := h.dump()
	slow := -25 * time.Minute
	for range 2 {
		out, err := h.desk.Check(bg, h.codes("S1", h.shown(1, 0)))
		if err != nil || out.Outcome != "accepted" || out.DriftSeconds == nil || out.Account != nil {
			t.Errorf("%+v, %v", out, err)
		}
		out, err = h.desk.Check(bg, h.codes("S1", codeOf(t, totp6, 1, h.step(slow)), codeOf(t, totp6, 1, h.step(slow)+1)))
		if err != nil || *out.StepOffset != -50 {
			t.Errorf("%+v, %v", out, err)
		}
		_, err = h.desk.Check(bg, h.codes("H1", codeOf(t, hotp6, 3, 105)))
		must(t, err)
	}
	if h.dump() != before {
		t.Error("check left a trace")
	}
	out, err := h.desk.Check(bg, h.codes("S1", h.wrong(1)))
	kindIs(t, err, fault.CodeRefused)
	refusedFor(t, out, otp.WrongCode, 1)
	if e := h.lastEvent(); e.Command != token.CmdCheck || e.Outcome != trail.Refused {
		t.Errorf("event %+v", e)
	}
	h.verified()
}

// brokenStore fails when all is done but the commit.
type brokenStore struct{ desk.Store }

func (b brokenStore) Update(ctx context.Context, fn func(desk.Tx) error) error {
	return b.Store.Update(ctx, func(tx desk.Tx) error { return errors.Join(fn(tx), errDisk) })
}

// Nobody is told of an outcome that was not written.
func TestOutcomeOfAFailedCommit(t *testing.T) {
	h := newDesked(t)
	before := h.dump()
	d := *h.desk
	d.Store = brokenStore{h.store}
	for _, code := range []string{h.shown(1, 0), h.wrong(1)} {
		out, err := d.Bind(bg, h.codes("S1", code))
		if !errors.Is(err, errDisk) || out.Outcome != "" || out.Reason != nil || out.Token.State == token.Bound {
			t.Errorf("%+v, %v", out, err)
		}
	}
	if h.dump() != before {
		t.Error("something was written")
	}
}

// However many agents bind one token at once, one of them gets it, and all
// others are told who has it.
func TestManyBindOneToken(t *testing.T) {
	const agents, handles = 64, 8
	h := newDesked(t)
	var desks []*desk.Desk
	for i := range handles {
		desks = append(desks, h.newDesk(fmt.Sprintf("agent%d", i)))
	}
	code := h.shown(1, 0)
	errs := make([]error, agents)
	var wg sync.WaitGroup
	for i := range agents {
		wg.Go(func() {
			req := h.codes("S1", code)
			req.Account = token.Account(fmt.Sprintf("person%d", i))
			_, errs[i] = desks[i%handles].Bind(bg, req)
		})
	}
	wg.Wait()
	found, _ := h.find("S1")
	for i, err := range errs {
		if account := fmt.Sprintf("person%d", i); account == *found.Account {
			must(t, err)
			continue
		}
		kindIs(t, err, fault.NotAllowed, "S1 is bound to "+*found.Account)
	}
	if n := h.number(`SELECT COUNT(*) FROM binding`); n != 1 {
		t.Errorf("%d bindings", n)
	}
	if n := len(h.events()); n != 3+agents {
		t.Errorf("%d events", n)
	}
	h.verified()
}

var errDisk = errors.New("the disk is gone")
