package cli

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fob/internal/cli/term"
)

// swapFormats are the rows of every family that has serials and seeds in
// columns: how one is written, and what the file needs besides.
var swapFormats = []struct {
	name, head, row string
	flags           []string
}{
	{"oath-csv", "", "%[1]s,%[2]s,totp,6,30\n", nil},
	{"entra", "upn,serial number,secret key,time interval,manufacturer,model\n", "a%[3]d@example.com,%[1]s,%[2]s,30,Feitian,c200\n", nil},
	{"hex-csv", "", "%[1]s,%[2]s,30\n", []string{"--type", "totp", "--digits", "6"}},
	{"netiq", "", "%[1]s,%[2]s\n", nil},
	{"multiotp", "", "%[1]s;Feitian;totp;%[2]s;6;30\n", nil},
	{"nexus", "", "%[1]s:%[2]s:MA==\n", []string{"--type", "hotp", "--digits", "6"}},
	{"serial-seed", "", "%[1]s %[2]s\n", []string{"--type", "totp", "--digits", "6", "--period", "30"}},
	{"columns", "", "%[1]s,%[2]s\n", []string{"--columns", "serial=1,seed=2", "--type", "totp", "--digits", "6", "--period", "30"}},
	{"yubikey", "LOGGING START,24.11.26 09:30\n", "OATH-HOTP,24.11.26 09:31,1,%[1]s,,%[2]s,,,1,1,0,6,0,0,0,0,0,0\n", nil},
	{"yubico", "", "%[1]s,ubnu00000001,0,%[2]s,,2026-11-24T09:31:00,\n", []string{"--digits", "6"}},
}

// swapForms are the ways in which a file may write its seeds.
var swapForms = map[string]func([]byte) string{
	"hex":             hex.EncodeToString,
	"HEX":             func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) },
	"base32":          base32.StdEncoding.EncodeToString,
	"base32 unpadded": base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString,
	"base32 lower":    func(b []byte) string { return strings.ToLower(base32.StdEncoding.EncodeToString(b)) },
	"base64":          base64.StdEncoding.EncodeToString,
	"base64 unpadded": base64.RawStdEncoding.EncodeToString,
	"base64 url":      base64.RawURLEncoding.EncodeToString,
}

// TestSwappedColumnsLeakNothing: in files whose serials stand where the seeds
// should and the other way round, in all rows or in some, neither what is
// printed nor the list of refused records holds a seed.
func TestSwappedColumnsLeakNothing(t *testing.T) {
	s := swapper{program: newProgram(t), dir: t.TempDir(), random: rand.NewChaCha8([32]byte{7})}
	s.must(t, "init")
	for _, f := range swapFormats {
		for _, how := range slices.Sorted(maps.Keys(swapForms)) { // in order, so that every run has the same seeds
			write := swapForms[how]
			for _, size := range []int{10, 20} {
				for _, some := range []bool{false, true} {
					text, seeds := s.file(f.head, f.row, write, size, some)
					args := append([]string{"--format", f.name}, f.flags...)
					if f.name == "columns" || f.name == "multiotp" || f.name == "serial-seed" {
						args = append(args, "--encoding", strings.ToLower(strings.Fields(how)[0]))
					}
					s.check(t, fmt.Sprintf("%s, %s, %d bytes, some: %v", f.name, how, size, some), text, args, seeds)
				}
			}
		}
	}
	if s.listed < 100 {
		t.Errorf("only %d lists of refused records were written", s.listed)
	}
}

type swapper struct {
	*program
	dir    string
	random *rand.ChaCha8
	n      int
	listed int
}

// file has 22 rows, of which all or two have exchanged columns.
func (s *swapper) file(head, row string, write func([]byte) string, size int, some bool) (string, []known) {
	var seeds []known
	text := head
	for i := range 22 {
		seed := make([]byte, size)
		_, _ = s.random.Read(seed)
		k := known{serial: fmt.Sprint(2600412300001 + i), seed: seed}
		seeds = append(seeds, k)
		first, second := write(seed), k.serial
		if some && i%10 != 3 {
			first, second = second, first
		}
		text += fmt.Sprintf(row, first, second, i)
	}
	return text, seeds
}

func (s *swapper) check(t *testing.T, what, text string, args []string, seeds []known) {
	t.Helper()
	s.n++
	file, rejects := filepath.Join(s.dir, fmt.Sprint(s.n, ".csv")), filepath.Join(s.dir, fmt.Sprint(s.n, ".rejects"))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	load := append([]string{"import", file, "--dry-run"}, args...)
	short := append(slices.Clone(load), "--allow-short-seeds", "--json", "--rejects", rejects)
	for _, args := range [][]string{load, short, append([]string{"inspect", file}, args...)} {
		got := s.run(args...)
		if got.exit != term.ExitRefused {
			t.Errorf("%s: exit %d of %q\n%s%s", what, got.exit, args, got.out, got.err)
		}
		if where := findSeed([]byte(got.out+got.err), seeds); where != "" {
			t.Errorf("%s: %s prints the seed of %s\n%s%s", what, args[0], where, got.out, got.err)
		}
	}
	list, err := os.ReadFile(rejects)
	if err == nil {
		s.listed++
	}
	if where := findSeed(list, seeds); where != "" {
		t.Errorf("%s: the rejects have the seed of %s\n%s", what, where, list)
	}
}
