package desk_test

import (
	"testing"
	"time"

	"fob/internal/fault"
)

// No way out of the store and back makes a used code good, or opens a lock: what
// ever answered a code, or failed, neither is replaced nor leaves with its batch.
func TestUsedStaysUsed(t *testing.T) {
	for name, use := range map[string]func(h *house, right string){
		"a code that was used": func(h *house, right string) {
			_, err := h.desk.Resync(bg, h.codes("S1", right))
			must(h.t, err)
		},
		"a failure": func(h *house, _ string) {
			_, err := h.desk.Check(bg, h.codes("S1", "000000"))
			kindIs(h.t, err, fault.CodeRefused)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.load(csv(line("S1", 1)))
			right := h.shown(1, 0)
			use(h, right)
			h.clock.advance(time.Second)
			before := h.dump()
			req := request(csv(line("S1", 9)))
			req.Replace = true
			res, err := h.intake.Import(bg, req)
			kindIs(t, err, fault.Refused, "1 of 1 records")
			says(t, res.Rejects[0].Reason.String(), "is not replaced: codes of it were tried")
			_, err = h.intake.WithdrawBatch(bg, onBatch(1))
			kindIs(t, err, fault.NotAllowed, "batch 1 cannot be withdrawn", "S1", "codes of it were tried")
			if h.dump() != before {
				t.Error("something was written")
			}
			if _, err := h.desk.Bind(bg, h.codes("S1", right)); name == "a code that was used" && fault.KindOf(err) != fault.CodeRefused {
				t.Errorf("the used code: %v", err)
			}
		})
	}
}
