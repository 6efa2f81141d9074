package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	_ "fob/internal/store/sqlite" // brings the driver
	"fob/tools/program"
	"fob/tools/seedgen/gen"
)

// harness is a built fob, the files that it is to load, and where its stores
// are made.
type harness struct {
	fob   program.Fob
	dir   string
	small string // a file of a few tokens
	large string // the one whose import is killed
	few   int
	many  int
	most  int64 // bytes that the whole import of the large file writes to the log
	n     int   // stores made so far
}

const fewTokens = 200

// prepare builds fob, writes the files, and measures a whole import.
func prepare(ctx context.Context, dir string, many int) (*harness, error) {
	h := &harness{dir: dir, small: filepath.Join(dir, "small.csv"), large: filepath.Join(dir, "large.csv"), few: fewTokens, many: many}
	var err error
	if h.fob, err = program.Build(ctx, dir); err != nil {
		return nil, err
	}
	err = errors.Join(write(h.small, gen.Plan{N: h.few, Serials: 1}), write(h.large, gen.Plan{N: many, First: 1_000_000, Serials: 1}))
	if err != nil {
		return nil, err
	}
	s, err := h.newStore(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.killAt(ctx, func() bool { h.most = max(h.most, s.logged()); return false }, "import", "--quiet", h.large); err != nil {
		return nil, err
	}
	return h, s.agrees(ctx, h.few+h.many)
}

func write(path string, p gen.Plan) error {
	var b bytes.Buffer
	if err := gen.WriteOATHCSV(&b, p); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

// place is one store.
type place struct {
	fob program.Fob
	db  string
}

// newStore makes a store that holds the small file.
func (h *harness) newStore(ctx context.Context) (*place, error) {
	h.n++
	return h.newStoreIn(ctx, filepath.Join(h.dir, fmt.Sprintf("store%d", h.n)))
}

func (h *harness) newStoreIn(ctx context.Context, dir string) (*place, error) {
	s := &place{fob: h.fob, db: filepath.Join(dir, "data", "fob.db")}
	s.fob.Env = append(append([]string{}, h.fob.Env...), "FOB_DB="+s.db, "FOB_IDENTITY="+filepath.Join(dir, "keys", "identity.txt"))
	for _, args := range [][]string{{"init", "--quiet"}, {"import", "--quiet", h.small}} {
		if err := s.must(ctx, args...); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// remove forgets a store that was sound to the end.
func (s *place) remove() error { return os.RemoveAll(filepath.Dir(filepath.Dir(s.db))) }

// must runs a command that has to end well.
func (s *place) must(ctx context.Context, args ...string) error {
	out, err := s.fob.Command(ctx, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("fob %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// logged is how many bytes the write-ahead log has: how far the work is.
func (s *place) logged() int64 {
	info, err := os.Stat(s.db + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// end is what became of a process that was to be killed.
type end struct {
	killed bool
	code   int
	out    string
}

// killAt runs a command and kills it as soon as now says so. The command may be
// faster, then it ends by itself.
func (s *place) killAt(ctx context.Context, now func() bool, args ...string) (end, error) {
	cmd := s.fob.Command(ctx, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return end{}, err
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	for {
		select {
		case err := <-over:
			return ended(ctx, err, false, out.String())
		default:
		}
		if now() {
			_ = cmd.Process.Kill() // it may have ended this moment
			return ended(ctx, <-over, true, out.String())
		}
	}
}

func ended(ctx context.Context, err error, shot bool, out string) (end, error) {
	code, strange := program.ExitCode(err)
	switch {
	case ctx.Err() != nil:
		return end{}, ctx.Err()
	case strange != nil && shot:
		return end{killed: true, out: out}, nil
	case strange != nil:
		return end{}, strange
	}
	return end{code: code, out: out}, nil
}

// agrees checks that a store is sound and shows so many tokens.
func (s *place) agrees(ctx context.Context, tokens int) error {
	if err := s.must(ctx, "audit", "verify"); err != nil {
		return err
	}
	shown, err := s.listed(ctx)
	if err != nil {
		return err
	}
	if shown != tokens {
		return fmt.Errorf("%d tokens are listed, not %d", shown, tokens)
	}
	return nil
}

// listed counts the tokens that fob list shows.
func (s *place) listed(ctx context.Context) (int, error) {
	out, err := s.fob.Command(ctx, "list", "--json").Output()
	if err != nil {
		return 0, fmt.Errorf("fob list: %w", explained(err))
	}
	var all []json.RawMessage
	err = json.Unmarshal(out, &all)
	return len(all), err
}

func explained(err error) error {
	if exited := (*exec.ExitError)(nil); errors.As(err, &exited) {
		return fmt.Errorf("%w: %s", err, exited.Stderr)
	}
	return err
}

// swept checks, once an import has swept, that the tables hold nothing but what
// is seen, and that each token has its fingerprint.
func (s *place) swept(tokens int) error {
	db, err := sql.Open("sqlite", "file:"+s.db)
	if err != nil {
		return err
	}
	defer db.Close()
	for query, want := range map[string]string{
		"PRAGMA integrity_check":                        "ok",
		"SELECT COUNT(*) FROM pragma_foreign_key_check": "0",
		"SELECT COUNT(*) FROM token":                    fmt.Sprint(tokens),
		"SELECT COUNT(*) FROM fingerprint":              fmt.Sprint(tokens),
		"SELECT COUNT(*) FROM batch WHERE loading = 1":  "0",
		"SELECT COUNT(*) FROM token t JOIN fingerprint f ON f.fingerprint = t.fingerprint AND f.token_id = t.id": fmt.Sprint(tokens),
	} {
		var got string
		if err := db.QueryRow(query).Scan(&got); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
		if got != want {
			return fmt.Errorf("%s gives %s, not %s", query, got, want)
		}
	}
	left, err := filepath.Glob(s.db + ".load-*")
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("left behind: %s", strings.Join(left, ", "))
	}
	return err
}

// loads reports whether a loader's lock file lies beside the store.
func (s *place) loads() bool {
	found := false
	_ = filepath.WalkDir(filepath.Dir(s.db), func(path string, _ fs.DirEntry, err error) error { // a file may vanish meanwhile
		found = found || strings.Contains(filepath.Base(path), ".load-")
		return nil
	})
	return found
}
