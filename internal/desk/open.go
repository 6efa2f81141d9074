package desk

import (
	"fob/internal/fault"
	"fob/internal/token"
)

// SealedReader reads the sealed seed of one token.
type SealedReader interface {
	// SealedSeed returns a token's seed as it is stored, and the fingerprint that it
	// was imported with: sealing alone does not tell an older seed of the same
	// serial from the present one.
	SealedSeed(tokenID int64) (sealed []byte, fingerprint int64, err error)
}

// OpenSeed opens a token's seed; it is the caller's to clear. The seal binds a
// seed to its store and serial, but an older seed of the same serial (from
// before a replacement, put back from an old copy of the database) opens as well:
// only the fingerprint, which the trail commits to, tells it from the present
// one.
func OpenSeed(r SealedReader, keys Keyring, id int64, serial token.Serial) (token.Seed, error) {
	sealed, fingerprint, err := r.SealedSeed(id)
	if err != nil {
		return token.Seed{}, err
	}
	seed, err := keys.Open(serial.Key(), sealed)
	if err != nil {
		return token.Seed{}, err
	}
	if keys.Fingerprint(seed) != fingerprint {
		seed.Clear()
		return token.Seed{}, fault.Errorf(fault.Integrity, "the seed of token %s is not the one that was imported", serial).
			WithHint("the database was changed past fob: keep a copy of it as evidence, and do not use this token")
	}
	return seed, nil
}
