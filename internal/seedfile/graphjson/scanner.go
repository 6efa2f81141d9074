package graphjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"fob/internal/fault"
	"fob/internal/rows"
)

// maxValue bounds, in bytes, what must be held in memory at once: one name or one
// value. A secret has 128 characters, and what else a device has is shorter.
const maxValue = 64 << 10

// scanner reads JSON name by name, by encoding/json's tokens, which keep its
// grammar. It bounds what is held, and says where the file is wrong.
type scanner struct {
	json  *json.Decoder
	in    *input
	chars rows.Charset
}

func newScanner(r io.Reader) *scanner {
	text, chars := rows.UTF8(r)
	in := &input{r: text}
	return &scanner{json.NewDecoder(in), in, chars}
}

// refuse is an error that ends the file.
func (s *scanner) refuse(format string, args ...any) error {
	return fault.Errorf(fault.Refused, "line %d: "+format, append([]any{s.in.line(s.json.InputOffset())}, args...)...).
		WithHint("fetch the delivery again, and ask the supplier for JSON as Entra's Graph API takes it, or for Entra's CSV")
}

// next reads a token, or a value as it is written. Errors of encoding/json are put
// in words that repeat nothing of the file.
func (s *scanner) next(read func() (size int, err error)) error {
	s.in.taken = 0
	size, err := read()
	if err == nil && size > maxValue { // what was read ahead was not counted
		err = errTooMuch
	}
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		s.in.line(s.json.InputOffset()) // so that the lines behind are forgotten
		return nil
	case s.in.failed != nil:
		return s.in.failed
	case errors.Is(err, errTooMuch):
		return s.refuse("a name or value of more than %d KiB", maxValue>>10)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return s.refuse("the file is cut off")
	case errors.As(err, &syntax) && syntax.Error() == "exceeded max depth":
		return s.refuse("values are nested too deep")
	}
	return s.refuse("the file is not well-formed JSON")
}

func (s *scanner) token() (t json.Token, err error) {
	return t, s.next(func() (size int, err error) {
		t, err = s.json.Token()
		key, _ := t.(string)
		return len(key), err
	})
}

// value reads what stands behind a name, as it is written. It is the caller's.
func (s *scanner) value() (raw json.RawMessage, err error) {
	err = s.next(func() (size int, err error) {
		err = s.json.Decode(&raw)
		return len(raw), err
	})
	return raw, err
}

// begin wants an object or a list to begin.
func (s *scanner) begin(with json.Delim) error {
	t, err := s.token()
	switch {
	case err != nil || t == with:
		return err
	case with == '{':
		return s.refuse("the file is no JSON object")
	}
	return s.refuse("the value is no list")
}

// opening reads what the file begins with, an object or a list.
func (s *scanner) opening() (json.Delim, error) {
	t, err := s.token()
	d, _ := t.(json.Delim)
	if err == nil && d != '{' && d != '[' {
		err = s.refuse("the file is no JSON object")
	}
	return d, err
}

// key reads the next name of the object that is open; no more: it is closed.
func (s *scanner) key() (key string, more bool, err error) {
	t, err := s.token()
	key, more = t.(string)
	return key, more, err
}

// entry opens the next object of the list that is open; no more: it is closed.
func (s *scanner) entry() (more bool, err error) {
	t, err := s.token()
	if err == nil && t != json.Delim('{') && t != json.Delim(']') {
		err = s.refuse("the list holds something that is no object")
	}
	return err == nil && t == json.Delim('{'), err
}

// end makes sure that nothing follows; its error is io.EOF.
func (s *scanner) end() error {
	s.in.taken = 0
	_, err := s.json.Token()
	switch {
	case err == io.EOF && s.in.failed == nil:
		return io.EOF
	case err != nil:
		return s.next(func() (int, error) { return 0, err })
	}
	return s.refuse("something stands behind the end of the object")
}

// input bounds what is read for one token, and counts lines.
type input struct {
	r      io.Reader
	taken  int     // bytes since the last token
	offset int64   // bytes read
	lines  int     // line ends before the last offset asked for
	ahead  []int64 // line ends behind it
	failed error   // of the reader below, but for io.EOF
}

var errTooMuch = errors.New("a token beyond maxValue")

// chunk is how much is read at once: what a token may have beyond maxValue.
const chunk = 4 << 10

func (in *input) Read(p []byte) (int, error) {
	if in.taken > maxValue+chunk {
		return 0, errTooMuch
	}
	n, err := in.r.Read(p[:min(len(p), chunk)])
	at := in.offset
	for line := range bytes.Lines(p[:n]) {
		if at += int64(len(line)); line[len(line)-1] == '\n' {
			in.ahead = append(in.ahead, at)
		}
	}
	in.taken += n
	in.offset += int64(n)
	if err != nil && err != io.EOF {
		in.failed = err
	}
	return n, err
}

// line is where an offset stands, from 1. Offsets only grow.
func (in *input) line(offset int64) int {
	for len(in.ahead) > 0 && in.ahead[0] <= offset {
		in.lines++
		in.ahead = in.ahead[1:]
	}
	return in.lines + 1
}
