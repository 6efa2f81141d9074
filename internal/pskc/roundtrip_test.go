package pskc

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fob/internal/fault"
	"fob/internal/testkit"
)

// FuzzRoundTrip: what is read without a problem can be written, plain and
// encrypted, and is read as the same.
func FuzzRoundTrip(f *testing.F) {
	testkit.Corpus(f, "../../testdata/seedfiles/pskc/*.xml")
	f.Add(writeAll(f, WriterOptions{ID: "c", Prefix: "p"}, full(), hotpPackage("1", rfcSeed)))
	protect, keys := sharedKey(f)
	protect.Numbers = true
	f.Fuzz(func(t *testing.T, text []byte) {
		var sound []*KeyPackage
		d := NewDecoder(bytes.NewReader(text), Options{Compat: true})
		for p, err := d.Next(); err == nil; p, err = d.Next() {
			if p.Problem == nil {
				sound = append(sound, p)
			}
		}
		if len(sound) == 0 {
			return
		}
		for _, o := range []WriterOptions{{}, {Prefix: "pskc"}, {Protect: &protect}} {
			checkRoundTrip(t, o, keys, sound)
		}
	})
}

func checkRoundTrip(t *testing.T, o WriterOptions, keys Keys, sound []*KeyPackage) {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, testRandom(4), o)
	if err != nil {
		t.Fatal(err)
	}
	var want []*KeyPackage
	for _, p := range sound {
		err := w.Write(p)
		if err != nil && (fault.KindOf(err) != fault.NotAllowed || !strings.Contains(err.Error(), "more than 64 KiB")) {
			t.Fatalf("%v: %+v %+v", err, p, p.Key)
		}
		if err == nil {
			want = append(want, p)
		}
	}
	if err := w.Close(); err != nil {
		if len(want) > 0 {
			t.Fatal(err)
		}
		return
	}
	got, err := readAll(NewDecoder(bytes.NewReader(out.Bytes()), Options{Keys: keys}))
	if err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	if diff := cmp.Diff(want, got, equal); diff != "" {
		t.Fatalf("%s\n%s", diff, out.Bytes())
	}
}

// FuzzSigned: whatever is done to a signed container, what its signature covers
// is what was signed, or nothing.
func FuzzSigned(f *testing.F) {
	testkit.Corpus(f, "../../testdata/seedfiles/pskc/*.xml")
	s := signerCalled(f, "RSA")
	text := s.sign(f, writeAll(f, WriterOptions{ID: "c1"}, hotpPackage("26", rfcSeed)), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
	signed, err := VerifySigned([]byte(text), s.cert, false)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(text))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, compat := range []bool{false, true} {
			got, err := VerifySigned(text, s.cert, compat)
			if err == nil && !bytes.Equal(got.Container, signed.Container) {
				t.Fatalf("%s", got.Container)
			}
			if err != nil && fault.KindOf(err) != fault.Refused {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkWriter(b *testing.B) {
	protect, _ := sharedKey(b)
	for name, o := range map[string]WriterOptions{"plain": {}, "AES and MAC": {Protect: &protect}} {
		b.Run(name, func(b *testing.B) {
			p := hotpPackage("26", rfcSeed)
			w, err := NewWriter(io.Discard, testRandom(1), o)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Write(p); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "packages/s")
		})
	}
}

func BenchmarkDecoderEncrypted(b *testing.B) {
	protect, keys := sharedKey(b)
	all := make([]*KeyPackage, 5000)
	for i := range all {
		all[i] = hotpPackage("26", rfcSeed)
	}
	text := writeAll(b, WriterOptions{Protect: &protect}, all...)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		got, err := readWith(text, keys)
		if err != nil || len(got) != len(all) {
			b.Fatal(len(got), err)
		}
	}
	b.ReportMetric(5000*float64(b.N)/b.Elapsed().Seconds(), "packages/s")
}
