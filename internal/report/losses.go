package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// LossFilter selects losses by when they were entered.
type LossFilter struct {
	Scope
	Period
	Over time.Duration // only those that were entered later than this after their report
}

// Loss is one time that a token was lost, or stolen.
type Loss struct {
	Serial     token.Serial `json:"serial"`
	Stolen     bool         `json:"stolen"`
	Account    *string      `json:"account"`     // who had it
	Was        token.State  `json:"was"`         // before
	ReportedAt time.Time    `json:"reported_at"` // when somebody first told
	EnteredAt  time.Time    `json:"entered_at"`  // when fob ended it
	Hours      *float64     `json:"hours"`       // from one to the other
	EnteredBy  string       `json:"entered_by"`
	FoundAt    *time.Time   `json:"found_at"`
	RetiredAt  *time.Time   `json:"retired_at"`
	ReplacedBy *string      `json:"replaced_by"` // the token that the account was bound to next
	ReplacedAt *time.Time   `json:"replaced_at"`
	State      *token.State `json:"state"` // now; null: the store does not know the token any more
	Batch      *int         `json:"batch"`
	Model      *string      `json:"model"`
	Location   *string      `json:"location"`
}

// Losses finds them in the trail, in the order in which they were entered.
func Losses(r Reader, f LossFilter) Answer[Loss] {
	a := Answer[Loss]{
		Title:    "Losses",
		Selected: f.Scope.words() + "; entered: " + f.Period.words(),
		Limits: []string{
			"Hours run from the report (from the entry itself, if nobody said when) to the entry, which ended the token in fob.",
			"fob does not know when the verifiers that hold its seed stopped accepting it.",
			"Replaced by: the token that the same account was bound to next. An account that was erased names none.",
		},
		Columns: lossColumns(),
		Spares:  []string{"Location", "Model", "Batch"},
		Below: []string{"Entered by", "Retired at (UTC)", "Was", "Replaced at (UTC)", "Reported at (UTC)",
			"Found at (UTC)", "Hours", "Replaced by"},
		Rows: Later(func() ([]Loss, error) { return f.find(r) }),
		None: f.Period.ending("no losses"), Narrowed: f.Scope.filter(),
	}
	if f.Over > 0 {
		a.Selected += fmt.Sprintf("; more than %.0f hours after the report", f.Over.Hours())
		a.None = f.Period.ending(fmt.Sprintf("no loss was entered more than %.0f hours after its report", f.Over.Hours()))
	}
	return a
}

func lossColumns() []sheet.Column[Loss] {
	return []sheet.Column[Loss]{
		sheet.Col("serial", "Serial", 18, "Text printed on the device", func(x *Loss) token.Serial { return x.Serial }),
		sheet.Col("stolen", "Stolen", 8, "Whether it was stolen", func(x *Loss) bool { return x.Stolen }),
		sheet.Col("account", "Account", 32, "Who had it", func(x *Loss) *string { return x.Account }),
		sheet.Col("was", "Was", 12, "Its state before", func(x *Loss) token.State { return x.Was }),
		sheet.Col("reported_at", "Reported at (UTC)", 20, "When somebody first reported it", func(x *Loss) time.Time { return x.ReportedAt }),
		sheet.Col("entered_at", "Entered at (UTC)", 20, "When it was entered, which ended the token in fob", func(x *Loss) time.Time { return x.EnteredAt }),
		sheet.Col("hours", "Hours", 8, "From the report to the entry", func(x *Loss) *float64 { return x.Hours }),
		sheet.Col("entered_by", "Entered by", 16, "Operator", func(x *Loss) string { return x.EnteredBy }),
		sheet.Col("found_at", "Found at (UTC)", 20, "When it turned up", func(x *Loss) *time.Time { return x.FoundAt }),
		sheet.Col("retired_at", "Retired at (UTC)", 20, "When it was given up and its seed destroyed", func(x *Loss) *time.Time { return x.RetiredAt }),
		sheet.Col("replaced_by", "Replaced by", 18, "The token that the account was bound to next", func(x *Loss) *string { return x.ReplacedBy }),
		sheet.Col("replaced_at", "Replaced at (UTC)", 20, "When", func(x *Loss) *time.Time { return x.ReplacedAt }),
		sheet.Col("", "State", 12, "Where it stands now", func(x *Loss) *token.State { return x.State }),
		sheet.Col("batch", "Batch", 8, "Number of the import that brought it", func(x *Loss) *int { return x.Batch }),
		sheet.Col("model", "Model", 14, "As the seed file or the operator named it", func(x *Loss) *string { return x.Model }),
		sheet.Col("location", "Location", 18, "Where it was sent from", func(x *Loss) *string { return x.Location }),
	}
}

// find reads the trail, which has to be read from its beginning: a loss of before
// the period may end within it.
func (f LossFilter) find(r Reader) ([]Loss, error) {
	b := &lossBook{open: map[string]*Loss{}}
	if err := eachEvent(r, b.event, `"to":"lost"`, `"from":"lost"`, MarkOf(token.CmdBind)); err != nil {
		return nil, err
	}
	var found []Loss
	for _, l := range b.all {
		l.count()
		if !f.Period.has(l.EnteredAt) || f.Over > 0 && (l.Hours == nil || *l.Hours <= f.Over.Hours()) {
			continue
		}
		t, err := known(r, l.Serial)
		if err != nil {
			return nil, err
		}
		if !f.Scope.has(t) {
			continue
		}
		if t != nil {
			l.State, l.Batch, l.Model, l.Location = &t.State, &t.Batch, &t.Model, t.Location
		}
		found = append(found, *l)
	}
	return found, nil
}

// known finds a token that an event names; nil when it was withdrawn since.
func known(r Reader, serial token.Serial) (*Token, error) {
	t, err := r.Find(serial)
	switch {
	case err == nil:
		return &t, nil
	case fault.KindOf(err) == fault.NotFound:
		return nil, nil
	}
	return nil, err
}

// lossBook is the losses while the trail is read.
type lossBook struct {
	all  []*Loss
	open map[string]*Loss // by serial key: those that have not ended
}

func (b *lossBook) event(e Event) error {
	if e.Outcome != trail.Done || e.Object.Kind != trail.KindToken {
		return nil
	}
	key, at := token.Serial(e.Object.ID).Key(), e.Time.UTC()
	switch {
	case e.To == token.Lost:
		return b.lost(e, key, at)
	case e.From == token.Lost && b.open[key] != nil:
		if l := b.open[key]; e.To == token.Retired {
			l.RetiredAt = &at
		} else {
			l.FoundAt = &at
		}
		delete(b.open, key)
	case e.Command == token.CmdBind && e.To == token.Bound:
		b.bound(e, at)
	}
	return nil
}

// lost begins a loss, or tells more of one: that it was a theft, or since when.
func (b *lossBook) lost(e Event, key string, at time.Time) error {
	d, err := detailOf[trail.TokenDetail](e)
	if err != nil {
		return err
	}
	l := b.open[key]
	if l == nil {
		l = &Loss{Serial: token.Serial(e.Object.ID), Account: e.account(), Was: e.From, EnteredAt: at, ReportedAt: at, EnteredBy: e.Operator.Name}
		b.open[key], b.all = l, append(b.all, l)
	}
	if d.After != nil && !d.After.Loss.Reported.IsZero() {
		l.Stolen, l.ReportedAt = d.After.Loss.Stolen, d.After.Loss.Reported
	}
	return nil
}

// bound replaces the newest loss of the account that nothing has replaced yet.
func (b *lossBook) bound(e Event, at time.Time) {
	account := e.account()
	if account == nil {
		return
	}
	for _, l := range slices.Backward(b.all) {
		if l.Account != nil && l.ReplacedBy == nil && strings.EqualFold(*l.Account, *account) {
			l.ReplacedBy, l.ReplacedAt = &e.Object.ID, &at
			return
		}
	}
}

func (l *Loss) count() {
	hours := l.EnteredAt.Sub(l.ReportedAt).Hours()
	l.Hours = &hours
}
