// Package export writes the auditor's inventory as workbook, CSV, JSON and ZIP, with
// or without people's names, and compares it with an earlier one. Every form of the
// same tokens carries the same hash, which is that of the canonical CSV of the
// inventory; reading an export back computes it again.
package export

import (
	"io"

	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/trail"
)

// Reader is what an export needs of a store.
type Reader = report.Reader

// Export says who makes an export, when and of what. The same store and the same
// Export give the same file.
type Export struct {
	report.Origin
	Filter report.Filter
	// Pseudonyms is the key under which accounts are replaced by pseudonyms; nil:
	// they are shown.
	Pseudonyms []byte
	// Joinable tells that the key of pseudonyms is used for other exports too.
	Joinable bool
	// Compare is the earlier inventory; nil: nothing is compared.
	Compare *Baseline
}

// Totals is what an export came to: the same for all forms of the same tokens.
type Totals struct {
	Rows   int
	SHA256 string // of the canonical CSV, hex
	Head   trail.Head

	Changes *Changed // nil: nothing was compared
}

// A Writer writes one form of an export.
type Writer func(io.Writer, Reader, Export) (Totals, error)

// Selected is the filter in words, without an account's name where names are
// replaced, and what it is compared with.
func (e Export) Selected() string {
	f := e.Filter
	f.Account = e.pseudonym(f.Account)
	if e.Compare == nil {
		return f.String()
	}
	return f.String() + comparedWith + e.Compare.Words
}

func (e Export) options(title string) sheet.Options { return e.Origin.Options(title) }
