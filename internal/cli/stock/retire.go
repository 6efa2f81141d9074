package stock

import (
	"fob/internal/token"
)

// serialsOf takes typed serials. One that is named twice is an oversight that
// would otherwise be refused as an impossible second move.
func serialsOf(args []string) (all []token.Serial, err error) {
	seen := map[string]bool{}
	for _, a := range args {
		s, err := token.TypedSerial(a)
		if err != nil {
			return nil, err
		}
		if !seen[s.Key()] {
			seen[s.Key()], all = true, append(all, s)
		}
	}
	return all, nil
}
