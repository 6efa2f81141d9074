package desk

import (
	"context"
	"encoding/hex"
	"hash"
	"io"
	"time"

	"github.com/google/uuid"

	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

// Store is what the use cases need of a database. Writers queue fairly: Update
// waits for its turn, runs fn in one transaction that sees all earlier ones,
// and commits if fn returns nil.
type Store interface {
	ID() uuid.UUID
	View(ctx context.Context, fn func(Reader) error) error
	Update(ctx context.Context, fn func(Tx) error) error
	// EmptyLog writes the write-ahead log back and cuts it to nothing, so that
	// nothing of a destroyed seed stays in it; done is false while somebody still
	// reads an older state.
	EmptyLog(ctx context.Context) (done bool, err error)
	// Erase does the same, and reads the files back: is a seed that was destroyed since
	// it was called last still in one of them?
	Erase(ctx context.Context) (token.Erasure, error)
}

// Reader reads one consistent state. Lookups of one thing return an error of
// kind fault.NotFound when it is not there. Nothing of a batch that is still
// loading is seen, except where a method says so. Each part stands beside the code
// that asks it.
type Reader interface {
	TokenReader
	SealedReader
	ClockReader
	PlaceReader
	PolicyReader
	AccountReader
	HolderReader
	SeedReader
	SerialReader
	request.Reader
	RefusalReader
}

// Tx is a Reader that writes.
type Tx interface {
	Reader
	TokenWriter
	ClockWriter
	PlaceWriter
	PolicyWriter
	RefusalWriter
	TokenMaker
	trail.Log
	// Foresee is told, before anything is asked, what the transaction is about. A store
	// that is far away asks at once then what it is asked one by one. It changes no answer.
	Foresee(Foresight)
}

// Foresight is what a transaction is about. What is empty is not known yet, or does not
// matter.
type Foresight struct {
	Serial  token.Serial
	Account token.Account // who is given the token
	By      token.Operator
	Codes   bool // they will be compared
	// FirstDrifts and BatchRates are the limits to what is asked of its batch.
	FirstDrifts, BatchRates int
}

// Keyring seals and opens seeds; package custody implements it.
type Keyring interface {
	Seal(of token.SeedPlace, seed token.Seed) ([]byte, error)
	Open(of token.SeedPlace, sealed []byte) (token.Seed, error)
	Fingerprint(seed token.Seed) int64
}

// Desk is where the use cases are called. Keys is asked for the keyring when,
// and only when, a use case needs a seed.
type Desk struct {
	Store    Store
	Keys     func(context.Context) (Keyring, error)
	Now      func() time.Time
	Random   io.Reader
	Operator token.Operator
	Host     string
}

// TokenReader looks tokens up.
type TokenReader interface {
	Token(serial token.Serial) (token.Token, error)
	NearSerials(serial token.Serial, limit int) ([]token.Serial, error)
	// AtVerifiers tells what verifiers that got the seed of a token make of it, if that is
	// not what the token was here before.
	AtVerifiers(tokenID int64) ([]token.AtVerifier, error)
}

// TokenWriter writes what becomes of a token.
type TokenWriter interface {
	// Vouch refuses, with an error of kind Integrity, a token that is not what the
	// trail says that it is. Anyone who acts on a token asks before, in the same
	// transaction.
	Vouch(tokenID int64) error
	// SaveToken writes what can change of a token, but for its location.
	SaveToken(t token.Token) error
	OpenBinding(b token.Binding) error
	CloseBinding(tokenID int64, at time.Time) (uuid.UUID, error)
	// NoteCondition writes in which condition a token came back at the end of a
	// binding.
	NoteCondition(binding uuid.UUID, condition string) error
	// DestroySeed removes a token's sealed seed; its fingerprint stays.
	DestroySeed(tokenID int64) error
}

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

// SealedReader reads the sealed seed of one token.
type SealedReader interface {
	// SealedSeed returns a token's seed as it is stored, and what its seal binds it to.
	SealedSeed(tokenID int64) (sealed []byte, of token.SeedPlace, err error)
}

// OpenSeed opens a token's seed; it is the caller's to clear. An older seed of the
// same serial, from before a replacement, put back from an old copy of the database
// with its fingerprint, does not open: the seal binds a seed to its batch too.
func OpenSeed(r SealedReader, keys Keyring, id int64, serial token.Serial) (token.Seed, error) {
	sealed, of, err := r.SealedSeed(id)
	if err != nil {
		return token.Seed{}, err
	}
	seed, err := keys.Open(of, sealed)
	if err != nil {
		return token.Seed{}, err
	}
	if keys.Fingerprint(seed) != of.Fingerprint {
		seed.Clear()
		return token.Seed{}, OldSeed(serial)
	}
	return seed, nil
}

// OldSeed is the error of a seed that opens and is not the token's.
func OldSeed(serial token.Serial) error {
	return fault.Errorf(fault.Integrity, "the seed of token %s is not the one that was imported", serial).
		WithHint("the database was changed past fob: keep a copy of it as evidence, and do not use this token")
}
