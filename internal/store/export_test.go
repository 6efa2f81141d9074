package store

import (
	"context"
	"slices"
	"testing"

	"fob/internal/desk"
	"fob/internal/report"
	"fob/internal/token"
)

// The texts of queries, for tests that ask an engine how it would answer them.
const (
	TokenByKey      = tokenSelect + ` AND t.serial_key = $1`
	StoredByKeys    = storedSelect + `t.serial_key IN ($1, $2)`
	NearByPrefix    = nearByPrefix
	FirstDrifts     = firstDrifts
	BatchRates      = batchRates
	BareSelect      = bareSelect
	TokensOfAccount = tokensOfAccount
	SliceSelect     = sliceSelect + ` ORDER BY t.id`
	StandingSelect  = standingSelect
	NowCalled       = nowCalled
	HoldingSelect   = holdingSelect
	HeldSelect      = heldSelect
	NearAccounts    = nearAccounts
	ObservationsOf  = observationsOf
)

var Anys = anys[string]

func AccountsQuery(f report.AccountFilter) (query string, args []any) {
	l := accountsListing(f)
	return l.from(accountSelect), l.args
}

func SealedQuery(s desk.Span, f desk.SeedFilter, places ...any) (string, []any) {
	return sealedQuery(s, f, places)
}

// Listed is the query that lists what a filter selects; there is none if it names
// what is not there.
func Listed(s *Store, f report.Filter) (query string, args []any, err error) {
	err = s.snapshot(context.Background(), func(q *queries) error {
		l, err := q.listing(f)
		l.where(visible)
		if !l.nothing {
			query, args = l.from(reportSelect), l.args
		}
		return err
	})
	return query, args, err
}

// NearByTypingErrors finds serials by n keys, AccountsByTypingErrors accounts.
func NearByTypingErrors(n int) string { return serialSelect + `t.serial_key IN (` + places(1, n) + `)` }
func AccountsByTypingErrors(n int) string {
	return `SELECT name FROM account WHERE listed = 1 AND key IN (` + places(1, n) + `)`
}

// ClockRecords reads measured drifts.
func ClockRecords(s *Store, f report.DriftFilter) (query string, args []any, err error) {
	err = s.snapshot(context.Background(), func(q *queries) error {
		l, text, err := q.clockRecords(f)
		query, args = text, l.args
		return err
	})
	return query, args, err
}

// LeaversQuery finds the tokens of those who left.
func LeaversQuery(s *Store) (query string, args []any, err error) {
	err = s.snapshot(context.Background(), func(q *queries) error {
		l, err := q.leavers(report.LeaverFilter{})
		query, args = l.from(leaversSelect), l.args
		return err
	})
	return query, args, err
}

// Every state has a number.
func TestStateCodes(t *testing.T) {
	if !slices.Equal(stateCodes, token.States()) {
		t.Errorf("%q, not %q", stateCodes, token.States())
	}
}
