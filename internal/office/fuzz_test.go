package office

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"fob/internal/fault"
)

// FuzzDocument opens documents with a password. What Office hashes a hundred
// thousand times is hashed three times here: else a target would run twenty times a
// minute.
func FuzzDocument(f *testing.F) {
	real := roundsOf
	roundsOf = func(asked int) int { return min(asked, 3) }
	f.Cleanup(func() { roundsOf = real })
	password := []byte("Test passphrase 7")
	var sealed bytes.Buffer
	content := bytes.Repeat([]byte("rows "), 2000)
	if err := seal(&sealed, int64(len(content)), password, 3, rand.Reader, func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
		f.Fatal(err)
	}
	f.Add(sealed.Bytes())
	for _, pattern := range []string{"agile*.xlsx", "standard*.xlsx", "old*.xls"} {
		names, err := filepath.Glob(filepath.Join("../../testdata/deliveries", pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			file, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(file)
		}
	}
	opened := 0
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1<<20 {
			t.Skip()
		}
		d, err := Open("f.xlsx", bytes.NewReader(file))
		var ours *fault.Error
		if err != nil && (!errors.As(err, &ours) || ours.Kind == fault.Internal) {
			t.Fatal(err)
		}
		if d != nil && d.Unlock(password) { // nil: it has no password
			opened++
			if pack := d.Package(); pack != nil { // nil: damaged, and everybody asks
				_, err = io.Copy(io.Discard, d.Decrypt(pack))
			}
		}
		if bytes.Equal(file, sealed.Bytes()) && (err != nil || opened == 0) {
			t.Fatalf("a sound document does not open: %v", err)
		}
	})
}
