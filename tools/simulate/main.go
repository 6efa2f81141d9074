// Command simulate plays the support desk on fleets of tokens that exist nowhere:
// crystals as they are sold (8 ppm is one standard deviation, 30 the most), which
// age by 1 to 3 ppm in the first year and run slower in the cold and the heat; years in a
// warehouse; people who type 0 to 25 s late and mistype 2 % of the codes. It prints, as
// a table, how many tokens are accepted with one code, with two, and not at all, how
// long a call takes, and how well the clock of a token that was seen before is
// predicted.
//
//	go run ./tools/simulate -n 10000
//
// The same flags give the same table. The judgement is fob's own: package otp
// predicts and checks every code. Random codes and replays are counted by the tests
// of that package.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
)

func main() {
	n := flag.Int("n", 10_000, "tokens in each fleet")
	seed := flag.Uint64("seed", 10, "what chance begins with")
	flag.Parse()
	if *n < 10 {
		fmt.Fprintln(os.Stderr, "simulate: -n is at least 10")
		os.Exit(2)
	}
	rows, err := simulate(*n, *seed)
	if err == nil {
		err = write(os.Stdout, *n, rows)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

// fleets are what is simulated.
var fleets = []fleet{{period: 30, dated: true}, {period: 30}, {period: 60, dated: true}, {period: 60}}

// simulate plays all fleets, each by its own chance.
func simulate(n int, seed uint64) ([][2][]tally, error) {
	rows, errs := make([][2][]tally, len(fleets)), make([]error, len(fleets))
	var wg sync.WaitGroup
	for i, f := range fleets {
		wg.Go(func() { rows[i], errs[i] = f.play(n, seed+100*uint64(i)) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// write prints a line for each stage; behind each figure, in brackets, what it was
// before the first code was tried alone and the first drift said something of the rate.
func write(w io.Writer, n int, rows [][2][]tally) error {
	if _, err := fmt.Fprintf(w, "| %d tokens each | | one code | two codes | not in 3 tries | on the phone | median error of the prediction | 95 %% of them |\n|---|---|---|---|---|---|---|---|\n", n); err != nil {
		return err
	}
	for i, f := range fleets {
		for s, stage := range stages {
			name := ""
			if s == 0 {
				name = f.String()
			}
			now, before := rows[i][0][s], rows[i][1][s]
			missed := func(part float64) string {
				if len(now.errors) == 0 {
					return ""
				}
				return fmt.Sprintf("%.0f s (%.0f s)", now.missed(part), before.missed(part))
			}
			if _, err := fmt.Fprintf(w, "| %s | %s | %s (%s) | %s (%s) | %s (%s) | %s (%s) | %s | %s |\n", name, stage.name,
				now.share(now.one), before.share(before.one), now.share(now.two), before.share(before.two),
				now.share(now.never), before.share(before.never), now.phone(), before.phone(), missed(0.5), missed(0.95)); err != nil {
				return err
			}
		}
	}
	return nil
}
