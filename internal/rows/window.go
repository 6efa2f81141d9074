package rows

import (
	"bytes"
	"io"
)

// take marks one line as read.
func (r *Reader) take(size int) {
	r.start += size
	r.line++
}

// fill sees to it that the buffer holds a whole window, or all that is left.
func (r *Reader) fill() {
	if r.ended || r.end-r.start >= window {
		return
	}
	r.end = copy(r.buf, r.buf[r.start:r.end])
	r.start = 0
	n, err := io.ReadFull(r.src, r.buf[r.end:])
	r.end += n
	if err == nil {
		return
	}
	r.ended = true
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		r.srcErr = err
	}
}

// lineEnd gives the length of the first line and how much to skip to the next:
// LF, CR LF or CR end a line. Both are the same when no line end is in sight.
func lineEnd(text []byte) (n, skip int) {
	text = text[:min(len(text), window)]
	n = bytes.IndexByte(text, '\n')
	skip = n + 1
	if n < 0 {
		n, skip = len(text), len(text)
	}
	cr := bytes.IndexByte(text[:n], '\r')
	switch {
	case cr < 0:
		return n, skip
	case cr == n-1 && skip > n:
		return cr, skip
	}
	return cr, cr + 1
}
