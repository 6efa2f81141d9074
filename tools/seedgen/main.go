// Command seedgen writes synthetic seed files of any size, for tests, benchmarks
// and the demo.
//
//	go run ./tools/seedgen -n 100000 -o build/seeds.csv
//
// The same flags give the same bytes.
package main

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "seedgen:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("seedgen", flag.ContinueOnError)
	var p gen.Plan
	flags.IntVar(&p.N, "n", 1000, "tokens")
	flags.Uint64Var(&p.First, "seed-start", 0, "index of the first token; seed and serial follow from it")
	flags.Uint64Var(&p.Serials, "serial-start", 2600412300001, "serial of the token with index 0")
	flags.Float64Var(&p.HOTP, "hotp", 0, "share of HOTP tokens, 0 to 1")
	flags.BoolVar(&p.RFC4226, "rfc4226", false, "give the first token the seed of RFC 4226")
	flags.BoolVar(&p.Header, "header", false, "begin with a row of column names")
	flags.Float64Var(&p.UPN, "upn", 0, "share of tokens that belong to somebody, 0 to 1; above 0 entra has a column for it")
	flags.Int64Var(&p.T0, "t0", 0, "Unix seconds that the clocks of TOTP tokens count from; safeword has 946684800")
	hashes := flags.String("hashes", "", "hashes taken in turn, such as sha1,sha256; adds a column")
	format := flags.String("format", "oath-csv", "format of the file: "+formats())
	out := flags.String("o", "", "file to write; standard output without it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	writer := gen.Formats[*format]
	if writer == nil {
		return fmt.Errorf("no format %q; these are written: %s", *format, formats())
	}
	if err := complete(&p, *hashes); err != nil {
		return err
	}
	return write(*out, stdout, p, writer)
}

func formats() string { return strings.Join(slices.Sorted(maps.Keys(gen.Formats)), ", ") }

type writer = func(io.Writer, gen.Plan) error

// complete checks the flags that are more than numbers.
func complete(p *gen.Plan, hashes string) error {
	if p.N < 0 || p.HOTP < 0 || p.HOTP > 1 || p.UPN < 0 || p.UPN > 1 {
		return fmt.Errorf("-n must not be negative, -hotp and -upn must be from 0 to 1")
	}
	for name := range strings.SplitSeq(hashes, ",") {
		if name == "" {
			continue
		}
		h, err := token.ParseHash(name)
		if err != nil {
			return err
		}
		p.Hashes = append(p.Hashes, h)
	}
	return nil
}

// write makes the file; a failed run leaves none.
func write(path string, stdout io.Writer, p gen.Plan, to writer) error {
	if path == "" {
		return to(stdout, p)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = to(file, p)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(path) // the first error counts
	}
	return err
}
