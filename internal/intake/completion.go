package intake

import (
	"cmp"
	"slices"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// complete makes the batch visible: replacements, number and event.
func (l *loader) complete(tx Tx) error {
	replaced, err := l.exchange(tx)
	if err != nil {
		return err
	}
	l.batch.New, l.batch.Same, l.batch.Refused = l.res.New, l.res.Unchanged, l.res.Refused
	e, err := l.desk.Desk.Author().Event(token.CmdImport, trail.Object{Kind: trail.KindBatch, ID: l.batch.UUID.String()}, token.Words{})
	if err != nil {
		return err
	}
	l.batch.Imported = e.Time.Time
	if l.batch, err = tx.CompleteBatch(l.batch); err != nil {
		return err
	}
	if err := l.event(tx, e, replaced); err != nil {
		return err
	}
	if err := l.assign(tx); err != nil {
		return err
	}
	l.res.Stored, l.res.Batch = true, &l.batch.Number
	return nil
}

// assign gives the tokens to whom the file says, each with its own event.
func (l *loader) assign(tx Tx) error {
	for _, a := range l.assigned {
		if err := l.assignOne(tx.(desk.Tx), a); err != nil { // the store's transactions serve both rooms
			return err
		}
	}
	l.res.Assigned = len(l.assigned)
	return nil
}

func (l *loader) assignOne(tx desk.Tx, a assignment) error {
	t, err := tx.Token(a.serial)
	if err != nil {
		return err
	}
	// The judge held the account against the list of people.
	return l.desk.Desk.MoveIn(tx, &t, desk.Change{Serial: a.serial, By: token.CmdAssign, To: token.Assigned,
		Words: desk.Words{Account: a.account}, NewAccount: true})
}

// exchange puts the replacing tokens in the place of the old ones, which must
// still be as they were when they were judged.
func (l *loader) exchange(tx Tx) ([]trail.Replaced, error) {
	var changes []trail.Replaced
	var rows []desk.Row
	var prints []desk.Print
	for _, j := range l.replaced {
		key := j.columns.Serial.Key()
		now, err := tx.Stored([]string{key})
		if err != nil {
			return nil, err
		}
		if h := now[key]; h.ID != j.replaces.ID || h.State != token.InStock || h.Issued {
			return nil, fault.Errorf(fault.NotAllowed, "token %s was given out while the file was read; nothing of it is stored", j.columns.Serial)
		}
		if err := tx.RemoveToken(j.replaces.ID); err != nil {
			return nil, err
		}
		where := l.batch.Supplied.Location
		if where == "" {
			where = j.replaces.Location // an exchange of keys moves no token
		}
		changes = append(changes, trail.Replaced{Old: j.replaces.Facts, New: j.columns, Location: where})
		rows = append(rows, desk.Row{Facts: j.columns, Sealed: j.sealed, Location: where})
		prints = append(prints, desk.Print{Print: j.print, Nth: j.nth, TokenID: j.columns.ID})
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if err := tx.InsertTokens(l.batch, rows); err != nil {
		return nil, err
	}
	slices.SortFunc(prints, func(a, b desk.Print) int { return cmp.Compare(a.Print, b.Print) })
	return changes, tx.InsertPrints(prints)
}

func (l *loader) event(tx Tx, e *trail.Event, replaced []trail.Replaced) error {
	d := desk.ImportDetail(l.batch, l.contents)
	d.Replaced = replaced
	e.To = token.InStock
	return trail.Record(tx, e, d)
}
