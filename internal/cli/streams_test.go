package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTerminalTable: a terminal gets headers and columns that fit, a pipe gets
// neither.
func TestTerminalTable(t *testing.T) {
	p := newProgram(t)
	file := filepath.Join(t.TempDir(), "delivery.csv")
	if err := os.WriteFile(file, seedFile(deliveryPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, "init")
	p.must(t, "import", file, "--location", "Zürich")
	p.width = 120
	out := p.must(t, "list", "--limit", "3").out
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "SERIAL         STATE     ACCOUNT") {
		t.Fatalf("the table is\n%s", out)
	}
	if !strings.Contains(lines[1], "2600412300001  in_stock") || !strings.Contains(lines[1], "Zürich    2026-11-24 10:00") {
		t.Errorf("the first row is %q", lines[1])
	}
	if strings.Contains(out, "\t") || strings.Contains(out, "T10:00") {
		t.Errorf("a pipe's form on a terminal:\n%s", out)
	}
	p.width = 60
	for line := range strings.SplitSeq(p.must(t, "list").out, "\n") {
		if n := len([]rune(line)); n > 60 {
			t.Errorf("a line of %d columns on a terminal of 60: %q", n, line)
		}
	}
	if out := p.must(t, "list", "--state", "lost").out; out != "" {
		t.Errorf("a table of nothing: %q", out)
	}
	for _, args := range [][]string{{"batch", "list"}, {"key", "list"}, {"audit", "log"}} {
		if out := p.must(t, args...).out; out == "" || strings.ToUpper(out[:3]) != out[:3] || strings.Contains(out, "\t") {
			t.Errorf("fob %s gives no table on a terminal:\n%s", args, out)
		}
	}
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 漢 \n\t":                  "plain é 漢 \n\t",
		"\u009b31m\x7f\u202e\u200f\u2028": `\u009b31m\u007f\u202e\u200f\u2028`,
		"\xff\xc2":                        "\xff",
	} {
		// Byte by byte: characters come in pieces.
		var b bytes.Buffer
		w := visible(&b)
		for i := range len(text) {
			if n, err := w.Write([]byte{text[i]}); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		if b.String() != want {
			t.Errorf("%q became %q, want %q", text, b.String(), want)
		}
	}
	var b bytes.Buffer
	const name = "a\x1b\u009b\u202e\x7f\n"
	if err := json.NewEncoder(visible(&b)).Encode(name); err != nil {
		t.Fatal(err)
	}
	var back string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back != name {
		t.Errorf("%q came back as %q, %v", name, back, err)
	}
}

// TestAskEndsWithContext: Ctrl-C ends a conversation though nobody types.
func TestAskEndsWithContext(t *testing.T) {
	in, keep, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer keep.Close()
	_, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	tty := &terminal{tty: out, lines: bufio.NewReader(in)}
	ctx, stop := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, stop)
	_, err = tty.ask(ctx, "The code it shows now")
	if !errors.Is(err, context.Canceled) || exitOf(err) != exitInterrupted {
		t.Errorf("asking ended with %v, exit %d", err, exitOf(err))
	}
}

// TestInterrupted: a run whose context has ended says so, in either form.
func TestInterrupted(t *testing.T) {
	p := newProgram(t)
	p.must(t, "init")
	ctx, stop := context.WithCancel(context.Background())
	stop()
	for _, args := range [][]string{{"import", filepath.Join("testdata", "nosuch.csv")}, {"list"}, {"list", "--json"}} {
		var out, errs strings.Builder
		exit := Run(ctx, Process{args, Streams{In: strings.NewReader(""), Out: &out, Err: &errs},
			func(name string) string { return p.env[name] }, time.Now})
		if exit != exitInterrupted || !strings.Contains(errs.String(), "interrupted") {
			t.Errorf("fob %s: exit %d, %s", args, exit, errs.String())
		}
	}
}
