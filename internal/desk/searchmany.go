package desk

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

// SeedReader reads the sealed seeds of many tokens, a page at a time.
type SeedReader interface {
	// Spans returns the tokens' ids, batch by batch, of those that are not loading.
	Spans() ([]Span, error)
	// Profiles returns all profiles by their ids.
	Profiles() (map[int64]token.Profile, error)
	// SealedSeeds calls fn for the tokens of a span that have a seed, in the order
	// of their ids. What fn gets is valid until it returns.
	SealedSeeds(s Span, f SeedFilter, fn func(SealedToken) error) error
	// ObservationsOf reads the measured drifts of all tokens of a span, each
	// token's oldest first.
	ObservationsOf(s Span) (map[int64][]token.Observation, error)
}

// Span is a range of ids in one batch, both ends included.
type Span struct {
	Batch       token.Batch
	First, Last int64
}

func (s Span) size() int { return int(s.Last - s.First + 1) }

// SeedFilter selects tokens in the database; its zero value selects all.
type SeedFilter struct {
	State    token.State
	Location string
}

// SealedToken is what a search needs to know of one token.
type SealedToken struct {
	ID           int64
	Serial       token.Serial // in upper case: as it is printed, only the token found is asked for
	Profile      int64
	Next         int64 // the counter that comes next, for HOTP
	Manufactured int64 // Unix seconds, 0: not known
	Fingerprint  int64
	Sealed       []byte
}

// Search selects the tokens among which codes are looked for.
type Search struct {
	SeedFilter
	Batch               int // 0: all
	Manufacturer, Model string
	Wide                bool // where a pair of one token is searched
}

// selects reports whether a profile is among those that are searched, and can show
// codes of so many digits.
func (s Search) selects(p token.Profile, digits int) bool {
	return p.Digits == digits &&
		(s.Manufacturer == "" || strings.EqualFold(s.Manufacturer, p.Manufacturer)) &&
		(s.Model == "" || strings.EqualFold(s.Model, p.Model))
}

// pageSize is how many tokens a worker takes at once: a look at the progress and
// at whether anybody still waits for the answer, every few milliseconds.
const pageSize = 2000

// walk is one search over many tokens.
type walk struct {
	desk     *Desk
	keys     Keyring
	search   Search
	codes    []Typed // parsed
	pages    []Span
	profiles map[int64]token.Profile

	next  atomic.Int64 // of pages
	tell  func(done, total int)
	total int

	mu       sync.Mutex // of what follows
	done     int
	searched int
	found    []sighting
	damaged  int
	damage   error // the first one
}

type sighting struct {
	id     int64
	serial token.Serial
	otp.Sighting
}

// plan cuts what is to be searched into pages.
func (s *walk) plan(r Reader) (err error) {
	if s.profiles, err = r.Profiles(); err != nil {
		return err
	}
	spans, err := r.Spans()
	if err != nil {
		return err
	}
	for _, span := range spans {
		if s.search.Batch != 0 && span.Batch.Number != s.search.Batch {
			continue
		}
		s.total += span.size()
		for first := span.First; first <= span.Last; first += pageSize {
			s.pages = append(s.pages, Span{span.Batch, first, min(span.Last, first+pageSize-1)})
		}
	}
	if s.search.Batch != 0 && s.pages == nil {
		return fault.Errorf(fault.NotFound, "there is no batch %d", s.search.Batch).WithHint("%s shows them all", fault.Do("batch list"))
	}
	return nil
}

// run searches on all cores. Each has a view of its own: SQLite reads as fast on
// two connections as there are cores, and a token that changes meanwhile is
// looked up anew once it is found.
func (s *walk) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for range min(runtime.GOMAXPROCS(0), len(s.pages)) {
		group.Go(func() error {
			return s.desk.Store.View(ctx, func(r Reader) error { return s.work(ctx, r) })
		})
	}
	err := group.Wait()
	slices.SortFunc(s.found, func(a, b sighting) int { return strings.Compare(a.serial.Key(), b.serial.Key()) })
	return err
}

func (s *walk) work(ctx context.Context, r Reader) error {
	texts := make([]string, len(s.codes))
	for i, c := range s.codes {
		texts[i] = c.Text
	}
	finder, err := otp.NewFinder(texts, s.codes[0].At, s.search.Wide)
	if err != nil {
		return err
	}
	w := &worker{walk: s, r: r, finder: finder}
	for {
		n := int(s.next.Add(1)) - 1
		if n >= len(s.pages) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.page(s.pages[n]); err != nil {
			return err
		}
	}
}

// worker is what one core searches with.
type worker struct {
	*walk
	r      Reader
	finder *otp.Finder

	batch        int64 // that firstDrifts and unseen are of
	firstDrifts  []float64
	prior        float64 // the batch's rate, ppm
	unseen       map[clockless]otp.Prediction
	observations map[int64][]token.Observation // of the page

	searched int // of the page, as the rest
	found    []sighting
	damaged  int
	damage   error
}

// clockless are the tokens of one batch that are predicted alike, because their
// clocks were never observed.
type clockless struct {
	period       int
	manufactured int64
}

func (w *worker) page(p Span) (err error) {
	w.searched, w.found, w.damaged, w.damage = 0, w.found[:0], 0, nil
	if w.observations, err = w.r.ObservationsOf(p); err != nil {
		return err
	}
	if w.batch != p.Batch.ID {
		if w.firstDrifts, err = w.r.FirstDrifts(p.Batch.ID, batchSample); err != nil {
			return err
		}
		rates, err := w.r.BatchRates(p.Batch.ID, rateSample)
		if err != nil {
			return err
		}
		w.prior, w.batch, w.unseen = otp.BatchRate(rates), p.Batch.ID, map[clockless]otp.Prediction{}
	}
	err = w.r.SealedSeeds(p, w.search.SeedFilter, func(t SealedToken) error { return w.look(p.Batch, t) })
	w.report(p.size())
	return err
}

// look opens one token's seed and looks for the codes. A seed that does not open
// is noted, and the others are searched all the same: one damaged row must not
// keep the desk from finding any token at all.
func (w *worker) look(b token.Batch, t SealedToken) error {
	profile, known := w.profiles[t.Profile]
	if !known || !w.search.selects(profile, w.finder.Digits()) {
		return nil
	}
	w.searched++
	seed, err := w.keys.Open(token.SeedPlace{Serial: t.Serial, Batch: b.UUID, Fingerprint: t.Fingerprint}, t.Sealed)
	if err != nil {
		w.damaged++
		w.damage = cmp.Or(w.damage, err)
		return nil
	}
	defer seed.Clear()
	c := otp.Candidate{Params: profile.Params, Seed: seed, Next: t.Next}
	if profile.Type == token.TOTP {
		c.Prediction = w.predict(b, t, profile.Period)
	}
	at, ok, err := w.finder.Find(c)
	if ok {
		w.found = append(w.found, sighting{t.ID, t.Serial, at})
	}
	return err
}

// predict tells where a token's clock is expected: for those that were never
// observed once for all that are alike, since the median of a batch takes longer
// than the search in a window.
func (w *worker) predict(b token.Batch, t SealedToken, period int) otp.Prediction {
	h := otp.History{Observations: w.observations[t.ID], BatchFirst: w.firstDrifts, PriorPPM: w.prior, Imported: b.Imported}
	if t.Manufactured != 0 {
		h.Manufactured = time.Unix(t.Manufactured, 0).UTC()
	}
	at := w.codes[0].At
	if len(h.Observations) > 0 {
		return h.Predict(period, at)
	}
	alike := clockless{period, t.Manufactured}
	p, known := w.unseen[alike]
	if !known {
		p = h.Predict(period, at)
		w.unseen[alike] = p
	}
	return p
}

// report adds a page to what is known.
func (w *worker) report(size int) {
	s := w.walk
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += size
	s.searched += w.searched
	s.found = append(s.found, w.found...)
	s.damaged += w.damaged
	s.damage = cmp.Or(s.damage, w.damage)
	if s.tell != nil {
		s.tell(s.done, s.total)
	}
}
