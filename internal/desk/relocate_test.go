package desk_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/stocktake"
	"fob/internal/token"
	"fob/internal/trail"
)

var places = []string{"Berlin", "Berlin/Safe 1", "Berlin/Safe 2", "Hamburg", "hamburg / Desk"}

func (h *house) relocate(to string, serials ...token.Serial) (desk.Relocated, error) {
	return h.desk.Relocate(bg, desk.Relocation{Serials: serials, To: to, New: true})
}

// stocktake holds labels against the records of a place.
func (h *house) stocktake(place string, labels ...string) (s *stocktake.Result) {
	h.t.Helper()
	must(h.t, h.store.Snapshot(bg, func(r report.Reader) error {
		var scans []stocktake.Scan
		for i, l := range labels {
			scans = append(scans, stocktake.Scan{Line: i + 1, Reading: token.ReadScan(l)})
		}
		c := stocktake.NewCount(place, fault.Plain)
		_, err := c.Add(r, scans)
		if err == nil {
			s, err = c.Finish(r)
		}
		return err
	}))
	return s
}

// randomMove moves a token, or posts a stocktake of a place in which a few were
// scanned.
func (h *house) randomMove(r *rand.Rand) {
	h.t.Helper()
	to := places[r.IntN(len(places))]
	serials := []token.Serial{token.Serial(serialOf(uint64(1 + r.IntN(40))))}
	if r.IntN(2) == 0 {
		var labels []string
		for range 8 {
			labels = append(labels, serialOf(uint64(1+r.IntN(44))))
		}
		s := h.stocktake(to, labels...)
		for _, f := range s.Findings {
			if f.Finding == stocktake.Missing && slices.Contains(labels, string(f.Serial)) {
				h.t.Errorf("%s was scanned and is missing", f.Serial)
			}
		}
		if serials = s.ToPost(); len(serials) == 0 {
			return
		}
		_, err := h.relocate(to, serials...)
		must(h.t, err)
		if left := h.stocktake(to, labels...).ToPost(); len(left) > 0 {
			h.t.Errorf("%s: %v are still to be posted", to, left)
		}
		return
	}
	if _, err := h.relocate(to, serials...); err != nil && fault.KindOf(err) != fault.NotAllowed && fault.KindOf(err) != fault.NotFound {
		h.t.Fatal(err)
	}
}

// addsUp demands that the counts by place and state are those of the tokens one by
// one, and together as many as were imported.
func (h *house) addsUp(imported int) {
	h.t.Helper()
	counted, listed := map[string]int{}, map[string]int{}
	total, top := 0, 0
	must(h.t, h.store.Snapshot(bg, func(r report.Reader) error {
		all, err := report.ReadPlaces(r, report.Filter{})
		if err != nil {
			return err
		}
		for _, p := range all {
			name := ""
			if p.Location != nil {
				name = *p.Location
			}
			sum := 0
			for state, n := range p.States {
				counted[token.LocationKey(name)+" "+string(state)] += n
				sum += n
			}
			if sum != p.Tokens {
				h.t.Errorf("%q: its states are %d tokens, not %d", name, sum, p.Tokens)
			}
			if total += p.Tokens; !slices.Contains([]byte(name), '/') {
				top += p.Within
			}
		}
		for t, err := range r.Tokens(report.Filter{}) {
			if err != nil {
				return err
			}
			name := ""
			if t.Location != nil {
				name = *t.Location
			}
			listed[token.LocationKey(name)+" "+string(t.State)]++
		}
		return nil
	}))
	maps.DeleteFunc(counted, func(_ string, n int) bool { return n == 0 })
	if d := cmp.Diff(listed, counted); d != "" {
		h.t.Errorf("tokens and counts differ: %s", d)
	}
	if total != imported || top != imported {
		h.t.Errorf("the places hold %d tokens, with what lies below them %d; %d were imported", total, top, imported)
	}
}

// A move says from where and to where; a token that is there already is not
// written of; a wrong serial moves none.
func TestRelocate(t *testing.T) {
	h := newHouse(t)
	h.load(generated(1, 4))
	one, two := token.Serial(serialOf(1)), token.Serial(serialOf(2))
	res, err := h.relocate(" berlin/ Safe 1", one, two)
	must(t, err)
	if res.Location != "berlin/Safe 1" || len(res.Moved) != 2 {
		t.Errorf("%+v", res)
	}
	before := h.dump()
	res, err = h.relocate("Berlin/safe 1", one, one)
	must(t, err)
	if len(res.Moved) != 0 || len(res.There) != 1 || h.dump() != before {
		t.Errorf("moved to where it is: %+v", res)
	}
	_, err = h.relocate("Hamburg", one, "NOBODY")
	kindIs(t, err, fault.NotFound, "nothing was moved")
	_, err = h.desk.Relocate(bg, desk.Relocation{Serials: []token.Serial{one}, To: "Berlni"})
	kindIs(t, err, fault.NotFound, "there is no location Berlni")
	if h.dump() != before {
		t.Error("a refusal changed something")
	}
	_, err = h.relocate("Berlin/Safe 2", one)
	must(t, err)
	e := h.lastEvent()
	d := detail[trail.TokenDetail](t, e)
	if e.Command != token.CmdMove || *d.MovedFrom != "berlin/Safe 1" || d.After.Location != "berlin/Safe 2" || e.From != token.InStock || e.To != token.InStock {
		t.Errorf("the event: %+v %+v", e, d)
	}
	h.verified()
}

// Many go in several transactions, and the same request goes on behind an
// interruption.
func TestRelocateMany(t *testing.T) {
	h := newHouse(t)
	const n = 4500
	h.load(generated(1, n))
	var serials []token.Serial
	for i := range n {
		serials = append(serials, token.Serial(serialOf(uint64(i+1))))
	}
	h.desk.Now = h.clock.Now
	_, err := h.relocate("Berlin", serials[:100]...)
	must(t, err)
	res, err := h.relocate("Berlin", serials...)
	must(t, err)
	if len(res.Moved) != n-100 || len(res.There) != 100 {
		t.Errorf("%d moved, %d there", len(res.Moved), len(res.There))
	}
	h.addsUp(n)
	h.verified()
}

// A check digit is forgiven where one token alone fits; a serial that is here as it
// was read is that token.
func TestStocktakeOfCheckDigits(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("7992739871", 1), line("79927398713", 2), line("123456", 3), line("FT-77", 4)))
	_, err := h.relocate("Berlin", "7992739871", "79927398713", "123456", "FT-77")
	must(t, err)
	for _, c := range []struct{ label, want string }{
		{"79927398713", "79927398713"}, {"7992739871", "7992739871"}, {"1234566", "123456"}, // Luhn of 123456 is 6
		{"ft77", "FT-77"}, {"1234567", ""}, {"12345", ""},
	} {
		s := h.stocktake("Berlin", c.label)
		if got := 4 - len(s.Missing); got != map[bool]int{true: 1, false: 0}[c.want != ""] || c.want != "" && slices.Contains(s.Missing, c.want) {
			t.Errorf("%s: missing %v, unknown %v", c.label, s.Missing, s.Unknown)
		}
	}
	h.load(csv(line("S-123", 5), line("S12-3", 6)))
	if s := h.stocktake("Berlin", "S123"); fmt.Sprint(s.Unknown) != "[S123]" || s.Findings[0].Todo() != "it may be S-123 or S12-3: type the serial as it is printed" {
		t.Errorf("two tokens fit: %+v", s)
	}
}
