package token

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"

	"github.com/google/uuid"
)

// Limits of a seed's length in bytes. RFC 4226 section 4 (R6) demands 128 bits
// and recommends 160; the longest seed met in the field is the 64 bytes of
// SHA-512 tokens.
const (
	MinSeedLen      = 16
	MaxSeedLen      = 64
	MinShortSeedLen = 10 // accepted only when the operator says so
	MaxParsedSeed   = 128
)

const seedMask = "[seed]"

// Seed is a token's secret key. It prints as "[seed]" under every verb, in
// JSON and in logs. The bytes sit behind two pointers because fmt cannot call
// methods on unexported fields: a Seed inside a foreign struct would otherwise
// print its bytes. One pointer is not enough, since fmt follows it for a verb
// that does not fit; behind two it prints an address.
type Seed struct{ held **heldSeed }

type heldSeed struct{ bytes []byte }

// seedCell is both pointers' targets in one piece of memory: an import makes
// millions of seeds.
type seedCell struct {
	to   *heldSeed
	held heldSeed
}

// NewSeed takes ownership of b: the caller must not keep or change it.
func NewSeed(b []byte) Seed {
	c := &seedCell{held: heldSeed{b}}
	c.to = &c.held
	return Seed{&c.to}
}

// Len is the seed's length in bytes, 0 for a seed that was cleared or never set.
func (s Seed) Len() int { return len(s.Bytes()) }

// Bytes hands out the seed itself, not a copy. It is for the few places that
// compute with seeds (otp, custody, provision); it must not be kept.
func (s Seed) Bytes() []byte {
	if s.held == nil {
		return nil
	}
	return (*s.held).bytes
}

// Key is what of the seed counts in HMAC, which pads keys with zeros: seeds that differ
// only in zeros behind them show the same codes. It is a part of Bytes.
func (s Seed) Key() []byte { return bytes.TrimRight(s.Bytes(), "\x00") }

// Clear overwrites the seed with zeros and forgets it.
func (s Seed) Clear() {
	if s.held == nil {
		return
	}
	clear((*s.held).bytes)
	(*s.held).bytes = nil
}

// Equal compares in constant time.
func (s Seed) Equal(o Seed) bool {
	return subtle.ConstantTimeCompare(s.Bytes(), o.Bytes()) == 1
}

// Format prints the mask, whatever the verb.
func (s Seed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, seedMask) }

// String prints the mask.
func (s Seed) String() string { return seedMask }

// MarshalText prints the mask, for JSON, XML and everything built on text.
func (s Seed) MarshalText() ([]byte, error) { return []byte(seedMask), nil }

// LogValue prints the mask.
func (s Seed) LogValue() slog.Value { return slog.StringValue(seedMask) }

// SeedPlace is what the seal of a seed binds it to, beside the store: its token, the
// batch that brought it, and the seed's own fingerprint. So neither another token's
// seed opens in its place, nor an earlier one of the same serial.
type SeedPlace struct {
	Serial      Serial // in whatever case
	Batch       uuid.UUID
	Fingerprint int64
}

// Erasure is what was done, once rows without their seeds were committed, so that
// nothing of the seeds can be read from the store's files any more; and what a search
// of these files found. A server has no files that fob could search.
type Erasure struct {
	Server     bool     `json:"server"`
	LogEmptied bool     `json:"log_emptied"`
	Files      []string `json:"files"` // that were read back, by their names
	Bytes      int64    `json:"bytes"` // of them
	Sought     int      `json:"sought"`
	Found      int      `json:"found"` // of the sought seeds, still to be read, encrypted
}

// Complete reports whether the files were read back, and none of the seeds found.
func (e Erasure) Complete() bool { return !e.Server && e.Found == 0 && len(e.Files) > 0 }
