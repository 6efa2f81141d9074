package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTopLevel(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"go.mod", ".gitignore", "notes.md"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if problems, err := topLevel(dir); err != nil || len(problems) != 1 {
		t.Error(problems, err)
	}
}

func TestNamesIn(t *testing.T) {
	for text, want := range map[string]int{
		"see /" + "work/main":             1,
		"HOME=/" + "root/x":               1,
		"\n\nproxy." + "golang.org\n":     1,
		"https://deb." + "debian.org/x\n": 1,
		"/home/anna/.ssh/id_ed25519.pub":  0,
		"internal/" + "work/main":         0,
		"golang.org/x/term":               0,
		"/" + "root/a /" + "work/b":       1, // one line, one problem of a kind
	} {
		if got := namesIn("file", []byte(text)); len(got) != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestRequired(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "go.mod")
	text := "module m\n\nrequire (\n\tmodernc.org/libc v1.2.3\n\tmodernc.org/memory v1.0.0\n)\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, err := required(dir, file, libcPath); err != nil || v != "v1.2.3" {
		t.Error(v, err)
	}
	if _, err := required(dir, file, "example.com/none"); err == nil {
		t.Error("a module that is not required was found")
	}
}

func TestSaid(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bad.go":    "// It tells whether it fits.\n// Find gives the token.\nvar maxStrays = 1\n",
		"good.go":   "// It reports whether it fits.\n// There is none. The path goes astray.\n",
		"README.md": "Whoever reads this\n",
		"data.csv":  "whoever,slips\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if problems, err := said(dir); err != nil || len(problems) != 4 {
		t.Error(problems, err)
	}
}

func TestRemedies(t *testing.T) {
	dir := t.TempDir()
	code := "package x\n\nvar a = []string{\"say --reason\", `wait, then \\x60`, \"`fob unlock X`\", \"gpg --armor --export\", \"a--b\", \"--\"} // --fine\n"
	for name, text := range map[string]string{"internal/desk/a.go": code, "internal/cli/a.go": code, "internal/desk/a_test.go": code, "tools/a.go": code} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if problems, err := remedies(dir); err != nil || len(problems) != 2 {
		t.Error(problems, err)
	}
}
