package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"fob/internal/app"
	"fob/internal/trail"
	"fob/tools/life"
)

// tamperer has a store to change copies of, and what its auditor kept.
type tamperer struct {
	config  app.Config
	content []byte
	earlier []byte           // what the store was when the older checkpoint was taken
	older   trail.Checkpoint // of the middle of its life
	newest  trail.Checkpoint
	r       *rand.Rand
	tally   map[string]*tally
}

// tally counts what became of one kind of change: how many were made, and how many
// of them nobody could find without a checkpoint, and with the older one.
type tally struct{ made, without, older int }

// prepare lets a store live, and takes a checkpoint in the middle and at the end.
func prepare(ctx context.Context, dir string, seed uint64, steps int) (*tamperer, error) {
	l, err := life.Begin(filepath.Join(dir, "life"), seed)
	if err != nil {
		return nil, err
	}
	v := &tamperer{config: l.Config, r: rand.New(rand.NewPCG(seed, 77)), tally: map[string]*tally{}}
	for range steps / 2 {
		if err := l.Step(); err != nil {
			return nil, err
		}
	}
	if v.older, err = v.checkpoint(ctx); err != nil {
		return nil, err
	}
	if v.earlier, err = copyOpen(v.config.DB, filepath.Join(dir, "earlier.db")); err != nil {
		return nil, err
	}
	if err := l.Whole(steps / 2); err != nil {
		return nil, err
	}
	if v.newest, err = v.checkpoint(ctx); err != nil {
		return nil, err
	}
	if err := l.End(); err != nil {
		return nil, err
	}
	if v.content, err = os.ReadFile(v.config.DB); err != nil {
		return nil, err
	}
	v.config.DB = filepath.Join(dir, "copy", "fob.db")
	if err := os.Mkdir(filepath.Dir(v.config.DB), 0o700); err != nil {
		return nil, err
	}
	return v, v.sound(ctx)
}

// copyOpen copies a store that is in use, by way of a file.
func copyOpen(db, to string) ([]byte, error) {
	from, err := sql.Open("sqlite", db)
	if err != nil {
		return nil, err
	}
	_, err = from.Exec(`VACUUM INTO $1`, to)
	if err = errors.Join(err, from.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(to)
}

func (v *tamperer) checkpoint(ctx context.Context) (trail.Checkpoint, error) {
	signed, _, err := v.config.Checkpoint(ctx)
	if err != nil {
		return trail.Checkpoint{}, err
	}
	_, pub, err := v.config.Keys(ctx)
	if err != nil {
		return trail.Checkpoint{}, err
	}
	return trail.OpenCheckpoint(signed, pub)
}

// sound makes sure that a copy without a change is found whole: otherwise
// everything would be found.
func (v *tamperer) sound(ctx context.Context) error {
	if err := v.fresh(); err != nil {
		return err
	}
	for _, c := range []*trail.Checkpoint{nil, &v.older, &v.newest} {
		if found, err := v.found(ctx, c); err != nil || found {
			return errors.Join(errors.New("the store is not whole before anything was changed"), err)
		}
	}
	return nil
}

func (v *tamperer) fresh() error {
	for _, suffix := range []string{"-wal", "-shm"} {
		os.Remove(v.config.DB + suffix) // mostly there is none
	}
	return os.WriteFile(v.config.DB, v.content, 0o600)
}

// try makes n changes, each to a copy of its own, and gives those that were not
// found and should have been.
func (v *tamperer) try(ctx context.Context, n int) (unseen []string, err error) {
	for made := 0; made < n; {
		c := changes[made%len(changes)]
		what, from, err := v.change(c)
		if errors.Is(err, errNothing) {
			continue
		}
		if err != nil {
			return unseen, fmt.Errorf("%s: %w", c.name, err)
		}
		made++
		missed, err := v.judge(ctx, c, from)
		if err != nil {
			return unseen, fmt.Errorf("%s, %s: %w", c.name, what, err)
		}
		for _, m := range missed {
			unseen = append(unseen, fmt.Sprintf("%s: %s, %s", c.name, what, m))
		}
	}
	return unseen, nil
}

// judge looks for a change: without a checkpoint, and with either where that did
// not find it.
func (v *tamperer) judge(ctx context.Context, c change, from int64) (missed []string, err error) {
	t := v.tally[c.name]
	if t == nil {
		t = &tally{}
		v.tally[c.name] = t
	}
	t.made++
	for _, with := range []struct {
		name       string
		checkpoint *trail.Checkpoint
		misses     *int
		mayMiss    bool
	}{
		{"without a checkpoint", nil, &t.without, from > 0},
		{"with an older checkpoint", &v.older, &t.older, from > v.older.Seq},
		{"with a checkpoint of the newest event", &v.newest, new(int), false},
	} {
		found, err := v.found(ctx, with.checkpoint)
		if err != nil || found {
			return missed, err
		}
		if *with.misses++; !with.mayMiss {
			missed = append(missed, "not found "+with.name)
		}
	}
	return missed, nil
}

func (v *tamperer) found(ctx context.Context, c *trail.Checkpoint) (bool, error) {
	auditor := v.config
	auditor.Identity = "none" // who has one is told of older and rewritten trails anyway
	r, err := auditor.VerifyTrail(ctx, c)
	if err != nil || !r.OK() {
		return true, ctx.Err() // what cannot be opened is found
	}
	checks, err := v.config.Doctor(ctx, true, func(int, int) {})
	if err != nil {
		return true, ctx.Err()
	}
	for _, k := range checks {
		if k.Outcome == app.Trouble && k.Name != "clock" && k.Name != "memory" {
			return true, nil
		}
	}
	return false, nil
}

// change changes a new copy, as somebody would who owns the file: triggers are
// taken away before and put back.
func (v *tamperer) change(c change) (what string, from int64, err error) {
	if err := v.fresh(); err != nil {
		return "", 0, err
	}
	if c.name == olderCopy {
		return fmt.Sprintf("of event %d", v.older.Seq), v.older.Seq + 1, os.WriteFile(v.config.DB, v.earlier, 0o600)
	}
	db, err := sql.Open("sqlite", v.config.DB)
	if err != nil {
		return "", 0, err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	copy := &copied{db, v.r}
	for _, pragma := range []string{`PRAGMA ignore_check_constraints = 1`, `PRAGMA synchronous = 0`} { // a copy need not last
		if _, err := db.Exec(pragma); err != nil {
			return "", 0, err
		}
	}
	if c.name == "drop a trigger or an index" {
		return c.do(copy)
	}
	triggers, err := copy.texts(`SELECT sql FROM sqlite_schema WHERE type = 'trigger'`)
	if err != nil {
		return "", 0, err
	}
	names, err := copy.texts(`SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'`)
	if err != nil {
		return "", 0, err
	}
	for _, q := range names {
		if _, err := db.Exec(q); err != nil {
			return "", 0, err
		}
	}
	if what, from, err = c.do(copy); err != nil {
		return "", 0, err
	}
	for _, q := range triggers {
		if _, err := db.Exec(q); err != nil {
			return "", 0, err
		}
	}
	return what, from, nil
}

// table is what became of the changes, by kind.
func (v *tamperer) table() string {
	var s strings.Builder
	s.WriteString("| change | made | not to be found without a checkpoint | with an older one |\n|---|---|---|---|\n")
	for _, c := range changes {
		if t := v.tally[c.name]; t != nil {
			fmt.Fprintf(&s, "| %s | %d | %d | %d |\n", c.name, t.made, t.without, t.older)
		}
	}
	return s.String()
}
