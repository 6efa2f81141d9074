// Command crash kills fob in the middle of its work, again and again, and
// checks what is left: nothing of an import that did not end is seen, the trail
// is whole and agrees with the tables, what was confirmed has stayed, and the
// next command works as if nothing had happened.
//
//	go run ./tools/crash -kills 50 -sizes 5
//
// After each kill in the life of a store with seeds of every format, all that fob wrote
// and said is searched for them.
//
// On disks of many sizes, most of which are too small, an import ends with exit 1 and
// its own sentence, and loses nothing.
//
// Rounds are drawn from -seed, which is printed: the same seed kills at the
// same amounts of work, though not at the same instruction.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"

	"fob/internal/testkit/cluster"
)

func main() {
	kills := flag.Int("kills", 500, "processes to kill: of five one imports and four bind")
	sizes := flag.Int("sizes", 10, "disks on which a file is imported, most of them too small")
	tokens := flag.Int("n", 30_000, "tokens of the file whose import is killed")
	stops := flag.Int("stops", -1, "stops of a server, and ten times fewer failovers; a tenth of the kills without it")
	seed := flag.Uint64("seed", rand.Uint64(), "what the rounds are drawn from")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Printf("crash: %d kills, %d tokens, %d disks, -seed %d\n", *kills, *tokens, *sizes, *seed)
	if *stops < 0 {
		*stops = *kills / 10
	}
	if err := run(ctx, *kills, *tokens, *sizes, *stops, rand.New(rand.NewPCG(*seed, 0))); err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kills, tokens, sizes, stops int, random *rand.Rand) error {
	dir, err := os.MkdirTemp("", "fob-crash-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	h, err := prepare(ctx, dir, tokens)
	if err != nil {
		return err
	}
	killed, imports := 0, 0
	for ; killed < kills/5; imports++ {
		var again time.Duration
		if imports%3 == 0 {
			again = time.Duration(random.Int64N(int64(300 * time.Millisecond)))
		}
		done, err := h.importRound(ctx, random.Int64N(h.most*11/10), again)
		if err != nil {
			return fmt.Errorf("import, round %d: %w", imports+1, err)
		}
		if !done {
			killed++
		}
	}
	fmt.Printf("%d imports, %d of them killed before their end, 0 lost\n", imports, killed)
	full, made, err := h.fullDisks(ctx, sizes)
	if err != nil {
		return fmt.Errorf("a full disk: %w", err)
	}
	if made {
		fmt.Printf("%d disks, %d of them too small: exit 1 each time, 0 lost\n", sizes, full)
	} else {
		fmt.Println("LEFT OUT: a full disk, for which this has to run as root on Linux")
	}
	binds, err := h.bindRounds(ctx, kills-killed, random)
	if err != nil {
		return err
	}
	fmt.Printf("%d binds, %d of them killed before their end, 0 lost\n", binds, kills-killed)
	cut, runs, err := h.leakHunt(ctx, kills/50, random)
	if err != nil {
		return fmt.Errorf("hunting for seeds: %w", err)
	}
	fmt.Printf("%d commands with seeds of every format, %d of them killed before their end, 0 seeds outside of what was imported\n", runs, cut)
	return h.servers(ctx, stops, random)
}

func (h *harness) servers(ctx context.Context, rounds int, random *rand.Rand) error {
	if _, ok := cluster.Find(); !ok {
		fmt.Println("LEFT OUT: PostgreSQL's server, which is not installed")
		return nil
	}
	stopped, err := h.serverRounds(ctx, rounds, random)
	if err != nil {
		return fmt.Errorf("a server that stops: %w", err)
	}
	fmt.Printf("%d binds and imports on a server that stopped amid them or right after, %d of them before their end; 0 lost\n", rounds, stopped)
	if stopped, err = h.failovers(ctx, rounds/10, random); err != nil {
		return fmt.Errorf("a standby that takes over: %w", err)
	}
	fmt.Printf("%d standbys took over amid a bind or right after it, %d of them before its end\n", rounds/10, stopped)
	return nil
}
