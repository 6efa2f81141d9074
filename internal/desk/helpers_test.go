package desk_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"fob/internal/custody"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/report"
	"fob/internal/seedfile"
	"fob/internal/seedfile/oathcsv"
	"fob/internal/store"
	"fob/internal/store/sqlite"
	"fob/internal/token"
	"fob/internal/trail"
	"fob/tools/seedgen/gen"
)

var (
	bg    = context.Background()
	began = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
)

// house is a store with its keys, a clock that stands still unless moved, and a
// desk.
type house struct {
	t      testing.TB
	path   string
	keys   *custody.Keyring
	store  *store.Store
	desk   *desk.Desk
	intake *intake.Intake
	clock  *clock
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time           { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) advance(by time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(by) }

func newHouse(t testing.TB) *house {
	t.Helper()
	id := uuid.New()
	forSeeds, forPrints, err := custody.NewStoreKeys(rand.Reader)
	must(t, err)
	keys, err := custody.OpenKeyring(id, 1, forSeeds, forPrints)
	must(t, err)
	h := &house{t: t, path: filepath.Join(t.TempDir(), "fob.db"), keys: keys, clock: &clock{now: began}}
	first := &trail.Event{ID: uuid.New(), Time: trail.Time{Time: began}, Store: id, Command: token.CmdInit,
		Object: trail.Object{Kind: trail.KindStore, ID: id.String()}, Outcome: trail.Done}
	wrapped := store.Keys{CheckpointPub: "pub", Generation: 1, Wrapped: []byte("wrapped")}
	must(t, first.SetDetail(trail.InitDetail{KeysDetail: wrapped.Detail(), CheckpointPub: "pub"}))
	must(t, sqlite.Create(bg, h.path, store.Founding{ID: id, Created: began, Keys: wrapped, Event: first}))
	h.desk = h.newDesk("olga")
	h.store = h.desk.Store.(*store.Store)
	h.intake = h.intakeOf(h.desk)
	return h
}

// newDesk is a desk with a connection of its own, as another process has it.
func (h *house) newDesk(operator string) *desk.Desk {
	h.t.Helper()
	s, err := sqlite.Open(bg, h.path)
	must(h.t, err)
	h.t.Cleanup(func() { s.Close() })
	return &desk.Desk{Store: s, Keys: func(context.Context) (desk.Keyring, error) { return h.keys, nil },
		Now: h.clock.Now, Random: rand.Reader, Operator: token.Operator{Kind: token.OperatorOS, ID: "1000", Name: operator}, Host: "desk"}
}

// intakeOf is the intake beside a desk, over its connection.
func (h *house) intakeOf(d *desk.Desk) *intake.Intake {
	return &intake.Intake{Store: d.Store.(*store.Store).Intake(), Desk: d}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// kindIs checks an error's kind, and that its text and hint hold all words.
func kindIs(t testing.TB, err error, kind fault.Kind, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, where one of kind %d with %q was due", kind, words)
	}
	if got := fault.KindOf(err); got != kind {
		t.Errorf("%q is of kind %d, not %d", err, got, kind)
	}
	says(t, err.Error()+"\n"+fault.HintOf(err), words...)
}

// says checks that a text holds all words.
func says(t testing.TB, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q does not say %q", text, w)
		}
	}
}

// memory is a seed file that is nowhere on disk.
type memory struct{ name, text string }

func (m memory) Name() string                 { return m.name }
func (m memory) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(m.text)), nil }

func csv(lines ...string) memory { return memory{"file.csv", strings.Join(lines, "\n") + "\n"} }

// seedHex is seed i, of 20 bytes.
func seedHex(i uint64) string { return hex.EncodeToString(gen.SeedFor(i, token.SHA1)) }

// line is a TOTP token with seed i.
func line(serial string, i uint64) string { return serial + "," + seedHex(i) + ",totp,6,30" }

// generated is a file of n tokens; token i has serial number i.
func generated(first uint64, n int) memory {
	var b bytes.Buffer
	if err := gen.WriteOATHCSV(&b, gen.Plan{N: n, First: first}); err != nil {
		panic(err) // a buffer takes all
	}
	return memory{fmt.Sprintf("%d+%d.csv", first, n), b.String()}
}

func serialOf(i uint64) string { return gen.Plan{}.Token(i).Serial }

func request(src seedfile.Source, changes ...func(*intake.Import)) intake.Import {
	req := intake.Import{Source: src, Format: oathcsv.Format()}
	for _, change := range changes {
		change(&req)
	}
	return req
}

func partial(r *intake.Import) { r.Partial = true }
func replace(r *intake.Import) { r.Replace = true }
func given(fields ...seedfile.Field) (set seedfile.FieldSet) {
	for _, f := range fields {
		set = set.With(f)
	}
	return set
}

// load imports what has to go well.
func (h *house) load(src seedfile.Source, changes ...func(*intake.Import)) intake.Imported {
	h.t.Helper()
	res, err := h.intake.Import(bg, request(src, changes...))
	must(h.t, err)
	return res
}

// sql changes the store behind fob's back, for states that no command reaches
// yet.
func (h *house) sql(statements ...string) {
	h.t.Helper()
	db := h.open()
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			h.t.Fatalf("%s: %v", s, err)
		}
	}
}

func (h *house) open() *sql.DB {
	h.t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.path+"?_pragma=busy_timeout(10000)")
	must(h.t, err)
	return db
}

func (h *house) number(query string, args ...any) (n int64) {
	h.t.Helper()
	db := h.open()
	defer db.Close()
	must(h.t, db.QueryRow(query, args...).Scan(&n))
	return n
}

// dump is everything that the tables hold, but for those named.
func (h *house) dump(without ...string) string {
	h.t.Helper()
	db := h.open()
	defer db.Close()
	var all strings.Builder
	for _, table := range texts(h.t, db, `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`) {
		if strings.Contains(" "+strings.Join(without, " ")+" ", " "+table+" ") {
			continue
		}
		columns := texts(h.t, db, `SELECT 'quote("' || name || '")' FROM pragma_table_info($1)`, table)
		rows := texts(h.t, db, `SELECT `+strings.Join(columns, ` || ',' || `)+` FROM "`+table+`" ORDER BY 1`)
		fmt.Fprintf(&all, "%s\n %s\n", table, strings.Join(rows, "\n "))
	}
	return all.String()
}

func texts(t testing.TB, db *sql.DB, query string, args ...any) (all []string) {
	t.Helper()
	rows, err := db.Query(query, args...)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var s string
		must(t, rows.Scan(&s))
		all = append(all, s)
	}
	must(t, rows.Err())
	return all
}

// rows counts the rows of an import's tables.
func (h *house) rows() string {
	return fmt.Sprintf("%d tokens, %d prints, %d batches", h.number(`SELECT COUNT(*) FROM token`),
		h.number(`SELECT COUNT(*) FROM fingerprint`), h.number(`SELECT COUNT(*) FROM batch`))
}

// find reads a token as reports show it; ok is false when there is none.
func (h *house) find(serial string) (found report.Token, ok bool) {
	h.t.Helper()
	err := h.store.Snapshot(bg, func(r report.Reader) (err error) {
		found, err = r.Find(token.Serial(serial))
		return err
	})
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return found, false
	}
	must(h.t, err)
	return found, true
}

func (h *house) visible() (n int) {
	h.t.Helper()
	must(h.t, h.store.Snapshot(bg, func(r report.Reader) error {
		sum, err := r.Summary()
		n = sum.Tokens
		return err
	}))
	return n
}

// events reads the trail.
func (h *house) events() (all []report.Event) {
	h.t.Helper()
	must(h.t, h.store.Snapshot(bg, func(r report.Reader) error {
		for e, err := range report.Log(r, report.EventFilter{}) {
			if err != nil {
				return err
			}
			all = append(all, e)
		}
		return nil
	}))
	return all
}

// verified rebuilds the tables from the trail and compares them.
func (h *house) verified() {
	h.t.Helper()
	r, err := h.store.Verify(bg, nil)
	if err != nil || !r.OK() {
		h.t.Errorf("trail and tables: %v, %q", err, r.Problems)
	}
}

func (h *house) lastEvent() report.Event {
	h.t.Helper()
	all := h.events()
	return all[len(all)-1]
}

func detail[T any](t testing.TB, e report.Event) (d T) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(e.Detail))
	dec.DisallowUnknownFields()
	must(t, dec.Decode(&d))
	return d
}
