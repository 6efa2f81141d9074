package seedfile

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"fob/internal/fault"
)

// chunk is what a spool seals at once.
const chunk = 8 << 10

func chance() io.Reader { return rand.NewChaCha8([32]byte{7}) }

func spooled(t *testing.T, text string) *Spooled {
	t.Helper()
	s, err := Spool(strings.NewReader(text), "pipe", t.TempDir(), chance())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSpool(t *testing.T) {
	for _, size := range []int{1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3*chunk + 5} {
		text := strings.Repeat("s", size-1) + "\n"
		s := spooled(t, text)
		if s.Name() != "pipe" || contents(t, s) != text || contents(t, s) != text {
			t.Errorf("%d bytes do not come back", size)
		}
	}
}

func TestSpoolReadersAreIndependent(t *testing.T) {
	text := strings.Repeat("0123456789", chunk)
	s := spooled(t, text)
	a, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	head := make([]byte, 100)
	if _, err := io.ReadFull(a, head); err != nil {
		t.Fatal(err)
	}
	whole := contents(t, s)
	rest, err := io.ReadAll(iotest.OneByteReader(a))
	if err != nil || whole != text || string(head)+string(rest) != text {
		t.Errorf("%d and %d bytes, %v", len(whole), len(head)+len(rest), err)
	}
}

func TestClosedSpool(t *testing.T) {
	s := spooled(t, "a")
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Open(); err == nil {
		t.Error("a closed spool was opened")
	}
	if _, _, err := s.OpenAt(); err == nil {
		t.Error("a closed spool was opened")
	}
}

func TestSpoolRefuses(t *testing.T) {
	dir := t.TempDir()
	_, err := Spool(strings.NewReader(""), "pipe", dir, chance())
	checkRefused(t, err, "is empty")

	broken := errors.New("broken pipe")
	_, err = Spool(io.MultiReader(strings.NewReader("a"), iotest.ErrReader(broken)), "pipe", dir, chance())
	if !errors.Is(err, broken) || fault.KindOf(err) != fault.Internal {
		t.Error(err)
	}
	wrong := fault.Errorf(fault.KeyTrouble, "wrong passphrase")
	_, err = Spool(iotest.ErrReader(wrong), "pipe", dir, chance())
	if !errors.Is(err, wrong) || fault.KindOf(err) != fault.KeyTrouble {
		t.Error("an error of fob's own lost its kind:", err)
	}
	_, err = Spool(strings.NewReader("a"), "pipe", dir, strings.NewReader("too few"))
	if fault.KindOf(err) != fault.Internal || err == nil {
		t.Error(err)
	}
	_, err = Spool(strings.NewReader("a"), "pipe", dir+"/missing", chance())
	if fault.KindOf(err) != fault.Internal || err == nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSpoolLimit(t *testing.T) {
	s := spooled(t, "a")
	checkRefused(t, s.fill(strings.NewReader("0123456789"), 9), "more than 4 GiB")
}
