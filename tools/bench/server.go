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
	"fob/internal/testkit/cluster"
	"fob/internal/token"
	"fob/tools/program"
)

// served is fob on PostgreSQL: a server of its own whose commits are on the disk. An
// import is timed beside psql's \copy of the same rows into a table whose serial is
// unique, reports beside the same store in a file.
type served struct {
	*bench
	psql   string
	server *cluster.Cluster
	fob    program.Fob // whose store is on the server

	imports, copies        []usage
	bind, show, list, page []usage
	verified, verifiedFile []usage
	workbook, workbookFile []usage
}

// runServer is `-server`.
func (b *bench) runServer(ctx context.Context, sites sitesPlan) (string, error) {
	psql, err := exec.LookPath("psql")
	if _, ok := cluster.Find(); !ok || err != nil {
		return "", fmt.Errorf("PostgreSQL is missing: apt-get install postgresql")
	}
	server, err := cluster.Start(true)
	if err != nil {
		return "", err
	}
	defer server.Stop()
	s := &served{bench: b, psql: psql, server: server}
	for i := range b.runs {
		if err := s.pair(ctx, i); err != nil {
			return "", err
		}
	}
	for _, part := range []func(context.Context, int) error{s.desk, s.reports} {
		for i := range b.runs {
			if err := part(ctx, i); err != nil {
				return "", err
			}
		}
	}
	three, err := s.sites(ctx, sites)
	return s.table() + "\n" + three, err
}

// at is fob with another store.
func (b *bench) at(db, keys string) program.Fob {
	f := b.fob
	f.Env = append(slices.Clone(f.Env), "FOB_DB="+db, "FOB_IDENTITY="+filepath.Join(b.dir, keys, "identity.txt"))
	return f
}

// pair imports into a new database, and copies the rows into a new table.
func (s *served) pair(ctx context.Context, i int) error {
	s.progress("import into a server %d of %d", i+1, s.runs)
	name, err := s.server.NewDatabase(ctx, "")
	if err != nil {
		return err
	}
	s.fob = s.at(s.server.Address(name), name)
	if out, err := s.fob.Command(ctx, "init").CombinedOutput(); err != nil {
		return fmt.Errorf("fob init: %w\n%s", err, out)
	}
	ours := func() error {
		return s.time(&s.imports, s.fob.Command(ctx, "import", s.seeds, "--expect", fmt.Sprint(s.n)))
	}
	theirs := func() error { return s.copy(ctx) }
	if i%2 == 1 {
		ours, theirs = theirs, ours
	}
	if err := ours(); err != nil {
		return err
	}
	return theirs()
}

func (s *served) copy(ctx context.Context) error {
	name, err := s.server.NewDatabase(ctx, "")
	if err != nil {
		return err
	}
	err = s.server.Exec(ctx, name, `CREATE TABLE tokens (serial TEXT COLLATE "C" NOT NULL UNIQUE, seed TEXT NOT NULL, type TEXT NOT NULL, digits BIGINT NOT NULL, period BIGINT NOT NULL)`)
	if err != nil {
		return err
	}
	return s.time(&s.copies, exec.CommandContext(ctx, s.psql, "-q", "-d", s.server.Address(name), "-c", `\copy tokens from '`+s.seeds+`' csv`))
}

// desk times single commands, three times on tokens spread over the store.
func (s *served) desk(ctx context.Context, i int) error {
	s.progress("single commands on a server %d of %d", i+1, s.runs)
	for j := range 3 {
		at := uint64((3*i + j) * (s.n / (3 * s.runs)))
		serial, code, err := s.codeOf(at)
		if err != nil {
			return err
		}
		for _, c := range []struct {
			args []string
			to   *[]usage
		}{
			{[]string{"bind", serial, fmt.Sprintf("user%d@example.com", 3*i+j), "--code", code}, &s.bind},
			{[]string{"show", serial}, &s.show},
			{[]string{"list", "--limit", "20"}, &s.list},
			{[]string{"list", "--after", serial, "--limit", "20"}, &s.page},
		} {
			if err := s.time(c.to, s.fob.Command(ctx, c.args...)); err != nil {
				return err
			}
		}
	}
	return nil
}

// codeOf is a token's serial, and what it shows now.
func (b *bench) codeOf(at uint64) (serial, code string, err error) {
	t := b.plan.Token(at)
	code, err = otp.At(t.Params, token.NewSeed(slices.Clone(t.Seed)), otp.StepAt(t.Params, time.Now(), 0))
	return t.Serial, code, err
}

// reports times what auditors ask, of the store and of its copy in a file.
func (s *served) reports(ctx context.Context, i int) error {
	s.progress("reports from a server %d of %d", i+1, s.runs)
	path := filepath.Join(s.dir, "served.db")
	if i == 0 {
		if out, err := s.fob.Command(ctx, "migrate", "--from", s.address(), "--to", path).CombinedOutput(); err != nil {
			return fmt.Errorf("fob migrate: %w\n%s", err, out)
		}
	}
	file := s.fob
	file.Env = append(slices.Clone(file.Env), "FOB_DB="+path)
	for _, c := range []struct {
		fob  program.Fob
		args []string
		to   *[]usage
	}{
		{s.fob, []string{"audit", "verify", "--quiet"}, &s.verified},
		{file, []string{"audit", "verify", "--quiet"}, &s.verifiedFile},
		{s.fob, []string{"export", filepath.Join(s.dir, "served.xlsx"), "--yes", "--quiet"}, &s.workbook},
		{file, []string{"export", filepath.Join(s.dir, "served.xlsx"), "--yes", "--quiet"}, &s.workbookFile},
	} {
		if err := s.time(c.to, c.fob.Command(ctx, c.args...)); err != nil {
			return err
		}
	}
	return os.Remove(filepath.Join(s.dir, "served.xlsx"))
}

// address is that of the store on the server.
func (s *served) address() string { return strings.TrimPrefix(s.fob.Env[len(s.fob.Env)-2], "FOB_DB=") }

func (s *served) table() string {
	var w strings.Builder
	fmt.Fprintf(&w, "| on PostgreSQL, with %s tokens; medians of whole processes | fob | other | ratio |\n|---|---|---|---|\n", thousands(float64(s.n)))
	for _, c := range []struct {
		name        string
		took, other []usage
	}{
		{"import, beside psql's `\\copy` into a table whose serial is unique", s.imports, s.copies},
		{"`bind --code`", s.bind, nil}, {"`show`", s.show, nil}, {"`list --limit 20`", s.list, nil}, {"`list --after SERIAL --limit 20`", s.page, nil},
		{"`audit verify`, beside the same store in a file", s.verified, s.verifiedFile},
		{"`export` .xlsx, beside the same store in a file", s.workbook, s.workbookFile},
	} {
		fob, other := median(c.took, seconds), median(c.other, seconds)
		if len(c.other) == 0 {
			fmt.Fprintf(&w, "| %s | %.0f ms | | |\n", c.name, 1000*fob)
			continue
		}
		fmt.Fprintf(&w, "| %s | %.2f s | %.2f s | %.2f |\n", c.name, fob, other, fob/max(other, 1e-9))
	}
	return w.String()
}
