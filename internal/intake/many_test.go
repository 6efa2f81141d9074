package intake_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/token"
)

const many = 100_000

func shuffled(m memory) memory {
	lines := strings.SplitAfter(m.text, "\n")
	lines = lines[:len(lines)-1]
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return memory{"shuffled.csv", strings.Join(lines, "")}
}

// Every verdict, in files of a hundred thousand: where nearly all is new, and where
// nearly all is here.
func TestVerdictsOfMany(t *testing.T) {
	h := newHouse(t)
	h.load(generated(1, many))
	h.sql(`UPDATE token SET state = (SELECT code FROM state WHERE name = 'retired'), seed = NULL WHERE serial_key = '` + serialOf(77) + `'`)
	for name, file := range map[string]memory{"here": shuffled(generated(1, many)), "new": generated(many+1, many)} {
		first := uint64(1)
		if name == "new" {
			first = many + 1
		}
		own := first + 50_000 // a record of the file that stays as it is
		res, err := h.intake.Import(bg, request(memory{name, file.text + strings.Join([]string{
			line(serialOf(7), 9_000_001),          // conflict
			line(serialOf(77), 77),                // retired: a duplicate too, where all is here
			line("D-"+name, 9_000_002),            // duplicate, twice
			line("d-"+name, 9_000_003),            //
			line("C-"+name, 8),                    // clone of the store
			line("X-"+name, own),                  // clone inside the file
			"I-" + name + ",not a seed,totp,6,30", // invalid
			line("N-"+name, 9_100_000+first), "",  // new
		}, "\n")}, dryRun))
		kindIs(t, err, fault.Refused)
		got := map[token.Verdict]int{}
		for _, r := range res.Rejects {
			got[r.Verdict]++
		}
		want := map[string]string{
			// Where all is here, serials 7 and 77 stand in the file twice; the seeds
			// of 8 and of own are those of two serials of the file.
			"here": "new 1, unchanged 99996, refused 11: conflict 0 retired 0 duplicate 6 clone 4 invalid 1",
			"new":  "new 100000, unchanged 0, refused 8: conflict 1 retired 1 duplicate 2 clone 3 invalid 1",
		}[name]
		if s := fmt.Sprintf("new %d, unchanged %d, refused %d: conflict %d retired %d duplicate %d clone %d invalid %d", res.New, res.Unchanged, res.Refused,
			got[token.Conflict], got[token.Ended], got[token.Duplicate], got[token.SeedClone], got[token.Invalid]); s != want {
			t.Errorf("%s: %s\nwant %s", name, s, want)
		}
	}
	if got := h.rows(); got != fmt.Sprintf("%d tokens, %[1]d prints, 1 batches", many) {
		t.Error(got)
	}
}

// The same tokens in another order are unchanged, and a few new ones among them
// are stored with their seeds' fingerprints.
func TestFewNewAmongMany(t *testing.T) {
	h := newHouse(t)
	h.load(generated(1, many/2))
	file := shuffled(generated(1, many/2+100))
	res := h.load(file)
	if res.New != 100 || res.Unchanged != many/2 || !res.Stored {
		t.Errorf("%+v", res)
	}
	if n := h.fingerprinted(); n != many/2+100 {
		t.Errorf("%d tokens have their fingerprint", n)
	}
	h.verified()
}

// Records that differ from their tokens in one column only are told from the
// unchanged, also where nearly all are.
func TestSlightlyOtherAmongMany(t *testing.T) {
	h := newHouse(t)
	n := 2 * intake.SliceSize
	h.load(generated(1, n))
	h.sql(`UPDATE token SET state = (SELECT code FROM state WHERE name = 'retired'), seed = NULL WHERE serial_key = '` + serialOf(9) + `'`)
	file := generated(1, n)
	file = withLine(file, 3, strings.Replace(line(serialOf(4), 4), ",30", ",60", 1)) // another period
	file = withLine(file, 5, line("M-1", 6))                                         // another serial
	file = withLine(file, 6, line(serialOf(7), 9_000_001))                           // another seed
	res, err := h.intake.Import(bg, request(shuffled(file)))
	kindIs(t, err, fault.Refused)
	got := map[string]token.Verdict{}
	for _, r := range res.Rejects {
		got[r.Serial] = r.Verdict
	}
	want := map[string]token.Verdict{serialOf(4): token.Conflict, "M-1": token.SeedClone, serialOf(7): token.Conflict, serialOf(9): token.Ended}
	if diff := cmp.Diff(want, got); diff != "" || res.Unchanged != n-4 {
		t.Errorf("%d unchanged\n%s", res.Unchanged, diff)
	}
}

// A serial that somebody brings after it was looked for is found all the same, and
// named: the store was empty when the import began, so nothing was looked for.
func TestSerialTakenDuringALoad(t *testing.T) {
	h := newHouse(t)
	const n = 6 * intake.SliceSize
	var other error
	res, err := h.intake.Import(bg, request(generated(1, n), func(r *intake.Import) {
		r.OnProgress = func(done, total int) {
			if done == intake.SliceSize {
				_, other = h.intake.Import(bg, request(csv(line(serialOf(n), 9_000_001))))
			}
		}
	}))
	must(t, other)
	kindIs(t, err, fault.Refused, fmt.Sprintf("1 of %d records", n))
	if r := res.Rejects; len(r) != 1 || r[0].Verdict != token.Conflict || r[0].Line != n || res.New != n-1 {
		t.Errorf("%+v", res)
	}
	if got := h.rows(); got != "1 tokens, 1 prints, 1 batches" {
		t.Error(got)
	}
	h.verified()
}
