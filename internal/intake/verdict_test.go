package intake_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// newStocked is a house with tokens S1 to S4 (seeds 1 to 4), R1 (seed 5)
// retired, B1 (seed 6) bound and U1 (seed 7) in stock after it was given out.
func newStocked(t testing.TB) *house {
	t.Helper()
	h := newHouse(t)
	h.load(memory{"stock.csv", strings.Join([]string{line("S1", 1), line("S2", 2), line("S3", 3), line("S4", 4),
		line("R1", 5), line("B1", 6), line("U1", 7), "H1," + seedHex(8) + ",hotp,6,100", ""}, "\n")})
	h.sql(`UPDATE token SET state = (SELECT code FROM state WHERE name = 'retired'), seed = NULL WHERE serial_key = 'R1'`,
		`INSERT INTO account (name, key) VALUES ('Anna', 'anna')`,
		`UPDATE token SET state = (SELECT code FROM state WHERE name = 'bound'), account_id = 1, issued = 1 WHERE serial_key = 'B1'`,
		`UPDATE token SET issued = 1 WHERE serial_key = 'U1'`)
	return h
}

const damagedHex = "31323334353637383930313233343536373839zz"

// Each case is a file, and what is said of each line: its verdict, and words
// of the reason.
var verdicts = []struct {
	name    string
	replace bool
	lines   []string
	want    []string // verdict: words
}{
	{"new", false, []string{line("N1", 101)}, []string{"new"}},
	{"unchanged", false, []string{line("S1", 1)}, []string{"unchanged"}},
	{"unchanged in another case", false, []string{line("s1", 1)}, []string{"unchanged"}},
	{"unchanged while bound", false, []string{line("B1", 6)}, []string{"unchanged"}},
	{"another seed", false, []string{line("S1", 101)}, []string{"conflict: another seed"}},
	{"other digits", false, []string{"S1," + seedHex(1) + ",totp,8,30"}, []string{"conflict: other parameters: totp sha1 6 digits 30 s, in the file totp sha1 8 digits 30 s"}},
	{"another period", false, []string{"S1," + seedHex(1) + ",totp,6,60"}, []string{"conflict: 60 s"}},
	{"another hash", false, []string{"S1," + seedHex(1) + ",totp,6,30,sha256"}, []string{"conflict: sha256"}},
	{"another type", false, []string{"S1," + seedHex(1) + ",hotp,6,0"}, []string{"conflict: hotp"}},
	{"another counter", false, []string{"H1," + seedHex(8) + ",hotp,6,101"}, []string{"conflict: another counter: 100, in the file 101"}},
	{"retired", false, []string{line("R1", 101)}, []string{"retired: life is over"}},
	{"retired with its own seed", false, []string{line("r1", 5)}, []string{"retired: the seed that was retired with it"}},
	{"a seed of the store", false, []string{line("N1", 2)}, []string{"clone: token S2, which is in_stock"}},
	{"a destroyed seed", false, []string{line("N1", 5)}, []string{"clone: token R1, which is retired"}},
	{"damaged", false, []string{"N1," + damagedHex + ",totp,6,30"}, []string{"invalid: hex"}},
	{"no serial", false, []string{"," + seedHex(101) + ",totp,6,30"}, []string{"invalid: serial"}},
	{"impossible digits", false, []string{"N1," + seedHex(101) + ",totp,11,30"}, []string{"invalid: 11 digits"}},
	{"twice", false, []string{line("N1", 101), line("N2", 102), line("n1", 103)},
		[]string{"duplicate: line 3", "new", "duplicate: line 1"}},
	{"twice the same", false, []string{line("N1", 101), line("N1", 101)}, []string{"duplicate: line 2", "duplicate: line 1"}},
	{"five times", false, []string{line("N1", 101), line("N1", 102), line("N1", 103), line("N1", 104), line("N1", 105), line("N1", 106)},
		[]string{"duplicate: line 2, line 3, line 4, 2 more", "duplicate: line 1", "duplicate", "duplicate", "duplicate", "duplicate: line 1, line 2, line 3, 2 more"}},
	{"one seed, two serials", false, []string{line("N1", 101), line("N2", 101)},
		[]string{"clone: N2 in line 2", "clone: N1 in line 1"}},

	{"invalid before duplicate", false, []string{line("N1", 101), "N1," + damagedHex + ",totp,6,30"}, []string{"new", "invalid"}},
	{"invalid before retired", false, []string{"R1," + damagedHex + ",totp,6,30"}, []string{"invalid"}},
	{"invalid before conflict", false, []string{"S1," + damagedHex + ",totp,6,30"}, []string{"invalid"}},
	{"duplicate before clone in file", false, []string{line("N1", 101), line("N1", 102), line("N2", 101)},
		[]string{"duplicate", "duplicate", "clone: N1 in line 1"}},
	{"duplicate before retired", false, []string{line("R1", 101), line("R1", 102)}, []string{"duplicate", "duplicate"}},
	{"duplicate before unchanged", false, []string{line("S1", 1), line("S1", 1)}, []string{"duplicate", "duplicate"}},
	{"clone in file before retired", false, []string{line("R1", 101), line("N1", 101)}, []string{"clone: N1", "clone: R1"}},
	{"clone in file before conflict", false, []string{line("S1", 101), line("N1", 101)}, []string{"clone", "clone"}},
	{"clone in file before unchanged", false, []string{line("S1", 1), line("N1", 1)}, []string{"clone", "clone"}},
	{"retired before conflict and clone", false, []string{line("R1", 1)}, []string{"retired"}},
	{"conflict before clone in store", false, []string{line("S1", 2)}, []string{"conflict"}},

	{"replacing", true, []string{line("S1", 101)}, []string{"new"}},
	{"replacing parameters", true, []string{"S1," + seedHex(1) + ",totp,8,30"}, []string{"new"}},
	{"replacing nothing", true, []string{line("S1", 1)}, []string{"unchanged"}},
	{"replacing the bound", true, []string{line("B1", 101)}, []string{"conflict: not replaced: it is bound"}},
	{"replacing what was given out", true, []string{line("U1", 101)}, []string{"conflict: not replaced: it was given out before"}},
	{"replacing the retired", true, []string{line("R1", 101)}, []string{"retired"}},
	{"replacing by another's seed", true, []string{line("S1", 2)}, []string{"clone: token S2"}},
}

func TestVerdicts(t *testing.T) {
	h := newStocked(t)
	before := h.dump()
	for _, c := range verdicts {
		t.Run(c.name, func(t *testing.T) {
			req := request(csv(c.lines...), dryRun)
			req.Replace = c.replace
			var told []intake.Reject
			req.OnReject = func(r intake.Reject) error { told = append(told, r); return nil }
			res, err := h.intake.Import(bg, req)
			checkVerdicts(t, c.lines, c.want, res, told)
			refused := res.Refused > 0
			if refused != (err != nil) {
				t.Errorf("the error is %v", err)
			}
			if refused {
				kindIs(t, err, fault.Refused, fmt.Sprintf("%d of %d records of file.csv were refused", res.Refused, res.Records), "dry run")
			}
			checkNoSeeds(t, res, err, 12, 110)
		})
	}
	if h.dump() != before {
		t.Error("dry runs left a trace")
	}
}

// checkVerdicts holds a result, and what OnReject was told, against the
// expected verdicts.
func checkVerdicts(t *testing.T, lines, want []string, res intake.Imported, told []intake.Reject) {
	t.Helper()
	counts := map[token.Verdict]int{}
	rejects := res.Rejects
	for i, w := range want {
		verdict, words, _ := strings.Cut(w, ": ")
		counts[token.Verdict(verdict)]++
		if token.Verdict(verdict).Accepted() {
			continue
		}
		if len(rejects) == 0 {
			t.Fatalf("line %d is not refused", i+1)
		}
		r := rejects[0]
		rejects = rejects[1:]
		serial, _, _ := strings.Cut(lines[i], ",")
		if r.Line != i+1 || r.Serial != serial || string(r.Verdict) != verdict || !strings.Contains(r.Reason.String(), words) {
			t.Errorf("line %d, %s: %+v, where %q is due", i+1, serial, r, w)
		}
	}
	if len(rejects) > 0 {
		t.Errorf("refused as well: %+v", rejects)
	}
	accepted := counts[token.New] + counts[token.Unchanged]
	if res.New != counts[token.New] || res.Unchanged != counts[token.Unchanged] || res.Refused != len(want)-accepted || res.Records != len(want) {
		t.Errorf("%d records, %d new, %d unchanged, %d refused", res.Records, res.New, res.Unchanged, res.Refused)
	}
	if fmt.Sprint(told) != fmt.Sprint(res.Rejects) {
		t.Errorf("OnReject was told %v, the result says %v", told, res.Rejects)
	}
}

// checkNoSeeds looks for the seeds of the tests in all that an import says.
func checkNoSeeds(t *testing.T, res intake.Imported, err error, below, above uint64) {
	t.Helper()
	said, jsonErr := json.Marshal(res)
	must(t, jsonErr)
	text := fmt.Sprintf("%s %+v %v %s", said, res, err, fault.HintOf(err))
	for i := range above {
		if (i < below || i > 100) && hasSeed(text, gen.SeedFor(i, token.SHA1)) {
			t.Errorf("seed %d shows in %s", i, text)
		}
	}
	if strings.Contains(text, damagedHex[:30]) {
		t.Errorf("the damaged seed shows in %s", text)
	}
}

// Of a file that repeats itself each thing is counted once, though it is read
// once more.
func TestCountsOfAFileWithRepeats(t *testing.T) {
	h := newHouse(t)
	res, err := h.intake.Import(bg, request(csv(line("N1", 1), line("N1", 2), line("N2", 3))))
	kindIs(t, err, fault.Refused)
	if len(res.Inferred) != 1 || !strings.Contains(res.Inferred[0].String(), "for 3 of 3 records") {
		t.Errorf("inferred: %q", res.Inferred)
	}
	_, err = h.intake.Import(bg, request(csv("N1,"+seedHex(1), "N1,"+seedHex(2))))
	kindIs(t, err, fault.Refused, "the type of 2 of 2 records")
}
