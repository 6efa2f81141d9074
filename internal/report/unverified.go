package report

import (
	"fmt"
	"iter"
	"time"

	"fob/internal/fault"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// UnverifiedFilter selects tokens by how long ago they last proved themselves.
type UnverifiedFilter struct {
	Scope
	Now  time.Time
	Days int
}

// Unverified is a token that somebody has and that no code has proven for long.
type Unverified struct {
	Serial     token.Serial `json:"serial"`
	State      token.State  `json:"state"`
	Account    *string      `json:"account"`
	Batch      int          `json:"batch"`
	Model      string       `json:"model"`
	Location   *string      `json:"location"`
	Since      time.Time    `json:"state_since"`
	BoundAt    *time.Time   `json:"bound_at"`
	VerifiedAt *time.Time   `json:"verified_at"` // null: never
	Days       int          `json:"days"`        // since then; since it was sent out, where it never was
}

// UnverifiedTokens finds them, in the order of states and serials. The trail is
// read once, for the tokens that go by presses: no drift keeps when one of them was
// seen.
func UnverifiedTokens(r Reader, f UnverifiedFilter) Answer[Unverified] {
	return Answer[Unverified]{
		Title:    "Unverified tokens",
		Selected: fmt.Sprintf("%s; assigned, bound or suspended, and without an accepted code for %d days or more", f.words(), f.Days),
		Limits: []string{
			"fob sees no logins: a token on this list may be in daily use. What counts is the last code that fob itself accepted, by bind or resync.",
			"A check, and a code that was read off without its time, leave no time behind.",
		},
		Columns: []sheet.Column[Unverified]{
			sheet.Col("serial", "Serial", 18, "Text printed on the device", func(x *Unverified) token.Serial { return x.Serial }),
			sheet.Col("state", "State", 12, "Where it stands in its life", func(x *Unverified) token.State { return x.State }),
			sheet.Col("account", "Account", 32, "Who has it", func(x *Unverified) *string { return x.Account }),
			sheet.Col("days", "Days", 8, "Since a code was last accepted, or since it was sent out if none was", func(x *Unverified) int { return x.Days }),
			sheet.Col("verified_at", "Verified at (UTC)", 20, "When fob last accepted a code of it; empty: never", func(x *Unverified) *time.Time { return x.VerifiedAt }),
			sheet.Col("bound_at", "Bound at (UTC)", 20, "When the open binding began", func(x *Unverified) *time.Time { return x.BoundAt }),
			sheet.Col("state_since", "Since (UTC)", 20, "When it came into its state", func(x *Unverified) time.Time { return x.Since }),
			sheet.Col("batch", "Batch", 8, "Number of the import that brought it", func(x *Unverified) int { return x.Batch }),
			sheet.Col("model", "Model", 14, "As the seed file or the operator named it", func(x *Unverified) string { return x.Model }),
			sheet.Col("location", "Location", 18, "Where it was sent from", func(x *Unverified) *string { return x.Location }),
		},
		Spares: []string{"Since (UTC)", "Location", "Model", "Batch", "Bound at (UTC)"},
		Rows:   f.rows(r),
		// One that was sent out lately and never proven is not due, and not verified either.
		None:     fault.Textf("no token that somebody has went %d days or more without an accepted code", f.Days),
		Narrowed: f.Scope.filter(),
	}
}

func (f UnverifiedFilter) rows(r Reader) iter.Seq2[Unverified, error] {
	return func(yield func(Unverified, error) bool) {
		presses, err := pressesSeen(r)
		if err != nil {
			yield(Unverified{}, err)
			return
		}
		var parts []iter.Seq2[Token, error]
		held := f.filter()
		for _, held.State = range token.States() {
			if held.State.HasAccount() {
				parts = append(parts, r.Tokens(held))
			}
		}
		Mapped(Chained(parts...), func(t Token) (Unverified, bool, error) {
			x := f.look(&t, presses)
			return x, x.Days >= f.Days, nil
		})(yield)
	}
}

func (f UnverifiedFilter) look(t *Token, presses map[string]time.Time) Unverified {
	x := Unverified{Serial: t.Serial, State: t.State, Account: t.Account, Batch: t.Batch, Model: t.Model, Location: t.Location,
		Since: t.StateSince, BoundAt: t.BoundAt}
	last := t.StateSince
	if seen := newestTime(t.BoundAt, t.ObservedAt, When(presses[t.Serial.Key()])); !seen.IsZero() {
		x.VerifiedAt, last = &seen, seen
	}
	x.Days = daysTo(last, f.Now)
	return x
}

func newestTime(all ...*time.Time) (newest time.Time) {
	for _, at := range all {
		if at != nil && at.After(newest) {
			newest = *at
		}
	}
	return newest
}

// pressesSeen tells when resync last accepted a code without measuring a drift.
func pressesSeen(r Reader) (map[string]time.Time, error) {
	seen := map[string]time.Time{}
	err := eachEvent(r, func(e Event) error {
		if e.Command != token.CmdResync || e.Outcome != trail.Done {
			return nil
		}
		d, err := detailOf[trail.TokenDetail](e)
		if err == nil && d.Observation == nil {
			seen[token.Serial(e.Object.ID).Key()] = e.Time.UTC()
		}
		return err
	}, MarkOf(token.CmdResync))
	return seen, err
}
