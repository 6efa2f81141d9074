package report

import (
	"iter"
	"slices"
	"time"

	"fob/internal/trail"
)

const changesSheet = "Changes"

// changeColumns explain one difference a row. Its values are those of the inventory's
// column, whatever kind they are of.
var changeColumns = []column[Change]{
	{"serial", "Serial", words, 18, "Token", func(x *Change) value { return wordsOf(x.Serial) }},
	{"batch", "Batch", whole, 8, "Batch that brought it; of one that was removed: that had brought it", func(x *Change) value { return wholeOf(x.Batch) }},
	{"change", "Change", words, 10, "added: its serial was not there before, or not in the file; removed: it is not there any more, its import was withdrawn; " +
		"changed: a column differs. A token that the filter selects as it is or as it was is told of", func(x *Change) value { return wordsOf(x.Change) }},
	{"column", "Column", words, 18, "Which column of the inventory differs, by its field name; of a token that was added or removed: its state",
		func(x *Change) value { return wordsOf(x.Column) }},
	{"before", "Before", words, 32, "What the column had before, as the inventory has it; empty: nothing", func(x *Change) value { return x.before }},
	{"after", "After", words, 32, "What it has now; empty: nothing", func(x *Change) value { return x.after }},
	{"event", "Event", whole, 10, "Number of the event in the trail that last changed it in between; empty: the baseline does not say how far its trail went, " +
		"or no event of this token did it (the policy, an erasure)", func(x *Change) value { return wholeAt(x.Event) }},
	{"at", "Time (UTC)", instant, 20, "When that was", func(x *Change) value { return instantAt(x.At) }},
	{"operator", "Operator", words, 14, "Who did it", func(x *Change) value { return wordsAt(x.Operator) }},
	{"command", "Command", words, 16, "With which command", func(x *Change) value { return wordsAt(x.Command) }},
}

// aspectsOf are the parts of a token, as events change them, that a column of the
// inventory shows: of a column that shows two, the newest event counts.
func aspectsOf(t *Token, column string) []trail.Aspect {
	switch column {
	case "state", "state_since":
		return []trail.Aspect{trail.Standing}
	case "account":
		return []trail.Aspect{trail.Holder}
	case "bound_at", "bound_by", "bound_approver", "bound_proof", "bound_codes", "bound_ticket", "binding":
		return []trail.Aspect{trail.Bond}
	case "last_verified_at":
		return []trail.Aspect{trail.Bond, trail.Clock}
	case "location":
		return []trail.Aspect{trail.Place}
	case "failures", "locked_until":
		return []trail.Aspect{trail.Attempts}
	case "watermark":
		return []trail.Aspect{trail.Mark}
	case "counter":
		if t.Counter == nil { // its type was another
			return []trail.Aspect{trail.Origin}
		}
		return []trail.Aspect{trail.Mark, trail.Origin}
	case "drift_seconds", "drift_ppm", "observed_at":
		return []trail.Aspect{trail.Clock}
	case "lost_reported_at":
		return []trail.Aspect{trail.Loss}
	case "stolen":
		return []trail.Aspect{trail.Theft}
	case "loss_hours":
		if t.LostReported == nil { // found: what became of it later does not count
			return []trail.Aspect{trail.Loss}
		}
		return []trail.Aspect{trail.Loss, trail.Standing}
	case "seed_present", "seed_key", "destroyed_at":
		return []trail.Aspect{trail.SeedHeld}
	case "issued":
		return []trail.Aspect{trail.Issued}
	case "condition":
		return []trail.Aspect{trail.Shape}
	}
	return []trail.Aspect{trail.Origin}
}

// Changes are the differences from the baseline of an export, all or those in some
// columns of the inventory; sum counts all that were read.
func Changes(r Reader, e Export, only []string) (a Answer[Change], sum func() *Changed, err error) {
	c, err := newComparison(r, e)
	if err != nil {
		return a, nil, err
	}
	if c.approvers, err = r.Approvers(); err != nil {
		return a, nil, err
	}
	narrowed := e.Filter
	narrowed.AsOf = time.Time{} // of which the sentence says enough
	return Answer[Change]{
		Title: changesSheet, Selected: e.Selected(), Columns: answerColumns(changeColumns),
		Limits: []string{"What events did is told as far as the baseline says how far its trail went."},
		Spares: []string{"Command", "Batch", "Operator", "Event"},
		Rows:   inColumns(c.rows, only),
		None:   "nothing changed since " + c.Words, Narrowed: narrowed,
	}, c.changed, nil
}

func inColumns(changes iter.Seq2[Change, error], only []string) iter.Seq2[Change, error] {
	if len(only) == 0 {
		return changes
	}
	return func(yield func(Change, error) bool) {
		for x, err := range changes {
			if (err != nil || slices.Contains(only, x.Column)) && !yield(x, err) {
				return
			}
		}
	}
}

// ColumnNames are those of the inventory's columns, as JSON and CSV have them.
func ColumnNames() (names []string) {
	for _, c := range columns {
		names = append(names, c.name)
	}
	return names
}

// answerColumns shows the columns of a sheet in a report.
func answerColumns[R any](columns []column[R]) (all []Column[R]) {
	for _, c := range columns {
		all = append(all, Column[R]{c.title, c.width, c.about, func(row *R) any { return c.of(row).shown() }})
	}
	return all
}
