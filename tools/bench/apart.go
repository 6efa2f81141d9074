package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"fob/tools/seedgen/gen"
)

// writeApart writes files in a run of its own. The system credits a process with
// the peak memory of the one that started it, so this one has to stay small.
func (b *bench) writeApart(ctx context.Context, what string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-write", what, "-n", strconv.Itoa(b.n), "-dir", b.dir)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// writeHere is that run.
func (b *bench) writeHere(what, dir string) error {
	b.place(dir)
	switch what {
	case "":
		return nil
	case "workbook":
		return b.write(b.path("seeds.xlsx"), gen.WriteWorkbook)
	case "changed":
		return b.writeChanged()
	}
	return fmt.Errorf("-write %s: workbook or changed", what)
}

// place says where the files of a measurement are, and what tokens are in them.
func (b *bench) place(dir string) {
	b.dir, b.seeds = dir, filepath.Join(dir, "seeds.csv")
	b.plan = gen.Plan{N: b.n, Serials: 2600412300001}
}
