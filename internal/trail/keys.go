package trail

import (
	"errors"
	"fmt"
	"slices"

	"fob/internal/token"
)

// accepted looks at the acceptance of an older state, which changes nothing: what was
// found is the event before it.
func (f *Fold) accepted(e *Event) error {
	var d AcceptDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	if d.Found.Seq != e.Seq-1 {
		return fmt.Errorf("it accepts a trail of %d events", d.Found.Seq)
	}
	return nil
}

// keysChanged takes a change of the store's keys or custodians. Each event says all
// of them; what may follow what is known here.
func (f *Fold) keysChanged(e *Event) error {
	var d KeysDetail
	if err := e.decode(&d); err != nil {
		return err
	}
	was := f.keys
	f.keys = d
	if f.part {
		return nil
	}
	switch {
	case d.Generation != was.Generation+1:
		return fmt.Errorf("its keys are of generation %d, where %d was due", d.Generation, was.Generation+1)
	case len(d.Custodians) == 0:
		return errors.New("it leaves the store without a custodian")
	}
	came, went := lacking(d.Custodians, was.Custodians), lacking(was.Custodians, d.Custodians)
	keys := slices.Equal(d.Keys, was.Keys)
	switch {
	case e.Command == token.CmdKeyAdd && (came != 1 || went != 0 && len(d.Custodians) != 1 || !keys):
		return errors.New("it changes more than one new custodian") // who may be the only one from then on
	case e.Command == token.CmdKeyRemove && (came != 0 || went != 1 || !keys):
		return errors.New("it changes more than one custodian who goes")
	case e.Command == token.CmdKeyRotate && (came != 0 || went != 0 || keys):
		return errors.New("it rotates no key, or changes the custodians")
	}
	return nil
}

// lacking is how many custodians of one list another does not have.
func lacking(of, in []CustodianRow) (n int) {
	for _, c := range of {
		if !slices.ContainsFunc(in, func(o CustodianRow) bool {
			return o.Recipient == c.Recipient && o.Kind == c.Kind && o.Added.Equal(c.Added)
		}) {
			n++
		}
	}
	return n
}
