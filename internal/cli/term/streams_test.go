package term

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// TestLayOut: empty columns go first, then spare ones, and the rest is wrapped,
// never cut.
func TestLayOut(t *testing.T) {
	var out, errs strings.Builder
	r := &Run{Streams: Streams{Out: &out, Err: &errs, OutWidth: 30}}
	w := r.NewTable("A", "EMPTY", "SPARE", "LONG").Spares("SPARE")
	long := "abcdefghij klmnopqrst uvwxyz 0123456789"
	if err := errors.Join(w.Add("1", "", "spare", long), w.Add("2", nil, "more", "x"), w.Flush()); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	if strings.Contains(got, "EMPTY") || strings.Contains(got, "SPARE") || !strings.Contains(errs.String(), "no room for: SPARE;") {
		t.Errorf("columns: %s%s", got, errs.String())
	}
	for _, word := range strings.Fields(long) {
		if !strings.Contains(got, word) {
			t.Errorf("%s is lost:\n%s", word, got)
		}
	}
	for line := range strings.SplitSeq(got, "\n") {
		if len(line) > 30 {
			t.Errorf("a line of %d columns: %q", len(line), line)
		}
	}
}

// TestBelow: where there is no room, what says the same in each row is said once, and
// who and why stand under their row, by name.
func TestBelow(t *testing.T) {
	var out, errs strings.Builder
	r := &Run{Streams: Streams{Out: &out, Err: &errs, OutWidth: 30}}
	w := r.NewTable("N", "STATE", "FILE", "WHY", "BY").Below("WHY", "BY")
	if err := errors.Join(w.Add("1", "lost", "Lieferschein_4711.xlsx", "left in the train to Linz", "Eva"),
		w.Add("2", "lost", "a@example.com", "", "Ben"), w.Flush()); err != nil {
		t.Fatal(err)
	}
	want := "N  FILE                    BY\n" +
		"1  Lieferschein_4711.xlsx  Eva\n" +
		"   why left in the train to\n" +
		"   Linz\n" +
		"2  a@example.com           Ben\n"
	if out.String() != want || errs.String() != "the same in every row: STATE lost\n" {
		t.Errorf("%s%s", out.String(), errs.String())
	}
}

// TestBrokenWords: a word that is too wide breaks at a mark in it.
func TestBrokenWords(t *testing.T) {
	for word, want := range map[string]string{
		"anna.berger@example.com": "anna.berger|@example.com",
		"Lieferschein_4711.xlsx":  "Lieferschein_|4711.xlsx",
		"abcdefghijklmnopqrstuv":  "abcdefghijklmno|pqrstuv",
	} {
		if got := strings.Join(brokenWord(word, 15), "|"); got != want {
			t.Errorf("%s is broken into %s", word, got)
		}
	}
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 漢 \n\t":                  "plain é 漢 \n\t",
		"\u009b31m\x7f\u202e\u200f\u2028": `\u009b31m\u007f\u202e\u200f\u2028`,
		"\xff\xc2":                        "\xff",
	} {
		// Byte by byte: characters come in pieces.
		var b bytes.Buffer
		w := Visible(&b)
		for i := range len(text) {
			if n, err := w.Write([]byte{text[i]}); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		if b.String() != want {
			t.Errorf("%q became %q, want %q", text, b.String(), want)
		}
	}
	var b bytes.Buffer
	const name = "a\x1b\u009b\u202e\x7f\n"
	if err := json.NewEncoder(Visible(&b)).Encode(name); err != nil {
		t.Fatal(err)
	}
	var back string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back != name {
		t.Errorf("%q came back as %q, %v", name, back, err)
	}
}
