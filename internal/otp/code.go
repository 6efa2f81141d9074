package otp

import (
	"encoding/base32"

	library "github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"fob/internal/fault"
	"fob/internal/token"
)

// At computes the code of one step (TOTP, RFC 6238 section 4.2) or counter
// (HOTP, RFC 4226 section 5.3). The error is of kind fault.Internal: parameters
// that no token has, an empty seed, a negative step.
func At(p token.Params, seed token.Seed, step int64) (string, error) {
	g, err := newGenerator(p, seed)
	if err != nil {
		return "", err
	}
	return g.code(step)
}

// generator computes the codes of one token. It stands between us and the
// library, which makes a plausible code of an empty secret, panics over an
// unknown hash and reads any number of digits: what reaches it was validated.
type generator struct {
	secret string // base32: the library takes nothing else, and it cannot be wiped
	opts   hotp.ValidateOpts
}

func newGenerator(p token.Params, seed token.Seed) (generator, error) {
	if err := p.Validate(); err != nil {
		return generator{}, fault.Wrap(fault.Internal, err, "no code can be computed")
	}
	if seed.Len() == 0 {
		return generator{}, fault.Errorf(fault.Internal, "no code can be computed: the seed is empty")
	}
	return generator{
		secret: base32.StdEncoding.EncodeToString(seed.Bytes()),
		opts:   hotp.ValidateOpts{Digits: library.Digits(p.Digits), Algorithm: algorithm(p.Hash)},
	}, nil
}

// algorithm translates a hash that Params.Validate has let pass.
func algorithm(h token.Hash) library.Algorithm {
	switch h {
	case token.SHA256:
		return library.AlgorithmSHA256
	case token.SHA512:
		return library.AlgorithmSHA512
	default:
		return library.AlgorithmSHA1
	}
}

func (g generator) code(step int64) (string, error) {
	if step < 0 {
		return "", fault.Errorf(fault.Internal, "no code can be computed for step %d, which is negative", step)
	}
	code, err := hotp.GenerateCodeCustom(g.secret, uint64(step), g.opts)
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "no code can be computed")
	}
	return code, nil
}
