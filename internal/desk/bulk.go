package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

// BulkRow is one row of a file of bindings or assignments.
type BulkRow struct {
	Line   int
	Serial token.Serial
	Codes  []string  // bind: one or two
	ReadAt time.Time // bind: when the codes were read; zero: not said
	Words
	Fault error // what is wrong with the row by itself; it is not tried

	fault otp.Reason // of Fault
	late  bool       // Fault is that its codes are too old
	file  *bulkFile  // where it stood
	given []string   // its columns as they were typed, without codes
}

// Bulk is a file of bindings or assignments.
type Bulk struct {
	Rows []BulkRow
	// Words stand for rows that have none of their own; Approver is who allowed the
	// whole file.
	Words
	// NewAccount takes accounts as typed though the list of people does not have them.
	NewAccount bool
	// Whole stores all rows or none. Codes that were compared are used up either
	// way, and counted if they were wrong: nobody may try codes for nothing.
	Whole bool
	// OneCode tries rows of one code though the token's clock may have drifted too far
	// for one.
	OneCode bool
	// Answer is told of rows, in their order, once what became of them is
	// committed.
	Answer func([]Answered) error
}

// Answered is what became of one row. Its JSON names are kept for good.
type Answered struct {
	Line int `json:"line"`
	Outcome
	Message fault.Text `json:"message"` // why it was refused; empty for an accepted row
	Hint    fault.Text `json:"hint"`

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
	AllOrNothing  otp.Reason = trail.ReasonAllOrNothing
	Damaged       otp.Reason = "damaged" // its seed does not open
)

const (
	// MaxRefusals in a row stop a file: a shifted column must not lock a thousand
	// tokens.
	MaxRefusals = 20
	// One in RefusedShare rows of bindings stops the file as well, once there are
	// MaxRefusals of them: a right row now and then must not cover guesses.
	RefusedShare = 4
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
	return (&bulk{desk: d, Bulk: req, keys: keys}).run(ctx)
}

// AssignAll assigns the tokens of a file, each row as Move would.
func (d *Desk) AssignAll(ctx context.Context, req Bulk) error {
	return (&bulk{desk: d, Bulk: req}).run(ctx)
}

// bulk is a file under way. Rows are those that were not answered yet.
type bulk struct {
	desk *Desk
	Bulk
	keys                         Keyring // nil: the rows are assignments
	total, done, refused, inARow int
	already                      int   // of those done: see AlreadyDone
	compared                     bool  // codes of some row, of a file that is stored as a whole
	over                         error // the operator had too many codes refused
	second                       Words // with who approved the file all the same
	first                        token.Serial
	digest                       string // of the serials and accounts of all rows
}

func (b *bulk) run(ctx context.Context) error {
	if b.keys == nil { // else each row looks, as far as its token has a clock
		if err := b.desk.Store.View(ctx, func(r Reader) error { return checkClock(r, b.desk.Now()) }); err != nil {
			return err
		}
	}
	b.Rows, b.total = checkedRows(b.Rows, b.Words, b.desk.Now()), len(b.Rows)
	b.first, b.digest = digestRows(b.Rows)
	if b.keys != nil && !b.OneCode {
		if err := b.desk.Store.View(ctx, b.checkOneCode); err != nil {
			return err
		}
	}
	if b.Whole {
		return b.runWhole(ctx)
	}
	for len(b.Rows) > 0 && b.over == nil && !b.tooMany(b.done-b.already, b.refused, b.inARow) {
		answers, err := b.group(ctx)
		if err != nil {
			return b.stopped(ctx, err)
		}
		if err := b.answer(answers); err != nil {
			return err
		}
	}
	if len(b.Rows) > 0 {
		from, err := b.leave()
		if err != nil {
			return err
		}
		return b.stop(from)
	}
	if b.refused == 0 {
		return nil
	}
	return fault.Errorf(fault.Refused, "%d of %d rows were refused", b.refused, b.total)
}

// checkOneCode refuses a file with rows of one code whose tokens lay in stock for so long
// that one mostly fails, and each would cost its rightful owner a failure. Nothing was
// compared yet.
func (b *bulk) checkOneCode(r Reader) error {
	p, err := token.PolicyOf(r)
	if err != nil {
		return err
	}
	var old []BulkRow
	drifts := map[int64][]float64{} // of each batch
	for _, row := range b.Rows {
		if row.Fault != nil || len(row.Codes) != 1 {
			continue
		}
		t, err := r.Token(row.Serial)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			continue // its own answer says so
		}
		h := otp.History{Manufactured: t.Manufactured, Imported: t.ImportedAt}
		if err == nil {
			h.Observations, err = r.Observations(t.ID)
		}
		if _, known := drifts[t.BatchID]; !known && err == nil {
			drifts[t.BatchID], err = r.FirstDrifts(t.BatchID, batchSample)
		}
		if err != nil {
			return err
		}
		h.BatchFirst = drifts[t.BatchID]
		if h.OneCodeFails(t.Profile.Params, capsOf(p), b.desk.Now()) {
			old = append(old, row)
		}
	}
	if len(old) == 0 {
		return nil
	}
	return fault.Errorf(fault.Refused, "%d of %d rows have one code of a token that lay in stock for long: its clock has likely drifted too far for one code (the first is line %d, %s); nothing was compared",
		len(old), b.total, old[0].Line, old[0].Serial).
		WithHint("have two codes in a row read, as code1 and code2; with %s they are tried as they are, and those that fail count as failures", fault.OneCode)
}

// checkedRows puts in what was said of all rows, and finds what is wrong with rows
// before anything is tried.
func checkedRows(given []BulkRow, said Words, now time.Time) []BulkRow {
	all, seen := slices.Clone(given), map[string]int{} // line of each serial
	for i := range all {
		row := &all[i]
		row.fault, row.Approver = InvalidRow, cmp.Or(row.Approver, said.Approver)
		row.Proof, row.Ticket, row.Reason = cmp.Or(row.Proof, said.Proof), cmp.Or(row.Ticket, said.Ticket), cmp.Or(row.Reason, said.Reason)
		age := now.Sub(row.ReadAt)
		switch line, twice := seen[row.Serial.Key()]; {
		case row.Fault != nil:
			continue
		case row.ReadAt.After(now):
			row.Fault = fault.Errorf(fault.Refused, "its codes were read in the future (%s)", row.ReadAt.Format(time.RFC3339)).
				WithHint("is read_at in the right time zone?")
			continue
		case !row.ReadAt.IsZero() && age > ReadWithin:
			row.Fault = fault.Errorf(fault.Refused, "its codes were read %s ago; a day is the most", roughly(age)).
				WithHint("let the person read new ones")
			row.late = true
		case twice:
			row.fault = Repeated
			row.Fault = fault.Errorf(fault.Refused, "the serial %s stands in line %d already", row.Serial, line).
				WithHint("a file names each token once: is one of them another serial?")
			continue
		}
		seen[row.Serial.Key()] = row.Line
	}
	return all
}

// group tries the next rows in one transaction.
func (b *bulk) group(ctx context.Context) (answers []Answered, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	done, refused, inARow := b.done-b.already, b.refused, b.inARow
	err = b.desk.Store.Update(ctx, func(tx Tx) error {
		began := b.desk.Now()
		tx = newRemembering(tx)
		for _, row := range b.Rows {
			if len(answers) == GroupRows || b.tooMany(done, refused, inARow) || b.desk.Now().Sub(began) > groupTime {
				return nil
			}
			one, so, err := b.alreadySo(tx, row)
			if err != nil {
				return err
			}
			if so {
				answers = append(answers, one)
				continue
			}
			if over, err := b.overBudget(tx, row); over || err != nil {
				return err
			}
			one, err = b.try(tx, row)
			if err != nil {
				return err
			}
			done, refused, inARow = done+1, refused+1, inARow+1
			if one.Accepted() {
				refused, inARow = refused-1, 0
			}
			answers = append(answers, one)
		}
		return nil
	})
	return answers, err
}

// tooMany reports whether so many rows were refused, of those that were answered and in
// a row, that the file is stopped.
func (b *bulk) tooMany(done, refused, inARow int) bool {
	return inARow >= MaxRefusals || b.keys != nil && refused >= MaxRefusals && refused*RefusedShare > done
}

// stop says why a file was stopped, from a line on.
func (b *bulk) stop(from int) error {
	switch {
	case b.over != nil && b.done == 0:
		return fmt.Errorf("0 of %d rows were answered: %w", b.total, b.over)
	case b.over != nil:
		stop := fault.Errorf(fault.Refused, "%d of %d rows were answered and stay so; from line %d on nothing was tried: %v", b.done, b.total, from, b.over)
		if needed := (*request.Needed)(nil); errors.As(b.over, &needed) {
			return stop.WithHint("the same command with the same file asks for that person")
		}
		return stop.WithAdvice(fault.AdviceOf(b.over))
	case b.inARow >= MaxRefusals:
		return fault.Errorf(fault.Refused, "%d rows in a row were refused; from line %d on nothing was tried", MaxRefusals, from).
			WithHint("is a column shifted? Correct the file and give it again; the rows that were accepted are passed over")
	}
	return fault.Errorf(fault.Refused, "%d of %d rows were refused, more than one in %d; from line %d on nothing was tried", b.refused, b.done, RefusedShare, from).
		WithHint("look at what was refused, correct the file, and give it again; the rows that were accepted are passed over")
}

// try does what one row asks for.
func (b *bulk) try(tx Tx, row BulkRow) (Answered, error) {
	switch {
	case row.Fault != nil:
		return refusedRow(row, row.fault, row.Fault), nil
	case b.keys == nil:
		return b.assign(tx, row)
	}
	a := b.attempt(row)
	return answered(row, a, a.run(tx))
}

// answer tells of rows that are settled.
func (b *bulk) answer(answers []Answered) error {
	for _, a := range answers {
		switch {
		case a.Accepted():
			b.inARow = 0
		case a.Settled():
			b.already++
		case a.Outcome.Outcome == refused:
			b.inARow++
			b.refused++
		}
	}
	b.done += len(answers)
	b.Rows = b.Rows[len(answers):]
	return b.Answer(answers)
}

// leave tells of the rows that are not tried any more, and from which line on.
func (b *bulk) leave() (from int, err error) {
	return b.Rows[0].Line, b.Answer(untried(b.Rows))
}

// stopped names what stays of a file that somebody stopped, or that met trouble
// which is no row's: the rows so far stay answered.
func (b *bulk) stopped(ctx context.Context, err error) error {
	from, left := b.leave()
	switch {
	case ctx.Err() != nil && left != nil:
		return left
	case ctx.Err() != nil:
		return fault.Errorf(fault.Interrupted, "interrupted: %d of %d rows were answered and stay so; from line %d on nothing was tried", b.done, b.total, from)
	case left != nil:
		return errors.Join(err, left)
	}
	return fmt.Errorf("%d of %d rows were answered and stay so; from line %d on nothing was tried: %w", b.done, b.total, from, err)
}

func refusedRow(row BulkRow, reason otp.Reason, why error) Answered {
	return answerTo(row, Outcome{Serial: row.Serial, Outcome: refused, Reason: &reason, CodesUsed: len(row.Codes)}, why)
}

func answerTo(row BulkRow, out Outcome, why error) Answered {
	out.Verifiers = append([]token.AtVerifier{}, out.Verifiers...)
	a := Answered{Line: row.Line, Outcome: out, Row: row}
	if why != nil {
		a.Message, a.Hint = fault.Textf("%v", why), fault.AdviceOf(why)
	}
	return a
}

// untried are the answers to rows that were left alone.
func untried(rows []BulkRow) []Answered {
	all := make([]Answered, len(rows))
	for i, row := range rows {
		all[i] = answerTo(row, Outcome{Serial: row.Serial, Outcome: NotTried}, nil)
	}
	return all
}

// answered makes the answer to a row out of what an attempt came to. Refusals, what
// the policy demands, a token that is not there and a seed that does not open are
// the row's own, and the others can be tried all the same: all of these come before
// anything of the row is written. Any other error ends the transaction.
func answered(row BulkRow, a *attempt, err error) (Answered, error) {
	switch {
	case err == nil && a.refusal != nil:
		err = a.refusal // it is written down
	case err != nil && (!rowsOwn(err) || a.reason == otp.ClockBehind):
		return Answered{}, err
	}
	if err == nil || a.reason != "" {
		return answerTo(row, a.outcome(), err), nil
	}
	switch fault.KindOf(err) {
	case fault.NotFound:
		return refusedRow(row, NoSuchToken, err), nil
	case fault.Integrity:
		return refusedRow(row, Damaged, err), nil
	case fault.Refused: // a word or a code that the policy demands is missing
		return refusedRow(row, otp.ByPolicy, err), nil
	}
	return refusedRow(row, otp.WrongState, err), nil
}

func rowsOwn(err error) bool {
	return slices.Contains([]fault.Kind{fault.CodeRefused, fault.NotFound, fault.NotAllowed, fault.Locked, fault.Integrity, fault.Refused}, fault.KindOf(err))
}

// attempt makes a row the attempt that Bind would make of it.
func (b *bulk) attempt(row BulkRow) *attempt {
	if b.second.Approver != "" {
		row.Approver, row.Request = b.second.Approver, b.second.Request
	}
	req := Codes{Serial: row.Serial, Words: row.Words, NewAccount: b.NewAccount, Undated: row.ReadAt.IsZero(), Many: true}
	at := row.ReadAt
	if req.Undated {
		at = b.desk.Now()
	}
	for _, code := range row.Codes {
		req.Codes = append(req.Codes, Typed{Text: code, At: at})
	}
	return &attempt{desk: b.desk, req: req, by: token.CmdBind, keys: b.keys, row: true}
}

// assign assigns the token of one row.
func (b *bulk) assign(tx Tx, row BulkRow) (Answered, error) {
	t, err := tx.Token(row.Serial)
	reason := otp.WrongState
	switch {
	case err != nil:
		reason = NoSuchToken
	case t.Expired(b.desk.Now()):
		reason, err = otp.Expired, expiredError(t)
	case cannotBeGiven(t, b.desk.Now()) != nil:
		err = cannotBeGiven(t, b.desk.Now())
	default:
		err = b.desk.MoveIn(tx, &t, Change{Serial: row.Serial, By: token.CmdAssign, To: token.Assigned, Words: row.Words, NewAccount: b.NewAccount})
		if fault.KindOf(err) == fault.NotFound {
			reason = NoSuchAccount
		}
	}
	switch {
	case err != nil && !rowsOwn(err):
		return Answered{}, err
	case err != nil:
		return refusedRow(row, reason, err), nil
	}
	at, err := tx.AtVerifiers(t.ID)
	account := string(t.Account)
	return answerTo(row, Outcome{Serial: t.Serial, Account: &account, Outcome: accepted, Verifiers: token.NotAs(t.Account, at), Token: t}, nil), err
}
