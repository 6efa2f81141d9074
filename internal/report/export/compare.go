package export

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/past"
	"fob/internal/report/sheet"
	"fob/internal/token"
)

// ChangeKind is what became of a token between two inventories.
type ChangeKind string

// The kinds of changes.
const (
	Added   ChangeKind = "added"   // its serial was not there before
	Removed ChangeKind = "removed" // its serial is not there any more
	Altered ChangeKind = "changed" // a column differs
)

// Change is one difference between two inventories. Before and After are spelt as
// the canonical CSV spells them, null where nothing was known. Event is the last one
// that made it so, null where the trail does not tell.
type Change struct {
	Serial   token.Serial `json:"serial"`
	Batch    int          `json:"batch"`
	Change   ChangeKind   `json:"change"`
	Column   string       `json:"column"` // its name in JSON and CSV; of one that came or went: state
	Before   *string      `json:"before"`
	After    *string      `json:"after"`
	Event    *int64       `json:"event"`
	At       *time.Time   `json:"at"`
	Operator *string      `json:"operator"`
	Command  *string      `json:"command"`

	before, after sheet.Value // for cells
}

// Changed counts what differs.
type Changed struct {
	Added   int            `json:"added"` // tokens
	Removed int            `json:"removed"`
	Changed int            `json:"changed"`
	Rows    int            `json:"rows"`
	Columns map[string]int `json:"columns"` // of changed tokens: how many differ in each
	SHA256  string         `json:"sha256"`  // of the rows as canonical CSV, hex
}

// Baseline is the inventory of before that another one is compared with.
type Baseline struct {
	Words string // what it is, for people

	columns []sheet.Column[report.Token]
	rows    iter.Seq2[was, error] // in the order of serials
	since   int64                 // the trail's events that it knows; -1: it does not say
	head    string                // the hash of the last of them, hex; empty: not told
	hidden  bool                  // its accounts are pseudonyms already
}

// was is a token of before: as the trail tells it, or as a row of a file.
type was struct {
	key   string
	token report.Token
	line  []byte // nil: token is whole
}

// BaselineAt is what a store held at an instant; now is the store as it is.
func BaselineAt(now Reader, at time.Time) (*Baseline, error) {
	then, err := past.AsOf(now, at)
	if err != nil {
		return nil, err
	}
	head, err := then.Head()
	if err != nil {
		return nil, err
	}
	rows := report.Mapped(then.Tokens(report.Filter{}), func(t report.Token) (was, bool, error) { return was{key: t.Serial.Key(), token: t}, true, nil })
	return &Baseline{Words: report.AsOfWords(at), columns: columns, rows: rows, since: head.Seq, head: head.Hash.String()}, nil
}

// Baseline is what a file held, for an export of a store: of the same store, of the
// same tokens or of all, and with accounts that can be compared.
func (x *OldExport) Baseline(now Reader, e Export) (*Baseline, error) {
	b := &Baseline{columns: x.columns, rows: x.each, since: -1, head: x.facts["head"], hidden: x.hidden}
	if n, err := strconv.ParseInt(x.facts["events"], 10, 64); err == nil {
		b.since = n
	}
	b.Words = x.words()
	for _, check := range []func(Reader, Export) error{x.ofThisStore, x.ofTheseTokens, x.ofTheseNames} {
		if err := check(now, e); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (x *OldExport) words() string {
	text := fmt.Sprintf("%s (%d rows", x.name, x.rows)
	if made := x.facts["made_at"]; made != "" {
		text += ", made at " + made
	}
	if selected := x.facts["selected"]; selected == "" {
		text += ", it does not tell what was selected"
	} else if !strings.HasPrefix(selected, report.Filter{}.String()) || strings.Contains(selected, " as of ") {
		text += ", " + selected
	}
	return text + ")"
}

// ofThisStore tells by the store's id, or else by the batches that the rows name.
func (x *OldExport) ofThisStore(now Reader, _ Export) error {
	id, err := now.StoreID()
	if err != nil {
		return err
	}
	if said := x.facts["store"]; said != "" && said != id {
		return fault.Errorf(fault.Refused, "%s is of the store %s, and this one is %s", x.name, said, id).WithHint("%s names the store", fault.DB)
	}
	batches, err := now.BatchFiles()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, b := range batches {
		known[b.ID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(x.batches)) {
		if !known[id] {
			return fault.Errorf(fault.Refused, "%s is of another store: its token %s came with batch %s, which this store never had", x.name, x.batches[id], id).
				WithHint("%s names the store", fault.DB)
		}
	}
	return nil
}

// ofTheseTokens refuses a file of other tokens than those that are asked for: what
// is not in it would count as added.
func (x *OldExport) ofTheseTokens(_ Reader, e Export) error {
	e.Filter.AsOf, e.Compare = time.Time{}, nil
	said, asked := x.facts["selected"], e.Selected()
	for _, selected := range []string{asked, report.Filter{}.String()} {
		rest, same := strings.CutPrefix(said, selected)
		if same && (rest == "" || strings.HasPrefix(rest, " as of ") || strings.HasPrefix(rest, comparedWith)) {
			return nil
		}
	}
	if said == "" {
		return nil
	}
	return fault.Errorf(fault.Refused, "%s has %s, and this is of %s", x.name, said, asked).
		WithHint("give the flags that select as the file was made with, or compare with one of all tokens")
}

func (x *OldExport) ofTheseNames(_ Reader, e Export) error {
	if !x.hidden || e.Pseudonyms != nil && e.Joinable {
		return nil
	}
	return fault.Errorf(fault.Refused, "%s has pseudonyms for accounts: they can be compared only under the key that made them", x.name).
		WithHint("add %s and %s with the key that it was made with, or compare with another file or a day", fault.Pseudonymise, fault.PseudonymKey.Is("FILE"))
}
