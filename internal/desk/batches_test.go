package desk_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/otp"
	"fob/internal/report"
	"fob/internal/seedfile"
	"fob/internal/token"
	"fob/internal/trail"
	"fob/tools/seedgen/gen"
)

func onBatch(n int) intake.BatchChange {
	return intake.BatchChange{Number: n, Words: desk.Words{Reason: "recalled", Approver: "Eva"}}
}

// stateOf tells where tokens are.
func (h *house) statesOf(serials ...string) (all []token.State) {
	for _, s := range serials {
		found, _ := h.find(s)
		all = append(all, found.State)
	}
	return all
}

// newFleet is a house with S1 to S7, one of each state, all of batch 1, and
// another batch.
func newFleet(t *testing.T) *house {
	h := newHouse(t)
	var lines []string
	for i := uint64(1); i <= 7; i++ {
		lines = append(lines, line(fmt.Sprintf("S%d", i), i))
	}
	h.load(csv(lines...))
	h.load(csv(line("T1", 21)))
	h.clock.advance(time.Hour)
	for i, s := range token.States() {
		h.bring(uint64(i+1), s)
	}
	h.clock.advance(time.Hour)
	return h
}

var fleet = []string{"S1", "S2", "S3", "S4", "S5", "S6", "S7"}

func TestQuarantineAndReleaseABatch(t *testing.T) {
	h := newFleet(t)
	before := h.dump()
	dry := onBatch(1)
	dry.DryRun = true
	would, err := h.intake.QuarantineBatch(bg, dry)
	must(t, err)
	if h.dump() != before {
		t.Error("a dry run changed something")
	}
	res, err := h.intake.QuarantineBatch(bg, onBatch(1))
	must(t, err)
	want := intake.Swept{Batch: 1, Moved: 4, To: "quarantined", Accounts: []intake.Reissue{
		{Account: "Anna", Serial: "S2", State: token.Assigned}, {Account: "Anna", Serial: "S3", State: token.Bound}, {Account: "Anna", Serial: "S4", State: token.Suspended}}}
	if diff := cmp.Diff(want, res); diff != "" {
		t.Error(diff)
	}
	if want.DryRun = true; !cmp.Equal(want, would) {
		t.Errorf("the dry run told %+v", would)
	}
	q := token.Quarantined
	if got, want := h.statesOf(fleet...), []token.State{q, q, q, q, q, token.Lost, token.Retired}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if open := h.number(`SELECT COUNT(*) FROM binding WHERE closed_at IS NULL`); open != 0 {
		t.Errorf("%d bindings are open", open)
	}
	h.verified()
	_, err = h.intake.QuarantineBatch(bg, onBatch(1))
	kindIs(t, err, fault.NotAllowed, "no token of batch 1 can be quarantined")
	_, err = h.intake.ReleaseBatch(bg, onBatch(2))
	kindIs(t, err, fault.NotAllowed, "not quarantined as a whole")
	_, err = h.intake.QuarantineBatch(bg, onBatch(9))
	kindIs(t, err, fault.NotFound, "batch 9")

	h.clock.advance(time.Hour)
	_, err = h.move("S6", token.CmdFound, q) // it has a reason of its own, as S5 has
	must(t, err)
	res, err = h.intake.ReleaseBatch(bg, onBatch(1))
	must(t, err)
	s := token.InStock
	if got, want := h.statesOf(fleet...), []token.State{s, s, s, s, q, q, token.Retired}; !slices.Equal(got, want) || res.Moved != 4 {
		t.Errorf("%v, %+v", got, res)
	}
	h.verified()
	out, err := h.bind("S3", h.shown(3, 0))
	if err != nil {
		t.Errorf("a released token is not bound: %v %+v", err, out)
	}
	if n := len(h.log("S3")); n != 5 {
		t.Errorf("the trail has %d events of S3: import, bind, quarantine, release and bind are due", n)
	}
}

// log reads the trail of one token.
func (h *house) log(serial token.Serial) (all []report.Event) {
	h.t.Helper()
	must(h.t, h.store.Snapshot(bg, func(r report.Reader) error {
		for e, err := range report.Log(r, report.EventFilter{Serial: serial}) {
			if err != nil {
				return err
			}
			all = append(all, e)
		}
		return nil
	}))
	return all
}

// A large batch goes in slices; one that is broken off goes on.
func TestLargeBatch(t *testing.T) {
	h := newHouse(t)
	h.load(generated(1, largeBatch))
	h.clock.advance(time.Hour)
	events := len(h.events())
	ctx, stop := context.WithCancel(bg)
	c := onBatch(1)
	c.Progress = func(done, all int) {
		h.clock.advance(time.Second)
		if done == intake.SliceSize {
			stop()
		}
	}
	res, err := h.intake.QuarantineBatch(ctx, c)
	if err == nil || res.Moved != intake.SliceSize {
		t.Fatalf("%v, %d moved", err, res.Moved)
	}
	h.verified()
	h.clock.advance(time.Hour)
	if res, err = h.intake.QuarantineBatch(bg, onBatch(1)); err != nil || res.Moved != largeBatch-intake.SliceSize {
		t.Errorf("%v, %d moved", err, res.Moved)
	}
	if n := len(h.events()) - events; n != 3 {
		t.Errorf("%d events", n)
	}
	h.verified()
	if res, err = h.intake.ReleaseBatch(bg, onBatch(1)); err != nil || res.Moved != largeBatch {
		t.Errorf("%v, %d released", err, res.Moved)
	}
	h.verified()

	ctx, stop = context.WithCancel(bg)
	c.Progress = func(int, int) { stop() }
	out, err := h.intake.WithdrawBatch(ctx, c)
	if err == nil || out.Tokens != intake.SliceSize || h.visible() != 0 {
		t.Errorf("%v, %d withdrawn, %d visible", err, out.Tokens, h.visible())
	}
	h.verified()
	_, err = h.intake.Import(bg, request(csv(line(serialOf(largeBatch), 900_000))))
	kindIs(t, err, fault.Refused, "1 of 1")
	if out, err = h.intake.WithdrawBatch(bg, onBatch(1)); err != nil || out.Tokens != largeBatch-intake.SliceSize {
		t.Errorf("%v, %d withdrawn", err, out.Tokens)
	}
	if got := h.rows(); got != "0 tokens, 0 prints, 1 batches" {
		t.Errorf("%s", got)
	}
	h.verified()
	if res := h.load(generated(1, largeBatch)); res.New != largeBatch || *res.Batch != 2 {
		t.Errorf("imported again: %+v", res)
	}
	h.verified()
}

func TestWithdrawABatch(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 1), line("S2", 2)))
	h.load(csv(line("T1", 21), "H1,"+seedHex(3)+",hotp,6,100"))
	h.clock.advance(time.Hour)
	_, err := h.desk.Resync(bg, h.codes("S2", h.shown(2, 0))) // a clock that was seen in stock
	must(t, err)
	h.bring(1, token.Assigned)
	before := h.dump()
	_, err = h.intake.WithdrawBatch(bg, onBatch(1))
	kindIs(t, err, fault.NotAllowed, "cannot be withdrawn: token S1 is not in stock", "batch quarantine 1")
	_, err = h.intake.WithdrawBatch(bg, onBatch(3))
	kindIs(t, err, fault.NotFound, "batch 3")
	if h.dump() != before {
		t.Error("a refusal changed something")
	}
	_, err = h.move("S1", token.CmdUnassign, token.InStock)
	must(t, err)
	_, err = h.intake.WithdrawBatch(bg, onBatch(1))
	kindIs(t, err, fault.NotAllowed, "given out before")

	res, err := h.intake.WithdrawBatch(bg, onBatch(2))
	must(t, err)
	if diff := cmp.Diff(intake.WithdrawnBatch{Batch: 2, Tokens: 2}, res); diff != "" {
		t.Error(diff)
	}
	d := detail[trail.WithdrawDetail](t, h.lastEvent())
	if d.Left != 0 || len(d.Tokens) != 2 || d.Tokens[0].Serial != "T1" || d.Tokens[1].Counter != 100 || d.Tokens[1].Type != token.HOTP {
		t.Errorf("event %+v", d)
	}
	if _, there := h.find("T1"); there {
		t.Error("T1 is still there")
	}
	_, err = h.intake.WithdrawBatch(bg, onBatch(2))
	kindIs(t, err, fault.NotAllowed, "withdrawn already")
	_, err = h.intake.QuarantineBatch(bg, onBatch(2))
	kindIs(t, err, fault.NotAllowed, "was withdrawn")
	if n := len(h.log("T1")); n != 1 {
		t.Errorf("the trail has %d events of T1", n)
	}
	h.verified()
	if res := h.load(csv(line("T1", 21), "H1,"+seedHex(3)+",hotp,6,100")); res.New != 2 || *res.Batch != 3 || res.Already {
		t.Errorf("the same file again: %+v", res)
	}
	h.verified()
}

func TestCorrectABatch(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 1), line("S2", 2), line("S3", 3), line("S4", 4)))
	h.clock.advance(time.Hour)
	h.bring(2, token.Bound)
	h.bring(3, token.Assigned)
	h.bring(4, token.Retired)
	correct := func(params token.Params, counter int64, fields ...seedfile.Field) (intake.Corrected, error) {
		return h.intake.CorrectBatch(bg, intake.Correction{BatchChange: onBatch(1), Given: given(fields...), Params: params, Counter: counter})
	}
	before := h.dump()
	_, err := correct(token.Params{}, 7, seedfile.FieldCounter)
	kindIs(t, err, fault.NotAllowed, "token S1", "no counter")
	_, err = correct(token.Params{Type: token.HOTP, Period: 60}, 0, seedfile.FieldType, seedfile.FieldPeriod)
	kindIs(t, err, fault.NotAllowed, "no token of type hotp is so", "neither period nor T0", "HOTP counter")
	_, err = correct(token.Params{Period: 30}, 0, seedfile.FieldPeriod)
	kindIs(t, err, fault.NotAllowed, "nothing to correct in batch 1")
	if h.dump() != before {
		t.Error("a refusal changed something")
	}
	res, err := correct(token.Params{Period: 60, Hash: token.SHA256}, 0, seedfile.FieldPeriod, seedfile.FieldHash)
	must(t, err)
	want := intake.Corrected{Batch: 1, Corrected: 2, Left: 2, Changes: []intake.ChangedParams{
		{Before: "totp sha1 6 digits 30 s", After: "totp sha256 6 digits 60 s", Tokens: 2}}}
	if diff := cmp.Diff(want, res); diff != "" {
		t.Error(diff)
	}
	if one, _ := h.find("S1"); *one.Period != 60 || one.Hash != token.SHA256 {
		t.Errorf("S1 is %+v", one)
	}
	if two, _ := h.find("S2"); *two.Period != 30 || two.Hash != token.SHA1 {
		t.Errorf("S2, which was bound, is %+v", two)
	}
	h.verified()
	sixty := token.Params{Type: token.TOTP, Hash: token.SHA256, Digits: 6, Period: 60}
	code, err := otp.At(sixty, token.NewSeed(gen.SeedFor(1, token.SHA1)), otp.StepAt(sixty, h.clock.Now(), 0))
	must(t, err)
	_, err = h.bind("S1", code)
	must(t, err)
	// S3 alone is left to correct, to another type and back
	_, err = correct(token.Params{Type: token.HOTP}, 9, seedfile.FieldType, seedfile.FieldCounter)
	must(t, err)
	if three, _ := h.find("S3"); three.Type != token.HOTP || *three.Counter != 9 || three.Period != nil {
		t.Errorf("S3 is %+v", three)
	}
	h.verified()
	_, err = correct(token.Params{Type: token.TOTP, Period: 30}, 0, seedfile.FieldType, seedfile.FieldPeriod)
	must(t, err)
	h.verified()
}

// After any run of commands the trail tells what the tables hold, and as many
// tokens are there as were imported and not withdrawn, place by place.
func TestRandomLives(t *testing.T) {
	runs := 6
	if testing.Short() {
		runs = 1
	}
	for run := range runs {
		r := rand.New(rand.NewPCG(uint64(run), 7))
		h := newHouse(t)
		imported := 0
		load := func(first, n int) {
			h.load(generated(uint64(first), n))
			imported += n
		}
		load(1, 30)
		load(31, 10)
		for range 150 {
			h.clock.advance(time.Duration(r.IntN(3600)) * time.Second)
			h.randomCommand(r, &imported)
		}
		if n := h.visible(); n != imported {
			t.Errorf("run %d: %d tokens are here, %d were imported and not withdrawn", run, n, imported)
		}
		h.addsUp(imported)
		h.verified()
		if t.Failed() {
			t.Fatalf("run %d", run)
		}
	}
}

// randomCommand does something or is refused.
func (h *house) randomCommand(r *rand.Rand, imported *int) {
	h.t.Helper()
	i := uint64(1 + r.IntN(40))
	serial := token.Serial(serialOf(i))
	all := token.Transitions()
	step := all[r.IntN(len(all))]
	c := desk.Change{Serial: serial, By: step.By, To: step.To, Loss: token.Loss{Stolen: r.IntN(2) == 0},
		NewAccount: r.IntN(2) == 0,
		Words:      desk.Words{Account: token.Account(fmt.Sprintf("user%d", r.IntN(5))), Reason: "chance"}}
	number := 1 + r.IntN(3)
	var err error
	switch {
	case step.By == token.CmdBind || r.IntN(6) == 0:
		req := h.codes(string(serial), h.shown(i, time.Duration(r.IntN(3))*8*time.Minute))
		req.Account, req.NewAccount = c.Account, c.NewAccount
		_, err = h.desk.Bind(bg, req)
	case r.IntN(12) == 0:
		_, err = h.intake.QuarantineBatch(bg, onBatch(number))
	case r.IntN(8) == 0:
		_, err = h.intake.ReleaseBatch(bg, onBatch(number))
	case r.IntN(12) == 0:
		_, err = h.intake.CorrectBatch(bg, intake.Correction{BatchChange: onBatch(number), Given: given(seedfile.FieldDigits), Params: token.Params{Digits: 6 + 2*r.IntN(2)}})
	case r.IntN(12) == 0:
		_, err = h.desk.SetPolicy(bg, map[string]string{"tokens-per-account": []string{"", "1", "4"}[r.IntN(3)]}, desk.Words{Approver: "Eva"})
	case r.IntN(12) == 0:
		n := 1 + r.IntN(4)
		first := 1000 + r.IntN(100_000)*10
		res := h.load(generated(uint64(first), n))
		*imported += n
		if r.IntN(2) == 0 {
			var out intake.WithdrawnBatch
			out, err = h.intake.WithdrawBatch(bg, onBatch(*res.Batch))
			*imported -= out.Tokens
		}
	case step.By == token.CmdImport || step.By == token.CmdBatchWithdraw:
		var out intake.WithdrawnBatch
		out, err = h.intake.WithdrawBatch(bg, onBatch(number))
		*imported -= out.Tokens
	case strings.HasPrefix(string(step.By), "batch "):
	case r.IntN(4) == 0:
		h.randomMove(r)
	case r.IntN(8) == 0:
		h.randomList(r)
	default:
		_, err = h.desk.Move(bg, c)
	}
	if k := fault.KindOf(err); err != nil && (k == fault.Internal || k == fault.Integrity || k == fault.Usage) {
		h.t.Fatalf("%s of %s: %v", step.By, serial, err)
	}
}

// largeBatch makes three slices, the last not full.
const largeBatch = 2*intake.SliceSize + 500
