package rows

import (
	"errors"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		o    Options
		want []string
		says string
	}{
		"colons":              {"a:b\nc:d,e\n", Options{Delimiter: ':'}, []string{"1: a|b", "2: c|d,e"}, ""},
		"blanks":              {"a,x b\n c  d\n", Options{Delimiter: ' '}, []string{"1: a,x|b", "2: c|d"}, ""},
		"not what sep= says":  {"sep=x\na;b\n", Options{Delimiter: ';'}, []string{"2: a|b"}, ""},
		"no mixture is seen":  {"a,b\nc\td\n", Options{Delimiter: ','}, []string{"1: a|b", "2: c\td"}, ""},
		"skipped":             {"Dear customer,\n\n\"here\na;b\nc;d\n", Options{SkipLines: 3}, []string{"4: a|b", "5: c|d"}, ""},
		"sep= behind it":      {"x\nsep=;\na;b\n", Options{SkipLines: 1}, []string{"3: a|b"}, ""},
		"all skipped":         {"x\ny\n", Options{SkipLines: 2}, nil, ""},
		"too many":            {"x\ny\n", Options{SkipLines: 3}, nil, "line 3: the file ends within the 3 lines to skip"},
		"an endless line":     {strings.Repeat("x", 1<<20), Options{SkipLines: 1}, nil, "line 1: the line has more than 65536 bytes"},
		"anything is skipped": {"\x00\n\x81\na,b\n", Options{SkipLines: 2}, []string{"3: a|b"}, ""},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text))} {
			got, err := rowsOf(NewWith(r, c.o))
			if !reflect.DeepEqual(got, c.want) || (err == nil) != (c.says == "") || err != nil && err.Error() != c.says {
				t.Errorf("%s: %q %v", name, got, err)
			}
		}
	}
}

func TestComment(t *testing.T) {
	for text, want := range map[string]string{
		" # version: 2\na,b\n": "# version: 2", "a,b\n# version: 2\n": "", "": "", "\n# x\n": "",
	} {
		in := New(strings.NewReader(text))
		_, _ = in.Next()
		if in.Comment() != want {
			t.Errorf("%q: %q", text, in.Comment())
		}
	}
}

// endless repeats a byte.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

// A line of a gigabyte, a million columns and a file of NUL bytes are refused by
// line, and are never gathered in memory.
func TestHostileTexts(t *testing.T) {
	for name, c := range map[string]struct {
		fill byte
		says string
	}{
		"a line of a gigabyte": {'x', "line 2: the line has more than 65536 bytes"},
		"a million columns":    {',', "line 2: the line has more than 65536 bytes"},
		"NUL bytes":            {0, "line 2: the line has more than 65536 bytes"},
		"quotes":               {'"', "line 2: the line has more than 65536 bytes"},
		"letters of no UTF-8":  {0xFC, "line 2: the line has more than 65536 bytes"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		in := New(io.MultiReader(strings.NewReader("a,b\n"), io.LimitReader(endless(c.fill), 1<<30)))
		_, err := rowsOf(in)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; err == nil || err.Error() != c.says || used > 2<<20 {
			t.Errorf("%s: %v, %d bytes", name, err, used)
		}
	}
	_, err := rowsOf(New(strings.NewReader("a,b\nc" + strings.Repeat(",", 5000) + "\n")))
	if err == nil || err.Error() != "line 2: the row has more than 256 columns" {
		t.Error(err)
	}
	_, err = rowsOf(New(strings.NewReader("a b\nc" + strings.Repeat(" x", 5000) + "\n")))
	if err == nil || err.Error() != "line 2: the row has more than 256 columns" {
		t.Error(err)
	}
}

func TestLegacyReaderPassesErrorsOn(t *testing.T) {
	broken := errors.New("disk")
	_, err := rowsOf(New(io.MultiReader(strings.NewReader("\xfc,b\n\xe4"), iotest.ErrReader(broken))))
	if !errors.Is(err, broken) {
		t.Error(err)
	}
}
