// Command bench measures how fast fob is on this machine and how much memory it
// takes, beside the plainest thing that could be done with the same rows: the
// sqlite3 shell's .import into a table whose serial is unique, with the same
// durability; other formats beside OATH CSV; wrapped files beside the program
// that unwraps them, piped into the same import; and the workbook beside
// libxlsxwriter in C, where there are cc and libxlsxwriter-dev.
//
//	go run ./tools/bench -n 100000 -runs 5
//
// Imports are timed in pairs, one side and the other in turn, so that a machine
// that grows slower meanwhile is slower for both; medians are printed. Every
// figure is of whole processes, from start to end. Nothing here is a test: it
// passes judgement on nothing. Without sqlite3, 7z or gpg its comparison is left
// out, which is said, and the exit code is 1.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"fob/tools/program"
)

func main() {
	var b bench
	flag.IntVar(&b.n, "n", 100_000, "tokens")
	flag.IntVar(&b.runs, "runs", 5, "pairs of imports; single commands are run three times as often")
	flag.BoolVar(&b.phone, "phone", false, "only the support desk of a large store: see phone.go")
	flag.BoolVar(&b.onServer, "server", false, "only a store on PostgreSQL, with desks at three sites, or with -agents: see server.go and sites.go")
	flag.IntVar(&b.desks, "desks", 50, "desks at the three sites")
	flag.IntVar(&b.each, "each", 6, "binds of each of these desks")
	flag.IntVar(&b.binds, "binds", 10_000, "rows of a file of bindings, as far as there are tokens")
	flag.IntVar(&b.auditor.events, "events", 0, "events of the trail that is verified; as many as tokens without it")
	flag.IntVar(&b.loads.stock, "stock", 500_000, "tokens of the store that is not empty")
	flag.IntVar(&b.loads.small, "small", 10_000, "tokens of the small file")
	at := agents{bench: &b}
	flag.IntVar(&at.number, "agents", 0, "only the pages, with so many people at them: see agents.go")
	flag.DurationVar(&at.lasting, "lasting", time.Minute, "how long they work")
	flag.DurationVar(&at.think, "think", 10*time.Second, "how long they think, on average, before the next token")
	flag.IntVar(&at.beside, "beside", 0, "tokens that load meanwhile")
	flag.StringVar(&at.profile, "profile", "", "a file for a profile of the server")
	served := flag.String("serve", "", "only serve the pages of this store; a run of this program apart, see servePages")
	keys := flag.String("keys", "", "the identity of the store that -serve serves")
	dir := flag.String("dir", "build", "where the stores are made for the time of the run: a folder on the disk to measure")
	bare := flag.String("iterate", "", "only go over the rows of this workbook with excelize: the other side of a comparison")
	apart := flag.String("write", "", "only write files into -dir: workbook or changed; a run of this program apart, see writeApart")
	alone := flag.String("alone", "", "only fill this store, just founded, with rows that are ready, and print the seconds: see storeAlone")
	flag.Parse()
	if *alone != "" {
		if err := storeAlone(context.Background(), *alone, b.n); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if *served != "" {
		if err := servePages(context.Background(), *served, *keys, at.profile); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if *bare != "" || *apart != "" {
		if err := errors.Join(iterate(*bare), b.writeHere(*apart, *dir)); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if min(b.runs, b.binds, b.loads.stock, b.loads.small) < 1 || b.n < max(100, 20*b.runs) {
		fmt.Fprintln(os.Stderr, "bench: -runs, -binds, -stock and -small are at least 1, -n at least 100 and 20 for each run")
		os.Exit(2)
	}
	b.onlyPages = at.number > 0
	b.auditor.events = cmp.Or(b.auditor.events, b.n)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, &b, &at, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, b *bench, at *agents, parent string) error {
	tmp, remove, err := program.Folder(parent, "bench")
	if err != nil {
		return err
	}
	defer remove()
	removeKeys, err := b.gnupgHome()
	if err != nil {
		return err
	}
	defer removeKeys()
	if err := b.prepare(ctx, tmp); err != nil {
		return err
	}
	on := machine()
	if at.number > 0 {
		table, err := at.run(ctx)
		if err == nil {
			fmt.Printf("`go run ./tools/bench -agents %d -n %d` on %s:\n\n%s", at.number, b.n, on, table)
		}
		return err
	}
	if b.onServer {
		table, err := b.runServer(ctx, sitesPlan{desks: b.desks, each: b.each, load: b.n, pause: at.think})
		if err == nil {
			fmt.Printf("`go run ./tools/bench -server -n %d` on %s:\n\n%s", b.n, on, table)
		}
		return err
	}
	if b.phone {
		table, err := b.runPhone(ctx)
		if err == nil {
			fmt.Printf("`go run ./tools/bench -phone -n %d` on %s:\n\n%s", b.n, on, table)
		}
		return err
	}
	if err := b.measure(ctx); err != nil {
		return err
	}
	fmt.Print(b.report(on))
	if missing := b.missing(); len(missing) > 0 {
		return fmt.Errorf("not everything was compared: %s", strings.Join(missing, "; "))
	}
	return nil
}
