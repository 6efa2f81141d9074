package stocktake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
)

// Scan is one label that was read.
type Scan struct {
	Line    int
	Reading token.Reading
	Cut     bool // nothing ended it: the scanning may have been interrupted
}

// Finding is what is not as the records say.
type Finding string

// The findings. A label whose token is where it must be is Right, one that was read
// already is Again.
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

	wording  fault.Wording
	left     bool           // the account is not on the list of people any more
	mayBe    []token.Serial // of a label that may be one of several
	near     []token.Serial // of a label that is unknown: missing tokens whose label it may be
	scan     *Found         // of a missing token: the label that may be its own
	cut      bool
	atBefore bool // it was scanned already
}

// Todo says in the front end's words what to do about it; a million findings would
// be too many to hold with their sentences.
func (f *Found) Todo() string {
	account := ""
	if f.Account != nil {
		account = *f.Account
	}
	text := func() fault.Text {
		switch {
		case f.Finding == Right, f.atBefore && f.Serial != "":
			return fault.Text{}
		case f.cut:
			return fault.Textf("the file ends within this line: was the scanning interrupted?")
		case len(f.mayBe) > 0:
			return fault.Textf("it may be %s: type the serial as it is printed", token.Join(f.mayBe, " or "))
		case len(f.near) > 0:
			names := token.Texts(f.near)
			why := "is the label read right?"
			if strings.HasSuffix(strings.TrimLeft(names[0], "0"), strings.TrimLeft(f.Scanned, "0")) && len(names[0]) > len(f.Scanned) {
				why = "does the reader, or a spreadsheet, drop zeros?"
			}
			return fault.Textf("near it: %s, missing here: %s", strings.Join(names, " or "), why)
		case f.Serial == "":
			return fault.Textf("not a token of this store: another supplier's, or a label that is damaged?")
		case f.Finding == Missing && f.scan != nil:
			return fault.Textf("the label in line %d may be its own (%s): look at that one first", f.scan.Line, f.scan.Scanned)
		case f.Finding == Missing:
			return fault.Textf("look again, elsewhere too; if nobody has it: %s", fault.Do("lost", f.Serial))
		case f.Finding == Misplaced && f.Location == nil:
			return fault.Textf("its place was never recorded: %s does", fault.Post)
		case f.Finding == Misplaced:
			return fault.Textf("move it in the records (%s), or carry it back to %s", fault.Post, *f.Location)
		case f.State == token.Lost:
			return fault.Textf("it turned up: %s", fault.Do("found", f.Serial))
		case f.State == token.Retired:
			return fault.Textf("its life is over: dispose of it")
		case f.State == token.Assigned && f.left:
			return fault.Textf("%s left: do not send it; %s", account, fault.Do("unassign", f.Serial))
		case f.State == token.Assigned:
			return fault.Textf("not sent, or come back? Send it to %s, or %s", account, fault.Do("unassign", f.Serial))
		case f.left:
			account += ", who left"
		}
		return fault.Textf("it counts as held by %s: did it come back? %s", account, fault.Do("unbind", f.Serial, fault.Returned))
	}()
	return text.In(f.wording)
}

// MarshalJSON adds what to do.
func (f *Found) MarshalJSON() ([]byte, error) {
	type bare Found
	return json.Marshal(struct {
		*bare
		Todo string `json:"todo"`
	}{(*bare)(f), f.Todo()})
}

// Result is the outcome. Its JSON names are kept for good.
type Result struct {
	Location   string   `json:"location"`
	Scanned    int      `json:"scanned"`  // different tokens and unknown labels
	Expected   int      `json:"expected"` // tokens that must be here
	Missing    []string `json:"missing"`
	Unexpected []string `json:"unexpected"`
	Misplaced  []string `json:"misplaced"`
	Unknown    []string `json:"unknown"` // as scanned
	Repeated   int      `json:"repeated"`
	Findings   []*Found `json:"findings"` // the most urgent first
	Notes      []string `json:"notes"`
	Moved      []string `json:"moved"` // posted
}

// Count is a stocktake under way.
type Count struct {
	location string
	wording  fault.Wording
	tokens   map[int64]bool
	labels   map[string]bool // that are unknown
	found    []*Found
	repeated int
	checked  int    // labels that carried a check digit
	cut      string // the last label, when nothing ended it and it is unknown
}

// NewCount begins one; what to do is said in the front end's words.
func NewCount(location string, w fault.Wording) *Count {
	return &Count{location: location, wording: w, tokens: map[int64]bool{}, labels: map[string]bool{}}
}

// Add takes labels in their order and answers each.
func (c *Count) Add(r report.ShelfReader, scans []Scan) ([]*Found, error) {
	known, err := readShelf(r, scans)
	if err != nil {
		return nil, err
	}
	answers := make([]*Found, len(scans))
	for i, s := range scans {
		answers[i] = c.answer(s, known)
	}
	return answers, nil
}

// shelf are the tokens that labels may stand for, by key and by key without dashes.
type shelf map[string][]report.Shelved

// readShelf looks up what the labels say first; only for those that are not here as
// they were read, what else they may say.
func readShelf(r report.ShelfReader, scans []Scan) (shelf, error) {
	known := shelf{}
	for tier := range 3 {
		var keys []string
		for _, s := range scans {
			if tier >= len(s.Reading.As) {
				continue
			}
			if found, _ := known.find(s.Reading.As[:tier]); len(found) > 0 {
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
			for _, key := range []string{t.Serial.Key(), t.Serial.Bare()} {
				known[key] = withToken(known[key], t)
			}
		}
	}
	return known, nil
}

// withToken adds a token that is not among the others.
func withToken(all []report.Shelved, t report.Shelved) []report.Shelved {
	if slices.ContainsFunc(all, func(o report.Shelved) bool { return o.ID == t.ID }) {
		return all
	}
	return append(all, t)
}

// find returns the tokens of the first tier that has any, and which tier that is. A
// serial that is here as it was read is that token, whatever dashes others have.
func (s shelf) find(tiers [][]token.Serial) (found []report.Shelved, tier int) {
	for tier, serials := range tiers {
		for _, serial := range serials {
			for _, t := range s[serial.Key()] {
				if t.Serial.Key() == serial.Key() && tier == 0 {
					return []report.Shelved{t}, tier
				}
				found = withToken(found, t)
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

// answer says what it means that a label lies here.
func (c *Count) answer(s Scan, known shelf) *Found {
	fits, tier := known.find(s.Reading.As)
	f := &Found{Finding: Unknown, wording: c.wording}
	if len(fits) == 1 {
		t := fits[0]
		f = c.about(t)
		switch {
		case t.State != token.InStock && t.State != token.Quarantined:
			f.Finding = Unexpected
		case !token.LocationWithin(token.LocationKey(t.Location), token.LocationKey(c.location)):
			f.Finding = Misplaced
		}
		f.atBefore, c.tokens[t.ID] = c.tokens[t.ID], true
		if tier == tierCheck && !f.atBefore {
			c.checked++
		}
	} else {
		for _, t := range fits {
			f.mayBe = append(f.mayBe, t.Serial)
		}
		key := strings.ToUpper(s.Reading.Text)
		f.atBefore, c.labels[key] = c.labels[key], true
		if s.Cut && !f.atBefore {
			f.cut, c.cut = true, s.Reading.Text
		}
	}
	f.Line, f.Scanned = s.Line, s.Reading.Text
	if f.atBefore {
		c.repeated++
		f.Finding = Again
	} else if f.Finding != Right {
		c.found = append(c.found, f)
	}
	return f
}

func (c *Count) about(t report.Shelved) *Found {
	return &Found{Finding: Right, Serial: t.Serial, State: t.State, Account: report.NonZero(t.Account), Location: report.NonZero(t.Location), left: t.Left, wording: c.wording}
}

// Finish compares what was scanned with what must be here.
func (c *Count) Finish(r report.ShelfReader) (*Result, error) {
	s := &Result{Location: c.location, Scanned: len(c.tokens) + len(c.labels), Repeated: c.repeated, Findings: append([]*Found{}, c.found...),
		Missing: []string{}, Unexpected: []string{}, Misplaced: []string{}, Unknown: []string{}, Notes: []string{}, Moved: []string{}}
	for t, err := range r.ShelvedAt(c.location) {
		if err != nil {
			return nil, err
		}
		if s.Expected++; !c.tokens[t.ID] {
			f := c.about(t)
			f.Finding = Missing
			s.Findings = append(s.Findings, f)
		}
	}
	nameNear(s.Findings)
	slices.SortStableFunc(s.Findings, func(a, b *Found) int { return cmp.Compare(a.urgency(), b.urgency()) })
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

// The most labels that are compared with what is missing, and the most that one is said
// to be near to: where more are unknown it is another's box.
const (
	maxNearLabels = 1000
	maxNear       = 3
)

// nameNear finds for unknown labels the missing tokens that they may be: the same but
// for zeros in front or what a spreadsheet put behind, else one typing error away, as the
// desk finds a serial that was typed.
func nameNear(all []*Found) {
	missing, bare := map[string]*Found{}, map[string]*Found{}
	for _, f := range all {
		if f.Finding == Missing {
			missing[f.Serial.Key()], missing[f.Serial.Bare()] = f, f
			bare[strings.TrimLeft(f.Serial.Bare(), "0")] = f
		}
	}
	labels := 0
	for _, f := range all {
		if f.Finding != Unknown || f.Scanned == "" || len(f.mayBe) > 0 || len(missing) == 0 {
			continue
		}
		if labels++; labels > maxNearLabels {
			return
		}
		label := token.Serial(strings.TrimSuffix(f.Scanned, ".0"))
		near := func(m *Found) {
			if m != nil && len(f.near) < maxNear && !slices.Contains(f.near, m.Serial) {
				f.near = append(f.near, m.Serial)
				m.scan = f
			}
		}
		near(missing[label.Bare()])
		if near(bare[strings.TrimLeft(label.Bare(), "0")]); len(f.near) > 0 {
			continue
		}
		for _, key := range label.TypingErrors() {
			near(missing[key])
		}
	}
}

// urgency orders findings: first what somebody may still log in with, and what was
// searched for.
func (f *Found) urgency() int {
	if f.Finding != Unexpected {
		return 4 + slices.Index([]Finding{Misplaced, Unknown, Missing}, f.Finding)
	}
	if n := slices.Index([]token.State{token.Bound, token.Suspended, token.Lost}, f.State); n >= 0 {
		return n
	}
	return 3
}

// ToPost are the serials that a posting moves here: all that are here and that the
// records have elsewhere. Where a lost or retired token lies does not count.
func (s *Result) ToPost() (all []token.Serial) {
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

func (s *Result) sheet() sheet.Sheet {
	type row = *Found
	return sheet.New("Findings", "", "", []sheet.Column[row]{
		sheet.Col("finding", "Finding", 12, "", func(f *row) Finding { return (*f).Finding }),
		sheet.Col("serial", "Serial", 18, "", func(f *row) token.Serial { return (*f).Serial }),
		sheet.Col("scanned_as", "Scanned as", 24, "", func(f *row) string { return (*f).Scanned }),
		sheet.Col("line", "Line", 8, "", func(f *row) *int { return report.NonZero((*f).Line) }),
		sheet.Col("state", "State", 12, "", func(f *row) token.State { return (*f).State }),
		sheet.Col("account", "Account", 28, "", func(f *row) *string { return (*f).Account }),
		sheet.Col("location", "Recorded at", 24, "", func(f *row) *string { return (*f).Location }),
		sheet.Col("todo", "What to do", 60, "", func(f *row) string { return (*f).Todo() }),
	}, report.Rows(s.Findings))
}

// WriteCSV writes the findings as CSV, as strict as an export and as safe
// against formulas.
func WriteCSV(w io.Writer, s *Result) error { return sheet.WriteCSV(w, s.sheet()) }

// WriteWorkbook writes a stocktake as a workbook: Summary, and Findings as
// a table that can be filtered.
func WriteWorkbook(w io.Writer, s *Result, o report.Origin) error {
	return sheet.WriteBook(w, o.Options("Stocktake"), func(b *sheet.Book) error {
		if err := b.Add(s.sheet()); err != nil {
			return err
		}
		p := b.Summary(26, 40)
		p.Heading("Stocktake")
		p.Skip()
		p.Fact("Location", sheet.TextOf(s.Location))
		p.Fact("Made at (UTC)", sheet.TimeOf(o.Made))
		p.Fact("Made by", sheet.TextOf(o.By.String()))
		p.Fact("fob version", sheet.TextOf(o.Version))
		p.Skip()
		for _, c := range []struct {
			label string
			n     int
		}{{"Scanned", s.Scanned}, {"Expected", s.Expected}, {"Missing", len(s.Missing)}, {"Unexpected", len(s.Unexpected)},
			{"Misplaced", len(s.Misplaced)}, {"Unknown", len(s.Unknown)}, {"Scanned twice", s.Repeated}, {"Posted as moves", len(s.Moved)}} {
			p.Fact(c.label, sheet.IntOf(c.n))
		}
		for _, n := range s.Notes {
			p.Fact("Note", sheet.TextOf(n))
		}
		return p.Err
	})
}
