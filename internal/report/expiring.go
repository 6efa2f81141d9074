package report

import (
	"fmt"
	"iter"
	"time"

	"fob/internal/fault"
	"fob/internal/report/sheet"
	"fob/internal/token"
)

// ExpiryFilter selects tokens by the date on which they expire.
type ExpiryFilter struct {
	Scope
	Now    time.Time
	Within time.Duration
}

// Expiring is a token that has expired or soon will.
type Expiring struct {
	Serial       token.Serial `json:"serial"`
	State        token.State  `json:"state"`
	Account      *string      `json:"account"` // who has it
	Batch        int          `json:"batch"`
	Manufacturer string       `json:"manufacturer"`
	Model        string       `json:"model"`
	Location     *string      `json:"location"`
	NotAfter     time.Time    `json:"not_after"`
	Days         int          `json:"days"` // whole days left, negative: since it expired
	Expired      bool         `json:"expired"`
}

// ExpiringTokens finds them: those first that have expired and that somebody
// still has, then all others, but for the retired; both in the order of serials.
func ExpiringTokens(r Reader, f ExpiryFilter) Answer[Expiring] {
	return Answer[Expiring]{
		Title:    "Expiring tokens",
		Selected: fmt.Sprintf("%s; expired, or expiring before %s", f.words(), minute(f.Now.Add(f.Within))),
		Limits: []string{
			"A token has an expiry only where its seed file, or who imported it, named one. Batteries know of no date.",
			"fob binds no expired token. A verifier that received its seed goes on accepting it until it is told.",
		},
		Columns: []sheet.Column[Expiring]{
			sheet.Col("serial", "Serial", 18, "Text printed on the device", func(x *Expiring) token.Serial { return x.Serial }),
			sheet.Col("days", "Days", 8, "Whole days left; negative: since it expired", func(x *Expiring) int { return x.Days }),
			sheet.Col("not_after", "Not after (UTC)", 20, "When it expires", func(x *Expiring) time.Time { return x.NotAfter }),
			sheet.Col("state", "State", 12, "Where it stands in its life", func(x *Expiring) token.State { return x.State }),
			sheet.Col("account", "Account", 32, "Who has it", func(x *Expiring) *string { return x.Account }),
			sheet.Col("batch", "Batch", 8, "Number of the import that brought it", func(x *Expiring) int { return x.Batch }),
			sheet.Col("manufacturer", "Manufacturer", 18, "As the seed file or the operator named it", func(x *Expiring) string { return x.Manufacturer }),
			sheet.Col("model", "Model", 14, "As the seed file or the operator named it", func(x *Expiring) string { return x.Model }),
			sheet.Col("location", "Location", 18, "Where it is, or was sent from", func(x *Expiring) *string { return x.Location }),
		},
		Spares: []string{"Manufacturer", "Model", "Batch", "Location"},
		Rows:   f.rows(r),
		None:   fault.Textf("no token expires within %d days", int(f.Within.Hours()/24)), Narrowed: f.Scope.filter(),
		NoneNow: func() fault.Text { return f.none(r) },
	}
}

// none says that no token expires, and of how many nobody knows: that is no good news.
func (f ExpiryFilter) none(r Reader) fault.Text {
	dated, undated := 0, 0
	for t, err := range r.Tokens(f.filter()) {
		switch {
		case err != nil || t.State == token.Retired:
		case t.NotAfter == nil:
			undated++
		default:
			dated++
		}
	}
	none := fmt.Sprintf("no token expires within %d days", int(f.Within.Hours()/24))
	switch {
	case undated == 0:
		return fault.Textf("%s", none)
	case dated == 0:
		return fault.Textf("no expiry date is known of %s, nor when a battery ends", counted(undated, "token"))
	}
	return fault.Textf("%s; no date is known of %s", none, counted(undated, "token"))
}

func (f ExpiryFilter) rows(r Reader) iter.Seq2[Expiring, error] {
	pick := func(by Filter, want func(*Token) bool) iter.Seq2[Expiring, error] {
		return Mapped(r.Tokens(by), func(t Token) (x Expiring, wanted bool, err error) {
			if wanted = t.NotAfter != nil && want(&t); wanted {
				x = Expiring{t.Serial, t.State, t.Account, t.Batch, t.Manufacturer, t.Model, t.Location, *t.NotAfter, daysTo(f.Now, *t.NotAfter), f.expired(&t)}
			}
			return x, wanted, nil
		})
	}
	var parts []iter.Seq2[Expiring, error]
	held, all := f.filter(), f.filter()
	held.ExpiringBy, all.ExpiringBy = f.Now, f.Now.Add(f.Within)
	for _, held.State = range token.States() {
		if held.State.HasAccount() {
			parts = append(parts, pick(held, f.overdue))
		}
	}
	return Chained(append(parts, pick(all, func(t *Token) bool { return t.State != token.Retired && !f.overdue(t) }))...)
}

// overdue tells of a token that has expired while somebody has it.
func (f ExpiryFilter) overdue(t *Token) bool { return t.State.HasAccount() && f.expired(t) }

func (f ExpiryFilter) expired(t *Token) bool { return t.NotAfter != nil && f.Now.After(*t.NotAfter) }

// daysTo counts whole days, towards zero.
func daysTo(now, at time.Time) int { return int(at.Sub(now) / (24 * time.Hour)) }
