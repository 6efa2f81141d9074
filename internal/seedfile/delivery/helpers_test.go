package delivery

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/testkit"
)

const samples = "../../../testdata/deliveries"

func sample(name string) string { return filepath.Join(samples, name) }

func keyPath(name string) string { return filepath.Join(samples, "keys", name) }

// day is when the samples were made.
var day = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// given makes Keys of names such as "keys:receiver.asc pass:passphrase.txt
// signer:supplier-pub.asc".
func given(t testing.TB, words string) *Keys {
	t.Helper()
	var g Given
	for word := range strings.FieldsSeq(words) {
		kind, name, _ := strings.Cut(word, ":")
		switch kind {
		case "key":
			g.KeyFiles = append(g.KeyFiles, keyPath(name))
		case "pass":
			g.PassphraseFiles = append(g.PassphraseFiles, keyPath(name))
		case "signer":
			g.SignedBy = keyPath(name)
		default:
			t.Fatalf("%q", word)
		}
	}
	keys, _, err := g.Read()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Clear)
	return keys
}

func opener(t testing.TB, keys *Keys) Opener {
	return Opener{
		Keys: keys,
		Spool: func(r io.Reader, name string) (Spooled, error) {
			return spoolIn(t.TempDir(), r, name)
		},
		Now: func() time.Time { return day },
	}
}

// spoolIn keeps a nil *seedfile.Spooled from becoming a Spooled.
func spoolIn(dir string, r io.Reader, name string) (Spooled, error) {
	s, err := seedfile.Spool(r, name, dir, rand.Reader)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// memory is a Source of bytes.
type memory struct {
	name string
	data []byte
}

func (m memory) OpenAt() (seedfile.ReaderAtCloser, int64, error) {
	return struct {
		io.ReaderAt
		io.Closer
	}{bytes.NewReader(m.data), io.NopCloser(nil)}, int64(len(m.data)), nil
}

func (m memory) Name() string                 { return m.name }
func (m memory) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(m.data)), nil }

func openFile(t testing.TB, name, words string) (*Delivery, error) {
	t.Helper()
	src, err := seedfile.FileSource(sample(name))
	if err != nil {
		t.Fatal(err)
	}
	return open(t, src, given(t, words))
}

func open(t testing.TB, src seedfile.Source, keys *Keys) (*Delivery, error) {
	t.Helper()
	d, err := opener(t, keys).Open(context.Background(), src)
	if err == nil {
		t.Cleanup(func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	} else if d != nil {
		t.Errorf("an error and a delivery: %v", err)
	}
	return d, err
}

func content(t testing.TB, src seedfile.Source) string {
	t.Helper()
	in, err := src.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	data, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// describe is an error as the command line shows it.
func describe(err error) string {
	if err == nil {
		return "<none>"
	}
	kinds := map[fault.Kind]string{fault.Refused: "3", fault.KeyTrouble: "8", fault.Internal: "1", fault.Interrupted: "130"}
	return kinds[fault.KindOf(err)] + ": " + fault.MessageIn(err, testkit.Flags) + " (" + fault.AdviceOf(err).In(testkit.Flags) + ")"
}
