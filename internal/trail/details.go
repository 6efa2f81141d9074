package trail

import (
	"encoding/binary"
	"hash"
	"time"

	"github.com/google/uuid"

	"fob/internal/token"
)

// What only the events of some commands carry, beside who, when and what about.

// TokenDetail is what an event about one token carries. After is what the event left
// of it, so that its newest event says what a token is; the state is the event's To,
// the account its text. A refusal that changed nothing has no After.
type TokenDetail struct {
	After       *token.Standing    `json:"after,omitempty"`
	Codes       int                `json:"codes,omitempty"`
	Steps       int                `json:"steps_searched,omitempty"`
	Offset      *int64             `json:"step_offset,omitempty"`
	Observation *token.Observation `json:"observation,omitempty"`
	Opened      *uuid.UUID         `json:"binding_opened,omitempty"`
	Closed      *uuid.UUID         `json:"binding_closed,omitempty"`
	Deep        bool               `json:"deep,omitempty"`       // searched as far as is possible at all
	TakenBack   bool               `json:"taken_back,omitempty"` // the first of the codes was refused alone just before, which counts no more
	MovedFrom   *string            `json:"moved_from,omitempty"` // move: the location before; After has the new one
}

// ImportDetail is what an import's event carries. Contents commits to all facts of
// every token that it brought.
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
	Reburnt   []Reburnt  `json:"reburnt,omitempty"`
}

// Replaced is a token that an import exchanged for another of the same serial, with
// the facts of before, so that the past can be rebuilt.
type Replaced struct {
	Old      token.Facts `json:"old"`
	New      token.Facts `json:"new"`
	Location string      `json:"location,omitempty"` // of the new one
}

// Reburnt is a retired token whose device was burnt anew: another seed has its serial
// from now on. The token stays what it was and is called Former.
type Reburnt struct {
	Old      token.Facts  `json:"old"` // under its serial of before
	Former   token.Serial `json:"former"`
	New      token.Facts  `json:"new"`
	Location string       `json:"location,omitempty"` // of the new one
}

// renamed are the facts of the retired token from then on.
func (r Reburnt) renamed() token.Facts {
	facts := r.Old
	facts.Serial = r.Former
	return facts
}

// AddTo adds the facts of a token to a hash, each field with its length or a fixed
// width, so that no two tokens have the same bytes. Tokens are added in the order of
// their ids, which is the order of their file.
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

// A batch may have a million tokens, and the desk waits for every transaction: what
// is done to a whole batch goes in slices, each with an event of its own that names
// the tokens of its slice.

// SweepDetail is what the quarantine or release of a batch carries, for one slice.
type SweepDetail struct {
	Number      int       `json:"number"`
	Since       time.Time `json:"since"`                // of the tokens' state, one for all slices
	Quarantined time.Time `json:"quarantined,omitzero"` // what the batch has from now on; zero: it is quarantined no more
	Moved       []Moved   `json:"moved"`
	token.Marks           // of a quarantine: what it adds to those of its tokens
	// Stayed are tokens of which the marks alone are news: they were quarantined or
	// lost already.
	Stayed []token.Serial `json:"stayed,omitempty"`
}

// Moved are tokens of a slice that were in the same state. Closed are their
// bindings, in the same order, where they had some.
type Moved struct {
	From    token.State    `json:"from"`
	Serials []token.Serial `json:"serials"`
	Closed  []uuid.UUID    `json:"bindings_closed,omitempty"`
}

// WithdrawDetail is what the undoing of an import carries: the first event withdraws
// the batch with its first slice of tokens, the following ones remove the rest. Each
// token is here with all facts, so that the past can be rebuilt; together they hash
// to what the import committed to.
type WithdrawDetail struct {
	Number    int           `json:"number"`
	Withdrawn time.Time     `json:"withdrawn"`
	Left      int           `json:"left"` // tokens that are still to be removed
	Tokens    []token.Facts `json:"tokens"`
}

// CorrectDetail is what the correction of a batch's parameters carries, for one
// slice; or else what its delivery is said to be, as a whole before and after.
type CorrectDetail struct {
	Number int     `json:"number"`
	Spans  []Span  `json:"spans"`
	Was    *Supply `json:"was,omitempty"`
	Now    *Supply `json:"now,omitempty"`
}

// Supply is what is said of a delivery and can be corrected.
type Supply struct {
	Order    string `json:"order"`
	Supplier string `json:"supplier"`
	Expected int    `json:"expected"` // tokens ordered; 0: nobody said
	Received string `json:"received"` // a date
}

// DestroyDetail is what the destruction of a batch's seeds carries, for one slice: the
// tokens stay what they are, without seeds.
type DestroyDetail struct {
	Number  int            `json:"number"`
	Left    int            `json:"left"` // seeds of the batch that are still to be destroyed
	Serials []token.Serial `json:"serials"`
}

// Span are tokens with successive ids that had the same parameters and got the
// same. Where the counter is corrected too, each token's old one is beside its
// serial.
type Span struct {
	FirstID     int64          `json:"first_id"`
	Serials     []token.Serial `json:"serials"`
	Old         token.Params   `json:"old"`
	New         token.Params   `json:"new"`
	OldCounters []int64        `json:"old_counters,omitempty"`
	NewCounter  *int64         `json:"new_counter,omitempty"`
}

// PlaceDetail is what an event about a place carries.
type PlaceDetail struct {
	Closed time.Time `json:"closed,omitzero"` // since when; zero: it is open from then on
	To     string    `json:"to,omitempty"`    // of a rename: what it is called from then on
}

// PolicyDetail is what a change of the policy carries; an empty value is what is
// usual.
type PolicyDetail struct {
	Changes []PolicyChange `json:"changes"`
}

// PolicyChange is one setting of before and after.
type PolicyChange struct {
	Name string `json:"name"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// SearchDetail is what a search for the token that shows some codes carries: among
// which tokens it was made, and what it found. The codes are not in it.
type SearchDetail struct {
	Codes        int            `json:"codes"`
	Wide         bool           `json:"wide,omitempty"`
	Batch        int            `json:"batch,omitempty"`
	State        token.State    `json:"state,omitempty"`
	Location     string         `json:"location,omitempty"`
	Manufacturer string         `json:"manufacturer,omitempty"`
	Model        string         `json:"model,omitempty"`
	Searched     int            `json:"searched"`
	Damaged      int            `json:"damaged,omitempty"` // seeds that did not open
	Found        int            `json:"found"`
	Serials      []token.Serial `json:"serials,omitempty"` // of those found, the first twenty
}

// ClaimDetail is what an event carries of somebody who claimed a serial and whose codes
// were compared with nothing: there is no such token, or it shows other codes.
type ClaimDetail struct {
	Codes int `json:"codes"`
}

// InitDetail is what the first event of a trail carries.
type InitDetail struct {
	KeysDetail
	CheckpointPub string `json:"checkpoint_pub"`
}

// KeysDetail is what an event about the store's keys or their custodians leaves of
// them, whole: the statement about them is signed, and only hashes of it and of the
// encrypted keys are here.
type KeysDetail struct {
	Generation int64          `json:"generation"`
	Keys       []KeyRow       `json:"keys"`
	Custodians []CustodianRow `json:"custodians"`
	Wrapped    string         `json:"wrapped_sha256"`
	Statement  string         `json:"statement_sha256"`
}

// AcceptDetail is what the acceptance of a store carries that did not continue what
// was seen of it.
type AcceptDetail struct {
	Seen  SeenHead `json:"seen"`  // where it was seen last
	Found SeenHead `json:"found"` // where it was
}

// SeenHead is the newest event of a trail.
type SeenHead struct {
	Seq  int64  `json:"event"`
	Hash string `json:"hash"`
}

// BackupDetail is what a backup carries: which copy of the store there is.
type BackupDetail struct {
	File   string `json:"file"` // its name, without folders
	SHA256 string `json:"sha256"`
	Tokens int    `json:"tokens"`
	Events int64  `json:"events"`
	Head   string `json:"head"`
}

// RestoreDetail is what the restore of a backup carries: the first event behind those
// of the backup.
type RestoreDetail struct {
	File   string    `json:"file"`
	SHA256 string    `json:"sha256"`
	Newest time.Time `json:"newest"` // the time of the backup's newest event
}

// ClockDetail is what a correction of the clock carries.
type ClockDetail struct {
	Newest   time.Time `json:"newest"`   // what the trail took for the newest time
	Accepted time.Time `json:"accepted"` // what it takes from now on
}

// EraseDetail is what the erasure of a person carries: what stands for the account
// from then on, and every text that went, by its event. That a text was there is
// still said, and what it hashed to; without its salt nobody can try names on it.
type EraseDetail struct {
	Name string       `json:"name"`
	Rows []ErasedRows `json:"rows"`
	// Leaf is, in hex, what stands in the newest list of people for the account's
	// row, and Listed whether that list has it or it left; empty: the row was in none.
	Leaf   string `json:"leaf,omitempty"`
	Listed bool   `json:"listed,omitempty"`
}

// ErasedRows are the texts of one event that went.
type ErasedRows struct {
	Seq    int64    `json:"seq"`
	Fields []string `json:"fields"`
}

// textKey names a text beside an event.
type textKey struct {
	seq   int64
	field string
}

func (d EraseDetail) keys() (all []textKey) {
	for _, r := range d.Rows {
		for _, f := range r.Fields {
			all = append(all, textKey{r.Seq, f})
		}
	}
	return all
}
