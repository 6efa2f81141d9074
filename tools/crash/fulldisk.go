package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// fullDisk imports the large file on a disk that has no room for it: the import
// fails and says so, nothing of it is seen, and with room it succeeds. It tells
// whether such a disk could be made.
func (h *harness) fullDisk(ctx context.Context) (made bool, err error) {
	disk := filepath.Join(h.dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		return false, err
	}
	room := fmt.Sprintf("size=%dk,mode=700", 600+h.many/13) // for the small file and half of the large one
	if exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", room, "tmpfs", disk).Run() != nil {
		return false, nil
	}
	defer exec.Command("umount", disk).Run() //nolint:errcheck // what is left lies in memory only
	s, err := h.newStoreIn(ctx, disk)
	if err != nil {
		return true, err
	}
	e, err := s.killAt(ctx, func() bool { return false }, "import", "--quiet", h.large)
	const failed = 1
	if err != nil {
		return true, err
	}
	if e.code != failed || !strings.Contains(e.out, "full") {
		return true, fmt.Errorf("the import ended with %d:\n%s", e.code, e.out)
	}
	if err := s.agrees(ctx, h.few); err != nil {
		return true, err
	}
	if out, err := exec.CommandContext(ctx, "mount", "-o", "remount,size=1g", disk).CombinedOutput(); err != nil {
		return true, fmt.Errorf("more room: %w\n%s", err, out)
	}
	if err := s.must(ctx, "import", "--quiet", h.large); err != nil {
		return true, err
	}
	if err := s.agrees(ctx, h.few+h.many); err != nil {
		return true, err
	}
	return true, s.swept(h.few + h.many)
}
