package custody

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"fob/internal/fault"
)

// TestPipes: an identity may come from another program without touching a
// disk, whatever the mode of the pipe.
func TestPipes(t *testing.T) {
	key := newTestIdentity(t, KindX25519).held.get().text
	fifo := filepath.Join(t.TempDir(), "fifo")
	must(t, unix.Mkfifo(fifo, 0o666))
	must(t, os.Chmod(fifo, 0o666))
	go func() { _ = os.WriteFile(fifo, []byte(key), 0) }()
	_, err := ReadIdentities(fifo, nil)
	must(t, err)

	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	_, err = w.WriteString(key)
	must(t, err)
	must(t, w.Close())
	_, err = ReadIdentities(fmt.Sprintf("/dev/fd/%d", r.Fd()), nil)
	must(t, err)
}

// TestDescriptorOfFile: a file does not become private by way of /dev/fd.
func TestDescriptorOfFile(t *testing.T) {
	path := writeFile(t, newTestIdentity(t, KindX25519).held.get().text)
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	_, err = ReadIdentities(fmt.Sprintf("/dev/fd/%d", f.Fd()), nil)
	must(t, err)
	must(t, os.Chmod(path, 0o644))
	_, err = ReadIdentities(fmt.Sprintf("/dev/fd/%d", f.Fd()), nil)
	wantError(t, err, fault.KeyTrouble, "mode 0644")
}

func TestHardenProcess(t *testing.T) {
	must(t, HardenProcess())
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_CORE, &limit))
	if limit != (unix.Rlimit{}) {
		t.Errorf("core files of %d bytes, %d at most", limit.Cur, limit.Max)
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	must(t, err)
	if dumpable != 0 {
		t.Error("the process can be dumped")
	}
	must(t, HardenProcess())
	// What the kernel then gives to root in /proc/self must not stand in the
	// way of an identity by descriptor.
	TestPipes(t)
}
