package desk

import (
	"encoding/hex"
	"hash"

	"fob/internal/token"
	"fob/internal/trail"
)

// SerialReader reports whether a token has a serial or a fingerprint already, one of
// a loading batch too.
type SerialReader interface {
	SerialTaken(serialKey string) (bool, error)
	SeedTaken(fingerprint int64) (bool, error)
}

// TokenMaker stores new tokens.
type TokenMaker interface {
	// CreateBatch reserves the ids of n tokens and keeps the batch as loading.
	CreateBatch(b token.Batch, n int) (token.Batch, error)
	InsertTokens(b token.Batch, rows []Row) error
	// InsertFingerprints makes the seeds of inserted tokens known to SeedTaken. Prints come
	// sorted.
	InsertFingerprints(prints []Fingerprint) error
	// CompleteBatch numbers the batch and makes it visible.
	CompleteBatch(b token.Batch) (token.Batch, error)
}

// Row is a token about to be inserted: its immutable columns and its sealed
// seed.
type Row struct {
	token.Facts
	Sealed   []byte
	Location string // empty: where its batch is
}

// Fingerprint is that of one token's seed. Nth counts different seeds that
// share the eight bytes by chance; it is 0 but once in millions of stores.
type Fingerprint struct {
	Value   int64
	Nth     int
	TokenID int64
}

// ImportDetail is what the event of a new batch commits to.
func ImportDetail(b token.Batch, contents hash.Hash) trail.ImportDetail {
	s := b.Supplied
	d := trail.ImportDetail{
		Number: b.Number, File: b.File, SHA256: b.SHA256, Format: b.Format, Options: b.Options,
		Order: s.Order, Supplier: s.Supplier, Expected: s.Expected, Location: s.Location,
		Records: b.Records, New: b.New, Unchanged: b.Same, Refused: b.Refused,
		FirstID: b.FirstID, LastID: b.LastID,
		Contents: hex.EncodeToString(contents.Sum(nil)),
	}
	if !s.Received.IsZero() {
		d.Received = s.Received.Format("2006-01-02")
	}
	return d
}
