package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"fob/internal/custody"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/store"
	"fob/internal/store/sqlite"
	"fob/internal/token"
)

// Finding is a trouble that Doctor found: what it is, what it means for the
// people who work with the store, and what to do.
type Finding struct {
	Problem fault.Text `json:"problem"`
	Meaning string     `json:"meaning"`
	Remedy  fault.Text `json:"remedy"`
}

// The outcomes of a check.
const (
	Sound      = "ok"
	Trouble    = "problem"
	NotChecked = "not_checked"
)

// Check is one question that Doctor put, and its answer. Detail says what was
// looked at, or why it was not.
type Check struct {
	Name     string    `json:"check"`
	Outcome  string    `json:"outcome"`
	Detail   string    `json:"detail"`
	Findings []Finding `json:"findings"`
}

// Doctor looks at everything about a store that can go wrong, several things at
// once. Without keys nothing is said of the seeds. It changes nothing. The error
// tells why it could not look at all; progress may be called from several goroutines.
func (c Config) Doctor(ctx context.Context, withKeys bool, progress func(done, all int)) ([]Check, error) {
	s, err := c.examine(ctx)
	if sqlite.IsDamaged(err) {
		k := Check{Name: "database", Outcome: Trouble, Detail: "it cannot be opened, so nothing else was looked at"}
		k.found(err.Error(), meansDamage, doDamage)
		return []Check{k}, nil
	}
	if err != nil {
		return nil, err
	}
	defer s.Close()
	defer boundMemory()()
	d := &doctor{Config: c, store: s, withKeys: withKeys}
	asked := [][]question{
		{{"clock", d.clock}, {"disk", d.disk}, {"files", d.files}, {"imports", d.imports}, {"database", d.database}},
		{{"trail", d.trail}},
		{{"keys", d.keys}, {"seeds", d.seeds}, {"memory", d.memory}}, // the second needs what the first opened
	}
	if c.onServer() {
		asked[2] = append(asked[2], question{"roles", d.roles})
	}
	if s.Hidden() { // its tables are not fob's
		asked = [][]question{{{"disk", d.disk}, {"files", d.files}, {"trail", d.trail}}}
	}
	return ask(ctx, asked, progress)
}

// Compact removes what broken imports left, and returns to the system the bytes that the
// database file has no use for. It adds its answer to the checks, and does so only where
// they found pages and trail sound.
func (c Config) Compact(ctx context.Context, checks []Check) ([]Check, error) {
	k := Check{Name: "compact", Outcome: NotChecked, Detail: "a store with such problems is left as it is", Findings: []Finding{}}
	for _, found := range checks {
		if found.Outcome == Trouble && (found.Name == "database" || found.Name == "trail") {
			return append(checks, k), nil
		}
	}
	s, err := c.openWatched(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := s.SweepLoads(ctx); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(checks, func(k Check) bool { return k.Name == "imports" }); i >= 0 && checks[i].Outcome == Trouble {
		checks[i] = Check{Name: "imports", Outcome: Sound, Detail: "what was broken off was swept", Findings: []Finding{}}
	}
	freed, err := s.Compact(ctx)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		k.Detail = "the server reuses and returns room by itself (autovacuum)"
	case err != nil:
		return nil, err
	default:
		k.Outcome, k.Detail = Sound, fmt.Sprintf("%.1f MB returned to the system", float64(freed)/(1<<20))
	}
	return append(checks, k), nil
}

// question is one check by its name.
type question struct {
	name string
	ask  func(context.Context, *Check) error
}

// ask puts the questions of each list one after the other, the lists at once.
func ask(ctx context.Context, lists [][]question, progress func(done, all int)) ([]Check, error) {
	answers := make([][]Check, len(lists))
	all := len(slices.Concat(lists...))
	var done atomic.Int32
	group, ctx := errgroup.WithContext(ctx)
	for i, list := range lists {
		group.Go(func() error {
			for _, q := range list {
				check := Check{Name: q.name, Outcome: Sound, Findings: []Finding{}}
				if err := q.ask(ctx, &check); err != nil {
					return err
				}
				if len(check.Findings) > 0 {
					check.Outcome = Trouble
				}
				answers[i] = append(answers[i], check)
				progress(int(done.Add(1)), all)
			}
			return nil
		})
	}
	err := group.Wait()
	return slices.Concat(answers...), err
}

// doctor is one examination.
type doctor struct {
	Config
	store    *store.Store
	withKeys bool
	ring     *custody.Keyring // nil: the keys could not be opened, or were not to be
}

func (k *Check) found(problem, meaning, remedy string, args ...any) {
	k.Findings = append(k.Findings, Finding{fault.Textf("%s", problem), meaning, fault.Textf(remedy, args...)})
}

// failed is for an error that is itself the finding; its hint is the remedy.
func (k *Check) failed(err error, meaning string) {
	k.Findings = append(k.Findings, Finding{fault.Textf("%v", err), meaning, fault.AdviceOf(err)})
}

func (d *doctor) clock(ctx context.Context, k *Check) error {
	now := d.Now()
	var newest time.Time
	err := d.store.View(ctx, func(r desk.Reader) (err error) {
		newest, err = r.NewestEvent()
		return err
	})
	if err != nil {
		return err
	}
	k.Detail = "this computer says " + now.UTC().Format(time.RFC3339)
	if behind := newest.Sub(now); behind > desk.ClockTolerance {
		k.found(fmt.Sprintf("this computer's clock is %s behind the newest event (%s)", behind.Round(time.Second), newest.UTC().Format(time.RFC3339)),
			"no code of a time-based token is accepted", "set the clock right; if the newest event was written under a wrong clock: %s", fault.Do(token.CmdClockAccept))
	}
	return nil
}

// Below so much room an import of a hundred thousand tokens and its log may not
// find place.
const littleRoom = 256 << 20

// Unused room below this is soon used again.
const worthCompacting = 16 << 20

func (d *doctor) disk(_ context.Context, k *Check) error {
	room, err := d.store.Room()
	if errors.Is(err, errors.ErrUnsupported) {
		k.Outcome, k.Detail = NotChecked, "the disk is the server's"
		return nil
	}
	if err != nil {
		return fault.Wrap(fault.Internal, err, "looking at the disk")
	}
	k.Detail = fmt.Sprintf("%d MB free", room.Free>>20)
	if room.Unused >= worthCompacting {
		k.Detail += fmt.Sprintf(", %d MB of the database unused", room.Unused>>20)
	}
	if room.Free < littleRoom {
		k.found(fmt.Sprintf("the disk of the store has %d MB left", room.Free>>20), "the next import or binding may fail; nothing that is stored is lost by that",
			"make room, or move the store to a larger disk")
	}
	if room.Logged > littleRoom {
		k.found(fmt.Sprintf("the write-ahead log has %d MB", room.Logged>>20), "a program keeps an old state of the store open, or was killed while it wrote",
			"end programs that have read for hours; any command that writes then folds the log back")
	}
	return nil
}

func (d *doctor) imports(ctx context.Context, k *Check) error {
	n, err := d.store.Abandoned(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		k.found(fmt.Sprintf("rows of imports that were broken off wait to be swept: of %d", n), "nobody sees these tokens, but they take room",
			"the next %s sweeps them", fault.Do(token.CmdImport))
		return nil
	}
	k.Detail = "none was broken off"
	return nil
}

const (
	meansDamage = "the database file is damaged"
	doDamage    = "keep the file as it is, with the -wal and -shm beside it, and restore a backup"
)

func (d *doctor) database(ctx context.Context, k *Check) error {
	damage, err := d.store.Damage(ctx)
	for _, what := range damage {
		k.found(what, meansDamage, doDamage)
	}
	k.Detail = "SQLite's own check of every page and reference"
	if d.onServer() {
		k.Detail = "that the server answers; its own tools check its pages (pg_amcheck)"
	}
	return err
}

func (d *doctor) trail(ctx context.Context, k *Check) error {
	rep, err := d.store.Verify(ctx, nil)
	for _, what := range rep.Problems {
		k.found(what, "trail or tables were changed by something else than fob, or damaged; a -wal that was removed or put back from another day does this too",
			"keep the database as it is, with the -wal and -shm beside it, and compare it with a backup")
	}
	events := "events"
	if rep.Events == 1 {
		events = "event"
	}
	k.Detail = fmt.Sprintf("%d %s replayed, head %s", rep.Events, events, rep.Head)
	if d.store.Hidden() {
		k.Detail = "the tables are not fob's, so nothing was read"
	}
	return err
}
