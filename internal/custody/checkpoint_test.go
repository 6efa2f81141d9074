package custody

import (
	"bytes"
	"crypto/rand"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"fob/internal/fault"
)

func TestCheckpointKey(t *testing.T) {
	key, err := GenerateCheckpointKey(bytes.NewReader(make([]byte, 32)), "fob-0190a1b2")
	must(t, err)
	again, err := GenerateCheckpointKey(bytes.NewReader(make([]byte, 32)), "fob-0190a1b2")
	must(t, err)
	if again.PublicHalf() != key.PublicHalf() {
		t.Error("the key is not made from the given randomness")
	}
	path := filepath.Join(t.TempDir(), "keys", "checkpoint.key")
	must(t, WriteKeyFile(path, key.FileText()))
	read, err := ReadCheckpointKey(path)
	must(t, err)
	public, err := PublicHalf(path)
	must(t, err)
	if public != key.PublicHalf() || !strings.Contains(string(key.FileText()), "# public half, for the auditor: "+public+"\n") {
		t.Errorf("public half %q, want %q", public, key.PublicHalf())
	}
	signed, err := note.Sign(&note.Note{Text: "head\n"}, read.Signer())
	must(t, err)
	verifier, err := note.NewVerifier(public)
	must(t, err)
	if _, err := note.Open(signed, note.VerifierList(verifier)); err != nil {
		t.Errorf("the public half does not verify: %v", err)
	}
	if verifier.Name() != "fob-0190a1b2" {
		t.Errorf("name %q", verifier.Name())
	}
}

func TestCheckpointKeyRefuses(t *testing.T) {
	for _, name := range []string{"", "a b", "a+b", "a\n"} {
		_, err := GenerateCheckpointKey(rand.Reader, name)
		wantError(t, err, fault.Usage, "name of a checkpoint key")
	}
	_, err := GenerateCheckpointKey(strings.NewReader("short"), "fob")
	wantError(t, err, fault.Internal, "no random bytes")
}

func TestMangledCheckpointKeys(t *testing.T) {
	key, err := GenerateCheckpointKey(rand.Reader, "fob-0190a1b2")
	must(t, err)
	secret, text := string(secretPart(key)), key.held.get().text
	identity := nativePair(t, KindX25519).private
	for _, c := range []struct{ name, content, words string }{
		{"empty", "\n", "is empty"},
		{"comments only", "# public half\n", "comments but no key"},
		{"public half", "# mine\n" + key.PublicHalf(), "line 2: this is the public half"},
		{"cut", text[:len(text)-3], "the key is damaged"},
		{"another name", strings.Replace(text, "0190", "0191", 1), "the key is damaged"},
		{"two keys", text + "\n" + text, "second key in line 2"},
		{"identity", identity, "identity, not a checkpoint key"},
		{"UTF-16", inUTF16(text, false, true), "UTF-16"},
		{"something else", "hunter2-hunter2", "no checkpoint key"},
		{"database", "SQLite format 3\x00", "is a database"},
	} {
		read, err := ReadCheckpointKey(writeFile(t, c.content))
		if read != nil {
			t.Errorf("%s: a key came with the error", c.name)
		}
		wantError(t, err, fault.KeyTrouble, c.words, secret, identity[len(prefixX25519):], "hunter2-hunter2")
		_, err = PublicHalf(writeFile(t, c.content))
		wantError(t, err, fault.KeyTrouble, c.words)
	}
	if _, err := ReadCheckpointKey(writeFile(t, "\ufeff"+strings.ReplaceAll(string(key.FileText()), "\n", "\r\n"))); err != nil {
		t.Error(err)
	}
}
