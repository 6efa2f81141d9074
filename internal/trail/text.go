package trail

import (
	"bytes"
	"encoding/json"

	"fob/internal/fault"
)

// marshal writes what is going to be hashed. JSON puts another character in the
// place of what is no UTF-8, without a word: the trail would forever say something
// else than the tables, so such a text is refused here.
func marshal(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err == nil && replaced(body) {
		err = errNotText
	}
	return body, err
}

var errNotText = fault.Errorf(fault.Internal, "something in it is not text (UTF-8), and the trail can hold nothing else").
	WithHint("give it in UTF-8; nothing was changed")

// replaced reports whether JSON put its replacement for what is no UTF-8 into some
// text. It spells that with an escape, and the same character of a sound text as it
// is.
func replaced(body []byte) bool {
	const escape = `\ufffd`
	for {
		before, rest, found := bytes.Cut(body, []byte(escape))
		if !found {
			return false
		}
		backslashes := len(before) - len(bytes.TrimRight(before, `\`))
		if backslashes%2 == 0 { // else it is the text \ufffd
			return true
		}
		body = rest
	}
}
