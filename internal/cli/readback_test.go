package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadsBackWhatItWrites: every form that fob both writes and reads brings the same
// tokens into another store, seed for seed.
func TestReadsBackWhatItWrites(t *testing.T) {
	from, dir := newProgram(t), t.TempDir()
	from.must(t, "init")
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	from.must(t, "import", write("d.csv", seedFile(deliveryPlan)), "--manufacturer", "Feitian", "--model", "c200")
	from.must(t, "import", write("h.csv", seedFile(hotpPlan)), "--manufacturer", "Feitian")
	key := write("key", []byte("00112233445566778899aabbccddeeff"))
	pass := write("pass", []byte("correct horse battery staple\n"))
	const what = "serial,seed:hex,type,hash,digits,period,counter"
	for name, c := range map[string]struct{ write, read []string }{
		"entra":                  {[]string{"--batch", "1"}, nil},
		"entra-graph":            {[]string{"--batch", "1"}, nil},
		"duo":                    {[]string{"--batch", "1"}, []string{"--type", "totp", "--digits", "6"}},
		"duo hotp":               {[]string{"--batch", "2"}, []string{"--type", "hotp", "--digits", "6"}},
		"pingid":                 {[]string{"--batch", "1"}, []string{"--type", "totp", "--digits", "6", "--period", "30", "--format", "hex-csv"}},
		"pingid hotp":            {[]string{"--batch", "2"}, []string{"--type", "hotp", "--digits", "6", "--format", "hex-csv"}},
		"hex-csv":                {[]string{"--batch", "2"}, []string{"--type", "hotp", "--digits", "6"}},
		"netiq":                  {[]string{"--type", "totp"}, []string{"--format", "netiq"}},
		"privacyidea":            {[]string{"--state", "in_stock"}, nil},
		"privacyidea container":  {[]string{"--state", "in_stock", "--key-file", key}, []string{"--key-file", key}},
		"linotp":                 {[]string{"--state", "in_stock"}, []string{"--counter", "0"}},
		"multiotp":               {[]string{"--state", "in_stock"}, nil},
		"otpauth":                {[]string{"--state", "in_stock"}, nil},
		"pskc":                   {[]string{"--state", "in_stock"}, nil},
		"pskc passphrase":        {[]string{"--state", "in_stock", "--passphrase-file", pass}, []string{"--passphrase-file", pass}},
		"freeipa":                {[]string{"--state", "in_stock", "--key-file", key}, []string{"--key-file", key}},
		"watchguard":             {[]string{"--batch", "1", "--key-file", key}, []string{"--key-file", key}},
		"columns for the import": {[]string{"--state", "in_stock", "--columns", "serial,seed:base32,type,hash,digits,period,counter"}, []string{"--columns", "serial=serial,seed=seed,type=type,hash=hash,digits=digits,period=period,counter=counter", "--encoding", "base32"}},
	} {
		t.Run(name, func(t *testing.T) {
			target, _, _ := strings.Cut(name, " ")
			dir := t.TempDir()
			file := filepath.Join(dir, "out.dat")
			args := append([]string{"provision", "--for", target, "--out", file, "--skip-unfit"}, c.write...)
			if !strings.Contains(strings.Join(args, " "), "-file") {
				args = append(args, "--plaintext")
			}
			got := from.run(args...)
			if got.exit != 0 && got.exit != 3 {
				t.Fatalf("%q: exit %d\n%s", args, got.exit, got.err)
			}
			files, _ := filepath.Glob(filepath.Join(dir, "out*.dat*"))
			if more, _ := filepath.Glob(filepath.Join(dir, "out-pskc.xml")); len(more) > 0 {
				files = more
			}
			to := newProgram(t)
			to.must(t, "init")
			for _, f := range files {
				to.must(t, append([]string{"import", f}, c.read...)...)
			}
			want := tokensIn(t, from, filepath.Join(dir, "a"), append([]string{"--columns", what}, selection(c.write)...))
			back := tokensIn(t, to, filepath.Join(dir, "b"), []string{"--columns", what, "--state", "in_stock"})
			for line := range strings.Lines(back) {
				if !strings.Contains(want, line) {
					t.Errorf("read back: %s", line[:14])
				}
			}
			if n, m := strings.Count(want, "\n"), strings.Count(back, "\n"); n != m {
				t.Errorf("%d lines were written, %d read back", n, m)
			}
		})
	}
}

// selection leaves of what was asked for what selects tokens.
func selection(args []string) (all []string) {
	for i := 0; i+1 < len(args); i += 2 {
		if a := args[i]; a == "--batch" || a == "--state" || a == "--type" {
			all = append(all, a, args[i+1])
		}
	}
	return all
}

func tokensIn(t *testing.T, p *program, file string, args []string) string {
	t.Helper()
	p.must(t, append([]string{"provision", "--for", "columns", "--plaintext", "--out", file}, args...)...)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
