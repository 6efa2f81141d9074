// Package token is the domain of fob: what a hardware one-time-password token
// is, which states it passes through and by what, whom it belongs to, and
// what may be said of a record in a seed file.
//
// A token is one OTP key with its
// serial, a seed is its secret key, a batch is what one import brought, a
// binding is the period in which a token belongs to one account. Nothing here
// does I/O, knows the time or opens a database.
package token
