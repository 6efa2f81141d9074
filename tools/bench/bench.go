package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
	"fob/tools/program"
	"fob/tools/seedgen/gen"
)

// bench is one measurement: what is measured with, and what came out.
type bench struct {
	n, runs     int
	phone       bool // only that
	onServer    bool // only that
	desks, each int  // see sites.go
	onlyPages   bool
	binds       int // rows of a file of bindings

	fob     program.Fob
	sqlite3 string // path; empty when there is none
	dir     string
	gnupg   string // home of gpg
	seeds   string // the seed file
	plan    gen.Plan

	imports, peers          []usage // in pairs
	version, bind, show     []usage
	list, workbook, csvfile []usage

	page, prefix, complete []usage
	identified, bound      []usage
	loads                  loads
	counted                []usage
	listed, reconciled     []usage
	auditor                auditor
	custody                custody
	books                  books

	formats []*contest // beside OATH CSV
	wrapped []*contest // beside the program that unwraps, piped into fob
	sheets  []*contest // beside a bare iteration of excelize
}

func (b *bench) prepare(ctx context.Context, dir string) (err error) {
	b.place(dir)
	b.sqlite3, _ = exec.LookPath("sqlite3") // without it no comparison
	if b.fob, err = program.Build(ctx, dir); err != nil {
		return err
	}
	b.fob.Env = append(b.fob.Env,
		"FOB_DB="+filepath.Join(b.store(), "data", "fob.db"), "FOB_IDENTITY="+filepath.Join(b.store(), "keys", "identity.txt"))
	if err := b.write(b.seeds, gen.WriteOATHCSV); err != nil {
		return err
	}
	if b.onServer || b.phone || b.onlyPages {
		return nil
	}
	if err := b.prepareFormats(); err != nil {
		return err
	}
	if err := b.prepareSheets(ctx); err != nil {
		return err
	}
	if err := b.prepareLoads(ctx); err != nil {
		return err
	}
	if err := b.prepareBooks(ctx); err != nil {
		return err
	}
	return b.prepareWrapped(ctx)
}

func (b *bench) store() string { return filepath.Join(b.dir, "store") }

func (b *bench) measure(ctx context.Context) error {
	for i := range b.runs {
		if err := b.pair(ctx, i); err != nil {
			return err
		}
	}
	// The store of the last import stays for desk and exports.
	for _, part := range []func(context.Context, int) error{b.desk, b.scale, b.stocktake, b.people, b.exports, b.bookPair, b.audit, b.keep, b.loadRun, b.contests} {
		for i := range b.runs {
			if err := part(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// pair imports the seed file into a new store, and its rows into a new table.
func (b *bench) pair(ctx context.Context, i int) error {
	b.progress("import %d of %d", i+1, b.runs)
	if err := b.fresh(ctx, b.load(b.seeds, "--location", shelf), &b.imports); err != nil || b.sqlite3 == "" {
		return err
	}
	return b.time(&b.peers, b.peer(ctx))
}

const peerScript = `PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE tokens(serial TEXT NOT NULL UNIQUE, seed TEXT NOT NULL, type TEXT NOT NULL, digits INTEGER NOT NULL, period INTEGER NOT NULL);
.mode csv
.import seeds.csv tokens
`

// peer is the sqlite3 shell with the same rows, in one transaction of its own.
func (b *bench) peer(ctx context.Context) *exec.Cmd {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(filepath.Join(b.dir, "peer.db"+suffix)) // there is none at first
	}
	cmd := exec.CommandContext(ctx, b.sqlite3, "-bail", "peer.db")
	cmd.Dir, cmd.Stdin = b.dir, strings.NewReader(peerScript)
	return cmd
}

// desk times what support does all day, three times on tokens spread over the
// store.
func (b *bench) desk(ctx context.Context, i int) error {
	b.progress("single commands %d of %d", i+1, b.runs)
	for j := range 3 {
		t := b.plan.Token(uint64((3*i + j) * (b.n / (3 * b.runs))))
		code, err := otp.At(t.Params, token.NewSeed(slices.Clone(t.Seed)), otp.StepAt(t.Params, time.Now(), 0))
		if err != nil {
			return err
		}
		account := fmt.Sprintf("user%d@example.com", 3*i+j)
		for _, c := range []struct {
			args []string
			to   *[]usage
		}{
			{[]string{"version"}, &b.version},
			{[]string{"bind", t.Serial, account, "--code", code}, &b.bind},
			{[]string{"show", t.Serial}, &b.show},
			{[]string{"list", "--limit", "20"}, &b.list},
		} {
			if err := b.time(c.to, b.fob.Command(ctx, c.args...)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) exports(ctx context.Context, i int) error {
	b.progress("exports %d of %d", i+1, b.runs)
	if err := b.time(&b.workbook, b.fob.Command(ctx, "export", filepath.Join(b.dir, "inventory.xlsx"), "--yes")); err != nil {
		return err
	}
	return b.time(&b.csvfile, b.fob.Command(ctx, "export", filepath.Join(b.dir, "inventory.csv"), "--yes"))
}

func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}
