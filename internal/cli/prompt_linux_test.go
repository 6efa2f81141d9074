package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fob/internal/cli/term"
	"fob/internal/fault"
)

// TestSecretEndsWithContext: Ctrl-C ends a question for a passphrase though
// nobody types, and the terminal echoes again.
func TestSecretEndsWithContext(t *testing.T) {
	_, end := newTTY(t)
	tty := term.NewTerminal(end)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		for echoes(t, tty.Tty) { // until the read has begun
			time.Sleep(time.Millisecond)
		}
		stop()
	}()
	pass, err := tty.Secret(ctx, "Passphrase")
	if pass != nil || !errors.Is(err, context.Canceled) || fault.KindOf(err) != fault.Interrupted || term.ExitOf(err) != term.ExitInterrupted {
		t.Errorf("asking ended with %q, %v, exit %d", pass, err, term.ExitOf(err))
	}
	if !echoes(t, tty.Tty) {
		t.Error("the terminal does not echo any more")
	}
	tty.Close()
	if !echoes(t, tty.Tty) {
		t.Error("the terminal was closed under a read that waits")
	}
	if _, err := tty.Secret(ctx, "Passphrase"); term.ExitOf(err) != term.ExitInterrupted {
		t.Errorf("asking after the end gave %v", err)
	}
}

// newTTY gives a terminal: the end that a person types on, and the one that a
// program has.
func newTTY(t *testing.T) (person, tty *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("this system gives no terminals:", err)
	}
	// Not by Fd, which makes the file one whose Close waits for a read that waits.
	raw, err := person.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	var refused error
	err = raw.Control(func(fd uintptr) {
		if refused = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); refused == nil {
			n, refused = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err := errors.Join(err, refused); err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("this system gives no terminals:", err)
	}
	t.Cleanup(func() { person.Close() }) // which ends the read that waits
	return person, tty
}

func echoes(t *testing.T, tty *os.File) bool {
	state, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Error(err)
		return false
	}
	return state.Lflag&unix.ECHO != 0
}
