package gen

import (
	"bytes"
	"testing"

	"fob/internal/seedfile/pskc"
	"fob/internal/seedfile/seedtest"
	"fob/internal/token"
)

func TestReadBackPSKC(t *testing.T) {
	p := Plan{N: 1000, First: 5, Serials: 1, HOTP: 0.3, Hashes: []token.Hash{token.SHA1, token.SHA512}}
	var file bytes.Buffer
	if err := WritePSKC(&file, p); err != nil {
		t.Fatal(err)
	}
	all, notes, err := seedtest.ReadAll(t, pskc.Format(), &file)
	if err != nil || len(all) != p.N || notes != nil {
		t.Fatal(len(all), notes, err)
	}
	for i, rec := range all {
		want := p.Token(p.First + uint64(i))
		if rec.Problem != nil || rec.Serial != want.Serial || rec.Params != want.Params || !bytes.Equal(rec.Secret.Text.Bytes(), want.Seed) {
			t.Fatalf("%+v, want %+v", rec, want)
		}
	}
}
