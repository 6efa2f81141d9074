package custody

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"fob/internal/fault"
)

// prefixNoteKey begins a private key in the encoding of signed notes.
const prefixNoteKey = "PRIVATE+KEY+"

// CheckpointKey is the Ed25519 key that checkpoints and exports are signed with, in the form of signed notes (golang.org/x/mod/sumdb/note). It is
// no custodian key: it opens nothing. It prints as "[key]".
type CheckpointKey struct {
	unprintable
	public string
	held   hidden[heldCheckpoint]
}

type heldCheckpoint struct {
	text   string
	signer note.Signer
}

// CheckpointName is the name of a store's checkpoint key. The first digits of a
// version 7 UUID are the time; the last tell stores apart.
func CheckpointName(store [16]byte) string { return fmt.Sprintf("fob-%x", store[10:]) }

// GenerateCheckpointKey makes a checkpoint key from 32 bytes of random. Name
// stands before every signature and tells the auditor whose it is; it has
// neither blanks nor a plus sign. Errors: Usage for the name, Internal for
// random.
func GenerateCheckpointKey(random io.Reader, name string) (*CheckpointKey, error) {
	text, _, err := note.GenerateKey(random, name)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "no random bytes for a checkpoint key")
	}
	key, ok := openCheckpoint(text)
	if !ok {
		return nil, fault.Errorf(fault.Usage, "%q cannot be the name of a checkpoint key: no blanks, no +", name)
	}
	return key, nil
}

// ReadCheckpointKey reads what FileText wrote, under the rules of identity
// files. Errors are of kind KeyTrouble; Internal when it cannot be read.
func ReadCheckpointKey(path string) (*CheckpointKey, error) {
	content, err := checkpointFile.read(path)
	if err != nil {
		return nil, err
	}
	defer clear(content)
	content = unmarked(content)
	if err := notText(checkpointFile, path, content); err != nil {
		return nil, err
	}
	line, number, err := onlyLine(path, textLines(content))
	if err != nil {
		return nil, err
	}
	key, ok := openCheckpoint(line)
	if !ok {
		is, hint := lookAtCheckpoint(line)
		return nil, fault.Errorf(fault.KeyTrouble, "the checkpoint key %s, line %d: %s", path, number, is).WithHint("%s", hint)
	}
	return key, nil
}

// PublicHalf reads a checkpoint key's file and gives what the auditor checks
// signatures with.
func PublicHalf(path string) (string, error) {
	key, err := ReadCheckpointKey(path)
	if err != nil {
		return "", err
	}
	return key.PublicHalf(), nil
}

// onlyLine is the one line that is neither empty nor a comment.
func onlyLine(path string, lines []string) (line string, number int, err error) {
	for i, l := range lines {
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if number > 0 {
			return "", 0, fault.Errorf(fault.KeyTrouble, "the checkpoint key %s has a second key in line %d", path, i+1).
				WithHint("keep one of them: which one signs must not be left to chance")
		}
		line, number = l, i+1
	}
	if number == 0 {
		return "", 0, fault.Errorf(fault.KeyTrouble, "the checkpoint key %s holds comments but no key", path).WithHint(takeBackup)
	}
	return line, number, nil
}

// lookAtCheckpoint says why a line is no checkpoint key, without a character of
// it.
func lookAtCheckpoint(line string) (is, hint string) {
	switch {
	case strings.HasPrefix(line, prefixNoteKey):
		return "the key is damaged", takeBackup
	case strings.HasPrefix(strings.ToUpper(line), "AGE-SECRET-KEY-"):
		return "this is an identity, not a checkpoint key", "checkpoint.key lies beside the identity file"
	case strings.Count(line, "+") >= 2:
		return "this is the public half, for the auditor; it cannot sign", "the secret half begins with " + prefixNoteKey
	}
	return "this is no checkpoint key", "it begins with " + prefixNoteKey
}

// openCheckpoint reads a private key in the encoding of signed notes. The
// library keeps the public half to itself, so it is computed here.
func openCheckpoint(text string) (*CheckpointKey, bool) {
	signer, err := note.NewSigner(text)
	if err != nil {
		return nil, false
	}
	fields := strings.SplitN(strings.TrimPrefix(text, prefixNoteKey), "+", 3)
	raw, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, false
	}
	defer clear(raw)
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return nil, false
	}
	return &CheckpointKey{public: vkey, held: hide(heldCheckpoint{text, signer})}, true
}

// PublicHalf is what the auditor checks signatures with: name, hash and key in
// the encoding of note.NewVerifier.
func (k *CheckpointKey) PublicHalf() string { return k.public }

// Signer signs notes with the key.
func (k *CheckpointKey) Signer() note.Signer { return k.held.get().signer }

// sign signs a text as a note.
func (k *CheckpointKey) sign(text string) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: text}, k.Signer())
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "signing with the checkpoint key")
	}
	return signed, nil
}

// FileText is what checkpoint.key holds; the caller clears it after writing it
// with WriteKeyFile.
func (k *CheckpointKey) FileText() []byte {
	return fmt.Appendf(nil, "# signs the head of fob's audit trail; keep it secret and away from the database\n"+
		"# public half, for the auditor: %s\n%s\n", k.public, k.held.get().text)
}
