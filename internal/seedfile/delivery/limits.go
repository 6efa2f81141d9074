package delivery

import "fob/internal/seedfile"

// Limits, each with its reason.
const (
	// MaxDepth bounds layers within layers: an armored OpenPGP message that holds
	// a ZIP that holds a gzip file is three; deeper is a bomb.
	MaxDepth = 5
	// MaxMembers bounds the files of one delivery. A supplier sends one a box or
	// a model; every one of them is a spool with an open file.
	MaxMembers = 100
	// MaxTotal bounds all that a delivery unpacks to: members are seed files, and
	// together they may have what one file may have.
	MaxTotal = seedfile.MaxFileSize
	// MaxRatio bounds how much longer a layer's content may be than the layer.
	// Seeds are random and hardly shrink: PSKC packs 17:1, bombs
	// 1000:1. Only what goes beyond FreeSize is held to it.
	MaxRatio = 100
	FreeSize = 4 << 20
	// MaxDirectory bounds a ZIP's directory in bytes, for MaxMembers names with
	// all their fields a hundred times too large.
	MaxDirectory = 2 << 20
	// MaxKeyFile bounds key and passphrase files in bytes, as custody does for
	// identities: the largest OpenPGP keys with signatures have some 100 kB.
	MaxKeyFile = 1 << 20
	// MaxEnvelopes bounds what an OpenPGP message says of its recipients before
	// its data, in bytes: some 60 post-quantum recipients.
	MaxEnvelopes = 128 << 10
	// maxPasswords bounds the ways to a message by passphrase: each costs up to
	// 0.2 s of hashing for each passphrase that is tried.
	maxPasswords = 8
	// maxArgonMemory bounds Argon2 (RFC 9580 section 3.7.1.4) to 2^18 KiB, 256 MB;
	// the RFC's second recommendation takes 64 MB, its first 2 GiB, which no
	// supplier's tool writes.
	maxArgonMemory = 18
	// maxArgonPasses bounds its time.
	maxArgonPasses = 16
	// maxScrypt bounds age's work factor as custody does: 2^20 takes 1 GiB and
	// some 4 s; age -p writes 2^18.
	maxScrypt = 20
	// MaxOffice bounds an Office document with a password, in bytes, as package
	// rows does for a workbook; its directory is read whole.
	MaxOffice = 64<<20 + 1<<20
	// maxAsked is how often a person is asked for one passphrase.
	maxAsked = 3
)
