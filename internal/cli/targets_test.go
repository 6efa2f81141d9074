package cli

import (
	"archive/tar"
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"fob/internal/app"
	"fob/internal/provision"
	"fob/internal/provision/targets"
	domain "fob/internal/token"
)

// Every target has a file in testdata/targets: what it is told of a fleet in which each
// token is odd in one way, and what it gets of the others, byte for byte. The first
// line of a file says what is asked besides.
var updateTargets = flag.Bool("update-targets", false, "write testdata/targets anew; read what changed")

// odd is a token of the fleet, as a row of the file that is imported.
type odd struct {
	serial, kind, hash, digits, moving, seed, account, more string
	steps                                                   int64 // how fast its clock is when it is bound; see bindOdd
	bind                                                    bool
}

func seedOf(serial string, bytes int) []byte {
	sum := sha512.Sum512([]byte(serial))
	return sum[:bytes]
}

// fleet is in the order of what is wrong with its tokens; see Target.Misfits.
var fleet = []odd{
	{serial: "PLAIN", account: "anna@example.com", bind: true},
	{serial: "FAST", account: "ben@example.com", bind: true, steps: 3},
	{serial: "SLOW", account: "cleo@example.com", bind: true, steps: -2},
	{serial: "STOCK"},
	{serial: "PRESSED", kind: "hotp", moving: "7", account: "dora@example.com", bind: true},
	{serial: "UNPRESSED", kind: "hotp", moving: "0", account: "emil@example.com"},
	{serial: "HOTP8", kind: "hotp", moving: "0", digits: "8", account: "finn@example.com"},
	{serial: "HOTP256", kind: "hotp", hash: "sha256", moving: "0", seed: "32", account: "gerd@example.com"},
	{serial: "DIGITS7", digits: "7", account: "hans@example.com"},
	{serial: "DIGITS8", digits: "8", account: "ida@example.com"},
	{serial: "DIGITS9", digits: "9", account: "jens@example.com"},
	{serial: "SHA256", hash: "sha256", seed: "32", account: "karl@example.com"},
	{serial: "SHA256OF20", hash: "sha256", account: "lena@example.com"},
	{serial: "SHA512", hash: "sha512", seed: "64", account: "mona@example.com"},
	{serial: "PERIOD4", moving: "4", account: "nora@example.com"},
	{serial: "PERIOD45", moving: "45", account: "olga@example.com"},
	{serial: "PERIOD60", moving: "60", account: "paul@example.com"},
	{serial: "PERIOD90", moving: "90", account: "rolf@example.com"},
	{serial: "T0", more: "600,,Feitian,c200", account: "sara@example.com"},
	{serial: "T0ODD", more: "601,,Feitian,c200", account: "timo@example.com"},
	{serial: "SEED33", seed: "33", account: "udo@example.com"},
	{serial: "COUNTER3E9", kind: "hotp", moving: "3000000000", account: "vera@example.com"},
	{serial: "SERIAL-OF-FORTY-FIVE-CHARACTERS-AND-NO-LESS-A", account: "will@example.com"},
	{serial: "SIGN.", account: "xena@example.com"},
	{serial: "SECOND", account: "anna@example.com"},
	{serial: "SPACED", account: "max muster"},
	{serial: "SLASH", account: "a/b"},
	{serial: "QUOTES", account: `o'hara "x", y`},
	{serial: "NOBRAND", more: ",,,", account: "zoe@example.com"},
	{serial: "LOST", account: "l@example.com"},
	{serial: "RETIRED"},
	{serial: "QUARANTINED"},
	{serial: "SUSPENDED", account: "s@example.com", bind: true},
	{serial: "EXPIRED", more: ",2026-11-23,Feitian,c200"},
	{serial: "DESTROYED"},
	{serial: "LASTCOUNTER", kind: "hotp", moving: "9223372036854775807", account: "q@example.com", bind: true},
}

func or(text, usual string) string {
	if text == "" {
		return usual
	}
	return text
}

func (o odd) known() known {
	k := known{serial: o.serial, kind: or(o.kind, "totp"), hash: or(o.hash, "sha1")}
	var n int
	fmt.Sscan(or(o.seed, "20"), &n)
	fmt.Sscan(or(o.digits, "6"), &k.digits)
	fmt.Sscan(or(o.moving, "30"), &k.moving)
	k.seed = seedOf(o.serial, n)
	return k
}

// newFleet is a store that has it, some of it in hands and some of it gone.
func newFleet(t *testing.T) *program {
	p, dir := newProgram(t), t.TempDir()
	var b strings.Builder
	b.WriteString("serial,seed,type,hash,digits,counter,period,t0,expiry,manufacturer,model,account\n")
	for _, o := range fleet {
		k := o.known()
		moving := "," + or(o.moving, "30")
		if k.kind == "hotp" {
			moving = o.moving + ","
		}
		account := ""
		if !o.bind && o.account != "" {
			account = `"` + strings.ReplaceAll(o.account, `"`, `""`) + `"`
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,%d,%s,%s,%s\n", o.serial, hex.EncodeToString(k.seed), k.kind, k.hash, k.digits, moving, or(o.more, ",,Feitian,c200"), account)
	}
	file := filepath.Join(dir, "fleet.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, "init")
	p.must(t, "import", file)
	for _, o := range fleet {
		if k := o.known(); o.bind && k.kind == "hotp" {
			var first int64
			fmt.Sscan(o.moving, &first)
			p.must(t, "bind", o.serial, o.account, "--code", k.shows(first))
		} else if o.bind {
			p.must(t, "bind", o.serial, o.account, "--code", k.shows(p.now.Unix()/int64(k.moving)+o.steps))
		}
	}
	p.must(t, "lost", "LOST", "--yes")
	p.must(t, "retire", "RETIRED", "--yes")
	p.must(t, "quarantine", "QUARANTINED", "--reason", "wet")
	p.must(t, "suspend", "SUSPENDED")
	p.must(t, "provision", "--for", "hex-csv", "DESTROYED", "--out", filepath.Join(dir, "gone.csv"), "--plaintext", "--destroy", "--yes")
	p.now = p.now.Add(time.Minute)
	return p
}

// inEach are the misfits that no target takes, whatever it can hold.
var inEach = []string{"it is lost", "it is retired", "it is quarantined", "it is suspended", "it expired on ", "its seed was destroyed here", "its last counter was used"}

// wordsOfFits are what the rows say that have a check of their own (Target.Fits).
var wordsOfFits = map[string][]string{
	"entra-graph": {"its manufacturer or model is not known"},
	"pingone":     {"pingone takes hotp with sha1 only"},
	"pam-oath":    {"its account has a blank"},
	"google-pam":  {"its account cannot be the name of a file", "which google-pam cannot read"},
	"columns":     {"and no column says so"},
}

func TestTargets(t *testing.T) {
	p := newFleet(t)
	var serials []string
	for _, o := range fleet {
		serials = append(serials, o.serial)
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("00112233445566778899aabbccddeeff"), 0o600); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, target := range app.Targets() {
		names = append(names, target.Name+".txtar")
		t.Run(target.Name, func(t *testing.T) {
			path := filepath.Join("testdata", "targets", target.Name+".txtar")
			want, err := os.ReadFile(path)
			if err != nil && !*updateTargets {
				t.Fatalf("the target has no cases: %v", err)
			}
			asked, _, _ := strings.Cut(string(want), "\n")
			dir := t.TempDir()
			args := slices.Concat([]string{"provision", "--for", target.Name}, strings.Fields(asked), serials)
			lock := "--plaintext"
			if target.Locked {
				lock = "--key-file=" + key
			}
			got, misfits := played(t, p, dir, lock, args)
			text := txtar.Format(&txtar.Archive{Comment: []byte(asked + "\n"), Files: got})
			if *updateTargets {
				if err := os.WriteFile(path, text, 0o644); err != nil {
					t.Fatal(err)
				}
			} else if !bytes.Equal(text, want) {
				t.Errorf("it is not what %s says:\n%s", path, text)
			}
			if read := schemas[target.Name]; read != nil {
				held(t, got, read)
			}
			reasons := slices.Clone(inEach)
			no := func(is bool, why string) {
				if is {
					reasons = append(reasons, why)
				}
			}
			no(len(target.Types) > 0, target.Name+" takes totp only")
			no(len(target.Digits) > 0, "it shows ")
			no(len(target.Hashes) > 0, "its hash is ")
			no(len(target.Periods) > 0 || target.Least > 1 || target.Longest > 0, "its period is ")
			no(!target.T0, "counts from 1970 only")
			no(target.T0 && target.Fits == nil, "which is no whole number of its periods")
			no(target.MaxSeed > 0 && target.MaxSeed < domain.MaxSeedLen, "its seed has ")
			no(target.Top > 0, "its counter is at ")
			no(target.Serial != nil, "its serial ")
			no(target.OneEach, "holds one an account")
			no(len(wordsOfFits[target.Name]) > 0 != (target.Fits != nil), "(the check of its own has words of its own)")
			no(target.Account == targets.MustHave, "it has no account")
			for _, why := range append(reasons, wordsOfFits[target.Name]...) {
				if !strings.Contains(misfits, why) {
					t.Errorf("no token of the fleet is refused with %q", why)
				}
			}
		})
	}
	have, err := filepath.Glob("testdata/targets/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range have {
		if !slices.Contains(names, filepath.Base(path)) {
			t.Errorf("%s is of no target", path)
		}
	}
}

// played checks, is refused, and hands over what fits.
func played(t *testing.T, p *program, dir, lock string, args []string) (files []txtar.File, misfits string) {
	t.Helper()
	var d provision.Delivery
	dry := p.run(append(slices.Clone(args), "--dry-run", "--json")...)
	if err := json.Unmarshal([]byte(dry.out), &d); err != nil || dry.exit != 3 {
		t.Fatalf("exit %d, %v\n%s%s", dry.exit, err, dry.out, dry.err)
	}
	lines := func(all []provision.Remark) (text string) {
		for _, m := range all {
			text += fmt.Sprintf("%s: %s\n", m.Serial, m.Text)
		}
		return text
	}
	misfits = lines(d.Misfits)
	files = append(files, txtar.File{Name: "misfits", Data: []byte(misfits)}, txtar.File{Name: "warnings", Data: []byte(lines(d.Warnings))})
	args = append(args, lock, "--out", filepath.Join(dir, "out.file"))
	if all := p.run(args...); all.exit != 3 || !strings.Contains(all.err, "nothing was written") {
		t.Errorf("with misfits: exit %d\n%s", all.exit, all.err)
	}
	if some, _ := os.ReadDir(dir); len(some) > 0 {
		t.Errorf("with misfits it wrote %s", some)
	}
	if fit := p.run(append(args, "--skip-unfit")...); fit.exit != 3 || !strings.Contains(fit.err, fmt.Sprintf("%d handed over", d.Tokens)) {
		t.Fatalf("without the misfits: exit %d\n%s%s", fit.exit, fit.out, fit.err)
	}
	some, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range some {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.Join(args, " "), "google-pam") {
			files = append(files, untarred(t, data)...)
			continue
		}
		files = append(files, txtar.File{Name: f.Name(), Data: locked.ReplaceAll(data, []byte("$1…<"))})
	}
	return files, misfits
}

// held holds what was written against what the target publishes, and each seed in it
// against the token's.
func held(t *testing.T, files []txtar.File, read func([]byte) (map[string][]byte, error)) {
	t.Helper()
	i := slices.IndexFunc(files, func(f txtar.File) bool { return f.Name == "out.file" })
	if i < 0 {
		t.Fatal("there is no one file")
	}
	seeds, err := read(files[i].Data)
	if err != nil {
		t.Fatalf("it is not as published: %v", err)
	}
	for _, o := range fleet {
		seed := seeds[o.serial]
		if seed == nil {
			seed = seeds[o.account]
		}
		if seed != nil && !bytes.Equal(seed, o.known().seed) && o.serial != "SECOND" {
			t.Errorf("token %s has another seed there", o.serial)
		}
		delete(seeds, o.serial)
		delete(seeds, o.account)
	}
	if len(seeds) > 0 {
		t.Errorf("%d are of no token", len(seeds))
	}
}

// locked is what is another text each time.
var locked = regexp.MustCompile(`(<(?:xenc:CipherValue|ValueMAC)>)[^<]*<`)

func untarred(t *testing.T, data []byte) (files []txtar.File) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, txtar.File{Name: fmt.Sprintf("%s, mode %o", h.Name, h.Mode), Data: text})
	}
}

// TestSplits: where a target takes so many tokens a file, there are several, each whole.
func TestSplits(t *testing.T) {
	p, dir := newProgram(t), t.TempDir()
	plan := deliveryPlan
	plan.N = 230
	if err := os.WriteFile(filepath.Join(dir, "d.csv"), seedFile(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, "init")
	p.must(t, "import", filepath.Join(dir, "d.csv"), "--manufacturer", "Feitian", "--model", "c200")
	p.must(t, "provision", "--for", "entra-graph", "--batch", "1", "--out", filepath.Join(dir, "g.json"), "--plaintext")
	var serials []string
	for n, size := range []int{100, 100, 30} {
		text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("g-%d.json", n+1)))
		if err != nil {
			t.Fatal(err)
		}
		var body struct {
			Value []struct {
				ID     string `json:"@contentId"`
				Serial string `json:"serialNumber"`
			} `json:"value"`
		}
		if err := json.Unmarshal(text, &body); err != nil || len(body.Value) != size || body.Value[size-1].ID != fmt.Sprint(size) {
			t.Errorf("file %d: %v, %d tokens", n+1, err, len(body.Value))
		}
		for _, v := range body.Value {
			serials = append(serials, v.Serial)
		}
	}
	for n, k := range parseKnown(seedFile(plan)) {
		if serials[n] != k.serial {
			t.Fatalf("token %d is %s, not %s", n, serials[n], k.serial)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "g.json")); err == nil {
		t.Error("there is a file beside its parts")
	}
}
