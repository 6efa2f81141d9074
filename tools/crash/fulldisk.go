package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// fullDisks imports the large file on disks with room for nothing of it up to all of
// it, so many sizes of them. Where it does not fit the import fails and says so,
// nothing of it is seen and nothing else is lost; with room it succeeds. made is false
// where no such disk could be made.
func (h *harness) fullDisks(ctx context.Context, sizes int) (full int, made bool, err error) {
	disk := filepath.Join(h.dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		return 0, false, err
	}
	for i := range sizes {
		failed, err := h.onDisk(ctx, disk, int64(i)*2*h.most/int64(sizes))
		if errors.Is(err, errNoDisk) {
			return 0, false, nil
		}
		if err != nil {
			return full, true, fmt.Errorf("size %d of %d: %w", i+1, sizes, err)
		}
		if failed {
			full++
		}
	}
	return full, true, nil
}

var errNoDisk = errors.New("no disk can be made here")

const wideRoom = "size=1g,mode=700"

// onDisk is one size: so many bytes are free when the import begins. It reports
// whether that was too little.
func (h *harness) onDisk(ctx context.Context, disk string, free int64) (failed bool, err error) {
	if exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", wideRoom, "tmpfs", disk).Run() != nil {
		return false, errNoDisk
	}
	defer exec.Command("umount", disk).Run() //nolint:errcheck // what is left lies in memory only
	s, err := h.newStoreIn(ctx, disk)
	if err != nil {
		return false, err
	}
	used, err := roomUsed(disk)
	if err != nil {
		return false, err
	}
	resize := func(to string) error {
		out, err := exec.CommandContext(ctx, "mount", "-o", "remount,"+to, disk).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("another size: %w\n%s", err, out)
		}
		return err
	}
	if err := resize(fmt.Sprintf("size=%d", used+free)); err != nil {
		return false, err
	}
	e, err := s.killAt(ctx, func() bool { return false }, "import", "--quiet", h.large)
	if err != nil {
		return false, err
	}
	const failure = 1
	if failed = e.code == failure && strings.Contains(e.out, "the disk of the store is full"); !failed && e.code != 0 {
		return failed, fmt.Errorf("the import ended with %d:\n%s", e.code, e.out)
	}
	b, err := s.bind(ctx, 0, func() bool { return false })
	if err != nil {
		return failed, err
	}
	bound := b.code == 0
	if !bound && (b.code != failure || !strings.Contains(b.out, "full")) {
		return failed, fmt.Errorf("a bind ended with %d:\n%s", b.code, b.out)
	}
	if err := resize(wideRoom); err != nil {
		return failed, err
	}
	tokens := h.few
	if !failed {
		tokens += h.many
	}
	if err := s.agrees(ctx, tokens); err != nil {
		return failed, err
	}
	if bound {
		if err := s.checkBind(ctx, 0, b); err != nil {
			return failed, err
		}
	}
	if err := s.must(ctx, "import", "--quiet", h.large); err != nil {
		return failed, err
	}
	if err := s.agrees(ctx, h.few+h.many); err != nil {
		return failed, err
	}
	return failed, s.swept(h.few + h.many)
}

// roomUsed is how many bytes of a disk are taken, in whole pages.
func roomUsed(disk string) (n int64, err error) {
	out, err := exec.Command("df", "--output=used", "-B1", disk).Output()
	if err == nil {
		_, err = fmt.Sscan(strings.TrimPrefix(strings.TrimSpace(string(out)), "Used"), &n)
	}
	return n, err
}
