package app_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/intake"
	"fob/internal/seedfile"
	"fob/internal/store"
	"fob/internal/token"
)

var bg = context.Background()

// desk opens the store for the length of the test.
func (w *world) d() *desk.Desk {
	w.t.Helper()
	d, done, err := w.config.Desk(bg)
	w.must(err)
	w.t.Cleanup(func() { w.must(done()) })
	return d
}

func (w *world) verified() {
	w.t.Helper()
	r, err := w.config.VerifyTrail(bg, nil)
	w.must(err)
	if !r.OK() {
		w.t.Errorf("verify says %q", r.Problems)
	}
}

// A binding that was opened in a wrong future ends today.
func TestUnbindAfterTheClockWasCorrected(t *testing.T) {
	w := aLife(t)
	d := w.d()
	today := w.now
	w.now = today.Add(20 * 24 * time.Hour)
	w.bind(d, 5, "gast@example.org", 0, 0)
	w.now = today
	_, err := d.AcceptClock(bg, desk.Words{Reason: "the battery was empty", Approver: "petra"})
	w.must(err)
	w.move(d, 5, token.CmdUnbind, token.Lost, "")
	w.verified()
}

// A clock that goes back by a little, as it does when it is set, ends nothing
// less.
func TestUnbindAfterASmallStepBack(t *testing.T) {
	w := aLife(t)
	d := w.d()
	w.bind(d, 5, "gast@example.org", 0, 0)
	w.now = w.now.Add(-5 * time.Second)
	w.move(d, 5, token.CmdUnbind, token.Lost, "")
	w.verified()
}

// Names of files and of computers may be any bytes; the trail is text.
func TestNamesThatAreNoText(t *testing.T) {
	w := aLife(t)
	w.config.Host = "desk\xff"
	d := w.d()
	text := "9900000000001,00112233445566778899aabbccddeeff01234567,totp,6,30\n"
	path := filepath.Join(t.TempDir(), "delivery-\xe9\x1b.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Skip("this file system takes no such name: ", err)
	}
	src, err := seedfile.FileSource(path)
	w.must(err)
	if res := w.importSource(d, src); !res.Stored {
		t.Fatalf("nothing was stored: %+v", res)
	}
	w.verified()
}

// intakeOf is the intake beside a desk, over the same opening of the store.
func intakeOf(d *desk.Desk) *intake.Intake {
	return &intake.Intake{Store: d.Store.(*store.Store).Intake(), Desk: d}
}
