package token_test

import (
	"slices"
	"strings"
	"testing"

	"fob/internal/token"
)

func TestBare(t *testing.T) {
	for typed, want := range map[token.Serial]string{
		"ab-12 34": "AB1234", "a\u00a0b\tc": "ABC", "1‐2‑3–4—5−6\u00ad7": "1234567", " - ": "", "A_b.c/d:e": "A_B.C/D:E",
	} {
		if got := typed.Bare(); got != want {
			t.Errorf("%q: %q", typed, got)
		}
	}
}

// Every single typing error is in the list, once, and the likelier before the less likely.
func TestTypingErrors(t *testing.T) {
	const key = "26041A"
	all := token.Serial(key).TypingErrors()
	if slices.Contains(all, key) || len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
		t.Error("the serial itself is there, or something twice")
	}
	before := func(first, then string) {
		t.Helper()
		if i, j := slices.Index(all, first), slices.Index(all, then); i < 0 || j < 0 || i > j {
			t.Errorf("%s is %d, %s is %d", first, i, then, j)
		}
	}
	before("62041A", "96041A") // swapped, exchanged
	before("04261A", "96041A") // pairs swapped
	before("260418", "26041Q") // A sounds like 8
	before("266041A", "263041A")
	before("026041A", "926041A")
	before("26041Q", "2604A")
	const chars = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	has := map[string]bool{}
	for _, s := range all {
		has[s] = true
	}
	for i := range len(key) + 1 {
		for _, c := range chars {
			if s := key[:i] + string(c) + key[i:]; !has[s] {
				t.Fatalf("%s, one too many, is not there", s)
			}
			if i == len(key) {
				continue
			}
			if s := key[:i] + string(c) + key[i+1:]; s != key && !has[s] {
				t.Fatalf("%s, one exchanged, is not there", s)
			}
		}
		if i < len(key) && !has[key[:i]+key[i+1:]] {
			t.Fatalf("one left out at %d is not there", i)
		}
	}
	if got := token.Serial("2O04123OO").TypingErrors()[0]; got != "200412300" {
		t.Errorf("letters read for digits give %s first", got)
	}
	for _, none := range []token.Serial{"", token.Serial(strings.Repeat("1", token.MaxSerialLen+1)), "é1"} {
		if all := none.TypingErrors(); len(all) > 0 {
			t.Errorf("%q has %d typing errors", none, len(all))
		}
	}
}

// Wide characters, and strokes taken for each other in several places.
func TestFoldedTypingErrors(t *testing.T) {
	if all := token.Serial("ａｂ１").TypingErrors(); len(all) == 0 || all[0] != "AB1" {
		t.Errorf("wide characters: %q", all[:min(len(all), 3)])
	}
	for _, c := range []struct{ typed, meant string }{{"1I1I", "1L1L"}, {"I1l1", "1I1L"}, {"LIL23", "1L123"}, {"ａ－Ｉ１", "ALL"}, {"Il1Il1", "1ILL1I"}} {
		if !slices.Contains(token.Serial(c.typed).TypingErrors(), c.meant) {
			t.Errorf("%s is not near %s", c.meant, c.typed)
		}
	}
	if n := len(token.Serial("1111111111").TypingErrors()); n > 1000 {
		t.Errorf("%d typingErrors of ten ones", n)
	}
}
