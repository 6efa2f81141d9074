package cli

import (
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"fob/internal/testkit"
)

// life runs a store's life and keeps what every command printed.
type life struct {
	*program
	t       *testing.T
	dir     string
	printed strings.Builder
}

func (l *life) fob(exit int, args ...string) {
	l.t.Helper()
	got := l.run(args...)
	fmt.Fprintf(&l.printed, "%s%s", got.out, got.err)
	if got.exit != exit {
		l.t.Fatalf("fob %q: exit %d, want %d\n%s%s", args, got.exit, exit, got.out, got.err)
	}
}

func (l *life) path(name string) string { return filepath.Join(l.dir, name) }

func (l *life) write(name string, text []byte) string {
	l.t.Helper()
	if err := os.MkdirAll(filepath.Dir(l.path(name)), 0o700); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(l.path(name), text, 0o600); err != nil {
		l.t.Fatal(err)
	}
	return l.path(name)
}

// shown is the code of a token now.
func (l *life) shown(k known, ahead int64) string {
	if k.kind == "hotp" {
		return k.shows(ahead)
	}
	return k.shows(l.now.Unix()/int64(k.moving) + ahead)
}

// TestNoSeedLeaks runs a life and searches all that was printed and all that
// was written for every seed, raw and in every encoding.
func TestNoSeedLeaks(t *testing.T) {
	l := &life{program: newProgram(t), t: t, dir: t.TempDir()}
	seeds := append(parseKnown(seedFile(deliveryPlan)), parseKnown(seedFile(hotpPlan))...)
	damaged := damagedFile()
	for i := range 13 { // wherever in its row it stands
		seeds = append(seeds, known{serial: fmt.Sprint("no ", i+1), seed: damagedSeed(i + 1)})
	}
	db := filepath.Join(l.env["HOME"], ".local/share/fob/fob.db")
	l.fob(0, "init")
	// A reader keeps the log from being folded back, so that it can be searched.
	held, err := sql.Open("sqlite", db)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	reading, err := held.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reading.QueryRow(`SELECT COUNT(*) FROM token`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	l.live(seeds, damaged)
	found := map[string][]byte{"output": []byte(l.printed.String())}
	for _, dir := range []string{l.env["HOME"], l.dir} {
		gather(t, dir, found)
	}
	if err := reading.Rollback(); err != nil {
		t.Fatal(err)
	}
	l.search(found, seeds)
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	l.custody(seeds)
}

// custody goes on with the life: seeds are encrypted anew, copied, handed over, put
// back from the copy and destroyed, and each time all files are searched once more.
func (l *life) custody(seeds []known) {
	l.t.Helper()
	search := func(after string) {
		l.t.Helper()
		found := map[string][]byte{"output": []byte(l.printed.String())}
		for _, dir := range []string{l.env["HOME"], l.dir} {
			gather(l.t, dir, found)
		}
		for name, data := range found {
			if where := findSeed(data, seeds); where != "" {
				l.t.Errorf("after %s: %s holds the seed of %s", after, name, where)
			}
		}
	}
	l.fob(0, "key", "rotate", "--yes")
	search("key rotate")
	l.fob(0, "backup", l.path("copy.db"))
	search("backup")
	sent := l.path("in/sent.csv") // beside the imported sources: in it they may be
	l.fob(0, "provision", "--for", "hex-csv", "--batch", "1", "--out", sent, "--plaintext")
	data, err := os.ReadFile(sent)
	if err != nil || findSeed(data, seeds) == "" {
		l.t.Errorf("what was handed over in the clear holds no seed, %v", err)
	}
	search("provision")
	db := filepath.Join(l.env["HOME"], ".local/share/fob/fob.db")
	if err := os.Rename(db, l.path("old.db")); err != nil {
		l.t.Fatal(err)
	}
	l.fob(0, "restore", l.path("copy.db"), "--approved-by", "Eva Brandt", "--reason", "disk died")
	search("restore")
	l.fob(0, "retire", seeds[3].serial, "--yes", "--certificate", l.path("retired.html"))
	l.fob(0, "provision", "--for", "hex-csv", "--batch", "2", "--out", l.path("in/last.csv"), "--plaintext", "--destroy", "--yes", "--certificate", l.path("sent.txt"))
	l.fob(0, "batch", "destroy-seeds", "1", "--approved-by", "Eva Brandt", "--yes", "--json", "--certificate", l.path("destroyed.txt"))
	search("the destruction")
}

// damagedSeed is one of the 13 seeds of damagedFile.
func damagedSeed(i int) []byte { return fmt.Appendf(nil, "a seed to keep, no%02d", i) }

// damagedFile has good records, and each way to be refused that could quote a
// seed.
func damagedFile() []byte {
	seed := func(i int) string { return fmt.Sprintf("%x", damagedSeed(i)) }
	return []byte(strings.Join([]string{
		"2600412600001," + seed(1) + ",totp,6,30",
		"2600412600002," + seed(2) + ",totp,5,30",  // digits
		"2600412600003," + seed(3) + ",totp,6,0",   // period
		"2600412600004," + seed(4) + ",steam,6,30", // type
		"2600412600005," + seed(1) + ",totp,6,30",  // clone within the file
		"2600412600001," + seed(6) + ",totp,6,30",  // duplicate
		seed(7) + ",2600412600007,totp,6,30",       // columns exchanged
		"2600412600008,totp," + seed(8) + ",6,30",
		"2600412300005," + seed(9) + ",totp,6,30",                                       // conflict
		"2600412600010," + fmt.Sprintf("%x", deliveryPlan.Token(1).Seed) + ",totp,6,30", // clone of the store
		"2600412600011," + seed(11) + ",totp," + seed(11) + ",30",
		"2600412600012," + seed(12) + ",totp,6," + seed(12),
		"2600412600013," + seed(13) + ",totp,6,30",
	}, "\n") + "\n")
}

func (l *life) live(seeds []known, damaged []byte) {
	delivery, hotp := l.write("in/delivery.csv", seedFile(deliveryPlan)), l.write("in/hotp.csv", seedFile(hotpPlan))
	bad := l.write("in/damaged.csv", damaged)
	l.fob(0, "inspect", delivery)
	l.fob(3, "inspect", bad)
	l.fob(3, "inspect", bad, "--json")
	l.fob(0, "import", delivery, "--order", "PO-1", "--location", "Bern")
	l.fob(0, "import", hotp, "--json")
	l.fob(0, "import", delivery)
	l.fob(3, "import", bad)
	l.fob(3, "import", bad, "--json", "--dry-run")
	l.fob(3, "import", bad, "--partial", "--rejects", l.path("rejects.csv"))
	l.fob(3, "import", bad, "--replace", "--partial", "--rejects", l.path("rejects2.csv"))
	l.in = string(damaged)
	l.fob(3, "import", "-", "--digits", "8")
	first, counter := seeds[0], seeds[len(parseKnown(seedFile(deliveryPlan)))]
	l.fob(4, "check", first.serial, "--code", "000000")
	l.fob(4, "check", first.serial, "--code", "000000", "--code", "111111", "--json")
	l.fob(0, "check", first.serial, "--code", l.shown(first, 0), "--json")
	l.fob(4, "bind", first.serial, "anna@example.com", "--code", l.shown(first, 1), "--code", l.shown(first, 0))
	l.fob(0, "bind", first.serial, "anna@example.com", "--code", l.shown(first, 0), "--code", l.shown(first, 1))
	l.fob(0, "bind", counter.serial, "ben", "--code", l.shown(counter, 3), "--proof", "passport", "--ticket", "T-1")
	for _, json := range []string{"--json", "--quiet"} {
		l.fob(0, "list", json)
		l.fob(0, "show", first.serial, json)
		l.fob(0, "batch", "list", json)
		l.fob(0, "batch", "show", "1", json)
		l.fob(0, "audit", "log", json)
		l.fob(0, "audit", "verify", json)
		l.fob(0, "key", "list", json)
	}
	key := l.write("transport.key", []byte("00112233445566778899aabbccddeeff"))
	const to = "age1gvkdk5fe6vswk8th3qj9k3nxcherjrrx4xj9qzw00cxv632xy3zsj3lptr"
	l.fob(0, "provision", "--for", "hex-csv", "--batch", "1", "--out", l.path("sent.csv.age"), "--to", to)
	l.fob(0, "provision", "--for", "pskc", "--batch", "2", "--out", l.path("sent.xml"), "--key-file", key, "--json")
	l.fob(3, "provision", "--for", "entra", "--batch", "2", "--out", l.path("none.csv"), "--to", to)
	l.fob(6, "provision", "--for", "hex-csv", "--batch", "1", "--out", l.path("sent.csv.age"), "--to", to)
	for _, name := range []string{"out.xlsx", "out.csv", "out.json"} {
		l.fob(0, "export", l.path(name))
	}
	l.fob(8, "check", first.serial, "--code", "123456", "--identity", l.path("nosuch"))
}

// gather reads all files below a folder but the seed files themselves; of a
// workbook its parts.
func gather(t *testing.T, dir string, found map[string][]byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == "in" {
				return filepath.SkipDir
			}
			return err
		}
		if found[d.Name()], err = os.ReadFile(path); err != nil || filepath.Ext(path) != ".xlsx" {
			return err
		}
		parts, err := unzip(path)
		for name, data := range parts {
			found[d.Name()+"/"+name] = data
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// search looks for every seed in all that was found, and makes sure that it
// looked: nothing of what must be there is missing or empty, and the same
// search finds every seed in the file that they came in.
func (l *life) search(found map[string][]byte, seeds []known) {
	t := l.t
	for _, name := range []string{"output", "fob.db", "fob.db-wal", "identity.txt", "checkpoint.key", "rejects.csv",
		"rejects2.csv", "out.xlsx", "out.xlsx/xl/worksheets/sheet1.xml", "out.csv", "out.json"} {
		if len(found[name]) == 0 {
			t.Errorf("nothing was searched of %s", name)
		}
	}
	if len(seeds) < 40 || !strings.Contains(string(found["fob.db-wal"])+string(found["fob.db"]), seeds[0].serial) {
		t.Errorf("%d seeds; the database holds nothing of %s", len(seeds), seeds[0].serial)
	}
	in := append(append(seedFile(deliveryPlan), seedFile(hotpPlan)...), damagedFile()...)
	for i, k := range seeds {
		if i == 36+6+4 || i == 36+6+9 {
			continue // these two records have another's seed
		}
		if findSeed(in, []known{k}) == "" {
			t.Errorf("the search does not find the seed of %s where it is", k.serial)
		}
		for form, text := range testkit.SeedForms(k.seed) {
			if findSeed(slices.Concat([]byte("before "), text, []byte(" behind")), []known{k}) == "" {
				t.Errorf("the search does not know the form %s", form)
			}
		}
	}
	for name, data := range found {
		if where := findSeed(data, seeds); where != "" {
			t.Errorf("%s holds the seed of %s", name, where)
		}
	}
	t.Logf("searched %d texts for %d seeds in %d forms", len(found), len(seeds), len(testkit.SeedForms(seeds[0].seed)))
}
