package desk

import (
	"fob/internal/fault"
	"fob/internal/token"
)

// SealedReader reads the sealed seed of one token.
type SealedReader interface {
	// SealedSeed returns a token's seed as it is stored, and what its seal binds it to.
	SealedSeed(tokenID int64) (sealed []byte, of token.SeedPlace, err error)
}

// OpenSeed opens a token's seed; it is the caller's to clear. An older seed of the
// same serial, from before a replacement, put back from an old copy of the database
// with its fingerprint, does not open: the seal binds a seed to its batch too.
func OpenSeed(r SealedReader, keys Keyring, id int64, serial token.Serial) (token.Seed, error) {
	sealed, of, err := r.SealedSeed(id)
	if err != nil {
		return token.Seed{}, err
	}
	seed, err := keys.Open(of, sealed)
	if err != nil {
		return token.Seed{}, err
	}
	if keys.Fingerprint(seed) != of.Fingerprint {
		seed.Clear()
		return token.Seed{}, OldSeed(serial)
	}
	return seed, nil
}

// OldSeed is the error of a seed that opens and is not the token's.
func OldSeed(serial token.Serial) error {
	return fault.Errorf(fault.Integrity, "the seed of token %s is not the one that was imported", serial).
		WithHint("the database was changed past fob: keep a copy of it as evidence, and do not use this token")
}
