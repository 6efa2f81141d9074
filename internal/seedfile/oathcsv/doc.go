// Package oathcsv reads the family oath-csv: one token a row, with the seed in
// hex, in the order of privacyIDEA
//
//	serial, hexkey, type, digits, counter (HOTP) or step (TOTP)
//
// or of LinOTP
//
//	serial, hexkey, type, digits, step, hash
//
// and, in version 2 of either, whose first line may be "# version: 2", behind
// user, resolver and realm; the account is user@realm then, or the user alone
// where there is no realm or the name has an @ of its own.
//
// Behind the seed, columns may be missing or empty: digits are 6 then, the step
// 30 s, the counter 0 and the hash SHA-1; the type has no default. A first row
// of column names is followed, whatever its order.
package oathcsv
