package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// people times a list of people, half as many as there are tokens: taking it in
// once, and comparing the next one with the store, on which one in a hundred left and
// one is called otherwise.
func (b *bench) people(ctx context.Context, i int) error {
	b.progress("lists of people %d of %d", i+1, b.runs)
	first, next := filepath.Join(b.dir, "people.csv"), filepath.Join(b.dir, "people-next.csv")
	if i == 0 {
		if err := b.writePeople(first, func(int) (string, bool) { return "person%d@example.com", true }); err != nil {
			return err
		}
		err := b.writePeople(next, func(at int) (string, bool) {
			if at%100 == 1 {
				return "renamed%d@example.com", true
			}
			return "person%d@example.com", at%100 != 2
		})
		if err != nil {
			return err
		}
		if err := b.time(&b.listed, b.fob.Command(ctx, "account", "import", first)); err != nil {
			return err
		}
	}
	return b.time(&b.reconciled, b.fob.Command(ctx, "reconcile", next))
}

// writePeople writes those to whom files of bindings bind tokens, and others, as an
// export of a directory has them.
func (b *bench) writePeople(path string, name func(at int) (form string, here bool)) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	_, _ = out.WriteString("employee id,user principal name,display name,status\n") // Flush tells of the error
	for run := range b.runs {
		for k := range b.n / (2 * b.runs) {
			at := run*(b.n/b.runs) + k
			if form, here := name(at); here {
				fmt.Fprintf(out, "E%d,"+form+",Person Number %[1]d,active\n", at, at)
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// peopled are the rows of what people timed.
func (b *bench) peopled(s *strings.Builder) {
	cpu := func(u usage) float64 { return u.cpu }
	for _, c := range []struct {
		name string
		took []usage
	}{{"`account import`, the first list of %s people", b.listed}, {"`reconcile`, a list of %s people against all tokens", b.reconciled}} {
		fmt.Fprintf(s, "| "+c.name+" (CPU, peak memory) | %.1f s (%.1f s, %s MB) | | |\n", thousands(float64(b.n/2)),
			median(c.took, seconds), median(c.took, cpu), thousands(memory(c.took)))
	}
}
