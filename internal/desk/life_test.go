package desk_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

// move moves a token without codes.
func (h *house) move(serial string, by token.Command, to token.State) (token.Token, error) {
	return h.desk.Move(bg, desk.Change{Serial: token.Serial(serial), By: by, To: to, Words: desk.Words{Account: "Anna"}})
}

// bring takes a fresh token S<i> (seed i) into a state, by the shortest way.
func (h *house) bring(i uint64, to token.State) {
	h.t.Helper()
	serial := fmt.Sprintf("S%d", i)
	moves := map[token.State][]token.Transition{
		token.Assigned:    {{By: token.CmdAssign, To: token.Assigned}},
		token.Suspended:   {{By: token.CmdSuspend, To: token.Suspended}},
		token.Quarantined: {{By: token.CmdQuarantine, To: token.Quarantined}},
		token.Lost:        {{By: token.CmdLost, To: token.Lost}},
		token.Retired:     {{By: token.CmdRetire, To: token.Retired}},
	}
	if to == token.Bound || to == token.Suspended {
		_, err := h.bind(serial, h.shown(i, 0))
		must(h.t, err)
	}
	for _, m := range moves[to] {
		_, err := h.move(serial, m.By, m.To)
		must(h.t, err)
	}
}

// Every command of the table, tried in every state: what the table allows goes,
// what it forbids is refused with what is possible and changes nothing.
func TestEveryCommandInEveryState(t *testing.T) {
	h := newHouse(t)
	var lines []string
	n := uint64(0)
	type try struct {
		i    uint64
		from token.State
		by   token.Command
		to   token.State
	}
	var tries []try
	seen := map[string]bool{}
	for _, tr := range token.Transitions() {
		if key := string(tr.By) + string(tr.To); tr.By == token.CmdImport || strings.HasPrefix(string(tr.By), "batch ") || seen[key] {
			continue
		}
		seen[string(tr.By)+string(tr.To)] = true
		for _, from := range token.States() {
			n++
			lines = append(lines, line(fmt.Sprintf("S%d", n), n))
			tries = append(tries, try{n, from, tr.By, tr.To})
		}
	}
	h.load(csv(lines...))
	h.clock.advance(time.Hour)
	for _, x := range tries {
		h.bring(x.i, x.from)
	}
	h.clock.advance(time.Minute)
	for _, x := range tries {
		serial := fmt.Sprintf("S%d", x.i)
		step, refusal := token.Move(x.from, x.by, x.to)
		before := h.dump()
		var err error
		if x.by == token.CmdBind {
			_, err = h.bind(serial, h.shown(x.i, 0))
			before = "" // a refused bind is written down
		} else {
			words := desk.Words{Account: "Anna"}
			if refusal == nil && slices.ContainsFunc(step.With.Settings(), func(s fault.Setting) bool { return s.Field == fault.Leaked }) {
				words.Leaked = token.Yes // or nothing but a leak would be news
			}
			_, err = h.desk.Move(bg, desk.Change{Serial: token.Serial(serial), By: x.by, To: x.to, Words: words,
				Loss: token.Loss{Stolen: x.from == token.Lost}})
		}
		found, _ := h.find(serial)
		switch {
		case refusal == nil && (err != nil || found.State != x.to):
			t.Errorf("%s of a token %s: %v; it is %s", x.by, x.from, err, found.State)
		case refusal == nil && step.Ends != (found.BoundAt == nil) && (x.from == token.Bound || x.from == token.Suspended):
			t.Errorf("%s of a token %s: bound at %v", x.by, x.from, found.BoundAt)
		case refusal != nil && (fault.KindOf(err) != fault.NotAllowed || found.State != x.from):
			t.Errorf("%s of a token %s: %v; it is %s", x.by, x.from, err, found.State)
		case refusal != nil && before != "" && h.dump() != before:
			t.Errorf("%s of a token %s changed something", x.by, x.from)
		case refusal != nil && x.by != token.CmdBind && !strings.Contains(fault.HintOf(err), "possible"):
			t.Errorf("%s of a token %s is refused with the hint %q", x.by, x.from, fault.HintOf(err))
		}
	}
	h.verified()
}

func TestLost(t *testing.T) {
	h := newDesked(t)
	_, err := h.bind("S1", h.shown(1, 0))
	must(t, err)
	bound := h.clock.Now()
	h.clock.advance(4 * time.Hour)
	reported := h.clock.Now().Add(-3 * time.Hour)
	lose := func(loss token.Loss) error {
		_, err := h.desk.Move(bg, desk.Change{Serial: "S1", By: token.CmdLost, To: token.Lost, Loss: loss})
		return err
	}
	before := h.dump()
	kindIs(t, lose(token.Loss{Reported: h.clock.Now().Add(time.Second)}), fault.Usage, "yet to come")
	kindIs(t, lose(token.Loss{Reported: bound.Add(-time.Second)}), fault.NotAllowed, "token S1 was bound to Anna at 2026-03-01T09:00:00Z only")
	if h.dump() != before {
		t.Error("a loss at an impossible time changed something")
	}
	must(t, lose(token.Loss{Reported: reported}))
	found, _ := h.find("S1")
	if found.State != token.Lost || found.Account != nil || found.BoundAt != nil || !found.LostReported.Equal(reported) || found.Stolen {
		t.Errorf("found %+v", found)
	}
	if d := detail[trail.TokenDetail](t, h.lastEvent()); d.Closed == nil || !d.After.Loss.Reported.Equal(reported) {
		t.Errorf("event %+v", d)
	}
	since := found.StateSince
	h.clock.advance(time.Hour)
	kindIs(t, lose(token.Loss{}), fault.NotAllowed, "lost already", "stolen", "found S1")
	kindIs(t, lose(token.Loss{Reported: reported}), fault.NotAllowed, "lost already")
	must(t, lose(token.Loss{Stolen: true}))
	if found, _ = h.find("S1"); !found.Stolen || !found.LostReported.Equal(reported) || !found.StateSince.Equal(since) {
		t.Errorf("a theft told later: %+v", found)
	}
	h.verified()
	_, err = h.move("S1", token.CmdFound, token.Quarantined)
	must(t, err)
	if found, _ = h.find("S1"); found.LostReported != nil || found.Stolen || found.State != token.Quarantined {
		t.Errorf("found again: %+v", found)
	}
	if _, err := h.move("S2", token.CmdLost, token.Lost); err != nil {
		t.Errorf("a token in stock is lost: %v", err)
	}
	_, err = h.move("S2", token.CmdRetire, token.Retired)
	must(t, err)
	if found, _ = h.find("S2"); found.LostReported == nil {
		t.Error("a token that is retired lost forgets its loss")
	}
	h.verified()
}

// A retired token's seed is nowhere in the files any more, its fingerprint is.
func TestRetireDestroysTheSeed(t *testing.T) {
	h := newDesked(t)
	var sealed []byte
	db := h.open()
	must(t, db.QueryRow(`SELECT seed FROM token WHERE serial_key = 'S1'`).Scan(&sealed))
	must(t, db.Close())
	if n := h.found(sealed); n == 0 {
		t.Fatal("the sealed seed is not found where it is")
	}
	_, err := h.bind("S1", h.shown(1, 0))
	must(t, err)
	_, err = h.desk.MoveAll(bg, []token.Serial{"S1", "nosuch"}, desk.Change{By: token.CmdRetire, To: token.Retired})
	kindIs(t, err, fault.NotFound, "nosuch")
	if found, _ := h.find("S1"); found.State != token.Bound || !found.SeedPresent {
		t.Errorf("one of two is not there, and the other is %+v", found)
	}
	_, err = h.move("S1", token.CmdRetire, token.Retired)
	must(t, err)
	if n := h.found(sealed); n > 0 {
		t.Errorf("the sealed seed is still in the files, %d times", n)
	}
	found, _ := h.find("S1")
	if found.SeedPresent || found.State != token.Retired || found.Account != nil {
		t.Errorf("found %+v", found)
	}
	out, err := h.bind("S1", h.shown(1, time.Minute))
	kindIs(t, err, fault.NotAllowed, "destroyed")
	refusedFor(t, out, otp.WrongState, 0)

	_, err = h.intake.Import(bg, request(csv(line("S1", 1)), partial))
	kindIs(t, err, fault.Refused, "1 of 1")
	res, _ := h.intake.Import(bg, request(csv(line("S1", 9), line("X1", 1)), partial))
	if len(res.Rejects) != 2 || res.Rejects[0].Verdict != token.Ended || res.Rejects[1].Verdict != token.SeedClone {
		t.Errorf("rejects %+v", res.Rejects)
	}
	h.verified()
}

// found counts how often bytes stand in the database and its log.
func (h *house) found(b []byte) (n int) {
	h.t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(h.path + suffix)
		if err != nil && !os.IsNotExist(err) {
			h.t.Fatal(err)
		}
		n += strings.Count(string(data), string(b))
	}
	return n
}

func TestReplaceAReturnedToken(t *testing.T) {
	h := newDesked(t)
	_, err := h.bind("S1", h.shown(1, 0))
	must(t, err)
	replace := func(code string) (desk.Outcome, error) {
		old, err := h.desk.Replaceable(bg, "S1", "S2")
		if err != nil {
			return desk.Outcome{}, err
		}
		req := h.codes("S2", code)
		req.Account, req.Replaces, req.Ticket = old.Account, old.Serial, "T-2"
		return h.desk.Bind(bg, req)
	}
	out, err := replace(h.wrong(2))
	kindIs(t, err, fault.CodeRefused)
	refusedFor(t, out, otp.WrongCode, 1)
	if old, _ := h.find("S1"); old.State != token.Bound {
		t.Errorf("after a wrong code the old token is %s", old.State)
	}
	_, err = replace(h.shown(2, 0))
	must(t, err)
	old, _ := h.find("S1")
	now, _ := h.find("S2")
	if old.State != token.InStock || old.BoundAt != nil || now.State != token.Bound || *now.Account != "Anna" {
		t.Errorf("old %+v\nnew %+v", old, now)
	}
	all := h.events()
	if a, b := all[len(all)-2], all[len(all)-1]; a.Command != token.CmdUnbind || a.Object.ID != "S1" || a.Plain["ticket"] != "T-2" || b.Command != token.CmdBind || b.Object.ID != "S2" {
		t.Errorf("events %+v, %+v", a, b)
	}
	_, err = replace(h.shown(2, 0))
	kindIs(t, err, fault.NotAllowed, "in_stock and nobody's", "bind S2 ACCOUNT")
	h.verified()
}

// What was sent out and never proven can be replaced too.
func TestReplaceAnAssignedToken(t *testing.T) {
	for to, want := range map[token.State]token.Command{token.InStock: token.CmdUnassign, token.Quarantined: token.CmdQuarantine} {
		h := newDesked(t)
		h.bring(1, token.Assigned)
		req := h.codes("S2", h.shown(2, 0))
		req.Replaces, req.To = "S1", to
		_, err := h.desk.SetPolicy(bg, map[string]string{"require." + string(want): "ticket"}, desk.Words{Approver: "Eva"})
		must(t, err)
		_, err = h.desk.Bind(bg, req)
		kindIs(t, err, fault.Refused, "ticket of "+string(want))
		req.Ticket = "T-3"
		_, err = h.desk.Bind(bg, req)
		must(t, err)
		if old, _ := h.find("S1"); old.State != to || old.Account != nil {
			t.Errorf("the old token is %+v", old)
		}
		if all := h.events(); all[len(all)-2].Command != want {
			t.Errorf("event %+v", all[len(all)-2])
		}
		h.verified()
	}
}

// A stolen token is ended whatever becomes of the new one.
func TestReplaceAStolenToken(t *testing.T) {
	h := newDesked(t)
	_, err := h.bind("S1", h.shown(1, 0))
	must(t, err)
	before, err := h.desk.EndLost(bg, desk.Change{Serial: "S1", Loss: token.Loss{Stolen: true}}, "S2")
	must(t, err)
	after, err := h.desk.Token(bg, "S1")
	must(t, err)
	if before.Account != "Anna" || after.State != token.Lost || !after.Loss.Stolen {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	_, err = h.bind("S2", h.wrong(2))
	kindIs(t, err, fault.CodeRefused)
	if old, _ := h.find("S1"); old.State != token.Lost || !old.Stolen {
		t.Errorf("the stolen token is %+v", old)
	}
	_, err = h.desk.EndLost(bg, desk.Change{Serial: "S1"}, "S2")
	kindIs(t, err, fault.NotAllowed, "nobody's")
	h.verified()
}

// Three desks' worth of processes want a token more for one account than the
// policy allows: as many as may, get one.
func TestShareOfAnAccount(t *testing.T) {
	const desks, share = 16, 3
	h := newHouse(t)
	var lines []string
	for i := uint64(1); i <= desks; i++ {
		lines = append(lines, line(fmt.Sprintf("S%d", i), i))
	}
	h.load(csv(lines...))
	h.clock.advance(time.Hour)
	_, err := h.desk.SetPolicy(bg, map[string]string{"tokens-per-account": fmt.Sprint(share)}, desk.Words{Approver: "Eva"})
	must(t, err)
	var wg sync.WaitGroup
	errs := make([]error, desks)
	for i := range errs {
		d, serial := h.newDesk("olga"), fmt.Sprintf("S%d", i+1)
		req := h.codes(serial, h.shown(uint64(i+1), 0))
		wg.Go(func() {
			if i%4 == 3 {
				_, errs[i] = d.Move(bg, desk.Change{Serial: req.Serial, By: token.CmdAssign, To: token.Assigned, Words: desk.Words{Account: "ANNA"}})
				return
			}
			_, errs[i] = d.Bind(bg, req)
		})
	}
	wg.Wait()
	got := 0
	for _, err := range errs {
		if err == nil {
			got++
			continue
		}
		kindIs(t, err, fault.NotAllowed, "has 3 tokens, and the policy allows 3 an account", "replace OLD NEW")
	}
	if got != share {
		t.Errorf("%d got a token", got)
	}
	h.verified()

	// the replacement of one of them is no token more
	var mine, other uint64
	for i, err := range errs {
		if err == nil && i%4 != 3 {
			mine = uint64(i + 1)
		} else if err != nil {
			other = uint64(i + 1)
		}
	}
	if mine == 0 {
		return // all three were assigned
	}
	req := h.codes(fmt.Sprintf("S%d", other), h.shown(other, 0))
	_, err = h.desk.Bind(bg, req)
	kindIs(t, err, fault.NotAllowed)
	req.Replaces = token.Serial(fmt.Sprintf("S%d", mine))
	_, err = h.desk.Bind(bg, req)
	must(t, err)
	h.verified()
}

func TestPolicyDemands(t *testing.T) {
	h := newDesked(t)
	set := func(values ...string) error {
		all := map[string]string{}
		for _, v := range values {
			name, value, err := token.ParseSetting(v)
			if err != nil {
				return err
			}
			all[name] = value
		}
		_, err := h.desk.SetPolicy(bg, all, desk.Words{Approver: "Eva"})
		return err
	}
	must(t, set("require.bind=proof,ticket", "require.lost=reason", "proofs=badge, video call", "codes-needed=2", "lock-after=2", "lock-for=1h", "lock-for-good=3"))
	kindIs(t, set("codes-needed=2"), fault.NotAllowed, "says that already")
	before := h.dump()
	req := h.codes("S1", h.shown(1, 0))
	_, err := h.desk.Bind(bg, req)
	kindIs(t, err, fault.Refused, "the policy demands proof and ticket of bind")
	_, err = h.desk.Converse(bg, desk.Codes{Serial: "S1", Words: desk.Words{Account: "Anna"}}, token.CmdBind)
	kindIs(t, err, fault.Refused, "proof and ticket")
	req.Proof, req.Ticket = "a hunch", "T-1"
	_, err = h.desk.Bind(bg, req)
	kindIs(t, err, fault.NotAllowed, `no proof "a hunch"`, "badge, video call")
	req.Proof = "Badge"
	_, err = h.desk.Bind(bg, req)
	kindIs(t, err, fault.Refused, "two codes of bind", "code FIRST code NEXT")
	_, err = h.move("S1", token.CmdLost, token.Lost)
	kindIs(t, err, fault.Refused, "reason of lost")
	if h.dump() != before {
		t.Error("a demand of the policy changed something")
	}
	p, err := h.desk.Converse(bg, desk.Codes{Serial: "S1", Words: desk.Words{Account: "Anna", Proof: "badge", Ticket: "T"}}, token.CmdBind)
	if err != nil || p.WantsTwo != desk.Ordered {
		t.Errorf("%+v, %v", p, err)
	}
	for i := range 3 {
		out, _ := h.desk.Check(bg, h.codes("S1", h.wrong(1)))
		if locked := out.LockedUntil != nil; locked != (i >= 1) {
			t.Errorf("failure %d: locked until %v", i+1, out.LockedUntil)
		}
		if i == 1 && !out.LockedUntil.Equal(h.clock.Now().Add(time.Hour)) {
			t.Errorf("locked until %v", out.LockedUntil)
		}
		h.clock.advance(time.Hour)
	}
	out, err := h.desk.Check(bg, h.codes("S1", h.shown(1, 0)))
	kindIs(t, err, fault.Locked, "unlock S1")
	if !out.LockedUntil.Equal(token.Forever) {
		t.Errorf("after three failures it is locked until %v", out.LockedUntil)
	}
	h.verified()
}

// A suspended token that comes back is unbound by a code like a bound one.
func TestUnbindASuspendedToken(t *testing.T) {
	h := newDesked(t)
	h.bring(1, token.Suspended)
	h.clock.advance(time.Minute)
	req := h.codes("S1", h.wrong(1))
	req.To = token.InStock
	out, err := h.desk.UnbindWithCode(bg, req)
	kindIs(t, err, fault.CodeRefused)
	refusedFor(t, out, otp.WrongCode, 1)
	if found, _ := h.find("S1"); found.State != token.Suspended || found.BoundAt == nil {
		t.Errorf("after a wrong code it is %+v", found)
	}
	req.Codes = h.codes("S1", h.shown(1, 0)).Codes
	_, err = h.desk.UnbindWithCode(bg, req)
	must(t, err)
	if found, _ := h.find("S1"); found.State != token.InStock || found.BoundAt != nil || found.Account != nil {
		t.Errorf("unbound it is %+v", found)
	}
	h.verified()
}

// A policy's narrower window holds in the search itself.
func TestPolicyWindow(t *testing.T) {
	h := newDesked(t)
	try := func() error {
		_, err := h.desk.Check(bg, h.codes("S1", h.shown(1, 4*time.Minute)))
		return err
	}
	must(t, try())
	_, err := h.desk.SetPolicy(bg, map[string]string{"window-one-code": "2m", "window-two-codes": "10m"}, desk.Words{Approver: "Eva"})
	must(t, err)
	kindIs(t, try(), fault.CodeRefused)
	s := h.step(20 * time.Minute)
	_, err = h.desk.Check(bg, h.codes("S2", codeOf(t, totp6, 2, s), codeOf(t, totp6, 2, s+1)))
	kindIs(t, err, fault.CodeRefused, "right token, but its clock is")
	s = h.step(8 * time.Minute)
	_, err = h.desk.Check(bg, h.codes("S2", codeOf(t, totp6, 2, s), codeOf(t, totp6, 2, s+1)))
	must(t, err)
}
