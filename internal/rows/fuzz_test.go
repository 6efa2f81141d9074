package rows

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"fob/internal/fault"
)

func FuzzReader(f *testing.F) {
	for _, text := range []string{
		"a,b\nc,d\n", "sep=;\r\n\"a\"\"\";b\r\n", "\ufeffa\tb\rc\td", "\xff\xfea\x00,\x00b\x00\n\x00",
		"\"a\nb\",c", "#x\n\n,,\n", "a  b\nc\t\"d\" e\n", "\xfc,b\nä", "a,b\nc\td\n", "\"a", "a\"b,\"c\"d",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, notes, err := read(bytes.NewReader(text))
		again, notesAgain, errAgain := read(iotest.OneByteReader(bytes.NewReader(text)))
		if !reflect.DeepEqual(got, again) || !reflect.DeepEqual(notes, notesAgain) || !reflect.DeepEqual(err, errAgain) {
			t.Fatalf("whole: %q %q %v\nbytewise: %q %q %v", got, notes, err, again, notesAgain, errAgain)
		}
		var at *fault.Error
		if err != nil && !errors.As(err, &at) {
			t.Fatalf("the error is no Error: %v", err)
		}
		checkLimits(t, text)
	})
}

func checkLimits(t *testing.T, text []byte) {
	in, line := New(bytes.NewReader(text)), 0
	for {
		row, err := in.Next()
		if err != nil {
			return
		}
		size := 0
		for _, field := range row.Fields {
			size += len(field)
		}
		if row.Line <= line || size > MaxRow || len(row.Fields) > MaxColumns || empty(row.Fields) {
			t.Fatalf("line %d after %d, %d bytes, %d fields", row.Line, line, size, len(row.Fields))
		}
		line = row.Line
	}
}

// formula is a text that is written as a formula, which alone comes back otherwise.
var formula = regexp.MustCompile(`^="([^"]*)"$`)

// FuzzQuoting: whatever stands in a field comes back when it is quoted.
func FuzzQuoting(f *testing.F) {
	f.Add("a\"b", "c,d\ne")
	f.Add(`="001"`, `="a""`)
	f.Add("0", "\t\t\t=\",") // a quote in a field does not end it
	f.Fuzz(func(t *testing.T, a, b string) {
		whole := utf8.ValidString(a) && utf8.ValidString(b) && !strings.ContainsRune(a+b, 0)
		if !whole || a+b == "" || len(a+b) > MaxRow/4 || strings.ContainsAny(a+b, "\r\n") {
			t.Skip()
		}
		quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		wantA, wantB := formula.ReplaceAllString(a, "$1"), formula.ReplaceAllString(b, "$1")
		if wantA+wantB == "" {
			t.Skip()
		}
		in := New(strings.NewReader("x,y\n" + quote(a) + "," + quote(b) + "\n"))
		_, _ = in.Next()
		row, err := in.Next()
		if err != nil || len(row.Fields) != 2 || string(row.Fields[0]) != wantA || string(row.Fields[1]) != wantB {
			t.Fatalf("%q %q became %q, %v", a, b, row.Fields, err)
		}
		if _, err := in.Next(); err != io.EOF {
			t.Fatal(err)
		}
	})
}

func BenchmarkPlain(b *testing.B) {
	benchmark(b, strings.Repeat("2600412300001,3132333435363738393031323334353637383930,totp,6,30\n", 10000))
}

func BenchmarkQuoted(b *testing.B) {
	benchmark(b, strings.Repeat("\"2600412300001\",\"3132333435363738393031323334353637383930\",\"totp\",6,30\r\n", 10000))
}

func benchmark(b *testing.B, text string) {
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		in := New(strings.NewReader(text))
		for {
			if _, err := in.Next(); err != nil {
				break
			}
			rows++
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
