// Package custody keeps seeds closed: it makes the store key and the
// fingerprint key, wraps them for the custodians, seals and opens seeds, makes
// the fingerprints that find one seed under two serials, and reads and writes
// the key files (age identities and checkpoint.key).
//
// How the keys hang together:
//
//	identity file (age, 0600, outside the database's folder)
//	  └ opens Wrapped, kept in the database, one age file for all custodians
//	      ├ store key ── HKDF-SHA256, salt = store id ── seed key ── AES-256-GCM ── seeds
//	      └ fingerprint key ── HKDF-SHA256, salt = store id ── HMAC-SHA256 ── fingerprints
//
// The store key is replaced by a rotation, under a new key id; the fingerprint
// key never is, because fingerprints outlive their seeds.
//
// There is no check value for a wrapped key, since age authenticates what it
// wraps. One custodian may hold several stores with one identity, so Unwrap
// alone cannot notice the wrapped key of store A in the database of store B.
// The store id does: it is the salt of both derivations and part of the
// associated data of every seed, so with the wrong store's key no seed opens.
// Neither says who wrapped a key: age does not authenticate the sender.
//
// Custody does no SQL, talks to no terminal (a Prompter does, for plugins and
// passphrases) and knows no clock. No error of this package holds key
// material, and none of its types prints any.
//
// What cannot be promised in Go: the runtime may have copied a key while it
// moved a stack, and the age library takes secrets as strings, which nobody
// can overwrite. Keys are therefore kept in byte slices on the heap wherever
// this package has a say, are cleared after use, and HardenProcess keeps what
// remains out of core dumps and from other processes of the same user.
package custody
