package intake

import (
	"context"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

// Intake is where the use cases are called. The desk of the same store has the keys
// and writes the events; tokens that a file gives to somebody are assigned there.
type Intake struct {
	Store Store
	Desk  *desk.Desk
}

// Store is what an intake needs of a database. Writers queue fairly: Update
// waits for its turn, runs fn in one transaction that sees all earlier ones,
// and commits if fn returns nil.
type Store interface {
	View(ctx context.Context, fn func(Reader) error) error
	Update(ctx context.Context, fn func(Tx) error) error
	// Load is Update for the slices of a loading batch, whose loss would matter to
	// nobody: it may return before the disk has them. What it stores is durable
	// once a later Update is.
	Load(ctx context.Context, fn func(Tx) error) error
	// HoldLoad marks this process as the loader of a batch until release is
	// called or the process ends.
	HoldLoad(batch uuid.UUID) (release func(), err error)
	// DiscardLoad removes what a loading batch holds, and the batch.
	DiscardLoad(ctx context.Context, batchID int64) error
	// SweepLoads removes what loaders left behind that no longer live.
	SweepLoads(ctx context.Context) error
}

// Reader reads one consistent state. Lookups of one thing return an error of
// kind fault.NotFound when it is not there. Nothing of a batch that is still
// loading is seen, except where a method says so.
type Reader interface {
	desk.PolicyReader
	desk.AccountReader
	desk.SealedReader
	request.Reader
	desk.PlaceReader

	// Known, Stored and StoredByFingerprint look up many at once and do see loading
	// batches: uniqueness covers them. Known is for all records of a file, and may
	// return more than was asked for; Stored for those that differ.
	Known(serialKeys []string) (map[string]Known, error)
	Stored(serialKeys []string) (map[string]Stored, error)
	StoredByFingerprint(prints []int64) (map[int64][]Stored, error)
	// KnownFingerprints returns those of some fingerprints, sorted, that StoredByFingerprint
	// would find.
	KnownFingerprints(prints []int64) ([]int64, error)
	BatchOfFile(sha256, options string) (token.Batch, bool, error)

	// WholeBatch finds a batch by its number, a withdrawn one too.
	WholeBatch(number int) (Batch, error)
	// Slice reads the tokens of a batch with ids from first, n ids at most, as far
	// as they are in one of the states; those of a withdrawn batch too.
	Slice(b Batch, first int64, n int, states ...token.State) ([]SliceToken, error)
	// CountTokens counts what is left of a batch.
	CountTokens(b Batch) (int, error)
	// SeedStates counts the tokens of a batch that have a seed here, by state.
	SeedStates(b Batch) (map[token.State]int, error)
	// Untouched reports whether every token of a batch is in stock and was never given
	// out nor stolen, and no code of one was tried; else which one is not.
	Untouched(b Batch) (but token.Serial, ok bool, err error)
}

// Tx is a Reader that writes.
type Tx interface {
	Reader
	trail.Log
	// Vouch refuses, with an error of kind Integrity, a token that is not what the
	// trail says that it is; VouchSlice a batch, and n of its tokens from an id on.
	Vouch(tokenID int64) error
	VouchSlice(b Batch, first int64, n int) error
	// CreateBatch reserves the ids of n tokens and keeps the batch as loading.
	CreateBatch(b token.Batch, n int) (token.Batch, error)
	InsertTokens(b token.Batch, rows []desk.Row) error
	// InsertFingerprints makes the seeds of inserted tokens known to
	// StoredByFingerprint. Prints come sorted. An error of kind fault.NotAllowed
	// says that another import brought one of the seeds meanwhile.
	InsertFingerprints(prints []desk.Fingerprint) error
	// RemoveToken removes a token that another one replaces, with its fingerprint.
	RemoveToken(id int64) error
	// PassSerial has a retired token called otherwise, so that another one can have its
	// serial.
	PassSerial(id int64, former token.Serial) error
	// CompleteBatch numbers the batch and makes it visible.
	CompleteBatch(b token.Batch) (token.Batch, error)

	// MoveTokens moves the tokens with these ids, which are in rising order, and
	// ends their bindings: those are returned in the same order, the zero UUID for
	// none.
	MoveTokens(ids []int64, to token.State, since, now time.Time) ([]uuid.UUID, error)
	// MarkTokens adds to what is never forgotten of the tokens with these ids, which
	// are in rising order.
	MarkTokens(ids []int64, m token.Marks) error
	// SaveBatch writes since when a batch is quarantined and withdrawn.
	SaveBatch(b Batch) error
	// SaveSupply writes what the delivery of a batch is said to be.
	SaveSupply(b Batch) error
	// DestroySeeds removes the sealed seeds of tokens, by their ids, for good.
	DestroySeeds(of trail.IDRanges) (int, error)
	// CarryOff removes tokens of a withdrawn batch for good.
	CarryOff(tokens []SliceToken) error
	// Correct gives tokens of a batch their parameters, and their counters where
	// these are corrected too. Ids rise.
	Correct(tokens []SliceToken, counters bool) error
}

// Batch is a batch with what was done to it as a whole.
type Batch struct {
	ID          int64
	UUID        uuid.UUID
	Number      int
	FirstID     int64
	LastID      int64
	Supplied    trail.Supply
	Quarantined time.Time // zero: not, or released since
	Withdrawn   time.Time // zero: not
}

// SliceToken is one of a batch's tokens.
type SliceToken struct {
	token.Facts
	token.Standing      // but for what the sweep of a batch does not look at
	Bound          bool // was ever
	Proven         bool // answered a code: its parameters are right
}

// Known is what tells of a token that is here whether a record says the same of it.
type Known struct {
	Params      token.Params
	Counter     int64
	Fingerprint int64
	State       token.State
	Unseen      bool // its batch is being loaded, or withdrawn
}

// same reports whether a record brings nothing new.
func (k Known) same(f *token.Facts) bool {
	return !k.Unseen && k.State != token.Retired && k.Fingerprint == f.Fingerprint && k.Params == f.Params && k.Counter == f.Counter
}

// Stored is what an import needs to know of a token that is already here.
type Stored struct {
	token.Facts
	token.Standing // state, location and whether it was issued
	BatchID        int64
	LoadingBy      string // who is loading it, empty for a visible token
}
