package trail

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"fob/internal/token"
)

// VerifierDetail is what the adding or removing of a verifier carries.
type VerifierDetail struct {
	Target string `json:"target"`
}

// VerifierRow is a verifier. One that was removed keeps its row: what it got before
// is no task any more, also when another of its name comes.
type VerifierRow struct {
	Name    string
	Target  string
	Added   time.Time
	Removed time.Time // the last time; zero: never
	Active  bool
}

// EndedDetail says that a verifier does not accept tokens any more.
type EndedDetail struct {
	At      time.Time      `json:"at"`
	IDs     IDRanges       `json:"ids"`
	Serials []token.Serial `json:"serials"`
	List    string         `json:"list_sha256,omitempty"` // the verifier's own list that proves it
}

// EndedRow is the newest such word about a token at a verifier.
type EndedRow struct {
	Verifier string
	TokenID  int64
	At       time.Time
	Noted    time.Time
}

// Task is a token that a verifier got, and should not accept any more.
type Task struct {
	ID        int64
	Serial    token.Serial
	Verifier  string
	Target    string
	State     token.State
	Account   string // who had it
	Why       string // the state, or unbound
	Since     time.Time
	Delivered time.Time
}

// endedKey names a token at a verifier.
type endedKey struct {
	verifier string
	id       int64
}

// verifierEvent takes what is said about a verifier.
func (f *Fold) verifierEvent(e *Event) error {
	name := e.Object.ID
	if e.Command == token.CmdVerifierDone {
		return f.ended(e, name)
	}
	var d VerifierDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	v, adds := f.verifiers[name], e.Command == token.CmdVerifierAdd
	if v.Active == adds && !f.part {
		return fmt.Errorf("the verifier %s was there before it: %t", name, v.Active)
	}
	if v.Name, v.Target, v.Active = name, d.Target, adds; adds {
		v.Added = e.Time.UTC()
	} else {
		v.Removed = e.Time.UTC()
	}
	f.verifiers[name] = v
	return nil
}

func (f *Fold) ended(e *Event, verifier string) error {
	var d EndedDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	if f.handed == nil {
		f.handed = NewHanded(f.deliveries)
	}
	n := 0
	for _, r := range d.IDs {
		for id := r.First; id <= r.Last && n <= len(d.Serials); id++ {
			n++
			got := slices.ContainsFunc(f.handed.In(id), func(i int32) bool { return f.deliveries[i].Verifier == verifier })
			if !got && !f.part {
				return fmt.Errorf("it ends token id %d at %s, which never got it", id, verifier)
			}
			f.ends[endedKey{verifier, id}] = EndedRow{verifier, id, d.At.UTC(), e.Time.UTC()}
		}
	}
	if n != len(d.Serials) {
		return fmt.Errorf("it ends %d tokens and names %d", len(d.Serials), n)
	}
	return nil
}

// compareVerifiers holds the verifiers, and what they ended, against the trail.
func (v *verification) compareVerifiers(t Tables) error {
	told := maps.Clone(v.fold.verifiers)
	for row, err := range t.VerifierRows() {
		if err != nil {
			return err
		}
		if is, known := told[row.Name]; !known {
			v.Problemf("verifier %s: the trail does not know it", row.Name)
		} else if row != is {
			differences(&v.Report, "verifier "+row.Name, row, is)
		}
		delete(told, row.Name)
	}
	if len(told) > 0 {
		v.Problemf("verifiers are gone: %s", strings.Join(slices.Sorted(maps.Keys(told)), ", "))
	}
	ends := maps.Clone(v.fold.ends)
	for row, err := range t.EndedRows() {
		if err != nil {
			return err
		}
		key := endedKey{row.Verifier, row.TokenID}
		if is, known := ends[key]; !known {
			v.Problemf("token id %d is said to be ended at %s, and the trail does not say so", row.TokenID, row.Verifier)
		} else if row != is {
			differences(&v.Report, fmt.Sprintf("token id %d at %s", row.TokenID, row.Verifier), row, is)
		}
		delete(ends, key)
	}
	if len(ends) > 0 {
		v.Problemf("%d tokens were ended at verifiers, and the tables do not say so", len(ends))
	}
	return nil
}
