package intake

import (
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// keep reports, after all records were judged, whether the batch is to stay.
func (l *loader) keep() bool {
	return !l.req.DryRun && l.res.New > 0 && (l.res.Refused == 0 || l.req.Partial)
}

// insert stores the new records of a slice. What replaces a token waits for the
// last transaction.
func (l *loader) insert(tx Tx, slice []entry) error {
	rows := make([]desk.Row, 0, len(slice))
	for i := range slice {
		e := &slice[i]
		if e.ID = l.batch.FirstID + int64(e.n); e.verdict == token.New && e.replaces == nil {
			rows = append(rows, desk.Row{Facts: e.Facts, Sealed: e.sealed})
		}
	}
	return tx.InsertTokens(l.batch, rows)
}

// take remembers what was inserted, once it is, for the rest of the work.
func (l *loader) take(slice []entry) error {
	for i := range slice {
		e := &slice[i]
		if e.verdict != token.New {
			continue
		}
		l.scratch = trail.AddTo(l.contents, &e.Facts, l.scratch)
		if e.account != "" {
			l.assigned = append(l.assigned, entry{Facts: e.Facts, account: e.account})
		}
		if e.replaces == nil {
			l.stored.add(e.n)
			continue
		}
		kept := *e
		kept.seed = token.Seed{}
		l.replacing = append(l.replacing, kept)
	}
	for doing, n := range map[string]int{"replaces": len(l.replacing), "assigns": len(l.assigned)} {
		if n > maxLast { // the last transaction is short
			return fault.Errorf(fault.Refused, "%s %s more than %d tokens; nothing of it is stored", l.res.File, doing, maxLast).
				WithHint("split the file")
		}
	}
	return nil
}

// eachFingerprint calls do for the fingerprints of all tokens that were inserted, in
// order, a slice of them at a time.
func (l *loader) eachFingerprint(do func([]desk.Fingerprint) error) error {
	return l.prints.inSlices(func(m mark) bool { return l.stored.has(m.n) }, func(marks []mark) error {
		prints := make([]desk.Fingerprint, len(marks))
		for i, m := range marks {
			prints[i] = desk.Fingerprint{Value: m.key, TokenID: l.batch.FirstID + int64(m.n)}
		}
		return do(prints)
	})
}

// count tallies verdicts. A slice is counted once, when nothing of it can change
// any more.
func (l *loader) count(slice []entry) {
	for i := range slice {
		e := &slice[i]
		switch e.verdict {
		case token.New:
			l.res.New++
			switch {
			case e.reburnt:
				l.res.Reburnt++
			case e.replaces != nil:
				l.res.Replaced++
			}
		case token.Unchanged:
			l.res.Unchanged++
			if e.account != "" {
				l.unassigned++
			}
		default:
			l.res.Refused++
		}
	}
}

// report hands the refused records of a slice to the caller.
func (l *loader) report(slice []entry) error {
	for i := range slice {
		if slice[i].verdict.Accepted() {
			continue
		}
		r := slice[i].reject()
		if len(l.res.Rejects) < MaxRejects {
			l.res.Rejects = append(l.res.Rejects, r)
		}
		if l.req.OnReject != nil {
			if err := l.req.OnReject(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// complete makes the batch visible: replacements, number and event.
func (l *loader) complete(tx Tx) error {
	words, err := l.allowReburning(tx)
	if err != nil {
		return err
	}
	replaced, reburnt, err := l.exchange(tx)
	if err != nil {
		return err
	}
	l.batch.New, l.batch.Same, l.batch.Refused = l.res.New, l.res.Unchanged, l.res.Refused
	e, err := l.intake.Desk.Author().Event(token.CmdImport, trail.Object{Kind: trail.KindBatch, ID: l.batch.UUID.String()}, words)
	if err != nil {
		return err
	}
	l.batch.Imported = e.Time.Time
	if l.batch, err = tx.CompleteBatch(l.batch); err != nil {
		return err
	}
	e.To = token.InStock
	detail := desk.ImportDetail(l.batch, l.contents)
	detail.Replaced, detail.Reburnt = replaced, reburnt
	if err := trail.Record(tx, e, detail); err != nil {
		return err
	}
	l.res.Stored, l.res.Batch, l.res.Assigned = true, &l.batch.Number, len(l.assigned)
	return l.assign(tx.(desk.Tx)) // the store's transactions serve both rooms
}

// assign gives the tokens to whom the file says, each with its own event. That the
// accounts are listed was judged before.
func (l *loader) assign(tx desk.Tx) error {
	for _, e := range l.assigned {
		t, err := tx.Token(e.Serial)
		if err != nil {
			return err
		}
		err = l.intake.Desk.MoveIn(tx, &t, desk.Change{Serial: e.Serial, By: token.CmdAssign, To: token.Assigned,
			Words: desk.Words{Account: e.account}, NewAccount: true})
		if err != nil {
			return err
		}
	}
	return nil
}
