package report

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"fob/internal/token"
)

// A stocktake holds the labels that somebody scanned at a place against the
// records. It changes nothing.

// Scan is one label that was read.
type Scan struct {
	Line    int
	Reading token.Reading
	Cut     bool // nothing ended it: the scanning may have been interrupted
}

// Shelved is a token as far as a stocktake looks at it.
type Shelved struct {
	ID       int64
	Serial   token.Serial
	State    token.State
	Account  string
	Location string // as recorded; empty: nowhere
	Left     bool   // the account is not on the list of people any more
}

// ShelfReader is what a stocktake asks of a store.
type ShelfReader interface {
	// Scanned finds the tokens that have one of these serial keys; for a key that
	// none has, those that have it but for their dashes.
	Scanned(keys []string) ([]Shelved, error)
	// ShelvedAt streams the tokens that must lie at a place or below it: those in
	// stock and quarantined.
	ShelvedAt(location string) iter.Seq2[Shelved, error]
}

// Finding is what is not as the records say.
type Finding string

// The findings. A label whose token is where it must be is Right, one that was read
// before is Again.
const (
	Right      Finding = "right"
	Again      Finding = "again"
	Missing    Finding = "missing"    // must be here, and was not scanned
	Unexpected Finding = "unexpected" // here, in a state in which no token lies in a drawer
	Misplaced  Finding = "misplaced"  // in stock or quarantined, but recorded elsewhere
	Unknown    Finding = "unknown"    // no token has this serial, or several may
)

// Found is one token or label with its finding.
type Found struct {
	Finding  Finding      `json:"finding"`
	Serial   token.Serial `json:"serial"` // empty: unknown
	Scanned  string       `json:"scanned_as"`
	Line     int          `json:"line"` // 0: not scanned
	State    token.State  `json:"state"`
	Account  *string      `json:"account"`
	Location *string      `json:"location"` // as recorded
	Todo     string       `json:"todo"`
}

// Stocktake is the outcome, with the JSON names of the design.
type Stocktake struct {
	Location   string   `json:"location"`
	Scanned    int      `json:"scanned"`  // different tokens and unknown labels
	Expected   int      `json:"expected"` // tokens that must be here
	Missing    []string `json:"missing"`
	Unexpected []string `json:"unexpected"`
	Misplaced  []string `json:"misplaced"`
	Unknown    []string `json:"unknown"` // as scanned
	Repeated   int      `json:"repeated"`
	Findings   []Found  `json:"findings"` // the most urgent first
	Notes      []string `json:"notes"`
	Moved      []string `json:"moved"` // posted
}

// Count is a stocktake under way.
type Count struct {
	location string
	key      string
	tokens   map[int64]bool
	labels   map[string]bool // that are unknown
	found    []Found
	repeated int
	checked  int    // labels that carried a check digit
	cut      string // the last label, when nothing ended it and it is unknown
}

// NewCount begins one.
func NewCount(location string) *Count {
	return &Count{location: location, key: token.LocationKey(location), tokens: map[int64]bool{}, labels: map[string]bool{}}
}

// Add takes labels in their order and answers each.
func (c *Count) Add(r ShelfReader, scans []Scan) ([]Found, error) {
	shelf, err := readShelf(r, scans)
	if err != nil {
		return nil, err
	}
	answers := make([]Found, len(scans))
	for i, s := range scans {
		answers[i] = c.answer(s, shelf)
	}
	return answers, nil
}

// shelf are the tokens that labels may stand for, by key and by key without dashes.
type shelf map[string][]Shelved

// readShelf looks up what the labels say first; only for those that are not here as
// they were read, what else they may say.
func readShelf(r ShelfReader, scans []Scan) (shelf, error) {
	found := shelf{}
	for tier := range 3 {
		keys := make([]string, 0, len(scans))
		for _, s := range scans {
			if tier >= len(s.Reading.As) || found.has(s.Reading.As[:tier]) {
				continue
			}
			for _, serial := range s.Reading.As[tier] {
				keys = append(keys, serial.Key())
			}
		}
		all, err := r.Scanned(keys)
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			found.put(t.Serial.Key(), t)
			if bare := t.Serial.Bare(); bare != t.Serial.Key() {
				found.put(bare, t)
			}
		}
	}
	return found, nil
}

func (s shelf) put(key string, t Shelved) {
	if !slices.ContainsFunc(s[key], func(o Shelved) bool { return o.ID == t.ID }) {
		s[key] = append(s[key], t)
	}
}

func (s shelf) has(tiers [][]token.Serial) bool {
	found, _ := s.find(tiers)
	return len(found) > 0
}

// find gives the tokens of the first tier that has any, and which tier that is. A
// serial that is here as it was read is that token, whatever dashes others have.
func (s shelf) find(tiers [][]token.Serial) (found []Shelved, tier int) {
	for tier, serials := range tiers {
		for _, serial := range serials {
			for _, t := range s[serial.Key()] {
				if t.Serial.Key() == serial.Key() && tier == 0 {
					return []Shelved{t}, tier
				}
				if !slices.ContainsFunc(found, func(o Shelved) bool { return o.ID == t.ID }) {
					found = append(found, t)
				}
			}
		}
		if len(found) > 0 {
			return found, tier
		}
	}
	return nil, 0
}

// tierCheck is the tier of serials with a check digit behind them.
const tierCheck = 2

func (c *Count) answer(s Scan, shelf shelf) Found {
	fits, tier := shelf.find(s.Reading.As)
	if len(fits) != 1 {
		return c.unknown(s, fits)
	}
	t := fits[0]
	f := c.judge(t)
	f.Line, f.Scanned = s.Line, s.Reading.Text
	if c.tokens[t.ID] {
		c.repeated++
		f.Finding, f.Todo = Again, ""
		return f
	}
	c.tokens[t.ID] = true
	if tier == tierCheck {
		c.checked++
	}
	if f.Finding != Right {
		c.found = append(c.found, f)
	}
	return f
}

func (c *Count) unknown(s Scan, fits []Shelved) Found {
	f := Found{Finding: Unknown, Line: s.Line, Scanned: s.Reading.Text, Todo: "not a token of this store: another supplier's, or a label that is damaged?"}
	if len(fits) > 1 {
		names := make([]string, len(fits))
		for i, t := range fits {
			names[i] = string(t.Serial)
		}
		f.Todo = "it may be " + strings.Join(names, " or ") + ": type the serial as it is printed"
	}
	key := strings.ToUpper(s.Reading.Text)
	if c.labels[key] {
		c.repeated++
		f.Finding = Again
		return f
	}
	c.labels[key] = true
	if s.Cut {
		c.cut = s.Reading.Text
		f.Todo = "the file ends within this line: was the scanning interrupted?"
	}
	c.found = append(c.found, f)
	return f
}

// judge tells what it means that a token lies here.
func (c *Count) judge(t Shelved) Found {
	f := Found{Serial: t.Serial, State: t.State, Account: orNull(t.Account), Location: orNull(t.Location)}
	switch {
	case t.State == token.InStock || t.State == token.Quarantined:
		f.Finding = Right
		if !token.LocationWithin(token.LocationKey(t.Location), c.key) {
			f.Finding, f.Todo = Misplaced, "move it in the records (--post), or carry it back to "+t.Location
			if t.Location == "" {
				f.Todo = "its place was never recorded: --post does"
			}
		}
		return f
	case t.State == token.Lost:
		f.Todo = fmt.Sprintf("it turned up: `fob found %s`", t.Serial)
	case t.State == token.Retired:
		f.Todo = "its life is over: dispose of it"
	case t.State == token.Assigned && t.Left:
		f.Todo = fmt.Sprintf("%s left: do not send it; `fob unassign %s`", t.Account, t.Serial)
	case t.State == token.Assigned:
		f.Todo = fmt.Sprintf("not sent, or come back? Send it to %s, or `fob unassign %s`", t.Account, t.Serial)
	default:
		whose := t.Account
		if t.Left {
			whose += ", who left"
		}
		f.Todo = fmt.Sprintf("it counts as held by %s: did it come back? `fob unbind %s --returned`", whose, t.Serial)
	}
	f.Finding = Unexpected
	return f
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Finish compares what was scanned with what must be here.
func (c *Count) Finish(r ShelfReader) (*Stocktake, error) {
	s := &Stocktake{Location: c.location, Scanned: len(c.tokens) + len(c.labels), Repeated: c.repeated,
		Missing: []string{}, Unexpected: []string{}, Misplaced: []string{}, Unknown: []string{}, Notes: []string{}, Moved: []string{},
		Findings: append([]Found{}, c.found...)}
	for t, err := range r.ShelvedAt(c.location) {
		if err != nil {
			return nil, err
		}
		if s.Expected++; !c.tokens[t.ID] {
			s.Findings = append(s.Findings, Found{Finding: Missing, Serial: t.Serial, State: t.State, Location: orNull(t.Location),
				Todo: fmt.Sprintf("look again, elsewhere too; if nobody has it: `fob lost %s`", t.Serial)})
		}
	}
	slices.SortStableFunc(s.Findings, func(a, b Found) int { return urgency(a) - urgency(b) })
	for _, f := range s.Findings {
		switch f.Finding {
		case Missing:
			s.Missing = append(s.Missing, string(f.Serial))
		case Unexpected:
			s.Unexpected = append(s.Unexpected, string(f.Serial))
		case Misplaced:
			s.Misplaced = append(s.Misplaced, string(f.Serial))
		case Unknown:
			s.Unknown = append(s.Unknown, f.Scanned)
		}
	}
	if c.checked > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("labels with a check digit behind the serial: %d", c.checked))
	}
	if c.cut != "" {
		s.Notes = append(s.Notes, "the file ends within the label "+c.cut+": was the scanning interrupted? What is missing may be what was not scanned")
	}
	return s, nil
}

// urgency orders findings: first what somebody may still log in with, and what was
// searched for.
func urgency(f Found) int {
	switch {
	case f.State == token.Bound && f.Finding == Unexpected:
		return 0
	case f.State == token.Suspended && f.Finding == Unexpected:
		return 1
	case f.State == token.Lost && f.Finding == Unexpected:
		return 2
	case f.Finding == Unexpected:
		return 3
	}
	return 4 + slices.Index([]Finding{Misplaced, Unknown, Missing}, f.Finding)
}

// ToPost are the serials that a posting moves here: all that are here and that the
// records have elsewhere. Where a lost or retired token lies does not count.
func (s *Stocktake) ToPost() (all []token.Serial) {
	here := token.LocationKey(s.Location)
	for _, f := range s.Findings {
		if f.Finding != Misplaced && f.Finding != Unexpected || f.State == token.Lost || f.State == token.Retired {
			continue
		}
		if f.Location == nil || !token.LocationWithin(token.LocationKey(*f.Location), here) {
			all = append(all, f.Serial)
		}
	}
	return all
}
