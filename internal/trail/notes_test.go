package trail

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"fob/internal/fault"
)

func noteKey(t *testing.T, name string) (note.Signer, string) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, public
}

func anExportNote() ExportNote {
	return ExportNote{
		Store: uuid.MustParse("0199aaaa-0000-7000-8000-000000000001"), Made: time.Date(2026, 9, 30, 12, 0, 0, 0, time.UTC), Rows: 12,
		RowsSHA256: strings.Repeat("ab", 32), FileSHA256: strings.Repeat("cd", 32), Head: Head{42, Hash{1, 2, 3}}, Selected: `account "x y"`,
	}
}

func TestExportNote(t *testing.T) {
	signer, pub := noteKey(t, "fob-test")
	want := anExportNote()
	signed, err := SignExport(want, signer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenExportNote(signed, pub); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if got, err := ClaimedExport(signed); err != nil || got != want {
		t.Errorf("claimed: %+v, %v; want %+v", got, err, want)
	}
}

func TestExportNoteChangedAnywhere(t *testing.T) {
	signer, pub := noteKey(t, "fob-test")
	signed, err := SignExport(anExportNote(), signer)
	if err != nil {
		t.Fatal(err)
	}
	for i := range signed {
		if i+1 < len(signed) && signed[i+1] == '=' {
			continue // the last sign of base64 has bits that mean nothing
		}
		changed := bytes.Clone(signed)
		changed[i] ^= 1
		if got, err := OpenExportNote(changed, pub); fault.KindOf(err) != fault.Integrity {
			t.Errorf("byte %d, %q for %q: %+v, %v", i, changed[i], signed[i], got, err)
		}
	}
}

// A note that mail gave other line ends says the same; no other change passes.
func TestNotesWithWindowsLineEnds(t *testing.T) {
	signer, pub := noteKey(t, "fob-test")
	n := anExportNote()
	export, err1 := SignExport(n, signer)
	checkpoint, err2 := Sign(n.Store, n.Head, n.Made, signer)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	mailed := func(note []byte, end string) []byte { return bytes.ReplaceAll(note, []byte("\n"), []byte(end)) }
	if got, err := OpenExportNote(mailed(export, "\r\n"), pub); err != nil || got != n {
		t.Errorf("%+v, %v; want %+v", got, err, n)
	}
	if got, err := ClaimedExport(mailed(export, "\r\n")); err != nil || got != n {
		t.Errorf("claimed: %+v, %v; want %+v", got, err, n)
	}
	if got, err := OpenCheckpoint(mailed(checkpoint, "\r\n"), pub); err != nil || got.Head != n.Head {
		t.Errorf("%+v, %v", got, err)
	}
	for _, end := range []string{"\r", "\r\r\n", " \r\n", "\r\n\r\n"} {
		if got, err := OpenExportNote(mailed(export, end), pub); fault.KindOf(err) != fault.Integrity {
			t.Errorf("%q: %+v, %v", end, got, err)
		}
	}
}

// What people typed cannot add a line that would be signed too.
func TestExportNoteOfHostileWords(t *testing.T) {
	signer, pub := noteKey(t, "fob-test")
	n := anExportNote()
	n.Selected = "account x\nrows 99\x00\xff\n\n— fob-test AAAA"
	signed, err := SignExport(n, signer)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenExportNote(signed, pub)
	if err != nil || got.Rows != 12 || got.Selected != "account x\uFFFDrows 99\uFFFD\uFFFD\uFFFD\uFFFD— fob-test AAAA" {
		t.Errorf("%+v, %v", got, err)
	}
}

// One kind of note cannot pass for the other, though one key signs both.
func TestExportNoteIsNoCheckpoint(t *testing.T) {
	signer, pub := noteKey(t, "fob-test")
	n := anExportNote()
	export, err1 := SignExport(n, signer)
	checkpoint, err2 := Sign(n.Store, n.Head, n.Made, signer)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if got, err := OpenExportNote(checkpoint, pub); fault.KindOf(err) != fault.Integrity {
		t.Errorf("a checkpoint as export note: %+v, %v", got, err)
	}
	if got, err := OpenCheckpoint(export, pub); fault.KindOf(err) != fault.Integrity {
		t.Errorf("an export note as checkpoint: %+v, %v", got, err)
	}
}

func TestExportNoteOfAnotherKey(t *testing.T) {
	signer, _ := noteKey(t, "fob-test")
	_, other := noteKey(t, "fob-test")
	signed, err := SignExport(anExportNote(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenExportNote(signed, other); fault.KindOf(err) != fault.Integrity {
		t.Errorf("another key of the same name: %v", err)
	}
	if _, err := OpenExportNote(signed, "fob-test"); fault.KindOf(err) != fault.KeyTrouble {
		t.Errorf("no key: %v", err)
	}
	for _, text := range []string{"", "\n\n", "fob-export/x\n\n", "fob-export/0199aaaa-0000-7000-8000-000000000001\nmade x\n\n"} {
		if _, err := ClaimedExport([]byte(text)); fault.KindOf(err) != fault.Integrity {
			t.Errorf("%q: %v", text, err)
		}
	}
}
