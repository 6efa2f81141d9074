package gen

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"fob/internal/seedfile"
	"fob/internal/seedfile/detect"
	"fob/internal/testkit"
	"fob/internal/token"
)

// held is a Source in memory.
type held []byte

func (h held) Name() string                 { return "delivery" }
func (h held) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(h)), nil }

// deliveries say how a format is found and what plans it can hold.
var deliveries = map[string]struct {
	named   bool   // detection asks for --format
	format  string // that reads it; empty: the one of the same name
	options seedfile.Options
	hotp    []float64
	hashes  [][]token.Hash
	t0      int64
}{
	"oath-csv": {hotp: []float64{0, 0.3, 1}, hashes: [][]token.Hash{nil, {token.SHA1, token.SHA256}, {token.SHA512}}},
	"entra":    {hotp: []float64{0}, hashes: [][]token.Hash{nil}},
	"pskc":     {hotp: []float64{0, 0.5}, hashes: [][]token.Hash{nil, {token.SHA256, token.SHA1}}},
	"pskc-aes": {
		format: "pskc", hotp: []float64{0, 0.5}, hashes: [][]token.Hash{nil, {token.SHA256, token.SHA1}},
		options: seedfile.Options{Keys: &testkit.Keys{Files: []string{PSKCKey()}}},
	},
	"hex-csv":     {hotp: []float64{0, 1}},
	"netiq":       {named: true, hotp: []float64{0, 0.4, 1}},
	"multiotp":    {hotp: []float64{0, 0.6}},
	"nexus":       {hotp: []float64{0, 1}},
	"serial-seed": {hotp: []float64{0, 1}},
	"xlsx":        {hotp: []float64{0, 0.3, 1}, hashes: [][]token.Hash{nil, {token.SHA1, token.SHA256}, {token.SHA512}}},
	"yubikey":     {hotp: []float64{1}},
	"yubico":      {hotp: []float64{1}},
	"etoken-xml":  {hotp: []float64{1}},
	"otpauth":     {hotp: []float64{0, 0.5}, hashes: [][]token.Hash{nil, {token.SHA256, token.SHA1, token.SHA512}}},
	"graph-json":  {hotp: []float64{0}, hashes: [][]token.Hash{nil, {token.SHA256, token.SHA1}}},
	"authenex":    {hotp: []float64{1}},
	"deepnet":     {hotp: []float64{0, 1}},
	"safeword":    {hotp: []float64{0, 0.5, 1}, hashes: [][]token.Hash{nil, {token.SHA256, token.SHA1}}, t0: seedfile.Epoch2000},
	"columns": {
		named: true, hotp: []float64{0, 0.5}, hashes: [][]token.Hash{nil, {token.SHA256, token.SHA1}},
		options: seedfile.Options{Columns: "serial=Seriennummer,seed=Geheimnis,type=Art,digits=Stellen,period=Takt,hash=Verfahren"},
	},
}

// Random deliveries in every format come back as they were written, seeds
// included, and what a format does not say is left open.
func TestRandomDeliveries(t *testing.T) {
	for name := range Formats {
		d, known := deliveries[name]
		if !known {
			t.Errorf("nothing is said of %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			for round := range uint64(8) {
				rnd := rand.New(rand.NewPCG(round, uint64(len(name))))
				p := Plan{N: 20 + rnd.IntN(300), First: rnd.Uint64N(1e6), Serials: 26004123e5 + rnd.Uint64N(1e5), Header: round%2 == 0}
				p.HOTP = d.hotp[rnd.IntN(len(d.hotp))]
				if d.hashes != nil {
					p.Hashes = d.hashes[rnd.IntN(len(d.hashes))]
				}
				p.UPN, p.T0 = rnd.Float64(), d.t0
				readBack(t, name, cmp.Or(d.format, name), p, d.named, d.options)
			}
		})
	}
}

func readBack(t *testing.T, name, format string, p Plan, named bool, o seedfile.Options) {
	t.Helper()
	var file bytes.Buffer
	if err := Formats[name](&file, p); err != nil {
		t.Fatal(err)
	}
	f, err := detect.ByName(format)
	if !named {
		pass, opened := seedfile.OpenPass(held(file.Bytes()))
		if opened != nil {
			t.Fatal(opened)
		}
		defer pass.Close()
		f, _, err = detect.Detect(pass, o)
	}
	if err != nil || f.Name != format {
		t.Fatalf("%+v: %q %v", p, f.Name, err)
	}
	enc := f.Encoding
	if enc == seedfile.Unknown {
		enc = inferred(t, f, file.Bytes(), o)
	}
	i := p.First
	each(t, f, file.Bytes(), o, func(rec seedfile.Record) {
		compare(t, rec, p.Token(i), enc)
		i++
	})
	if n := i - p.First; n != uint64(p.N) {
		t.Errorf("%d of %d records", n, p.N)
	}
}

func each(t *testing.T, f seedfile.Format, file []byte, o seedfile.Options, do func(seedfile.Record)) {
	t.Helper()
	in, err := f.Open(bytes.NewReader(file), o)
	if err != nil {
		t.Fatal(err)
	}
	for {
		rec, err := in.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil || rec.Problem != nil || rec.Doubt.Field != 0 {
			t.Fatal(err, rec.Place, rec.Problem, rec.Doubt)
		}
		do(rec)
	}
}

// inferred finds the encoding as an import does.
func inferred(t *testing.T, f seedfile.Format, file []byte, o seedfile.Options) seedfile.Encoding {
	t.Helper()
	var all seedfile.Inference
	each(t, f, file, o, func(rec seedfile.Record) { all.Add(rec.Secret.Text.Bytes()) })
	d, err := all.Decide()
	if err != nil {
		t.Fatal(err)
	}
	return d.Encoding
}

func compare(t *testing.T, rec seedfile.Record, want Token, enc seedfile.Encoding) {
	t.Helper()
	seed, err := seedfile.Decode(rec.Secret, enc)
	if err != nil || rec.Serial != want.Serial || !bytes.Equal(seed.Bytes(), want.Seed) {
		t.Fatalf("%s: %q %x %v, want %q %x", rec.Place, rec.Serial, seed.Bytes(), err, want.Serial, want.Seed)
	}
	got := rec.Params
	for field, same := range map[seedfile.Field]bool{
		seedfile.FieldType: got.Type == want.Params.Type, seedfile.FieldHash: got.Hash == want.Params.Hash,
		seedfile.FieldDigits: got.Digits == want.Params.Digits, seedfile.FieldCounter: rec.Counter == want.counter(rec),
		seedfile.FieldPeriod: got.Period == want.Params.Period || want.Params.Type == token.HOTP,
	} {
		if rec.Given.Has(field) && !same {
			t.Fatalf("%s: the %s of %+v, want %+v", rec.Place, field, rec, want)
		}
	}
	if rec.Account != "" && rec.Account != want.UPN {
		t.Fatalf("%s: %q, want %q", rec.Place, rec.Account, want.UPN)
	}
}

// counter is 0, unless the type is open and one column stands for counter and step.
func (t Token) counter(rec seedfile.Record) int64 {
	if rec.Params.Type == "" && rec.Given.Has(seedfile.FieldPeriod) {
		return int64(t.Params.Period)
	}
	return 0
}

func TestFormatsRefuseWhatTheyCannotHold(t *testing.T) {
	for name, p := range map[string]Plan{
		"etoken-xml": {}, "authenex": {}, "graph-json": {HOTP: 1}, "safeword": {HOTP: 0.5}, "deepnet": {HOTP: 0.5}, "hex-csv": {HOTP: 0.5}, "netiq": {Hashes: []token.Hash{token.SHA256}}, "yubikey": {}, "yubico": {HOTP: 0.1},
		"serial-seed": {HOTP: 0.5}, "nexus": {Hashes: []token.Hash{token.SHA1, token.SHA256}, HOTP: 1},
	} {
		if err := Formats[name](io.Discard, p); err == nil {
			t.Error(name)
		}
	}
}
