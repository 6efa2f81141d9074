package export

import (
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// changeColumns explain one difference a row. Its values are those of the inventory's
// column, whatever kind they are of.
var changeColumns = []sheet.Column[Change]{
	sheet.Col("serial", "Serial", 18, "Token", func(x *Change) token.Serial { return x.Serial }),
	sheet.Col("batch", "Batch", 8, "Batch that brought it; of one that was removed: that had brought it", func(x *Change) int { return x.Batch }),
	sheet.Col("change", "Change", 10, "added: its serial was not there before, or not in the file; removed: it is not there any more, its import was withdrawn; "+
		"changed: a column differs. A token counts if the filter selects it now or then", func(x *Change) ChangeKind { return x.Change }),
	sheet.Col("column", "Column", 18, "Which column of the inventory differs, by its field name; of a token that was added or removed: its state", func(x *Change) string { return x.Column }),
	sheet.Col("before", "Before", 32, "What the column had before, as the inventory has it; empty: nothing", func(x *Change) sheet.Value { return x.before }),
	sheet.Col("after", "After", 32, "What it has now; empty: nothing", func(x *Change) sheet.Value { return x.after }),
	sheet.Col("event", "Event", 10, "Number of the event in the trail that last changed it in between; empty: the baseline does not say how far its trail went, "+
		"or no event of this token did it (the policy, an erasure, a rotation of keys)", func(x *Change) *int64 { return x.Event }),
	sheet.Col("at", "Time (UTC)", 20, "When that was", func(x *Change) *time.Time { return x.At }),
	sheet.Col("operator", "Operator", 14, "Who did it", func(x *Change) *string { return x.Operator }),
	sheet.Col("command", "Command", 16, "With which command", func(x *Change) *string { return x.Command }),
}

// aspects are the parts of a token, as events change them, that a column of the
// inventory shows: of a column that shows two, the newest event counts. A column that
// is not here shows what an import said.
var aspects = map[string][]trail.Aspect{
	"state": {trail.AspectState}, "state_since": {trail.AspectState},
	"account":  {trail.AspectAccount},
	"bound_at": {trail.AspectBinding}, "bound_by": {trail.AspectBinding}, "bound_approver": {trail.AspectBinding}, "bound_proof": {trail.AspectBinding},
	"bound_codes": {trail.AspectBinding}, "bound_ticket": {trail.AspectBinding}, "binding": {trail.AspectBinding},
	"last_verified_at": {trail.AspectBinding, trail.AspectClock},
	"location":         {trail.AspectLocation},
	"failures":         {trail.AspectAttempts}, "locked_until": {trail.AspectAttempts},
	"watermark": {trail.AspectWatermark}, "counter": {trail.AspectWatermark, trail.AspectOrigin},
	"drift_seconds": {trail.AspectClock}, "drift_ppm": {trail.AspectClock}, "observed_at": {trail.AspectClock},
	"lost_reported_at": {trail.AspectLoss}, "stolen": {trail.AspectTheft}, "was_stolen": {trail.AspectStolenOnce}, "leaked": {trail.AspectLeak}, "loss_hours": {trail.AspectLoss, trail.AspectState},
	"seed_present": {trail.AspectSeed}, "seed_key": {trail.AspectSeed}, "destroyed_at": {trail.AspectState},
	"issued":      {trail.AspectIssued, trail.AspectDelivery},
	"exported_to": {trail.AspectDelivery},
	"condition":   {trail.AspectCondition},
}

// ofDelivery are the columns that say what the delivery of a token's batch is said to be.
var ofDelivery = map[string]bool{"order": true, "supplier": true, "received": true}

func aspectsOf(t *report.Token, column string) []trail.Aspect {
	all := aspects[column]
	switch {
	case all == nil || column == "counter" && (t.Counter == nil || t.Watermark == nil): // its type was another, or no code of it was ever accepted
		return []trail.Aspect{trail.AspectOrigin}
	case column == "seed_key" && t.SeedKey != nil: // its seed is here: what sealed it anew was no event of one token
		return nil
	case column == "loss_hours" && t.LostReported == nil: // found: what became of it later does not count
		return []trail.Aspect{trail.AspectLoss}
	}
	return all
}

// Changes are the differences from the baseline of an export, all or those in some
// columns of the inventory; sum counts all that were read.
func Changes(r Reader, e Export, only []string) (a report.Answer[Change], sum func() *Changed, err error) {
	c, err := newComparison(r, e)
	if err != nil {
		return a, nil, err
	}
	narrowed := e.Filter
	narrowed.AsOf = time.Time{} // of which the sentence says enough
	return report.Answer[Change]{
		Title: changesSheet, Selected: e.Selected(), Columns: changeColumns,
		Limits: []string{"Events are named if the baseline says how far its trail went."},
		Spares: []string{"Command", "Batch", "Operator", "Event"},
		Rows:   report.Mapped(c.rows, func(x Change) (Change, bool, error) { return x, len(only) == 0 || slices.Contains(only, x.Column), nil }),
		None:   fault.Textf("%s", "nothing changed since "+c.Words), Narrowed: narrowed,
	}, c.changed, nil
}

// ColumnNames are those of the inventory's columns, as JSON and CSV have them.
func ColumnNames() (names []string) {
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return names
}
