package provision

import (
	"context"
	"io"
	"iter"
	"time"

	"fob/internal/desk"
	"fob/internal/report"
	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

// Store is what provisioning needs of a database.
type Store interface {
	View(ctx context.Context, fn func(Reader) error) error
	ViewMany(ctx context.Context, fn func(Reader) error) error // as View, for those who read many tokens
	Update(ctx context.Context, fn func(Tx) error) error
}

// Reader reads one consistent state.
type Reader interface {
	request.Reader
	// Chosen lists the ids of the tokens that were chosen: those that are named in the
	// order in which they are, others in that of their import.
	Chosen(c Choice) ([]int64, error)
	// Vouched streams tokens, by their ids and in that order, without their seeds. One
	// that is not what the trail says that it is ends it, with an error of kind Integrity.
	Vouched(ids []int64, verifier string) iter.Seq2[*Candidate, error]
	// Sealed streams tokens with their sealed seeds, and what a target may be told of
	// them. What is sealed is the taker's to keep.
	Sealed(ids []int64) iter.Seq2[*Candidate, error]
	Head() (trail.Head, error)
	VerifierReader
}

// Tx is a Reader that writes.
type Tx interface {
	Reader
	trail.Log
	VerifierWriter
	// DestroySeeds removes the sealed seeds of tokens, by their ids, for good.
	DestroySeeds(of trail.IDRanges) (int, error)
	// SaveDelivery writes who got which seeds.
	SaveDelivery(d trail.DeliveryRow) error
}

// Choice says which tokens: those that are named, or those that a filter selects.
type Choice struct {
	Serials []token.Serial
	Filter  report.Filter
}

// Candidate is a token that was chosen, as it is stored.
type Candidate struct {
	token.Token
	Sealed    []byte             // its seed, of Sealed alone
	SealedLen int                // of that; 0 once it is destroyed
	Of        token.SeedPlace    // what it is sealed to
	Seen      *token.Observation // of its clock, the newest; nil: none
	Object    string             // the account's id in its directory, as the list of people has it; of Sealed alone
	Before    time.Time          // when this verifier got it before; zero: never; of Vouched alone
}

// Output is where files appear.
type Output interface {
	// Check refuses a name that is taken, or cannot be made.
	Check(name string) error
	// Begin makes a file beside its name, for nobody else to read.
	Begin(name string) (File, error)
}

// File is a file on its way. It has its name only once it is placed.
type File interface {
	io.Writer
	// Finish has it on the disk.
	Finish() error
	// Place gives it its name, over no other file.
	Place() error
	// Discard removes what was not placed.
	Discard()
}

// Sealer encrypts what is written for those who may read it.
type Sealer interface {
	Seal(w io.Writer) (io.WriteCloser, error)
	To() []string // whom it is for, as texts
}

// Provisioner is where the use cases are called.
type Provisioner struct {
	Store Store
	Desk  *desk.Desk
	// SeedLen is the length of a seed by that of its sealed form.
	SeedLen func(sealed int) int
	// Bounded has the collector wait longer, up to a bound, until restored; nil: not so.
	Bounded func() (restore func())
}
