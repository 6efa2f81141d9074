package storetest

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/store"
	"fob/internal/token"
)

var loadTests = map[string]func(*testing.T, Open){
	"loading is invisible":        testLoadingIsInvisible,
	"sweep large":                 testSweepLarge,
	"discard spares the complete": testDiscardSparesTheComplete,
	"i ds of loads":               testIDsOfLoads,
	"uniqueness":                  testUniqueness,
	"one open binding":            testOneOpenBinding,
	"many rows":                   testManyRows,
	"place of a broken load":      testPlaceOfABrokenLoad,
}

func serialsOf(t testing.TB, s *store.Store, f report.Filter) (serials []string) {
	t.Helper()
	Read(t, s, func(q Reader) error {
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
func visible(t *testing.T, s *store.Store, serial token.Serial, number int) (seen []string) {
	t.Helper()
	see := func(what string, is bool) {
		if is {
			seen = append(seen, what)
		}
	}
	see("Tokens", slices.Contains(serialsOf(t, s, report.Filter{}), string(serial)))
	see("Tokens of a place", slices.Contains(serialsOf(t, s, report.Filter{Location: "Bern", State: token.InStock}), string(serial)))
	see("Tokens of a batch", slices.Contains(serialsOf(t, s, report.Filter{Batch: number}), string(serial)))
	Read(t, s, func(q Reader) error {
		_, err := q.Token(serial)
		see("Token", fault.KindOf(err) != fault.NotFound)
		_, err = q.Find(serial)
		see("Find", fault.KindOf(err) != fault.NotFound)
		near, err := q.NearSerials(serial[:len(serial)-1], 99)
		Must(t, err)
		see("NearSerials by prefix", slices.Contains(near, serial))
		near, err = q.NearSerials("9"+serial, 99)
		Must(t, err)
		see("NearSerials by typing errors", slices.Contains(near, serial))
		batches, err := q.Batches()
		Must(t, err)
		see("Batches", slices.ContainsFunc(batches, func(b report.Batch) bool { return b.File == "loading.csv" }))
		_, err = q.Batch(number)
		see("Batch", fault.KindOf(err) != fault.NotFound)
		sum, err := q.Summary()
		Must(t, err)
		see("Summary", sum.Tokens > 2 || sum.States[token.InStock] > 2 || len(sum.Batches) > 1)
		_, found, err := q.BatchOfFile("sha-loading.csv", "format=oath-csv")
		Must(t, err)
		see("BatchOfFile", found)
		return nil
	})
	return seen
}

func testLoadingIsInvisible(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("done.csv"), "S0000001", "S0000002")
	b := AddLoading(t, s, NewBatch("loading.csv"), "L0000001", "L0000002")
	if seen := visible(t, s, "L0000001", 2); len(seen) > 0 {
		t.Errorf("a loading batch shows in %q", seen)
	}
	Read(t, s, func(q Reader) error {
		stored, err := q.Stored([]string{"L0000001", "S0000001", "NONE"})
		if len(stored) != 2 || stored["L0000001"].LoadingBy != "olga" || stored["S0000001"].LoadingBy != "" {
			t.Errorf("Stored gives %+v", stored)
		}
		Must(t, err)
		prints, err := q.StoredByFingerprint([]int64{Row(0, "L0000002").Fingerprint})
		if len(prints) != 1 {
			t.Errorf("StoredByFingerprint gives %+v", prints)
		}
		return err
	})
	Update(t, s, func(q Tx) error {
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
	Update(t, s, func(q Tx) error {
		_, err := q.CompleteBatch(b)
		KindIs(t, err, fault.Internal, "swept", "again")
		return nil
	})
}

// A load of several slices is swept in several transactions, without prints as
// well as with them.
func testSweepLarge(t *testing.T, open Open) {
	s := open(t)
	serials := Numbered("L", 0, 2*desk.SliceSize+1)
	b := NewBatch("large.csv")
	Update(t, s, func(q Tx) (err error) {
		b, err = q.CreateBatch(b, len(serials))
		Must(t, err)
		var rows []desk.Row
		for i, serial := range serials {
			rows = append(rows, Row(b.FirstID+int64(i), serial))
		}
		Must(t, q.InsertTokens(b, rows))
		return q.InsertFingerprints(fingerprints(rows[:desk.SliceSize]))
	})
	Must(t, s.SweepLoads(bg))
	Read(t, s, func(q Reader) error {
		left, err := q.Stored([]string{serials[0], serials[len(serials)-1]})
		Must(t, err)
		known, err := q.KnownFingerprints([]int64{Row(1, serials[0]).Fingerprint})
		if len(left)+len(known) > 0 {
			t.Error("rows are left")
		}
		return err
	})
}

// A batch that is complete is never discarded.
func testDiscardSparesTheComplete(t *testing.T, open Open) {
	s := open(t)
	b := AddBatch(t, s, NewBatch("a"), "S1")
	Must(t, s.DiscardLoad(bg, b.ID))
	if got := serialsOf(t, s, report.Filter{}); len(got) != 1 {
		t.Errorf("the store holds %q", got)
	}
}

// Rows that come in several parts come in order; meanwhile others are asked for, and a
// reader may stop anywhere.
func testManyRows(t *testing.T, open Open) {
	s := open(t)
	serials := Numbered("M", 0, 3500)
	AddBatch(t, s, NewBatch("many.csv"), serials...)
	for _, stop := range []int{1, 10, 11, 1010, 2500, len(serials)} {
		var got []string
		Read(t, s, func(q Reader) error {
			for tok, err := range q.Tokens(report.Filter{}) {
				Must(t, err)
				if got = append(got, string(tok.Serial)); len(got)%700 == 1 {
					_, err := q.Token(token.Serial(serials[len(serials)-len(got)]))
					Must(t, err)
				}
				if len(got) == stop {
					break
				}
			}
			_, err := q.Token(token.Serial(serials[0]))
			return err
		})
		if !slices.Equal(got, serials[:stop]) {
			t.Errorf("stopped after %d, the rows are %d, and others", stop, len(got))
		}
	}
}

// The place that a load named goes with it, but not while another one may be about to
// use it.
func testPlaceOfABrokenLoad(t *testing.T, open Open) {
	s := open(t)
	to := func(place, file string) token.Batch {
		b := NewBatch(file)
		b.Supplied.Location = place
		return b
	}
	places := func() (all []string) {
		Read(t, s, func(q Reader) (err error) { all, err = q.Locations(); return err })
		return all
	}
	a, b := AddLoading(t, s, to("Aarau", "a"), "A1"), AddLoading(t, s, to("Baden", "b"), "B1")
	Must(t, s.DiscardLoad(bg, a.ID))
	if got := places(); !slices.Contains(got, "Aarau") {
		t.Errorf("beside another load, the places are %q", got)
	}
	Must(t, s.DiscardLoad(bg, b.ID))
	if got := places(); slices.Contains(got, "Baden") {
		t.Errorf("with no other load, the places are %q", got)
	}
	Must(t, s.DiscardLoad(bg, b.ID)) // it is not there any more
}

// Two loads at once get ranges of ids that do not meet.
func testIDsOfLoads(t *testing.T, open Open) {
	s := open(t)
	var a, b token.Batch
	Update(t, s, func(q Tx) (err error) { a, err = q.CreateBatch(NewBatch("a"), 10); return err })
	Update(t, s, func(q Tx) (err error) { b, err = q.CreateBatch(NewBatch("b"), 5); return err })
	if a.FirstID != 1 || a.LastID != 10 || b.FirstID != 11 || b.LastID != 15 {
		t.Errorf("ids %d to %d, %d to %d", a.FirstID, a.LastID, b.FirstID, b.LastID)
	}
	for _, want := range []struct {
		batch  token.Batch
		number int
	}{{b, 1}, {a, 2}} {
		Update(t, s, func(q Tx) error {
			done, err := q.CompleteBatch(want.batch)
			if done.Number != want.number {
				t.Errorf("%s is batch %d", want.batch.File, done.Number)
			}
			return err
		})
	}
}

func testUniqueness(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "Ab1")
	for _, c := range []struct {
		name   string
		change func(*desk.Row)
		kind   fault.Kind
		words  string
	}{
		{"the same serial", func(r *desk.Row) { r.Serial = "Ab1" }, fault.Internal, "in the store already"},
		{"the serial in another case", func(r *desk.Row) { r.Serial = "aB1" }, fault.Internal, "in the store already"},
		{"the same seed", func(r *desk.Row) { r.Fingerprint = Row(0, "Ab1").Fingerprint }, fault.NotAllowed, "another import brought"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Write(s, func(q Tx) error {
				b, err := q.CreateBatch(NewBatch("b"), 1)
				Must(t, err)
				r := Row(b.FirstID, "other")
				c.change(&r)
				if err := q.InsertTokens(b, []desk.Row{r}); err != nil {
					return err
				}
				return q.InsertFingerprints(fingerprints([]desk.Row{r}))
			})
			KindIs(t, err, c.kind, c.words)
		})
	}
	Read(t, s, func(q Reader) error {
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

func testOneOpenBinding(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "S1", "S2")
	first := BindTo(t, s, "S1", "Anna")
	err := Write(s, func(q Tx) error {
		return q.OpenBinding(token.Binding{UUID: uuid.New(), TokenID: first.TokenID, Account: "Bert", Opened: Began, By: Someone, Codes: 1})
	})
	KindIs(t, err, fault.Internal, "defect of fob")
	Update(t, s, func(q Tx) error {
		if closed, err := q.CloseBinding(first.TokenID, Began); closed != first.UUID || err != nil {
			t.Errorf("closed %s, %v", closed, err)
		}
		return q.OpenBinding(token.Binding{UUID: uuid.New(), TokenID: first.TokenID, Account: "ANNA", Opened: Began, By: Someone, Codes: 2})
	})
	Read(t, s, func(q Reader) error {
		var names []string
		for a, err := range q.Accounts(report.AccountFilter{}) {
			Must(t, err)
			names = append(names, a.Account)
		}
		if !slices.Equal(names, []string{"Anna"}) {
			t.Errorf("the accounts are %q: a refused binding left its account, or ANNA and Anna are two", names)
		}
		return nil
	})
}
