package seedfile

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"
)

type bytesSource []byte

func (bytesSource) Name() string                   { return "a.xml" }
func (b bytesSource) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }

// The signs with which DOS programs end a text are left out, whatever the format, and
// wherever the reads are cut. Those in its middle stay, and those of a file that is no
// text in single bytes.
func TestDOSEnd(t *testing.T) {
	for text, want := range map[string]struct {
		read string
		note bool
	}{
		"<a/>":                     {"<a/>", false},
		"<a/>\x1a":                 {"<a/>", true},
		"<a/>\r\n\x1a\x1a\x1a\x1a": {"<a/>\r\n", true},
		"a\x1a\x1ab\x1ac\x1a\x1a":  {"a\x1a\x1ab\x1ac", true},
		"\x1a":                     {"", true},
		"PK\x03\x04\x1a":           {"PK\x03\x04\x1a", false},
		"\xfe\xff\x00<\x00\x1a":    {"\xfe\xff\x00<\x00\x1a", false},
	} {
		for _, cut := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.HalfReader, iotest.DataErrReader} {
			p, err := OpenPass(bytesSource(text))
			if err != nil {
				t.Fatal(err)
			}
			p.in = cut(p.in)
			s, err := p.Sample(Options{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(p)
			if err != nil || string(got) != want.read || string(s.Data) != want.read || p.DOSEnd() != want.note || p.Size() != int64(len(text)) {
				t.Errorf("%q: %q, sample %q, note %v, size %d, %v", text, got, s.Data, p.DOSEnd(), p.Size(), err)
			}
		}
	}
}
