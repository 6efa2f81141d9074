package seedfile

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"fob/internal/fault"
)

// write makes a file in a folder of the test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// contents reads a source once.
func contents(t *testing.T, s Source) string {
	t.Helper()
	in, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	b, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFileSource(t *testing.T) {
	s, err := FileSource(write(t, "seeds.csv", "a,b\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name() != "seeds.csv" || contents(t, s) != "a,b\n" || contents(t, s) != "a,b\n" {
		t.Errorf("%q: %q", s.Name(), contents(t, s))
	}
}

func TestFileSourceRefuses(t *testing.T) {
	large := write(t, "large.csv", "a")
	if err := os.Truncate(large, MaxFileSize+1); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		t.TempDir():                           "is a directory",
		write(t, "empty.csv", ""):             "is empty",
		filepath.Join(t.TempDir(), "missing"): "there is no file",
		large:                                 "more than 4 GiB",
	} {
		_, err := FileSource(path)
		checkRefused(t, err, says)
	}
}

func checkRefused(t *testing.T, err error, says string) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Refused || fault.HintOf(e) == "" || !strings.Contains(err.Error(), says) {
		t.Errorf("%#v, want %q with a hint", err, says)
	}
}

func TestFileSourceUnreadable(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("this user may read everything")
	}
	path := write(t, "secret.csv", "a")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	s, err := FileSource(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Open()
	checkRefused(t, err, "may not be read")
}

func TestFileSourceThatChanges(t *testing.T) {
	path := write(t, "seeds.csv", "a")
	s, err := FileSource(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	_, err = s.Open()
	checkRefused(t, err, "is empty")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = s.Open()
	checkRefused(t, err, "there is no file")
}

func TestFileSourceDevice(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no /dev/null")
	}
	_, err := FileSource("/dev/null")
	checkRefused(t, err, "can be read only once")
	if !errors.Is(err, ErrStream) {
		t.Error("a device is not told from other refusals")
	}
}

func TestPassSumsTheWholeFile(t *testing.T) {
	text := strings.Repeat("seed file\n", 10000)
	s, err := FileSource(write(t, "seeds.csv", text))
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range []int{0, 1, 5000, len(text)} {
		p, err := OpenPass(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(p, make([]byte, read)); err != nil {
			t.Fatal(err)
		}
		sum, err := p.Sum()
		if err != nil || sum != sha256.Sum256([]byte(text)) || p.Size() != int64(len(text)) {
			t.Errorf("after %d bytes: %x %v", read, sum, err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestPassLimit(t *testing.T) {
	s, err := FileSource(write(t, "seeds.csv", "0123456789"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := OpenPass(s)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.limit = 9
	_, err = p.Sum()
	checkRefused(t, err, "more than 4 GiB")
}

func TestReadError(t *testing.T) {
	for _, same := range []error{nil, io.EOF, fault.Errorf(fault.Refused, "x")} {
		if ReadError(same) != same {
			t.Error(same)
		}
	}
	if err := ReadError(errors.New("disk")); fault.KindOf(err) != fault.Internal {
		t.Error(err)
	}
}

// The name is kept with the batch and shown on terminals.
func TestNamesAreText(t *testing.T) {
	for path, want := range map[string]string{
		"/in/Lieferung Zürich.csv": "Lieferung Zürich.csv",
		"/in/Z\xfcrich.csv":        "Z\uFFFDrich.csv",
		"/in/a\x1b[2Jb\n.csv":      "a\uFFFD[2Jb\uFFFD.csv",
		"/in/gpj\u202evsc":         "gpj\uFFFDvsc",
	} {
		if got := diskFile(path).Name(); got != want {
			t.Errorf("%q is named %q, not %q", path, got, want)
		}
	}
	s, err := Spool(strings.NewReader("x"), "a\xff", t.TempDir(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Name() != "a\uFFFD" {
		t.Errorf("the spool is named %q", s.Name())
	}
}

// What finds out the format and what reads it share one pass.
func TestSampleIsReadAgain(t *testing.T) {
	for _, size := range []int{1, SampleSize - 1, SampleSize, SampleSize + 1, 3 * SampleSize} {
		text := strings.Repeat("s", size)
		s, err := FileSource(write(t, "seeds.csv", text))
		if err != nil {
			t.Fatal(err)
		}
		p, err := OpenPass(s)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			sample, err := p.Sample(Options{SkipRows: 3})
			if err != nil || len(sample.Data) != min(size, SampleSize) || sample.Whole != (size <= SampleSize) || sample.Options.SkipRows != 3 {
				t.Errorf("%d bytes: %d, %v, %v", size, len(sample.Data), sample.Whole, err)
			}
		}
		if sum, err := p.Sum(); err != nil || sum != sha256.Sum256([]byte(text)) || p.Size() != int64(size) {
			t.Errorf("%d bytes: %d, %v", size, p.Size(), err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}
