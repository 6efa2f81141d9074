package intake

import (
	"bytes"
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

// judgeSerials looks first at what nearly all records of a file are that came before:
// unchanged. Of the others that are here all is read.
func (l *loader) judgeSerials(r Reader, all []entry) error {
	var serials, differ []string
	for i := range all {
		if all[i].verdict == token.New {
			serials = append(serials, all[i].Serial.Key())
		}
	}
	known, err := r.Known(serials)
	if err != nil || len(known) == 0 {
		return err
	}
	for i := range all {
		e := &all[i]
		if e.verdict != token.New {
			continue
		}
		key := e.Serial.Key()
		if here, ok := known[key]; ok && here.same(&e.Facts) {
			e.verdict = token.Unchanged
		} else if ok {
			differ = append(differ, key)
		}
	}
	stored, err := r.Stored(differ)
	if err != nil {
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

// compare judges an entry whose serial is here, and not with the same.
func (l *loader) compare(e *entry, here Stored) {
	switch {
	case here.LoadingBy != "":
		e.loading = true
		e.refuse(token.Conflict, "this serial is being loaded right now, by %s", here.LoadingBy)
	case here.State == token.Retired && here.Fingerprint == e.Fingerprint:
		e.refuse(token.Ended, "this serial was retired, and this is the seed that was retired with it: a device that was burnt anew has another")
	case here.State == token.Retired && l.req.Reburnt:
		e.replaces, e.reburnt = &here, true
	case here.State == token.Retired:
		e.refuse(token.Ended, "this serial was retired; its life is over; if the device was burnt anew with this seed, %s gives it a new life", fault.Reburnt)
	case here.Fingerprint != e.Fingerprint && l.req.Reburnt:
		e.refuse(token.Conflict, "this serial is in the store with another seed, and the token there is %s; %s ends it before its device gets a new life", here.State, fault.Do(token.CmdRetire, here.Serial))
	case here.Fingerprint != e.Fingerprint:
		l.conflict(e, here, "another seed")
		if e.verdict == token.Conflict && !here.Untouched() {
			e.reason = fault.Textf("%s; if the device was burnt anew, end the old token with %s and import this with %s", e.reason, fault.Do(token.CmdRetire, here.Serial), fault.Reburnt)
		}
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
	case !l.req.Replace && here.Untouched():
		e.refuse(token.Conflict, "this serial is in the store with %s; the token there was never given out: %s exchanges it", what, fault.Replacing)
		e.offered = true
	case !l.req.Replace && here.State == token.InStock:
		e.refuse(token.Conflict, "this serial is in the store with %s; the token there was given out or tried before", what)
	case !l.req.Replace:
		e.refuse(token.Conflict, "this serial is in the store with %s; the token there is %s", what, here.State)
	case here.State != token.InStock:
		e.refuse(token.Conflict, "this serial is in the store with %s, and is not replaced: it is %s", what, here.State)
	case here.Issued:
		e.refuse(token.Conflict, "this serial is in the store with %s, and is not replaced: it was given out before", what)
	case !here.Untouched():
		e.refuse(token.Conflict, "this serial is in the store with %s, and is not replaced: codes of it were tried", what)
	default:
		e.replaces = &here
	}
}

// judgeSeeds refuses seeds that belong to another serial. Fingerprints find them;
// opening the seed that is here settles it.
func (l *loader) judgeSeeds(r Reader, all []entry) error {
	var prints []int64
	for i := range all {
		if e := &all[i]; (e.verdict == token.New || e.offered) && l.mayBeHere(e) {
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
		if e.verdict != token.New && !e.offered {
			continue
		}
		for _, o := range owners[e.Fingerprint] {
			if o.Serial.Key() == e.Serial.Key() {
				continue
			}
			if o.Serial.IsFormer() && o.Serial.Device().Key() == e.Serial.Key() {
				e.refuse(token.Ended, "its seed is one that this device had before it was burnt anew (token %s): a seed that was used does not come back", o.Serial)
				break
			}
			same, err := l.sameSeed(r, e, o)
			switch {
			case err != nil:
				return err
			case !same: // of ten million tokens two share a fingerprint by chance once in 300,000 stores
				e.refuse(token.Conflict, "its seed has by chance the fingerprint of that of token %s; a store cannot have both", o.Serial)
			case e.offered:
				e.refuse(token.Conflict, "this serial is in the store with another seed, and the seed in the file belongs to token %s", o.Serial)
			case o.LoadingBy != "":
				e.refuse(token.SeedClone, "its seed belongs to token %s, which is being loaded right now, by %s", o.Serial, o.LoadingBy)
			default:
				e.refuse(token.SeedClone, "its seed belongs to token %s, which is %s", o.Serial, o.State)
			}
			break
		}
	}
	return nil
}

// sameSeed opens the seed that is here. Of one that was destroyed the fingerprint is
// all that is left to go by.
func (l *loader) sameSeed(r Reader, e *entry, here Stored) (bool, error) {
	seed, err := desk.OpenSeed(r, l.keys, here.ID, here.Serial)
	if fault.KindOf(err) == fault.NotAllowed {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer seed.Clear()
	return bytes.Equal(seed.Key(), e.seed.Key()), nil
}

// mayBeHere reports whether the store may have the seed: see lookForSeeds.
func (l *loader) mayBeHere(e *entry) bool { return l.seedsHere == nil || l.seedsHere.has(e.n) }
