package app

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"fob/internal/store"
	"fob/internal/trail"
)

// What was seen is always the newest, and neither a file is made for it nor a folder
// changed on the disk once there are two that take turns.
func TestTwoFilesTakeTurns(t *testing.T) {
	m := &memory{filepath.Join(t.TempDir(), "seen-x")}
	saw := func(seq int64) os.FileInfo {
		t.Helper()
		want := store.Seen{Head: trail.Head{Seq: seq}, Generation: seq}
		if err := m.save(want); err != nil {
			t.Fatal(err)
		}
		if s, ok, err := m.Last(); s != want || !ok || err != nil {
			t.Fatalf("%+v, %v, %v", s, ok, err)
		}
		info, err := os.Stat(m.path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info.Mode(), err)
		}
		return info
	}
	if err := os.WriteFile(m.path, []byte("{}\n"), 0o600); err != nil { // of a fob that padded nothing
		t.Fatal(err)
	}
	saw(1)
	first, second := saw(2), saw(1<<62)
	for i := range int64(5) {
		a, b := saw(2*i), saw(2*i+1)
		if runtime.GOOS == "linux" && (!os.SameFile(a, first) || !os.SameFile(b, second)) {
			t.Errorf("%d: a file was made", i)
		}
	}
	// What lies at the other's name is not followed, and is replaced.
	secret := filepath.Join(t.TempDir(), "other")
	content := make([]byte, rememberedSize)
	if err := os.WriteFile(secret, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(m.spare()); err != nil && runtime.GOOS == "linux" {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, m.spare()); err != nil {
		t.Fatal(err)
	}
	saw(77)
	if now, err := os.ReadFile(secret); err != nil || string(now) != string(content) {
		t.Errorf("%q, %v", now, err)
	}
}
