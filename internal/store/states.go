package store

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/token"
)

// stateCodes are the states by their number in the database, which is never reused:
// a new state comes last. The table of states holds the same for people.
var stateCodes = []token.State{token.InStock, token.Assigned, token.Bound, token.Suspended,
	token.Quarantined, token.Lost, token.Retired}

// stateCode reads and writes a state as its number.
type stateCode token.State

// Value is the number.
func (s stateCode) Value() (driver.Value, error) {
	if i := slices.Index(stateCodes, token.State(s)); i >= 0 {
		return int64(i), nil
	}
	return nil, fmt.Errorf("no state %q", string(s))
}

// Scan reads the number.
func (s *stateCode) Scan(v any) error {
	n, ok := v.(int64)
	if !ok || n < 0 || n >= int64(len(stateCodes)) {
		return fault.Errorf(fault.Integrity, "the database has a state %v that this program does not know", v)
	}
	*s = stateCode(stateCodes[n])
	return nil
}

// codesOf are the numbers of states in a query, "0,4".
func codesOf(states ...token.State) string {
	codes := make([]string, len(states))
	for i, s := range states {
		codes[i] = fmt.Sprint(slices.Index(stateCodes, s))
	}
	return strings.Join(codes, ",")
}
