package intake

import (
	"fmt"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

// judged is a candidate with its verdict.
type judged struct {
	candidate
	n        uint32 // number of the record in its file, from 0
	verdict  token.Verdict
	reason   fault.Text
	print    int64
	nth      int     // different seeds in the store that share the print
	replaces *Stored // the token that it is to replace
	loading  bool    // refused because another import is bringing it
	sealed   []byte
}

func (j *judged) refuse(v token.Verdict, format string, args ...any) {
	j.verdict, j.reason = v, fault.Textf(format, args...)
}

// judge gives the verdicts that need the store, for a whole slice at once.
// Verdicts that the file alone settled stay.
type judge struct {
	keys    desk.Keyring
	replace bool
	// newAccount takes accounts as they are that the list of people does not have.
	newAccount bool
	own        int64    // the batch that is loading
	known      *numbers // records whose fingerprint is in the store; nil: all may be
	here       here     // tokens that were looked at before the slices came
}

func (jg judge) slice(r Reader, all []judged) error {
	rest, err := jg.unchanged(r, all)
	if err != nil {
		return err
	}
	if err := jg.serials(r, all, rest); err != nil {
		return err
	}
	var prints []int64
	for i := range all {
		if j := &all[i]; j.verdict == token.New && jg.mayBeKnown(j) {
			prints = append(prints, j.print)
		}
	}
	same, err := r.StoredByFingerprint(prints)
	if err != nil {
		return err
	}
	for i := range all {
		if j := &all[i]; j.verdict == token.New && len(same) > 0 {
			if err := jg.clone(r, j, same[j.print]); err != nil {
				return err
			}
		}
	}
	return jg.accounts(r, all)
}

// accounts refuses new tokens that the file gives to somebody whom the list of
// people does not have.
func (jg judge) accounts(r Reader, all []judged) error {
	for i := range all {
		j := &all[i]
		if j.verdict != token.New || j.account == "" || jg.newAccount {
			continue
		}
		err := desk.CheckAccount(r, j.account, jg.newAccount, false)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			j.refuse(token.Invalid, "%v (%s)", err, fault.AdviceOf(err))
		case err != nil:
			return err
		}
	}
	return nil
}

// unchanged judges the records that are here as they are, and gives the serials that
// have to be looked at more closely.
func (jg judge) unchanged(r Reader, all []judged) (rest []string, err error) {
	var serials []string
	for i := range all {
		j := &all[i]
		if j.verdict == token.New && jg.here.has(j) {
			j.verdict = token.Unchanged
		}
		if j.verdict == token.New {
			serials = append(serials, j.columns.Serial.Key())
		}
	}
	known, others, err := r.Known(serials, jg.own)
	if err != nil || len(known) == 0 && !others {
		return nil, err
	}
	for i := range all {
		j := &all[i]
		if j.verdict != token.New {
			continue
		}
		key := j.columns.Serial.Key()
		k, here := known[key]
		switch {
		case here && k.is(j):
			j.verdict = token.Unchanged
		case here || others:
			rest = append(rest, key)
		}
	}
	return rest, nil
}

func (k Known) is(j *judged) bool {
	c := j.columns
	return k.State != token.Retired && k.Fingerprint == j.print && k.Counter == c.Counter &&
		k.Params == c.Params
}

// serials judges the records of some serials as to the token that is here.
func (jg judge) serials(r Reader, all []judged, serials []string) error {
	stored, err := r.Stored(serials)
	if err != nil || len(stored) == 0 {
		return err
	}
	for i := range all {
		if j := &all[i]; j.verdict == token.New {
			if here, ok := stored[j.columns.Serial.Key()]; ok {
				jg.compare(j, here)
			}
		}
	}
	return nil
}

// mayBeKnown reports whether the store may have the seed.
func (jg judge) mayBeKnown(j *judged) bool { return jg.known == nil || jg.known.has(j.n) }

// compare judges a record whose serial is here.
func (jg judge) compare(j *judged, here Stored) {
	c, h := j.columns, here.Facts
	switch {
	case here.LoadingBy != "":
		j.loading = true
		j.refuse(token.Conflict, "this serial is being loaded right now, by %s", here.LoadingBy)
	case here.State == token.Retired:
		j.refuse(token.Ended, "this serial was retired; its life is over")
	case h.Fingerprint != j.print:
		jg.conflict(j, here, "another seed")
	case h.Params != c.Params:
		jg.conflict(j, here, "other parameters: "+h.Params.String()+", in the file "+c.Params.String())
	case h.Counter != c.Counter:
		jg.conflict(j, here, fmt.Sprintf("another counter: %d, in the file %d", h.Counter, c.Counter))
	default:
		j.verdict = token.Unchanged
	}
}

// conflict refuses, or marks the record as a replacement where that was asked
// for and the token in the store was never given out.
func (jg judge) conflict(j *judged, here Stored, what string) {
	switch {
	case !jg.replace:
		j.refuse(token.Conflict, "this serial is in the store with %s", what)
	case here.State != token.InStock:
		j.refuse(token.Conflict, "this serial is in the store with %s, and is not replaced: it is %s", what, here.State)
	case here.Issued:
		j.refuse(token.Conflict, "this serial is in the store with %s, and is not replaced: it was given out before", what)
	default:
		j.replaces = &here
	}
}

// clone judges a record whose seed may belong to another serial. Eight equal
// bytes are not yet the same seed: opening both settles it.
func (jg judge) clone(r Reader, j *judged, owners []Stored) error {
	j.nth = 0
	for _, o := range owners {
		if o.Serial.Key() == j.columns.Serial.Key() {
			continue
		}
		same, err := jg.sameSeed(r, j, o)
		if err != nil {
			return err
		}
		if same {
			j.refuse(token.SeedClone, "its seed belongs to token %s, which is %s", o.Serial, whereabouts(o))
			return nil
		}
		j.nth++
	}
	return nil
}

func whereabouts(o Stored) string {
	if o.LoadingBy != "" {
		return "being loaded right now, by " + o.LoadingBy
	}
	return string(o.State)
}

func (jg judge) sameSeed(r Reader, j *judged, o Stored) (bool, error) {
	if o.State == token.Retired {
		return true, nil // its seed is destroyed, and chance is the worse guess
	}
	seed, err := desk.OpenSeed(r, jg.keys, o.ID, o.Serial)
	if err != nil {
		return false, err
	}
	defer seed.Clear()
	return seed.Equal(j.seed), nil
}
