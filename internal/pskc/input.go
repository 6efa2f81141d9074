package pskc

import (
	"bytes"
	"errors"
	"io"

	"fob/internal/token"
)

const fetchAgain = "fetch the delivery again, and ask the supplier for a file that follows RFC 6030"

// maxTries bounds reads that bring nothing, as package bufio does.
const maxTries = 100

// input hands bytes to encoding/xml one by one and bounds what it may gather
// for one token. It removes a byte order mark and knows UTF-16 by its first
// bytes.
type input struct {
	r       io.Reader
	buf     []byte
	pos, n  int
	err     error // from r, io.EOF included; there may still be bytes before it
	begun   bool
	token   int   // bytes since the last token
	lastErr error // what every further read gives
}

// errTooMuch is for the scanner to put in words, with a line.
var errTooMuch = errors.New("a token beyond MaxToken")

func newInput(r io.Reader) *input { return &input{r: r, buf: make([]byte, 32<<10)} }

// mark begins a new token.
func (in *input) mark() { in.token = 0 }

// ReadByte is what encoding/xml reads by.
func (in *input) ReadByte() (byte, error) {
	if in.pos == in.n {
		if err := in.fill(); err != nil {
			return 0, err
		}
	}
	if in.token++; in.token > MaxToken {
		return 0, errTooMuch
	}
	b := in.buf[in.pos]
	in.pos++
	return b, nil
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

func (in *input) fill() error {
	if in.lastErr != nil {
		return in.lastErr
	}
	in.pos, in.n = 0, 0
	want := 1
	if !in.begun {
		want = 4 // the beginning tells the encoding
	}
	for tries := 0; in.n < want && in.err == nil; tries++ {
		var n int
		n, in.err = in.r.Read(in.buf[in.n:])
		in.n += n
		if tries >= maxTries && in.n == 0 && in.err == nil {
			in.err = io.ErrNoProgress
		}
	}
	if !in.begun {
		in.begun = true
		in.lastErr = in.begin()
	}
	if in.lastErr == nil && in.pos == in.n {
		in.lastErr = in.err
	}
	return in.lastErr
}

func (in *input) begin() error {
	head := in.buf[:in.n]
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		in.pos = 3
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")),
		bytes.HasPrefix(head, []byte("<\x00")), bytes.HasPrefix(head, []byte("\x00<")):
		return otherEncoding("UTF-16")
	}
	return nil
}

func otherEncoding(name string) error {
	return token.Errorf(token.Refused, "the file is written in %s; fob reads PSKC in UTF-8", name).
		WithHint("ask the supplier for UTF-8, which is what other readers expect too")
}

// foreign is an error of the reader below that is not about the file's content.
func (in *input) foreign() error {
	if in.lastErr != nil && in.lastErr != io.EOF {
		return in.lastErr
	}
	return nil
}

// forget overwrites what was read.
func (in *input) forget() { clear(in.buf) }
