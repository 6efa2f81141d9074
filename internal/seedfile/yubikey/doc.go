// Package yubikey reads the logs that the YubiKey Personalization Tool writes of
// the keys it made, in the two formats that have a fixed order: the families
// yubikey (called "traditional" there) and yubico. The third, "flexible", is for
// --columns.
//
// Both hold keys of several kinds, of which fob keeps those for OATH-HOTP. Others
// are refused by name, and one that may be of another kind is left to the
// operator, never guessed. The hash is SHA-1, the only one that a YubiKey has.
package yubikey
