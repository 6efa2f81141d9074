package storetest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"

	"fob/internal/desk"
	"fob/internal/token"
	"fob/internal/trail"
)

var writingTests = map[string]func(*testing.T, Open){
	"update undoes":          testUpdateUndoes,
	"snapshot is consistent": testSnapshotIsConsistent,
	"readers see one state":  testReadersSeeOneState,
	"many writers":           testManyWriters,
	"one binding wins":       testOneBindingWins,
	"fingerprints shared":    testSharedFingerprints,
}

func head(t testing.TB, q interface{ Head() (trail.Head, error) }) trail.Head {
	t.Helper()
	h, err := q.Head()
	Must(t, err)
	return h
}

func testUpdateUndoes(t *testing.T, open Open) {
	s := open(t)
	events := func() (n int64) {
		Read(t, s, func(q Reader) error { n = head(t, q).Seq; return nil })
		return n
	}
	write := func(tx Tx) { Must(t, tx.Append(Event(s.ID(), token.CmdCheck))) }
	why := errors.New("why")
	err := Write(s, func(tx Tx) error { write(tx); return why })
	if !errors.Is(err, why) || events() != 1 {
		t.Errorf("after the error %v there are %d events", err, events())
	}
	func() {
		defer func() {
			if recover() != "panic" {
				t.Error("the panic did not come through")
			}
		}()
		_ = Write(s, func(tx Tx) error { write(tx); panic("panic") }) // it panics
	}()
	if n := events(); n != 1 {
		t.Errorf("after the panic there are %d events", n)
	}
	ctx, cancel := context.WithCancel(bg)
	err = For(s).Update(ctx, func(tx Tx) error { write(tx); cancel(); return nil })
	if !errors.Is(err, context.Canceled) || events() != 1 {
		t.Errorf("after the cancelled one, %v, there are %d events", err, events())
	}
	Update(t, s, func(tx Tx) error { write(tx); return nil })
	if n := events(); n != 2 {
		t.Errorf("after a good one there are %d events", n)
	}
	verifyTrail(t, s)
}

// One state, whatever is written meanwhile.
func testSnapshotIsConsistent(t *testing.T, open Open) {
	s := open(t)
	Read(t, s, func(q Reader) error {
		before := head(t, q)
		Update(t, s, func(q Tx) error { return q.Append(Event(s.ID(), token.CmdCheck)) })
		if after := head(t, q); before != after {
			t.Errorf("the head moved from %d to %d", before.Seq, after.Seq)
		}
		return nil
	})
	Read(t, s, func(q Reader) error {
		if head(t, q).Seq != 2 {
			t.Error("the event is not seen afterwards")
		}
		return nil
	})
}

// However fast somebody writes, all readers see one state.
func testReadersSeeOneState(t *testing.T, open Open) {
	s := open(t)
	done, ended := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-done:
				ended <- nil
				return
			default:
			}
			if err := Write(s, func(q Tx) error { return q.Append(Event(s.ID(), token.CmdCheck)) }); err != nil {
				ended <- err
				return
			}
		}
	}()
	var last int64
	for i := 0; i < 50 || last < 3; i++ { // until somebody wrote meanwhile
		readers, end, err := s.Snapshots(bg, 4)
		Must(t, err)
		var seen []int64
		for _, tx := range readers {
			var n int64
			Must(t, tx.QueryRow(`SELECT COUNT(*) FROM audit`).Scan(&n))
			seen = append(seen, n)
		}
		end()
		if len(seen) != 4 || len(slices.Compact(slices.Clone(seen))) != 1 || seen[0] < last {
			t.Errorf("they see %d events, after %d", seen, last)
		}
		last = seen[0]
	}
	close(done)
	Must(t, <-ended)
}

// Fifty writers at once leave a chain without gaps, and what they counted is right.
func testManyWriters(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "S1")
	const writers, each = 50, 4
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				if err := CountUp(s, "S1"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	Read(t, s, func(q Reader) error {
		tok, err := q.Token("S1")
		if tok.Failures != writers*each || head(t, q).Seq != 1+writers*each {
			t.Errorf("%d failures, %d events", tok.Failures, head(t, q).Seq)
		}
		return err
	})
	verifyTrail(t, s)
}

// Of many who bind one token at once, one wins.
func testOneBindingWins(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "S1")
	errTaken := errors.New("taken")
	var won sync.Map
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			account := token.Account("user" + strconv.Itoa(i))
			err := Write(s, func(tx Tx) error {
				tok, err := tx.Token("S1")
				if err != nil || tok.State != token.InStock {
					return errors.Join(err, errTaken)
				}
				return bind(tx, "S1", newBinding(account))
			})
			if err == nil {
				won.Store(account, true)
			} else if !errors.Is(err, errTaken) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	n := 0
	won.Range(func(winner, _ any) bool {
		n++
		Read(t, s, func(q Reader) error {
			tok, err := q.Token("S1")
			if tok.Account != winner {
				t.Errorf("%s has it, not %s", tok.Account, winner)
			}
			return err
		})
		return true
	})
	if n != 1 {
		t.Errorf("%d won", n)
	}
}

// A fingerprint that is here is refused, whether the same slice or an earlier one
// brought it; one that is known to be another seed's is not, and each such seed is
// found, also where one before it was replaced.
func testSharedFingerprints(t *testing.T, open Open) {
	s := open(t)
	b := NewBatch("twins")
	Update(t, s, func(q Tx) (err error) {
		if b, err = q.CreateBatch(b, 5); err != nil {
			return err
		}
		for i, serial := range []string{"S1", "S2", "S3"} {
			r := Row(b.FirstID+int64(i), serial)
			r.Fingerprint = 7
			Must(t, q.InsertTokens(b, []desk.Row{r}))
			Must(t, q.InsertFingerprints([]desk.Fingerprint{{Value: 7, Nth: i, TokenID: r.ID}}))
		}
		b.New = 3
		b, err = q.CompleteBatch(b)
		return err
	})
	for _, prints := range [][]desk.Fingerprint{{{Value: 7, TokenID: 4}}, {{Value: 8, TokenID: 4}, {Value: 8, TokenID: 5}}} {
		err := Write(s, func(q Tx) error { return q.InsertFingerprints(prints) })
		if err == nil {
			t.Error("a seed is here twice")
		}
	}
	Update(t, s, func(q Tx) error {
		Must(t, q.RemoveToken(b.FirstID))
		r := Row(b.FirstID+3, "S4")
		r.Fingerprint = 7
		Must(t, q.InsertTokens(b, []desk.Row{r}))
		// Two others share it, so the import counts it as the third, number 2.
		return q.InsertFingerprints([]desk.Fingerprint{{Value: 7, Nth: 2, TokenID: r.ID}})
	})
	Read(t, s, func(q Reader) error {
		same, err := q.StoredByFingerprint([]int64{7, 8})
		if len(same[7]) != 3 || len(same[8]) != 0 {
			t.Errorf("found by the fingerprint: %+v", same)
		}
		return err
	})
	r, err := s.Verify(bg, nil)
	Must(t, err)
	if slices.ContainsFunc(r.Problems, func(p string) bool { return len(p) > 4 && p[:4] == "the " }) {
		t.Errorf("verify says %q", r.Problems)
	}
}
