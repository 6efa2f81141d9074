package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

// What people and tokens do.
const (
	typingSeconds = 25.0 // between reading a code and having typed it, 0 to so many
	mistyped      = 0.02 // of codes
	tries         = 3    // attempts that a desk makes before it takes another token
	visits        = 3
	sample        = 1000 // tokens of a batch whose first drifts are looked at, and rates of 200
	rateSample    = 200
)

const day = 24 * time.Hour

var arrival = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// fleet is a delivery of one model.
type fleet struct {
	crystal float64 // ppm either way, evenly spread
	period  int
	dated   bool // the seed file says when the tokens were made
}

func (f fleet) String() string {
	date := "date of manufacture unknown"
	if f.dated {
		date = "date of manufacture known"
	}
	return fmt.Sprintf("crystals ± %.0f ppm, %d s, %s", f.crystal, f.period, date)
}

func (f fleet) params() token.Params {
	return token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: f.period}
}

// tally is what came of one visit of every token.
type tally struct {
	one, two, never, deep int
	errors                []float64 // seconds, of predictions
}

func (t tally) total() int { return t.one + t.two + t.never }

func (t tally) share(n int) string {
	return fmt.Sprintf("%.2f %%", 100*float64(n)/float64(max(1, t.total())))
}

// medianError is said of predictions; of tokens never seen there is none.
func (t tally) medianError() string {
	if len(t.errors) == 0 {
		return ""
	}
	slices.Sort(t.errors)
	return fmt.Sprintf("%.0f s", t.errors[len(t.errors)/2])
}

// fob is a token with its true clock, and what is on record of it.
type fob struct {
	rate float64 // ppm
	made time.Time
	seed token.Seed
	mark token.Mark
	seen []token.Observation
	at   time.Time // of its last visit
	lost bool      // it could not be bound
}

func (t *fob) drift(at time.Time) float64 { return t.rate * 1e-6 * at.Sub(t.made).Seconds() }

// desk is where tokens of one fleet come to.
type desk struct {
	fleet
	r     *rand.Rand
	first []float64 // first drifts, in the order in which they were seen
	rates []float64 // of tokens that were seen over 90 days
}

// play lets every token come three times.
func (f fleet) play(n int, seed uint64) (all [visits]tally, err error) {
	d := &desk{fleet: f, r: rand.New(rand.NewPCG(seed, 238))}
	tokens := make([]*fob, n)
	for i := range tokens {
		tokens[i] = d.newFob()
	}
	for v := range all {
		var rates []float64
		for _, t := range tokens {
			if t.lost {
				continue
			}
			if err := d.visit(t, &all[v]); err != nil {
				return all, err
			}
			if c := (otp.History{Observations: t.seen, PriorPPM: otp.BatchRate(d.rates)}).Clock(f.period); c.Span >= 90*day {
				rates = append(rates, c.RatePPM)
			}
		}
		d.rates = rates[:min(len(rates), rateSample)]
	}
	return all, nil
}

func (d *desk) newFob() *fob {
	seed := make([]byte, 20)
	for i := range seed {
		seed[i] = byte(d.r.Uint32())
	}
	age := time.Duration((1 + 4*d.r.Float64()) * 365 * float64(day))
	return &fob{rate: (d.r.Float64()*2 - 1) * d.crystal, made: arrival.Add(-age), seed: token.NewSeed(seed),
		at: arrival.Add(d.seconds(float64(30 * day / time.Second)))}
}

func (d *desk) seconds(most float64) time.Duration {
	return time.Duration(d.r.Float64() * most * float64(time.Second))
}

// history is what the desk knows of a token's clock.
func (d *desk) history(t *fob) otp.History {
	h := otp.History{Observations: t.seen, Imported: arrival, PriorPPM: otp.BatchRate(d.rates)}
	if d.dated {
		h.Manufactured = t.made
	}
	if len(t.seen) == 0 {
		h.BatchFirst = d.first[max(0, len(d.first)-sample):]
	}
	return h
}

// visit is a token's turn: up to three attempts, and where they fail a deep search.
func (d *desk) visit(t *fob, to *tally) error {
	if len(t.seen) > 0 {
		t.at = t.at.Add(time.Duration((30 + 335*d.r.Float64()) * float64(day)))
		p := d.history(t).Predict(d.period, t.at)
		to.errors = append(to.errors, math.Abs(t.drift(t.at)-p.Centre))
	}
	for range tries {
		switch codes, err := d.converse(t, false); {
		case err != nil:
			return err
		case codes == 1:
			to.one++
			return nil
		case codes == 2:
			to.two++
			return nil
		}
		t.at = t.at.Add(time.Minute)
	}
	to.never++
	codes, err := d.converse(t, true)
	if codes > 0 {
		to.deep++
	}
	t.lost = codes == 0
	return err
}

// converse asks as `fob bind` does: for both codes at once where one may well not
// do, else for the second once the first was refused. It tells how many codes were
// accepted, 0 for none.
func (d *desk) converse(t *fob, deep bool) (codes int, err error) {
	h := d.history(t)
	p := h.Predict(d.period, t.at)
	a := otp.Attempt{Params: d.params(), Seed: t.seed, Watermark: t.mark, Prediction: p, Paced: true, Deep: deep}
	step, err := d.read(t, &a, math.MinInt64)
	if err != nil {
		return 0, err
	}
	if !deep && !p.WantsTwo(a.Params, otp.Caps{}) {
		if ok, err := d.check(t, a); ok || err != nil {
			return 1, err
		}
	}
	if _, err := d.read(t, &a, step); err != nil {
		return 0, err
	}
	if a.Entries[0].Code == a.Entries[1].Code {
		return 0, nil // asked again, and given up
	}
	ok, err := d.check(t, a)
	if !ok {
		return 0, err
	}
	return 2, nil
}

// read takes the code that the token shows, once it is another than that of a step
// before, and types it a while later, now and then wrongly.
func (d *desk) read(t *fob, a *otp.Attempt, before int64) (step int64, err error) {
	step = otp.StepAt(a.Params, t.at, t.drift(t.at))
	for step <= before {
		t.at = t.at.Add(time.Second)
		step = otp.StepAt(a.Params, t.at, t.drift(t.at))
	}
	code, err := otp.At(a.Params, t.seed, step)
	if err != nil {
		return 0, err
	}
	if d.r.Float64() < mistyped {
		code = d.mistype(code)
	}
	t.at = t.at.Add(d.seconds(typingSeconds))
	a.Entries = append(a.Entries, otp.Entry{Code: code, At: t.at})
	return step, nil
}

// mistype exchanges one digit for another.
func (d *desk) mistype(code string) string {
	b := []byte(code)
	i := d.r.IntN(len(b))
	b[i] = '0' + (b[i]-'0'+byte(1+d.r.IntN(9)))%10
	return string(b)
}

// check judges an attempt and writes what the desk would write.
func (d *desk) check(t *fob, a otp.Attempt) (bool, error) {
	r, err := otp.Check(a)
	if err != nil || !r.Accepted {
		return false, err
	}
	if len(t.seen) == 0 {
		d.first = append(d.first, r.Drift)
	}
	t.mark = token.MarkAt(r.Last)
	t.seen = append(t.seen, token.Observation{At: a.Entries[len(a.Entries)-1].At, Drift: r.Drift})
	return true, nil
}
