package gen

import (
	"bytes"
	"encoding/hex"
	"io"
	"os"
	"testing"

	"fob/internal/seedfile"
	"fob/internal/seedfile/entra"
	"fob/internal/seedfile/oathcsv"
	"fob/internal/token"
)

// The seeds must never change: stores and tests rest on them.
func TestSeedForStaysTheSame(t *testing.T) {
	if got := hex.EncodeToString(SeedFor(0, token.SHA1)); got != "178720b58e9fba76df4b1d935742fbf05fe749ca" {
		t.Error(got)
	}
	for h, size := range map[token.Hash]int{token.SHA1: 20, token.SHA256: 32, token.SHA512: 64} {
		if n := len(SeedFor(7, h)); n != size {
			t.Errorf("%s: %d bytes", h, n)
		}
	}
}

// The samples of the demo are what seedgen writes:
//
//	go run ./tools/seedgen -n 36 -header -o testdata/seedfiles/delivery.csv
//	go run ./tools/seedgen -n 6 -seed-start 100000 -hotp 1 -rfc4226 -o testdata/seedfiles/hotp.csv
func TestSamples(t *testing.T) {
	for name, p := range map[string]Plan{
		"delivery.csv": {N: 36, Serials: 2600412300001, Header: true},
		"hotp.csv":     {N: 6, Serials: 2600412300001, First: 100000, HOTP: 1, RFC4226: true},
	} {
		want, err := os.ReadFile("../../../testdata/seedfiles/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := WriteOATHCSV(&got, p); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s is not what seedgen writes (%v)", name, err)
		}
	}
}

// What is written is read as what was planned.
func TestReadBack(t *testing.T) {
	p := Plan{N: 1000, First: 5, Serials: 1, HOTP: 0.3, Hashes: []token.Hash{token.SHA1, token.SHA256, token.SHA512}}
	var file bytes.Buffer
	if err := WriteOATHCSV(&file, p); err != nil {
		t.Fatal(err)
	}
	in, err := oathcsv.Format().Open(&file, seedfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	hotp := 0
	for i := p.First; i < p.First+uint64(p.N); i++ {
		rec, err := in.Next()
		if err != nil || rec.Problem != nil || rec.Doubt.Field != 0 {
			t.Fatal(err, rec)
		}
		want := p.Token(i)
		if rec.Serial != want.Serial || rec.Params != want.Params || !bytes.Equal(rec.Secret.Text.Bytes(), want.Seed) {
			t.Fatalf("%+v, want %s %s", rec, want.Serial, want.Params)
		}
		if rec.Params.Type == token.HOTP {
			hotp++
		}
	}
	if _, err := in.Next(); err != io.EOF {
		t.Error(err)
	}
	if hotp < 290 || hotp > 310 {
		t.Errorf("%d HOTP tokens", hotp)
	}
}

func TestReadBackEntra(t *testing.T) {
	p := Plan{N: 1000, First: 5, Serials: 1, UPN: 0.3, Hashes: []token.Hash{token.SHA256}}
	var file bytes.Buffer
	if err := WriteEntra(&file, p); err != nil {
		t.Fatal(err)
	}
	in, err := entra.Format().Open(&file, seedfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	owned := 0
	for i := p.First; i < p.First+uint64(p.N); i++ {
		rec, err := in.Next()
		if err != nil || rec.Problem != nil {
			t.Fatal(err, rec)
		}
		want := p.Token(i)
		if rec.Serial != want.Serial || rec.Account != want.UPN || !bytes.Equal(rec.Secret.Text.Bytes(), want.Seed) {
			t.Fatalf("%+v, want %s %q", rec, want.Serial, want.UPN)
		}
		if rec.Account != "" {
			owned++
		}
	}
	if owned < 290 || owned > 310 {
		t.Errorf("%d tokens belong to somebody", owned)
	}
}
