package pskc

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"fob/internal/fault"
	"fob/internal/testkit"
	"fob/internal/token"
)

// inWords tells everything that was read, the secrets included, for comparison.
func inWords(r io.Reader) (words, secrets []string, messages []string, err error) {
	all, err := readAll(NewDecoder(r, Options{}))
	for _, p := range all {
		text := fmt.Sprintf("%d %d %+v %q %v %v", p.N, p.Line, p.Device, p.ModuleID, p.Extended, p.Problem)
		if p.Problem != nil {
			messages = append(messages, p.Problem.Error())
		}
		if k := p.Key; k != nil {
			secret := k.Secret.Plain.Bytes()
			text += fmt.Sprintf(" %q %q %x %v %v %+v", k.ID, k.Algorithm, secret, k.Counter, k.Interval, k.Params.Suite != nil)
			if k.Policy != nil {
				text += fmt.Sprint(k.Policy.Usages, k.Policy.Valid, k.Policy.PIN != nil, k.Policy.Transactions)
			}
			if len(secret) >= token.MinShortSeedLen {
				secrets = append(secrets, base64.StdEncoding.EncodeToString(secret), string(secret))
			}
		}
		words = append(words, text)
	}
	if err != nil {
		messages = append(messages, err.Error())
	}
	return words, secrets, messages, err
}

func FuzzDecoder(f *testing.F) {
	testkit.Corpus(f, "../../testdata/seedfiles/pskc/*.xml")
	f.Fuzz(func(t *testing.T, text []byte) {
		words, secrets, messages, err := inWords(bytes.NewReader(text))
		again, _, _, errAgain := inWords(iotest.OneByteReader(bytes.NewReader(text)))
		if !slices.Equal(words, again) || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("whole: %q %v\nbytewise: %q %v", words, err, again, errAgain)
		}
		if k := fault.KindOf(err); err != nil && k != fault.Refused && k != fault.KeyTrouble {
			t.Fatal(err)
		}
		for _, m := range messages {
			for _, s := range secrets {
				if strings.Contains(m, s) {
					t.Fatalf("a message holds a secret: %s", m)
				}
			}
		}
	})
}

// endless repeats a text n times, without holding it.
type endless struct {
	text string
	n    int
	rest string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		if e.n == 0 {
			return 0, io.EOF
		}
		e.n, e.rest = e.n-1, e.text
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// TestMemoryIsFlat reads long files of several shapes, whose total is far more
// than the memory that may be in use afterwards or at any time between.
func TestMemoryIsFlat(t *testing.T) {
	for name, text := range map[string]string{
		"packages":   one,
		"one token":  strings.Repeat("x", 1000),
		"unknown":    strings.Repeat("<a/><b/><c:d xmlns:c='u' c:e='f'/>", 30),
		"in one key": "<KeyPackage><Key Id='1'>" + strings.Repeat("<x1/><x2/>", 100),
		"comments":   "<!-- " + strings.Repeat("x", 1000) + " -->",
		"extensions": "<Extensions><a/></Extensions>",
		"depth":      "<Extensions>",
	} {
		in := io.MultiReader(strings.NewReader(open), &endless{text: text, n: 8_000_000 / len(text)}, strings.NewReader(shut))
		d := NewDecoder(in, Options{})
		var before, now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for n := 0; ; n++ {
			if n%10_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				if now.HeapAlloc > before.HeapAlloc+4<<20 {
					t.Fatalf("%s: %d KiB more after %d packages", name, (now.HeapAlloc-before.HeapAlloc)>>10, n)
				}
			}
			if _, err := d.Next(); err != nil {
				break
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&now)
		if now.HeapAlloc > before.HeapAlloc+4<<20 {
			t.Errorf("%s: %d KiB more at the end", name, (now.HeapAlloc-before.HeapAlloc)>>10)
		}
		runtime.KeepAlive(d)
	}
}

func BenchmarkDecoder(b *testing.B) {
	text := open + strings.Repeat(one, 5000) + shut
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		d := NewDecoder(strings.NewReader(text), Options{})
		for {
			p, err := d.Next()
			if err == io.EOF {
				break
			}
			if err != nil || p.Problem != nil {
				b.Fatal(err, p)
			}
			p.Clear()
		}
	}
	b.ReportMetric(5000*float64(b.N)/b.Elapsed().Seconds(), "packages/s")
}
