// Command desk measures how long support waits while a delivery loads, the store's key
// is rotated, and a backup is made: an import of a million tokens, and then the other two,
// run beside processes that bind, show and list, each a whole program from its start to
// its end. It prints the waits as median, 99th percentile and longest.
//
//	go run ./tools/desk -n 1000000
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"fob/tools/program"
)

func main() {
	n := flag.Int("n", 1_000_000, "tokens that the import brings")
	stock := flag.Int("stock", 5000, "tokens that are there before, for the desk to bind")
	alone := flag.Int("alone", 20, "calls of each command without the import, for comparison")
	dir := flag.String("dir", "build", "where the store is made for the time of the run: a folder on the disk to measure")
	flag.Parse()
	if *n < 1 || *stock < 100 || *alone < 1 {
		fmt.Fprintln(os.Stderr, "desk: -n and -alone are at least 1, -stock at least 100")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *dir, *n, *stock, *alone); err != nil {
		fmt.Fprintln(os.Stderr, "desk:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, parent string, n, stock, alone int) error {
	dir, remove, err := program.Folder(parent, "desk")
	if err != nil {
		return err
	}
	defer remove()
	d, err := prepare(ctx, dir, n, stock)
	if err != nil {
		return err
	}
	before, err := d.work(ctx, func(calls int) bool { return calls < alone })
	if err != nil {
		return err
	}
	fmt.Printf("The desk beside work on %d tokens. Whole processes, milliseconds:\n\n%s%s", n, head, rows(long{}, 0, before))
	for _, l := range d.longs() {
		during, took, err := d.beside(ctx, l.args)
		if err != nil {
			return err
		}
		fmt.Print(rows(l, took, during))
	}
	_, err = d.call(ctx, "audit", "verify")
	return err
}
