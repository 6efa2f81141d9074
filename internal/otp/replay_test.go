package otp

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"fob/internal/token"
)

// history is one token's life at the desk: codes accepted, refused, resynchronised
// and waited for, and in between everything that was ever shown, tried again.
type history struct {
	t    *testing.T
	r    *rand.Rand
	p    token.Params
	d    display
	mark token.Mark
	now  time.Time
	// drift is the token's, last what the record knows of it.
	drift, last float64
	observed    bool
	shown       []int64 // the steps of every code that anybody has read so far
	accepted    int
}

// No code is accepted twice, nor one from before an accepted one: whatever is
// accepted lies above all that was accepted before, and is what the token shows at
// that very step.
func TestNoReplay(t *testing.T) {
	const shards = 4
	var wg sync.WaitGroup
	var accepted, replays [shards]int
	histories := whole(1_000_000, 6_000) / shards
	for n := range shards {
		wg.Go(func() { accepted[n], replays[n] = live(t, rand.New(rand.NewPCG(10, uint64(6+n))), histories) })
	}
	wg.Wait()
	for n := range shards {
		t.Logf("%d histories, %d attempts accepted, %d tried with codes of before", histories, accepted[n], replays[n])
		if accepted[n] < histories || replays[n] < histories {
			t.Errorf("%d accepted and %d replays: the histories prove nothing", accepted[n], replays[n])
		}
	}
}

// live lives so many histories, and counts what they tried.
func live(t *testing.T, r *rand.Rand, histories int) (accepted, replays int) {
	var d [2]display
	for i := range histories {
		if i%2000 == 0 {
			d = [2]display{displayOf(r, totp(30), 1500, 6), displayOf(r, totp(60), 1500, 6)}
		}
		h := &history{t: t, r: r, p: totp(30 + i%2*30), d: d[i%2], now: today, drift: (r.Float64()*2 - 1) * 600}
		for range 4 + r.IntN(8) {
			replays += h.step()
		}
		accepted += h.accepted
	}
	return accepted, replays
}

// step does one of the things that happen, and tells how many replays it tried.
func (h *history) step() int {
	h.now = h.now.Add(time.Duration(h.r.IntN(120)) * time.Second)
	at := StepAt(h.p, h.now, h.drift)
	switch h.r.IntN(6) {
	case 0: // waited; now and then the computer's clock is set back within what is tolerated
		h.now = h.now.Add(time.Duration(h.r.IntN(1800)-60) * time.Second)
	case 1: // one code, as it is or mistyped
		h.shown = append(h.shown, at)
		h.try(0, h.at(at))
	case 2: // the next two
		h.shown = append(h.shown, at, at+1)
		h.try(float64(h.r.IntN(2)*h.p.Period), h.at(at), h.at(at+1))
		h.now = h.now.Add(time.Duration(h.p.Period) * time.Second)
	case 3: // a guess
		h.try(0, random(h.r, 6))
	default:
		return h.replay(at)
	}
	return 0
}

// replay tries codes of before, alone or in some company.
func (h *history) replay(at int64) int {
	if len(h.shown) == 0 {
		return 0
	}
	old := h.shown[h.r.IntN(len(h.shown))]
	ways := [][]int64{{old}, {old, old + 1}, {old - 1, old}, {old, at + 1}, {at, old}, {old + 1, old}}
	const tries = 2
	for range tries {
		codes, apart := ways[h.r.IntN(len(ways))], 0.0
		if len(codes) == 2 {
			apart = float64(h.r.IntN(3) * h.p.Period)
		}
		var texts []string
		for _, s := range codes {
			texts = append(texts, h.at(s))
		}
		h.try(apart, texts...)
	}
	return tries
}

func (h *history) at(step int64) string {
	code, err := h.d.code(step)
	if err != nil {
		panic(err) // the display knows every step that is asked of it
	}
	return code
}

// try is an attempt as the desk runs it: it writes what inventory writes.
func (h *history) try(apart float64, codes ...string) {
	a := Attempt{Params: h.p, Watermark: h.mark, Prediction: Prediction{Centre: h.last, HalfWidth: 60, Observed: h.observed}, Paced: apart > 0}
	if !h.observed {
		a.Prediction.HalfWidth = 2250
	}
	for i, c := range codes {
		a.Entries = append(a.Entries, Entry{c, h.now.Add(time.Duration(float64(i) * apart * float64(time.Second)))})
	}
	s := newSearch(a, h.d)
	m, ok, err := s.match()
	if err != nil {
		panic(err) // the display knows every step that is asked of it
	}
	if !ok {
		return
	}
	if h.mark.Known && m.first <= h.mark.Step || m.last < m.first || h.at(m.first) != codes[0] || h.at(m.last) != codes[len(codes)-1] {
		h.t.Errorf("steps %d and %d were accepted behind %+v", m.first, m.last, h.mark)
	}
	h.accepted++
	r := s.accept(m)
	h.mark, h.last, h.observed = token.MarkAt(r.Last), r.Drift, true
}
