package desk_test

import (
	"strings"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/seedfile"
	"fob/internal/store"
	"fob/internal/token"
	"fob/internal/trail"
)

// waysOut are all ways by which a token, or its seed, leaves and may come back. Each
// does what it can: most of it is refused.
var waysOut = map[string]func(h *house){
	"replaced, and replaced back": func(h *house) {
		_, _ = h.intake.Import(bg, request(csv(line("S1", 9)), replace))
		_, _ = h.intake.Import(bg, request(csv(line("S1", 1)), replace))
	},
	"replaced with other parameters, and back": func(h *house) {
		_, _ = h.intake.Import(bg, request(csv("S1,"+seedHex(1)+",totp,6,60"), replace))
		_, _ = h.intake.Import(bg, request(csv(line("S1", 1)), replace))
	},
	"withdrawn and imported again": func(h *house) {
		_, _ = h.intake.WithdrawBatch(bg, onBatch(1))
		_, _ = h.intake.Import(bg, request(csv(line("S1", 1))))
	},
	"withdrawn and imported as another": func(h *house) {
		_, _ = h.intake.WithdrawBatch(bg, onBatch(1))
		_, _ = h.intake.Import(bg, request(csv(line("S2", 1))))
	},
	"imported as another": func(h *house) {
		_, _ = h.intake.Import(bg, request(csv(line("S2", 1))))
	},
	"imported as another, with zeros behind the seed": func(h *house) {
		_, _ = h.intake.Import(bg, request(csv("S2,"+seedHex(1)+"0000,totp,6,30")))
	},
	"retired and imported again": func(h *house) {
		_, err := h.move("S1", token.CmdRetire, token.Retired)
		must(h.t, err)
		_, _ = h.intake.Import(bg, request(csv(line("S1", 1))))
		_, _ = h.intake.Import(bg, request(csv(line("S1", 1)), replace))
	},
	"retired and imported as another": func(h *house) {
		_, err := h.move("S1", token.CmdRetire, token.Retired)
		must(h.t, err)
		_, _ = h.intake.Import(bg, request(csv(line("S2", 1))))
		_, _ = h.intake.Import(bg, request(csv("S3,"+seedHex(1)+"00,totp,6,30")))
	},
	"corrected, and back": func(h *house) {
		for _, period := range []int{60, 30} {
			_, _ = h.intake.CorrectBatch(bg, intake.Correction{BatchChange: onBatch(1), Given: given(seedfile.FieldPeriod), Params: token.Params{Period: period}})
		}
	},
	"assigned and taken back": func(h *house) {
		_, err := h.move("S1", token.CmdAssign, token.Assigned)
		must(h.t, err)
		_, err = h.move("S1", token.CmdUnassign, token.InStock)
		must(h.t, err)
	},
	"quarantined and released": func(h *house) {
		_, err := h.move("S1", token.CmdQuarantine, token.Quarantined)
		must(h.t, err)
		_, err = h.move("S1", token.CmdRelease, token.InStock)
		must(h.t, err)
	},
	"quarantined and released with its batch": func(h *house) {
		for _, do := range []func() error{
			func() error { _, err := h.intake.QuarantineBatch(bg, onBatch(1)); return err },
			func() error { _, err := h.intake.ReleaseBatch(bg, onBatch(1)); return err },
		} {
			must(h.t, do())
		}
	},
	"a backup restored": func(h *house) { h.restore(justImported) },
	"an older backup restored, and imported again": func(h *house) {
		h.restore(empty)
		h.clock.advance(time.Second)
		h.load(csv(line("S1", 1)))
	},
	"a backup restored, replaced, and replaced back": func(h *house) {
		h.restore(justImported)
		_, err := h.intake.Import(bg, request(csv(line("S1", 9)), replace))
		must(h.t, err)
		_, err = h.intake.Import(bg, request(csv(line("S1", 1)), replace))
		must(h.t, err)
	},
	"lost and found": func(h *house) {
		for _, m := range []token.Transition{{By: token.CmdLost, To: token.Lost}, {By: token.CmdFound, To: token.Quarantined}, {By: token.CmdRelease, To: token.InStock}} {
			_, err := h.move("S1", m.By, m.To)
			must(h.t, err)
		}
	},
}

// The backups of newBackedUp.
const empty, justImported = ".empty", ".imported"

// newBackedUp has one token, and backups of before and after it came.
func newBackedUp(t *testing.T) *house {
	h := newHouse(t)
	h.sql(`VACUUM INTO '` + h.path + empty + `'`)
	h.load(csv(line("S1", 1)))
	h.sql(`VACUUM INTO '` + h.path + justImported + `'`)
	return h
}

// restore puts a backup in the place of the store, with the event that says so.
func (h *house) restore(backup string) {
	h.path += backup
	h.desk = h.newDesk("olga")
	h.store = h.desk.Store.(*store.Store)
	h.intake = h.intakeOf(h.desk)
	must(h.t, h.desk.Store.Update(bg, func(tx desk.Tx) error {
		e, err := h.desk.Author().StoreEvent(token.CmdRestore, token.Words{Approver: "Eva", Reason: "the disk died"})
		must(h.t, err)
		return trail.Record(tx, e, trail.RestoreDetail{File: backup, SHA256: strings.Repeat("0", 64), Newest: began})
	}))
}

// No way out of the store and back makes a used code good, or opens a lock.
func TestUsedStaysUsed(t *testing.T) {
	for name, out := range waysOut {
		t.Run("used, "+name, func(t *testing.T) {
			h := newBackedUp(t)
			right := h.shown(1, 0)
			_, err := h.desk.Resync(bg, h.codes("S1", right))
			must(t, err)
			h.clock.advance(time.Second)
			out(h)
			for _, serial := range []string{"S1", "S2", "S3"} {
				if out, err := h.bind(serial, right); err == nil {
					t.Errorf("%s is bound by a code that was used: %+v", serial, out)
				}
			}
			h.verified()
		})
		t.Run("locked, "+name, func(t *testing.T) {
			h := newBackedUp(t)
			h.fail("S1", 1, token.LockAfter)
			out(h)
			for _, serial := range []string{"S1", "S2", "S3"} {
				if out, err := h.bind(serial, h.shown(1, 0)); err == nil {
					t.Errorf("%s is bound though its seed was locked: %+v", serial, out)
				}
			}
			h.verified()
		})
	}
}

// What was tried is told so, and nothing is written.
func TestTriedIsNotReplacedOrWithdrawn(t *testing.T) {
	for name, use := range map[string]func(h *house) error{
		"a code that was used": func(h *house) error {
			_, err := h.desk.Resync(bg, h.codes("S1", h.shown(1, 0)))
			return err
		},
		"a failure": func(h *house) error {
			_, err := h.desk.Check(bg, h.codes("S1", "000000"))
			kindIs(h.t, err, fault.CodeRefused)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.load(csv(line("S1", 1)))
			must(t, use(h))
			before := h.dump()
			res, err := h.intake.Import(bg, request(csv(line("S1", 9)), replace))
			kindIs(t, err, fault.Refused, "1 of 1 records")
			says(t, res.Rejects[0].Reason.String(), "is not replaced: codes of it were tried")
			_, err = h.intake.WithdrawBatch(bg, onBatch(1))
			kindIs(t, err, fault.NotAllowed, "batch 1 cannot be withdrawn", "S1", "codes of it were tried")
			if h.dump() != before {
				t.Error("something was written")
			}
		})
	}
}

// The database itself does not let a used row go, nor a watermark fall.
func TestTheDatabaseKeepsWhatWasUsed(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 1), line("S2", 2), line("S3", 3)))
	_, err := h.desk.Resync(bg, h.codes("S1", h.shown(1, 0)))
	must(t, err)
	h.fail("S2", 2, 1)
	db := h.open()
	defer db.Close()
	for statement, no := range map[string]string{
		`DELETE FROM token WHERE serial_key = 'S1'`:                               "tried",
		`DELETE FROM token WHERE serial_key = 'S2'`:                               "tried",
		`UPDATE token SET watermark = watermark - 1 WHERE serial_key = 'S1'`:      "used",
		`UPDATE token SET watermark = NULL, failures = 0 WHERE serial_key = 'S1'`: "used",
		`DELETE FROM token WHERE serial_key = 'S3' AND watermark IS NULL`:         "",
		`UPDATE token SET watermark = watermark WHERE serial_key = 'S1'`:          "",
		`UPDATE token SET watermark = 5 WHERE serial_key = 'S2'`:                  "",
	} {
		_, err := db.Exec(statement)
		if (err == nil) != (no == "") || err != nil && !strings.Contains(err.Error(), no) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
