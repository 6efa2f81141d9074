package storetest

import (
	"slices"
	"strings"
	"testing"

	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

var peopleTests = map[string]func(*testing.T, Open){
	"erase":          testErase,
	"order of bytes": testOrderOfBytes,
	"near names":     testNearNames,
}

// What was erased is gone from texts, binding and account; the chain still holds.
func testErase(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "S1")
	BindTo(t, s, "S1", "Anna")
	Update(t, s, func(q Tx) error {
		e := Event(s.ID(), token.CmdCheck)
		for _, field := range []string{trail.TextAccount, trail.TextReason, trail.TextApprover} {
			Must(t, e.AddText(strings.NewReader(strings.Repeat("s", 64)), field, "Anna"))
		}
		return q.Append(e)
	})
	Update(t, s, func(q Tx) error {
		texts, err := q.TextsAbout("ANNA")
		if len(texts) != 1 || texts[0].Seq != 2 || !slices.Equal(texts[0].Fields, []string{trail.TextAccount, trail.TextReason}) {
			t.Errorf("her texts are %v", texts)
		}
		Must(t, err)
		name, err := q.ErasedName()
		Must(t, err)
		Must(t, q.Append(Event(s.ID(), token.CmdAccountErase)))
		return q.EraseAccount("anna", name, texts, 3)
	})
	Read(t, s, func(q Reader) error {
		tok, err := q.Token("S1")
		if tok.Account != "erased-1" {
			t.Errorf("the token is %s's", tok.Account)
		}
		Must(t, err)
		if near, err := q.TextsAbout("anna"); len(near) > 0 || err != nil {
			t.Errorf("left: %v, %v", near, err)
		}
		next, err := q.ErasedName()
		if next != "erased-2" {
			t.Errorf("the next one is %s", next)
		}
		return err
	})
}

// Serials come in the order of their bytes, whatever a language makes of them.
func testOrderOfBytes(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "Z1", "a-2", "a1", "_9", "A-10", "é1", "B 1", "B-1")
	want := []string{"A-10", "a-2", "a1", "B 1", "B-1", "Z1", "_9", "é1"}
	if got := serialsOf(t, s, report.Filter{}); !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

// A name is near in any order of its words, with letters that differ; what stands for
// others in a pattern stands for itself.
func testNearNames(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "S1", "S2", "S3")
	BindTo(t, s, "S1", "milan.novak")
	BindTo(t, s, "S2", "hanna.roth@example.com")
	BindTo(t, s, "S3", "milan.nowacki")
	AddBatch(t, s, NewBatch("b"), "S4")
	BindTo(t, s, "S4", "юлия.日本語")
	Must(t, s.SnapshotPages(bg, func(q report.PageReader) error {
		for said, want := range map[string]string{"Novack, Milan": "milan.novak milan.nowacki", "rotth hana": "hanna.roth@example.com", "Wolf": "", "n%_k": "", "Möller": "", "日本語 юлiя": "юлия.日本語"} {
			near, err := q.NearNames(said, 5)
			Must(t, err)
			if got := strings.Join(token.Texts(near), " "); got != want {
				t.Errorf("%q: %s", said, got)
			}
		}
		named, err := q.Named("n%_k", 5)
		Must(t, err)
		if len(named) > 0 {
			t.Error(named)
		}
		return nil
	}))
}
