package report

import (
	"context"
	"iter"
	"strings"
	"time"

	"fob/internal/token"
	"fob/internal/trail"
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
	// BatchFiles returns all batches without the states of their tokens, which are
	// all read to be counted.
	BatchFiles() ([]Batch, error)
	Summary() (Summary, error)
	Policy() (map[string]string, error) // what was set, by name
	Locations() ([]string, error)       // all names of places, in no order
	LocationCounts(f Filter) ([]LocationCount, error)
	ShelfReader
	Head() (trail.Head, error)
	StoreID() (string, error)
	// Imported streams the immutable columns of all tokens that the tables hold, also
	// of withdrawn batches; of the filter, batch and prefix count. The order is that
	// of Tokens.
	Imported(f Filter) iter.Seq2[token.Facts, error]
	Events(f EventFilter) iter.Seq2[trail.Stored, error]
	// Bindings streams the bindings of the selected tokens, open and ended ones, in
	// the order of serials, those of one token in the order of their opening. The
	// filter's limit and keyset do not count.
	Bindings(f Filter) iter.Seq2[Binding, error]
	// Clocks streams the records of all clocks that were ever seen, in the order in
	// which their tokens came; ClockGroups counts all clocks.
	Clocks(f DriftFilter) iter.Seq2[ClockRecord, error]
	ClockGroups(f DriftFilter) ([]ClockGroup, error)
	// Leavers streams tokens whose accounts are not on the newest list of people, in
	// the order of accounts.
	Leavers(f LeaverFilter) iter.Seq2[Leaver, error]
	// Tasks lists the tokens that a verifier still has and should not accept any more,
	// the oldest first; of all verifiers where the name is empty.
	Tasks(verifier string) ([]trail.Task, error)
	// TasksOf lists those of the token with an id.
	TasksOf(id int64) ([]trail.Task, error)
	// HandedTo lists the verifiers that got the seed of the token with an id.
	HandedTo(id int64) ([]string, error)
	// AtVerifiers tells what verifiers that got the seed of a token make of it, if that is
	// not what the token is here.
	AtVerifiers(id int64) ([]token.AtVerifier, error)
	// NewestList is the list of people that was taken in last, nil where there is
	// none.
	NewestList() (*PeopleList, error)
	// Accounts streams accounts in the order of their names; Account finds one, by a
	// former name too.
	Accounts(f AccountFilter) iter.Seq2[Account, error]
	Account(a token.Account) (AccountDetail, error)
	// FormerRows streams the names that accounts had, in the order of the lists that
	// ended them.
	FormerRows() iter.Seq2[trail.FormerRow, error]
}

// Filter selects tokens; its zero value selects all.
type Filter struct {
	State        token.State
	Account      token.Account
	Batch        int
	Location     string // with what lies below it
	Nowhere      bool   // tokens that have no location
	Manufacturer string
	Model        string
	Type         token.Type
	ExpiringBy   time.Time    // not after this time
	LockedAt     time.Time    // locked until later than this time
	Marked       bool         // its seed leaked, or it was stolen once
	Verifier     string       // it got their seeds, whatever became of them since
	Ending       token.Serial // serials that end so
	Prefix       token.Serial // serials that begin so
	After        token.Serial // keyset: tokens behind this one
	Limit        int          // 0: no limit
	AsOf         time.Time    // as things were then: the reader's business (see package past); zero: now
}

// Token is one row of the inventory. Its JSON names are kept for good. Fields
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
	Counter      *int64       `json:"counter"` // HOTP: the next one expected; null behind the last one there is
	T0           *time.Time   `json:"t0"`
	DriftSeconds *float64     `json:"drift_seconds"`
	DriftPPM     *float64     `json:"drift_ppm"`
	ObservedAt   *time.Time   `json:"observed_at"`
	Watermark    *int64       `json:"watermark"`
	Failures     int          `json:"failures"`
	LockedUntil  *time.Time   `json:"locked_until"` // token.Forever: until somebody unlocks it
	Location     *string      `json:"location"`
	NotBefore    *time.Time   `json:"not_before"`
	NotAfter     *time.Time   `json:"not_after"`
	ImportedAt   time.Time    `json:"imported_at"`
	StateSince   time.Time    `json:"state_since"`
	BoundAt      *time.Time   `json:"bound_at"`
	ExportedTo   []string     `json:"exported_to"`
	SeedPresent  bool         `json:"seed_present"`
	LostReported *time.Time   `json:"lost_reported_at"` // of a token that is lost, or was when it was retired
	Stolen       bool         `json:"stolen"`           // in this loss
	WasStolen    bool         `json:"was_stolen"`       // in this loss or an earlier one
	Leaked       bool         `json:"leaked"`           // others may know its seed
	Software     bool         `json:"software"`         // virtual: an authenticator app
	Condition    *string      `json:"condition"`        // in which it last came back

	Issued       bool       `json:"issued"`           // was ever assigned, bound or provisioned
	LastVerified *time.Time `json:"last_verified_at"` // when it last bound or was observed
	LossHours    *float64   `json:"loss_hours"`       // of a lost token: from the report to its entry
	SeedKey      *int64     `json:"seed_key"`         // number of the store's key that sealed its seed
	DestroyedAt  *time.Time `json:"destroyed_at"`     // it was retired, and its seed is gone
	Manufactured *time.Time `json:"manufactured"`

	Binding       *string `json:"binding"` // the open one
	BoundBy       *string `json:"bound_by"`
	BoundProof    *string `json:"bound_proof"`
	BoundCodes    *int    `json:"bound_codes"`
	BoundTicket   *string `json:"bound_ticket"`
	BoundApprover *string `json:"bound_approver,omitempty"`

	BatchID    string  `json:"batch_id"`
	File       string  `json:"file"`
	FileSHA256 string  `json:"file_sha256"`
	Order      string  `json:"order"`
	Supplier   string  `json:"supplier"`
	Received   *string `json:"received"` // a date
	ImportedBy string  `json:"imported_by"`
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
	// Missing is what was ordered and not in the file; null: nobody said how many
	// were ordered. Ordered = new + unchanged + refused + missing.
	Missing *int `json:"missing"`

	QuarantinedAt *time.Time `json:"quarantined_at"` // the batch as a whole
	WithdrawnAt   *time.Time `json:"withdrawn_at"`   // its import was undone
}

// Reconcile fills in Missing.
func (b *Batch) Reconcile() {
	if b.Expected != nil {
		missing := *b.Expected - b.New - b.Unchanged - b.Refused
		b.Missing = &missing
	}
}

// Summary is what heads an export.
type Summary struct {
	StoreID string
	AsOf    time.Time // zero: the present
	Tokens  int
	States  map[token.State]int
	Batches []Batch
	Head    trail.Head
}

// EventFilter selects events; its zero value selects all.
type EventFilter struct {
	// Serial selects the events that hold it, in whatever case: those about the token
	// are among them, and the limit does not count. See Log.
	Serial token.Serial
	Limit  int // the newest so many, 0: all
	// What follows narrows the trail further. Of the texts, account and ticket count as
	// they lie beside the events: one that was erased is not found by them.
	Period
	Account  token.Account // as it is called now
	Ticket   string        // as it was typed, in whatever case
	Operator string        // name or id, in whatever case
	Command  token.Command
	Outcome  trail.Outcome
	// About selects by what an event is about: see trail.AboutToken, trail.AboutBatch.
	// This trusts the index of the trail, which verification looks at.
	About []string
}

// Narrowed reports whether more than the serial and the limit select.
func (f EventFilter) Narrowed() bool {
	return f.Period != (Period{}) || f.Account != "" || f.Ticket != "" || f.Operator != "" || f.Command != "" || f.Outcome != ""
}

// has reports whether an event is among those that the filter selects, apart from what
// lies beside it and what it is about.
func (f EventFilter) has(e *trail.Event) bool {
	return f.Period.has(e.Time.Time) && (f.Command == "" || e.Command == f.Command) && (f.Outcome == "" || e.Outcome == f.Outcome) &&
		(f.Operator == "" || strings.EqualFold(e.Operator.Name, f.Operator) || strings.EqualFold(e.Operator.ID, f.Operator))
}

// Binding is the period in which a token belonged, or belongs, to an account.
type Binding struct {
	Serial   token.Serial `json:"serial"`
	Account  string       `json:"account"`
	OpenedAt time.Time    `json:"opened_at"`
	ClosedAt *time.Time   `json:"closed_at"` // null: open
	By       string       `json:"by"`        // the operator's name
	Proof    string       `json:"proof"`
	Codes    int          `json:"codes"` // displayed codes that opened it
	Ticket   string       `json:"ticket"`
	Approver *string      `json:"approver"`
	ID       string       `json:"id"`
}

// Setting is one setting of the policy as it holds.
type Setting struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // what holds: what was set, else what is usual
	Usual   string `json:"usual"`
	Set     bool   `json:"set"`
	Meaning string `json:"meaning"`
}

// PolicyOf tells every setting that there is and what holds.
func PolicyOf(r Reader) ([]Setting, error) {
	set, err := r.Policy()
	if err != nil {
		return nil, err
	}
	var all []Setting
	for _, s := range token.Settings() {
		now := Setting{Name: s.Name, Value: s.Usual, Usual: s.Usual, Meaning: s.Meaning}
		if v, ok := set[s.Name]; ok {
			now.Value, now.Set = v, true
		}
		all = append(all, now)
	}
	return all, nil
}

// Each virtual token is a batch of its own, and no delivery. Ten thousand of them
// would hide the deliveries from anyone who reads a list of batches.

// virtualFile stands for a file in the line of all virtual tokens.
const virtualFile = "virtual tokens, each a batch of its own"

// gathered returns the batches with the virtual ones as one, the last, which has no
// number and no id: its numbers are their sums, its time is that of the newest. One
// that was quarantined or withdrawn as a batch stays by itself.
func GatherVirtual(list []Batch) (all []Batch) {
	virtual := Batch{File: virtualFile, Format: token.VirtualFormat, States: map[token.State]int{}}
	for i := range list {
		b := &list[i]
		if b.Format != token.VirtualFormat || b.QuarantinedAt != nil || b.WithdrawnAt != nil {
			all = append(all, *b)
			continue
		}
		virtual.include(b)
	}
	if virtual.New > 0 {
		all = append(all, virtual)
	}
	return all
}

// include adds the numbers of another batch.
func (b *Batch) include(other *Batch) {
	b.Records += other.Records
	b.New += other.New
	if other.ImportedAt.After(b.ImportedAt) {
		b.ImportedAt = other.ImportedAt
	}
	for state, n := range other.States {
		b.States[state] += n
	}
}
