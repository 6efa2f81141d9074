package otp

import (
	"encoding/base32"
	"fmt"
	"io"
	"strings"

	library "github.com/pquerna/otp"
	keys "github.com/pquerna/otp/totp"

	"fob/internal/fault"
	"fob/internal/token"
)

// AppKey is a new key for an authenticator app, and the URI by which apps take it.
// Both are secret; the caller clears them.
type AppKey struct {
	Seed token.Seed
	URI  token.Seed // of the form otpauth://totp/Issuer:account?secret=…
	// Brief is the URI without what the Key URI format takes for granted, for a
	// smaller QR code; the same as URI where nothing is.
	Brief token.Seed
}

// Clear forgets the key.
func (k AppKey) Clear() {
	k.Seed.Clear()
	k.URI.Clear()
	k.Brief.Clear()
}

// The parameters that every app supports, and that the Key URI format takes for
// granted.
const (
	AppDigits = 6
	AppPeriod = 30
	AppHash   = token.SHA1
)

// CheckAppParams refuses parameters that hardly any app could be told.
func CheckAppParams(p token.Params) error {
	switch {
	case p.Type != token.TOTP || p.T0 != 0:
		return fault.Errorf(fault.Usage, "an app counts time since 1970 (totp)")
	case p.Digits != 6 && p.Digits != 8:
		return fault.Errorf(fault.Usage, "%s: apps show 6 or 8", fault.Digits.Is(p.Digits))
	case p.Period != 30 && p.Period != 60:
		return fault.Errorf(fault.Usage, "%s: apps change their codes every 30 or 60 seconds", fault.Period.Is(p.Period))
	}
	return p.Validate()
}

// Plain reports whether every app supports these parameters.
func Plain(p token.Params) bool {
	return p.Digits == AppDigits && p.Period == AppPeriod && p.Hash == AppHash
}

// secretSize is as long as what the hash puts out, as RFC 6238 has it in its own
// reference code: 20, 32 or 64 bytes.
func secretSize(h token.Hash) uint {
	switch h {
	case token.SHA256:
		return 32
	case token.SHA512:
		return 64
	}
	return 20
}

// NewAppKey makes a key out of random bytes. The library makes the secret; the URI
// is written here, because the library leaves in the label what apps take for
// something else (a plus sign, an ampersand, a slash), and what it reads out of
// ours is held against what was meant.
func NewAppKey(random io.Reader, issuer string, account token.Account, p token.Params) (k AppKey, err error) {
	if err := CheckAppParams(p); err != nil {
		return k, err
	}
	made, err := keys.Generate(keys.GenerateOpts{Issuer: issuer, AccountName: string(account), Rand: random,
		Period: uint(p.Period), Digits: library.Digits(p.Digits), Algorithm: algorithm(p.Hash), SecretSize: secretSize(p.Hash)})
	if err != nil {
		return k, fault.Errorf(fault.Internal, "no key can be made") // the library's words may hold the URI
	}
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(made.Secret())
	if err != nil {
		return k, fault.Errorf(fault.Internal, "no valid key was made")
	}
	brief := "otpauth://totp/" + escaped(issuer) + ":" + escaped(string(account)) + "?secret=" + made.Secret() + "&issuer=" + escaped(issuer)
	full := fmt.Sprintf("%s&algorithm=%s&digits=%d&period=%d", brief, strings.ToUpper(string(p.Hash)), p.Digits, p.Period)
	if !Plain(p) {
		brief = full
	}
	k = AppKey{token.NewSeed(seed), token.NewSeed([]byte(full)), token.NewSeed([]byte(brief))}
	for _, uri := range []string{full, brief} {
		if !saysKey(uri, issuer, string(account), made.Secret(), p) {
			k.Clear()
			return k, fault.Errorf(fault.Internal, "the key's URI does not say what it ought to")
		}
	}
	return k, nil
}

// saysKey reads a URI back with the library.
func saysKey(uri, issuer, account, secret string, p token.Params) bool {
	key, err := library.NewKeyFromURL(uri)
	return err == nil && key.Type() == "totp" && key.Issuer() == issuer && key.AccountName() == account && key.Secret() == secret &&
		key.Digits() == library.Digits(p.Digits) && key.Period() == uint64(p.Period) && key.Algorithm() == algorithm(p.Hash)
}

// escaped writes a text for a key URI: all but the unreserved characters of RFC
// 3986 (section 2.3) and the @ of addresses become octets in hex. A blank is %20:
// a plus would be a plus.
func escaped(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~@", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
