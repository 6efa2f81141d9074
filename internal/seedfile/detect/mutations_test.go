package detect

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fob/internal/seedfile"
	"fob/internal/token"
)

// rewritten are ways in which a file is written anew without a change of what it
// says.
var rewritten = map[string]func(string) string{
	"CR LF":            func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "\r", ""), "\n", "\r\n") },
	"CR":               func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "\r", ""), "\n", "\r") },
	"mark":             func(s string) string { return "\ufeff" + strings.TrimPrefix(s, "\ufeff") },
	"UTF-16":           func(s string) string { return "\xff\xfe" + wide(strings.TrimPrefix(s, "\ufeff")) },
	"no last line end": func(s string) string { return strings.TrimRight(s, "\r\n") },
	"blanks behind":    func(s string) string { return strings.ReplaceAll(s, "\n", " \n") },
}

// harmless are those of them that every family takes. XML in UTF-16 is refused, and
// so may be a last line without an end.
var harmless = []string{"CR LF", "mark", "blanks behind"}

// damaged are ways in which one line is damaged.
var damaged = map[string]func(line string) string{
	"deleted":     func(string) string { return "" },
	"twice":       func(l string) string { return l + l },
	"upper case":  strings.ToUpper,
	"lower case":  strings.ToLower,
	"half":        func(l string) string { return l[:len(l)/2] + "\n" },
	"other names": func(l string) string { return strings.NewReplacer("e", "é", "S", "Z").Replace(l) },
	"quotes":      func(l string) string { return strings.NewReplacer("'", "''", `"`, `'`).Replace(l) },
	"long":        func(l string) string { return strings.Replace(l, "3", strings.Repeat("3", 9000), 1) },
	"NUL":         func(l string) string { return strings.Replace(l, "0", "\x00", 1) },
}

// A file from outside of any family has the records that its sample has, as far as it
// says them, or is refused: never a token with another seed or another parameter.
func TestMutations(t *testing.T) {
	outcomes := map[string]map[string]int{}
	for _, name := range whole {
		text, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			t.Fatal(err)
		}
		family := filepath.Dir(name)
		if outcomes[family] == nil {
			outcomes[family] = map[string]int{}
		}
		f, err := ByName(family)
		if err != nil {
			t.Fatal(err)
		}
		original, _ := plainRecords(t, f, text)
		for how, mutate := range rewritten {
			outcome := judge(t, name+", "+how, f, mutate(string(text)), original)
			if outcome != "same" && slices.Contains(harmless, how) {
				t.Errorf("%s, %s: %s", name, how, outcome)
			}
			outcomes[family][outcome]++
		}
		lines := strings.SplitAfter(string(text), "\n")
		for how, mutate := range damaged {
			for i, line := range lines {
				if line == "" {
					continue
				}
				mutated := slices.Clone(lines)
				mutated[i] = mutate(line)
				outcomes[family][judge(t, name+", "+how, f, strings.Join(mutated, ""), original)]++
			}
		}
	}
	for family, n := range outcomes {
		t.Logf("%-11s %4d the same, %4d with fewer records or fields, %4d refused as a whole", family, n["same"], n["less"], n["refused"])
	}
}

// judge holds what is read of a mutated file against the records of its sample.
func judge(t *testing.T, how string, f seedfile.Format, text string, original []record) string {
	t.Helper()
	got, ended := plainRecords(t, f, []byte(text))
	same := len(got) == len(original)
	for _, rec := range got {
		i := slices.IndexFunc(original, func(o record) bool { return strings.EqualFold(o.Serial, rec.Serial) })
		if i < 0 {
			t.Errorf("%s: a token %q that is not in the sample", how, rec.Serial)
			continue
		}
		o := original[i]
		if rec.Seed != o.Seed || rec.Type != "" && o.Type != "" && rec.Type != o.Type || rec.Hash != "" && rec.Hash != o.Hash ||
			rec.Digits != 0 && rec.Digits != o.Digits || rec.Period != nil && *rec.Period != *o.Period || rec.Counter != nil && *rec.Counter != *o.Counter {
			t.Errorf("%s: %+v, in the sample %+v", how, rec, o)
		}
		rec.Place = o.Place
		same = same && inWords(rec) == inWords(o)
	}
	switch {
	case !ended:
		return "refused"
	case same:
		return "same"
	}
	return "less"
}

// plainRecords returns the records that an import would take.
func plainRecords(t *testing.T, f seedfile.Format, text []byte) (all []record, ended bool) {
	t.Helper()
	in, err := f.Open(bytes.NewReader(text), seedfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		rec, err := in.Next()
		if err != nil {
			return all, err.Error() == "EOF"
		}
		if p, ok := importable(rec); ok {
			all = append(all, p)
		}
	}
}

// importable returns a record with its seed decoded, if an import would take it.
func importable(rec seedfile.Record) (p record, ok bool) {
	if rec.Problem != nil {
		return p, false
	}
	_, err := token.ParseSerial(rec.Serial)
	seed, lost := seedfile.Decode(rec.Secret, seedfile.Base32) // where nothing is said
	if err != nil || lost != nil || seed.Len() < token.MinSeedLen || seed.Len() > token.MaxSeedLen {
		return p, false
	}
	rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: seed}
	return plain(rec), true
}
