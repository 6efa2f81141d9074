package intake

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// What is done to a whole batch goes in slices of SliceSize ids, each one
// transaction with an event that names its tokens, so that the desk waits for
// one slice at most. Every slice is whole in itself: after an interruption the
// same command goes on where it stopped.

// BatchChange is a request about a whole batch.
type BatchChange struct {
	Number int
	DryRun bool
	token.Words
	Progress func(done, all int) // may be nil
}

// Swept is what became of a batch. Its JSON names are kept for good.
type Swept struct {
	Batch    int       `json:"batch"`
	DryRun   bool      `json:"dry_run"`
	Moved    int       `json:"moved"`
	Marked   int       `json:"marked"` // of which a leak or a theft is news, and that stay where they are
	Left     int       `json:"left"`   // release: that stay, because their seed leaked or they were stolen
	To       string    `json:"to"`
	Accounts []Reissue `json:"accounts"` // who has to get another token
}

// Reissue is an account that lost its token to a compromised batch.
type Reissue struct {
	Account token.Account `json:"account"`
	Serial  token.Serial  `json:"serial"`
	State   token.State   `json:"was"`
}

// QuarantineBatch takes every token of a batch out of use: bindings end, and
// the accounts are listed that have to get another token. Lost, retired and
// quarantined tokens stay what they are; but a leak or a theft of the batch is said of
// the lost and quarantined ones too. What was done before an error is in
// the result.
func (d *Intake) QuarantineBatch(ctx context.Context, c BatchChange) (Swept, error) {
	return d.sweep(ctx, c, token.CmdBatchQuarantine, token.Quarantined)
}

// ReleaseBatch takes the tokens back into stock that the quarantine of their
// batch took out; what was quarantined before it or since, each for its own
// reason, stays, and so does what leaked or was stolen.
func (d *Intake) ReleaseBatch(ctx context.Context, c BatchChange) (Swept, error) {
	return d.sweep(ctx, c, token.CmdBatchRelease, token.InStock)
}

// sweep is one such command under way.
type sweep struct {
	desk  *Intake
	c     BatchChange
	by    token.Command
	to    token.State
	since time.Time // one for all slices
	marks token.Marks
	left  int // of the slice under way: those that a release must not move
	res   *Swept
}

func (d *Intake) sweep(ctx context.Context, c BatchChange, by token.Command, to token.State) (res Swept, err error) {
	res = Swept{Batch: c.Number, DryRun: c.DryRun, To: string(to), Accounts: []Reissue{}}
	s := &sweep{desk: d, c: c, by: by, to: to, res: &res}
	b, err := d.batch(ctx, c, by)
	if err != nil {
		return res, err
	}
	if by == token.CmdBatchRelease && b.Quarantined.IsZero() {
		return res, fault.Errorf(fault.NotAllowed, "batch %d is not quarantined as a whole", b.Number).
			WithHint("%s releases one token", fault.Do(token.CmdRelease, "SERIAL"))
	}
	if s.marks, err = desk.Marked(token.Token{}, by, to, c.Words); err != nil {
		return res, err
	}
	if by == token.CmdBatchRelease && !c.DryRun {
		would, err := d.sweep(ctx, BatchChange{Number: c.Number, DryRun: true, Words: c.Words}, by, to)
		if err != nil {
			return would, err
		}
	}
	err = d.eachSlice(ctx, b, c, func(r Reader, first int64) (tokens []SliceToken, err error) {
		if tx, ok := r.(Tx); ok && !c.DryRun {
			return s.slice(tx, first)
		}
		return s.concerned(r, b, first)
	}, s.tell)
	switch {
	case err != nil:
	case res.Moved == 0 && res.Left > 0:
		err = fault.Errorf(fault.NotAllowed, "no token of batch %d comes back together with the others: their seeds leaked, or they were stolen", b.Number).
			WithHint("after a leak the only way on is %s; after a theft %s, with a second person", fault.Do(token.CmdRetire, "SERIAL"), fault.Do(token.CmdRelease, "SERIAL"))
	case res.Moved == 0 && res.Marked == 0 && by == token.CmdBatchQuarantine:
		err = fault.Errorf(fault.NotAllowed, "no token of batch %d can be quarantined: they are quarantined, lost or retired already", b.Number)
	}
	return res, err
}

// batch finds a batch that is not withdrawn, for a command that the policy
// allows.
func (d *Intake) batch(ctx context.Context, c BatchChange, by token.Command) (b Batch, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		if err := desk.Demand(r, by, c.Words); err != nil {
			return err
		}
		b, err = liveBatch(r, c.Number)
		return err
	})
	return b, err
}

func liveBatch(r Reader, number int) (Batch, error) {
	b, err := r.WholeBatch(number)
	if err == nil && !b.Withdrawn.IsZero() {
		err = fault.Errorf(fault.NotAllowed, "batch %d was withdrawn on %s; its tokens are not here", b.Number, b.Withdrawn.Format(time.DateOnly))
	}
	return b, err
}

// eachSlice calls do once for every SliceSize ids of a batch, each time in a
// transaction of its own (a dry run only reads), and tell with what do gave once
// that is committed.
func (d *Intake) eachSlice(ctx context.Context, b Batch, c BatchChange, do func(r Reader, first int64) ([]SliceToken, error), tell func([]SliceToken)) error {
	for first := b.FirstID; first <= b.LastID; first += SliceSize {
		if err := ctx.Err(); err != nil {
			return err
		}
		var tokens []SliceToken
		var err error
		if c.DryRun {
			err = d.Store.View(ctx, func(r Reader) error { tokens, err = do(r, first); return err })
		} else {
			err = d.Store.Update(ctx, func(tx Tx) error {
				if err := tx.VouchSlice(b, first, SliceSize); err != nil {
					return err
				}
				tokens, err = do(tx, first)
				return err
			})
		}
		if err != nil {
			return err
		}
		tell(tokens)
		if c.Progress != nil {
			c.Progress(int(min(first+SliceSize, b.LastID+1)-b.FirstID), int(b.LastID-b.FirstID)+1)
		}
	}
	return nil
}

// concerned are the tokens of a slice that the command moves.
func (s *sweep) concerned(r Reader, b Batch, first int64) ([]SliceToken, error) {
	from := token.SourcesOf(s.by)
	if s.marks.Any() {
		from = append(from, token.Quarantined, token.Lost)
	}
	tokens, err := r.Slice(b, first, SliceSize, from...)
	s.left = 0
	return slices.DeleteFunc(tokens, func(t SliceToken) bool {
		switch {
		case stays(t) && s.by != token.CmdBatchRelease: // is there news of it?
			return t.Marks.With(s.marks) == t.Marks
		case s.by != token.CmdBatchRelease:
			return false
		case t.Since.Equal(b.Quarantined) && t.Marks.Any():
			s.left++
			return true
		}
		return !t.Since.Equal(b.Quarantined)
	}), err
}

// stays reports whether a quarantine of its batch leaves a token where it is.
func stays(t SliceToken) bool { return t.State == token.Quarantined || t.State == token.Lost }

func (s *sweep) tell(tokens []SliceToken) {
	s.res.Left += s.left
	for _, t := range tokens {
		if stays(t) && s.by != token.CmdBatchRelease {
			s.res.Marked++
			continue
		}
		s.res.Moved++
		if t.Account != "" {
			s.res.Accounts = append(s.res.Accounts, Reissue{t.Account, t.Serial, t.State})
		}
	}
}

func (s *sweep) slice(tx Tx, first int64) ([]SliceToken, error) {
	b, err := liveBatch(tx, s.c.Number)
	if err != nil {
		return nil, err
	}
	tokens, err := s.concerned(tx, b, first)
	last := first+SliceSize > b.LastID
	if err != nil || len(tokens) == 0 && !(last && s.by == token.CmdBatchRelease) {
		return nil, err
	}
	e, err := s.desk.batchEvent(s.by, b, s.c.Words)
	if err != nil {
		return nil, err
	}
	s.settle(&b, e.Time.Time, last)
	detail := trail.SweepDetail{Number: b.Number, Since: s.since, Quarantined: b.Quarantined, Marks: s.marks}
	moving := tokens
	if s.by == token.CmdBatchQuarantine {
		moving = nil
		for _, t := range tokens {
			if stays(t) {
				detail.Stayed = append(detail.Stayed, t.Serial)
			} else {
				moving = append(moving, t)
			}
		}
	}
	if detail.Moved, err = moveSlice(tx, moving, s.to, s.since, e.Time.Time); err != nil {
		return nil, err
	}
	if s.marks.Any() {
		if err := tx.MarkTokens(idsOf(tokens), s.marks); err != nil {
			return nil, err
		}
	}
	if err := tx.SaveBatch(b); err != nil {
		return nil, err
	}
	e.To = s.to
	return tokens, trail.Record(tx, e, detail)
}

// settle finds the time that the tokens get, and that of the batch. A
// quarantine that was broken off goes on under its first time, by which the
// release knows its tokens.
func (s *sweep) settle(b *Batch, now time.Time, last bool) {
	if s.since.IsZero() {
		s.since = now
	}
	if s.by == token.CmdBatchRelease {
		if last {
			b.Quarantined = time.Time{}
		}
		return
	}
	if b.Quarantined.IsZero() {
		b.Quarantined = s.since
	}
	s.since = b.Quarantined
}

func idsOf(tokens []SliceToken) []int64 {
	ids := make([]int64, len(tokens))
	for i, t := range tokens {
		ids[i] = t.ID
	}
	return ids
}

// moveSlice moves tokens and groups them by the state that they come from.
func moveSlice(tx Tx, tokens []SliceToken, to token.State, since, now time.Time) (moved []trail.Moved, err error) {
	closed, err := tx.MoveTokens(idsOf(tokens), to, since, now)
	if err != nil {
		return nil, err
	}
	at := map[token.State]int{}
	for i, t := range tokens {
		n, known := at[t.State]
		if !known {
			n = len(moved)
			at[t.State], moved = n, append(moved, trail.Moved{From: t.State})
		}
		m := &moved[n]
		m.Serials = append(m.Serials, t.Serial)
		if closed[i] != uuid.Nil {
			m.Closed = append(m.Closed, closed[i])
		}
	}
	return moved, nil
}

func (d *Intake) batchEvent(by token.Command, b Batch, w token.Words) (*trail.Event, error) {
	return d.Desk.Author().Event(by, trail.Object{Kind: trail.KindBatch, ID: b.UUID.String()}, w)
}
