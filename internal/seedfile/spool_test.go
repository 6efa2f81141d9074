package seedfile

import (
	"bytes"
	"errors"
	"fob/internal/fault"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

func chance() io.Reader { return rand.NewChaCha8([32]byte{7}) }

func spool(t *testing.T, text string) *Spooled {
	t.Helper()
	s, err := Spool(strings.NewReader(text), "pipe", t.TempDir(), chance())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSpool(t *testing.T) {
	for _, size := range []int{1, spoolChunk - 1, spoolChunk, spoolChunk + 1, 3 * spoolChunk, 3*spoolChunk + 5} {
		text := strings.Repeat("s", size-1) + "\n"
		s := spool(t, text)
		if s.Name() != "pipe" || contents(t, s) != text || contents(t, s) != text {
			t.Errorf("%d bytes do not come back", size)
		}
	}
}

func TestSpoolReadersAreIndependent(t *testing.T) {
	text := strings.Repeat("0123456789", spoolChunk)
	s := spool(t, text)
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

func TestSpoolLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s, err := Spool(strings.NewReader("3132333435"), "pipe", dir, chance())
	if err != nil {
		t.Fatal(err)
	}
	if info, err := s.file.Stat(); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the spool: %v %v", info.Mode(), err)
	}
	if raw := sealed(t, s); bytes.Contains(raw, []byte("3132")) {
		t.Error("the spool is not encrypted")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if _, err := s.Open(); err == nil {
		t.Error("a closed spool was opened")
	}
	if err := s.Close(); err != nil {
		t.Error("closing twice:", err)
	}
}

// sealed is what lies on the disk.
func sealed(t *testing.T, s *Spooled) []byte {
	t.Helper()
	raw := make([]byte, s.sealed)
	if _, err := s.file.ReadAt(raw, 0); err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestSpoolFindsDamage(t *testing.T) {
	text := strings.Repeat("x", 2*spoolChunk+100)
	damages := map[string]func(s *Spooled, raw []byte){
		"cut at a chunk":    func(s *Spooled, _ []byte) { s.sealed = 2 * sealedChunk },
		"cut in a chunk":    func(s *Spooled, _ []byte) { s.sealed -= 7 },
		"cut to nothing":    func(s *Spooled, _ []byte) { s.sealed = 0 },
		"one bit":           func(s *Spooled, raw []byte) { raw[sealedChunk+9] ^= 1 },
		"chunks swapped":    func(s *Spooled, raw []byte) { swap(raw[:sealedChunk], raw[sealedChunk:2*sealedChunk]) },
		"longer than it is": func(s *Spooled, _ []byte) { s.sealed++ },
	}
	for name, damage := range damages {
		s := spool(t, text)
		raw := sealed(t, s)
		damage(s, raw)
		if _, err := s.file.WriteAt(append(raw, 0), 0); err != nil {
			t.Fatal(err)
		}
		in, err := s.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, in); fault.KindOf(err) != fault.Internal || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		_ = in.Close()
	}
}

func swap(a, b []byte) {
	c := bytes.Clone(a)
	copy(a, b)
	copy(b, c)
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
	s := spool(t, "a")
	checkRefused(t, s.seal(strings.NewReader("0123456789"), 9), "more than 4 GiB")
}

func FuzzSpool(f *testing.F) {
	f.Add([]byte("2600412300001,3132\n"), uint16(3), uint32(0))
	f.Add(bytes.Repeat([]byte("x"), 100), uint16(spoolChunk/50), uint32(sealedChunk+3))
	f.Fuzz(func(t *testing.T, part []byte, times uint16, at uint32) {
		text := bytes.Repeat(part, int(times)%(4*spoolChunk/(len(part)+1)))
		s, err := Spool(iotest.HalfReader(bytes.NewReader(text)), "pipe", t.TempDir(), chance())
		if len(text) == 0 {
			if s != nil || err == nil {
				t.Fatal("an empty spool")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if contents(t, s) != string(text) {
			t.Fatal("it does not come back")
		}
		raw := sealed(t, s)
		i := int64(at) % s.sealed
		if _, err := s.file.WriteAt([]byte{raw[i] ^ 0x40}, i); err != nil {
			t.Fatal(err)
		}
		in, err := s.Open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(in); err == nil || !bytes.HasPrefix(text, got) {
			t.Fatal("damage went unseen")
		}
	})
}
