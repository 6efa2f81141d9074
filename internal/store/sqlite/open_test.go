package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/store"
)

// unusable are places that are no store of this program's.
var unusable = []struct {
	name    string
	prepare func(t *testing.T, path string) // path: a good store
	words   []string
}{
	{"missing", func(t *testing.T, path string) { must(t, os.Remove(path)) }, []string{"there is no store", "init", "with db"}},
	{"a folder", func(t *testing.T, path string) { must(t, os.Remove(path)); must(t, os.Mkdir(path, 0o700)) }, []string{"is a folder", "with db"}},
	{"text", func(t *testing.T, path string) {
		must(t, os.WriteFile(path, []byte(strings.Repeat("no database at all\n", 500)), 0o600))
	}, []string{"not a database", "with db"}},
	{"empty", func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) }, []string{"not a store of fob's", "with db"}},
	{"another program's", func(t *testing.T, path string) {
		must(t, os.Remove(path))
		tamper(t, path, "CREATE TABLE store (uuid TEXT)", "INSERT INTO store VALUES ('x')")
	}, []string{"not a store of fob's"}},
	{"newer", func(t *testing.T, path string) {
		tamper(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)", "PRAGMA user_version = 99")
	},
		[]string{"newer fob", "schema 99", "nothing was changed"}},
	{"raised by hand", func(t *testing.T, path string) { tamper(t, path, "PRAGMA user_version = 99") },
		[]string{"schema is 99", "those of schema 1", "PRAGMA user_version = 1"}},
	{"damaged", func(t *testing.T, path string) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteAt(make([]byte, 3000), 100) // the schema
		must(t, err)
		must(t, f.Close())
	}, []string{"damaged", "backup", "-wal"}},
	{"without an id", func(t *testing.T, path string) { tamper(t, path, "UPDATE store SET uuid = 'none'") }, []string{"store id"}},
}

func TestOpenRefuses(t *testing.T) {
	open := map[string]func(context.Context, string) (*store.Store, error){"write": Open, "read": OpenReadOnly}
	for how, open := range open {
		for _, c := range unusable {
			t.Run(how+" "+c.name, func(t *testing.T) {
				path := newPath(t)
				c.prepare(t, path)
				before, _ := os.ReadFile(path)
				s, err := open(bg, path)
				if s != nil {
					t.Error("there is a store all the same")
				}
				kind := fault.Internal
				if slices.Contains([]string{"without an id", "raised by hand", "damaged"}, c.name) {
					kind = fault.Integrity
				}
				kindIs(t, err, kind, c.words...)
				if after, _ := os.ReadFile(path); string(after) != string(before) {
					t.Error("the file was changed")
				}
			})
		}
	}
}

func TestNetworkFilesystem(t *testing.T) {
	path := newPath(t)
	defer func(real func(string) (int64, error)) { statfs = real }(statfs)
	for magic, name := range networkFilesystems {
		statfs = func(string) (int64, error) { return magic, nil }
		_, err := Open(bg, path)
		kindIs(t, err, fault.Internal, "network filesystem", name, "disk of this computer")
		_, err = OpenReadOnly(bg, path)
		kindIs(t, err, fault.Internal, "network filesystem")
		other := filepath.Join(t.TempDir(), "other.db")
		kindIs(t, Create(bg, other, founding()), fault.Internal, "network filesystem")
		if _, err := os.Lstat(other); err == nil {
			t.Error("a store was made")
		}
	}
}

// An older store: nothing else differs here, since there is one schema only.
func TestOlderSchema(t *testing.T) {
	path := newPath(t)
	tamper(t, path, "PRAGMA user_version = 0")
	_, err := OpenReadOnly(bg, path)
	kindIs(t, err, fault.Internal, "older fob", "backup")
	must(t, os.WriteFile(path+".schema-0.new", []byte("what a killed run left"), 0o644))
	openStore(t, path)
	backup := path + ".schema-0"
	info, err := os.Stat(backup)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the backup: %v, %v", info, err)
	}
	var n int
	must(t, direct(t, backup).QueryRow("SELECT COUNT(*) FROM audit").Scan(&n))
	if n != 1 {
		t.Errorf("the backup has %d events", n)
	}
	if _, err := os.Lstat(backup + ".new"); err == nil {
		t.Error("a half-made backup is left")
	}
	reader, err := OpenReadOnly(bg, path) // anyone who lowered the version by hand
	must(t, err)
	must(t, reader.Close())
}

// readOnly is a store as an auditor gets it, with one token, in a folder that
// everybody may look into.
func readOnlyCopy(t *testing.T, file, folder os.FileMode, withLog bool) string {
	t.Helper()
	from := newPath(t)
	s := openStore(t, from)
	addBatch(t, s, newBatch("a"), "S1")
	if !withLog {
		must(t, s.Close())
	}
	dir, err := os.MkdirTemp("", "fob-store-")
	must(t, err)
	t.Cleanup(func() { os.Chmod(dir, 0o700); os.RemoveAll(dir) })
	path := filepath.Join(dir, "copy.db")
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(from + end)
		if end == "-wal" && !withLog {
			continue
		}
		must(t, err)
		must(t, os.WriteFile(path+end, b, 0o600))
		must(t, os.Chmod(path+end, file))
	}
	must(t, os.Chmod(dir, folder))
	return path
}

func TestReadOnlyCopy(t *testing.T) {
	for name, modes := range map[string][2]os.FileMode{
		"file and folder": {0o444, 0o555},
		"folder only":     {0o666, 0o555},
		"file only":       {0o444, 0o777},
	} {
		t.Run(name, func(t *testing.T) {
			path := readOnlyCopy(t, modes[0], modes[1], false)
			for range 2 {
				out, err := runChild("read", path)
				if err != nil || out != "S1\n" {
					t.Fatalf("reading gives %q, %v", out, err)
				}
			}
			if got := files(t, filepath.Dir(path)); !slices.Equal(got, []string{"copy.db"}) {
				t.Errorf("left behind: %q", got)
			}
		})
	}
}

func TestReadOnlyCopyWithLog(t *testing.T) {
	path := readOnlyCopy(t, 0o444, 0o555, true)
	out, err := runChild("read", path)
	if err == nil || out != "" {
		t.Fatalf("reading gives %q", out)
	}
	for _, w := range []string{"copied while it was in use", "writable folder"} {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	moved := readOnlyCopy(t, 0o666, 0o777, true)
	if out, err := runChild("read", moved); err != nil || out != "S1\n" {
		t.Errorf("in a writable folder reading gives %q, %v", out, err)
	}
}

func TestWriterNeedsToWrite(t *testing.T) {
	for name, c := range map[string]struct {
		file, folder os.FileMode
		words        string
	}{
		"file":   {0o444, 0o777, "a read-only copy is enough to list, show, export and verify"},
		"folder": {0o666, 0o555, "folder"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := runChild("write", readOnlyCopy(t, c.file, c.folder, false))
			if err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("writing gives %v", err)
			}
		})
	}
}
