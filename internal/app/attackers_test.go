package app_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// An attacker can write the database, and has no key; triggers that are in the way
// are removed and put back. Whatever they change of a row, the next honest command that acts on it ends with an error of
// kind Integrity and changes nothing; verification and the doctor find it whether a
// command came or not.

// theToken is the token that an attack is on, in SQL.
const theToken = `(SELECT id FROM token WHERE serial_key = '%[1]s')`

// attacks are changes to what is known of one token, and what must be so that the
// change is one. Each is tried on every token where it changes something.
var attacks = map[string]string{
	"state, to stock":       `UPDATE token SET state = 0, account_id = NULL, failures = 0, issued = 0 WHERE id = ` + theToken + ` AND state <> 0`,
	"state, to quarantined": `UPDATE token SET state = 4, account_id = NULL WHERE id = ` + theToken + ` AND state <> 4`,
	"state_since":           `UPDATE token SET state_since = COALESCE(state_since, 1700000000000000000) - 1 WHERE id = ` + theToken,
	"state_since, none":     `UPDATE token SET state_since = NULL WHERE id = ` + theToken + ` AND state_since IS NOT NULL`,
	"account":               `UPDATE token SET account_id = (SELECT MAX(id) FROM account WHERE id <> token.account_id) WHERE id = ` + theToken + ` AND account_id IS NOT NULL`,
	"watermark, lower":      `UPDATE token SET watermark = watermark - 1 WHERE id = ` + theToken + ` AND watermark IS NOT NULL`,
	"watermark, none":       `UPDATE token SET watermark = NULL WHERE id = ` + theToken + ` AND watermark IS NOT NULL`,
	"watermark, some":       `UPDATE token SET watermark = 5 WHERE id = ` + theToken + ` AND watermark IS NULL`,
	"failures, fewer":       `UPDATE token SET failures = failures - 1 WHERE id = ` + theToken + ` AND failures > 0`,
	"failures, more":        `UPDATE token SET failures = failures + 1 WHERE id = ` + theToken + ` AND state <> 0`,
	"locked_until":          `UPDATE token SET locked_until = NULL WHERE id = ` + theToken + ` AND locked_until IS NOT NULL`,
	"locked_until, longer":  `UPDATE token SET locked_until = 1900000000000000000 WHERE id = ` + theToken,
	"issued":                `UPDATE token SET issued = 1 - issued WHERE id = ` + theToken,
	"location":              `UPDATE token SET location_id = (SELECT MAX(id) FROM location WHERE id <> token.location_id) WHERE id = ` + theToken,
	"location, none":        `UPDATE token SET location_id = NULL WHERE id = ` + theToken + ` AND location_id IS NOT NULL`,
	"location's name":       `UPDATE location SET name = name || '2' WHERE id = (SELECT location_id FROM token WHERE id = ` + theToken + `)`,
	"account's name":        `UPDATE account SET name = name || '2' WHERE id = (SELECT account_id FROM token WHERE id = ` + theToken + `)`,
	"seed":                  `UPDATE token SET seed = NULL WHERE id = ` + theToken + ` AND seed IS NOT NULL`,
	"leaked":                `UPDATE loss SET leaked = 1 - leaked WHERE token_id = ` + theToken,
	"stolen":                `UPDATE loss SET stolen = 1 - stolen WHERE token_id = ` + theToken,
	"loss":                  `UPDATE loss SET reported_at = reported_at - 1 WHERE token_id = ` + theToken,
	"no loss":               `DELETE FROM loss WHERE token_id = ` + theToken,
	"a loss":                `INSERT INTO loss SELECT ` + theToken + `, 1700000000000000000, 1, 0, 1 WHERE ` + theToken + ` NOT IN (SELECT token_id FROM loss)`,
	"drift":                 `UPDATE observation SET drift = drift + 30 WHERE token_id = ` + theToken,
	"drift's time":          `UPDATE observation SET at = at + 1 WHERE token_id = ` + theToken,
	"rate":                  `UPDATE observation SET rate = 4 WHERE token_id = ` + theToken,
	"no drift":              `DELETE FROM observation WHERE token_id = ` + theToken,
	"binding's account":     `UPDATE binding SET account_id = (SELECT MAX(id) FROM account WHERE id <> binding.account_id) WHERE token_id = ` + theToken,
	"binding's uuid":        `UPDATE binding SET uuid = '00000000-0000-4000-8000-000000000000' WHERE id = (SELECT MAX(id) FROM binding WHERE token_id = ` + theToken + `)`,
	"binding's beginning":   `UPDATE binding SET opened_at = opened_at - 1 WHERE token_id = ` + theToken,
	"binding's operator":    `UPDATE binding SET by_id = by_id || '1', by_name = 'root' WHERE token_id = ` + theToken,
	"binding's kind":        `UPDATE binding SET by_kind = 'service' WHERE token_id = ` + theToken,
	"binding's approver":    `UPDATE binding SET approver = 'Eva' WHERE token_id = ` + theToken,
	"binding's proof":       `UPDATE binding SET proof = proof || 'x' WHERE token_id = ` + theToken,
	"binding's ticket":      `UPDATE binding SET ticket = ticket || 'x' WHERE token_id = ` + theToken,
	"binding's codes":       `UPDATE binding SET codes = 3 - codes WHERE token_id = ` + theToken,
	"binding's end":         `UPDATE binding SET closed_at = 1700000000000000000 WHERE token_id = ` + theToken,
	"binding's condition":   `UPDATE binding SET condition = condition || 'x' WHERE token_id = ` + theToken,
	"no binding":            `DELETE FROM binding WHERE token_id = ` + theToken,
	"batch's time":          `UPDATE batch SET imported_at = imported_at - 1 WHERE id = (SELECT batch_id FROM token WHERE id = ` + theToken + ` AND state_since IS NULL)`,
	"clock":                 `UPDATE store SET newest_at = newest_at - 3600000000000 WHERE ` + theToken + ` > 0`,
	"policy":                `UPDATE policy SET value = '9' WHERE name = 'tokens-per-account' AND ` + theToken + ` > 0`,
	"policy, none":          `DELETE FROM policy WHERE ` + theToken + ` > 0`,
}

// attacksOnFacts change what an import said. Of a token that never had an event only
// the whole batch's hash tells: that is for verification.
var attacksOnFacts = map[string]string{
	"profile":      `UPDATE token SET profile_id = (SELECT MAX(id) FROM profile WHERE id <> token.profile_id) WHERE id = ` + theToken,
	"counter":      `UPDATE token SET counter = counter + 1 WHERE id = ` + theToken,
	"not_after":    `UPDATE token SET not_after = 2000000000 WHERE id = ` + theToken,
	"not_before":   `UPDATE token SET not_before = 1000000000 WHERE id = ` + theToken,
	"manufactured": `UPDATE token SET manufactured = 1000000000 WHERE id = ` + theToken,
	"fingerprint":  `UPDATE token SET fingerprint = fingerprint + 1 WHERE id = ` + theToken,
	"printed":      `UPDATE token SET printed = serial_key || 'x' WHERE id = ` + theToken,
}

// attacked makes a copy of the store, on which the attack succeeded; else ok is false.
func (w *world) attacked(attack string, on token.Serial) (copied *world, ok bool) {
	w.t.Helper()
	c := *w
	c.config.DB = filepath.Join(w.t.TempDir(), "fob.db")
	content, err := os.ReadFile(w.config.DB)
	w.must(err)
	w.must(os.WriteFile(c.config.DB, content, 0o600))
	db := w.open(c.config.DB)
	defer db.Close()
	triggers := w.dropTriggers(db)
	_, err = db.Exec(`PRAGMA ignore_check_constraints = 1`)
	w.must(err)
	res, err := db.Exec(fmt.Sprintf(attack, on.Key()))
	if err != nil {
		w.t.Fatalf("%s: %v", attack, err)
	}
	for _, text := range triggers {
		_, err := db.Exec(text)
		w.must(err)
	}
	n, err := res.RowsAffected()
	w.must(err)
	return &c, n > 0
}

// honest are commands that act on one token, whatever its state.
var honest = map[string]func(context.Context, *desk.Desk, token.Serial, *world) error{
	"check": func(ctx context.Context, d *desk.Desk, s token.Serial, w *world) error {
		_, err := d.Check(ctx, desk.Codes{Serial: s, Codes: []desk.Typed{{Text: "000000", At: w.now}}})
		return err
	},
	"move": func(ctx context.Context, d *desk.Desk, s token.Serial, _ *world) error {
		_, err := d.Relocate(ctx, desk.Relocation{Serials: []token.Serial{s}, To: "Ulm", New: true})
		return err
	},
	"quarantine": func(ctx context.Context, d *desk.Desk, s token.Serial, _ *world) error {
		_, err := d.Move(ctx, desk.Change{Serial: s, By: token.CmdQuarantine, To: token.Quarantined, Words: desk.Words{Reason: "test"}})
		return err
	},
	"lost": func(ctx context.Context, d *desk.Desk, s token.Serial, _ *world) error {
		_, err := d.Move(ctx, desk.Change{Serial: s, By: token.CmdLost, To: token.Lost, Words: desk.Words{Reason: "test"}})
		return err
	},
}

// through are the commands that do not end with an error of kind Integrity.
func (w *world) through(name string, on token.Serial) (passed []string) {
	w.t.Helper()
	before, err := os.ReadFile(w.config.DB)
	w.must(err)
	for by, do := range honest {
		if by == "move" && strings.Contains(name, "state") {
			continue // of a lost or retired one it looks first whether that can be moved at all
		}
		w.must(os.WriteFile(w.config.DB, before, 0o600))
		d, done, err := w.config.Desk(context.Background())
		w.must(err)
		err = do(context.Background(), d, on, w)
		w.must(done())
		if fault.KindOf(err) == fault.NotAllowed && (by == "move" || name == "clock") {
			continue // it is refused for what the token is: nothing is written
		}
		if err == nil || fault.KindOf(err) != fault.Integrity {
			passed = append(passed, fmt.Sprintf("%s of %s after a change of its %s: %v", by, on, name, err))
		}
	}
	return passed
}

// unseen complains of an attack that verification, or the doctor, does not see.
func (w *world) unseen(name string, on token.Serial) {
	w.t.Helper()
	if r, err := w.config.VerifyTrail(context.Background(), nil); err == nil && r.OK() {
		w.t.Errorf("%s of %s: verify does not see it", name, on)
	}
	checks, err := w.config.Doctor(context.Background(), false, func(int, int) {})
	seen := slices.ContainsFunc(checks, func(k app.Check) bool { return k.Name == "trail" && k.Outcome == app.Trouble })
	if err == nil && !seen {
		w.t.Errorf("%s of %s: the doctor does not see it", name, on)
	}
}

func TestAttackers(t *testing.T) {
	w := aLife(t)
	w.verified()
	victims := []uint64{0, 1, 2, 3, 4, 5, 8, 9, 11, 7}
	tried := 0
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range attacks {
			if !yield(n) {
				return
			}
		}
	}) {
		hit := 0
		for _, i := range victims {
			if hit == 2 || name == "account's name" && i != 5 {
				continue // one that a list renamed is for verification: see help audit
			}
			c, ok := w.attacked(attacks[name], serial(i))
			if !ok {
				continue
			}
			hit++
			c.unseen(name, serial(i))
			for _, p := range c.through(name, serial(i)) {
				t.Error(p)
			}
			tried++
		}
		if hit == 0 {
			t.Errorf("%s: no token has one", name)
		}
	}
	for name, attack := range attacksOnFacts {
		for _, i := range []uint64{0, 7} { // one with events, one without
			c, ok := w.attacked(attack, serial(i))
			if !ok {
				t.Errorf("%s: nothing changed", name)
			}
			c.unseen(name, serial(i))
			if i == 0 {
				for _, p := range c.through(name, serial(i)) {
					t.Error(p)
				}
			}
			tried++
		}
	}
	t.Logf("%d attacks", tried)
}

// A token with thousands of events is vouched for as quickly as one with few: what
// left nothing is not read, and what an attacker changes of it is for verification.
func TestAttackersOfTheMuchTried(t *testing.T) {
	w := aLife(t)
	on := serial(0)
	d, done, err := w.config.Desk(context.Background())
	w.must(err)
	for range 40 {
		if err := honest["check"](context.Background(), d, on, w); err == nil {
			t.Fatal("a wrong code is right")
		}
	}
	_, err = d.Relocate(context.Background(), desk.Relocation{Serials: []token.Serial{on}, To: "Rom", New: true})
	w.must(err)
	w.must(done())
	w.verified()
	for _, name := range []string{"watermark, lower", "failures, more", "locked_until, longer", "issued", "location", "account", "drift", "binding's proof", "no binding"} {
		if c, ok := w.attacked(attacks[name], on); ok {
			for _, p := range c.through(name, on) {
				t.Error(p)
			}
		}
	}
	c, ok := w.attacked(`UPDATE audit SET body = x'00' WHERE seq = (SELECT MIN(seq) FROM audit_about WHERE subject = 'tried %[1]s')`, on)
	if !ok {
		t.Fatal("no event left nothing")
	}
	d, done, err = c.config.Desk(context.Background())
	w.must(err)
	if _, err := d.Relocate(context.Background(), desk.Relocation{Serials: []token.Serial{on}, To: "Ulm", New: true}); err != nil {
		t.Errorf("an event that left nothing is read: %v", err)
	}
	w.must(done())
	if r, err := c.config.VerifyTrail(context.Background(), nil); err != nil || r.OK() {
		t.Errorf("verify does not see it: %v", err)
	}
}

// Nor does a token take longer that was bound more often than a command reads. Its
// measured drifts are held as a whole against the newest event; of what it was long ago
// an attacker may change bindings that ended, and events, which verification finds.
func TestAttackersOfTheMuchUsed(t *testing.T) {
	w := emptyStore(t)
	d, done, err := w.config.Desk(context.Background())
	w.must(err)
	w.importFile(d, "../../testdata/seedfiles/delivery.csv")
	on := serial(0)
	for range trail.MostRead/2 + 2 {
		w.now = w.now.Add(time.Hour)
		w.bind(d, 0, "anna@example.com", 0)
		w.move(d, 0, token.CmdUnbind, token.InStock, "")
	}
	w.now = w.now.Add(time.Hour)
	_, err = d.Resync(context.Background(), w.codes(0, "", 0, 0))
	w.must(err)
	w.must(done())
	w.verified()
	const theOldest = ` WHERE id = (SELECT MIN(id) FROM binding WHERE token_id = ` + theToken + `)`
	for name, attack := range map[string]string{
		"state, to quarantined":  attacks["state, to quarantined"],
		"watermark, lower":       attacks["watermark, lower"],
		"drift":                  attacks["drift"],
		"no drift":               attacks["no drift"],
		"the oldest drift":       `UPDATE observation SET drift = drift + 30 WHERE id = (SELECT MIN(id) FROM observation WHERE token_id = ` + theToken + `)`,
		"no newest drift":        `DELETE FROM observation WHERE id = (SELECT MAX(id) FROM observation WHERE token_id = ` + theToken + `)`,
		"binding's proof":        attacks["binding's proof"],
		"no binding":             attacks["no binding"],
		"an old binding is open": `UPDATE binding SET closed_at = NULL` + theOldest,
	} {
		c, ok := w.attacked(attack, on)
		if !ok {
			t.Fatalf("%s: nothing changed", name)
		}
		for _, p := range c.through(name, on) {
			t.Error(p)
		}
	}
	seen, err := filepath.Glob(filepath.Join(filepath.Dir(w.config.Identity), "seen-*"))
	w.must(err)
	before, err := os.ReadFile(seen[0])
	w.must(err)
	for name, attack := range map[string]string{
		"an old binding":        `UPDATE binding SET proof = 'passport'` + theOldest,
		"no old binding":        `DELETE FROM binding` + theOldest,
		"an old bind's event":   `UPDATE audit SET body = x'00' WHERE seq = (SELECT MIN(seq) FROM audit_about WHERE subject = 'bound %[1]s')`,
		"an old unbind's event": `UPDATE audit SET body = x'00' WHERE seq = (SELECT MIN(seq) + 1 FROM audit_about WHERE subject = 'bound %[1]s')`,
	} {
		c, ok := w.attacked(attack, on)
		if !ok {
			t.Fatalf("%s: nothing changed", name)
		}
		c.unseen(name, on)
		d, done, err := c.config.Desk(context.Background())
		w.must(err)
		if err := honest["move"](context.Background(), d, on, c); err != nil {
			t.Errorf("%s: it is read: %v", name, err)
		}
		w.must(done())
		w.must(os.WriteFile(seen[0], before, 0o600)) // the next copy has not that event
	}
}

// A batch that was changed is not acted upon as a whole, nor is one with a token that
// was.
func TestAttackedBatches(t *testing.T) {
	w := aLife(t)
	for name, attack := range map[string]string{
		"quarantined": `UPDATE batch SET quarantined_at = 1700000000000000000 WHERE number = 1 AND '%[1]s' <> ''`,
		"file":        `UPDATE batch SET file = 'other.csv' WHERE number = 1 AND '%[1]s' <> ''`,
		"location":    `UPDATE batch SET location = 'Rom' WHERE number = 1 AND '%[1]s' <> ''`,
		"operator":    `UPDATE batch SET by_name = 'root' WHERE number = 1 AND '%[1]s' <> ''`,
		"order":       `UPDATE batch SET order_no = 'PO-2' WHERE number = 1 AND '%[1]s' <> ''`,
		"a token":     attacks["issued"],
		"a binding":   attacks["binding's proof"],
	} {
		c, ok := w.attacked(attack, serial(0))
		if !ok {
			t.Errorf("%s: nothing changed", name)
		}
		d, done, err := c.config.Desk(context.Background())
		w.must(err)
		_, err = intakeOf(d).QuarantineBatch(context.Background(), intake.BatchChange{Number: 1, Words: desk.Words{Reason: "test"}})
		if fault.KindOf(err) != fault.Integrity {
			t.Errorf("%s: the batch is quarantined all the same: %v", name, err)
		}
		w.must(done())
	}
}

// Nothing is signed of a store that does not verify.
func TestNothingFalseIsSigned(t *testing.T) {
	w := aLife(t)
	_, head, err := w.config.Checkpoint(context.Background())
	w.must(err)
	sign := func(c app.Config, meanwhile func()) (rows []report.Token, err error) {
		err = c.SignedReports(context.Background(), func(r report.Reader, sign app.SignExport) error {
			meanwhile()
			for t, err := range r.Tokens(report.Filter{}) {
				w.must(err)
				rows = append(rows, t)
			}
			_, err := sign(trail.ExportNote{Made: w.now, Rows: len(rows), RowsSHA256: "00", FileSHA256: "00", Head: head})
			return err
		})
		return rows, err
	}
	want, err := sign(w.config, func() {})
	w.must(err)
	c, ok := w.attacked(attacks["watermark, lower"], serial(0))
	if !ok {
		t.Fatal("nothing changed")
	}
	_, _, err = c.config.Checkpoint(context.Background())
	if fault.KindOf(err) != fault.Integrity {
		t.Errorf("a checkpoint is signed: %v", err)
	}
	if _, err = sign(c.config, func() {}); fault.KindOf(err) != fault.Integrity {
		t.Errorf("an export is signed: %v", err)
	}
	rows, err := sign(w.config, func() { // the rows are those that were verified, whatever was written since
		db := w.open(w.config.DB)
		defer db.Close()
		_, err := db.Exec(`UPDATE token SET failures = failures + 1`)
		w.must(err)
	})
	if w.must(err); len(rows) == 0 || !reflect.DeepEqual(rows, want) {
		t.Error("rows are signed that were not verified")
	}
}
