package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/ProtonMail/go-crypto/openpgp"

	"fob/internal/seedfile"
	"fob/internal/testkit"
	"fob/tools/seedgen/gen"
)

// What an import has to be told of a format that does not say it itself. Formats that
// hold HOTP tokens only are in counterFormats.
var (
	said = map[string]string{
		"columns":     "--columns seed=Geheimnis,serial=Seriennummer,type=Art,digits=Stellen,hash=Verfahren,period=Takt",
		"deepnet":     "--type totp --digits 6 --period 30",
		"hex-csv":     "--type totp --digits 6 --period 30",
		"netiq":       "--format netiq",
		"nexus":       "--type totp --digits 6 --period 30",
		"serial-seed": "--type totp --digits 6 --period 30",
		"yubico":      "--digits 6",
	}
	counterFormats = []string{"authenex", "etoken-xml", "yubico", "yubikey"}
)

const tokensEach = 6

// hunt is the life of one store with seeds of every format in every wrapper, whose
// commands are killed. Nothing but its sources may hold a seed, whenever that was.
type hunt struct {
	*place
	dir, sources string
	sought       *testkit.SeedSearch
	random       *rand.Rand
	kills        int // of each command
	killed, runs int
}

// leakHunt kills each command of a store's life so many times, and searches after each
// all that fob wrote and said.
func (h *harness) leakHunt(ctx context.Context, kills int, random *rand.Rand) (killed, runs int, err error) {
	dir := filepath.Join(h.dir, "hunt")
	l := &hunt{place: &place{fob: h.fob, db: filepath.Join(dir, "data/fob.db")}, dir: dir, sources: filepath.Join(dir, "in"), random: random, kills: kills}
	for _, sub := range []string{l.sources, filepath.Join(dir, "tmp"), filepath.Join(dir, "out")} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return 0, 0, err
		}
	}
	l.fob.Env = append(slices.Clone(h.fob.Env), "FOB_DB="+l.db, "FOB_IDENTITY="+filepath.Join(dir, "keys/identity.txt"), "TMPDIR="+filepath.Join(dir, "tmp"))
	if err := l.must(ctx, "init", "--quiet"); err != nil {
		return 0, 0, err
	}
	steps, seeds, err := l.deliveries()
	if err != nil {
		return 0, 0, err
	}
	l.sought = testkit.NewSeedSearch(seeds)
	if err := l.finds(seeds); err != nil {
		return 0, 0, err
	}
	for _, args := range append(steps, l.custody()...) {
		if err := l.step(ctx, args); err != nil {
			return l.killed, l.runs, fmt.Errorf("fob %s: %w", strings.Join(args, " "), err)
		}
	}
	return l.killed, l.runs, errors.Join(l.must(ctx, "audit", "verify"), l.must(ctx, "doctor"), os.RemoveAll(dir))
}

// deliveries writes a file of each format, and one in each wrapper, and returns the
// commands that import them, with all seeds.
func (l *hunt) deliveries() (steps [][]string, seeds map[string][]byte, err error) {
	seeds = map[string][]byte{}
	imports := func(name string, plan gen.Plan, content []byte, more ...string) error {
		for i := range uint64(plan.N) {
			seeds[name+" "+plan.Token(plan.First+i).Serial] = plan.Token(plan.First + i).Seed
		}
		path := filepath.Join(l.sources, name)
		steps = append(steps, append([]string{"import", path, "--yes"}, more...))
		return os.WriteFile(path, content, 0o600)
	}
	first := uint64(0)
	next := func(format string) (gen.Plan, []byte, error) {
		first += 1000
		p := gen.Plan{N: tokensEach, First: first, Serials: 2600412300001}
		if slices.Contains(counterFormats, format) {
			p.HOTP = 1
		}
		if format == "safeword" {
			p.T0 = seedfile.Epoch2000
		}
		var b bytes.Buffer
		err := gen.Formats[format](&b, p)
		return p, b.Bytes(), err
	}
	key := filepath.Join(l.sources, "transport.key")
	if err := os.WriteFile(key, []byte(gen.PSKCKey()), 0o600); err != nil {
		return nil, nil, err
	}
	for _, format := range slices.Sorted(maps.Keys(gen.Formats)) {
		p, content, err := next(format)
		if err == nil {
			err = imports(format+".dat", p, content, append(strings.Fields(said[format]), "--key-file", key)...)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, nil, err
	}
	keys := []string{"--key-file", filepath.Join(l.sources, "age.key"), "--passphrase-file", filepath.Join(l.sources, "words")}
	if err := errors.Join(os.WriteFile(keys[1], []byte(id.String()+"\n"), 0o600), os.WriteFile(keys[3], []byte("correct horse\n"), 0o600)); err != nil {
		return nil, nil, err
	}
	for _, wrap := range []struct {
		name string
		in   func(io.Writer) (io.WriteCloser, error)
	}{
		{"gz", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }},
		{"age", func(w io.Writer) (io.WriteCloser, error) { return age.Encrypt(w, id.Recipient()) }},
		{"gpg", func(w io.Writer) (io.WriteCloser, error) {
			return openpgp.SymmetricallyEncrypt(w, []byte("correct horse"), nil, nil)
		}},
		{"zip", func(w io.Writer) (io.WriteCloser, error) {
			z := zip.NewWriter(w)
			in, err := z.Create("inner.csv")
			return zipped{in, z}, err
		}},
	} {
		p, content, err := next("oath-csv")
		var b bytes.Buffer
		w, opened := wrap.in(&b)
		if err = errors.Join(err, opened); err == nil {
			_, err = w.Write(content)
			err = errors.Join(err, w.Close(), imports("delivery."+wrap.name, p, b.Bytes(), keys...))
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", wrap.name, err)
		}
	}
	made, err := l.madeElsewhere(seeds)
	return append(steps, made...), seeds, err
}

// wrappedElsewhere are sample deliveries in wrappers that only other programs make. All
// hold the same tokens: the first one imports them.
var wrappedElsewhere = map[string]string{ // with a key, where the passphrase is not enough
	"aes256.zip": "", "zipcrypto.pdf": "", "agile.xlsx": "", "standard.xlsx": "", "locked.gpg": "locked.asc", "signed.gpg": "receiver.asc", "ssh.age": "ssh",
}

func (l *hunt) madeElsewhere(seeds map[string][]byte) (steps [][]string, err error) {
	from := filepath.Join(l.fob.Root, "testdata", "deliveries")
	copied := func(name string) string {
		to := filepath.Join(l.sources, filepath.Base(name))
		data, failed := os.ReadFile(filepath.Join(from, name))
		err = errors.Join(err, failed, os.WriteFile(to, data, 0o600))
		return to
	}
	for n := range 5 {
		seed := sha1.Sum(fmt.Appendf(nil, "fob delivery %d", n+1))
		seeds[fmt.Sprintf("delivery %d", n+1)] = seed[:]
	}
	words := copied("keys/passphrase.txt")
	for _, name := range slices.Sorted(maps.Keys(wrappedElsewhere)) {
		step := []string{"import", copied(name), "--yes", "--passphrase-file", words}
		if key := wrappedElsewhere[name]; key != "" {
			step = append(step, "--key-file", copied("keys/"+key))
		}
		steps = append(steps, step)
	}
	return steps, err
}

type zipped struct {
	io.Writer
	io.Closer
}

// custody is what happens to seeds once they are there. A @ in a name stands for the
// number of the try: fob overwrites nothing.
func (l *hunt) custody() [][]string {
	out := func(name string) string { return filepath.Join(l.dir, "out", name) }
	const to = "age1gvkdk5fe6vswk8th3qj9k3nxcherjrrx4xj9qzw00cxv632xy3zsj3lptr"
	return [][]string{
		{"key", "rotate", "--yes"},
		{"backup", out("copy-@.db")},
		{"provision", "--for", "hex-csv", "--state", "in_stock", "--out", out("sent-@.age"), "--to", to, "--yes", "--skip-unfit"},
		{"provision", "--for", "pskc", "--batch", "4", "--out", out("sent-@.xml"), "--key-file", filepath.Join(l.sources, "transport.key"), "--yes"},
		{"export", out("inventory-@.xlsx")},
		{"restore", out("copy-0.db"), "--approved-by", "Eva Brandt", "--reason", "the disk died"},
		{"retire", "2600412301001", "--yes"},
		{"batch", "destroy-seeds", "2", "--approved-by", "Eva Brandt", "--yes"},
	}
}

// step kills a command a few times at moments by chance, and then lets it end.
func (l *hunt) step(ctx context.Context, args []string) error {
	if args[0] == "restore" {
		if err := os.Rename(filepath.Dir(l.db), filepath.Join(l.dir, "out/old")); err != nil {
			return err
		}
	}
	usual := 150 * time.Millisecond
	for try := range l.kills + 1 {
		line := slices.Clone(args)
		for i := range line {
			line[i] = strings.Replace(line[i], "@", fmt.Sprint(try), 1)
		}
		began := time.Now()
		limit := began.Add(time.Duration(l.random.Int64N(int64(usual))))
		e, err := l.killAt(ctx, func() bool { return try > 0 && time.Now().After(limit) }, line...)
		if err != nil {
			return err
		}
		l.runs++
		if e.killed {
			l.killed++
		}
		if try == 0 {
			usual = time.Since(began)
			const someUnfit = 3
			if e.code != 0 && !(e.code == someUnfit && slices.Contains(line, "--skip-unfit")) {
				return fmt.Errorf("exit %d\n%s", e.code, e.out)
			}
		}
		if found := l.sought.Find([]byte(e.out)); found != "" {
			return fmt.Errorf("its output holds the seed of %s", found)
		}
		if err := l.search(); err != nil {
			return err
		}
	}
	return nil
}

// search looks into every file but the sources.
func (l *hunt) search() error {
	return filepath.WalkDir(l.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if path == l.sources {
				return fs.SkipDir
			}
			return err
		}
		data, err := os.ReadFile(path)
		if found := l.sought.Find(data); found != "" {
			return fmt.Errorf("%s holds the seed of %s", path, found)
		}
		return err
	})
}

// finds makes sure that the search would find what it looks for: it does in a source.
func (l *hunt) finds(seeds map[string][]byte) error {
	data, err := os.ReadFile(filepath.Join(l.sources, "oath-csv.dat"))
	if err == nil && l.sought.Find(data) == "" {
		err = errors.New("the search finds no seed where there are some")
	}
	for name, seed := range seeds {
		for form, text := range testkit.SeedForms(seed) {
			if err == nil && l.sought.Find(slices.Concat([]byte("x"), text, []byte("x"))) == "" {
				err = fmt.Errorf("the search does not find %s in %s", name, form)
			}
		}
	}
	return err
}
