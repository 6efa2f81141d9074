package cli

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"

	"fob/internal/cli/term"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

const (
	clockVar    = "FOB_TEST_CLOCK"
	operatorVar = "FOB_TEST_OPERATOR" // a name; behind a slash, who they claim to be through sudo
	startTime   = "2026-11-24T10:00:07Z"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"fob": testMain})
}

// testMain is the program as scripts call it. It alone obeys FOB_TEST_CLOCK
// and FOB_TEST_OPERATOR.
// It leaves the session of the person who runs the tests, so that it has a terminal
// only where a script gives it one with ttyin.
func testMain() {
	_, _ = syscall.Setsid()
	ctx, stop := interruptible(context.Background())
	defer stop()
	now := time.Now
	if text := os.Getenv(clockVar); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			fmt.Fprintln(os.Stderr, clockVar, err)
			os.Exit(99)
		}
		now = func() time.Time { return at }
	}
	p := Process{Args: os.Args[1:], Streams: term.SystemStreams(), Getenv: os.Getenv, Now: now}
	if name := os.Getenv(operatorVar); name != "" { // somebody else at an account of their own
		p.Operator = func() (token.Operator, error) {
			id, sudo, _ := strings.Cut(name, "/")
			return token.Operator{Kind: token.OperatorOS, ID: "uid-" + id, Name: id, SudoUID: sudo}, nil
		}
	}
	os.Exit(Run(ctx, p))
}

// TestScripts runs testdata/script: one script a topic. Beside testscript's own
// commands there are
//
//	exits N COMMAND ARG...      run, and demand that exit code; what was printed
//	                            must hold no control character and no seed
//	clock TIME|+DURATION        set or advance the clock that fob reads
//	code [-slow D] [-ahead N] [-counter N] SERIAL VAR
//	                            what the token shows; -slow -1h is a fast clock
//	keep                        remember tokens, batches and trail
//	kept                        demand that they are as remembered
//	jsonhas FILE PATH VALUE     .0.rejects.1.line; VALUE is JSON or a string
//	jsonfields FILE PATH NAME...all are there, and every key is in snake_case
//	sql DB STATEMENT            as a tamperer would; ! sql demands that it fails
//	triggers DB                 drop all triggers
//	protect IDENTITY OUT WORDS  encrypt an identity file with a passphrase
//	workbook FILE TEXT          demand that some part of a workbook holds the text
//	write [-utf16] FILE TEXT... with Go's escapes; the texts are joined
//	mode FILE OCTAL             demand the file's mode
func TestScripts(t *testing.T) {
	p := scriptParams(t, false, func(*testscript.Env) error { return nil })
	p.Files, p.Dir = scripts(t, p.Dir), ""
	testscript.Run(t, p)
}

// scriptParams prepares the scripts; more may set what else they need.
// scripts lists those that run.
func scripts(t *testing.T, dir string) (run []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	for _, path := range all {
		if scripted.MatchString(strings.TrimSuffix(filepath.Base(path), ".txtar")) {
			run = append(run, path)
		}
	}
	return run
}

func scriptParams(t *testing.T, onServer bool, more func(*testscript.Env) error) testscript.Params {
	t.Helper()
	files := t.TempDir()
	for name, plan := range map[string]gen.Plan{"delivery.csv": deliveryPlan, "hotp.csv": hotpPlan} {
		if err := os.WriteFile(filepath.Join(files, name), seedFile(plan), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	samples, err := filepath.Abs("../../testdata/seedfiles")
	if err != nil {
		t.Fatal(err)
	}
	return testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(c string) (bool, error) {
			switch c {
			case "root": // whom no mode keeps from writing
				return os.Getuid() == 0, nil
			case "sqlite": // where the store is a file
				return !onServer, nil
			}
			return false, fmt.Errorf("no condition %q", c)
		},
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "home")
			e.Setenv("HOME", home)
			e.Setenv("SEEDFILES", files)
			e.Setenv("SAMPLES", samples)
			e.Setenv("SECOND", filepath.Join(e.WorkDir, "two/fob.db")) // where another store may be made
			e.Setenv("DB", filepath.Join(home, ".local/share/fob/fob.db"))
			e.Setenv("IDENTITY", filepath.Join(home, ".config/fob/identity.txt"))
			e.Setenv(clockVar, startTime)
			return cmp.Or(os.Mkdir(home, 0o700), more(e))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": cmdExits, "clock": cmdClock, "code": cmdCode, "keep": cmdKeep, "kept": cmdKept,
			"workbook": cmdWorkbook, "protect": cmdProtect, "triggers": cmdTriggers,
			"jsonhas": cmdJSONHas, "jsonfields": cmdJSONFields, "sql": cmdSQL, "write": cmdWrite, "mode": cmdMode,
		},
	}
}

func usage(ts *testscript.TestScript, neg, ok bool, how string) {
	if neg || !ok {
		ts.Fatalf("usage: %s", how)
	}
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 2, "exits N command [args...]")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exited *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exited):
		got = exited.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	for _, stream := range []string{"stdout", "stderr"} {
		text := ts.ReadFile(stream)
		for _, r := range text {
			if r != '\n' && r != '\t' && term.Unsafe(r) {
				ts.Fatalf("%s holds the character U+%04X: %q", stream, r, text)
			}
		}
		if serial := findSeed([]byte(text), knownSeeds(ts)); serial != "" {
			ts.Fatalf("%s shows the seed of %s", stream, serial)
		}
	}
}

func cmdClock(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 1, "clock TIME|+DURATION")
	at := scriptClock(ts)
	if strings.ContainsAny(args[0][:1], "+-") {
		d, err := time.ParseDuration(args[0])
		ts.Check(err)
		at = at.Add(d)
	} else {
		var err error
		at, err = time.Parse(time.RFC3339, args[0])
		ts.Check(err)
	}
	ts.Setenv(clockVar, at.Format(time.RFC3339))
}

func scriptClock(ts *testscript.TestScript) time.Time {
	at, err := time.Parse(time.RFC3339, ts.Getenv(clockVar))
	ts.Check(err)
	return at
}

// knownSeeds are those of the deliveries, and of every line in a script's own
// files that is a record of OATH CSV.
func knownSeeds(ts *testscript.TestScript) []known {
	files, err := filepath.Glob(ts.MkAbs("*.csv"))
	ts.Check(err)
	all := append(parseKnown(seedFile(deliveryPlan)), parseKnown(seedFile(hotpPlan))...)
	for _, name := range files {
		data, err := os.ReadFile(name)
		ts.Check(err)
		all = append(all, parseKnown(data)...)
	}
	return all
}

func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	const how = "code [-slow D] [-ahead N] [-counter N] SERIAL VAR"
	var slow time.Duration
	ahead, counter := 0, 0
	for len(args) > 2 {
		var err error
		switch args[0] {
		case "-slow":
			slow, err = time.ParseDuration(args[1])
		case "-ahead":
			ahead, err = strconv.Atoi(args[1])
		case "-counter":
			counter, err = strconv.Atoi(args[1])
		default:
			ts.Fatalf("usage: %s", how)
		}
		ts.Check(err)
		args = args[2:]
	}
	usage(ts, neg, len(args) == 2, how)
	all := knownSeeds(ts)
	i := slices.IndexFunc(all, func(k known) bool { return k.serial == args[0] })
	if i < 0 {
		ts.Fatalf("no csv holds the seed of %s", args[0])
	}
	k := all[i]
	step := int64(counter)
	if k.kind == "totp" {
		step = scriptClock(ts).Add(-slow).Unix() / int64(k.moving)
	}
	ts.Setenv(args[1], k.shows(step+int64(ahead)))
}

func stored(ts *testscript.TestScript) string {
	var b strings.Builder
	for _, args := range [][]string{{"list", "--json"}, {"batch", "list", "--json"}, {"audit", "log", "--json"}} {
		ts.Check(ts.Exec("fob", args...))
		b.WriteString(ts.ReadFile("stdout"))
	}
	return b.String()
}

func cmdKeep(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 0, "keep")
	ts.Check(os.WriteFile(ts.MkAbs("kept.json"), []byte(stored(ts)), 0o600))
}

func cmdKept(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 0, "kept")
	if now, before := stored(ts), ts.ReadFile("kept.json"); now != before {
		ts.Fatalf("something changed\nbefore: %s\nnow: %s", before, now)
	}
}

var snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// jsonAt reads a file and follows a path such as ".0.rejects".
func jsonAt(ts *testscript.TestScript, file, path string) any {
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile(file)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		ts.Fatalf("%s: %v", file, err)
	}
	for name := range strings.SplitSeq(strings.Trim(path, "."), ".") {
		if name == "" {
			continue
		}
		switch at := v.(type) {
		case map[string]any:
			got, ok := at[name]
			if !ok {
				ts.Fatalf("%s: no field %s in %v", file, name, at)
			}
			v = got
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(at) {
				ts.Fatalf("%s: no element %s in an array of %d", file, name, len(at))
			}
			v = at[i]
		default:
			ts.Fatalf("%s: nothing below %v", file, v)
		}
	}
	return v
}

func cmdJSONHas(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, false, len(args) == 3, "jsonhas FILE PATH VALUE")
	got := jsonAt(ts, args[0], args[1])
	var want any
	dec := json.NewDecoder(strings.NewReader(args[2]))
	dec.UseNumber()
	if err := dec.Decode(&want); err != nil || dec.More() {
		want = args[2]
	}
	if s, ok := got.(string); ok && s == args[2] {
		want = s // text that looks like a number
	}
	if reflect.DeepEqual(got, want) == neg {
		ts.Fatalf("%s %s is %#v", args[0], args[1], got)
	}
}

func cmdJSONFields(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 3, "jsonfields FILE PATH NAME...")
	at, ok := jsonAt(ts, args[0], args[1]).(map[string]any)
	if !ok {
		ts.Fatalf("%s %s is no object", args[0], args[1])
	}
	for _, name := range args[2:] {
		if _, ok := at[name]; !ok {
			ts.Fatalf("%s %s has no field %s", args[0], args[1], name)
		}
	}
	checkSnake(ts, jsonAt(ts, args[0], ""))
}

func checkSnake(ts *testscript.TestScript, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, below := range v {
			if !snake.MatchString(name) {
				ts.Fatalf("the field %q is not in snake_case", name)
			}
			checkSnake(ts, below)
		}
	case []any:
		for _, below := range v {
			checkSnake(ts, below)
		}
	}
}

func cmdSQL(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, false, len(args) == 2, "sql DB STATEMENT")
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	if _, err = db.Exec(args[1]); (err != nil) != neg {
		ts.Fatalf("the statement ended with %v", err)
	}
}

func cmdTriggers(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 1, "triggers DB")
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	var drops sql.NullString
	ts.Check(db.QueryRow(`SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'`).Scan(&drops))
	if drops.String == "" {
		ts.Fatalf("there are no triggers")
	}
	_, err = db.Exec(drops.String)
	ts.Check(err)
}

func cmdProtect(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 3, "protect IDENTITY OUT PASSPHRASE")
	to, err := age.NewScryptRecipient(args[2])
	ts.Check(err)
	to.SetWorkFactor(10) // cheap: it is only a test
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	ts.Check(err)
	_, err = w.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(errors.Join(err, w.Close()))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

func cmdWorkbook(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, false, len(args) == 2, "workbook FILE TEXT")
	parts, err := unzip(ts.MkAbs(args[0]))
	ts.Check(err)
	found := false
	for _, data := range parts {
		found = found || bytes.Contains(data, []byte(args[1]))
	}
	if found == neg {
		ts.Fatalf("%s among the %d parts of %s: %v", args[1], len(parts), args[0], found)
	}
}

func cmdWrite(ts *testscript.TestScript, neg bool, args []string) {
	wide := len(args) > 0 && args[0] == "-utf16"
	if wide {
		args = args[1:]
	}
	usage(ts, neg, len(args) >= 1, "write [-utf16] FILE TEXT...")
	var b bytes.Buffer
	for _, a := range args[1:] {
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(a, `"`, `\"`) + `"`)
		ts.Check(err)
		b.WriteString(text)
	}
	data := b.Bytes()
	if wide {
		data = nil
		for _, unit := range utf16.Encode([]rune(b.String())) {
			data = binary.LittleEndian.AppendUint16(data, unit)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "mode FILE OCTAL")
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if want, _ := strconv.ParseUint(args[1], 8, 32); info.Mode().Perm() != fs.FileMode(want) {
		ts.Fatalf("%s has mode %04o, want %s", args[0], info.Mode().Perm(), args[1])
	}
}
