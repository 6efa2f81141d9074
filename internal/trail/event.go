package trail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"fob/internal/fault"
	"fob/internal/token"
)

// Outcome says whether the command did what it was asked to.
type Outcome string

// The outcomes. A refused event changes nothing but, for codes, the failure
// count that it carries.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused"
)

// Object is what an event is about: one token by its serial, one batch by its
// UUID, an account by what stands for it, or the store by its id.
type Object struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// The kinds of objects.
const (
	KindToken = "token"
	KindBatch = "batch"
	KindStore = "store"

	KindAccount = "account"

	KindDelivery = "delivery" // seeds that went to a verifier
	KindRequest  = "request"
	KindVerifier = "verifier" // by its name
	KindLocation = "location" // by its name
)

// Event is one change, or one refused attempt at it, before it is written. The
// JSON of this struct is the body that is hashed; fields may be added behind
// the others, with omitempty, and are never renamed.
type Event struct {
	Seq      int64             `json:"seq"`
	ID       uuid.UUID         `json:"id"`
	Time     Time              `json:"time"`
	Store    uuid.UUID         `json:"store"`
	Operator token.Operator    `json:"operator"`
	Host     string            `json:"host"`
	Command  token.Command     `json:"command"`
	Object   Object            `json:"object"`
	From     token.State       `json:"from,omitempty"`
	To       token.State       `json:"to,omitempty"`
	Outcome  Outcome           `json:"outcome"`
	Reason   string            `json:"reason,omitempty"` // the machine word of a refusal
	Detail   json.RawMessage   `json:"detail,omitempty"`
	Texts    map[string]string `json:"texts,omitempty"`   // field: hex SHA-256 of salt and text
	Request  int               `json:"request,omitempty"` // which one it carries out; its approver approved that
	Last     int64             `json:"last,omitempty"`    // of one about a token: the last event about it since its import
	Facts    string            `json:"facts,omitempty"`   // of one about a token: the digest of its facts
	Drifts   string            `json:"drifts,omitempty"`  // of one about a token: the digest of its measured drifts, with its own

	Beside []Text       `json:"-"` // the texts themselves, of one that is to be written
	Token  *TokenDetail `json:"-"` // the detail of an event about one token, of one that was read
}

// The fields of texts that are hashed with a salt.
const (
	TextAccount  = "account"
	TextReason   = "reason"
	TextTicket   = "ticket"
	TextApprover = "approver"
	TextProof    = "proof"

	TextCondition = "condition" // in which a token came back
	TextSerial    = "serial"    // that somebody typed of whom no token is told
	TextRequest   = "request"   // what a request is for, in the form of package request
)

// SaltLen is the length of a text's salt in bytes.
const SaltLen = 32

// Text is a text beside an event, with the salt that hides it in the event.
type Text struct {
	Field string
	Salt  []byte
	Text  string
}

// Digest is the hex SHA-256 of the salt followed by the text.
func (t Text) Digest() string {
	sum := sha256.Sum256(slices.Concat(t.Salt, []byte(t.Text)))
	return hex.EncodeToString(sum[:])
}

// AddText puts a text beside the event and its salted hash into it. An empty
// text is not recorded.
func (e *Event) AddText(random io.Reader, field, text string) error {
	if text == "" {
		return nil
	}
	salt := make([]byte, SaltLen)
	if _, err := io.ReadFull(random, salt); err != nil {
		return fmt.Errorf("making a salt: %w", err)
	}
	t := Text{field, salt, text}
	if e.Texts == nil {
		e.Texts = map[string]string{}
	}
	e.Texts[field] = t.Digest()
	e.Beside = append(e.Beside, t)
	return nil
}

// SetDetail stores what only this command's events carry.
func (e *Event) SetDetail(v any) error {
	b, err := marshal(v)
	if err != nil {
		return fmt.Errorf("writing the detail of a %s event: %w", e.Command, err)
	}
	e.Detail = b
	return nil
}

// Time is a time in an event: UTC, RFC 3339 with nanoseconds.
type Time struct{ time.Time }

// MarshalJSON writes a fixed width, so that texts sort as times do.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") + `"`), nil
}

// IDs are the tokens of an event that may be about more than it names by their serials:
// of a delivery, and of its end.
func (e *Event) IDs() (all IDRanges, err error) {
	var d struct {
		IDs IDRanges `json:"ids"`
	}
	if e.Command == token.CmdProvision || e.Command == token.CmdVerifierDone {
		if err = json.Unmarshal(e.Detail, &d); err != nil {
			err = fmt.Errorf("event %d: %w", e.Seq, err)
		}
	}
	return d.IDs, err
}

// Serials are the tokens that an event is about: one, or those of a batch that it
// names. Those that an import brought it does not name, unless their serials were others'
// before.
func (e *Event) Serials() (all []token.Serial, err error) {
	switch e.Command {
	case token.CmdImport:
		var d ImportDetail
		err = e.decode(&d)
		for _, r := range d.Replaced {
			all = append(all, r.New.Serial)
		}
		for _, r := range d.Reburnt {
			all = append(all, r.New.Serial, r.Former)
		}
	case token.CmdBatchQuarantine, token.CmdBatchRelease:
		var d SweepDetail
		err = e.decode(&d)
		for _, m := range d.Moved {
			all = append(all, m.Serials...)
		}
		all = append(all, d.Stayed...)
	case token.CmdBatchWithdraw:
		var d WithdrawDetail
		err = e.decode(&d)
		for _, t := range d.Tokens {
			all = append(all, t.Serial)
		}
	case token.CmdBatchCorrect:
		var d CorrectDetail
		err = e.decode(&d)
		for _, s := range d.Spans {
			all = append(all, s.Serials...)
		}
	case token.CmdBatchDestroy:
		var d DestroyDetail
		err = e.decode(&d)
		all = d.Serials
	case token.CmdProvision:
		var d DeliveryDetail
		err = e.decode(&d)
		all = d.Serials
	case token.CmdVerifierDone:
		var d EndedDetail
		err = e.decode(&d)
		all = d.Serials
	default:
		if e.Object.Kind == KindToken {
			all = append(all, token.Serial(e.Object.ID))
		}
	}
	if err != nil {
		err = fmt.Errorf("event %d: %w", e.Seq, err)
	}
	return all, err
}

// marshal writes what is going to be hashed. JSON puts another character in the
// place of what is no UTF-8, without a word: the trail would forever say something
// else than the tables, so such a text is refused here.
func marshal(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err == nil && replaced(body) {
		err = errNotText
	}
	return body, err
}

var errNotText = fault.Errorf(fault.Internal, "something in it is not text (UTF-8), and the trail can hold nothing else").
	WithHint("give it in UTF-8; nothing was changed")

// replaced reports whether JSON put its replacement for what is no UTF-8 into some
// text. It spells that with an escape, and the same character of a sound text as it
// is.
func replaced(body []byte) bool {
	const escape = `\ufffd`
	for {
		before, rest, found := bytes.Cut(body, []byte(escape))
		if !found {
			return false
		}
		backslashes := len(before) - len(bytes.TrimRight(before, `\`))
		if backslashes%2 == 0 { // else it is the text \ufffd
			return true
		}
		body = rest
	}
}

// Author is who writes events: the same in all of one process.
type Author struct {
	Store    uuid.UUID
	Operator token.Operator
	Host     string
	Now      func() time.Time
	Random   io.Reader
}

// Event begins an event: who, when, where, which command on what, with what was
// said about it. Its outcome is Done until somebody says otherwise.
func (a Author) Event(by token.Command, on Object, w token.Words) (*Event, error) {
	now := a.Now().UTC()
	id, err := token.NewID(now, a.Random)
	if err != nil {
		return nil, err
	}
	e := &Event{ID: id, Time: Time{Time: now}, Store: a.Store, Operator: a.Operator, Host: a.Host,
		Command: by, Object: on, Outcome: Done, Request: w.Request}
	for _, t := range []struct{ field, text string }{
		{TextAccount, string(w.Account)}, {TextReason, w.Reason}, {TextTicket, w.Ticket},
		{TextApprover, string(w.Approver)}, {TextProof, w.Proof}, {TextCondition, w.Condition},
	} {
		if err := e.AddText(a.Random, t.field, t.text); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// StoreEvent begins an event about the store as a whole.
func (a Author) StoreEvent(by token.Command, w token.Words) (*Event, error) {
	return a.Event(by, Object{Kind: KindStore, ID: a.Store.String()}, w)
}

// Log takes events at the end of the trail.
type Log interface {
	Append(e *Event) error
}

// Record adds its detail to an event and writes it.
func Record(log Log, e *Event, detail any) error {
	if err := e.SetDetail(detail); err != nil {
		return err
	}
	return log.Append(e)
}
