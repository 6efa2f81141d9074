package xmlstream

import (
	"bytes"
	"io"
)

// window is a stretch of the file that is seen as one piece: enough for the
// longest token.
type window struct {
	r        io.Reader
	longest  int // token, in bytes
	buf      []byte
	pos, end int   // what is read and not yet used up is buf[pos:end]
	lines    int   // line ends that are used up
	used     int   // bytes that are
	err      error // from r, io.EOF included; there may still be bytes before it
}

// spare is what the buffer has beyond a token, so that moving the rest to its
// front is rare.
const spare = 32 << 10

func (w *window) rest() []byte { return w.buf[w.pos:w.end] }

// use takes the next n bytes, which stay valid until more is read.
func (w *window) use(n int) []byte {
	b := w.buf[w.pos : w.pos+n]
	w.pos += n
	w.used += n
	w.lines += bytes.Count(b, newline)
	return b
}

var newline = []byte{'\n'}

// more reads on behind what can be seen. It fails with errTooMuch when a token's
// length is in sight without an end, at the end of the file with io.EOF, and with
// what the reader below says.
func (w *window) more() error {
	switch {
	case w.err != nil:
		return w.err
	case w.end-w.pos > w.longest:
		return errTooMuch
	}
	to := w.buf
	if w.end-w.pos > len(w.buf)/2 && len(w.buf) < w.longest+spare {
		to = make([]byte, min(2*len(w.buf), w.longest+spare))
		defer clear(w.buf) // a secret may be in what is given up
	}
	n := copy(to, w.rest())
	w.buf, w.pos, w.end = to, 0, n
	return w.fill(1)
}

// fill reads until there are some more bytes or there is an error, which comes
// when these are used up.
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
		return nil
	}
	return w.err
}

// find returns the length of what stands up to and with a mark, which is searched
// from a place on; more is read until it is there.
func (w *window) find(from int, mark string) (int, error) {
	for {
		if i := bytes.Index(w.rest()[from:], []byte(mark)); i >= 0 {
			return from + i + len(mark), nil
		}
		from = max(from, w.end-w.pos-len(mark)+1)
		if err := w.more(); err != nil {
			return 0, cut(err)
		}
	}
}

// tag returns the length of a tag, whose values may have > in them.
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

// stretch returns the length of the text before the next tag, or before the end.
func (w *window) stretch() (int, error) {
	n, err := w.find(0, "<")
	if err == errCut {
		return w.end - w.pos, nil
	}
	return n - 1, err
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

// cut is for an end of the file inside a token.
func cut(err error) error {
	if err == io.EOF {
		return errCut
	}
	return err
}
