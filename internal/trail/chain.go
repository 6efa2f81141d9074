package trail

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

const chainLabel = "fob-audit-v1"

// Hash links one event to all before it.
type Hash [sha256.Size]byte

// Entry is an event as stored: its exact bytes, and the hash over label,
// previous hash, length and body.
type Entry struct {
	Seq  int64
	Body []byte
	Hash Hash
}

// Head is the newest entry: how long the trail is and what it hashes to. The
// zero Head is that of an empty trail.
type Head struct {
	Seq  int64
	Hash Hash
}

// chainHash is SHA-256 over the label, the previous hash, the body's length in
// eight big-endian bytes, and the body.
func chainHash(prev Hash, body []byte) Hash {
	h := sha256.New()
	h.Write([]byte(chainLabel))
	h.Write(prev[:])
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(body)))
	h.Write(n[:])
	h.Write(body)
	return Hash(h.Sum(nil))
}

// Append turns an event into the entry that follows head, giving the event its
// number.
func Append(head Head, e *Event) (Entry, error) {
	e.Seq = head.Seq + 1
	body, err := marshal(e)
	if slices.ContainsFunc(e.Beside, func(t Text) bool { return !utf8.ValidString(t.Text) }) {
		err = errNotText
	}
	if err != nil {
		return Entry{}, fmt.Errorf("writing a %s event: %w", e.Command, err)
	}
	return Entry{e.Seq, body, chainHash(head.Hash, body)}, nil
}

// Parse reads an entry's body, and the detail of an event about one token. Unknown
// fields are an error: a trail written by a newer program must not be half
// understood.
func Parse(entry Entry) (e Event, err error) {
	if err = strictly(entry.Body, &e); err == nil && e.Object.Kind == KindToken {
		if e.Token = (&TokenDetail{}); len(e.Detail) > 0 {
			err = strictly(e.Detail, e.Token)
		}
	}
	if err != nil {
		err = fmt.Errorf("event %d: %w", entry.Seq, err)
	}
	return e, err
}

// parse is Parse for anyone who needs not the bytes of a token's detail: they are read
// once.
func parse(entry Entry) (Event, error) {
	if textField(entry.Body, tokenKey) == "" {
		return Parse(entry)
	}
	var e struct {
		Event
		Detail *TokenDetail `json:"detail"`
	}
	if err := strictly(entry.Body, &e); err != nil {
		return Event{}, fmt.Errorf("event %d: %w", entry.Seq, err)
	}
	if e.Token = e.Detail; e.Token == nil {
		e.Token = &TokenDetail{}
	}
	return e.Event, nil
}

// tokenDetail is the detail of an event about one token.
func (e *Event) tokenDetail() (d *TokenDetail, err error) {
	if d = e.Token; d == nil { // it is being written
		if d = new(TokenDetail); len(e.Detail) > 0 {
			err = e.decode(d)
		}
	}
	return d, err
}

// decode reads the event's detail, as strictly as the event.
func (e *Event) decode(detail any) error { return strictly(e.Detail, detail) }

func strictly(text []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}
