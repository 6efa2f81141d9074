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
	Update(ctx context.Context, fn func(Tx) error) error
}

// Reader reads one consistent state.
type Reader interface {
	request.Reader
	// Candidates streams the tokens that were chosen, with their sealed seeds: those
	// that are named in the order in which they are, others in that of reports.
	Candidates(c Choice, verifier string) iter.Seq2[Candidate, error]
	Head() (trail.Head, error)
	// VouchTokens refuses, with an error of kind Integrity, tokens that are not what the
	// trail says that they are. Ids rise.
	VouchTokens(ids []int64) error
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
	Sealed []byte             // its seed; nil once it is destroyed
	Of     token.SeedPlace    // what that is sealed to
	Seen   *token.Observation // of its clock, the newest; nil: none
	Object string             // the account's id in its directory, as the list of people has it
	Before time.Time          // when this verifier got it before; zero: never
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
	// SeedLen is the length of a seed by its sealed form.
	SeedLen func(sealed []byte) int
}
