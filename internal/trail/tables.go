package trail

import (
	"iter"
	"time"

	"fob/internal/token"
)

// Tables is what a verification needs of a store: the rows as they are. Times are
// in UTC, zero for none. Nothing of a batch that is still loading is among them.
// TokenRows may be read while others are, and both TokenRows and BindingRows more
// than once; Contradictions is asked last.
type Tables interface {
	StoreRow() (StoreRow, error)
	BatchRows() iter.Seq2[BatchRow, error]
	TokenRows() iter.Seq2[TokenRow, error] // in the order of ids
	BindingRows() iter.Seq2[BindingRow, error]
	Policy() (map[string]string, error)  // what was set, by name
	ListRows() iter.Seq2[ListRow, error] // in the order of their numbers
	FormerRows() iter.Seq2[FormerRow, error]
	AccountRows() iter.Seq2[AccountRow, error]
	VerifierRows() iter.Seq2[VerifierRow, error]
	EndedRows() iter.Seq2[EndedRow, error]
	DeliveryRows() iter.Seq2[DeliveryRow, error] // in the order of their events
	ErasedRows() iter.Seq2[ErasedRow, error]
	RequestRows() iter.Seq2[RequestRow, error] // in the order of their numbers
	AboutRows() iter.Seq2[AboutRow, error]     // the index of the trail
	LocationRows() iter.Seq2[LocationRow, error]
	RefusalRows() iter.Seq2[RefusalRow, error]
	// Contradictions are what the tables say against each other, in words:
	// look-up tables, and derived columns, that nothing else covers.
	Contradictions() ([]string, error)
}

// StoreRow is the store itself with its keys and custodians.
type StoreRow struct {
	Created       time.Time
	CheckpointPub string
	Newest        time.Time
	Restored      time.Time // the newest restore of a backup
	KeysDetail
}

// KeyRow is a key of the store.
type KeyRow struct {
	ID      int64     `json:"id"`
	Purpose string    `json:"purpose"`
	Created time.Time `json:"created_at,omitzero"`
}

// CustodianRow is who can open the keys.
type CustodianRow struct {
	Recipient string    `json:"recipient"`
	Kind      string    `json:"kind"`
	Added     time.Time `json:"added_at"`
}

// BatchRow is a batch.
type BatchRow struct {
	ID   int64
	UUID string
	At   time.Time
	By   token.Operator
	ImportDetail
	Quarantined time.Time
	Withdrawn   time.Time
}

// TokenRow is a token with its measured drifts.
type TokenRow struct {
	token.Facts
	token.Standing
	SerialKey     string
	Batch         string // UUID
	Observations  []token.Observation
	Contradiction string // what its columns say against each other, in words; mostly empty
}

// BindingRow is a binding.
type BindingRow struct {
	UUID      string
	Serial    token.Serial
	Account   string
	Opened    time.Time
	Closed    time.Time
	By        token.Operator
	Proof     string
	Ticket    string
	Approver  string
	Codes     int
	Condition string // in which the token came back
}

// LocationRow is a place.
type LocationRow struct {
	Name   string
	Closed time.Time
}

// ErasedRow is a text that the database let go, by the event that said so.
type ErasedRow struct {
	Seq   int64
	Field string
	By    int64
}
