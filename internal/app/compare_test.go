package app_test

import (
	"bytes"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"fob/internal/report"
	"fob/internal/report/export"
	"fob/internal/report/past"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
	"fob/tools/life"
)

// stockOf is an inventory: the fields of each token by their names.
type stockOf map[token.Serial]map[string]string

// snapshot is an inventory in every form, as exported in some moment.
type snapshot struct {
	at    time.Time
	head  trail.Head
	files map[string][]byte
	stock stockOf
}

var forms = map[string]func(io.Writer, report.Reader, export.Export) (export.Totals, error){
	".csv": export.WriteCSV, ".json": export.WriteJSON, ".zip": export.WriteArchive, ".xlsx": export.WriteWorkbook,
}

func exportOf(l *life.Life, dir string) export.Export {
	return export.Export{Origin: report.Origin{Made: l.Now, By: l.Config.Operator, Host: "desk", TempDir: dir, Random: rand.Reader}}
}

func snap(t *testing.T, l *life.Life, f report.Filter) snapshot {
	t.Helper()
	s := snapshot{at: l.Now, files: map[string][]byte{}}
	err := l.Read(func(r report.Reader) error {
		for form, write := range forms {
			e := exportOf(l, t.TempDir())
			e.Filter = f
			var out bytes.Buffer
			total, err := write(&out, r, e)
			if err != nil {
				return err
			}
			s.files[form], s.head = out.Bytes(), total.Head
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.stock = stockFrom(t, s.files[".csv"])
	return s
}

func stockFrom(t *testing.T, text []byte) stockOf {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := stockOf{}
	for _, row := range rows[1:] {
		fields := map[string]string{}
		for i, name := range rows[0] {
			fields[name] = row[i]
		}
		all[token.Serial(token.Serial(row[0]).Key())] = fields
	}
	return all
}

// since compares the store as it is, or as it was, with a day or a file.
func since(t *testing.T, l *life.Life, asOf time.Time, e export.Export, base func(report.Reader) (*export.Baseline, error)) (changes []export.Change, text []byte) {
	t.Helper()
	var out bytes.Buffer
	err := l.Read(func(now report.Reader) (err error) {
		reader := now
		if !asOf.IsZero() {
			if reader, err = past.AsOf(now, asOf); err != nil {
				return err
			}
		}
		if e.Compare, err = base(now); err != nil {
			return err
		}
		a, sum, err := export.Changes(reader, e, nil)
		if err != nil {
			return err
		}
		for x, err := range a.Rows {
			if err != nil {
				return err
			}
			changes = append(changes, x)
		}
		total, err := export.WriteCSV(&out, reader, e)
		if err == nil && (total.SHA256 != sum().SHA256 || total.Rows != len(changes)) {
			err = fmt.Errorf("the file has %d rows %s, not %d %s", total.Rows, total.SHA256, len(changes), sum().SHA256)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return changes, out.Bytes()
}

func at(when time.Time) func(report.Reader) (*export.Baseline, error) {
	return func(now report.Reader) (*export.Baseline, error) { return export.BaselineAt(now, when) }
}

// apply puts changes into an inventory; tokens that came are taken from the other.
func apply(t *testing.T, before, after stockOf, changes []export.Change) stockOf {
	t.Helper()
	told := stockOf{}
	for serial, fields := range before {
		told[serial] = maps.Clone(fields)
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		if _, err := strconv.ParseFloat(*s, 64); err == nil {
			return *s // a number needs no guard
		}
		return sheet.Guard(*s)
	}
	for _, x := range changes {
		key := token.Serial(x.Serial.Key())
		switch x.Change {
		case export.Added:
			if told[key] != nil || after[key]["state"] != text(x.After) || x.Before != nil {
				t.Fatalf("%+v of %v", x, told[key])
			}
			told[key] = after[key]
		case export.Removed:
			if told[key] == nil || told[key]["state"] != text(x.Before) || x.After != nil {
				t.Fatalf("%+v of %v", x, told[key])
			}
			delete(told, key)
		default:
			if told[key] == nil || told[key][x.Column] != text(x.Before) || text(x.Before) == text(x.After) {
				t.Fatalf("%s %s: %q to %q, and it was %q", key, x.Column, text(x.Before), text(x.After), told[key][x.Column])
			}
			told[key][x.Column] = text(x.After)
		}
	}
	return told
}

func sameStock(t *testing.T, told, is stockOf) {
	t.Helper()
	if len(told) != len(is) {
		t.Fatalf("%d tokens, not %d", len(told), len(is))
	}
	for serial, fields := range is {
		if !maps.Equal(told[serial], fields) {
			t.Fatalf("%s:\n%v\nnot\n%v", serial, told[serial], fields)
		}
	}
}

// Whatever happened in between, the changes make of one inventory the other; a file
// in any form gives those that its moment gives. Every change that an event can make
// names one of a token's own events between the two.
func TestChangesLeadFromOneToTheOther(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l, err := life.Begin(t.TempDir(), seed)
			if err != nil {
				t.Fatal(err)
			}
			defer l.End()
			var snaps []snapshot
			erased := []int{}
			for range 5 {
				live(t, l, 40)
				if l.Wrong {
					continue // its moment is told from where the clock was put right
				}
				snaps, erased = append(snaps, snap(t, l, report.Filter{})), append(erased, l.Erased())
			}
			if len(snaps) < 2 {
				t.Skip("the clock was wrong all the time")
			}
			last := snaps[len(snaps)-1]
			for i, old := range snaps {
				for form, data := range old.files {
					changes, _ := since(t, l, time.Time{}, exportOf(l, ""), file(t, form, data))
					sameStock(t, apply(t, old.stock, last.stock, changes), last.stock)
					if form != ".csv" {
						checkMakers(t, l, changes, old.head.Seq, last.head.Seq)
					}
					if erased[i] != l.Erased() {
						continue // the day has the names that stand for them now
					}
					told, text := since(t, l, time.Time{}, exportOf(l, ""), at(old.at))
					if form == ".csv" {
						continue // it names no events
					}
					if a, b := fmt.Sprint(jsonOf(t, changes)), fmt.Sprint(jsonOf(t, told)); a != b {
						t.Fatalf("%s:\n%s\nnot, as the day has it:\n%s", form, a, text)
					}
				}
			}
			for i := range snaps[1:] {
				a, b := snaps[i], snaps[i+1]
				if !a.at.Before(b.at) || erased[i] != l.Erased() {
					continue
				}
				changes, _ := since(t, l, b.at, exportOf(l, ""), at(a.at))
				sameStock(t, apply(t, a.stock, b.stock, changes), b.stock)
			}
		})
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func file(t *testing.T, form string, data []byte) func(report.Reader) (*export.Baseline, error) {
	t.Helper()
	dir := t.TempDir()
	old, err := export.ReadExport(bytes.NewReader(data), int64(len(data)), "old"+form, sheet.ReadOptions{TempDir: dir, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := old.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(now report.Reader) (*export.Baseline, error) { return old.Baseline(now, export.Export{}) }
}

// noEvents are the columns that something else than an event of the token can
// change: the policy, and an erasure that takes a person's texts.
var noEvents = []string{"locked_until", "account", "bound_proof", "bound_ticket", "bound_approver", "condition"}

func checkMakers(t *testing.T, l *life.Life, changes []export.Change, from, to int64) {
	t.Helper()
	for _, x := range changes {
		if x.Event == nil {
			if !slices.Contains(noEvents, x.Column) {
				t.Fatalf("nobody made %s", jsonOf(t, x))
			}
			continue
		}
		if *x.Event <= from || *x.Event > to || x.At == nil || *x.Operator != l.Config.Operator.Name {
			t.Fatalf("between %d and %d: %s", from, to, jsonOf(t, x))
		}
	}
}

// otherwise are the columns of which an event is named that need not have changed
// their text: a binding ends or begins as a whole, also where the next had no proof
// either; and see noEvents.
var otherwise = append([]string{"last_verified_at"}, noEvents...)

// A change names the event behind which the column has what it has: told as of just
// before that event, it had something else, or the token was not there.
func TestChangesNameTheEventThatMadeThem(t *testing.T) {
	for _, seed := range []uint64{7, 10} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { checkEvents(t, seed) })
	}
}

func checkEvents(t *testing.T, seed uint64) {
	l, err := life.Begin(t.TempDir(), seed)
	if err != nil {
		t.Fatal(err)
	}
	defer l.End()
	live(t, l, 60)
	begun := l.Now
	live(t, l, 150)
	times := []time.Time{{}}
	err = l.Read(func(r report.Reader) error {
		for e, err := range r.Events(report.EventFilter{}) {
			if err != nil {
				return err
			}
			parsed, err := trail.Parse(e.Entry)
			if err != nil {
				return err
			}
			times = append(times, parsed.Time.Time)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	changes, _ := since(t, l, time.Time{}, exportOf(l, ""), at(begun))
	now := snap(t, l, report.Filter{}).stock
	past := map[int64]stockOf{}
	behind := func(seq int64) stockOf {
		if past[seq] == nil {
			past[seq] = stockAsOf(t, l, times[seq])
		}
		return past[seq]
	}
	checked := 0
	for _, x := range changes {
		if x.Change != export.Altered || x.Event == nil || slices.Contains(otherwise, x.Column) {
			continue
		}
		seq, key := *x.Event, token.Serial(x.Serial.Key())
		if !times[seq].After(times[seq-1]) {
			continue // as of tells them apart by their times
		}
		is, was := behind(seq)[key], behind(seq - 1)[key]
		if is[x.Column] != now[key][x.Column] || was != nil && was[x.Column] == is[x.Column] {
			t.Fatalf("%s: behind event %d %q, before it %q, now %q", jsonOf(t, x), seq, is[x.Column], was[x.Column], now[key][x.Column])
		}
		checked++
	}
	if t.Logf("%d changes, %d checked", len(changes), checked); checked < 50 {
		t.Error("too few were checked")
	}
}

func live(t *testing.T, l *life.Life, steps int) {
	t.Helper()
	for range steps {
		if err := l.Step(); err != nil {
			t.Fatal(err)
		}
	}
}

func stockAsOf(t *testing.T, l *life.Life, when time.Time) stockOf {
	t.Helper()
	m, err := seen(l, report.Filter{}, when)
	if err != nil {
		t.Fatal(err)
	}
	return stockFrom(t, []byte(m.csv))
}
