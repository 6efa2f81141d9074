package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"fob/internal/fault"
	"fob/internal/store"
	"fob/internal/store/storetest"
	"fob/internal/trail"
)

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestCreate(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	path := filepath.Join(t.TempDir(), "new folder", "a?b#c%20 d.db")
	f := founding()
	must(t, Create(bg, path, f))
	if got := files(t, filepath.Dir(path)); !slices.Equal(got, []string{filepath.Base(path)}) {
		t.Errorf("left behind: %q", got)
	}
	s := openStore(t, path)
	release, err := s.HoldLoad(f.ID)
	must(t, err)
	defer release()
	addBatch(t, s, newBatch("a"), "S1")
	names := files(t, filepath.Dir(path))
	for _, end := range []string{"", "-wal", ".intent", ".lock", ".load-" + f.ID.String()} {
		if !slices.Contains(names, filepath.Base(path)+end) {
			t.Errorf("there is no %s among %q", end, names)
		}
	}
	for _, name := range names {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), name))
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info.Mode(), err)
	}
	if s.ID() != f.ID {
		t.Errorf("the id is %s, not %s", s.ID(), f.ID)
	}
	keys, err := s.Keys(bg)
	if err != nil || len(keys.Keys) != 2 || string(keys.Wrapped) != "wrapped keys" || keys.Keys[1].Purpose != store.KeyFingerprint {
		t.Errorf("keys %v, %v", keys, err)
	}
	if keys.CheckpointPub != "pub" || len(keys.Custodians) != 1 || !keys.Custodians[0].Added.Equal(storetest.Began) {
		t.Errorf("custodians %v, %q", keys.Custodians, keys.CheckpointPub)
	}
	if r, err := s.Verify(bg, nil); err != nil || r.Events != 1 {
		t.Errorf("verify says %+v, %v", r, err)
	}
}

func TestCreateThatFailsLeavesNothing(t *testing.T) {
	spoil := map[string]func(*store.Founding){
		"a key without number": func(f *store.Founding) { f.Keys.Keys[1].ID = 0 },
		"a custodian twice":    func(f *store.Founding) { f.Keys.Custodians = append(f.Keys.Custodians, f.Keys.Custodians[0]) },
		"an event's text twice": func(f *store.Founding) {
			text := trail.Text{Field: trail.TextReason, Salt: []byte("salt"), Text: "why"}
			f.Event.Beside = []trail.Text{text, text}
		},
	}
	for name, change := range spoil {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f := founding()
			change(&f)
			kindIs(t, Create(bg, filepath.Join(dir, "fob.db"), f), fault.Internal)
			if got := files(t, dir); len(got) != 0 {
				t.Errorf("left behind: %q", got)
			}
		})
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "fob.db")
	must(t, os.WriteFile(path, []byte("precious"), 0o600))
	kindIs(t, Create(bg, path, founding()), fault.NotAllowed, "exists already", "with db")
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	link := filepath.Join(dir, "link.db")
	must(t, os.Symlink(filepath.Join(dir, "elsewhere"), link))
	kindIs(t, Create(bg, link, founding()), fault.NotAllowed, "exists already")
	if got := files(t, dir); strings.Join(got, " ") != "fob.db link.db" {
		t.Errorf("left behind: %q", got)
	}
}

// A store that may not survive a power cut is not left behind: the keys that open
// it are removed when its making fails.
func TestCreateThatIsNotSynced(t *testing.T) {
	defer func(real func(string) error) { syncFolder = real }(syncFolder)
	why := errors.New("the disk is gone")
	syncFolder = func(string) error { return why }
	dir := t.TempDir()
	if err := Create(bg, filepath.Join(dir, "fob.db"), founding()); !errors.Is(err, why) {
		t.Errorf("the error is %v", err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
}
