package custody

import (
	"os"
	"path/filepath"
	"testing"

	"fob/internal/fault"
)

func TestWriteKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "identity")
	must(t, WriteKeyFile(path, []byte("first")))
	wantMode(t, path, 0o600)
	wantMode(t, filepath.Dir(path), 0o700)
	wantMode(t, filepath.Dir(filepath.Dir(path)), 0o700)
	for range 2 {
		err := WriteKeyFile(path, []byte("second"))
		wantError(t, err, fault.NotAllowed, "exists already and is not overwritten", "second-")
	}
	wantContent(t, path, "first")
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %04o, want %04o", path, got, want)
	}
}

func wantContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	must(t, err)
	if string(got) != want {
		t.Errorf("%s holds %q", path, got)
	}
}

// TestWriteFollowsNoLink: a link, dangling or not, is in the way like a file.
func TestWriteFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	old, link := filepath.Join(dir, "old"), filepath.Join(dir, "link")
	must(t, os.WriteFile(old, []byte("old"), 0o600))
	for _, target := range []string{old, filepath.Join(dir, "nowhere"), dir} {
		must(t, os.Symlink(target, link))
		err := WriteKeyFile(link, []byte("new"))
		wantError(t, err, fault.NotAllowed, "not overwritten")
		must(t, os.Remove(link))
	}
	wantContent(t, old, "old")
	wantError(t, WriteKeyFile(dir, []byte("new")), fault.NotAllowed, "not overwritten")
	wantError(t, WriteKeyFile(filepath.Join(old, "below"), []byte("new")), fault.Internal, "cannot be made")
}

func TestPermissions(t *testing.T) {
	key := newTestIdentity(t, KindX25519).held.get().text
	for _, c := range []struct {
		mode  os.FileMode
		words string // empty: allowed
	}{
		{0o600, ""}, {0o400, ""}, {0o700, ""},
		{0o640, "mode 0640"}, {0o644, "mode 0644"}, {0o604, "mode 0604"}, {0o620, "mode 0620"}, {0o601, "mode 0601"}, {0o666, "chmod 600"},
	} {
		file := writeFile(t, key)
		must(t, os.Chmod(file, c.mode))
		link := filepath.Join(t.TempDir(), "link")
		must(t, os.Symlink(file, link))
		_, err := ReadIdentities(link, nil)
		wantError(t, err, fault.KeyTrouble, "is a symbolic link")
		for _, path := range []string{file} {
			_, err := ReadIdentities(path, nil)
			_, errSign := ReadCheckpointKey(path)
			if c.words == "" {
				must(t, err)
				wantError(t, errSign, fault.KeyTrouble, "identity, not a checkpoint key", key[len(prefixX25519):])
				continue
			}
			wantError(t, err, fault.KeyTrouble, c.words, key)
			wantError(t, errSign, fault.KeyTrouble, c.words, key)
		}
	}
}

func TestNotThere(t *testing.T) {
	dir := t.TempDir()
	_, err := ReadIdentities(filepath.Join(dir, "none"), nil)
	wantError(t, err, fault.KeyTrouble, "there is no identity file at")
	wantError(t, err, fault.KeyTrouble, "identity FILE or FOB_IDENTITY")
	_, err = ReadIdentities("", nil)
	wantError(t, err, fault.KeyTrouble, "identity FILE or FOB_IDENTITY")
	_, err = ReadIdentities(dir, nil)
	wantError(t, err, fault.KeyTrouble, "is a folder")
	_, err = ReadIdentities(os.DevNull, nil)
	wantError(t, err, fault.KeyTrouble, "neither a file nor a pipe")
	must(t, os.Symlink(filepath.Join(dir, "gone"), filepath.Join(dir, "dangling")))
	_, err = ReadIdentities(filepath.Join(dir, "dangling"), nil)
	wantError(t, err, fault.KeyTrouble, "is a symbolic link")
	twice := writeFile(t, newTestIdentity(t, KindX25519).held.get().text)
	must(t, os.Link(twice, filepath.Join(dir, "second name")))
	_, err = ReadIdentities(twice, nil)
	wantError(t, err, fault.KeyTrouble, "has 2 names")
	_, err = ReadIdentities(writeFile(t, "x")+"/below", nil)
	wantError(t, err, fault.KeyTrouble, "cannot be opened")
	_, err = ReadCheckpointKey(filepath.Join(dir, "none"))
	wantError(t, err, fault.KeyTrouble, "there is no checkpoint key at")
}

func TestKeepApart(t *testing.T) {
	dir := t.TempDir()
	data, keys := filepath.Join(dir, "data"), filepath.Join(dir, "keys")
	must(t, os.Mkdir(data, 0o700))
	must(t, os.Symlink(data, filepath.Join(dir, "alias")))
	must(t, os.WriteFile(filepath.Join(data, "id"), nil, 0o600))
	must(t, os.Symlink(filepath.Join(data, "id"), filepath.Join(dir, "idlink")))
	db := filepath.Join(data, "fob.db")
	for _, near := range []string{
		filepath.Join(data, "identity"), filepath.Join(data, "sub", "..", "identity"),
		filepath.Join(dir, "alias", "identity"), filepath.Join(dir, "idlink"),
	} {
		wantError(t, KeepApart(near, db), fault.NotAllowed, "database's folder")
	}
	for _, far := range []string{filepath.Join(keys, "identity"), filepath.Join(dir, "identity"), filepath.Join(data, "sub", "identity"), "/dev/fd/9"} {
		if err := KeepApart(far, db); err != nil {
			t.Errorf("%s: %v", far, err)
		}
	}
	t.Chdir(data)
	wantError(t, KeepApart("identity", "fob.db"), fault.NotAllowed, "database's folder")
	must(t, KeepApart("../identity", "fob.db"))
}
