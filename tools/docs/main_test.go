package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fob/tools/program"
)

// needs finds a program that the tests compare with. Where it is missing they fail,
// unless that was allowed.
func needs(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("FOB_NO_PEERS") == "1" {
		t.Skip(name + " is missing and FOB_NO_PEERS=1: not compared")
	}
	t.Fatal(name + " is missing (or set FOB_NO_PEERS=1)")
}

// Every page is what mandoc takes without a warning.
func TestPages(t *testing.T) {
	needs(t, "mandoc")
	dir := t.TempDir()
	pages, err := writeManual(dir, edition{"v1.0.0", "2026-11-24"})
	if err != nil || pages < 60 {
		t.Fatalf("%d pages, %v", pages, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "man*", "*"))
	if err != nil || len(files) != pages {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if out, err := exec.Command("mandoc", append([]string{"-T", "lint", "-W", "warning,stop"}, files...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%.3000s", err, out)
	}
	out, err := exec.Command("mandoc", "-T", "ascii", filepath.Join(dir, "man1", "fob-bind.1")).Output()
	text := plainly(string(out))
	for _, want := range []string{"fob-bind - Bind a token", "fob bind SERIAL ACCOUNT [flags]", "-c, --code CODE", "fob bind --code 123456 -- 0012345 -odd@name", "outcome, reason, codes_used", "7      locked after failed attempts", "fob(1)"} {
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%q is not in the page of bind, %v:\n%s", want, err, text)
		}
	}
}

// plainly takes out what makes letters bold on paper.
func plainly(s string) string {
	for {
		i := strings.IndexByte(s, '\b')
		if i < 1 {
			return s
		}
		s = s[:i-1] + s[i+1:]
	}
}

// Each shell completes commands, flags, and what is in the store.
func TestShells(t *testing.T) {
	dir := t.TempDir()
	fob, err := program.Build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeCompletions(dir); err != nil {
		t.Fatal(err)
	}
	env := append(fob.Env, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	run := func(t *testing.T, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Env, cmd.Dir = env, dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	run(t, fob.Path, "init")
	run(t, fob.Path, "import", filepath.Join(fob.Root, "testdata", "seedfiles", "delivery.csv"))
	serial := strings.Fields(run(t, fob.Path, "list"))[0]
	for shell, script := range map[string]string{
		"bash": `source /usr/share/bash-completion/bash_completion; source bash-completion/completions/fob
			ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMPREPLY=(); __start_fob; printf '%s\n' "${COMPREPLY[@]}"; }
			ask fob reti; ask fob bind --ti; ask fob show ` + serial[:len(serial)-1],
		"zsh": `compdef() { : }; _describe() { print -rl -- "${completions[@]}" }; _arguments() { : }; source zsh/site-functions/_fob
			ask() { words=("$@"); CURRENT=$#; _fob }
			ask fob reti; ask fob bind --ti; ask fob show ` + serial[:len(serial)-1],
		"fish": `source fish/vendor_completions.d/fob.fish
			complete -C "fob reti"; complete -C "fob bind --ti"; complete -C "fob show ` + serial[:len(serial)-1] + `"`,
	} {
		t.Run(shell, func(t *testing.T) {
			needs(t, shell)
			args := map[string][]string{"bash": {"--norc", "-c"}, "zsh": {"-f", "-c"}, "fish": {"--no-config", "-c"}}[shell]
			out := run(t, shell, append(args, script)...)
			for _, want := range []string{"retire", "--ticket", serial} {
				if !strings.Contains(out, want) {
					t.Errorf("%s does not offer %s:\n%s", shell, want, out)
				}
			}
		})
	}
}
