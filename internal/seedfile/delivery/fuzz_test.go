package delivery

import (
	"errors"
	"io"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// fuzzSize bounds what the spool of a fuzz test takes: it keeps it in memory.
const fuzzSize = 1 << 20

// memorySpool is a Spool for fuzz tests, which would wear out a disk.
func memorySpool(r io.Reader, name string) (Spooled, error) {
	data, err := io.ReadAll(io.LimitReader(r, fuzzSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) == 0:
		return nil, fault.Errorf(fault.Refused, "empty")
	case len(data) > fuzzSize:
		return nil, fault.Errorf(fault.Refused, "too long for a fuzz test")
	}
	return memorySource{memory{name, data}}, nil
}

type memorySource struct{ memory }

func (memorySource) Close() error { return nil }

func (m memorySource) OpenAt() (seedfile.ReaderAtCloser, int64, error) {
	return atReader{strings.NewReader(string(m.data))}, int64(len(m.data)), nil
}

type atReader struct{ *strings.Reader }

func (atReader) Close() error { return nil }

// fuzzOpen opens anything: no panic, errors of fob's own without the passphrase
// in them, never too many members, and nothing but whole members.
func fuzzOpen(f *testing.F, keys func(t testing.TB) *Keys) {
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > fuzzSize {
			t.Skip()
		}
		o := Opener{Keys: keys(t), Spool: memorySpool, Now: opener(t, nil).Now}
		d, err := o.Open(t.Context(), memorySource{memory{"f", data}})
		if err != nil {
			var ours *fault.Error
			if !errors.As(err, &ours) || strings.Contains(err.Error(), "Test passphrase 7") || fault.KindOf(err) == fault.Internal {
				t.Fatalf("%v", err)
			}
			return
		}
		if len(d.Members) == 0 || len(d.Members) > MaxMembers {
			t.Fatalf("%d members", len(d.Members))
		}
		for _, m := range d.Members {
			content(t, m.Source)
			if len(m.Layers) > MaxDepth || strings.ContainsAny(m.Source.Name(), "\x00\x1b\n\\") || strings.Contains(m.Source.Name(), "/../") {
				t.Fatalf("%q, layers %v", m.Source.Name(), m.Layers)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func corpus(f *testing.F, names ...string) {
	f.Helper()
	for _, name := range names {
		f.Add(read(f, sample(name)))
	}
}

func FuzzZip(f *testing.F) {
	corpus(f, "plain.zip", "aes256.zip", "zipcrypto.pdf", "several.zip", "bzip2.zip", "deflate64.zip", "lzma.zip")
	f.Add(makeZip(f, zipEntry{name: "x.csv", text: row, pass: "Test passphrase 7", version: 1}))
	fuzzOpen(f, func(testing.TB) *Keys { return withPass("wrong", "Test passphrase 7") })
}

func FuzzOpenPGP(f *testing.F) {
	corpus(f, "public.gpg", "public.asc", "hidden.gpg", "signed.gpg", "signed-only.gpg", "passphrase.gpg", "zip-in.gpg")
	f.Add(argon(1, 1, 10))
	// No passphrase: each hash may take 0.2 s by right.
	fuzzOpen(f, func(t testing.TB) *Keys { return given(t, "key:receiver.asc") })
}

func FuzzOpenPGPSigned(f *testing.F) {
	corpus(f, "signed.gpg", "signed-only.gpg", "signed-outsider.gpg")
	fuzzOpen(f, func(t testing.TB) *Keys { return given(t, "key:receiver.asc signer:supplier-pub.asc") })
}

func FuzzAge(f *testing.F) {
	corpus(f, "x25519.age", "armored.age", "ssh.age", "gzip-in.age", "passphrase.age")
	fuzzOpen(f, func(t testing.TB) *Keys { return given(t, "key:age.txt key:ssh") })
}

func FuzzGzip(f *testing.F) {
	corpus(f, "seeds.csv.gz")
	f.Add(append(gzipped(f, row), gzipped(f, row)...))
	fuzzOpen(f, func(testing.TB) *Keys { return &Keys{} })
}

// FuzzKeyFile reads anything as a key file: no panic, and nothing of it in an
// error.
func FuzzKeyFile(f *testing.F) {
	for _, name := range []string{"receiver.asc", "receiver.gpg", "locked.asc", "age.txt", "ssh", "ssh-locked", "supplier-pub.asc", "passphrase.txt"} {
		f.Add(read(f, keyPath(name)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		k := &Keys{}
		if err := k.addKeyFile("F", data); err != nil && fault.KindOf(err) != fault.KeyTrouble {
			t.Fatal(err)
		}
		_ = k.addPassphrase("F", data)
		k.Clear()
	})
}
