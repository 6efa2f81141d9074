package desk

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

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

// Foresight is what a transaction is about. Of what is left open is not known yet, or
// there is none.
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
