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

	crystalSpread, crystalMost = 8.0, 30.0 // ppm at 25 °C: one standard deviation, and where sellers sort out
	parabola                   = -0.034    // ppm for each square of a degree away from 25 °C

	day   = 24 * time.Hour
	month = 365 * day / 12
	year  = 365 * day
)

var opening = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// fleet is a delivery of one model.
type fleet struct {
	period int
	dated  bool // the seed file says when the tokens were made; else only the import is known
}

func (f fleet) String() string {
	date := "date of manufacture unknown"
	if f.dated {
		date = "date of manufacture known"
	}
	return fmt.Sprintf("%d s, %s", f.period, date)
}

func (f fleet) params() token.Params {
	return token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: f.period}
}

// stage is when a token comes to the desk. Before the later ones it was bound, out of
// stock of one to six years, and not seen since, unless with says so.
type stage struct {
	name     string
	age      [2]time.Duration // bound: how old it is, from and to
	after    time.Duration    // since it was bound
	seenAlso time.Duration    // after the binding it was resynchronised too
}

var stages = []stage{
	{name: "bound, under a year old", age: [2]time.Duration{year / 4, year}},
	{name: "bound, 1 to 6 years old", age: [2]time.Duration{year, 6 * year}},
	{name: "1 month later", after: month},
	{name: "6 months later", after: 6 * month},
	{name: "12 months later", after: year},
	{name: "24 months later", after: 2 * year},
	{name: "24 months later, seen at 12", after: 2 * year, seenAlso: year},
}

const bindings = 2 // of the stages; those behind follow the last of them

// rules are how a desk works: as fob does, or as it did before.
type rules struct{ before bool }

// tally is what came of one stage.
type tally struct {
	one, two, never int
	seconds         float64   // on the phone, of all
	errors          []float64 // seconds, of predictions
}

func (t tally) total() int { return t.one + t.two + t.never }

func (t tally) share(n int) string {
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(1, t.total())))
}

func (t tally) phone() string { return fmt.Sprintf("%.0f s", t.seconds/float64(max(1, t.total()))) }

// missed is how far so large a part of the predictions lies off at most; of tokens
// never seen there is none.
func (t tally) missed(part float64) float64 {
	if len(t.errors) == 0 {
		return 0
	}
	slices.Sort(t.errors)
	return t.errors[int(part*float64(len(t.errors)-1))]
}

// fob is a token with its true clock.
type fob struct {
	crystal, ageing   float64 // ppm, and ppm more after a year; it slows down with the logarithm, as crystals do
	warehouse, pocket float64 // degrees
	made, imported    time.Time
	bound             time.Time // from then on it is in a pocket
	seed              token.Seed
}

// drift is how far its clock is ahead: the integral of its rate.
func (t *fob) drift(at time.Time) float64 {
	stored, carried := t.bound.Sub(t.made).Seconds(), max(0, at.Sub(t.bound).Seconds())
	if at.Before(t.bound) {
		stored = at.Sub(t.made).Seconds()
	}
	all := stored + carried
	years := all / year.Seconds()
	aged := t.ageing / math.Ln2 * ((1+years)*math.Log1p(years) - years) * year.Seconds()
	return 1e-6 * (t.crystal*all + aged + warmth(t.warehouse)*stored + warmth(t.pocket)*carried)
}

func warmth(degrees float64) float64 { return parabola * (degrees - 25) * (degrees - 25) }

// record is what a desk has of a token.
type record struct {
	mark token.Mark
	seen []token.Observation
}

// desk is where the tokens of one fleet come to, at one stage.
type desk struct {
	fleet
	rules
	first []float64 // first drifts, in the order in which they were seen
}

// play lets every token of a fleet come to two desks, which work as fob does and as it
// did. What chance brings is the same for both.
func (f fleet) play(n int, seed uint64) (all [2][]tally, err error) {
	for i := range all {
		all[i] = make([]tally, len(stages))
		if err := f.open(rules{before: i == 1}, n, seed, all[i]); err != nil {
			return all, err
		}
	}
	return all, nil
}

func (f fleet) open(how rules, n int, seed uint64, to []tally) error {
	for b := range bindings {
		d := &desk{fleet: f, rules: how}
		for i := range n {
			r := rand.New(rand.NewPCG(seed, uint64(b*n+i)))
			t := newFob(r, stages[b])
			var at record
			if err := d.call(r, t, &at, 0, &to[b]); err != nil {
				return err
			}
			if b < bindings-1 || len(at.seen) == 0 {
				continue
			}
			for s, later := range stages[bindings:] {
				r, then := rand.New(rand.NewPCG(seed+uint64(s)+1, uint64(i))), record{at.mark, slices.Clone(at.seen)}
				if later.seenAlso > 0 {
					if err := d.call(r, t, &then, later.seenAlso, &tally{}); err != nil {
						return err
					}
				}
				if err := d.call(r, t, &then, later.after, &to[bindings+s]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func newFob(r *rand.Rand, s stage) *fob {
	seed := make([]byte, 20)
	for i := range seed {
		seed[i] = byte(r.Uint32())
	}
	within := func(lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }
	t := &fob{seed: token.NewSeed(seed), ageing: within(1, 3), warehouse: within(14, 22), pocket: within(22, 32)}
	for t.crystal = math.Inf(1); math.Abs(t.crystal) > crystalMost; {
		t.crystal = r.NormFloat64() * crystalSpread
	}
	if r.IntN(2) == 0 {
		t.ageing = -t.ageing
	}
	t.bound = opening.Add(time.Duration(within(0, float64(30*day))))
	age := time.Duration(within(float64(s.age[0]), float64(s.age[1])))
	t.made = t.bound.Add(-age)
	t.imported = t.made.Add(min(age, time.Duration(within(float64(year)/4, float64(3*year)/4))))
	return t
}

// history is what the desk knows of a token's clock.
func (d *desk) history(t *fob, rec record) otp.History {
	h := otp.History{Observations: rec.seen, Imported: t.imported}
	if d.dated {
		h.Manufactured = t.made
	}
	if len(rec.seen) == 0 {
		h.BatchFirst = d.first[max(0, len(d.first)-1000):]
	} else if d.before {
		h.Imported, h.Manufactured = time.Time{}, time.Time{} // the age said nothing of the rate
	}
	return h
}

// predict is what the desk expects.
func (d *desk) predict(t *fob, rec record, at time.Time) otp.Prediction {
	p := d.history(t, rec).Predict(d.period, at)
	if d.before {
		p.HalfWidth = 60 + 2*at.Sub(p.Since).Hours()/24
	}
	return p
}

// call is a call about a token, so long after its binding: up to three attempts.
func (d *desk) call(r *rand.Rand, t *fob, rec *record, after time.Duration, to *tally) error {
	began := t.bound.Add(after)
	if len(rec.seen) > 0 {
		to.errors = append(to.errors, math.Abs(t.drift(began)-d.predict(t, *rec, began).Centre))
	}
	c := &caller{r: r, token: t, period: d.params(), at: began}
	codes := 0
	for i := 0; i < tries && codes == 0; i++ {
		var err error
		if codes, err = d.converse(c, rec); err != nil {
			return err
		}
	}
	to.seconds += c.at.Sub(began).Seconds()
	switch codes {
	case 1:
		to.one++
	case 2:
		to.two++
	default:
		to.never++
	}
	return nil
}

// converse asks as `fob bind` does: for the next code once the first was refused. Before,
// it asked for both at once where one might well not do. It returns how many codes were
// accepted, 0 for none.
func (d *desk) converse(c *caller, rec *record) (codes int, err error) {
	p := d.predict(c.token, *rec, c.at)
	a := otp.Attempt{Params: d.params(), Seed: c.token.seed, Watermark: rec.mark, Prediction: p, Paced: true, Many: true}
	if err := c.read(&a); err != nil {
		return 0, err
	}
	if !d.before || !p.WantsTwo(a.Params, otp.Caps{}) {
		if ok, err := d.check(a, rec); ok || err != nil {
			return 1, err
		}
	}
	if err := c.read(&a); err != nil {
		return 0, err
	}
	if a.Entries[0].Code == a.Entries[1].Code {
		return 0, nil // asked again, and given up
	}
	ok, err := d.check(a, rec)
	if !ok {
		return 0, err
	}
	return 2, nil
}

// caller is a person with a token, on the phone.
type caller struct {
	r      *rand.Rand
	token  *fob
	period token.Params
	at     time.Time
	last   int64 // the step read before, 0 at first
}

// read takes the code that the token shows, once it is another than the one before, and
// types it a while later, now and then wrongly.
func (c *caller) read(a *otp.Attempt) error {
	step := otp.StepAt(c.period, c.at, c.token.drift(c.at))
	for step <= c.last {
		c.at = c.at.Add(time.Second)
		step = otp.StepAt(c.period, c.at, c.token.drift(c.at))
	}
	c.last = step
	code, err := otp.At(c.period, c.token.seed, step)
	if err != nil {
		return err
	}
	if c.r.Float64() < mistyped {
		code = c.mistype(code)
	}
	c.at = c.at.Add(time.Duration(c.r.Float64() * typingSeconds * float64(time.Second)))
	a.Entries = append(a.Entries, otp.Entry{Code: code, At: c.at})
	return nil
}

// mistype exchanges one digit for another.
func (c *caller) mistype(code string) string {
	b := []byte(code)
	i := c.r.IntN(len(b))
	b[i] = '0' + (b[i]-'0'+byte(1+c.r.IntN(9)))%10
	return string(b)
}

// check judges an attempt and writes what the desk would write.
func (d *desk) check(a otp.Attempt, rec *record) (bool, error) {
	res, err := otp.Check(a)
	if err != nil || !res.Accepted {
		return false, err
	}
	if len(rec.seen) == 0 {
		d.first = append(d.first, res.Drift)
	}
	rec.mark = token.MarkAt(res.Last)
	rec.seen = append(rec.seen, token.Observation{At: a.Entries[len(a.Entries)-1].At, Drift: res.Drift})
	return true, nil
}
