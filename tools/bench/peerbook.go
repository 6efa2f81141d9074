package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// peerBook is the other side of the workbook's figure, in C: libxlsxwriter in its
// constant-memory mode, which writes the cells of fob's .csv with their kinds.
//
//go:embed peer/xlsxwriter.c
var peerBook []byte

// kindsOf are the columns of the inventory that are no text: n for a number, t for a
// time, b for true or false.
var kindsOf = map[string]byte{
	"bound_codes": 'n', "batch": 'n', "digits": 'n', "period": 'n', "counter": 'n', "seed_key": 'n', "drift_seconds": 'n', "drift_ppm": 'n',
	"watermark": 'n', "failures": 'n', "loss_hours": 'n', "id": 'n',
	"state_since": 't', "bound_at": 't', "last_verified_at": 't', "imported_at": 't', "t0": 't', "not_before": 't', "not_after": 't',
	"manufactured": 't', "destroyed_at": 't', "observed_at": 't', "locked_until": 't', "lost_reported_at": 't',
	"seed_present": 'b', "issued": 'b', "stolen": 'b', "was_stolen": 'b', "leaked": 'b', "software": 'b',
}

// books are workbooks of the same cells, in pairs.
type books struct {
	program, missing string // the compiled peer, or why there is none
	fob, peer        []usage
}

// prepareBooks compiles the peer.
func (b *bench) prepareBooks(ctx context.Context) error {
	source := b.path("xlsxwriter.c")
	if err := os.WriteFile(source, peerBook, 0o600); err != nil {
		return err
	}
	program := b.path("xlsxwriter")
	if out, err := exec.CommandContext(ctx, "cc", "-O2", "-o", program, source, "-lxlsxwriter").CombinedOutput(); err != nil {
		b.books.missing = "libxlsxwriter or cc is missing: apt-get install gcc libxlsxwriter-dev"
		b.progress("%s (%v)\n%s", b.books.missing, err, out)
		return nil
	}
	b.books.program = program
	return nil
}

// bookPair times fob's workbook, and the peer's with the same inventory; who begins
// changes from run to run.
func (b *bench) bookPair(ctx context.Context, i int) error {
	b.progress("workbooks %d of %d", i+1, b.runs)
	turns := []func() error{
		func() error {
			return b.time(&b.books.fob, b.fob.Command(ctx, "export", b.path("inventory.xlsx"), "--yes", "--quiet"))
		},
		func() error { return b.peerBook(ctx) },
	}
	if i%2 == 1 {
		slices.Reverse(turns)
	}
	for _, turn := range turns {
		if err := turn(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) peerBook(ctx context.Context) error {
	if b.books.program == "" {
		return nil
	}
	rows := b.path("inventory.csv") // of the export before
	kinds, err := kindsIn(rows)
	if err != nil {
		return err
	}
	return b.time(&b.books.peer, exec.CommandContext(ctx, b.books.program, rows, b.path("peer.xlsx"), kinds))
}

// kindsIn reads which columns a .csv has.
func kindsIn(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	head := make([]byte, 8<<10)
	n, err := file.Read(head)
	if err != nil {
		return "", err
	}
	line, _, found := strings.Cut(string(head[:n]), "\r\n")
	if !found {
		return "", fmt.Errorf("%s has no first line", path)
	}
	var kinds []byte
	for name := range strings.SplitSeq(line, ",") {
		kind, known := kindsOf[strings.Trim(name, `"`)]
		if !known {
			kind = 's'
		}
		kinds = append(kinds, kind)
	}
	return string(kinds), nil
}

// besideC is the row of the workbooks.
func (b *bench) besideC(s *strings.Builder) {
	k := b.books
	s.WriteString("\n| a workbook of all columns, medians | s | libxlsxwriter (C, constant memory), s | ratio | CPU, ratio | peak memory | of the other |\n|---|---|---|---|---|---|---|\n")
	name := fmt.Sprintf("`export` .xlsx of %s tokens, beside the same inventory", thousands(float64(b.n)))
	if len(k.peer) == 0 {
		missing := k.missing
		if missing == "" {
			missing = "not measured"
		}
		fmt.Fprintf(s, "| %s | %.2f | %s | | | %.0f MB | |\n", name, median(k.fob, seconds), missing, memory(k.fob))
		return
	}
	one, other := median(k.fob, seconds), median(k.peer, seconds)
	fmt.Fprintf(s, "| %s | %.2f | %.2f | %.2f | %.2f | %.0f MB | %.0f MB |\n", name, one, other, one/max(other, 1e-9),
		b.cpu(k.fob)/max(b.cpu(k.peer), 1e-9), memory(k.fob), memory(k.peer))
}
