package token

import (
	"fmt"
	"math"
	"strings"

	"fob/internal/fault"
)

// Type says what a token answers with: a code that time or the press of a button
// moves, or something that no seed of ours computes.
type Type string

// TOTP and HOTP are the two types of OATH tokens (RFC 6238, RFC 4226). Fido2 and
// Vendor have no seed that fob could hold: a security key that made its own, and
// one whose maker alone knows it.
const (
	TOTP   Type = "totp"
	HOTP   Type = "hotp"
	Fido2  Type = "fido2"
	Vendor Type = "vendor"
)

// ParseType reads a type in any case.
func ParseType(s string) (Type, error) {
	switch t := Type(strings.ToLower(s)); t {
	case TOTP, HOTP:
		return t, nil
	case Fido2, Vendor:
		return "", seedless(t)
	}
	return "", fault.Errorf(fault.Refused, "unknown token type %q; totp and hotp are known", s)
}

func seedless(t Type) error {
	return fault.Errorf(fault.Refused, "a token of type %s has no seed, and fob keeps none such yet; totp and hotp are possible", t)
}

// HasSeed reports whether tokens of the type come with a seed.
func (t Type) HasSeed() bool { return t != Fido2 && t != Vendor }

// Hash is the hash function under a token's HMAC.
type Hash string

// The hashes of RFC 6238 section 1.2. RFC 4226 knows SHA-1 only, yet HOTP
// tokens with the others exist.
const (
	SHA1   Hash = "sha1"
	SHA256 Hash = "sha256"
	SHA512 Hash = "sha512"
)

// ParseHash reads the spellings met in seed files: SHA1, SHA-256, HmacSHA512,
// HMAC-SHA1. An unknown name is an error, never SHA-1.
func ParseHash(s string) (Hash, error) {
	name := strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
	switch h := Hash(strings.TrimPrefix(name, "hmac")); h {
	case SHA1, SHA256, SHA512:
		return h, nil
	}
	return "", fault.Errorf(fault.Refused, "unknown hash %q; sha1, sha256 and sha512 are known", s)
}

// Limits of a token's parameters. RFC 4226 section 5.3: at least 6 digits, and
// with 31 bits a tenth is the last that varies. NIST SP 800-63B asks for a
// period of 120 s at most; files with an hour exist, beyond is damage.
const (
	MinDigits = 6
	MaxDigits = 10
	MaxPeriod = 3600
)

// Limits of what tokens count from. A T0 outside the years 1 to 9999 is damage,
// and no time that RFC 3339 or a spreadsheet can write. The counter of RFC 4226 has 64
// bits; that of RFC 6030 is an xs:long and ends at 2^63 - 1, as ours does: behind
// the code of the last one there is none.
const (
	MinT0      = -62_135_596_800
	MaxT0      = 253_402_300_799
	MaxCounter = math.MaxInt64
)

// Params are the immutable numbers that turn a seed into codes.
type Params struct {
	Type   Type  `json:"type"`
	Hash   Hash  `json:"hash"`
	Digits int   `json:"digits"`
	Period int   `json:"period"` // seconds; 0 for HOTP
	T0     int64 `json:"t0"`     // Unix seconds at which step 0 began; 0 for HOTP
}

// Validate names the first parameter that no token can have.
func (p Params) Validate() error {
	if !p.Type.HasSeed() {
		return seedless(p.Type)
	}
	if p.Type != TOTP && p.Type != HOTP {
		return fault.Errorf(fault.Refused, "unknown token type %q", string(p.Type))
	}
	if p.Hash != SHA1 && p.Hash != SHA256 && p.Hash != SHA512 {
		return fault.Errorf(fault.Refused, "unknown hash %q", string(p.Hash))
	}
	if p.Digits < MinDigits || p.Digits > MaxDigits {
		return fault.Errorf(fault.Refused, "%d digits; %d to %d are possible", p.Digits, MinDigits, MaxDigits)
	}
	if p.Type == TOTP && (p.Period < 1 || p.Period > MaxPeriod) {
		return fault.Errorf(fault.Refused, "a period of %d s; 1 to %d are possible", p.Period, MaxPeriod)
	}
	if p.T0 < MinT0 || p.T0 > MaxT0 {
		return fault.Errorf(fault.Refused, "a T0 of %d; %d to %d (the years 1 to 9999) are possible", p.T0, int64(MinT0), int64(MaxT0))
	}
	if p.Type == HOTP && (p.Period != 0 || p.T0 != 0) {
		return fault.Errorf(fault.Refused, "an HOTP token has neither period nor T0")
	}
	return nil
}

// CheckCounter refuses a counter that no HOTP token begins at.
func CheckCounter(n int64) error {
	if n < 0 {
		return fault.Errorf(fault.Refused, "a counter of %d; 0 to %d are possible", n, int64(MaxCounter))
	}
	return nil
}

// String is for messages: "totp sha1 6 digits 30 s".
func (p Params) String() string {
	s := fmt.Sprintf("%s %s %d digits", p.Type, p.Hash, p.Digits)
	if p.Type == TOTP {
		s += fmt.Sprintf(" %d s", p.Period)
	}
	if p.T0 != 0 {
		s += fmt.Sprintf(" T0 %d", p.T0)
	}
	return s
}

// Profile is what thousands of tokens share: maker, model and parameters. The
// store keeps it once.
type Profile struct {
	Manufacturer string `json:"manufacturer,omitempty"`
	Model        string `json:"model,omitempty"`
	Params
}
