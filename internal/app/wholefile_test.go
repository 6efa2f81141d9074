package app

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// What a killed export left goes with the next one; what another writes stays.
func TestWholeFileSweeps(t *testing.T) {
	dir := t.TempDir()
	left, other := filepath.Join(dir, wholePrefix+"123"), filepath.Join(dir, "fob-export-123")
	for _, path := range []string{left, other} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first, err := NewWholeFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := NewWholeFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is left: %v", err)
	}
	for _, f := range []*WholeFile{first, second} {
		info, err := os.Lstat(f.Name())
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	}
	if err := first.Appear(filepath.Join(dir, "q4.csv")); err != nil {
		t.Fatal(err)
	}
	if err := second.Discard(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 || entries[0].Name() != "fob-export-123" || entries[1].Name() != "q4.csv" {
		t.Errorf("%v, %v", entries, err)
	}
}

// What a killed backup left, and what lay beside it, goes with the next one; what lies
// beside one that is made now stays.
func TestCopySweeps(t *testing.T) {
	dir := t.TempDir()
	living, err := newCopy(filepath.Join(dir, "now.db"))
	if err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(dir, wholePrefix+"123")
	for _, path := range []string{dead, dead + "-journal", dead + "-wal", living.hidden + "-journal"} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	next, err := newCopy(filepath.Join(dir, "next.db"))
	if err != nil {
		t.Fatal(err)
	}
	next.discard()
	for path, want := range map[string]bool{dead: false, dead + "-journal": false, dead + "-wal": false, living.hidden: true, living.hidden + "-journal": true} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	living.discard()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// Of deliveries that were broken off, what was half written goes, and what was whole
// stays: its seeds may be the last there are.
func TestOutFileSweeps(t *testing.T) {
	dir := t.TempDir()
	begin := func(name string) *outFile {
		f, err := OutFiles{Random: rand.Reader}.Begin(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return f.(*outFile)
	}
	half, whole := begin("a.csv"), begin("b.csv")
	if err := whole.Finish(); err != nil {
		t.Fatal(err)
	}
	half.File.Close() // as when its process is killed
	begin("c.csv").Discard()
	for path, want := range map[string]bool{half.Name(): false, whole.hidden: true} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
