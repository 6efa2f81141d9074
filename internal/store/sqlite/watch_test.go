package sqlite

import (
	"os"
	"testing"

	"fob/internal/fault"
	"fob/internal/store/storetest"
	"fob/internal/token"
)

// A writer does not say "done" of what went into a file that nobody will open.
func TestFilesReplacedUnderAWriter(t *testing.T) {
	remove := func(t *testing.T, path string) { must(t, os.Remove(path)) }
	replace := func(t *testing.T, path string) {
		data, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path+".other", data, 0o600))
		must(t, os.Rename(path+".other", path))
	}
	for name, c := range map[string]struct {
		end  string
		do   func(t *testing.T, path string)
		says []string
	}{
		"database replaced": {"", replace, []string{"was moved, replaced or removed", "is not in the database", "find the database"}},
		"database removed":  {"", remove, []string{"was moved, replaced or removed"}},
		"log replaced":      {"-wal", replace, []string{"-wal was removed or replaced", "may be lost", "audit verify"}},
		"log removed":       {"-wal", remove, []string{"-wal was removed or replaced"}},
	} {
		for _, during := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				s := newStore(t)
				write := func(do func()) error {
					return storetest.Write(s, func(tx storetest.Tx) error {
						do()
						return tx.Append(testEvent(s.ID(), token.CmdCheck))
					})
				}
				must(t, write(func() {}))
				ran := false
				if !during {
					c.do(t, s.Where()+c.end)
				}
				err := write(func() {
					if ran = true; during {
						c.do(t, s.Where()+c.end)
					}
				})
				kindIs(t, err, fault.Internal, c.says...)
				if ran != during {
					t.Errorf("the transaction ran: %v", ran)
				}
			})
		}
	}
}

// A command that meets a damaged page refuses, and names what belongs together.
func TestDamagedPage(t *testing.T) {
	s := newBoundStore(t)
	path := s.Where()
	must(t, s.Close())
	info, err := os.Stat(path)
	must(t, err)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	for page := int64(1); page < info.Size()/4096; page++ { // the first one holds the schema
		_, err = f.WriteAt(make([]byte, 4000), 4096*page)
		must(t, err)
	}
	must(t, f.Close())
	s, err = Open(bg, path)
	if err == nil {
		err = storetest.Write(s, func(tx storetest.Tx) error { _, err := tx.Token("S1"); return err })
		s.Close()
	}
	kindIs(t, err, fault.Integrity, "damaged", "restore a backup", "-wal")
}
