package otp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

// whole is n with -tags soak, else a small part of it.
func whole(n, part int) int {
	if soak {
		return n
	}
	return part
}

// display is a token whose codes were computed beforehand, so that millions of
// attempts can be counted; digits below six keep the end of each code only, so that
// what is too rare to be counted is not.
type display struct {
	lo    int64
	codes []string
}

func (d display) code(step int64) (string, error) {
	if step < d.lo || step >= d.lo+int64(len(d.codes)) {
		return "", fault.Errorf(fault.Internal, "step %d was not computed", step)
	}
	return d.codes[step-d.lo], nil
}

var today = time.Unix(1_700_000_055, 0)

// displayOf is a token with a random seed around today's step.
func displayOf(r *rand.Rand, p token.Params, steps int64, digits int) display {
	seed := make([]byte, 20)
	for i := range seed {
		seed[i] = byte(r.Uint32())
	}
	gen, err := newGenerator(p, token.NewSeed(seed))
	if err != nil {
		panic(err) // the parameters are ours
	}
	d := display{lo: max(0, StepAt(p, today, 0)-steps)}
	for s := d.lo; s <= StepAt(p, today, 0)+steps; s++ {
		code, err := gen.code(s)
		if err != nil {
			panic(err)
		}
		d.codes = append(d.codes, code[p.Digits-digits:])
	}
	return d
}

func totp(period int) token.Params {
	return token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: period}
}

// tried runs the window functions on codes as they were typed at once, or in a
// conversation of so many seconds.
func tried(t *testing.T, d display, a Attempt, apart float64, codes ...string) (match, bool, int) {
	t.Helper()
	for i, c := range codes {
		a.Entries = append(a.Entries, Entry{c, today.Add(time.Duration(float64(i) * apart * float64(time.Second)))})
	}
	a.Paced = apart > 0
	s := newSearch(a, d)
	m, ok, err := s.match()
	if err != nil {
		t.Fatal(err)
	}
	return m, ok, s.win.size()
}

func random(r *rand.Rand, digits int) string {
	return fmt.Sprintf("%0*d", digits, r.IntN(int(math.Pow10(digits))))
}

// holds demands that a count is what the arithmetic expects, within five standard
// deviations.
func holds(t *testing.T, what string, hits, attempts int, odds float64) {
	t.Helper()
	want := odds * float64(attempts)
	t.Logf("%s: %d of %d accepted, %.2e; expected %.2e", what, hits, attempts, float64(hits)/float64(attempts), odds)
	if math.Abs(float64(hits)-want) > 5*math.Sqrt(want)+1 {
		t.Errorf("%s: %d of %d accepted, %.1f were expected", what, hits, attempts, want)
	}
}

// A guessed code passes in the widest window of one code, 21 steps of six digits,
// 2.1 times in 100,000.
func TestOddsOfOneCode(t *testing.T) {
	const limit = 2.5e-5
	r := rand.New(rand.NewPCG(10, 3))
	attempts, hits, size := whole(10_000_000, 200_000), 0, 0
	a := Attempt{Params: totp(30), Prediction: Prediction{HalfWidth: 1e6}}
	d := displayOf(r, a.Params, 12, 6)
	for i := range attempts {
		if i%10_000 == 0 {
			d = displayOf(r, a.Params, 12, 6)
		}
		var ok bool
		if _, ok, size = tried(t, d, a, 0, random(r, 6)); ok {
			hits++
		}
	}
	odds := float64(size) * 1e-6
	if holds(t, "one code, guessed", hits, attempts, odds); size != 21 || odds > limit {
		t.Errorf("%d steps, odds of %.1e", size, odds)
	}
}

// A neighbour's code, shown at the same moment, is no better than a guess: a
// mistyped serial passes as seldom.
func TestOddsOfANeighbour(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 4))
	a := Attempt{Params: totp(30), Prediction: Prediction{HalfWidth: 1e6}}
	fleet := make([]display, whole(3200, 450))
	for i := range fleet {
		fleet[i] = displayOf(r, a.Params, 12, 6)
	}
	hits, attempts := 0, 0
	for i, d := range fleet {
		for j, n := range fleet {
			if i != j {
				attempts++
				code, _ := n.code(StepAt(a.Params, today, 0))
				if _, ok, _ := tried(t, d, a, 0, code); ok {
					hits++
				}
			}
		}
	}
	holds(t, "one code, a neighbour's", hits, attempts, 2.1e-5)
}

// What a pair is guessed with is too rare to be counted at six digits, so it is
// counted at one to three and scaled: with n steps, g gaps and d digits
// n·g/10^2d, which for six digits must stay below 2e-9, and 1.1e-8 with --deep.
func TestOddsOfTwoCodes(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 5))
	for _, c := range []struct {
		name     string
		period   int
		deep     bool
		apart    float64
		gaps     int
		digits   int
		attempts int
		limit    float64 // at six digits
	}{
		{"two codes", 30, false, 0, 1, 2, whole(1_000_000, 5_000), 2e-9},
		{"two codes", 30, false, 0, 1, 3, whole(2_000_000, 20_000), 2e-9},
		{"two codes of a conversation", 30, false, 60, 3, 3, whole(1_000_000, 10_000), 2e-9},
		{"two codes, 60 s", 60, false, 120, 3, 3, whole(1_000_000, 10_000), 2e-9},
		{"two codes, deep", 30, true, 0, 1, 3, whole(200_000, 2_000), 1.1e-8},
		{"two codes of a conversation, deep", 30, true, 60, 3, 3, whole(200_000, 2_000), 1.1e-8},
	} {
		a := Attempt{Params: totp(c.period), Deep: c.deep, Prediction: Prediction{HalfWidth: 2250}}
		hits, size := 0, 0
		var d display
		for i := range c.attempts {
			if i%1000 == 0 {
				d = displayOf(r, a.Params, 1700, c.digits)
			}
			first, second := random(r, c.digits), random(r, c.digits)
			var ok bool
			if _, ok, size = tried(t, d, a, c.apart, first, second); ok {
				hits++
			}
		}
		space := math.Pow10(2 * c.digits)
		odds := 1 - math.Pow(1-1/space, float64(size*c.gaps))
		holds(t, fmt.Sprintf("%s, %d digits, %d steps", c.name, c.digits, size), hits, c.attempts, odds)
		if six := float64(size*c.gaps) * 1e-12; six > c.limit {
			t.Errorf("%s: %.1e at six digits, the limit is %.1e", c.name, six, c.limit)
		} else {
			t.Logf("%s: %.1e at six digits", c.name, six)
		}
	}
}

// A counter is guessed no more easily.
func TestOddsOfACounter(t *testing.T) {
	p := token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6}
	for _, c := range []struct {
		codes int
		deep  bool
		limit float64
	}{{1, false, 2.5e-5}, {2, false, 2e-9}, {2, true, 1.1e-8}} {
		a := Attempt{Params: p, Deep: c.deep, Entries: make([]Entry, c.codes)}
		if odds := float64(usual(a).size()) * math.Pow(1e-6, float64(c.codes)); odds > c.limit {
			t.Errorf("%d codes: %.1e", c.codes, odds)
		}
	}
}

// The odds recomputed for every state that a token can be in: which codes, or pairs of
// them, are accepted is counted out over all steps of its window, whatever the period,
// the age of its record, and the time between two codes. They hold for any period.
func TestOddsInEveryState(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 6))
	ages := []float64{0, 7, 30, 120, 270, 365, 3 * 365, 10 * 365, 20 * 365, 30 * 365} // days
	most := map[string]float64{}
	for _, period := range []int{1, 5, 10, 15, 19, 20, 30, 45, 60, 90, 300, 900, 3600} {
		d := displayOf(r, totp(period), 5600, 6)
		for _, days := range ages {
			a := Attempt{Params: totp(period), Prediction: Prediction{HalfWidth: baseWidth + widthPerDay*days}}
			a.Entries = []Entry{{At: today}}
			odds := float64(len(accepted(d, a))) * 1e-6
			if most["one code"] = max(most["one code"], odds); odds > OneCodeOdds {
				t.Errorf("one code, %d s, %g days: %.2e", period, days, odds)
			}
			for _, apart := range []float64{0, 1, 0.4, 1.2, 1.7, 2, 2.4, 3} { // periods
				for deep, limit := range map[bool]float64{false: TwoCodeOdds, true: DeepOdds} {
					a.Entries = []Entry{{At: today}, {At: today.Add(time.Duration(apart * float64(period) * float64(time.Second)))}}
					a.Paced, a.Deep = apart > 0, deep
					odds := float64(len(accepted(d, a))) * 1e-12
					name := fmt.Sprintf("two codes, deep %v", deep)
					if most[name] = max(most[name], odds); odds > limit {
						t.Errorf("%s, %d s, %g days, %g periods apart: %.2e", name, period, days, apart, odds)
					}
				}
			}
		}
	}
	for name, odds := range most {
		t.Logf("%s: %.3e at most", name, odds)
	}
	// The commonest tokens are searched as far as they always were.
	for period, want := range map[int]int{30: 481, 60: 241} {
		a := Attempt{Params: totp(period), Entries: []Entry{{At: today}, {At: today.Add(70 * time.Second)}}, Paced: true}
		if got := usual(a).size(); got != want {
			t.Errorf("%d s: two codes are searched in %d steps, not in %d", period, got, want)
		}
	}
}

// accepted are the codes, or pairs of codes, that an attempt is accepted with.
func accepted(d display, a Attempt) map[[2]string]bool {
	all, w := map[[2]string]bool{}, usual(a)
	for s := w.lo; s <= w.hi; s++ {
		first, err := d.code(s)
		if err != nil {
			panic(err) // too few were computed
		}
		if len(a.Entries) == 1 {
			all[[2]string{first}] = true
			continue
		}
		for _, gap := range pairGaps(a) {
			second, err := d.code(s + gap)
			if err != nil {
				panic(err)
			}
			all[[2]string{first, second}] = true
		}
	}
	return all
}
