package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/xuri/excelize/v2"
)

// prepareSheets writes the tokens into a workbook, to be read by fob and by a bare
// iteration of excelize, which is a run of this program.
func (b *bench) prepareSheets(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	path := b.path("seeds.xlsx")
	if err := b.writeApart(ctx, "workbook"); err != nil {
		return err
	}
	bare := func(ctx context.Context) []*exec.Cmd {
		return []*exec.Cmd{exec.CommandContext(ctx, self, "-iterate", path)}
	}
	inspect := func(ctx context.Context) []*exec.Cmd { return []*exec.Cmd{b.fob.Command(ctx, "inspect", path)} }
	b.sheets = []*contest{
		{name: "`inspect`: reading, twice", one: inspect, other: bare},
		{name: "`import`: reading, twice, and storing", one: b.load(path), other: bare},
	}
	return nil
}

// besideIteration is the table of what is read from a workbook.
func (b *bench) besideIteration(s *strings.Builder) {
	if b.sheets == nil {
		return
	}
	s.WriteString("\n| an .xlsx, beside a bare iteration of excelize, medians | s | bare, s | ratio | CPU, ratio | peak memory | bare |\n|---|---|---|---|---|---|---|\n")
	for _, c := range b.sheets {
		one, other := median(c.tookOne, seconds), median(c.tookOther, seconds)
		fmt.Fprintf(s, "| %s | %.2f | %.2f | %.2f | %.2f | %.0f MB | %.0f MB |\n", c.name, one, other, one/max(other, 1e-9),
			b.cpu(c.tookOne)/max(b.cpu(c.tookOther), 1e-9), memory(c.tookOne), memory(c.tookOther))
	}
}

// iterate goes over the rows of a workbook's first sheet with nothing but
// excelize, and does nothing with them: what reading costs that has to be paid.
func iterate(path string) error {
	if path == "" {
		return nil
	}
	book, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true})
	if err != nil {
		return err
	}
	defer book.Close()
	rows, err := book.Rows(book.GetSheetName(0))
	if err != nil {
		return err
	}
	cells := 0
	for rows.Next() {
		fields, err := rows.Columns()
		if err != nil {
			return err
		}
		cells += len(fields)
	}
	if cells == 0 {
		return fmt.Errorf("%s has no cells", path)
	}
	return rows.Close()
}
