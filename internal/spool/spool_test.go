package spool

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"fob/internal/fault"
)

func chance() io.Reader { return rand.NewChaCha8([32]byte{7}) }

func filled(t testing.TB, text []byte) *File {
	t.Helper()
	f, err := New(t.TempDir(), chance())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	for rest := text; len(rest) > 0; {
		n := min(len(rest), 1+len(rest)/3)
		if _, err := f.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := f.Finish(); err != nil {
		t.Fatal(err)
	}
	return f
}

func content(f *File) ([]byte, error) { return io.ReadAll(io.NewSectionReader(f, 0, f.Size())) }

// onDisk is what lies on the disk.
func onDisk(t testing.TB, f *File) []byte {
	t.Helper()
	info, err := f.file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, info.Size())
	if _, err := f.file.ReadAt(raw, 0); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return raw
}

func TestWhatWasWrittenComesBack(t *testing.T) {
	for _, size := range []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 3 * chunkSize, 3*chunkSize + 5} {
		text := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
		f := filled(t, text)
		if got, err := content(f); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes do not come back: %v", size, err)
		}
		for at := 0; at < size; at += 1 + size/7 {
			got := make([]byte, min(100, size-at))
			if n, err := f.ReadAt(got, int64(at)); n != len(got) || err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(got, text[at:at+n]) {
				t.Errorf("at %d of %d: %v", at, size, err)
			}
		}
		if _, err := f.ReadAt(make([]byte, 1), -1); err == nil {
			t.Error("read before the beginning")
		}
	}
}

// Nothing that lies on the disk meanwhile can be read, or found by name.
func TestNothingIsLeftOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	f, err := New(dir, chance())
	if err != nil {
		t.Fatal(err)
	}
	empty := func() {
		t.Helper()
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	}
	empty()
	if _, err := f.Write(bytes.Repeat([]byte("anna@example.com;"), 5000)); err != nil {
		t.Fatal(err)
	}
	if raw := onDisk(t, f); len(raw) < 5000 || bytes.Contains(raw, []byte("anna")) {
		t.Error("the temporary file can be read")
	}
	if info, err := f.file.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.ReadAt(make([]byte, 1), 0); err == nil {
		t.Error("a closed spool was read")
	}
	for name, err := range map[string]error{
		"a folder that does not exist took a file": second(New(os.DevNull, chance())),
		"a key was made of nothing":                second(New(dir, strings.NewReader("too few"))),
	} {
		if fault.KindOf(err) != fault.Internal || err == nil {
			t.Error(name, err)
		}
	}
	empty()
}

func second(_ *File, err error) error { return err }

func TestDamageIsFound(t *testing.T) {
	text := bytes.Repeat([]byte("x"), 2*chunkSize+100)
	for name, damage := range map[string]func(f *File, raw []byte) []byte{
		"cut at a chunk":    func(_ *File, raw []byte) []byte { return raw[:2*sealedSize] },
		"cut in a chunk":    func(_ *File, raw []byte) []byte { return raw[:len(raw)-7] },
		"cut to nothing":    func(*File, []byte) []byte { return nil },
		"one bit":           func(_ *File, raw []byte) []byte { raw[sealedSize+9] ^= 1; return raw },
		"longer than it is": func(_ *File, raw []byte) []byte { return append(raw, 0) },
		"chunks exchanged": func(_ *File, raw []byte) []byte {
			return append(append(bytes.Clone(raw[sealedSize:2*sealedSize]), raw[:sealedSize]...), raw[2*sealedSize:]...)
		},
	} {
		f := filled(t, text)
		raw := damage(f, onDisk(t, f))
		if err := f.file.Truncate(0); err != nil {
			t.Fatal(err)
		}
		if _, err := f.file.WriteAt(raw, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := content(f); fault.KindOf(err) != fault.Internal || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzSpool(f *testing.F) {
	f.Add([]byte("2600412300001,3132\n"), uint16(3), uint32(0))
	f.Add(bytes.Repeat([]byte("x"), 100), uint16(chunkSize/50), uint32(sealedSize+3))
	f.Fuzz(func(t *testing.T, part []byte, times uint16, at uint32) {
		text := bytes.Repeat(part, int(times)%(4*chunkSize/(len(part)+1)))
		s := filled(t, text)
		defer s.Close()
		if got, err := content(s); err != nil || !bytes.Equal(got, text) {
			t.Fatal("it does not come back", err)
		}
		raw := onDisk(t, s)
		if len(raw) == 0 {
			return
		}
		i := int(at) % len(raw)
		if _, err := s.file.WriteAt([]byte{raw[i] ^ 0x40}, int64(i)); err != nil {
			t.Fatal(err)
		}
		s.chunk = -1 // not at hand any more
		if got, err := content(s); err == nil || !bytes.HasPrefix(text, got) {
			t.Fatal("damage went unseen")
		}
	})
}
