package detect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"fob/internal/seedfile"
)

// whole are the samples without damage of the formats that are no tables.
var whole = []string{
	"etoken-xml/etpass.xml", "etoken-xml/bom-crlf.xml", "deepnet/hex.xml", "deepnet/no-header.xml",
	"safeword/event.dat", "safeword/time.dat", "safeword/folded-crlf-bom.dat",
	"authenex/a-key.sql", "authenex/mssql.sql", "otpauth/links.txt",
	"graph-json/delta.json", "graph-json/one.json",
}

// A file that was cut off, wherever that was, has the records of the whole one or
// refuses them: never one with another seed, counter or parameter.
func TestCutAnywhere(t *testing.T) {
	for _, name := range whole {
		text, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			t.Fatal(err)
		}
		f, err := ByName(filepath.Dir(name))
		if err != nil {
			t.Fatal(err)
		}
		all, ended := soundRecords(t, f, text)
		if !ended || len(all) == 0 {
			t.Fatalf("%s: %d records", name, len(all))
		}
		for n := range text {
			if f.Name == "otpauth" && n <= bytes.Index(text, []byte("2600412300002")) {
				continue // a single link has no other to be compared with, and a note says so
			}
			got, ended := soundRecords(t, f, text[:n])
			for i, rec := range got {
				if i >= len(all) || rec != all[i] {
					t.Errorf("%s, cut at byte %d of %d: %s", name, n, len(text), rec)
				}
			}
			if ended && len(got) == 0 {
				t.Errorf("%s, cut at byte %d: a file without records is no seed file", name, n)
			}
		}
	}
}

// soundRecords returns the records that an import could take, in words, and whether
// the file came to its end.
func soundRecords(t *testing.T, f seedfile.Format, text []byte) (all []string, ended bool) {
	t.Helper()
	in, err := f.Open(bytes.NewReader(text), seedfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for {
		rec, err := in.Next()
		if err != nil {
			return all, err.Error() == "EOF" && refused == 0
		}
		if rec.Problem != nil {
			refused++
			continue
		}
		all = append(all, fmt.Sprintf("%s %s %x", inWords(plain(rec)), rec.Manufactured, rec.Secret.Text.Bytes()))
	}
}

func inWords(p record) string {
	text, _ := json.Marshal(p) // of strings and numbers, which never fails
	return string(text)
}
