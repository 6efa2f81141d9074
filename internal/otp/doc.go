// Package otp computes and judges the codes that tokens show: RFC 4226 (HOTP)
// and RFC 6238 (TOTP), the windows in which a code is searched, pairs of
// consecutive codes, the drift of a token's clock and its prediction, and, when
// a code is refused, the reason in words for somebody on the phone.
//
// Everything here is a pure function of its arguments: no clock, no database,
// no randomness. Attempts are counted, locked and written down by package
// desk, which also knows states and expiry; what is here answers one
// question, whether these codes are this token's, here and now.
//
// Times are ours, drifts are signed seconds of token clock minus our clock
// (negative: the token is slow), steps count from the token's T0.
package otp
