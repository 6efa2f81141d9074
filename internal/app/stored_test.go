package app_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/intake"
	"fob/internal/seedfile"
	"fob/internal/testkit"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// written is a delivery in memory.
type written []byte

func (w written) Name() string                 { return "delivery" }
func (w written) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(w)), nil }

// OpenAt is for archives, which are read at any place.
func (w written) OpenAt() (seedfile.ReaderAtCloser, int64, error) {
	return inMemory{bytes.NewReader(w)}, int64(len(w)), nil
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// columnsOf says which columns a generated table without a format of its own has.
const columnsOf = "serial=Seriennummer,seed=Geheimnis,type=Art,digits=Stellen,period=Takt,hash=Verfahren"

// hotpOnly are the formats whose tokens go by presses.
var hotpOnly = []string{"yubikey", "yubico", "etoken-xml", "authenex"}

// A delivery in every format, through to the store: each token's seed is opened
// with the store's key and is the one that was written.
func TestStoredIsWhatWasWritten(t *testing.T) {
	for name := range gen.Formats {
		t.Run(name, func(t *testing.T) {
			p := gen.Plan{N: 120, First: 7000, Serials: 2600412300001}
			if slices.Contains(hotpOnly, name) {
				p.HOTP = 1
			}
			if name == "safeword" {
				p.T0 = seedfile.Epoch2000
			}
			w := emptyStore(t)
			d, done, err := w.config.Desk(context.Background())
			w.must(err)
			w.store(d, name, p)
			for i := p.First; i < p.First+uint64(p.N); i++ {
				w.compare(d, p.Token(i))
			}
			w.must(done())
			if r, err := w.config.VerifyTrail(context.Background(), nil); err != nil || !r.OK() {
				t.Errorf("%v %v", err, r.Problems)
			}
		})
	}
}

func emptyStore(t *testing.T) *world {
	t.Helper()
	return storeAt(t, "", rand.Reader)
}

// storeAt makes a store in a server's database, or a file where none is named.
func storeAt(t *testing.T, db string, random io.Reader) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, now: time.Date(2026, 3, 1, 8, 0, 7, 0, time.UTC)}
	w.config = app.Config{DB: cmp.Or(db, filepath.Join(dir, "data", "fob.db")), Identity: filepath.Join(dir, "keys", "identity.txt"),
		Now: func() time.Time { return w.now }, Random: random, Operator: token.Operator{Kind: token.OperatorOS, ID: "1000", Name: "olga"}, Host: "desk"}
	_, err := w.config.Init(context.Background(), app.Founding{})
	w.must(err)
	return w
}

// store imports a generated delivery; what the format leaves open is said, as an
// operator would after `fob inspect`.
func (w *world) store(d *desk.Desk, name string, p gen.Plan) {
	w.t.Helper()
	var file bytes.Buffer
	w.must(gen.Formats[name](&file, p))
	req := intake.Import{Source: written(file.Bytes())}
	switch name {
	case "columns":
		req.Options.Columns = columnsOf
	case "pskc-aes":
		name, req.Options.Keys = "pskc", &testkit.Keys{Files: []string{gen.PSKCKey()}}
	}
	var err error
	req.Format, _, err = app.FindFormat(req.Source, name, req.Options)
	w.must(err)
	req.Fill.Params = p.Token(p.First).Params
	req.Fill.Given = w.leftOpen(req)
	res, err := intakeOf(d).Import(context.Background(), req)
	w.must(err)
	if res.New != p.N || res.Refused != 0 {
		w.t.Fatalf("%+v", res)
	}
}

// leftOpen asks what a file leaves open.
func (w *world) leftOpen(req intake.Import) (set seedfile.FieldSet) {
	for range 2 { // the period is asked for once the type is known
		req.Fill.Given = set
		res, err := intake.Inspect(context.Background(), req, "", time.Now())
		w.must(err)
		for _, f := range seedfile.Fields() {
			for _, need := range res.Needs {
				if need.String() == f.String() {
					set = set.With(f)
				}
			}
		}
	}
	return set
}

func (w *world) compare(d *desk.Desk, want gen.Token) {
	w.t.Helper()
	keys, err := d.Keys(context.Background())
	w.must(err)
	w.must(d.Store.View(context.Background(), func(r desk.Reader) error {
		t, err := r.Token(token.Serial(want.Serial))
		if err != nil {
			return err
		}
		sealed, of, err := r.SealedSeed(t.ID)
		if err != nil {
			return err
		}
		seed, err := keys.Open(of, sealed)
		if err != nil {
			return err
		}
		if !bytes.Equal(seed.Bytes(), want.Seed) || t.Profile.Params != want.Params {
			w.t.Errorf("token %s is stored otherwise than it was written: %v, want %v", want.Serial, t.Profile.Params, want.Params)
		}
		return nil
	}))
}
