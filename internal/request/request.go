package request

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// State is what became of a request.
type State string

// The states of a request. Approved is the only one in which it can be carried out.
const (
	Waiting   State = "waiting"
	Approved  State = "approved"
	Denied    State = "denied"
	Withdrawn State = "withdrawn"
	Done      State = "done"
	Ended     State = "ended" // by itself: nobody decided in time, or nobody carried it out
)

// Request is a request as its events tell it.
type Request struct {
	Number   int             `json:"request"`
	State    State           `json:"state"`
	Command  token.Command   `json:"command"`
	Effect   string          `json:"effect"`
	What     []string        `json:"arguments"`
	Files    []File          `json:"files"`
	Tokens   []token.Serial  `json:"tokens"`
	Account  token.Account   `json:"account"` // whom it is about
	Reason   string          `json:"reason"`
	Ticket   string          `json:"ticket"`
	Proof    string          `json:"proof"` // how the person was identified
	By       string          `json:"by"`
	Asked    time.Time       `json:"asked_at"`
	Ends     time.Time       `json:"ends_at"`
	Approver *token.Operator `json:"-"` // nil: nobody decided yet
	Decider  *string         `json:"decided_by"`
	Decided  *time.Time      `json:"decided_at"`
	Denial   string          `json:"denied_because"`
	Consent  string          `json:"approved_because"`
	Event    int64           `json:"done_by_event"` // 0: it was not carried out
	Void     bool            `json:"void"`          // it waits or was approved, and a token that it is about has changed since

	Line    []string `json:"-"` // how the front end was called
	by      token.Operator
	content content
	row     trail.RequestRow
}

// IsLive reports whether a request waits, or was approved and not carried out yet.
func (q Request) IsLive() bool { return q.State == Waiting || q.State == Approved }

// EndedAt reports whether a request that nobody ended is too old.
func (q Request) EndedAt(now time.Time) bool { return now.After(q.Ends) }

// Read reads a request from the events about it.
func Read(r Reader, number int) (q Request, err error) {
	row, err := r.RequestRow(number)
	if err != nil {
		return q, err
	}
	made, texts, err := eventOf(r, number, row.Made, token.CmdRequest)
	if err != nil {
		return q, err
	}
	d, err := trail.RequestDetailOf(&made)
	if err != nil {
		return q, contradiction(number)
	}
	q = Request{Number: number, State: Waiting, Command: d.For, By: made.Operator.String(), Asked: made.Time.UTC(), Ends: d.Ends.UTC(),
		What: []string{}, Files: []File{}, Tokens: []token.Serial{}, by: made.Operator, row: row}
	if text, ok := texts[trail.TextRequest]; ok { // else a person had the right to have it erased
		if err := json.Unmarshal([]byte(text), &q.content); err != nil || q.content.By != d.For {
			return q, contradiction(number)
		}
		c := q.content
		q.Effect, q.Line = c.Effect, c.Line
		q.What, q.Files, q.Tokens = append(q.What, c.What...), append(q.Files, c.Files...), append(q.Tokens, c.Touches...)
		q.Account, q.Reason, q.Ticket, q.Proof = c.Said.Account, c.Said.Reason, c.Said.Ticket, c.Said.Proof
	}
	if row.Decided != 0 {
		if err := q.decided(r, row.Decided); err != nil {
			return q, err
		}
	}
	if row.Ended != 0 && q.State != Denied {
		return q, q.ended(r, row.Ended)
	}
	return q, nil
}

// Misfits is the error of an approved request whose command would do something else now.
func (q Request) Misfits(n *Needed) *fault.Error {
	return fault.Errorf(fault.NotAllowed, "request %d does not fit any more: %s; nothing was changed", q.Number, q.Differs(n)).
		WithHint("%s, and ask anew with the whole command", fault.Do(token.CmdRequestWithdraw, q.Number))
}

// Differs says in what a command differs from what was asked for.
func (q Request) Differs(n *Needed) string {
	var words []string
	nameOf := func(argument string) string { name, _, _ := strings.Cut(argument, "="); return name }
	without := func(all, others []string) []string { // ids say nothing to a person
		return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return nameOf(s) == "ids" || slices.Contains(others, s) })
	}
	added := without(n.Order.What, q.What)
	for _, was := range without(q.What, n.Order.What) {
		i := slices.IndexFunc(added, func(s string) bool { return nameOf(s) == nameOf(was) })
		if i < 0 {
			words = append(words, fmt.Sprintf("it was for %s, and now it is not", was))
			continue
		}
		words = append(words, fmt.Sprintf("it was for %s, and now it is %s", was, added[i]))
		added = slices.Delete(added, i, i+1)
	}
	for _, now := range added {
		words = append(words, fmt.Sprintf("it was not for %s, and now it is", now))
	}
	for _, f := range n.Order.Files {
		if !slices.Contains(q.Files, f) {
			words = append(words, fmt.Sprintf("%s is not the file that it was", f.Name))
		}
	}
	missing := func(from, of []token.Serial, format string) {
		left := slices.DeleteFunc(slices.Clone(from), func(s token.Serial) bool { return slices.Contains(of, s) })
		if len(left) > 0 {
			words = append(words, fmt.Sprintf(format, token.Join(left[:min(len(left), mostTold)], ", "), len(left)))
		}
	}
	missing(n.Order.Touches, q.Tokens, "tokens that came in: %s (%d)")
	missing(q.Tokens, n.Order.Touches, "tokens that are out: %s (%d)")
	now := saidOf(n.Words).typed()
	for i, f := range q.content.Said.typed() {
		if f != now[i] {
			words = append(words, fmt.Sprintf("the %s was %q, and now it is %q", f.name, f.text, now[i].text))
		}
	}
	if len(words) == 0 {
		words = append(words, "what it is about has changed")
	}
	return strings.Join(words, "; ")
}

// mostTold is how many tokens a person is told of a difference.
const mostTold = 5

// Typed is what has to be said again so that it counts as what was asked for, by the
// names of the fields.
func (q Request) Typed() map[string]string {
	all := map[string]string{}
	for _, f := range q.content.Said.typed() {
		all[f.name] = f.text
	}
	for _, what := range q.What {
		name, value, _ := strings.Cut(what, "=")
		switch name {
		case "deep", "new-account":
			all[name] = "1"
		case "serial":
			all["other"] = value
		case "to":
			all["where"], all["gone"] = value, value
		case "location":
			all["to-location"] = value
		}
	}
	return all
}

// FirstAbout returns the number of the event of the oldest request about a file; 0: none.
func FirstAbout(r Reader, sha256 string) (seq int64, err error) {
	all, err := r.RequestNumbers(true)
	for i := 0; err == nil && i < len(all); i++ { // the newest first
		var q Request
		if q, err = Read(r, all[i]); slices.ContainsFunc(q.Files, func(f File) bool { return f.SHA256 == sha256 }) {
			seq = q.row.Made
		}
	}
	return seq, err
}

func (q *Request) decided(r Reader, seq int64) error {
	e, texts, err := eventOf(r, q.Number, seq, token.CmdRequestApprove, token.CmdRequestDeny)
	if err != nil {
		return err
	}
	if e.Operator.SamePerson(q.by) {
		return contradiction(q.Number)
	}
	at, name, why := e.Time.UTC(), e.Operator.String(), texts[trail.TextReason]
	q.Approver, q.Decider, q.Decided, q.State, q.Consent = &e.Operator, &name, &at, Approved, why
	if e.Command == token.CmdRequestDeny {
		q.State, q.Denial, q.Consent = Denied, why, ""
	}
	return nil
}

func (q *Request) ended(r Reader, seq int64) error {
	e, _, err := eventOf(r, q.Number, seq, token.CmdRequestWithdraw, q.Command)
	if err != nil {
		return err
	}
	if q.State = Withdrawn; e.Request != 0 {
		q.State, q.Event = Done, seq
	}
	return nil
}

// eventOf reads an event that is about a request, by one of some commands.
func eventOf(r Reader, number int, seq int64, by ...token.Command) (e trail.Event, texts map[string]string, err error) {
	s, err := r.EventAt(seq)
	if err != nil {
		return e, nil, err
	}
	if e, err = trail.Parse(s.Entry); err != nil {
		return e, nil, contradiction(number)
	}
	n, err := e.RequestNumber()
	if err != nil || n != number || e.Seq != seq {
		return e, nil, contradiction(number)
	}
	is := false
	for _, c := range by {
		is = is || c == e.Command
	}
	if !is {
		return e, nil, contradiction(number)
	}
	texts = map[string]string{}
	for _, t := range s.Texts {
		if t.Digest() != e.Texts[t.Field] {
			return e, nil, contradiction(number)
		}
		texts[t.Field] = t.Text
	}
	return e, texts, nil
}

func contradiction(number int) error {
	return fault.Errorf(fault.Integrity, "what the store has of request %d is not what the trail says", number).
		WithHint("%s tells more", fault.Do("audit verify"))
}

func object(number int) trail.Object {
	return trail.Object{Kind: trail.KindRequest, ID: strconv.Itoa(number)}
}

// String names a request with what it would do.
func (q Request) String() string {
	if q.Effect == "" {
		return fmt.Sprintf("request %d (%s)", q.Number, q.Command)
	}
	return fmt.Sprintf("request %d (%s)", q.Number, q.Effect)
}
