package seedfile

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

// TestOpenAt reads files on disk and spools at every kind of place.
func TestOpenAt(t *testing.T) {
	for _, size := range []int{1, 22, chunk - 1, chunk, chunk + 1, 3*chunk + 5} {
		data := make([]byte, size)
		if _, err := io.ReadFull(chance(), data); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		disk, err := FileSource(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, src := range []Source{disk, spooled(t, string(data))} {
			checkAt(t, src.(RandomSource), data)
		}
	}
}

func checkAt(t *testing.T, src RandomSource, want []byte) {
	t.Helper()
	at, size, err := src.OpenAt()
	if err != nil || size != int64(len(want)) {
		t.Fatal(size, len(want), err)
	}
	if err := iotest.TestReader(io.NewSectionReader(at, 0, size), want); err != nil {
		t.Error(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		off := r.IntN(len(want) + 1)
		part := make([]byte, r.IntN(len(want)-off+2))
		n, err := at.ReadAt(part, int64(off))
		if !bytes.Equal(part[:n], want[off:off+n]) || (n < len(part)) != (err == io.EOF) {
			t.Fatalf("%d bytes at %d of %d: %d, %v", len(part), off, len(want), n, err)
		}
	}
	if _, err := at.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("read before the beginning")
	}
	if err := at.Close(); err != nil {
		t.Error(err)
	}
}

// TestSpoolOfWhatWasCut takes the cry of a reader that was cut for no end.
func TestSpoolOfWhatWasCut(t *testing.T) {
	cut := io.MultiReader(bytes.NewReader([]byte("half of it")), iotest.ErrReader(io.ErrUnexpectedEOF))
	if s, err := Spool(cut, "pipe", t.TempDir(), chance()); err == nil {
		_ = s.Close()
		t.Error("a cut file was spooled as a whole one")
	} else if err.Error() != `reading "pipe": it was cut` {
		t.Error(err)
	}
}
