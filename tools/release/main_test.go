package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// What is packed twice is the same, names what is linked and its licence, and its sums
// are signed. make trial does all of it with two builds.
func TestPackedTwice(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable() // a program with modules linked, as fob is
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join("..", "..")
	share := filepath.Join(dir, "share", "man", "man1")
	if err := os.MkdirAll(share, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(share, "fob.1"), []byte(".TH FOB 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	system := "freebsd" // without a Debian package, where nothing can make one
	if _, err := exec.LookPath("dpkg-deb"); err == nil {
		system = "linux"
	}
	r := &release{version: "v1.2.3-rc1", commit: "c0ffee", time: time.Unix(1796050630, 0).UTC(), out: filepath.Join(dir, "first"), key: filepath.Join(dir, "key")}
	second := filepath.Join(dir, "second")
	for _, out := range []string{r.out, second} {
		if err := os.Mkdir(out, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{system, "windows"} {
			if err := r.pack(t.Context(), parts{s, "amd64", self, filepath.Join(dir, "share"), filepath.Join(root, "README.md"), root}, out); err != nil {
				t.Fatal(err)
			}
		}
	}
	names, err := same(r.out, second)
	if err != nil || len(names) < 4 {
		t.Fatal(names, err)
	}
	text, err := os.ReadFile(filepath.Join(r.out, "fob-v1.2.3-rc1-windows-amd64.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var bill struct {
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(text, &bill); err != nil || len(bill.Components) < 2 || bill.Components[0].Name != "std" {
		t.Errorf("%v\n%s", err, text)
	}
	if err := makeKey(r.key); err != nil {
		t.Fatal(err)
	}
	if err := r.sums(names); err != nil {
		t.Fatal(err)
	}
	signed, err := os.ReadFile(filepath.Join(r.out, "SHA256SUMS.note"))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(r.out, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := os.ReadFile(r.key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(secret)))
	if err != nil || !strings.HasPrefix(string(signed), string(sums)) || strings.Count(string(signed), signer.Name()) != 1 {
		t.Errorf("%v\n%s", err, signed)
	}
	if os.WriteFile(filepath.Join(second, names[0]), []byte("x"), 0o600) != nil {
		t.Fatal("not written")
	}
	if _, err := same(r.out, second); err == nil {
		t.Error("another file was not noticed")
	}
}

func TestDebianVersion(t *testing.T) {
	for v, want := range map[string]string{"v1.0.0": "1.0.0", "v1.0.0-rc1": "1.0.0~rc1", "v0.0.0-abc": "0.0.0~abc"} {
		if got := debianVersion(v); got != want {
			t.Errorf("%s: %s", v, got)
		}
	}
}
