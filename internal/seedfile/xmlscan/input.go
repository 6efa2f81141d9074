package xmlscan

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Limits, each with its reason.
const (
	// MaxDepth bounds the nesting of elements: a Seed of eToken XML stands five
	// deep.
	MaxDepth = 16
	// MaxAttributes bounds those of one element: one is known, and a root declares
	// some namespaces.
	MaxAttributes = 16
	// MaxToken bounds, in bytes, what must be held in memory at once: one tag, one
	// comment, one stretch of text. A seed has a few hundred characters.
	MaxToken = 64 << 10
)

// input hands bytes to encoding/xml one by one and bounds what it may gather for
// one token. It removes a byte order mark and knows UTF-16 by its first bytes.
type input struct {
	r      *bufio.Reader
	begun  bool
	token  int   // bytes since the last token
	failed error // of the reader below, but for io.EOF
}

var (
	errTooMuch = errors.New("a token beyond MaxToken")
	errUTF16   = errors.New("UTF-16")
)

func newInput(r io.Reader) *input { return &input{r: bufio.NewReaderSize(r, 32<<10)} }

// ReadByte is what encoding/xml reads by.
func (in *input) ReadByte() (byte, error) {
	if !in.begun {
		in.begun = true
		if err := in.begin(); err != nil {
			return 0, err
		}
	}
	if in.token++; in.token > MaxToken {
		return 0, errTooMuch
	}
	b, err := in.r.ReadByte()
	if err != nil && err != io.EOF {
		in.failed = err
	}
	return b, err
}

// Read is only there because encoding/xml asks for an io.Reader.
func (in *input) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := in.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

func (in *input) begin() error {
	head, _ := in.r.Peek(3) // an error comes again with the first byte
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		_, _ = in.r.Discard(3)
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")),
		bytes.HasPrefix(head, []byte("<\x00")), bytes.HasPrefix(head, []byte("\x00<")):
		return errUTF16
	}
	return nil
}
