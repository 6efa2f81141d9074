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

func TestRunEntra(t *testing.T) {
	for upn, want := range map[string]string{
		"0": "serial number,secret key,time interval,manufacturer,model\n2600412300001,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Example,OTP-1\n",
		"1": "upn,serial number,secret key,time interval,manufacturer,model\n" +
			"user0000000@example.com,2600412300001,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Example,OTP-1\n",
	} {
		var out bytes.Buffer
		if err := run([]string{"-n", "1", "-rfc4226", "-format", "entra", "-upn", upn}, &out); err != nil || out.String() != want {
			t.Errorf("%q %v", out.String(), err)
		}
	}
	for _, args := range [][]string{{"-format", "entra", "-hotp", "1"}, {"-format", "entra", "-hashes", "sha1,sha256"}} {
		if run(args, &bytes.Buffer{}) == nil {
			t.Error(args)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	for _, args := range [][]string{{"-format", "nothing"}, {"-n", "-1"}, {"-upn", "2"}, {"-hotp", "2"}, {"-hashes", "md5"}} {
		if run(args, nil) == nil {
			t.Error(args)
		}
	}
}
