package trail

import (
	"fmt"

	"fob/internal/token"
)

// Seeds are destroyed in three ways: with the life of their token, which its own event
// says; those of a batch, whose events name the tokens; and with a delivery that hands
// them over for good, which names ids.

// seedsDestroyed applies a slice of the destruction of a batch's seeds.
func (f *Fold) seedsDestroyed(e *Event) error {
	var d DestroyDetail
	b, err := f.batchNamed(e)
	if err == nil {
		err = e.decode(&d)
	}
	if err != nil {
		return err
	}
	for _, serial := range d.Serials {
		key := serial.Key()
		if !f.span.has(key) {
			continue
		}
		t := f.token(key)
		if t == nil {
			t = f.make(key, token.InStock)
			f.put(t, token.Standing{Since: b.At, Location: b.Location})
		}
		if t.destroyed && !f.part {
			return fmt.Errorf("the seed of token %s was destroyed before", serial)
		}
		c := change{serial: key, known: t.since != 0, was: f.shown(t)}
		t.destroyed, t.last = true, e.Seq
		f.tell(c, t)
	}
	return nil
}

// handedOver reports whether a token's seed went with a delivery for good.
func (f *Fold) handedOver(id int64) bool {
	if len(f.gone) == 0 {
		return false
	}
	if f.goneOf == nil {
		f.goneOf = NewHanded(f.gone)
	}
	return len(f.goneOf.In(id)) > 0
}
