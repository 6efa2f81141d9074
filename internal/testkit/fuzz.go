package testkit

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"fob/internal/seedfile"
	"fob/internal/token"
)

// Fuzz reads mangled files of a format, beginning with those that a pattern
// finds: whole and byte by byte they give the same records, a record without a
// problem is one that an import can take, and no message holds what may be a
// seed.
func Fuzz(f *testing.F, format seedfile.Format, o seedfile.Options, pattern string) {
	Corpus(f, pattern)
	f.Fuzz(func(t *testing.T, text []byte) {
		whole := fuzzed(t, format, o, bytes.NewReader(text))
		bytewise := fuzzed(t, format, o, iotest.OneByteReader(bytes.NewReader(text)))
		if whole != bytewise {
			t.Fatalf("whole: %s\nbytewise: %s", whole, bytewise)
		}
		format.Sniff(seedfile.Sample{Data: text, Whole: len(text)%2 == 0, Options: o})
	})
}

// fuzzed returns the records of a text in words, for comparison only: the seeds are
// in them.
func fuzzed(t *testing.T, format seedfile.Format, o seedfile.Options, r io.Reader) string {
	in, err := format.Open(r, o)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for {
		rec, err := in.Next()
		if err != nil {
			silent(t, err)
			fmt.Fprintf(&all, "%v %q", err, in.Notes())
			return all.String()
		}
		silent(t, rec.Problem)
		checkRecord(t, rec)
		fmt.Fprintf(&all, "%+v %x\n", rec, rec.Secret.Text.Bytes())
	}
}

func checkRecord(t *testing.T, rec seedfile.Record) {
	if rec.Problem != nil {
		if seedfile.SerialLooksLikeSeed(rec.Serial) || seedfile.LooksLikeSeed(rec.Account) {
			t.Fatal("a seed is shown as serial or account")
		}
		return
	}
	p, n := rec.Params, rec.Secret.Text.Len()
	open := p.Type == "" // whether the number is a step or a counter is not known yet
	if rec.Serial == "" || n < 1 || rec.Secret.Encoding != seedfile.Unknown && n > token.MaxParsedSeed || rec.Counter < 0 ||
		rec.Given.Has(seedfile.FieldDigits) && (p.Digits < token.MinDigits || p.Digits > token.MaxDigits) ||
		rec.Given.Has(seedfile.FieldPeriod) && !open && (p.Period < 1 || p.Period > token.MaxPeriod) {
		t.Fatalf("%+v", rec)
	}
}

// silent: the messages are fob's own words and numbers. Seeds are at least ten
// bytes, twenty hex digits; no word or number of a message has more than nineteen
// characters of hex.
func silent(t *testing.T, err error) {
	if err == nil || err == io.EOF {
		return
	}
	run := 0
	for _, c := range err.Error() {
		if run++; !strings.ContainsRune("0123456789abcdefABCDEF", c) {
			run = 0
		}
		if run > 19 || c > '~' {
			t.Fatal(err)
		}
	}
}
