package gen

import (
	"bytes"
	"io"
	"testing"

	"fob/internal/seedfile"
	"fob/internal/seedfile/pskc"
	"fob/internal/testkit"
	"fob/internal/token"
)

func TestReadBackPSKC(t *testing.T) {
	p := Plan{N: 1000, First: 5, Serials: 1, HOTP: 0.3, Hashes: []token.Hash{token.SHA1, token.SHA512}}
	for name, write := range map[string]func(io.Writer, Plan) error{"plain": WritePSKC, "encrypted": WritePSKCEncrypted} {
		var file, again bytes.Buffer
		if err := write(&file, p); err != nil {
			t.Fatal(err)
		}
		if err := write(&again, p); err != nil || !bytes.Equal(file.Bytes(), again.Bytes()) {
			t.Errorf("%s: not the same bytes (%v)", name, err)
		}
		keys := &testkit.Keys{Files: []string{PSKCKey()}}
		in, err := pskc.Format().Open(&file, seedfile.Options{Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.N {
			rec, err := in.Next()
			if err != nil {
				t.Fatal(err)
			}
			want := p.Token(p.First + uint64(i))
			if rec.Problem != nil || rec.Serial != want.Serial || rec.Params != want.Params || !bytes.Equal(rec.Secret.Text.Bytes(), want.Seed) {
				t.Fatalf("%s: %+v, want %+v", name, rec, want)
			}
		}
		if _, err := in.Next(); err != io.EOF || in.Notes() != nil {
			t.Errorf("%s: %v %q", name, err, in.Notes())
		}
	}
}
