// Package entra reads the family entra: the CSV that Microsoft Entra ID takes
// for hardware OATH tokens, and what Token2 and Deepnet deliver for it. A first
// row of column names is part of the format,
//
//	upn, serial number, secret key, time interval, manufacturer, model
//
// in any order and any case; upn may be missing, and empty for a token that
// nobody has yet. The secret is base32; the tokens are TOTP with 6 digits and an
// interval of 30 or 60 s. The CSV means SHA-1. Entra's Graph API also knows
// SHA-256, so the hash is a default and no more: whether the operator has to say
// it is for the import to decide, by the length of the seed.
package entra
