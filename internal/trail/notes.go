package trail

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"fob/internal/fault"
)

// Two things leave a store as signed notes (the signature format of C2SP), with the
// key of its checkpoints; the origin in the first line keeps one from passing for the
// other. Kept by the auditor, they find a trail that was cut or rewritten since.

// Checkpoint is the head of a trail, in the format of C2SP tlog-checkpoint: the origin
// "fob/STORE", the number of events, the base64 of the head's hash, and, as extension
// line, the time.
type Checkpoint struct {
	Store uuid.UUID `json:"store"`
	Head  Head      `json:"-"`
	Seq   int64     `json:"events"`
	Hash  string    `json:"head"`
	Time  time.Time `json:"time"`
}

// ExportNote travels beside an export: the origin "fob-export/STORE" and a line a
// fact.
type ExportNote struct {
	Store      uuid.UUID
	Made       time.Time // whole seconds
	Rows       int       // of the inventory
	RowsSHA256 string    // of its canonical CSV, hex
	FileSHA256 string    // of the file as it was written, hex
	Head       Head      // of the trail that the export was made from
	Selected   string    // what was selected, in words
}

const (
	checkpointOrigin = "fob/"
	exportOrigin     = "fob-export/"
	keyPrefix        = "fob-" // begins the name of every store's key
)

// exportLabels are the labels of the lines behind the origin, in order.
var exportLabels = [...]string{"made", "rows", "rows-sha256", "file-sha256", "events", "head", "selected"}

// Sign writes a checkpoint of the head.
func Sign(store uuid.UUID, head Head, now time.Time, signer note.Signer) ([]byte, error) {
	return sign(signer, checkpointOrigin+store.String(), strconv.FormatInt(head.Seq, 10),
		base64.StdEncoding.EncodeToString(head.Hash[:]), now.UTC().Format(time.RFC3339))
}

// SignExport writes an export note.
func SignExport(n ExportNote, signer note.Signer) ([]byte, error) {
	lines := []string{exportOrigin + n.Store.String()}
	for i, value := range [len(exportLabels)]string{
		n.Made.UTC().Format(time.RFC3339), strconv.Itoa(n.Rows), n.RowsSHA256, n.FileSHA256,
		strconv.FormatInt(n.Head.Seq, 10), n.Head.Hash.String(), oneLine(n.Selected),
	} {
		lines = append(lines, exportLabels[i]+" "+value)
	}
	return sign(signer, lines...)
}

func sign(signer note.Signer, lines ...string) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: strings.Join(lines, "\n") + "\n"}, signer)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "signing")
	}
	return signed, nil
}

// oneLine keeps a text that people typed on its line: what it would say on a
// line of its own would be signed as well. An account's quotes stay.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// OpenCheckpoint checks the signature with the public key that the auditor holds, and
// reads the note. Errors are of kind Integrity; a key that is not valid is of kind
// KeyTrouble.
func OpenCheckpoint(signed []byte, pub string) (c Checkpoint, err error) {
	text, err := openNote(signed, pub, "checkpoint", fault.Textf("it is what %s wrote, as it was", fault.Do("audit checkpoint")))
	if err != nil {
		return c, err
	}
	lines := append(strings.Split(text, "\n"), "", "", "")
	id, ours := strings.CutPrefix(lines[0], checkpointOrigin)
	store, err1 := uuid.Parse(id)
	seq, err2 := strconv.ParseInt(lines[1], 10, 64)
	sum, err3 := base64.StdEncoding.DecodeString(lines[2])
	at, err4 := time.Parse(time.RFC3339, lines[3])
	if !ours || errors.Join(err1, err2, err3, err4) != nil || len(sum) != len(Hash{}) {
		return c, fault.Errorf(fault.Integrity, "the checkpoint is signed, but is no checkpoint of fob's")
	}
	return Checkpoint{Store: store, Seq: seq, Head: Head{seq, Hash(sum)}, Hash: Hash(sum).String(), Time: at}, nil
}

// OpenExportNote checks the signature with the public key that the auditor holds, and
// reads the note. Errors are as those of OpenCheckpoint.
func OpenExportNote(signed []byte, pub string) (ExportNote, error) {
	text, err := openNote(signed, pub, "sidecar", exportNoteIs())
	if err != nil {
		return ExportNote{}, err
	}
	return parseExportNote(text)
}

// ClaimedExport reads what an export note claims without checking who signed it. It
// proves nothing.
func ClaimedExport(signed []byte) (ExportNote, error) {
	text, _, found := strings.Cut(string(asWritten(signed)), "\n\n")
	if !found {
		return ExportNote{}, badExportNote()
	}
	return parseExportNote(text + "\n")
}

func exportNoteIs() fault.Text {
	return fault.Textf("it is the file ending in .sig that %s wrote beside the export", fault.Do("export", fault.Sign))
}

func badExportNote() *fault.Error {
	return fault.Errorf(fault.Integrity, "the sidecar is no export note of fob's").WithAdvice(exportNoteIs())
}

func parseExportNote(text string) (n ExportNote, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != len(exportLabels)+2 || lines[len(lines)-1] != "" {
		return n, badExportNote()
	}
	var values [len(exportLabels)]string
	for i, label := range exportLabels {
		value, found := strings.CutPrefix(lines[i+1], label+" ")
		if !found {
			return n, badExportNote()
		}
		values[i] = value
	}
	id, ours := strings.CutPrefix(lines[0], exportOrigin)
	store, err1 := uuid.Parse(id)
	made, err2 := time.Parse(time.RFC3339, values[0])
	rows, err3 := strconv.Atoi(values[1])
	seq, err4 := strconv.ParseInt(values[4], 10, 64)
	sum, err5 := hex.DecodeString(values[5])
	if !ours || errors.Join(err1, err2, err3, err4, err5) != nil || len(sum) != len(Hash{}) {
		return n, badExportNote()
	}
	return ExportNote{Store: store, Made: made, Rows: rows, RowsSHA256: values[2], FileSHA256: values[3], Head: Head{seq, Hash(sum)}, Selected: values[6]}, nil
}

// openNote checks who signed a note of fob's and returns its text. The key comes from
// the auditor: one that came with the note would prove nothing.
func openNote(signed []byte, pub, what string, is fault.Text) (string, error) {
	pub = strings.Join(strings.Fields(pub), "") // a terminal or a letter broke it over lines
	verifier, err := note.NewVerifier(pub)
	if err != nil {
		err := fault.Errorf(fault.KeyTrouble, "%s is no public key of a store", fault.Pub)
		if strings.HasPrefix(pub, keyPrefix) {
			return "", err.WithHint("a character of it is wrong or missing: take it whole, as %s shows it", fault.Do("key list"))
		}
		return "", err.WithHint("it begins with the store's name (%s…), as %s shows it", keyPrefix, fault.Do("key list"))
	}
	opened, err := note.Open(asWritten(signed), note.VerifierList(verifier))
	var others *note.UnverifiedNoteError
	var changed *note.InvalidSignatureError
	switch {
	case err == nil:
		return opened.Text, nil
	case errors.As(err, &others), errors.As(err, &changed):
		return "", fault.Errorf(fault.Integrity, "the %s is not signed by that key, or was changed", what)
	}
	return "", fault.Errorf(fault.Integrity, "the %s is no signed note", what).WithAdvice(is)
}

// asWritten is a note with the line ends that it was signed with: mail and editors on
// Windows give it their own. No text of a note holds a carriage return.
func asWritten(signed []byte) []byte {
	return bytes.ReplaceAll(signed, []byte("\r\n"), []byte("\n"))
}
