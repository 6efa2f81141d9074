package intake

import (
	"cmp"
	"fmt"
	"slices"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

// exchange puts the replacing tokens in the place of the old ones, which must still be as
// they were when they were judged. A token that was never given out goes. One that was
// retired stays, with all that is known of it, and its serial passes on: see
// trail.Reburnt.
func (l *loader) exchange(tx Tx) (replaced []trail.Replaced, reburnt []trail.Reburnt, err error) {
	var rows []desk.Row
	var prints []desk.Fingerprint
	for _, e := range l.replacing {
		key := e.Serial.Key()
		now, err := tx.Stored([]string{key})
		if err != nil {
			return nil, nil, err
		}
		old := now[key] // which may have been corrected or moved since
		if old.ID != e.replaces.ID || e.reburnt && old.State != token.Retired || !e.reburnt && !old.Untouched() {
			return nil, nil, fault.Errorf(fault.NotAllowed, "token %s was given out or tried while the file was read; nothing of it is stored", e.Serial)
		}
		if err := tx.Vouch(old.ID); err != nil {
			return nil, nil, err
		}
		where := l.batch.Supplied.Location
		if where == "" {
			where = old.Location // an exchange of keys moves no token
		}
		if e.reburnt {
			r := trail.Reburnt{Old: old.Facts, New: e.Facts, Location: where}
			if r.Former, err = freeName(tx, old.Serial); err == nil {
				err = tx.PassSerial(old.ID, r.Former)
			}
			reburnt = append(reburnt, r)
		} else {
			err = tx.RemoveToken(old.ID)
			replaced = append(replaced, trail.Replaced{Old: old.Facts, New: e.Facts, Location: where})
		}
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, desk.Row{Facts: e.Facts, Sealed: e.sealed, Location: where})
		prints = append(prints, desk.Fingerprint{Value: e.Fingerprint, TokenID: e.ID})
	}
	if len(rows) == 0 {
		return nil, nil, nil
	}
	if err := tx.InsertTokens(l.batch, rows); err != nil {
		return nil, nil, err
	}
	slices.SortFunc(prints, func(a, b desk.Fingerprint) int { return cmp.Compare(a.Value, b.Value) })
	return replaced, reburnt, tx.InsertFingerprints(prints)
}

// freeName is what a retired token is called from now on.
func freeName(r Reader, serial token.Serial) (token.Serial, error) {
	for life := 1; ; life++ {
		name := serial.Former(life)
		taken, err := r.Stored([]string{name.Key()})
		if err != nil || len(taken) == 0 {
			return name, err
		}
	}
}

// allowReburning asks for the second person, if the file gives a retired serial a new
// life. They approve this file for these tokens.
func (l *loader) allowReburning(tx Tx) (token.Words, error) {
	o := request.Order{Guard: token.GuardReburnt, By: token.CmdImport, Always: true, What: []string{"options=" + l.req.key()},
		Files: []request.File{{Name: l.res.File, SHA256: l.sha256}}}
	for _, e := range l.replacing {
		if e.reburnt {
			o.Touches = append(o.Touches, e.Serial)
		}
	}
	n := len(o.Touches)
	if n == 0 {
		return token.Words{}, nil
	}
	o.What = append(o.What, fmt.Sprintf("retired=%d", n))
	o.Effect = fmt.Sprintf("import %s, which gives %d retired serials new seeds, from %s on", l.res.File, n, o.Touches[0])
	if n > mostTouched {
		o.Touches = o.Touches[:mostTouched]
	}
	return l.intake.Desk.Allow(tx, o, l.req.Words)
}
