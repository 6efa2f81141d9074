package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// Told is a token with its story: what somebody wants to know who has it in hand, or
// looks for it, and which its row in the tables does not say.
type Told struct {
	Token
	Cause       *Line   `json:"state_by"`     // the event that brought it into its state; null: its import
	LastAccount *string `json:"last_account"` // of a token that is nobody's: whose it was
	ReplacedBy  *string `json:"replaced_by"`  // and the serial that this account was bound to next
	Theft       *Line   `json:"theft"`        // when it was first said that it was stolen
	Leak        *Line   `json:"leak"`         // when it was first said that others may know its seed
	Exchange    *Line   `json:"exchange"`     // when an import put another seed under its serial
	OfBatch     []Line  `json:"batch_events"` // what was done to its batch as a whole, since its import
	Events      []Line  `json:"events"`       // the last about it, oldest first
	// Verifiers are those that got its seed and make of it something else than it is here.
	Verifiers []token.AtVerifier `json:"verifiers"`
	Older     bool               `json:"-"` // there are more before them
}

// Line is an event in a line.
type Line struct {
	Seq      int64         `json:"event"`
	At       time.Time     `json:"at"`
	Operator string        `json:"operator"`
	Command  token.Command `json:"command"`
	Outcome  trail.Outcome `json:"outcome"`
	Refusal  *string       `json:"refusal"`
	From     string        `json:"from"` // a state; of a move, a place
	To       string        `json:"to"`
	Account  *string       `json:"account"`
	Approver *string       `json:"approver"`
	Reason   *string       `json:"reason"`
	Ticket   *string       `json:"ticket"`
	Note     *string       `json:"note"` // what else it says: see Event.Note
}

func lineOf(e Event) Line {
	from, to := e.Between()
	return Line{Seq: e.Seq, At: e.Time.UTC(), Operator: e.Operator.Name, Command: e.Command, Outcome: e.Outcome, Refusal: NonZero(e.Reason),
		From: from, To: to, Account: e.account(), Approver: e.text(trail.TextApprover), Reason: e.text(trail.TextReason), Ticket: e.text(trail.TextTicket), Note: NonZero(e.Note())}
}

// toldEvents is how many events a story ends with; searched how many are read for it.
const (
	toldEvents = 8
	searched   = 2000
)

// Tell tells the story of a token.
func Tell(r Reader, serial token.Serial) (s Told, err error) {
	s = Told{OfBatch: []Line{}, Events: []Line{}}
	if s.Token, err = r.Find(serial); err != nil {
		return s, err
	}
	var at []token.AtVerifier
	if len(s.ExportedTo) > 0 {
		if at, err = r.AtVerifiers(s.ID); err != nil {
			return s, err
		}
	}
	if err := s.ofBatch(r); err != nil {
		return s, err
	}
	first, err := s.exchanged(r)
	if err != nil {
		return s, err
	}
	if err := s.about(r, first); err != nil {
		return s, err
	}
	if s.Account != nil || s.State == token.InStock {
		s.LastAccount = nil
	}
	s.Verifiers = token.NotAs(token.Account(worded(s.Account)), at)
	return s, s.replaced(r)
}

// replaced finds what the last account was bound to when this token's binding had ended.
// Of a replacement the new one may begin a moment before the old one ends.
func (s *Told) replaced(r Reader) error {
	if s.LastAccount == nil {
		return nil
	}
	a, err := r.Account(token.Account(*s.LastAccount))
	if fault.KindOf(err) == fault.NotFound { // erased
		return nil
	}
	own := slices.IndexFunc(a.Held, func(h HeldToken) bool { return h.Serial == s.Serial && h.Ended != nil })
	if err != nil || own < 0 {
		return err
	}
	for _, h := range slices.Backward(a.Held) {
		if h.Serial != s.Serial && h.Bound != nil && h.Bound.After(a.Held[own].Ended.Add(-time.Second)) {
			s.ReplacedBy = new(string(h.Serial))
			return nil
		}
	}
	return nil
}

// about adds the events about the token. Those about the device before it was burnt anew
// are about another token, those about an earlier life name the device.
// The token's life begins with the import of the first batch.
func (s *Told) about(r Reader, first string) error {
	filter, former := EventFilter{Limit: searched, About: trail.AllAbout(s.Serial.Key())}, s.Serial.IsFormer()
	if former {
		filter.About = append(filter.About, trail.AllAbout(s.Serial.Device().Key())...)
	}
	mine := true // until another token has the serial
	for e, err := range eventsOf(r, filter) {
		if err != nil {
			return err
		}
		if e.Command == token.CmdImport && e.Object.ID == first {
			*s, mine = Told{Token: s.Token, OfBatch: s.OfBatch, Exchange: s.Exchange, Events: []Line{}}, true
		}
		if mine || e.Object.ID == string(s.Serial) {
			err = s.take(e)
		}
		if err != nil {
			return err
		}
		passed, err := passesSerial(e, s.Serial)
		if err != nil {
			return err
		}
		mine = mine && !passed
	}
	return nil
}

// passesSerial reports whether an event gave a token's serial to another, when its device
// was burnt anew.
func passesSerial(e Event, former token.Serial) (bool, error) {
	if e.Command != token.CmdImport || !former.IsFormer() {
		return false, nil
	}
	d, err := detailOf[trail.ImportDetail](e)
	return slices.ContainsFunc(d.Reburnt, func(r trail.Reburnt) bool { return r.Former == former }), err
}

// take adds the next event about the token.
func (s *Told) take(e Event) error {
	line := lineOf(e)
	marks, from, moved, err := told(e, s.Serial)
	if err != nil {
		return err
	}
	if from != "" {
		line.From = string(from)
	}
	if s.Events = append(s.Events, line); len(s.Events) > toldEvents {
		s.Events, s.Older = s.Events[1:], true
	}
	if e.Outcome != trail.Done {
		return nil
	}
	if marks.WasStolen && s.Theft == nil {
		s.Theft = &line
	}
	if marks.Leaked && s.Leak == nil {
		s.Leak = &line
	}
	if moved {
		s.Cause = &line
	}
	if line.Account != nil {
		s.LastAccount = line.Account
	}
	return nil
}

// told is what an event leaves of the marks of a token, and whether it changed its state;
// of one about a batch, from which.
func told(e Event, serial token.Serial) (marks token.Marks, from token.State, moved bool, err error) {
	is := func(other token.Serial) bool { return other.Key() == serial.Key() }
	switch e.Command {
	case token.CmdBatchQuarantine, token.CmdBatchRelease:
		var d trail.SweepDetail
		err = json.Unmarshal(e.Detail, &d)
		for _, m := range d.Moved {
			if slices.ContainsFunc(m.Serials, is) {
				return d.Marks, m.From, true, err
			}
		}
		return d.Marks, e.To, false, err
	}
	if e.Object.Kind != trail.KindToken {
		return marks, "", e.Command == token.CmdImport && !serial.IsFormer(), nil
	}
	d, err := detailOf[trail.TokenDetail](e)
	if d.After != nil {
		marks = d.After.Marks
	}
	return marks, "", e.From != e.To, err
}

// ofBatch adds what was done to the batch. Slices of one change are one line.
func (s *Told) ofBatch(r Reader) error {
	for e, err := range eventsOf(r, EventFilter{About: []string{trail.AboutBatch(s.BatchID), trail.AboutDelivery(s.BatchID)}, Limit: searched}) {
		if err != nil {
			return err
		}
		line := lineOf(e)
		if e.Command == token.CmdImport {
			s.Events = append(s.Events, line)
		}
		if n := len(s.OfBatch); n > 0 && s.OfBatch[n-1].goesOn(line) || e.Command == token.CmdImport || e.Command == token.CmdVirtual {
			continue
		}
		s.OfBatch = append(s.OfBatch, line)
	}
	return nil
}

// exchanged looks whether another seed was put under the token's serial while it lay in
// stock, which one person may do, and returns the batch that the serial came with first.
// What is told begins with that one's import; the later ones follow in their turn.
func (s *Told) exchanged(r Reader) (first string, err error) {
	imports, err := importsWith(r, s.Token)
	if err != nil || len(imports) < 2 {
		return s.BatchID, err
	}
	oldest := imports[len(imports)-1]
	s.Events = []Line{lineOf(oldest)}
	before, err := detailOf[trail.ImportDetail](imports[1])
	line := lineOf(imports[0])
	line.Note = new(fmt.Sprintf("%s, in the place of the seed of batch %d (%s)", worded(line.Note), before.Number, before.File))
	s.Exchange = &line
	return oldest.Object.ID, err
}

func (l Line) goesOn(next Line) bool {
	return l.Command == next.Command && l.Operator == next.Operator && worded(l.Reason) == worded(next.Reason) && worded(l.Ticket) == worded(next.Ticket)
}
