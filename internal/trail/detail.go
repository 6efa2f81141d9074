package trail

import (
	"bytes"
	"encoding/binary"
	"hash"
	"time"

	"github.com/google/uuid"

	"fob/internal/token"
)

// TokenDetail is what an event about one token carries. After holds the columns
// as the event left them, so that the newest event of a token rebuilds it; the
// state itself is the event's To, the account its text. A refusal that changed
// nothing has no After.
type TokenDetail struct {
	After       *token.Standing    `json:"after,omitempty"`
	Codes       int                `json:"codes,omitempty"`
	Steps       int                `json:"steps_searched,omitempty"`
	Offset      *int64             `json:"step_offset,omitempty"`
	Observation *token.Observation `json:"observation,omitempty"`
	Opened      *uuid.UUID         `json:"binding_opened,omitempty"`
	Closed      *uuid.UUID         `json:"binding_closed,omitempty"`
	Deep        bool               `json:"deep,omitempty"`       // searched as far as is possible at all
	MovedFrom   *string            `json:"moved_from,omitempty"` // move: the location before; After has the new one
}

// ImportDetail is what an import's event carries. Contents commits to every
// immutable column of every token that it brought.
type ImportDetail struct {
	Number    int        `json:"number"`
	File      string     `json:"file"`
	SHA256    string     `json:"sha256"`
	Format    string     `json:"format"`
	Options   string     `json:"options,omitempty"`
	Order     string     `json:"order,omitempty"`
	Supplier  string     `json:"supplier,omitempty"`
	Expected  int        `json:"expected,omitempty"`
	Location  string     `json:"location,omitempty"`
	Received  string     `json:"received,omitempty"` // a date
	Records   int        `json:"records"`
	New       int        `json:"new"`
	Unchanged int        `json:"unchanged"`
	Refused   int        `json:"refused"`
	FirstID   int64      `json:"first_id"`
	LastID    int64      `json:"last_id"`
	Contents  string     `json:"contents"` // hex
	Replaced  []Replaced `json:"replaced,omitempty"`
}

// Replaced is a token that `import --replace` exchanged: its immutable columns
// of before, so that the past can be rebuilt.
type Replaced struct {
	Old      token.Facts `json:"old"`
	New      token.Facts `json:"new"`
	Location string      `json:"location,omitempty"` // of the new one
}

// AddTo adds what never changes of a token to a hash, each field with its length or a
// fixed width, so that no two tokens have the same bytes. Tokens are added in the
// order of their ids, which is the order of their file.
func AddTo(h hash.Hash, c *token.Facts, scratch []byte) []byte {
	b := scratch[:0]
	for _, s := range [...]string{string(c.Serial), c.Manufacturer, c.Model, string(c.Type), string(c.Hash)} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	for _, n := range [...]int64{c.ID, int64(c.Digits), int64(c.Period), c.T0, c.Counter,
		seconds(c.NotBefore), seconds(c.NotAfter), seconds(c.Manufactured), c.Fingerprint} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	h.Write(b)
	return b
}

// nanos and seconds are 0 where nothing is known.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// InitDetail is what the first event of a trail carries. The hashes of the
// encrypted keys keep anybody who can write the database from putting keys of
// their own in their place.
type InitDetail struct {
	Custodians    []CustodianRow `json:"custodians"`
	Keys          []KeyRow       `json:"keys"`
	CheckpointPub string         `json:"checkpoint_pub"`
}

// ClockDetail is what a correction of the clock carries.
type ClockDetail struct {
	Newest   time.Time `json:"newest"`   // what the trail took for the newest time
	Accepted time.Time `json:"accepted"` // what it takes from now on
}

// OpenedBinding tells which binding an event opened; nil for one that opened none.
func OpenedBinding(entry Entry) (*uuid.UUID, error) {
	if !bytes.Contains(entry.Body, []byte(`"binding_opened":`)) {
		return nil, nil
	}
	e, err := Parse(entry)
	if err != nil || e.Object.Kind != KindToken {
		return nil, err
	}
	var d TokenDetail
	err = e.decode(&d)
	return d.Opened, err
}
