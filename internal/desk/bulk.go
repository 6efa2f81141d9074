package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

// BulkRow is one row of a file of bindings or assignments.
type BulkRow struct {
	Line   int
	Serial token.Serial
	Codes  []string  // bind: one or two
	ReadAt time.Time // bind: when the codes were read; zero: not said
	Words            // of these, Approver is who allowed the whole file
	// NewAccount takes accounts as typed though the list of people does not have them.
	NewAccount bool
	Fault      error // what is wrong with the row by itself; it is not tried

	fault otp.Reason // of Fault
}

// Bulk is a file of bindings or assignments.
type Bulk struct {
	Rows []BulkRow
	// Whole stores all rows or none. Codes that were compared are used up either
	// way, and counted if they were wrong: nobody may try codes for nothing.
	Whole bool
	// Answer is told of rows, in their order, once what became of them is
	// committed.
	Answer func([]Answered) error
}

// Answered is what became of one row, with the JSON names of the design.
type Answered struct {
	Line int `json:"line"`
	Outcome
	Message string `json:"message"` // why it was refused; empty for an accepted row
	Hint    string `json:"hint"`

	Row BulkRow `json:"-"` // what it answers
}

// Accepted reports whether what the row asks for was done.
func (a Answered) Accepted() bool { return a.Outcome.Outcome == accepted }

// NotTried is the outcome of the rows behind the point at which a file was
// stopped.
const NotTried = "not_tried"

// Reasons that only rows of files have.
const (
	InvalidRow  otp.Reason = "invalid_row"
	Repeated    otp.Reason = "repeated"
	NoSuchToken otp.Reason = "no_such_token"
	// NoSuchAccount: the list of people does not have it.
	NoSuchAccount otp.Reason = "no_such_account"
	AllOrNothing  otp.Reason = "all_or_nothing"
	Damaged       otp.Reason = "damaged" // its seed does not open
)

const (
	// maxRefusals in a row stop a file: a shifted column must not lock a thousand
	// tokens.
	maxRefusals = 20
	// A group of rows shares one commit, which costs as much as two rows. It is
	// short, because the desk waits for its turn behind it and the file's owner
	// for the answers: 50 rows take 20 to 40 ms.
	GroupRows = 50
	groupTime = 100 * time.Millisecond
	// maxWhole bounds a file that is stored whole: it is one transaction, for
	// which everybody else who writes waits, a few seconds at this size.
	maxWhole = 10_000
	// ReadWithin is how old the codes of a file may be.
	ReadWithin = 24 * time.Hour
)

// BindAll binds the tokens of a file, each row as Bind would.
func (d *Desk) BindAll(ctx context.Context, req Bulk) error {
	keys, err := d.Keys(ctx)
	if err != nil {
		return err
	}
	b := newBulk(d, req)
	b.try = func(tx Tx, row BulkRow) (Answered, error) {
		a := b.attempt(row, keys)
		return answered(row, a, a.run(tx))
	}
	b.afterWhole = "codes that were compared are used up or counted all the same: each row says what became of it"
	b.judge = func(tx Tx, rows []BulkRow) ([]Answered, bool, error) { return b.bindWhole(tx, rows, keys) }
	return b.run(ctx)
}

// AssignAll assigns the tokens of a file, each row as Move would.
func (d *Desk) AssignAll(ctx context.Context, req Bulk) error {
	b := newBulk(d, req)
	b.try = b.assign
	b.judge = b.assignWhole
	b.afterWhole = "correct these rows and try the whole file again"
	return b.run(ctx)
}

// bulk is a file under way.
type bulk struct {
	desk *Desk
	Bulk
	try                          func(Tx, BulkRow) (Answered, error)           // one row of a group
	judge                        func(Tx, []BulkRow) ([]Answered, bool, error) // all rows of a whole file; false: nothing is to be kept
	afterWhole                   string                                        // what is to be said of a whole file that was refused
	seen                         map[string]int                                // line of each serial
	total, done, refused, inARow int
}

func newBulk(d *Desk, req Bulk) *bulk {
	return &bulk{desk: d, Bulk: req, seen: map[string]int{}, total: len(req.Rows)}
}

func (b *bulk) run(ctx context.Context) error {
	if err := b.desk.Store.View(ctx, func(r Reader) error { return checkClock(r, b.desk.Now()) }); err != nil {
		return err
	}
	b.checkRows()
	if b.Whole {
		return b.runWhole(ctx)
	}
	for len(b.Rows) > 0 && b.inARow < maxRefusals {
		if ctx.Err() != nil {
			return b.interrupted()
		}
		answers, err := b.group(ctx)
		if err != nil && ctx.Err() != nil {
			return b.interrupted()
		}
		if err != nil {
			return b.stopped(err)
		}
		if err := b.answer(answers); err != nil {
			return err
		}
	}
	return b.verdict()
}

// checkRows finds what is wrong with rows before anything is tried.
func (b *bulk) checkRows() {
	b.Rows = slices.Clone(b.Rows)
	now := b.desk.Now()
	for i := range b.Rows {
		row := &b.Rows[i]
		row.fault = InvalidRow
		if row.Fault == nil {
			row.Fault = row.readError(now)
		}
		if row.Fault != nil {
			continue
		}
		if line, twice := b.seen[row.Serial.Key()]; twice {
			row.fault = Repeated
			row.Fault = fault.Errorf(fault.Refused, "the serial %s stands in line %d already", row.Serial, line).
				WithHint("a file names each token once: is one of them another serial?")
			continue
		}
		b.seen[row.Serial.Key()] = row.Line
	}
}

func (r BulkRow) readError(now time.Time) error {
	switch {
	case r.ReadAt.IsZero():
		return nil
	case r.ReadAt.After(now):
		return fault.Errorf(fault.Refused, "its codes were read in the future (%s)", r.ReadAt.Format(time.RFC3339)).
			WithHint("is read_at in the right time zone?")
	case now.Sub(r.ReadAt) > ReadWithin:
		return fault.Errorf(fault.Refused, "its codes were read %s ago; a day is the most", roughly(now.Sub(r.ReadAt))).
			WithHint("let the person read new ones")
	}
	return nil
}

// group tries the next rows in one transaction.
func (b *bulk) group(ctx context.Context) (answers []Answered, err error) {
	inARow := b.inARow
	err = b.desk.Store.Update(ctx, func(tx Tx) error {
		began := b.desk.Now()
		tx = newRemembering(tx)
		for _, row := range b.Rows {
			if len(answers) == GroupRows || inARow == maxRefusals || b.desk.Now().Sub(began) > groupTime {
				return nil
			}
			one, err := b.row(tx, row)
			if err != nil {
				return err
			}
			if inARow++; one.Accepted() {
				inARow = 0
			}
			answers = append(answers, one)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

func (b *bulk) row(tx Tx, row BulkRow) (Answered, error) {
	if row.Fault != nil {
		return faulty(row), nil
	}
	return b.try(tx, row)
}

// faulty is the answer to a row that is wrong by itself.
func faulty(row BulkRow) Answered { return refusedRow(row, row.fault, row.Fault) }

func refusedRow(row BulkRow, reason otp.Reason, why error) Answered {
	return answerTo(row, Outcome{Serial: row.Serial, Outcome: refused, Reason: &reason, CodesUsed: len(row.Codes)}, why)
}

func answerTo(row BulkRow, out Outcome, why error) Answered {
	a := Answered{Line: row.Line, Outcome: out, Row: row}
	if why != nil {
		a.Message, a.Hint = why.Error(), fault.HintOf(why)
	}
	return a
}

// untried is the answer to a row that was left alone.
func untried(row BulkRow) Answered {
	return answerTo(row, Outcome{Serial: row.Serial, Outcome: NotTried}, nil)
}

// answer tells of rows that are settled.
func (b *bulk) answer(answers []Answered) error {
	for _, a := range answers {
		switch {
		case a.Accepted():
			b.inARow = 0
		case a.Outcome.Outcome == refused:
			b.inARow++
			b.refused++
		}
	}
	b.done += len(answers)
	b.Rows = b.Rows[len(answers):]
	return b.Answer(answers)
}

// leave tells of the rows that are not tried any more.
func (b *bulk) leave() error {
	rest := make([]Answered, len(b.Rows))
	for i, row := range b.Rows {
		rest[i] = untried(row)
	}
	if len(rest) == 0 {
		return nil
	}
	return b.Answer(rest)
}

// verdict is the error of a file that came to its end, or to its twentieth
// refusal in a row.
func (b *bulk) verdict() error {
	if len(b.Rows) > 0 {
		from := b.Rows[0].Line
		if err := b.leave(); err != nil {
			return err
		}
		return fault.Errorf(fault.Refused, "%d rows in a row were refused; from line %d on nothing was tried", maxRefusals, from).
			WithHint("is a column shifted? Correct the file, leave out the rows that were accepted, and try the rest")
	}
	if b.refused == 0 {
		return nil
	}
	return fault.Errorf(fault.Refused, "%d of %d rows were refused", b.refused, b.total)
}

// interrupted names what stays of a file that somebody stopped.
func (b *bulk) interrupted() error {
	from := b.Rows[0].Line
	if err := b.leave(); err != nil {
		return err
	}
	return fault.Errorf(fault.Interrupted, "interrupted: %d of %d rows were answered and stay so; from line %d on nothing was tried", b.done, b.total, from)
}

// stopped is trouble that is no row's: the rows so far stay answered.
func (b *bulk) stopped(err error) error {
	from := b.Rows[0].Line
	if left := b.leave(); left != nil {
		return errors.Join(err, left)
	}
	return fmt.Errorf("%d of %d rows were answered and stay so; from line %d on nothing was tried: %w", b.done, b.total, from, err)
}

// rowsOwn tells of an error whether it is about one row, and the others can be
// tried all the same: refusals, something that the policy demands of it, a token
// that is not there, a seed that does not open. All of them come before anything of the row is written; any other error
// ends the transaction.
func rowsOwn(err error) bool {
	switch fault.KindOf(err) {
	case fault.CodeRefused, fault.NotFound, fault.NotAllowed, fault.Locked, fault.Integrity, fault.Refused:
		return true
	}
	return false
}

// answered makes the answer to a row out of what an attempt came to.
func answered(row BulkRow, a *attempt, err error) (Answered, error) {
	switch {
	case err == nil && a.refusal != nil:
		err = a.refusal // it is written down
	case err != nil && (!rowsOwn(err) || a.reason == otp.ClockBehind):
		return Answered{}, err
	}
	if err != nil && a.reason == "" {
		return refusedRow(row, reasonOf(err), err), nil
	}
	return answerTo(row, a.outcome(), err), nil
}

// reasonOf is the machine word of an error that no attempt has a word for.
func reasonOf(err error) otp.Reason {
	switch fault.KindOf(err) {
	case fault.NotFound:
		return NoSuchToken
	case fault.Integrity:
		return Damaged
	case fault.Refused: // a word or a code that the policy demands is missing
		return otp.ByPolicy
	}
	return otp.WrongState
}

// remembering asks the database once in a group what many rows ask: the first
// drifts of a batch, which are a thousand rows. It adds those that the group
// brings, so that a row gets the answer that it would get alone.
type remembering struct {
	Tx
	drifts map[int64][]float64
	unseen map[int64]bool // tokens that were never observed
}

func newRemembering(tx Tx) Tx { return remembering{tx, map[int64][]float64{}, map[int64]bool{}} }

// FirstDrifts reads those of a batch once. The limit is always the same.
func (r remembering) FirstDrifts(batchID int64, limit int) ([]float64, error) {
	if known, ok := r.drifts[batchID]; ok {
		return known, nil
	}
	drifts, err := r.Tx.FirstDrifts(batchID, limit)
	if err == nil {
		r.drifts[batchID] = drifts
	}
	return drifts, err
}

// Observations notes which tokens have none.
func (r remembering) Observations(tokenID int64) ([]token.Observation, error) {
	all, err := r.Tx.Observations(tokenID)
	r.unseen[tokenID] = err == nil && len(all) == 0
	return all, err
}

// AddObservation puts a first drift in front of the others of its batch, where
// the database has the newest.
func (r remembering) AddObservation(t token.Token, o token.Observation) error {
	err := r.Tx.AddObservation(t, o)
	if known, ok := r.drifts[t.BatchID]; ok && err == nil && r.unseen[t.ID] {
		r.drifts[t.BatchID] = append([]float64{o.Drift}, known[:min(len(known), batchSample-1)]...)
	}
	return err
}
