package delivery

import (
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"

	"fob/internal/seedfile"
)

// spy looks at every file that the process has open below a folder, spools
// without a name included.
type spy struct {
	dir    string
	pieces []string
	seen   int
	t      *testing.T
}

// spool looks before the end of what is spooled, and after.
func (s *spy) spool(r io.Reader, name string) (Spooled, error) {
	sp, err := seedfile.Spool(io.MultiReader(r, lookReader{s}), name, s.dir, rand.Reader)
	if err != nil {
		return nil, err
	}
	s.look()
	return sp, nil
}

type lookReader struct{ s *spy }

func (l lookReader) Read([]byte) (int, error) {
	l.s.look()
	return 0, io.EOF
}

func (s *spy) look() {
	s.t.Helper()
	paths, _ := filepath.Glob(s.dir + "/*")
	if runtime.GOOS == "linux" {
		all, _ := filepath.Glob("/proc/self/fd/*")
		for _, fd := range all {
			if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, s.dir) {
				paths = append(paths, fd)
			}
		}
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // gone in between
		}
		s.seen += len(data)
		for _, p := range s.pieces {
			if bytes.Contains(data, []byte(p)) {
				s.t.Errorf("%s holds %q in the clear", path, p)
			}
		}
	}
}

// sealedByAge is encrypted with a passphrase, with little work.
func sealedByAge(t testing.TB, text, pass string) []byte {
	t.Helper()
	var out bytes.Buffer
	id, err := age.NewScryptRecipient(pass)
	if err != nil {
		t.Fatal(err)
	}
	id.SetWorkFactor(2)
	w, err := age.Encrypt(&out, id)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
