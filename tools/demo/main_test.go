package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	_ "fob/internal/cli" // what is played: a change there makes a cached result of this test worthless
	"fob/tools/program"
)

// The session on README.md's first screen is what fob prints today. What
// changes from run to run is left out of the comparison, and a line of three
// dots stands for lines that README leaves out.
func TestReadmeShowsARealSession(t *testing.T) {
	readme := readReadme(t)
	first, all := sessionOf(t, readme), sessions(readme)
	if len(all) < 4 || all[0] != first {
		t.Fatalf("README.md has %d sessions: the first screen's, and one for each of the three users", len(all))
	}
	for name, text := range readGuides(t) {
		shown := guideSession(text)
		if shown == "" && slices.Contains([]string{"audit.txt", "counting.txt", "leavers.txt", "phone.txt"}, name) {
			t.Errorf("the guide %s shows no session", name)
		}
		all = append(all, shown)
	}
	real := playDemo(t)
	for _, text := range all {
		compareSession(t, entries(text), entries(real))
	}
}

// sessions are all that README.md shows with output.
func sessions(readme string) (all []string) {
	for _, part := range strings.Split(readme, "```console\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		all = append(all, text)
	}
	return all
}

// guideSession is what a guide shows with output: those of its indented blocks
// that begin with a prompt.
func guideSession(guide string) (session string) {
	shows := false
	for line := range strings.Lines(guide) {
		shown, indented := strings.CutPrefix(line, "    ")
		if shows = indented && (shows || strings.HasPrefix(shown, "$ ")); shows {
			session += shown
		}
	}
	return session
}

func compareSession(t *testing.T, shown, played []entry) {
	t.Helper()
	for _, s := range shown {
		i := slices.IndexFunc(played, func(p entry) bool { return p.command == s.command })
		if i < 0 {
			t.Errorf("the demo has no such command, or not in this order: %s", s.command)
			continue
		}
		if real := elide(played[i].output, s.output); !slices.Equal(real, s.output) {
			t.Errorf("%s prints something else than README.md says (- README, + fob):\n%s", s.command, cmp.Diff(s.output, real))
		}
		played = played[i+1:]
	}
}

func playDemo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var out bytes.Buffer
	if err := run(t.Context(), &out, dir); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if info, err := os.Stat(filepath.Join(dir, "inventory.xlsx")); err != nil || info.Size() == 0 {
		t.Error("no workbook:", err)
	}
	played, howTo, found := strings.Cut(out.String(), "\n# The workbooks are in ")
	if !found || !strings.Contains(howTo, "export HOME=") {
		t.Errorf("the demo does not say how to go on:\n%s", howTo)
	}
	return played
}

// sessionOf cuts the session out of README's first screen.
func sessionOf(t *testing.T, readme string) string {
	t.Helper()
	const firstScreen, longest = 30, 20
	before, rest, found := strings.Cut(readme, "```console\n")
	text, _, closed := strings.Cut(rest, "```")
	if !found || !closed || !strings.HasPrefix(text, "$ fob init\n") {
		t.Fatal("README.md begins with no session that begins with fob init")
	}
	if n := strings.Count(text, "\n"); n > longest || strings.Count(before, "\n")+n > firstScreen {
		t.Errorf("the session of README.md has %d lines and ends below the first screen", n)
	}
	return text
}

// entry is one command with what it printed.
type entry struct {
	command string
	output  []string
}

func entries(text string) (all []entry) {
	for line := range strings.Lines(steady(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "$ "):
			all = append(all, entry{command: line})
		case line != "" && !strings.HasPrefix(line, "# ") && len(all) > 0:
			last := &all[len(all)-1]
			last.output = append(last.output, line)
		}
	}
	return all
}

const dots = "..."

// elide leaves those lines out of real that three dots stand for in shown.
func elide(real, shown []string) []string {
	i := slices.Index(shown, dots)
	after := len(shown) - i - 1
	if i < 0 || len(real) < i+after {
		return real
	}
	return slices.Concat(real[:i], []string{dots}, real[len(real)-after:])
}

// changing is what is different in every run.
var changing = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`--code \d+`), "--code CODE"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "HASH"},
	{regexp.MustCompile(`\bage1\w+`), "RECIPIENT"},
	{regexp.MustCompile(`\bfob-[0-9a-f]{12}\+\S+`), "VERIFIER"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d( UTC|Z)`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d UTC`), "TIME"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`), "DATE"},
	{regexp.MustCompile(`\d+ (s|min) (fast|slow)`), "N $1 $2"}, // typed at another moment of a step
	{regexp.MustCompile(`/\S+?/(\.local/share|\.config)/fob/`), "HOME/$1/fob/"},
}

func steady(text string) string {
	for _, c := range changing {
		text = c.what.ReplaceAllString(text, c.by)
	}
	return text
}

// Every command that README.md shows exists, with the flags that it shows.
func TestReadmeCommandsExist(t *testing.T) {
	fob, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	readme := readReadme(t)
	for _, text := range readGuides(t) {
		readme += strings.ReplaceAll(text, "\n    ", "\n")
	}
	shown := regexp.MustCompile("(?m)^(?:\\$ )?fob ([^#\\n]+)|`fob ([^`]+)`").FindAllStringSubmatch(readme, -1)
	if len(shown) < 20 {
		t.Errorf("only %d commands were found", len(shown))
	}
	for _, s := range shown {
		args := strings.Fields(s[1] + s[2])
		out, err := fob.Command(t.Context(), append(args, "--help")...).CombinedOutput()
		if args[0] != "COMMAND" && (err != nil || !strings.Contains(string(out), "Usage:\n  fob "+args[0])) {
			t.Errorf("fob %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

func TestReadmeListsTheExitCodes(t *testing.T) {
	fob, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out, err := fob.Command(t.Context(), "help", "exit-codes").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, codes, _ := strings.Cut(strings.TrimRight(string(out), "\n"), "\n\n")
	if codes == "" || !strings.Contains(readReadme(t), "\n"+codes+"\n") {
		t.Errorf("README.md does not say what fob help exit-codes says:\n%s", out)
	}
}

func readReadme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readGuides reads the guides that the program shows, by their files' names.
func readGuides(t *testing.T) map[string]string {
	t.Helper()
	guides := map[string]string{}
	files, err := filepath.Glob("../../internal/cli/admin/guides/*.txt")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		guides[filepath.Base(file)] = string(text)
	}
	return guides
}

func TestElide(t *testing.T) {
	for _, c := range []struct{ real, shown, want string }{
		{"a b c d", "a ... d", "a ... d"},
		{"a b c d", "a ...", "a ..."},
		{"a b c d", "a b c d", "a b c d"},
		{"a x", "a ... c d", "a x"},
		{"a b x", "a ... d", "a ... x"},
	} {
		if got := elide(strings.Fields(c.real), strings.Fields(c.shown)); !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s for %s: %v", c.real, c.shown, got)
		}
	}
}

func TestShellQuotes(t *testing.T) {
	if got := shell([]string{"import", "it's a box.csv", "--order", "PO-1", ""}); got != `import 'it'\''s a box.csv' --order PO-1 ''` {
		t.Error(got)
	}
}

// A command that ends otherwise than the session says stops the demo.
func TestStepFailsOnAnotherExitCode(t *testing.T) {
	truth, err := lookTrue()
	if err != nil {
		t.Skip(err)
	}
	d := &desk{out: &bytes.Buffer{}, program: program.Fob{Path: truth}}
	if err := d.step(t.Context(), step{args: words("anything"), exit: exitCode}); err == nil {
		t.Error("no error")
	}
	if err := d.step(t.Context(), step{args: words("anything")}); err != nil {
		t.Error(err)
	}
}

func lookTrue() (string, error) {
	for _, path := range []string{"/bin/true", "/usr/bin/true"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no program named true here")
}
