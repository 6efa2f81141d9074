// Command tamper changes copies of a real store, one random change a copy, and
// tells which of them `audit verify` and `doctor` do not find.
//
//	go run ./tools/tamper -n 10000
//
// The store has lived: it has events of every kind, refusals, corrected clocks and
// erased people. With a checkpoint of the newest event every change must be found;
// with an older one all but a consistent rewrite, or cut, of what follows it;
// without one all but a consistent rewrite and a cut tail. Columns that say nothing
// of any token are named in blind.go, each with the reason. Changes are drawn from
// -seed, which is printed.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	n := flag.Int("n", 10_000, "changes")
	seed := flag.Uint64("seed", rand.Uint64(), "what the life and the changes are drawn from")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Printf("tamper: %d changes, -seed %d\n", *n, *seed)
	if err := run(ctx, *n, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "tamper:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n int, seed uint64) error {
	dir, err := os.MkdirTemp("", "fob-tamper-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	v, err := prepare(ctx, dir, seed, 400)
	if err != nil {
		return err
	}
	unseen, err := v.try(ctx, n)
	if err != nil {
		return err
	}
	fmt.Print(v.table())
	fmt.Println("Left alone, since nobody finds a change of them:")
	for _, column := range slices.Sorted(maps.Keys(blind)) {
		fmt.Printf("  %s: %s\n", column, blind[column])
	}
	fmt.Printf("%d changes, %d of them missed\n", n, len(unseen))
	if len(unseen) > 0 {
		return fmt.Errorf("%d changes were not found:\n%s", len(unseen), strings.Join(unseen, "\n"))
	}
	return nil
}
