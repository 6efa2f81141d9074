package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-n", "3", "-seed-start", "9", "-hashes", "sha256"}, &out); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(out.String(), "\n"); len(lines) != 4 || !strings.HasPrefix(lines[0], "2600412300010,") {
		t.Errorf("%q", out.String())
	}
	path := filepath.Join(t.TempDir(), "seeds.csv")
	if err := run([]string{"-n", "3", "-seed-start", "9", "-hashes", "sha256", "-o", path}, nil); err != nil {
		t.Fatal(err)
	}
	if file, err := os.ReadFile(path); err != nil || !bytes.Equal(file, out.Bytes()) {
		t.Errorf("%q %v", file, err)
	}
}

func TestRunRefuses(t *testing.T) {
	for _, args := range [][]string{{"-format", "pskc"}, {"-n", "-1"}, {"-hotp", "2"}, {"-hashes", "md5"}} {
		if run(args, nil) == nil {
			t.Error(args)
		}
	}
}
