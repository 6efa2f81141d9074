package report

import (
	"context"
	"iter"
	"time"

	"fob/internal/audit"
	"fob/internal/token"
)

// Store is what reports need of a database: everything that fn reads is one
// consistent state.
type Store interface {
	Snapshot(ctx context.Context, fn func(Reader) error) error
}

// Reader reads the models. Sequences stream in the order of serials (tokens;
// those of one batch in the order of its file), numbers (batches) and the trail (events); the first error ends them.
type Reader interface {
	Tokens(f Filter) iter.Seq2[Token, error]
	Find(serial token.Serial) (Token, error)
	Batches() ([]Batch, error)
	Batch(number int) (Batch, error)
	// BatchFiles gives all batches without the states of their tokens, which are
	// all read to be counted.
	BatchFiles() ([]Batch, error)
	Summary() (Summary, error)
	Policy() (map[string]string, error) // what was set, by name
	Head() (audit.Head, error)
	Events(f EventFilter) iter.Seq2[audit.Stored, error]
	// Clocks streams the records of all clocks that were ever seen, in the order in
	// which their tokens came; ClockGroups counts all clocks.
	Clocks(f DriftFilter) iter.Seq2[ClockRecord, error]
	ClockGroups(f DriftFilter) ([]ClockGroup, error)
	// Leavers streams tokens whose accounts are not on the newest list of people, in
	// the order of accounts.
	Leavers(f LeaverFilter) iter.Seq2[Leaver, error]
	// NewestList is the list of people that was taken in last, nil where there is
	// none.
	NewestList() (*PeopleList, error)
	// Accounts streams accounts in the order of their names; Account finds one, by a
	// former name too.
	Accounts(f AccountFilter) iter.Seq2[Account, error]
	Account(a token.Account) (AccountDetail, error)
}

// Filter selects tokens; its zero value selects all.
type Filter struct {
	State        token.State
	Account      token.Account
	Batch        int
	Location     string
	Manufacturer string
	Model        string
	Type         token.Type
	ExpiringBy   time.Time    // not after this time
	Prefix       token.Serial // serials that begin so
	After        token.Serial // keyset: tokens behind this one
	Limit        int          // 0: no limit
}

// Token is one row of the inventory, with the JSON names of the design. Fields
// that do not apply (a period of an HOTP token) are null.
type Token struct {
	Serial       token.Serial `json:"serial"`
	ID           int64        `json:"id"`
	State        token.State  `json:"state"`
	Account      *string      `json:"account"`
	Batch        int          `json:"batch"`
	Manufacturer string       `json:"manufacturer"`
	Model        string       `json:"model"`
	Type         token.Type   `json:"type"`
	Hash         token.Hash   `json:"hash"`
	Digits       int          `json:"digits"`
	Period       *int         `json:"period"`
	Counter      *int64       `json:"counter"` // HOTP: the next one expected
	T0           *time.Time   `json:"t0"`
	DriftSeconds *float64     `json:"drift_seconds"`
	DriftPPM     *float64     `json:"drift_ppm"`
	ObservedAt   *time.Time   `json:"observed_at"`
	Watermark    *int64       `json:"watermark"`
	Failures     int          `json:"failures"`
	LockedUntil  *time.Time   `json:"locked_until"`
	Location     *string      `json:"location"`
	NotBefore    *time.Time   `json:"not_before"`
	NotAfter     *time.Time   `json:"not_after"`
	ImportedAt   time.Time    `json:"imported_at"`
	StateSince   time.Time    `json:"state_since"`
	BoundAt      *time.Time   `json:"bound_at"`
	ExportedTo   []string     `json:"exported_to"`
	SeedPresent  bool         `json:"seed_present"`
	LostReported *time.Time   `json:"lost_reported_at"` // of a token that is lost, or was when it was retired
	Stolen       bool         `json:"stolen"`
}

// Batch is one delivery with its reconciliation: what was ordered, what its
// file held, and where its tokens are now.
type Batch struct {
	Number     int                 `json:"number"`
	ID         string              `json:"id"`
	File       string              `json:"file"`
	SHA256     string              `json:"sha256"`
	Format     string              `json:"format"`
	Order      string              `json:"order"`
	Supplier   string              `json:"supplier"`
	Expected   *int                `json:"expected"`
	Location   string              `json:"location"`
	Received   *string             `json:"received"` // a date
	ImportedAt time.Time           `json:"imported_at"`
	ImportedBy string              `json:"imported_by"`
	Records    int                 `json:"records"`
	New        int                 `json:"new"`
	Unchanged  int                 `json:"unchanged"`
	Refused    int                 `json:"refused"`
	States     map[token.State]int `json:"states"`

	QuarantinedAt *time.Time `json:"quarantined_at"` // the batch as a whole
	WithdrawnAt   *time.Time `json:"withdrawn_at"`   // its import was undone
}

// Summary is what heads an export.
type Summary struct {
	StoreID string
	Tokens  int
	States  map[token.State]int
	Batches []Batch
	Head    audit.Head
}

// EventFilter selects events; its zero value selects all.
type EventFilter struct {
	Serial token.Serial
	Limit  int // the newest so many, 0: all
}
