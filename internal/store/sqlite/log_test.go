package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fob/internal/store"
)

// grow writes some pages into the log, and returns how many of them are folded back when
// the transaction was committed, still in its turn.
func grow(t *testing.T, s *store.Store, loads bool, pages int) (inTurn int) {
	t.Helper()
	e := s.Engine.(*engine)
	w, err := s.Begin(bg, loads)
	must(t, err)
	_, err = w.Tx.Exec(`CREATE TABLE IF NOT EXISTS filler (b BLOB)`)
	must(t, err)
	_, err = w.Tx.Exec(`INSERT INTO filler VALUES (zeroblob($1))`, pages*4096)
	must(t, err)
	must(t, w.Tx.Commit())
	all, folded, err := e.log(bg)
	must(t, err)
	if all < pages {
		t.Fatalf("%d pages are logged", all)
	}
	must(t, w.End())
	return folded
}

// However long the log is, nobody folds it back in the turn, in which the desk waits;
// and it is short afterwards.
func TestNobodyFoldsInTheTurn(t *testing.T) {
	for name, loads := range map[string]bool{"loader": true, "desk": false} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			e := s.Engine.(*engine)
			release, err := s.HoldLoad(founding().ID)
			must(t, err)
			defer release()
			for _, pages := range []int{maxLogged, 12_000, maxLogged} {
				if n := grow(t, s, loads, pages); n > 0 {
					t.Errorf("%d pages were folded back in the turn", n)
				}
				e.folding.all.Wait()
				all, folded, err := e.log(bg)
				must(t, err)
				if all != folded {
					t.Errorf("%d pages of %d are not folded back", all-folded, all)
				}
			}
		})
	}
}

// A log that a reader kept long begins anew once the reader is gone, though others write
// meanwhile.
func TestTheLogBeginsAnew(t *testing.T) {
	for name, loads := range map[string]bool{"loader": true, "desk": false} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			e := s.Engine.(*engine)
			release, err := s.HoldLoad(founding().ID)
			must(t, err)
			defer release()
			for range longLog/maxLogged + 1 {
				readers, end, err := s.Snapshots(bg, 1)
				must(t, err)
				var n int
				must(t, readers[0].QueryRow(`SELECT COUNT(*) FROM audit`).Scan(&n)) // from here on it reads one state
				grow(t, s, loads, maxLogged+1)
				e.folding.all.Wait()
				end()
			}
			if all, _, err := e.log(bg); err != nil || all < longLog {
				t.Fatalf("%d pages are logged, %v", all, err)
			}
			grow(t, s, loads, maxLogged+1)
			e.folding.all.Wait()
			must(t, run(s, `INSERT INTO filler VALUES (NULL)`)) // somebody at the desk
			if all, _, err := e.log(bg); err != nil || all >= maxLogged {
				t.Errorf("%d pages are logged, %v", all, err)
			}
		})
	}
}

// Who closes the store does not wait for the turn of others, though its log is long.
func TestCloseWaitsForNoTurn(t *testing.T) {
	path := newPath(t)
	s, other := openStore(t, path), openStore(t, path)
	readers, end, err := other.Snapshots(bg, 1)
	must(t, err)
	defer end()
	var n int
	must(t, readers[0].QueryRow(`SELECT COUNT(*) FROM audit`).Scan(&n))
	grow(t, s, false, longLog)
	s.Engine.(*engine).folding.all.Wait()
	w, err := s.Begin(bg, false)
	must(t, err)
	must(t, w.Tx.Rollback())
	intent, err := acquire(bg, path+".intent", &wait{}) // it is next
	must(t, err)
	must(t, w.End())
	must(t, s.Close())
	intent.release()
}

// syncs counts, and says what the disk says.
type syncs struct {
	n   int
	err error
}

func (s *syncs) Sync() error { s.n++; return s.err }

// A copy goes to the disk while it is written, and what the disk says is not lost.
func TestCopyInSteps(t *testing.T) {
	for _, want := range []error{nil, errors.New("the disk is full")} {
		s := &syncs{err: want}
		tick := make(chan time.Time)
		err := inSteps(s, tick, func() {
			for range 3 {
				select {
				case tick <- time.Time{}:
				case <-time.After(time.Minute):
					t.Error("nobody syncs")
				}
				if want != nil {
					break
				}
			}
		})
		if !errors.Is(err, want) || want == nil && s.n != 3 {
			t.Errorf("%d syncs, %v", s.n, err)
		}
	}
}

// The copy is whole, and nothing is left open or beside it.
func TestCopyBesideWork(t *testing.T) {
	s := newBoundStore(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	must(t, os.WriteFile(path, nil, 0o600))
	must(t, s.CopyTo(bg, path))
	if n := number(t, openStore(t, path), `SELECT COUNT(*) FROM token`); n != 2 {
		t.Errorf("%d tokens", n)
	}
}
