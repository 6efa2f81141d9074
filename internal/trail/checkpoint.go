package trail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"fob/internal/fault"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
)

// A checkpoint is the head of a trail, signed: a signed note in the format of
// C2SP tlog-checkpoint with the origin "fob/STORE", the number of events, the
// base64 of the head's hash, and, as extension line, the time. Kept by the
// auditor, it finds a trail that was cut or rewritten since.

// Checkpoint is what a checkpoint says.
type Checkpoint struct {
	Store uuid.UUID `json:"store"`
	Head  Head      `json:"-"`
	Seq   int64     `json:"events"`
	Hash  string    `json:"head"`
	Time  time.Time `json:"time"`
}

const originPrefix = "fob/"

// Sign writes a checkpoint of the head.
func Sign(store uuid.UUID, head Head, now time.Time, signer note.Signer) ([]byte, error) {
	text := fmt.Sprintf("%s%s\n%d\n%s\n%s\n", originPrefix, store, head.Seq,
		base64.StdEncoding.EncodeToString(head.Hash[:]), now.UTC().Format(time.RFC3339))
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "signing the checkpoint")
	}
	return signed, nil
}

// OpenCheckpoint checks the signature with the public key that the auditor
// holds, and reads the note. Errors are of kind Integrity; a key that is none
// is of kind KeyTrouble.
func OpenCheckpoint(signed []byte, pub string) (c Checkpoint, err error) {
	text, err := openNote(signed, pub, "checkpoint", "it is what `fob audit checkpoint` printed or wrote, as it was")
	if err != nil {
		return c, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 4 {
		return c, fault.Errorf(fault.Integrity, "the checkpoint is signed, but is no checkpoint of fob's")
	}
	return c, c.parse(lines)
}

func (c *Checkpoint) parse(lines []string) error {
	id, fobs := strings.CutPrefix(lines[0], originPrefix)
	store, err1 := uuid.Parse(id)
	seq, err2 := strconv.ParseInt(lines[1], 10, 64)
	sum, err3 := base64.StdEncoding.DecodeString(lines[2])
	at, err4 := time.Parse(time.RFC3339, lines[3])
	if !fobs || err1 != nil || err2 != nil || err3 != nil || err4 != nil || len(sum) != len(Hash{}) {
		return fault.Errorf(fault.Integrity, "the checkpoint is signed, but is no checkpoint of fob's")
	}
	*c = Checkpoint{Store: store, Seq: seq, Head: Head{seq, Hash(sum)}, Hash: Hash(sum).String(), Time: at}
	return nil
}

// openNote checks who signed a note of fob's and gives its text. The key comes
// from the auditor: one that came with the note would prove nothing.
func openNote(signed []byte, pub, what, origin string) (string, error) {
	pub = strings.Join(strings.Fields(pub), "") // a terminal or a letter broke it over lines
	verifier, err := note.NewVerifier(pub)
	if err != nil {
		return "", fault.Errorf(fault.KeyTrouble, "--pub is no public key of a store").WithHint("%s", pubHint(pub))
	}
	opened, err := note.Open(asWritten(signed), note.VerifierList(verifier))
	var strangers *note.UnverifiedNoteError
	var changed *note.InvalidSignatureError
	switch {
	case err == nil:
		return opened.Text, nil
	case errors.As(err, &strangers), errors.As(err, &changed):
		return "", fault.Errorf(fault.Integrity, "the %s is not signed by that key, or was changed", what)
	}
	return "", fault.Errorf(fault.Integrity, "the %s is no signed note", what).WithHint("%s", origin)
}

// asWritten is a note with the line ends that it was signed with: mail and editors
// on Windows give it their own. No text of a note holds a carriage return.
func asWritten(signed []byte) []byte {
	return bytes.ReplaceAll(signed, []byte("\r\n"), []byte("\n"))
}

func pubHint(pub string) string {
	if strings.HasPrefix(pub, storePrefix) {
		return "a character of it is wrong or missing: take it whole, as `fob key list` prints it"
	}
	return "it begins with the store's name (" + storePrefix + "…), as `fob key list` prints it"
}

// storePrefix begins the name of every store's key.
const storePrefix = "fob-"
