package cli

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/cli/term"
	domain "fob/internal/token"
)

// ran is what one run of the program gave.
type ran struct {
	exit     int
	out, err string
}

// program runs commands in this process, in a folder of its own.
type program struct {
	env      map[string]string
	now      time.Time
	width    int              // of the terminal; 0: a pipe
	operator *domain.Operator // nil: who runs the tests
	in       string
}

func newProgram(t *testing.T) *program {
	at, err := time.Parse(time.RFC3339, "2026-11-24T10:00:07Z")
	if err != nil {
		t.Fatal(err)
	}
	return &program{env: map[string]string{"HOME": t.TempDir()}, now: at}
}

func (p *program) run(args ...string) ran {
	var out, errs strings.Builder
	s := term.Streams{In: strings.NewReader(p.in), Out: &out, Err: &errs, OutWidth: p.width}
	proc := Process{Args: args, Streams: s, Getenv: func(name string) string { return p.env[name] }, Now: func() time.Time { return p.now }}
	if p.operator != nil {
		proc.Operator = func() (domain.Operator, error) { return *p.operator, nil }
	}
	exit := Run(context.Background(), proc)
	return ran{exit, out.String(), errs.String()}
}

// must demands success.
func (p *program) must(t *testing.T, args ...string) ran {
	t.Helper()
	got := p.run(args...)
	if got.exit != term.ExitDone {
		t.Fatalf("fob %q: exit %d\n%s%s", args, got.exit, got.out, got.err)
	}
	return got
}

func allCommands(from *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{from}
	for _, c := range from.Commands() {
		all = append(all, allCommands(c)...)
	}
	return all
}

var startsLikeSentence = regexp.MustCompile(`^[A-Z][a-z]`)

// TestOtherWords: what people type who know other programs leads to what is there.
func TestOtherWords(t *testing.T) {
	top := command(&term.Run{})
	for word, paths := range otherCommands {
		for _, path := range paths {
			path, flag, _ := strings.Cut(path, " --")
			flag, _, _ = strings.Cut(flag, " ")
			c, rest, err := top.Find(strings.Fields(path))
			if err != nil || len(rest) > 0 || c == top || flag != "" && c.Flags().Lookup(flag) == nil {
				t.Errorf("%s leads to %s, which is not there", word, path)
			}
		}
	}
	flags := map[string]bool{}
	for _, c := range allCommands(top) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = true })
	}
	for word, names := range otherFlags {
		for _, name := range names {
			if !flags[name] {
				t.Errorf("--%s leads to --%s, which no command has", word, name)
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\{[a-z-]+\}`)

// TestHelp: every command says what it is for, those that do something give an
// example which is one, and every flag is explained.
func TestHelp(t *testing.T) {
	top := Root()
	all := allCommands(top)
	if len(all) < 15 {
		t.Fatalf("only %d commands were found", len(all))
	}
	short := map[string]string{} // the flags' letters, which mean the same everywhere
	for _, c := range all {
		name := c.CommandPath()
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: Short is %q", name, c.Short)
		}
		if len(c.Short) > 60 {
			t.Errorf("%s: Short has %d characters: %q", name, len(c.Short), c.Short)
		}
		if left := placeholder.FindString(c.Long); left != "" {
			t.Errorf("%s: %s stands in its help", name, left)
		}
		if c.Long != "" && strings.TrimSpace(c.Long) != strings.Trim(c.Long, "\n") {
			t.Errorf("%s: Long has blanks about it", name)
		}
		for line := range strings.SplitSeq(c.Long+"\n"+c.Example, "\n") {
			if n := len([]rune(line)); n > 110 && !strings.Contains(line, "--code") && !strings.HasPrefix(line, "    ") { // what a session shows is as the program prints it
				t.Errorf("%s: a line of %d characters: %s", name, n, line)
			}
		}
		leaf := c.Runnable() && !c.HasSubCommands()
		if leaf && c.Example == "" {
			t.Errorf("%s has no example", name)
		}
		if leaf {
			checkExample(t, top, c)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if len(f.Usage) > 80 {
				t.Errorf("%s: --%s: its text has %d characters: %s", name, f.Name, len(f.Usage), f.Usage)
			}
			if other := short[f.Shorthand]; f.Shorthand != "" && other != "" && other != f.Name {
				t.Errorf("%s: -%s is --%s here and --%s elsewhere", name, f.Shorthand, f.Name, other)
			}
			short[f.Shorthand] = f.Name
			if f.Usage == "" {
				t.Errorf("%s: --%s is not explained", name, f.Name)
			}
			if f.Name != "help" && (strings.HasSuffix(f.Usage, ".") || startsLikeSentence.MatchString(f.Usage)) {
				t.Errorf("%s: --%s: %q is no phrase like the others", name, f.Name, f.Usage)
			}
		})
	}
}

// checkExample: each line of an example calls its command, with flags that the
// command has and as many arguments as it takes.
func checkExample(t *testing.T, top, c *cobra.Command) {
	lines := 0
	for line := range strings.Lines(c.Example) {
		_, call, ok := strings.Cut(line, "fob ")
		if !ok {
			continue
		}
		lines++
		args := shellWords(call)
		found, rest, err := top.Find(args)
		if err != nil || found != c {
			t.Errorf("%s: the example %q calls another command", c.CommandPath(), line)
			continue
		}
		flags := pflag.NewFlagSet(c.Name(), pflag.ContinueOnError)
		flags.AddFlagSet(c.LocalFlags())
		flags.AddFlagSet(c.InheritedFlags())
		flags.VisitAll(func(f *pflag.Flag) { f.Changed = false }) // by the line before
		if err := flags.Parse(rest); err != nil {
			t.Errorf("%s: the example %q: %v", c.CommandPath(), line, err)
			continue
		}
		if c.Args != nil {
			if err := c.Args(c, flags.Args()); err != nil {
				t.Errorf("%s: the example %q: %v", c.CommandPath(), line, err)
			}
		}
	}
	if lines == 0 {
		t.Errorf("%s: no line of the example calls fob", c.CommandPath())
	}
}

// shellWords splits at blanks outside double quotes, up to a pipe or redirection.
func shellWords(line string) []string {
	var words []string
	quoted := false
	word := ""
	for _, r := range strings.TrimSpace(line) + " " {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			if word == "|" || word == ">" || word == "<" {
				return words
			}
			if word != "" {
				words = append(words, word)
			}
			word = ""
		default:
			word += string(r)
		}
	}
	return words
}

// TestExitCodesHelp holds help against the constants themselves, read from the
// source, and against the contract's numbers.
func TestExitCodesHelp(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "term/exit.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var constants []int
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, "Exit") && len(spec.Values) == 1 {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				n, _ := strconv.Atoi(lit.Value)
				constants = append(constants, n)
			}
		}
		return true
	})
	if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130}; !slices.Equal(constants, want) {
		t.Errorf("the constants are %v, not %v", constants, want)
	}
	text := newProgram(t).must(t, "help", "exit-codes").out
	for _, n := range constants {
		if strings.Count(text, fmt.Sprintf("\n  %3d  ", n)) != 1 {
			t.Errorf("help exit-codes has no line for %d:\n%s", n, text)
		}
	}
	if got := strings.Count(text, "\n  "); got != len(constants) {
		t.Errorf("help exit-codes has %d lines for %d constants", got, len(constants))
	}
}
