package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"fob/internal/cli/term"
)

// The rows of an old export lie beside the new one while they are compared: a disk
// that is full by them, or behind them, leaves the old files as they are.
func TestCompareOnAFullDisk(t *testing.T) {
	l := newLived(t, 40)
	disk := filepath.Join(l.dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1g"); err != nil {
		t.Skip("no disk can be made to be filled here: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, 0) })
	old := l.export(t, "old.json")
	rows, err := os.Stat(l.export(t, "rows.csv"))
	if err != nil {
		t.Fatal(err)
	}
	spooled := int(rows.Size()+4095) / 4096
	for _, name := range []string{"x.json", "x.xlsx", "x.zip"} {
		write(t, filepath.Join(disk, name), "the old file")
		write(t, filepath.Join(disk, name+term.SidecarEnding), "the old signature")
		for _, room := range []int{2, 2 + spooled/2, 2 + spooled, 3 + spooled} {
			remount(t, disk, fmt.Sprintf("size=%dk", 4*room))
			got := l.run("export", filepath.Join(disk, name), "--yes", "--sign", "--compare", old)
			if got.exit != term.ExitFailed || !strings.Contains(got.err, "disk is full") || strings.Contains(got.err, ".fob-") {
				t.Errorf("%s with %d pages: exit %d\n%s", name, room, got.exit, got.err)
			}
			onlyOld(t, disk, name)
		}
		remount(t, disk, "size=1g")
		remount(t, disk, "ro")
		if got := l.run("export", filepath.Join(disk, name), "--yes", "--compare", old); got.exit != term.ExitFailed ||
			!strings.Contains(got.err, "read-only file system") || strings.Contains(got.err, ".fob-") {
			t.Errorf("%s on a disk that is read-only: exit %d\n%s", name, got.exit, got.err)
		}
		onlyOld(t, disk, name)
		remount(t, disk, "rw")
		for _, file := range []string{name, name + term.SidecarEnding} {
			if err := os.Remove(filepath.Join(disk, file)); err != nil {
				t.Fatal(err)
			}
		}
	}
}
