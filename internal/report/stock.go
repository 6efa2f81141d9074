package report

import (
	"cmp"
	"slices"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

// StockCount is how many tokens are alike in all that an overview counts by.
type StockCount struct {
	Batch               int // 0: virtual tokens, of which each is a batch of its own
	Manufacturer, Model string
	Location            string // empty: nowhere
	State               token.State
	Made                time.Time // month of manufacture; zero: nobody said
	Imported            time.Time
	Clock               bool // it goes by time
	Tokens              int
}

// Stock is all tokens counted.
type Stock struct {
	At     time.Time
	Tokens int
	States []Bar
	// Places, Batches and Makers have the largest first (of batches the newest), and
	// what is left of them in one bar.
	Places, Batches, Makers Bars
	// Ages counts the tokens that are not retired by years since their manufacture, or
	// since their import if nobody said: as many as the index, the last one or more.
	Ages [6]int
	// Drifts counts the clocks of tokens that are not retired by how far they are
	// expected to be off now: below each of DriftEdges, and above the last. Unseen are
	// those whose clock was never measured.
	Drifts [len(DriftEdges) + 1]int
	Unseen int
	counts []StockCount
}

// Count is how many tokens a filter selects; 0 if it selects by something that the stock
// was not counted by.
func (s *Stock) Count(f Filter) (n int) {
	rest := f
	rest.State, rest.Batch, rest.Location, rest.Manufacturer, rest.Model = "", 0, "", "", ""
	if rest != (Filter{}) {
		return 0
	}
	for _, c := range s.counts {
		t := Token{State: c.State, Batch: c.Batch, Location: NonZero(c.Location), Manufacturer: c.Manufacturer, Model: c.Model}
		if f.Selects(&t) {
			n += c.Tokens
		}
	}
	return n
}

// DriftEdges lie between the bars of expected drift; minus is slow.
var DriftEdges = [...]time.Duration{-10 * time.Minute, -2 * time.Minute, -30 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}

// Bar is one number with what it counts.
type Bar struct {
	Name   string
	Batch  int
	Tokens int
}

// Bars are the first of many, with how many others there are and what they count.
type Bars struct {
	First  []Bar
	Others int
	Tokens int // of the others
}

// mostBars is how many of one kind are shown.
const mostBars = 12

// year is one of the Gregorian calendar in the mean.
const year = 31556952 * time.Second

// ReadStock counts all tokens, and walks over all clocks that were ever measured.
func ReadStock(r PageReader, now time.Time) (*Stock, error) {
	counts, err := r.StockCounts()
	if err != nil {
		return nil, err
	}
	s := &Stock{At: now, counts: counts}
	states, places, makers, batches := map[string]int{}, map[string]int{}, map[string]int{}, map[int]int{}
	for _, c := range counts {
		s.Tokens += c.Tokens
		states[string(c.State)] += c.Tokens
		places[c.Location] += c.Tokens
		makers[c.Manufacturer] += c.Tokens
		batches[c.Batch] += c.Tokens
		if c.State == token.Retired {
			continue
		}
		born := c.Made
		if born.IsZero() {
			born = c.Imported
		}
		s.Ages[min(max(int(now.Sub(born)/year), 0), len(s.Ages)-1)] += c.Tokens
		if c.Clock {
			s.Unseen += c.Tokens
		}
	}
	for _, state := range token.States() {
		s.States = append(s.States, Bar{Name: string(state), Tokens: states[string(state)]})
	}
	s.Places, s.Makers = largest(places), largest(makers)
	var newest []Bar
	for number, n := range batches {
		newest = append(newest, Bar{Batch: number, Tokens: n})
	}
	slices.SortFunc(newest, func(a, b Bar) int { return cmp.Compare(b.Batch, a.Batch) })
	s.Batches = barsOf(newest)
	return s, s.readClocks(r)
}

func largest(counts map[string]int) Bars {
	var all []Bar
	for name, n := range counts {
		all = append(all, Bar{Name: name, Tokens: n})
	}
	slices.SortFunc(all, func(a, b Bar) int { return cmp.Or(cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(a.Name, b.Name)) })
	return barsOf(all)
}

func barsOf(all []Bar) (b Bars) {
	b.First = all[:min(len(all), mostBars)]
	for _, rest := range all[len(b.First):] {
		b.Others++
		b.Tokens += rest.Tokens
	}
	return b
}

// readClocks predicts each clock from its own record.
func (s *Stock) readClocks(r Reader) error {
	for c, err := range r.Clocks(DriftFilter{}) {
		if err != nil {
			return err
		}
		if c.State == token.Retired {
			continue
		}
		drift := otp.History{Observations: c.Observations}.Predict(c.Period, s.At).Centre
		bar := slices.IndexFunc(DriftEdges[:], func(edge time.Duration) bool { return drift < edge.Seconds() })
		if bar < 0 {
			bar = len(DriftEdges)
		}
		s.Drifts[bar]++
		s.Unseen--
	}
	return nil
}
