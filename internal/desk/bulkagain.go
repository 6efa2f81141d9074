package desk

import (
	"fob/internal/fault"
	"fob/internal/token"
)

// A file that was broken off, or of which some rows were corrected, is given again as a
// whole.

// Settled reports whether nothing is left to do of the row.
func (a Answered) Settled() bool { return a.Accepted() || a.Outcome.Outcome == AlreadyDone }

// AlreadyDone is the outcome of a row that asks for what is so already, as all rows of a
// file do that is given again: no code is compared, nothing is written.
const AlreadyDone = "already_done"

// alreadySo reports whether what a row asks for is so: the token is that account's, and
// no codes are needed to know it. They may be old by now.
func (b *bulk) alreadySo(r Reader, row BulkRow) (a Answered, so bool, err error) {
	if row.Fault != nil && !row.late {
		return a, false, nil
	}
	t, err := r.Token(row.Serial)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return a, false, nil // its own answer says so
	}
	if err != nil || t.State != token.Bound && (b.keys != nil || t.State != token.Assigned) {
		return a, false, err
	}
	account, err := r.KnownAccount(row.Account)
	if err != nil || account.Key() != t.Account.Key() {
		return a, false, err
	}
	mine := string(t.Account)
	a = answerTo(row, Outcome{Serial: t.Serial, Account: &mine, Outcome: AlreadyDone, Failures: t.Failures, Token: t}, nil)
	a.Message = fault.Textf("token %s is %s to %s already, since %s", t.Serial, t.State, t.Account, when(t.Since))
	return a, true, nil
}
