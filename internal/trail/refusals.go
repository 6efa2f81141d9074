package trail

import (
	"fob/internal/token"
)

// RefusalRow is how many codes of an operator were refused lately. Of the operator only
// the kind and the id are there.
type RefusalRow struct {
	By token.Operator
	token.Refusals
}

// ReasonAllOrNothing is why a right code was not followed: other rows of its file were
// refused. Nothing was guessed there.
const ReasonAllOrNothing = "all_or_nothing"

// counted notes what an event about one token makes of its operator's refusals: each
// failure that it counted, and each that turned out to be none.
func (f *Fold) counted(e *Event) {
	by := token.Operator{Kind: e.Operator.Kind, ID: e.Operator.ID}
	switch at := e.Time.UTC(); {
	case e.Outcome == Refused && e.Token.After != nil && e.Reason != ReasonAllOrNothing:
		f.refusals[by] = f.refusals[by].Refused(at)
	case e.Outcome == Done && e.Token.TakenBack:
		f.refusals[by] = f.refusals[by].TakenBack(at)
	}
}

// compareRefusals holds the table against that: anyone who empties it may guess on.
func (v *verification) compareRefusals(t Tables) error {
	left := len(v.fold.refusals)
	for row, err := range t.RefusalRows() {
		if err != nil {
			return err
		}
		told, known := v.fold.refusals[row.By]
		if known {
			left--
		}
		if !known || told.N != row.N || !told.Since.Equal(row.Since) {
			v.Problemf("the refused codes of operator %s: the table says %d since %s, the trail %d since %s", row.By.ID, row.N, stamp(row.Since), told.N, stamp(told.Since))
		}
	}
	if left > 0 {
		v.Problemf("the refused codes of %d operators are not in the table", left)
	}
	return nil
}
