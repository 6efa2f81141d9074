package desk

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

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
}

// Reader reads one consistent state. Lookups of one thing return an error of
// kind fault.NotFound when it is not there. Nothing of a batch that is still
// loading is seen, except where a method says so.
type Reader interface {
	Token(serial token.Serial) (token.Token, error)
	// SealedSeed returns a token's seed as it is stored, and the fingerprint that it
	// was imported with: sealing alone does not tell an older seed of the same
	// serial from the present one.
	SealedSeed(tokenID int64) (sealed []byte, fingerprint int64, err error)
	Observations(tokenID int64) ([]token.Observation, error)
	// FirstDrifts returns the first observed drift, in seconds, of the tokens of a
	// batch that were observed last, at most limit of them.
	FirstDrifts(batchID int64, limit int) ([]float64, error)
	// BatchRates returns the rates, in ppm, of the tokens of a batch whose
	// observations span 90 days, at most limit of them, those observed last.
	BatchRates(batchID int64, limit int) ([]float64, error)
	// LastSeen returns the tokens that were observed last, the newest first.
	LastSeen(limit int) ([]token.Token, error)
	NearSerials(serial token.Serial, limit int) ([]token.Serial, error)

	// SerialTaken and SeedTaken report whether a token has a serial or a fingerprint
	// already, one of a loading batch too.
	SerialTaken(serialKey string) (bool, error)
	SeedTaken(fingerprint int64) (bool, error)

	// NewestEvent is the latest time of any event since the clock was last
	// corrected.
	NewestEvent() (time.Time, error)
	// KnownAccount returns an account in the spelling in which it is stored, or
	// as it came when it is new.
	KnownAccount(a token.Account) (token.Account, error)
	// TokensOf lists what an account has: assigned, bound and suspended tokens.
	TokensOf(a token.Account) ([]token.Serial, error)

	// Locations lists the names of all places, in no order.
	Locations() ([]string, error)

	PolicyReader
	AccountReader
	SeedReader
}

// Tx is a Reader that writes.
type Tx interface {
	Reader
	// SaveToken writes what can change of a token, but for its location.
	SaveToken(t token.Token) error
	// SaveLocation writes where a token is.
	SaveLocation(tokenID int64, name string) error
	OpenBinding(b token.Binding) error
	CloseBinding(tokenID int64, at time.Time) (uuid.UUID, error)
	AddObservation(t token.Token, o token.Observation) error
	// NoteCondition writes in which condition a token came back at the end of a
	// binding.
	NoteCondition(binding uuid.UUID, condition string) error
	// DestroySeed removes a token's sealed seed; its fingerprint stays.
	DestroySeed(tokenID int64) error

	// SavePolicy writes a setting; an empty value removes it.
	SavePolicy(name, value string) error

	// CreateBatch reserves the ids of n tokens and keeps the batch as loading.
	CreateBatch(b token.Batch, n int) (token.Batch, error)
	InsertTokens(b token.Batch, rows []Row) error
	// InsertPrints makes the seeds of inserted tokens known to SeedTaken. Prints come
	// sorted.
	InsertPrints(prints []Print) error
	// CompleteBatch gives the batch its number and makes it visible.
	CompleteBatch(b token.Batch) (token.Batch, error)

	// AcceptClock makes now the time that NewestEvent returns.
	AcceptClock(now time.Time) error
	// Append writes an event at the end of the trail.
	Append(e *trail.Event) error
}

// Keyring seals and opens seeds; package custody implements it.
type Keyring interface {
	Seal(serialKey string, seed token.Seed) ([]byte, error)
	Open(serialKey string, sealed []byte) (token.Seed, error)
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
