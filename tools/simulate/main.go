// Command simulate plays the support desk on fleets of tokens that exist nowhere:
// crystals that run fast and slow, years in a warehouse, people who type late and
// mistype. It prints, as a table, how many tokens are bound with one code, with
// two, and never, and how well the drift of a token that was seen before is
// foretold.
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
var fleets = []fleet{
	{crystal: 20, period: 30, dated: true},
	{crystal: 20, period: 30},
	{crystal: 50, period: 30, dated: true},
	{crystal: 50, period: 30},
	{crystal: 50, period: 60},
}

// simulate plays all fleets, each by its own chance.
func simulate(n int, seed uint64) ([][visits]tally, error) {
	rows, errs := make([][visits]tally, len(fleets)), make([]error, len(fleets))
	var wg sync.WaitGroup
	for i, f := range fleets {
		wg.Go(func() { rows[i], errs[i] = f.play(n, seed+uint64(i)) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

var visitNames = [visits]string{"bound, 1 to 5 years old", "seen again, 1 to 12 months later", "and once more"}

func write(w io.Writer, n int, rows [][visits]tally) error {
	if _, err := fmt.Fprintf(w, "| %d tokens each | | one code | two codes | not in 3 tries | with `--deep` | median error of the predicted drift |\n|---|---|---|---|---|---|---|\n", n); err != nil {
		return err
	}
	for i, f := range fleets {
		for v, t := range rows[i] {
			name := ""
			if v == 0 {
				name = f.String()
			}
			if _, err := fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", name, visitNames[v],
				t.share(t.one), t.share(t.two), t.share(t.never), t.share(t.deep), t.medianError()); err != nil {
				return err
			}
		}
	}
	return nil
}
