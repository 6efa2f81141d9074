package report

import (
	"time"

	"fob/internal/token"
)

// Binding is the period in which a token belonged, or belongs, to an account.
type Binding struct {
	Serial   token.Serial `json:"serial"`
	Account  string       `json:"account"`
	OpenedAt time.Time    `json:"opened_at"`
	ClosedAt *time.Time   `json:"closed_at"` // null: open
	By       string       `json:"by"`        // the operator's name
	Proof    string       `json:"proof"`
	Codes    int          `json:"codes"` // displayed codes that opened it
	Ticket   string       `json:"ticket"`
	Approver *string      `json:"approver"`
	ID       string       `json:"id"`
}
