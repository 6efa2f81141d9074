package request

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"fob/internal/fault"
	"fob/internal/token"
)

// Order is a command with all that decides what it does.
type Order struct {
	Guard   token.Guarded  `json:"guard"`
	By      token.Command  `json:"command"`
	What    []string       `json:"what"`              // arguments, each as name=value, always in the same order
	Files   []File         `json:"files,omitempty"`   // that it reads
	Touches []token.Serial `json:"touches,omitempty"` // tokens that must be as they were
	Effect  string         `json:"effect"`            // what would happen, for the person who approves it
	State   string         `json:"-"`                 // what else must be as it was
	Always  bool           `json:"-"`                 // a second person is needed whatever the policy says
	OrGuard token.Guarded  `json:"-"`                 // takes the place of Guard where the policy guards that alone
}

// File is a file by its name and what is in it.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// content is what lies beside the event of a request. Nonce hides in State and Tokens
// what could be guessed of them.
type content struct {
	Order
	Said   said     `json:"said"`
	Line   []string `json:"line,omitempty"` // how the front end was called, to do it again
	Nonce  []byte   `json:"nonce"`
	State  string   `json:"state"`  // hex, of Order.State
	Tokens string   `json:"tokens"` // hex, of the tokens that it touches
}

// said are the words that belong to an order.
type said struct {
	Account   token.Account `json:"account,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Ticket    string        `json:"ticket,omitempty"`
	Proof     string        `json:"proof,omitempty"`
	Condition string        `json:"condition,omitempty"`
}

func saidOf(w token.Words) said {
	return said{w.Account, w.Reason, w.Ticket, w.Proof, w.Condition}
}

// typedField is a field of a form, with what was typed into it.
type typedField struct{ name, text string }

func (s said) typed() []typedField {
	return []typedField{{"account", string(s.Account)}, {"reason", s.Reason}, {"ticket", s.Ticket}, {"proof", s.Proof}, {"condition", s.Condition}}
}

// isFor reports whether the content is that of an order, whatever became of what it
// touches.
func (c content) isFor(o Order, w token.Words) bool {
	return c.Guard == o.Guard && c.By == o.By && slices.Equal(c.What, o.What) && slices.Equal(c.Files, o.Files) &&
		slices.Equal(c.Touches, o.Touches) && c.Said == saidOf(w)
}

// Needed says that a command waits for a second person. It is an error of the kind
// NotAllowed until a front end files it.
type Needed struct {
	Order Order
	Words token.Words
	// Approved is a request of the same person for the same command that was approved,
	// and is for something else; nil: none.
	Approved *Request
}

// Remarks says what was approved in the place of this, if something was.
func (n *Needed) Remarks() []fault.Text {
	if n.Approved == nil {
		return nil
	}
	return []fault.Text{fault.Textf("request %d was approved for something else: %s", n.Approved.Number, n.Approved.Differs(n))}
}

// Error is what is said where nobody files it.
func (n *Needed) Error() string { return n.refusal().Error() }

// Unwrap returns it as an error with a kind.
func (n *Needed) Unwrap() error { return n.refusal() }

func (n *Needed) refusal() *fault.Error {
	return fault.Errorf(fault.NotAllowed, "the policy demands a second person for %s", n.Order.By)
}

// Tokens is what is read of the tokens that an order touches.
type Tokens interface {
	Token(token.Serial) (token.Token, error)
}

// digest stands for tokens as they are.
func digest(r Tokens, serials []token.Serial, nonce []byte) (string, error) {
	h := hmac.New(sha256.New, nonce)
	enc := json.NewEncoder(h)
	for _, s := range serials {
		t, err := r.Token(s)
		if err != nil {
			return "", err
		}
		if err := enc.Encode([]any{t.Facts, t.Standing}); err != nil {
			return "", fault.Wrap(fault.Internal, err, "reading token %s", s)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func stateDigest(state string, nonce []byte) string {
	h := hmac.New(sha256.New, nonce)
	h.Write([]byte(state))
	return hex.EncodeToString(h.Sum(nil))
}
