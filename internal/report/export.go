package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// Export says who makes an export, when, of what, and where its temporary
// files may lie. The same store and the same Export give the same file.
type Export struct {
	Made    time.Time
	By      token.Operator
	Host    string
	Version string // of fob
	Filter  Filter
	Random  io.Reader // of the keys of temporary files and of a workbook with a password; CSV and JSON need none
	TempDir string    // for workbooks and archives, which need about 100 bytes a token there; empty: the system's

	// Pseudonyms is the key under which accounts are replaced by pseudonyms; nil:
	// they are shown.
	Pseudonyms []byte
	// Joinable tells that the key of pseudonyms is used for other exports too.
	Joinable bool
	// Password encrypts a workbook as Office does (AES-256); nil: it is not encrypted.
	Password []byte
	// Compare is the inventory of before; nil: nothing is compared.
	Compare *Baseline
}

// Totals is what an export came to: the same for all forms of the same tokens.
type Totals struct {
	Rows   int
	SHA256 string // of the canonical CSV, hex
	Head   trail.Head

	Changes *Changed // nil: nothing was compared
}

// rowsDefinition stands beside the hash in a workbook: an auditor must be able
// to compute it without fob.
const rowsDefinition = "SHA-256 of the .csv export of the same tokens (the sheets Inventory, one after the other, under one header line of " +
	"the field names that sheet Data dictionary lists). UTF-8 without a mark; every field in double quotes, those inside doubled; commas between fields; " +
	"each line ends in CR LF. Times as 2026-11-23T08:00:00Z, whole seconds; drift and rate with at most three decimals; true and false; " +
	"nothing between the quotes where nothing is known; an apostrophe before text that begins with = + - @, their full-width forms, TAB, CR or LF, " +
	"as in the cells."

// walk visits the tokens of one export and keeps what is said of them
// together: how many rows, in which states, and the hash of their canonical
// CSV. All three writers use it, so that all come to the same numbers.
type walk struct {
	hash   hash.Hash
	rows   int
	states map[token.State]int
	places map[string]map[token.State]int
	values []value
	line   []byte
}

func newWalk() *walk {
	k := &walk{
		hash:   sha256.New(),
		states: make(map[token.State]int),
		places: make(map[string]map[token.State]int),
		values: make([]value, len(columns)),
		line:   appendHeader(nil, headsOf(columns)),
	}
	_, _ = k.hash.Write(k.line) // a hash never fails
	return k
}

// each calls visit for every token that the filter selects, when k.values and
// k.line are those of the token. Both are overwritten by the next one.
func (k *walk) each(r Reader, f Filter, visit func(*Token) error) error {
	for t, err := range ahead(r.Tokens(f)) {
		if err != nil {
			return fmt.Errorf("export, reading behind row %d: %w", k.rows, err)
		}
		k.add(&t)
		if err := visit(&t); err != nil {
			return fmt.Errorf("export, row %d, serial %s%s: %w", k.rows, t.Serial, inColumn(err), err)
		}
	}
	return nil
}

// inColumn names the column that an error is about.
func inColumn(err error) string {
	var c columnError
	if !errors.As(err, &c) {
		return ""
	}
	return fmt.Sprintf(", column %q", columns[c.column].title)
}

func (k *walk) add(t *Token) {
	for i := range columns {
		k.values[i] = columns[i].of(t)
	}
	k.line = appendLine(k.line[:0], k.values)
	_, _ = k.hash.Write(k.line)
	k.rows++
	k.states[t.State]++
	k.place(t)
}

func (k *walk) place(t *Token) {
	name := ""
	if t.Location != nil {
		name = *t.Location
	}
	states := k.places[name]
	if states == nil {
		states = map[token.State]int{}
		k.places[name] = states
	}
	states[t.State]++
}

// counts tells the places apart, in an order that is always the same.
func (k *walk) counts() (all []LocationCount) {
	for _, name := range slices.Sorted(maps.Keys(k.places)) {
		for _, state := range token.States() {
			if n := k.places[name][state]; n > 0 {
				all = append(all, LocationCount{Location: name, State: state, Tokens: n})
			}
		}
	}
	return all
}

// sum is the hash of header and rows so far, in hex.
func (k *walk) sum() string { return hex.EncodeToString(k.hash.Sum(nil)) }

func (k *walk) totals(s Summary) Totals { return Totals{Rows: k.rows, SHA256: k.sum(), Head: s.Head} }

// agrees compares an export of everything with the store's own count: a file
// that contradicts itself must not reach an auditor.
func (k *walk) agrees(f Filter, s Summary) error {
	f.AsOf = s.AsOf
	if f != (Filter{AsOf: s.AsOf}) || k.rows == s.Tokens {
		return nil
	}
	return fault.Errorf(fault.Integrity, "the export has %d rows, the store counts %d tokens", k.rows, s.Tokens).
		WithHint("`fob audit verify` tells more")
}
