package main

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// custody is what is done with all seeds at once: handed over, encrypted anew, copied.
type custody struct {
	imports                       []usage // of the store that it is done with, just before
	hexCSV, pskc, rotated, backed []usage
}

// keep times it on a store of its own, which was imported just before: deliveries must
// not take longer than that.
func (b *bench) keep(ctx context.Context, i int) error {
	b.progress("custody %d of %d", i+1, b.runs)
	if err := b.fresh(ctx, b.load(b.seeds, "--location", shelf), &b.custody.imports); err != nil {
		return err
	}
	key := b.path("transport.key")
	if err := os.WriteFile(key, []byte("00112233445566778899aabbccddeeff\n"), 0o600); err != nil {
		return err
	}
	c := &b.custody
	for _, x := range []struct {
		to   *[]usage
		out  string
		args []string
	}{
		{&c.hexCSV, "sent.csv", []string{"provision", "--for", "hex-csv", "--batch", "1", "--plaintext", "--quiet", "--out"}},
		{&c.pskc, "sent.xml", []string{"provision", "--for", "pskc", "--batch", "1", "--key-file", key, "--quiet", "--out"}},
		{&c.backed, "copy.db", []string{"backup", "--quiet"}},
		{&c.rotated, "", []string{"key", "rotate", "--yes", "--quiet"}},
	} {
		if x.out != "" {
			path := b.path(x.out)
			os.Remove(path) // there is none at first
			x.args = append(x.args, path)
		}
		if err := b.time(x.to, b.fob.Command(ctx, x.args...)); err != nil {
			return err
		}
	}
	return nil
}

// kept are the rows of what keep timed, in seconds and in those of all cores.
func (b *bench) kept(s *strings.Builder) {
	for _, c := range []struct {
		name string
		took []usage
	}{
		{"`provision --for hex-csv`, all tokens", b.custody.hexCSV},
		{"`provision --for pskc` with AES and MAC, all tokens", b.custody.pskc},
		{"`key rotate`, every seed", b.custody.rotated},
		{"`backup`, written and verified", b.custody.backed},
	} {
		t, imported := median(c.took, seconds), median(b.custody.imports, seconds)
		fmt.Fprintf(s, "| %s (peak memory), beside the import | %.1f s (%s MB) | %.1f s | %.2f |\n", c.name, t, thousands(memory(c.took)), imported, t/max(imported, 1e-9))
		own, theirs := b.cpu(c.took), b.cpu(b.custody.imports)
		fmt.Fprintf(s, "| the same, CPU time for 1,000 tokens | %.1f ms | %.1f ms | %.2f |\n", own, theirs, own/max(theirs, 1e-9))
	}
}
