package intake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/token"
	"fob/internal/trail"
)

// largeN makes three slices, the last not full; moreN two.
const (
	largeN = 2*intake.SliceSize + 500
	moreN  = intake.SliceSize + 500
)

// withLine puts another line in the place of record i of a generated file.
func withLine(m memory, i int, text string) memory {
	lines := strings.SplitAfter(m.text, "\n")
	lines[i] = text + "\n"
	return memory{m.name, strings.Join(lines, "")}
}

func noTrace(t *testing.T, h *house, before string) {
	t.Helper()
	if h.dump(staying(largeN)...) != before {
		t.Errorf("a trace is left: %s", h.rows())
	}
}

func TestLargeFile(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 500_001)))
	before := h.dump(staying(largeN)...)
	file := generated(1, largeN)
	place := intake.SliceSize + 17 // in the second slice

	t.Run("refused by the store", func(t *testing.T) {
		var progress []int
		res, err := h.intake.Import(bg, request(withLine(file, place, line("S1", 500_002)), func(r *intake.Import) {
			r.OnProgress = func(done, total int) { progress = append(progress, done) }
		}))
		kindIs(t, err, fault.Refused, fmt.Sprintf("1 of %d records", largeN), "nothing of it was stored")
		if res.Stored || res.Batch != nil || res.Refused != 1 || len(res.Rejects) != 1 || res.Rejects[0].Line != place+1 || res.New != largeN-1 {
			t.Errorf("%d new, %d refused, rejects %+v", res.New, res.Refused, res.Rejects)
		}
		if len(progress) == 0 || progress[0] != intake.SliceSize {
			t.Errorf("progress %v", progress)
		}
		noTrace(t, h, before)
	})
	t.Run("refused by itself", func(t *testing.T) {
		res, err := h.intake.Import(bg, request(withLine(file, place, line("N1", 1))))
		kindIs(t, err, fault.Refused, fmt.Sprintf("2 of %d records", largeN))
		if len(res.Rejects) != 2 || res.Rejects[0].Line != 2 && res.Rejects[0].Line != 1 || res.Rejects[1].Verdict != token.SeedClone {
			t.Errorf("rejects %+v", res.Rejects)
		}
		noTrace(t, h, before)
	})
	t.Run("a bad record, the store not asked", func(t *testing.T) {
		bad := withLine(withLine(file, largeN-1, "B1,"+damagedHex+",totp,6,30"), place, line("S1", 500_002))
		res, err := h.intake.Import(bg, request(bad))
		kindIs(t, err, fault.Refused, fmt.Sprintf("1 of %d records", largeN), "nothing of it was stored")
		if res.Unjudged != largeN-1 || res.New != 0 || res.Refused != 1 || len(res.Rejects) != 1 || res.Rejects[0].Line != largeN || res.Rejects[0].Verdict != token.Invalid {
			t.Errorf("%d unjudged, %d new, rejects %+v", res.Unjudged, res.New, res.Rejects)
		}
		var all []int
		res, err = h.intake.Import(bg, request(bad, func(r *intake.Import) {
			r.OnReject = func(r intake.Reject) error { all = append(all, r.Line); return nil }
		}))
		kindIs(t, err, fault.Refused, fmt.Sprintf("2 of %d records", largeN))
		if !slices.Equal(all, []int{place + 1, largeN}) || res.Unjudged != 0 || res.New != largeN-2 {
			t.Errorf("refused %v; %d unjudged, %d new", all, res.Unjudged, res.New)
		}
		noTrace(t, h, before)
	})
	t.Run("dry run", func(t *testing.T) {
		res, err := h.intake.Import(bg, request(file, dryRun))
		if err != nil || res.Stored || res.Batch != nil || res.New != largeN || !res.DryRun {
			t.Errorf("%d new, stored %v, %v", res.New, res.Stored, err)
		}
		noTrace(t, h, before)
	})
	t.Run("partial", func(t *testing.T) {
		res, err := h.intake.Import(bg, request(withLine(file, place, "B1,"+damagedHex+",totp,6,30"), partial))
		kindIs(t, err, fault.Refused, fmt.Sprintf("the other %d were stored as batch 2", largeN-1))
		d := detail[trail.ImportDetail](t, h.lastEvent())
		if !res.Stored || d.New != largeN-1 || d.Refused != 1 || d.Contents != h.contents(2) || d.LastID-d.FirstID != largeN-1 {
			t.Errorf("stored %v, event %+v", res.Stored, d)
		}
		if got, want := h.rows(), fmt.Sprintf("%d tokens, %[1]d prints, 2 batches", largeN); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	})
	t.Run("unchanged but for the mended", func(t *testing.T) {
		res := h.load(file)
		if !res.Stored || *res.Batch != 3 || res.New != 1 || res.Unchanged != largeN-1 {
			t.Errorf("%+v", res)
		}
	})
	t.Run("all unchanged", func(t *testing.T) {
		rows := h.rows()
		res := h.load(memory{"again.csv", file.text + "\n"})
		if res.Stored || res.Unchanged != largeN || h.rows() != rows {
			t.Errorf("%+v; %s", res, h.rows())
		}
	})
	t.Run("again", func(t *testing.T) {
		if res := h.load(file); !res.Already || *res.Batch != 3 {
			t.Errorf("%+v", res)
		}
	})
	h.verified()
}

func TestReplaceInALargeFile(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 500_001), line("S2", 500_002), line("S3", 500_003)))
	file := withLine(withLine(withLine(generated(1, moreN), 3, line("S1", 600_001)),
		moreN-2, line("S2", 600_002)), moreN-1, line("S3", 500_003))

	t.Run("given out meanwhile", func(t *testing.T) {
		before := h.visible()
		events := len(h.events())
		_, err := h.intake.Import(bg, request(file, replace, func(r *intake.Import) {
			r.OnProgress = func(done, total int) {
				if done == total {
					h.sql(`UPDATE token SET issued = 1 WHERE serial_key = 'S2'`)
				}
			}
		}))
		kindIs(t, err, fault.NotAllowed, "S2 was given out or tried while the file was read", "nothing of it is stored")
		if s, _ := h.find("S1"); h.visible() != before || s.Batch != 1 || len(h.events()) != events {
			t.Error("something was changed")
		}
		if got := h.rows(); got != "3 tokens, 3 prints, 1 batches" {
			t.Errorf("left: %s", got)
		}
		h.sql(`UPDATE token SET issued = 0`)
	})

	res := h.load(file, replace, func(r *intake.Import) {
		r.OnProgress = func(done, total int) {
			if done == total { // S1 is carried away meanwhile
				_, err := h.desk.Relocate(bg, desk.Relocation{Serials: []token.Serial{"S1"}, To: "Graz", New: true})
				must(t, err)
			}
		}
	})
	if !res.Stored || res.Replaced != 2 || res.Unchanged != 1 || res.New != moreN-1 {
		t.Errorf("%+v", res)
	}
	if s, _ := h.find("S1"); s.Location == nil || *s.Location != "Graz" {
		t.Errorf("S1 is at %v", s.Location)
	}
	d := detail[trail.ImportDetail](t, h.lastEvent())
	var serials []string
	for _, r := range d.Replaced {
		serials = append(serials, string(r.Old.Serial))
	}
	if !slices.Equal(serials, []string{"S1", "S2"}) || d.Replaced[1].New.Fingerprint != h.print(600_002) || d.Contents != h.contents(2) {
		t.Errorf("event: replaced %+v, contents %s", d.Replaced, d.Contents)
	}
	if got, want := h.rows(), fmt.Sprintf("%d tokens, %[1]d prints, 2 batches", moreN); got != want {
		t.Errorf("%s, not %s", got, want)
	}
	if n := h.sharing(h.print(500_001)) + h.sharing(h.print(500_002)); n != 0 {
		t.Error("an old fingerprint is left")
	}
	if n := h.fingerprinted(); n != moreN {
		t.Errorf("%d tokens have their fingerprint", n)
	}
	h.verified()
}

// Who stops a large import leaves nothing that anybody sees, and the next
// import clears away what is left.
func TestStoppedImport(t *testing.T) {
	h := newHouse(t)
	h.load(csv(line("S1", 500_001)))
	ctx, stop := context.WithCancel(bg)
	file := generated(1, moreN)
	_, err := h.intake.Import(ctx, request(file, func(r *intake.Import) {
		r.OnProgress = func(int, int) { stop() }
	}))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the import ended with %v", err)
	}
	if n := h.visible(); n != 1 || len(h.events()) != 2 {
		t.Errorf("%d tokens are visible, %d events", n, len(h.events()))
	}
	if _, ok := h.find(serialOf(1)); ok {
		t.Error("a token of it is found")
	}
	res := h.load(csv(line("S2", 500_002)))
	if *res.Batch != 2 || h.rows() != "2 tokens, 2 prints, 2 batches" {
		t.Errorf("batch %d; %s", *res.Batch, h.rows())
	}
	if res := h.load(file); !res.Stored || *res.Batch != 3 {
		t.Errorf("%+v", res)
	}
}

// A stop before the first slice, and one between two records.
func TestStoppedEarly(t *testing.T) {
	h := newHouse(t)
	before := h.dump()
	ctx, stop := context.WithCancel(bg)
	stop()
	if _, err := h.intake.Import(ctx, request(csv(line("S1", 1)))); !errors.Is(err, context.Canceled) {
		t.Errorf("the import ended with %v", err)
	}
	if h.dump() != before {
		t.Error("a trace is left")
	}
}

// A load under way is met by another one: anyone who comes second is told who is
// loading, and gets nothing.
func TestMeetingALoad(t *testing.T) {
	h := newHouse(t)
	other := h.newDesk("otto")
	first := true
	res := h.load(generated(1, moreN), func(r *intake.Import) {
		r.OnProgress = func(done, _ int) {
			if !first {
				return
			}
			first = false
			met, err := h.intakeOf(other).Import(bg, request(csv(line(serialOf(5), 5))))
			kindIs(t, err, fault.Refused)
			if len(met.Rejects) != 1 || met.Rejects[0].Verdict != token.Conflict || met.Rejects[0].Reason.String() != "this serial is being loaded right now, by olga" {
				t.Errorf("%+v", met.Rejects)
			}
			if met, err := h.intakeOf(other).Import(bg, request(csv(line("OTHER", 700_000)))); err != nil || !met.Stored || *met.Batch != 1 {
				t.Errorf("an import beside the load: %+v, %v", met, err)
			}
			met, err = h.intakeOf(other).Import(bg, request(withLine(generated(300_000, moreN), moreN-1, line(serialOf(1), 1))))
			kindIs(t, err, fault.Refused)
			if met.Stored || len(met.Rejects) != 1 {
				t.Errorf("a large import beside the load: %+v", met)
			}
		}
	})
	if first || !res.Stored || *res.Batch != 2 {
		t.Errorf("%+v", res)
	}
	if got, want := h.rows(), fmt.Sprintf("%d tokens, %[1]d prints, 2 batches", moreN+1); got != want {
		t.Errorf("%s, not %s", got, want)
	}
	h.verified()
}

// Seeds of a load become known with its last slice. Who brought one of them
// under another serial before that wins, and the load is refused.
func TestSeedTakenDuringALoad(t *testing.T) {
	h := newHouse(t)
	other := h.newDesk("otto")
	_, err := h.intake.Import(bg, request(generated(1, moreN), func(r *intake.Import) {
		r.OnProgress = func(done, _ int) {
			if done != intake.SliceSize {
				return
			}
			if met, err := h.intakeOf(other).Import(bg, request(csv(line("OTHER", 5)))); err != nil || !met.Stored {
				t.Errorf("%+v, %v", met, err)
			}
		}
	}))
	kindIs(t, err, fault.NotAllowed, "another import brought one of these seeds meanwhile", "import the file again")
	if got := h.rows(); got != "1 tokens, 1 prints, 1 batches" {
		t.Errorf("left: %s", got)
	}
	res, err := h.intake.Import(bg, request(generated(1, moreN)))
	kindIs(t, err, fault.Refused)
	if len(res.Rejects) != 1 || !strings.Contains(res.Rejects[0].Reason.String(), "token OTHER, which is in_stock") {
		t.Errorf("%+v", res.Rejects)
	}
}

// Two imports at once that claim serials for different seeds: one of them is
// stored whole, the other is refused and leaves nothing, whatever the order in
// which their slices come.
func TestTwoImportsAtOnce(t *testing.T) {
	h := newHouse(t)
	const overlap = 300
	files := []memory{generated(1, moreN), generated(1_000_000, moreN)}
	for i := range overlap { // both end with them
		files[1] = memory{files[1].name, files[1].text + line(serialOf(uint64(moreN-i)), uint64(2_000_000+i)) + "\n"}
	}
	type end struct {
		res intake.Imported
		err error
	}
	ends := make([]chan end, len(files))
	for i, f := range files {
		ends[i] = make(chan end, 1)
		d := h.newDesk(fmt.Sprintf("loader %d", i))
		go func() {
			res, err := h.intakeOf(d).Import(bg, request(f))
			ends[i] <- end{res, err}
		}()
	}
	winners := 0
	for i := range files {
		e := <-ends[i]
		if e.err == nil && e.res.Stored {
			winners++
			if got, want := h.visible(), e.res.New; got != want {
				t.Errorf("%d tokens are visible, not %d", got, want)
			}
			continue
		}
		kindIs(t, e.err, fault.Refused, "nothing of it was stored")
		for _, r := range e.res.Rejects {
			if r.Verdict != token.Conflict || !strings.Contains(r.Reason.String(), "being loaded right now, by loader") && !strings.Contains(r.Reason.String(), "in the store with another seed") {
				t.Errorf("%+v", r)
			}
		}
		if e.res.Stored || e.res.Refused == 0 {
			t.Errorf("%+v", e.res)
		}
	}
	if winners != 1 {
		t.Errorf("%d imports were stored", winners)
	}
	must(t, h.store.SweepLoads(bg))
	if got := h.rows(); !strings.HasSuffix(got, " 1 batches") {
		t.Error(got)
	}
}
