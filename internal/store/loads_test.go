package store

import (
	"bufio"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

func serialsOf(t *testing.T, s *Store, f report.Filter) (serials []string) {
	t.Helper()
	s.mustRead(t, func(q *queries) error {
		for tok, err := range q.Tokens(f) {
			if err != nil {
				return err
			}
			serials = append(serials, string(tok.Serial))
		}
		return nil
	})
	return serials
}

// visible is everything that reading shows.
func visible(t *testing.T, s *Store, serial token.Serial, number int) (seen []string) {
	t.Helper()
	see := func(what string, is bool) {
		if is {
			seen = append(seen, what)
		}
	}
	see("Tokens", slices.Contains(serialsOf(t, s, report.Filter{}), string(serial)))
	see("Tokens of a place", slices.Contains(serialsOf(t, s, report.Filter{Location: "Bern", State: token.InStock}), string(serial)))
	see("Tokens of a batch", slices.Contains(serialsOf(t, s, report.Filter{Batch: number}), string(serial)))
	s.mustRead(t, func(q *queries) error {
		_, err := q.Token(serial)
		see("Token", fault.KindOf(err) != fault.NotFound)
		_, err = q.Find(serial)
		see("Find", fault.KindOf(err) != fault.NotFound)
		near, err := q.NearSerials(serial[:len(serial)-1], 99)
		must(t, err)
		see("NearSerials by prefix", slices.Contains(near, serial))
		near, err = q.NearSerials("9"+serial, 99)
		must(t, err)
		see("NearSerials by slips", slices.Contains(near, serial))
		batches, err := q.Batches()
		must(t, err)
		see("Batches", slices.ContainsFunc(batches, func(b report.Batch) bool { return b.File == "loading.csv" }))
		_, err = q.Batch(number)
		see("Batch", fault.KindOf(err) != fault.NotFound)
		sum, err := q.Summary()
		must(t, err)
		see("Summary", sum.Tokens > 2 || sum.States[token.InStock] > 2 || len(sum.Batches) > 1)
		_, found, err := q.BatchOfFile("sha-loading.csv", "format=oath-csv")
		must(t, err)
		see("BatchOfFile", found)
		return nil
	})
	return seen
}

func TestLoadingIsInvisible(t *testing.T) {
	s := newStore(t)
	addBatch(t, s, newBatch("done.csv"), "S0000001", "S0000002")
	b := addLoading(t, s, newBatch("loading.csv"), "L0000001", "L0000002")
	if seen := visible(t, s, "L0000001", 2); len(seen) > 0 {
		t.Errorf("a loading batch shows in %q", seen)
	}
	s.mustRead(t, func(q *queries) error {
		stored, err := q.Stored([]string{"L0000001", "S0000001", "NONE"})
		if len(stored) != 2 || stored["L0000001"].LoadingBy != "olga" || stored["S0000001"].LoadingBy != "" {
			t.Errorf("Stored gives %+v", stored)
		}
		must(t, err)
		prints, err := q.StoredByFingerprint([]int64{row(0, "L0000002").Fingerprint})
		if len(prints) != 1 {
			t.Errorf("StoredByFingerprint gives %+v", prints)
		}
		return err
	})
	s.mustUpdate(t, func(q *queries) error {
		b.New = 2
		done, err := q.CompleteBatch(b)
		if done.Number != 2 {
			t.Errorf("the batch got number %d", done.Number)
		}
		return err
	})
	if seen := visible(t, s, "L0000001", 2); len(seen) != 11 {
		t.Errorf("once complete, it shows in %q only", seen)
	}
	s.mustUpdate(t, func(q *queries) error {
		_, err := q.CompleteBatch(b)
		kindIs(t, err, fault.Internal, "swept", "again")
		return nil
	})
}

func TestSweep(t *testing.T) {
	path := newPath(t)
	s := openStore(t, path)
	addBatch(t, s, newBatch("done.csv"), "S1")
	release, err := s.HoldLoad(uuid.New()) // of no interest to the sweep
	must(t, err)
	defer release()
	id := uuid.New()
	loader := child("load", path, id.String(), strings.Join(numbered("L", 0, 300), ","))
	loader.Stderr = os.Stderr
	out, err := loader.StdoutPipe()
	must(t, err)
	must(t, loader.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "loading\n" {
		t.Fatalf("the loader says %q, %v", line, err)
	}
	for _, query := range loadTables {
		if n := s.number(t, query); n < 1 {
			t.Errorf("%s: %d while loading", query, n)
		}
	}
	must(t, s.SweepLoads(bg))
	if n := s.number(t, loadTables[0]); n != 300 {
		t.Errorf("the rows of a living loader: %d are left", n)
	}
	if _, err := s.HoldLoad(id); fault.KindOf(err) != fault.Internal {
		t.Errorf("a second loader of one batch: %v", err)
	}
	must(t, loader.Process.Kill())
	_ = loader.Wait() // it was killed
	must(t, s.SweepLoads(bg))
	for _, query := range loadTables {
		if n := s.number(t, query); n != 0 {
			t.Errorf("%s: %d after the sweep", query, n)
		}
	}
	if _, err := os.Lstat(s.loadPath(id)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the loader's lock file is left: %v", err)
	}
	if got := serialsOf(t, s, report.Filter{}); !slices.Equal(got, []string{"S1"}) {
		t.Errorf("the store holds %q", got)
	}
	addBatch(t, s, newBatch("again.csv"), numbered("L", 0, 300)...)
}

var loadTables = []string{
	`SELECT COUNT(*) FROM token WHERE serial_key LIKE 'L%'`,
	`SELECT COUNT(*) FROM batch WHERE loading = 1`,
	`SELECT SUM(length(pairs)) / 16 - 1 FROM fingerprint`,
}

// A load of several slices is swept in several transactions, without prints as
// well as with them.
func TestSweepLarge(t *testing.T) {
	s := newStore(t)
	serials := numbered("L", 0, 2*sliceRows+1)
	b := newBatch("large.csv")
	s.mustUpdate(t, func(q *queries) (err error) {
		b, err = q.CreateBatch(b, len(serials))
		must(t, err)
		var rows []desk.Row
		for i, serial := range serials {
			rows = append(rows, row(b.FirstID+int64(i), serial))
		}
		must(t, q.InsertTokens(b, rows))
		return q.InsertPrints(printsOf(rows[:sliceRows]))
	})
	must(t, s.SweepLoads(bg))
	if n := s.number(t, `SELECT (SELECT COUNT(*) FROM token) + (SELECT COUNT(*) FROM batch) + (SELECT COUNT(*) FROM fingerprint)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// A batch that is complete is never discarded.
func TestDiscardSparesTheComplete(t *testing.T) {
	s := newStore(t)
	b := addBatch(t, s, newBatch("a"), "S1")
	must(t, s.DiscardLoad(bg, b.ID))
	if got := serialsOf(t, s, report.Filter{}); len(got) != 1 {
		t.Errorf("the store holds %q", got)
	}
}

// Two loads at once get ranges of ids that do not meet.
func TestIDsOfLoads(t *testing.T) {
	s := newStore(t)
	var a, b token.Batch
	s.mustUpdate(t, func(q *queries) (err error) { a, err = q.CreateBatch(newBatch("a"), 10); return err })
	s.mustUpdate(t, func(q *queries) (err error) { b, err = q.CreateBatch(newBatch("b"), 5); return err })
	if a.FirstID != 1 || a.LastID != 10 || b.FirstID != 11 || b.LastID != 15 {
		t.Errorf("ids %d to %d, %d to %d", a.FirstID, a.LastID, b.FirstID, b.LastID)
	}
	for _, want := range []struct {
		batch  token.Batch
		number int
	}{{b, 1}, {a, 2}} {
		s.mustUpdate(t, func(q *queries) error {
			done, err := q.CompleteBatch(want.batch)
			if done.Number != want.number {
				t.Errorf("%s is batch %d", want.batch.File, done.Number)
			}
			return err
		})
	}
}

func TestUniqueness(t *testing.T) {
	s := newStore(t)
	addBatch(t, s, newBatch("a"), "Ab1")
	for _, c := range []struct {
		name   string
		change func(*desk.Row)
		kind   fault.Kind
		words  string
	}{
		{"the same serial", func(r *desk.Row) { r.Serial = "Ab1" }, fault.Internal, "in the store already"},
		{"the serial in another case", func(r *desk.Row) { r.Serial = "aB1" }, fault.Internal, "in the store already"},
		{"the same seed", func(r *desk.Row) { r.Fingerprint = row(0, "Ab1").Fingerprint }, fault.NotAllowed, "another import brought"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := s.update(bg, func(q *queries) error {
				b, err := q.CreateBatch(newBatch("b"), 1)
				must(t, err)
				r := row(b.FirstID, "other")
				c.change(&r)
				if err := q.InsertTokens(b, []desk.Row{r}); err != nil {
					return err
				}
				return q.InsertPrints(printsOf([]desk.Row{r}))
			})
			kindIs(t, err, c.kind, c.words)
		})
	}
	s.mustRead(t, func(q *queries) error {
		for _, typed := range []token.Serial{"Ab1", "AB1", "ab1"} {
			tok, err := q.Token(typed)
			if err != nil || tok.Serial != "Ab1" {
				t.Errorf("%s gives %q, %v", typed, tok.Serial, err)
			}
			found, err := q.Stored([]string{typed.Key()})
			if err != nil || found["AB1"].Serial != "Ab1" {
				t.Errorf("Stored gives %+v, %v", found, err)
			}
		}
		return nil
	})
}

func TestOneOpenBinding(t *testing.T) {
	s := newBoundStore(t)
	err := s.update(bg, func(q *queries) error {
		return q.OpenBinding(token.Binding{UUID: uuid.New(), TokenID: 1, Account: "Bert", Opened: began, By: someone, Codes: 1})
	})
	if !isUnique(err) {
		t.Errorf("a second open binding: %v", err)
	}
	if n := s.number(t, `SELECT COUNT(*) FROM account`); n != 1 {
		t.Errorf("the refused binding left its account: %d", n)
	}
	s.mustUpdate(t, func(q *queries) error {
		if err := q.exec(`UPDATE binding SET closed_at = opened_at`); err != nil {
			return err
		}
		return q.OpenBinding(token.Binding{UUID: uuid.New(), TokenID: 1, Account: "ANNA", Opened: began, By: someone, Codes: 2})
	})
	if n := s.number(t, `SELECT COUNT(*) FROM account`); n != 1 {
		t.Errorf("ANNA and Anna are %d accounts", n)
	}
}
