package desk

import (
	"cmp"
	"encoding/hex"
	"hash"
	"slices"

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
	e, err := l.desk.Author().Event(token.CmdImport, trail.Object{Kind: trail.KindBatch, ID: l.batch.UUID.String()}, Words{})
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
		t, err := tx.Token(a.serial)
		if err != nil {
			return err
		}
		// The judge held the account against the list of people.
		c := Change{Serial: a.serial, By: token.CmdAssign, To: token.Assigned, Words: Words{Account: a.account}, NewAccount: true}
		if err := l.desk.MoveIn(tx, &t, c); err != nil {
			return err
		}
	}
	l.res.Assigned = len(l.assigned)
	return nil
}

// exchange puts the replacing tokens in the place of the old ones, which must
// still be as they were when they were judged.
func (l *loader) exchange(tx Tx) ([]trail.Replaced, error) {
	var changes []trail.Replaced
	var rows []Row
	var prints []Print
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
		rows = append(rows, Row{Facts: j.columns, Sealed: j.sealed, Location: where})
		prints = append(prints, Print{j.print, j.nth, j.columns.ID})
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if err := tx.InsertTokens(l.batch, rows); err != nil {
		return nil, err
	}
	slices.SortFunc(prints, func(a, b Print) int { return cmp.Compare(a.Print, b.Print) })
	return changes, tx.InsertPrints(prints)
}

func (l *loader) event(tx Tx, e *trail.Event, replaced []trail.Replaced) error {
	d := importDetail(l.batch, l.contents)
	d.Replaced = replaced
	e.To = token.InStock
	return trail.Record(tx, e, d)
}

// importDetail tells of a batch what its event commits to.
func importDetail(b token.Batch, contents hash.Hash) trail.ImportDetail {
	s := b.Supplied
	d := trail.ImportDetail{
		Number: b.Number, File: b.File, SHA256: b.SHA256, Format: b.Format, Options: b.Options,
		Order: s.Order, Supplier: s.Supplier, Expected: s.Expected, Location: s.Location,
		Records: b.Records, New: b.New, Unchanged: b.Same, Refused: b.Refused,
		FirstID: b.FirstID, LastID: b.LastID,
		Contents: hex.EncodeToString(contents.Sum(nil)),
	}
	if !s.Received.IsZero() {
		d.Received = s.Received.Format("2006-01-02")
	}
	return d
}
