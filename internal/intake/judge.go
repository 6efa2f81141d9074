package intake

import (
	"fmt"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

// judge gives a slice the verdicts that need the store. What the file alone settled
// stays.
func (l *loader) judge(r Reader, all []entry) error {
	if err := l.judgeSerials(r, all); err != nil {
		return err
	}
	if err := l.judgeSeeds(r, all); err != nil {
		return err
	}
	for i := range all {
		e := &all[i]
		if e.verdict != token.New || e.account == "" {
			continue
		}
		err := desk.CheckAccount(r, e.account, l.req.NewAccount, false)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			e.refuse(token.Invalid, "%v (%s)", err, fault.AdviceOf(err))
		case err != nil:
			return err
		}
	}
	return nil
}

func (l *loader) judgeSerials(r Reader, all []entry) error {
	var serials []string
	for i := range all {
		if all[i].verdict == token.New {
			serials = append(serials, all[i].Serial.Key())
		}
	}
	stored, err := r.Stored(serials)
	if err != nil || len(stored) == 0 {
		return err
	}
	for i := range all {
		if e := &all[i]; e.verdict == token.New {
			if here, ok := stored[e.Serial.Key()]; ok {
				l.compare(e, here)
			}
		}
	}
	return nil
}

// compare judges an entry whose serial is here.
func (l *loader) compare(e *entry, here Stored) {
	switch {
	case here.LoadingBy != "":
		e.loading = true
		e.refuse(token.Conflict, "this serial is being loaded right now, by %s", here.LoadingBy)
	case here.State == token.Retired:
		e.refuse(token.Ended, "this serial was retired; its life is over")
	case here.Fingerprint != e.Fingerprint:
		l.conflict(e, here, "another seed")
	case here.Params != e.Params:
		l.conflict(e, here, "other parameters: "+here.Params.String()+", in the file "+e.Params.String())
	case here.Counter != e.Counter:
		l.conflict(e, here, fmt.Sprintf("another counter: %d, in the file %d", here.Counter, e.Counter))
	default:
		e.verdict = token.Unchanged
	}
}

// conflict refuses, or marks the entry as a replacement where that was asked
// for and the token in the store was never given out.
func (l *loader) conflict(e *entry, here Stored, what string) {
	switch {
	case !l.req.Replace:
		e.refuse(token.Conflict, "this serial is in the store with %s", what)
	case here.State != token.InStock:
		e.refuse(token.Conflict, "this serial is in the store with %s, and is not replaced: it is %s", what, here.State)
	case here.Issued:
		e.refuse(token.Conflict, "this serial is in the store with %s, and is not replaced: it was given out before", what)
	default:
		e.replaces = &here
	}
}

// judgeSeeds refuses seeds that belong to another serial. The same fingerprint is
// the same seed: that two seeds of ten million share theirs by chance has odds of
// one in 300,000.
func (l *loader) judgeSeeds(r Reader, all []entry) error {
	var prints []int64
	for i := range all {
		if e := &all[i]; e.verdict == token.New && l.mayBeHere(e) {
			prints = append(prints, e.Fingerprint)
		}
	}
	if len(prints) == 0 {
		return nil
	}
	owners, err := r.StoredByFingerprint(prints)
	if err != nil {
		return err
	}
	for i := range all {
		e := &all[i]
		if e.verdict != token.New {
			continue
		}
		for _, o := range owners[e.Fingerprint] {
			if o.Serial.Key() == e.Serial.Key() {
				continue
			}
			what := string(o.State)
			if o.LoadingBy != "" {
				what = "being loaded right now, by " + o.LoadingBy
			}
			e.refuse(token.SeedClone, "its seed belongs to token %s, which is %s", o.Serial, what)
			break
		}
	}
	return nil
}

// mayBeHere reports whether the store may have the seed: see lookForSeeds.
func (l *loader) mayBeHere(e *entry) bool { return l.seedsHere == nil || l.seedsHere.has(e.n) }
