package main

import (
	"os"
	"strings"
	"testing"
)

// The README says of the formats what their readers declare.
func TestREADMEIsUpToDate(t *testing.T) {
	text, err := os.ReadFile("../../" + readme)
	if err != nil {
		t.Fatal(err)
	}
	want, err := replaced(string(text), table())
	if err != nil {
		t.Fatal(err)
	}
	if want != string(text) {
		t.Error("the table of formats in README.md is not what the readers declare: go run ./tools/docs -write")
	}
}

func TestTableHasNoStrayCells(t *testing.T) {
	for line := range strings.Lines(table()) {
		if strings.Count(line, "|") != 8 {
			t.Errorf("%q", line)
		}
	}
}

func TestReplacedNeedsMarkers(t *testing.T) {
	for _, text := range []string{"", begin, end, end + begin} {
		if got, err := replaced(text, "x"); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
	got, err := replaced("a\n"+begin+"old"+end+"b\n", "| new |\n")
	if err != nil || got != "a\n"+begin+"\n| new |\n\n"+end+"b\n" {
		t.Error(got, err)
	}
}
