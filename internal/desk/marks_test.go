package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/report"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// change moves S1, with words.
func (h *house) change(by token.Command, to token.State, w desk.Words) error {
	h.clock.advance(time.Minute)
	_, err := h.desk.Move(bg, desk.Change{Serial: "S1", By: by, To: to, Words: w, NewAccount: true})
	return err
}

// everyWayBack tries all that could bring S1 back into use, each with words that would
// do for anything else, and returns the first by which it did.
func (h *house) everyWayBack() (way string) {
	h.t.Helper()
	said := desk.Words{Account: "Anna", Reason: "it is sound", Approver: "Eva"}
	back := func(how string) bool {
		if s := h.statesOf("S1")[0]; s == token.InStock || s.HasAccount() {
			way = how
		}
		return way != ""
	}
	for _, tr := range token.Transitions() {
		if tr.By == token.CmdRelease || tr.By == token.CmdRetire || strings.HasPrefix(string(tr.By), "batch ") {
			continue
		}
		_ = h.change(tr.By, tr.To, said)
		if back(string(tr.By)) {
			return way
		}
	}
	for _, by := range []func() error{
		func() error { return h.change(token.CmdRelease, token.InStock, desk.Words{}) },
		func() error { return h.change(token.CmdRelease, token.InStock, desk.Words{Reason: "it is sound"}) },
		func() error { return h.change(token.CmdRelease, token.InStock, desk.Words{Approver: "Eva"}) },
		func() error { _, err := h.intake.ReleaseBatch(bg, onBatch(1)); return err },
		func() error { // in a batch that was quarantined, and is released
			_, _ = h.intake.QuarantineBatch(bg, onBatch(1))
			_, err := h.intake.ReleaseBatch(bg, onBatch(1))
			return err
		},
		func() error { _, err := h.intake.WithdrawBatch(bg, onBatch(1)); return err },
		func() error {
			_, err := h.intake.CorrectBatch(bg, intake.Correction{BatchChange: onBatch(1), Given: given(seedfile.FieldDigits), Params: token.Params{Digits: 8}})
			return err
		},
		func() error { _, err := h.intake.Import(bg, request(csv(line("S1", 1)))); return err },
		func() error { _, err := h.intake.Import(bg, request(csv(line("S1", 41)), replace)); return err },
		func() error { _, err := h.intake.Import(bg, request(csv(line("X1", 1)), partial)); return err },
		func() error { _, err := h.bind("S1", h.shown(1, 0)); return err },
		func() error { _, err := h.desk.Resync(bg, h.codes("S1", h.shown(1, 0))); return err },
	} {
		h.clock.advance(10 * time.Minute)
		if err := by(); back(fmt.Sprint(err)) {
			return way
		}
	}
	return ""
}

func (h *house) kinds() (kinds []string) {
	h.t.Helper()
	must(h.t, h.store.Snapshot(bg, func(r report.Reader) error {
		for x, err := range report.Exceptions(r, report.ExceptionFilter{Now: h.clock.Now()}) {
			if err != nil {
				return err
			}
			kinds = append(kinds, string(x.Kind)+" "+x.Object)
		}
		return nil
	}))
	return kinds
}

func TestNothingBringsALeakedSeedBack(t *testing.T) {
	leaked := desk.Words{Reason: "seed in a mail", Leaked: token.Yes}
	for name, leak := range map[string]func(h *house) error{
		"in stock": func(h *house) error { return h.change(token.CmdQuarantine, token.Quarantined, leaked) },
		"quarantined": func(h *house) error {
			must(h.t, h.change(token.CmdQuarantine, token.Quarantined, desk.Words{Reason: "damp"}))
			return h.change(token.CmdQuarantine, token.Quarantined, leaked)
		},
		"bound": func(h *house) error {
			_, err := h.bind("S1", h.shown(1, 0))
			must(h.t, err)
			return h.change(token.CmdQuarantine, token.Quarantined, leaked)
		},
		"lost": func(h *house) error {
			must(h.t, h.change(token.CmdLost, token.Lost, desk.Words{}))
			return h.change(token.CmdQuarantine, token.Quarantined, leaked)
		},
		"while lost": func(h *house) error { return h.change(token.CmdLost, token.Lost, leaked) },
		"returned": func(h *house) error {
			_, err := h.bind("S1", h.shown(1, 0))
			must(h.t, err)
			return h.change(token.CmdUnbind, token.Quarantined, leaked)
		},
		"with its batch": func(h *house) error {
			_, err := h.intake.QuarantineBatch(bg, intake.BatchChange{Number: 1, Words: leaked})
			return err
		},
		"with its batch, while lost": func(h *house) error {
			must(h.t, h.change(token.CmdLost, token.Lost, desk.Words{}))
			res, err := h.intake.QuarantineBatch(bg, intake.BatchChange{Number: 1, Words: leaked})
			if res.Marked != 1 || res.Moved != 1 {
				h.t.Errorf("%+v", res)
			}
			return err
		},
		"with its batch, which was set aside before": func(h *house) error {
			_, err := h.intake.QuarantineBatch(bg, onBatch(1))
			must(h.t, err)
			res, err := h.intake.QuarantineBatch(bg, intake.BatchChange{Number: 1, Words: leaked})
			if res.Marked != 2 || res.Moved != 0 {
				h.t.Errorf("%+v", res)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.load(csv(line("S1", 1), line("S2", 2)))
			h.clock.advance(time.Hour)
			must(t, leak(h))
			if way := h.everyWayBack(); way != "" {
				t.Errorf("it came back: %s", way)
			}
			err := h.change(token.CmdRelease, token.InStock, desk.Words{Reason: "it is sound", Approver: "Eva"})
			if found, _ := h.find("S1"); found.State == token.Quarantined {
				kindIs(t, err, fault.NotAllowed, "does not come back", "retire S1")
			}
			if !slices.Contains(h.kinds(), "leaked S1") {
				t.Errorf("exceptions: %q", h.kinds())
			}
			h.verified()
			must(t, h.change(token.CmdRetire, token.Retired, desk.Words{}))
			if found, _ := h.find("S1"); !found.Leaked {
				t.Error("it is forgotten once it is retired")
			}
			h.verified()
		})
	}
}

func TestAStolenTokenComesBackWithASecondPersonAlone(t *testing.T) {
	for name, steal := range map[string]func(h *house) error{
		"in stock": func(h *house) error {
			_, err := h.desk.Move(bg, desk.Change{Serial: "S1", By: token.CmdLost, To: token.Lost, Loss: token.Loss{Stolen: true}})
			return err
		},
		"replaced": func(h *house) error {
			_, err := h.bind("S1", h.shown(1, 0))
			must(h.t, err)
			_, err = h.desk.EndLost(bg, desk.Change{Serial: "S1", Loss: token.Loss{Stolen: true}}, "S2")
			return err
		},
		"missing": func(h *house) error {
			_, err := h.bind("S1", h.shown(1, 0))
			must(h.t, err)
			return h.change(token.CmdUnbind, token.Lost, desk.Words{Stolen: token.Yes})
		},
		"told later": func(h *house) error {
			must(h.t, h.change(token.CmdLost, token.Lost, desk.Words{}))
			return h.change(token.CmdLost, token.Lost, desk.Words{Stolen: token.Yes})
		},
		"told when it was found": func(h *house) error {
			must(h.t, h.change(token.CmdLost, token.Lost, desk.Words{}))
			return h.change(token.CmdFound, token.Quarantined, desk.Words{Reason: "at the thief's", Stolen: token.Yes})
		},
		"told when it was set aside": func(h *house) error {
			return h.change(token.CmdQuarantine, token.Quarantined, desk.Words{Stolen: token.Yes})
		},
		"with its batch": func(h *house) error {
			_, err := h.intake.QuarantineBatch(bg, intake.BatchChange{Number: 1, Words: desk.Words{Reason: "van robbed", Stolen: token.Yes}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.load(csv(line("S1", 1), line("S2", 2)))
			h.clock.advance(time.Hour)
			must(t, steal(h))
			if way := h.everyWayBack(); way != "" {
				t.Errorf("it came back: %s", way)
			}
			found, _ := h.find("S1")
			if found.State == token.Lost {
				must(t, h.change(token.CmdFound, token.Quarantined, desk.Words{}))
			}
			if found, _ = h.find("S1"); !found.WasStolen || found.Stolen {
				t.Errorf("its theft is forgotten once it is found: %+v", found)
			}
			kindIs(t, h.change(token.CmdRelease, token.InStock, desk.Words{Approver: "Eva"}), fault.Refused, "token S1 was stolen", "reason")
			kindIs(t, h.change(token.CmdRelease, token.InStock, desk.Words{Reason: "sealed"}), fault.Refused, "a second person")
			must(t, h.change(token.CmdRelease, token.InStock, desk.Words{Reason: "sealed", Approver: "Eva"}))
			h.verified()
			for _, kind := range []string{"stolen_back S1", "override S1"} {
				if !slices.Contains(h.kinds(), kind) {
					t.Errorf("exceptions: %q", h.kinds())
				}
			}
			// It is in stock as any other, and still nothing makes another token of it.
			_, err := h.intake.WithdrawBatch(bg, onBatch(1))
			kindIs(t, err, fault.NotAllowed, "cannot be withdrawn")
			if _, err = h.intake.Import(bg, request(csv(line("S1", 41)), replace)); fault.KindOf(err) != fault.Refused {
				t.Errorf("it is replaced: %v", err)
			}
			must(t, h.change(token.CmdQuarantine, token.Quarantined, desk.Words{Reason: "damp"}))
			kindIs(t, h.change(token.CmdRelease, token.InStock, desk.Words{Reason: "dry"}), fault.Refused, "a second person")
			must(t, h.change(token.CmdRetire, token.Retired, desk.Words{}))
			if !slices.Contains(h.kinds(), "override S1") {
				t.Errorf("exceptions once it is retired: %q", h.kinds())
			}
			h.verified()
		})
	}
}

// Words alone do not decide what becomes of a token: they are asked about.
func TestWordsOfALeakOrATheftAreAskedAbout(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 1), line("S2", 2)))
	for _, reason := range []string{"seeds leaked", "Seed-Datei kompromittiert", "the keys were stolen"} {
		before := h.dump()
		kindIs(t, h.change(token.CmdQuarantine, token.Quarantined, desk.Words{Reason: reason}), fault.Refused, "speaks of a leak", "leaked")
		_, err := h.intake.QuarantineBatch(bg, intake.BatchChange{Number: 1, Words: desk.Words{Reason: reason}})
		kindIs(t, err, fault.Refused, "speaks of a leak", "leaked")
		if h.dump() != before {
			t.Errorf("%q changed something", reason)
		}
	}
	for _, reason := range []string{"stolen from a car", "Einbruch im Büro", "was gestohlen"} {
		for by, to := range map[token.Command]token.State{token.CmdLost: token.Lost, token.CmdQuarantine: token.Quarantined} {
			kindIs(t, h.change(by, to, desk.Words{Reason: reason}), fault.Refused, "speaks of a theft", "stolen")
		}
	}
	_, err := h.bind("S2", h.shown(2, 0))
	must(t, err)
	theft := desk.Words{Reason: "stolen, and back"}
	req := h.codes("S2", h.shown(2, 8*time.Minute))
	req.To, req.Words = token.InStock, theft
	_, err = h.desk.UnbindWithCode(bg, req)
	kindIs(t, err, fault.Refused, "speaks of a theft")
	theft.Stolen = token.Yes
	_, err = h.desk.Move(bg, desk.Change{Serial: "S2", By: token.CmdUnbind, To: token.InStock, Words: theft})
	kindIs(t, err, fault.NotAllowed, "lost S2", "unbind S2")
	_, err = h.desk.Move(bg, desk.Change{Serial: "S2", By: token.CmdSuspend, To: token.Suspended, Words: theft})
	kindIs(t, err, fault.NotAllowed, "lost S2")
	must(t, h.change(token.CmdQuarantine, token.Quarantined, desk.Words{Reason: "no leak", Leaked: token.No, Stolen: token.No}))
	must(t, h.change(token.CmdRelease, token.InStock, desk.Words{Reason: "leak and theft ruled out"}))
	must(t, h.change(token.CmdLost, token.Lost, desk.Words{Reason: "mugged", Stolen: token.No}))
	h.verified()
}
