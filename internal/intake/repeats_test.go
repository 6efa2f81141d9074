package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/token"
)

// One wrong column makes every record carry the same serial: the file is refused
// at once, in words that stay short.
func TestOneSerialThroughout(t *testing.T) {
	h := newHouse(t)
	var lines []string
	for i := range uint64(20_000) {
		lines = append(lines, line("S1", i+1))
	}
	res, err := h.intake.Import(bg, request(csv(lines...)))
	kindIs(t, err, fault.Refused, "20000 of 20000")
	first := res.Rejects[0]
	if first.Verdict != token.Duplicate || first.Reason.String() != "this serial also stands in line 2, line 3, line 4, 19996 more" {
		t.Errorf("%+v", first)
	}
	if last := res.Rejects[len(res.Rejects)-1]; last.Reason.String() != "this serial also stands in line 1, line 2, line 3, 19996 more" {
		t.Errorf("%+v", last)
	}
}

// A file written twice over has duplicates, not clones.
func TestFileTwiceOver(t *testing.T) {
	h := newHouse(t)
	once := generated(1, 30).text
	res, err := h.intake.Import(bg, request(memory{"twice.csv", once + once}))
	kindIs(t, err, fault.Refused, "60 of 60")
	for _, r := range res.Rejects {
		if r.Verdict != token.Duplicate {
			t.Fatalf("%+v", r)
		}
	}
}

// An exchange of keys moves no token, and the trail knows where it stays.
func TestReplaceKeepsLocation(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 1), line("S2", 2)), func(r *intake.Import) { r.Supply.Location = "Bonn" })
	h.load(csv(line("S1", 11)), replace)
	h.load(csv(line("S2", 12)), replace, func(r *intake.Import) { r.Supply.Location, r.NewLocation = "Graz", true })
	for serial, want := range map[string]string{"S1": "Bonn", "S2": "Graz"} {
		if found, _ := h.find(serial); found.Location == nil || *found.Location != want {
			t.Errorf("%s is at %v, not %s", serial, found.Location, want)
		}
	}
	h.verified()
}

// The same bytes are "already imported" only while all of it is still true.
func TestAlreadyImportedAfterReplace(t *testing.T) {
	h := newHouse(t)
	first := csv(line("S1", 1), line("S2", 2))
	h.load(first)
	if res := h.load(first); !res.Already || res.Batch == nil || *res.Batch != 1 || res.Unchanged != 2 {
		t.Errorf("%+v", res)
	}
	h.load(csv(line("S1", 11)), replace)
	res, err := h.intake.Import(bg, request(first))
	kindIs(t, err, fault.Refused, "1 of 2")
	if res.Already || len(res.Rejects) != 1 || res.Rejects[0].Verdict != token.Conflict {
		t.Errorf("%+v", res)
	}
	if res := h.load(first, replace); res.Replaced != 1 || !res.Stored {
		t.Errorf("%+v", res)
	}
	h.verified()
}

// What happens in the last transaction is bounded, since the desk waits for it.
func TestLastTransactionIsBounded(t *testing.T) {
	h := newHouse(t)
	n := intake.SliceSize + 1
	h.load(generated(1, n))
	other := strings.NewReplacer(",6,30\n", ",8,30\n").Replace(generated(1, n).text)
	before := h.rows()
	_, err := h.intake.Import(bg, request(memory{"other.csv", other}, replace))
	kindIs(t, err, fault.Refused, fmt.Sprintf("replaces more than %d", intake.SliceSize), "split")
	if h.rows() != before {
		t.Errorf("%s became %s", before, h.rows())
	}
	h.verified()
}

// Nothing new beside refused records: --partial is not advised again.
func TestPartialWithNothingNew(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 1)))
	_, err := h.intake.Import(bg, request(csv(line("S1", 1), "S2,xyz,totp,6,30"), partial))
	kindIs(t, err, fault.Refused, "nothing else in it was new")
	if strings.Contains(fault.HintOf(err), "--partial") {
		t.Error(fault.HintOf(err))
	}
}
