package app_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/cryptotest"

	"fob/internal/report"
	"fob/internal/report/export"
	"fob/internal/testkit/cluster"
)

// The same history, with the same clock and the same chance, is the same trail on
// both engines, byte for byte, and gives the same inventory in every form.
func TestOneHistoryOnTwoEngines(t *testing.T) {
	server := cluster.ForTest(t)
	name, err := server.NewDatabase(bg, "")
	if err != nil {
		t.Fatal(err)
	}
	var said [2]history
	out := filepath.Join(t.TempDir(), "out")
	for i, db := range []string{"", server.Address(name)} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			cryptotest.SetGlobalRandom(t, 7)
			w := storeAt(t, db, rand.NewChaCha8([32]byte{7}))
			w.out = out // its name is in the trail
			w.must(os.RemoveAll(out))
			w.must(os.Mkdir(out, 0o700))
			d, done, err := w.config.Desk(bg)
			w.must(err)
			w.live(d)
			w.must(done())
			w.verified()
			said[i] = w.history()
		})
	}
	file, remote := said[0], said[1]
	if len(file.events) < 50 {
		t.Errorf("only %d events: the history has too little", len(file.events))
	}
	for i := range min(len(file.events), len(remote.events)) {
		if file.events[i] != remote.events[i] {
			t.Fatalf("event %d differs\n%s\n%s", i+1, file.events[i], remote.events[i])
		}
	}
	if len(file.events) != len(remote.events) {
		t.Errorf("%d events in a file, %d on the server", len(file.events), len(remote.events))
	}
	for form, sum := range file.inventory {
		if sum != remote.inventory[form] {
			t.Errorf("%s: the rows are %s in a file, and %s on the server", form, sum, remote.inventory[form])
		}
	}
}

// history is what a store says of all that happened, and of what it came to.
type history struct {
	events    []string
	inventory map[string]string // by form: the SHA-256 of the rows
}

func (w *world) history() (h history) {
	s, done, err := w.config.Reports(bg)
	w.must(err)
	defer done()
	h.inventory = map[string]string{}
	w.must(s.Snapshot(bg, func(r report.Reader) error {
		for e, err := range r.Events(report.EventFilter{}) {
			if err != nil {
				return err
			}
			h.events = append(h.events, fmt.Sprintf("%x %s %q", e.Hash, e.Body, e.Texts))
		}
		for form, write := range forms {
			x := export.Export{Origin: report.Origin{Made: w.now, By: w.config.Operator, Host: "desk", TempDir: w.t.TempDir(), Random: w.config.Random}}
			total, err := write(io.Discard, r, x)
			if err != nil {
				return err
			}
			h.inventory[form] = fmt.Sprint(total.Rows, " ", total.SHA256)
		}
		return nil
	}))
	return h
}
