package pskc

import (
	"bytes"
	"errors"
	"fob/internal/fault"
	"io"
)

const fetchAgain = "fetch the delivery again, and ask the supplier for a file that follows RFC 6030"

// maxTries bounds reads that bring nothing, as package bufio does.
const maxTries = 100

// window is a stretch of the file that the scanner sees as one piece: enough
// for the longest token. It removes a byte order mark and knows UTF-16 by its
// first bytes.
type window struct {
	r        io.Reader
	buf      []byte
	pos, end int // what is read and not yet used up is buf[pos:end]
	lines    int // line ends that are used up
	used     int // bytes that are
	begun    bool
	err      error // from r, io.EOF included; there may still be bytes before it
}

// What ends a search, for the scanner to put in words.
var (
	errTooMuch = errors.New("a token beyond MaxToken")
	errCut     = errors.New("the file ends inside a token")
)

func newWindow(r io.Reader) *window { return &window{r: r, buf: make([]byte, MaxToken+32<<10)} }

// rest is what can be seen.
func (w *window) rest() []byte { return w.buf[w.pos:w.end] }

// use gives the next n bytes, valid until more is read, and goes on behind them.
func (w *window) use(n int) []byte {
	b := w.buf[w.pos : w.pos+n]
	w.pos += n
	w.used += n
	w.lines += bytes.Count(b, newline)
	return b
}

var newline = []byte{'\n'}

// more reads on behind what can be seen. It fails with errTooMuch when a token's
// length is in sight without an end, at the end of the file with io.EOF, and
// with what the reader below says.
func (w *window) more() error {
	switch {
	case w.err != nil:
		return w.err
	case w.end-w.pos > MaxToken:
		return errTooMuch
	}
	copy(w.buf, w.buf[w.pos:w.end])
	w.pos, w.end = 0, w.end-w.pos
	return w.fill(1)
}

// fill reads until there are some more bytes or there is an error.
func (w *window) fill(want int) error {
	before := w.end
	for tries := 0; w.end < before+want && w.err == nil; tries++ {
		var n int
		n, w.err = w.r.Read(w.buf[w.end:])
		w.end += n
		if tries >= maxTries && w.end == before && w.err == nil {
			w.err = io.ErrNoProgress
		}
	}
	if w.end > before {
		return nil // the error comes when these are used up
	}
	return w.err
}

// begin looks at the first bytes, which tell the encoding.
func (w *window) begin() error {
	w.begun = true
	if err := w.fill(4); err != nil && err != io.EOF {
		return err
	}
	head := w.rest()
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		w.pos, w.used = 3, 3
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")),
		bytes.HasPrefix(head, []byte("<\x00")), bytes.HasPrefix(head, []byte("\x00<")):
		return otherEncoding("UTF-16")
	}
	return nil
}

func otherEncoding(name string) error {
	return fault.Errorf(fault.Refused, "the file is written in %s; fob reads PSKC in UTF-8", name).
		WithHint("ask the supplier for UTF-8, which is what other readers expect too")
}

// find gives the length of what can be seen up to and with a mark, which is
// searched from a place on; more is read until it is there.
func (w *window) find(from int, mark []byte) (int, error) {
	for {
		if i := bytes.Index(w.rest()[from:], mark); i >= 0 {
			return from + i + len(mark), nil
		}
		from = max(from, w.end-w.pos-len(mark)+1)
		if err := w.more(); err != nil {
			return 0, cut(err)
		}
	}
}

// tag gives the length of a tag, whose values may have > in them.
func (w *window) tag() (int, error) {
	var quote byte
	for i := 1; ; i++ {
		for i >= w.end-w.pos {
			if err := w.more(); err != nil {
				return 0, cut(err)
			}
		}
		switch c := w.buf[w.pos+i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '>':
			return i + 1, nil
		case c == '"' || c == '\'':
			quote = c
		}
	}
}

// text gives the length of what comes before the next tag, or before the end.
func (w *window) text() (int, error) {
	for from := 0; ; {
		if i := bytes.IndexByte(w.rest()[from:], '<'); i >= 0 {
			return from + i, nil
		}
		from = w.end - w.pos
		if err := w.more(); err == io.EOF {
			return from, nil
		} else if err != nil {
			return 0, err
		}
	}
}

// see makes sure that n bytes can be seen, if the file has them.
func (w *window) see(n int) error {
	for w.end-w.pos < n {
		if err := w.more(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

func cut(err error) error {
	if err == io.EOF {
		return errCut
	}
	return err
}

// forget overwrites what was read.
func (w *window) forget() { clear(w.buf) }
