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

// scanner reads JSON name by name. It takes encoding/json's tokens, which keep its
// grammar, and does the rest itself: what a name means and whether it stands there
// twice, how much is held, where the file ends.
type scanner struct {
	json  *json.Decoder
	in    *input
	chars rows.Charset
}

func newScanner(r io.Reader) *scanner {
	text, chars := rows.UTF8(r)
	in := &input{r: text}
	s := &scanner{json: json.NewDecoder(in), in: in, chars: chars}
	s.json.UseNumber()
	return s
}

// refuse is an error that ends the file.
func (s *scanner) refuse(format string, args ...any) error {
	return fault.Errorf(fault.Refused, "line %d: "+format, append([]any{s.in.line(s.json.InputOffset())}, args...)...).
		WithHint("fetch the delivery again, and ask the supplier for JSON as Entra's Graph API takes it, or for Entra's CSV")
}

// fault puts an error of encoding/json in words that repeat nothing of the file.
func (s *scanner) fault(err error) error {
	var syntax *json.SyntaxError
	switch {
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

// begin wants an object or a list to begin.
func (s *scanner) begin(with json.Delim) error {
	t, err := s.token()
	switch {
	case err != nil:
		return err
	case t != with && with == '{':
		return s.refuse("the file is no JSON object")
	case t != with:
		return s.refuse("the value is no list")
	}
	return nil
}

func (s *scanner) token() (json.Token, error) {
	s.in.taken = 0
	t, err := s.json.Token()
	if err != nil {
		return nil, s.fault(err)
	}
	if key, ok := t.(string); ok && len(key) > maxValue { // what was read ahead was not counted
		return nil, s.fault(errTooMuch)
	}
	s.in.line(s.json.InputOffset()) // so that the lines behind are forgotten
	return t, nil
}

// key gives the next name of the object that is open; no more: it is closed.
func (s *scanner) key() (key string, more bool, err error) {
	t, err := s.token()
	if err != nil {
		return "", false, err
	}
	key, more = t.(string)
	return key, more, nil
}

// value gives what stands behind a name, as it is written. It is the caller's.
func (s *scanner) value() (json.RawMessage, error) {
	s.in.taken = 0
	var raw json.RawMessage
	if err := s.json.Decode(&raw); err != nil {
		return nil, s.fault(err)
	}
	if len(raw) > maxValue { // what was read ahead was not counted
		return nil, s.fault(errTooMuch)
	}
	return raw, nil
}

// entry opens the next object of the list that is open; no more: it is closed.
func (s *scanner) entry() (more bool, err error) {
	t, err := s.token()
	switch {
	case err != nil:
		return false, err
	case t == json.Delim('{'):
		return true, nil
	case t == json.Delim(']'):
		return false, nil
	}
	return false, s.refuse("the list holds something that is no object")
}

// end makes sure that nothing follows; its error is io.EOF.
func (s *scanner) end() error {
	s.in.taken = 0
	switch _, err := s.json.Token(); {
	case err == io.EOF && s.in.failed == nil:
		return io.EOF
	case err != nil:
		return s.fault(err)
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
	for rest, at := p[:n], in.offset; ; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			break
		}
		at += int64(i) + 1
		rest = rest[i+1:]
		in.ahead = append(in.ahead, at)
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
