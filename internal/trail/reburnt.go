package trail

import (
	"errors"
	"fmt"

	"fob/internal/token"
)

// A programmable token can be burnt anew: its device gets another seed, and keeps its
// serial. That is another token. The one before it was retired; it keeps its id, its
// bindings, its watermark and its fingerprint, so that its seed never comes back, and is
// called by the serial with the number of that life. Events before name it as it was
// called then. So nothing that is known of a serial's earlier life is known of the new
// one, and nothing of it is forgotten.

// reburnt applies what an import says of one serial.
func (f *Fold) reburnt(e *Event, b *batch, r Reburnt) error {
	f.places[r.Location] = true
	serial := r.Old.Serial
	switch {
	case r.Former.Device() != serial || !r.Former.IsFormer() || r.New.Serial.Key() != serial.Key():
		return fmt.Errorf("it burns token %s anew, and calls it %s and %s", serial, r.Former, r.New.Serial)
	case r.New.Fingerprint == r.Old.Fingerprint:
		return fmt.Errorf("it says that token %s was burnt anew, and the seed is the same", serial)
	case e.Texts[TextApprover] == "":
		return errors.New("it burns tokens anew without a second person")
	case r.New.ID < b.FirstID || r.New.ID > b.LastID:
		return fmt.Errorf("the new life of token %s is not of its batch", serial)
	}
	old := f.batchOf(r.Old.ID)
	if old == nil && !f.part {
		return fmt.Errorf("it burns token %s (id %d) anew, which no import before it brought", serial, r.Old.ID)
	}
	if old != nil {
		if old.renamed == nil {
			old.renamed = map[int64]token.Serial{}
		}
		old.renamed[r.Old.ID] = serial
	}
	key := r.New.Serial.Key()
	if !f.span.has(key) {
		return nil
	}
	t := f.token(key)
	switch {
	case !f.part && (t == nil || f.get(t.state) != string(token.Retired)):
		return fmt.Errorf("token %s is burnt anew, and was not retired before", serial)
	case t != nil:
		f.passSerial(t, r.Former.Key(), e.Seq)
	default:
		f.tell(change{serial: r.Former.Key(), others: everything}, nil)
	}
	t = f.make(key, token.InStock)
	f.put(t, token.Standing{Since: b.At, Location: r.Location})
	f.tell(change{serial: key, others: everything}, t)
	return nil
}

// passSerial has a token called otherwise, with its bindings.
func (f *Fold) passSerial(t *keptToken, former string, seq int64) {
	now := f.make(former, token.Retired)
	serial := now.serial
	*now = *t
	now.serial, now.last = serial, seq
	for i := now.bound; i != 0; i = f.bindings.at(i).before {
		f.bindings.at(i).token = serial
	}
	f.tell(change{serial: former, others: everything}, now)
}
