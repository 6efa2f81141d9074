// Package life lets a store live: every command that changes something, on tokens
// and people drawn at random, as operators would, refusals among them. What a
// store must keep true whatever happened to it is tried on such lives.
package life

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/otp"
	"fob/internal/people"
	"fob/internal/report"
	"fob/internal/seedfile"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// Life is a store in the middle of it.
type Life struct {
	Config app.Config
	Now    time.Time
	Wrong  bool // the clock is in a wrong future just now
	Done   map[token.Command]int

	desk     *desk.Desk
	registry *people.Registry
	intake   *intake.Intake
	close    func() error
	r        *rand.Rand
	seeds    map[token.Serial]uint64 // which seed each serial was imported with last
	next     uint64
	batches  int
	erased   int
	called   []int // by person, the number in their name
}

var bg = context.Background()

// Begin makes a store in a folder.
func Begin(dir string, seed uint64) (*Life, error) {
	l := &Life{Now: time.Date(2025, 1, 7, 8, 0, 7, 0, time.UTC), Done: map[token.Command]int{}, r: rand.New(rand.NewPCG(seed, 12)), seeds: map[token.Serial]uint64{}, called: everybody()}
	l.Config = app.Config{DB: filepath.Join(dir, "data", "fob.db"), Identity: filepath.Join(dir, "keys", "identity.txt"),
		Now: func() time.Time { return l.Now }, Random: crand.Reader, Operator: token.Operator{Kind: token.OperatorOS, ID: "1000", Name: "olga"}, Host: "desk"}
	if _, err := l.Config.Init(bg, app.Founding{}); err != nil {
		return nil, err
	}
	u, err := l.Config.Open(bg)
	if err != nil {
		return nil, err
	}
	l.desk, l.registry, l.intake, l.close = u.Desk, u.People, u.Intake, u.Close
	return l, nil
}

// End closes the store; nothing has it open then.
func (l *Life) End() error { return l.close() }

// step is one thing that people do, with how often they do it.
type step struct {
	often int
	by    token.Command
	do    func(*Life) error
}

var steps = []step{
	{4, token.CmdImport, (*Life).deliver},
	{2, token.CmdImport, (*Life).exchange},
	{2, token.CmdImport, (*Life).burnAnew},
	{9, token.CmdBind, func(l *Life) error { return l.answer(token.CmdBind, l.any(token.InStock, token.Assigned), false) }},
	{3, token.CmdBind, func(l *Life) error { return l.answer(token.CmdBind, l.any(token.InStock), true) }},
	{6, token.CmdCheck, func(l *Life) error { return l.answer(token.CmdCheck, l.any(), l.r.IntN(2) == 0) }},
	{7, token.CmdResync, func(l *Life) error { return l.answer(token.CmdResync, l.any(token.Bound, token.InStock), false) }},
	{3, token.CmdAssign, func(l *Life) error { return l.move(token.CmdAssign, token.Assigned, token.InStock) }},
	{1, token.CmdUnassign, func(l *Life) error { return l.move(token.CmdUnassign, token.InStock, token.Assigned) }},
	{2, token.CmdUnbind, func(l *Life) error { return l.move(token.CmdUnbind, l.end(), token.Bound) }},
	{1, token.CmdSuspend, func(l *Life) error { return l.move(token.CmdSuspend, token.Suspended, token.Bound) }},
	{1, token.CmdResume, func(l *Life) error { return l.move(token.CmdResume, token.Bound, token.Suspended) }},
	{2, token.CmdLost, func(l *Life) error { return l.move(token.CmdLost, token.Lost, token.Bound, token.InStock, token.Lost) }},
	{1, token.CmdFound, func(l *Life) error { return l.move(token.CmdFound, token.Quarantined, token.Lost) }},
	{1, token.CmdQuarantine, func(l *Life) error { return l.move(token.CmdQuarantine, token.Quarantined, token.InStock) }},
	{1, token.CmdRelease, func(l *Life) error { return l.move(token.CmdRelease, token.InStock, token.Quarantined) }},
	{1, token.CmdRetire, func(l *Life) error { return l.move(token.CmdRetire, token.Retired) }},
	{2, token.CmdReplace, (*Life).replace},
	{1, token.CmdUnlock, func(l *Life) error { _, err := l.desk.Unlock(bg, l.any(), l.words()); return err }},
	{1, token.CmdBatchQuarantine, func(l *Life) error { _, err := l.intake.QuarantineBatch(bg, l.batch()); return err }},
	{1, token.CmdBatchRelease, func(l *Life) error { _, err := l.intake.ReleaseBatch(bg, l.batch()); return err }},
	{1, token.CmdBatchWithdraw, func(l *Life) error { _, err := l.intake.WithdrawBatch(bg, l.batch()); return err }},
	{2, token.CmdBatchCorrect, (*Life).correct},
	{1, token.CmdBatchDestroy, (*Life).destroySeeds},
	{1, token.CmdPolicySet, (*Life).policy},
	{1, token.CmdIdentify, (*Life).identify},
	{1, token.CmdClockAccept, (*Life).wrongClock},
	{1, token.CmdAccountErase, (*Life).erase},
	{2, token.CmdAccountImport, (*Life).people},
}

// Step does one thing, some time after the one before. What fob refuses is part of
// a life; an error is anything else.
func (l *Life) Step() error {
	if l.batches == 0 {
		return l.do(steps[0])
	}
	sum := 0
	for _, s := range steps {
		sum += s.often
	}
	at := l.r.IntN(sum)
	for _, s := range steps {
		if at -= s.often; at < 0 {
			return l.do(s)
		}
	}
	return nil
}

// destroySeeds destroys those of one batch.
func (l *Life) destroySeeds() error {
	c := l.batch()
	c.Approver = "Eva Brandt"
	_, err := l.intake.DestroySeeds(bg, c)
	return err
}

// Whole does everything at least once that can be done, and as often as n steps
// take.
func (l *Life) Whole(n int) error {
	for i := 0; i < n || len(l.missing()) > 0; i++ {
		if i > 100*n {
			return fmt.Errorf("in %d steps nobody came to %v", i, l.missing())
		}
		if err := l.Step(); err != nil {
			return err
		}
	}
	return nil
}

func (l *Life) missing() (all []token.Command) {
	for _, s := range steps {
		if l.Done[s.by] == 0 {
			all = append(all, s.by)
		}
	}
	return all
}

func (l *Life) do(s step) error {
	l.Now = l.Now.Add(time.Second + time.Duration(l.r.Int64N(int64(60*time.Hour))))
	err := s.do(l)
	switch fault.KindOf(err) {
	case fault.NotAllowed, fault.CodeRefused, fault.Locked, fault.NotFound, fault.Refused:
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.by, err)
	}
	l.Done[s.by]++
	return nil
}

func (l *Life) words() desk.Words {
	w := desk.Words{Approver: "Eva", Reason: "because"}
	if l.r.IntN(2) == 0 {
		w.Ticket, w.Proof = fmt.Sprintf("T-%d", l.r.IntN(100)), "badge"
	}
	return w
}

// any returns a token in one of the states, as far as there is one.
func (l *Life) any(states ...token.State) (found token.Serial) {
	var all, fit []token.Serial
	err := l.Read(func(r report.Reader) error {
		for t, err := range r.Tokens(report.Filter{}) {
			if err != nil {
				return err
			}
			all = append(all, t.Serial)
			for _, s := range states {
				if t.State == s {
					fit = append(fit, t.Serial)
				}
			}
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return "none"
	}
	if len(fit) > 0 {
		all = fit
	}
	return all[l.r.IntN(len(all))]
}

// Read runs fn on the store as it is.
func (l *Life) Read(fn func(report.Reader) error) error {
	reports, done, err := l.Config.Reports(bg)
	if err != nil {
		return err
	}
	defer done() //nolint:errcheck // a reader has nothing to lose
	return reports.Snapshot(bg, fn)
}

// file is a seed file that is nowhere on disk.
type file struct{ name, text string }

func (f file) Name() string                 { return f.name }
func (f file) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(f.text)), nil }

func (l *Life) deliver() error {
	var text strings.Builder
	n := 3 + l.r.IntN(8)
	kind := []string{"totp,6,30", "totp,8,60", "hotp,6,7"}[l.r.IntN(3)]
	fresh := map[token.Serial]uint64{}
	for range n {
		l.next++
		serial := fmt.Sprintf("%s%06d", []string{"Fob-", "fb", "00"}[l.r.IntN(3)], l.r.IntN(1_000_000))
		fresh[token.Serial(serial)] = l.next
		fmt.Fprintf(&text, "%s,%x,%s\n", serial, gen.SeedFor(l.next, token.SHA1), kind)
	}
	return l.load(file{fmt.Sprintf("delivery-%d.csv", l.batches), text.String()}, fresh, func(*intake.Import) {})
}

// exchange brings tokens with other seeds in the place of some that are in stock.
func (l *Life) exchange() error {
	return l.others(token.InStock, func(i *intake.Import) { i.Replace = true })
}

// burnAnew gives the serials of some retired tokens other seeds.
func (l *Life) burnAnew() error {
	return l.others(token.Retired, func(i *intake.Import) { i.Reburnt, i.Words = true, l.words() })
}

// others brings other seeds for some serials.
func (l *Life) others(of token.State, how func(*intake.Import)) error {
	var text strings.Builder
	fresh := map[token.Serial]uint64{}
	for range 1 + l.r.IntN(3) {
		serial := l.any(of).Device()
		if l.r.IntN(3) == 0 {
			serial = token.Serial(strings.ToUpper(string(serial)))
		}
		if fresh[serial] != 0 {
			continue
		}
		l.next++
		fresh[serial] = l.next
		fmt.Fprintf(&text, "%s,%x,totp,6,30\n", serial, gen.SeedFor(l.next, token.SHA1))
	}
	return l.load(file{"exchange.csv", text.String()}, fresh, how)
}

func (l *Life) load(src seedfile.Source, fresh map[token.Serial]uint64, how func(*intake.Import)) error {
	f, _, err := app.FindFormat(src, "oath-csv", seedfile.Options{})
	if err != nil {
		return err
	}
	req := intake.Import{Source: src, Format: f,
		Fill: intake.Fill{Manufacturer: []string{"ACME", "=Fob & Co"}[l.r.IntN(2)], Model: "c200"},
		Supply: token.Supply{Order: "PO-1", Supplier: "ACME", Expected: l.r.IntN(2) * 9, Location: []string{"Berlin", "Rom", ""}[l.r.IntN(3)],
			Received: l.Now}}
	how(&req)
	res, err := l.intake.Import(bg, req)
	if err == nil && res.Stored {
		l.batches++
		for serial, i := range fresh {
			l.seeds[token.Serial(serial.Key())] = i
		}
	}
	return err
}

// codes are two in a row that a token shows, or wrong ones.
func (l *Life) codes(serial token.Serial, wrong bool) (typed []desk.Typed, err error) {
	var t report.Token
	if err := l.Read(func(r report.Reader) (err error) { t, err = r.Find(serial); return err }); err != nil {
		return nil, err
	}
	if wrong {
		return []desk.Typed{{Text: "0123456789"[:t.Digits], At: l.Now}}, nil
	}
	p := token.Params{Type: t.Type, Hash: t.Hash, Digits: t.Digits}
	step := int64(0)
	if t.Type == token.TOTP {
		p.Period = *t.Period
		drift := -40.0
		if t.DriftSeconds != nil {
			drift = *t.DriftSeconds + float64(l.r.IntN(7))
		}
		step = otp.StepAt(p, l.Now, drift)
	} else {
		step = *t.Counter + int64(l.r.IntN(3))
	}
	for n := range int64(2) {
		code, err := otp.At(p, token.NewSeed(gen.SeedFor(l.seeds[token.Serial(serial.Key())], token.SHA1)), step+n)
		if err != nil {
			return nil, err
		}
		typed = append(typed, desk.Typed{Text: code, At: l.Now})
	}
	return typed, nil
}

func (l *Life) answer(by token.Command, serial token.Serial, wrong bool) error {
	codes, err := l.codes(serial, wrong)
	if err != nil {
		return err
	}
	req := desk.Codes{Serial: serial, Codes: codes, Words: desk.Words{Ticket: "T-1", Proof: "badge"}}
	switch by {
	case token.CmdBind:
		req.Account, req.NewAccount = l.account(), l.r.IntN(3) > 0
		_, err = l.desk.Bind(bg, req)
	case token.CmdCheck:
		_, err = l.desk.Check(bg, req)
	default:
		_, err = l.desk.Resync(bg, req)
	}
	return err
}

func (l *Life) end() token.State {
	return []token.State{token.InStock, token.Quarantined, token.Lost}[l.r.IntN(3)]
}

func (l *Life) move(by token.Command, to token.State, from ...token.State) error {
	c := desk.Change{Serial: l.any(from...), By: by, To: to, Words: l.words()}
	if by == token.CmdAssign {
		c.Account, c.NewAccount = l.account(), l.r.IntN(3) > 0
	}
	if to == token.Lost && l.r.IntN(2) == 0 {
		c.Loss = token.Loss{Reported: l.Now.Add(-time.Hour), Stolen: true}
	}
	_, err := l.desk.Move(bg, c)
	return err
}

func (l *Life) replace() error {
	old, fresh := l.any(token.Bound), l.any(token.InStock)
	t, err := l.desk.Replaceable(bg, old, fresh)
	if err != nil {
		return err
	}
	codes, err := l.codes(fresh, false)
	if err != nil {
		return err
	}
	_, err = l.desk.Bind(bg, desk.Codes{Serial: fresh, Codes: codes, Replaces: old, Words: desk.Words{Account: t.Account, Reason: "worn"}})
	return err
}

func (l *Life) batch() intake.BatchChange {
	n := l.batches
	if l.r.IntN(2) == 0 {
		n = 1 + l.r.IntN(l.batches)
	}
	return intake.BatchChange{Number: n, Words: desk.Words{Reason: "the seal was broken", Approver: "Eva"}}
}

func (l *Life) correct() error {
	c := intake.Correction{BatchChange: l.batch()}
	if l.r.IntN(2) == 0 {
		c.Given, c.Params.Digits = seedfile.FieldSet(0).With(seedfile.FieldDigits), 6+2*l.r.IntN(2)
	} else {
		c.Given, c.Counter = seedfile.FieldSet(0).With(seedfile.FieldCounter), l.r.Int64N(5)
	}
	_, err := l.intake.CorrectBatch(bg, c)
	return err
}

func (l *Life) policy() error {
	set := []map[string]string{{"lock-for": "30m"}, {"lock-for": ""}, {"tokens-per-account": "6"}, {"tokens-per-account": ""}}[l.r.IntN(4)]
	_, err := l.desk.SetPolicy(bg, set, l.words())
	return err
}

func (l *Life) identify() error {
	codes, err := l.codes(l.any(), false)
	if err != nil {
		return err
	}
	_, err = l.desk.Identify(bg, desk.Identify{Codes: codes})
	return err
}

// wrongClock does something a year ahead, and then the clock is set right.
func (l *Life) wrongClock() error {
	today := l.Now
	l.Now = today.AddDate(1, 0, 0)
	l.Wrong = true
	err := l.move(token.CmdAssign, token.Assigned, token.InStock)
	l.Now, l.Wrong = today.Add(time.Hour), false
	if err != nil {
		return err
	}
	_, err = l.desk.AcceptClock(bg, desk.Words{Reason: "time server", Approver: "Eva"})
	return err
}
