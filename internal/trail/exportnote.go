package trail

import (
	"encoding/hex"
	"fmt"
	"fob/internal/fault"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
)

// An export note travels beside an export: a signed note (the signature format
// of C2SP) with the origin "fob-export/STORE" and a line a fact. It is signed
// with the key of the checkpoints; its origin keeps one from passing for the
// other.

// ExportNote is what an export note says.
type ExportNote struct {
	Store      uuid.UUID
	Made       time.Time // whole seconds
	Rows       int       // of the inventory
	RowsSHA256 string    // of its canonical CSV, hex
	FileSHA256 string    // of the file as it was written, hex
	Head       Head      // of the trail that the export was made from
	Selected   string    // what was selected, in words
}

const exportOrigin = "fob-export/"

// exportLabels are the labels of the lines behind the origin, in order.
var exportLabels = [...]string{"made", "rows", "rows-sha256", "file-sha256", "events", "head", "selected"}

// SignExport writes an export note.
func SignExport(n ExportNote, signer note.Signer) ([]byte, error) {
	values := [len(exportLabels)]string{
		n.Made.UTC().Format(time.RFC3339), strconv.Itoa(n.Rows), n.RowsSHA256, n.FileSHA256,
		strconv.FormatInt(n.Head.Seq, 10), n.Head.Hash.String(), oneLine(n.Selected),
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s%s\n", exportOrigin, n.Store)
	for i, label := range exportLabels {
		fmt.Fprintf(&text, "%s %s\n", label, values[i])
	}
	signed, err := note.Sign(&note.Note{Text: text.String()}, signer)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "signing the export")
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

// OpenExportNote checks the signature with the public key that the auditor
// holds, and reads the note. Errors are of kind Integrity; a key that is none
// is of kind KeyTrouble.
func OpenExportNote(signed []byte, pub string) (ExportNote, error) {
	text, err := openNote(signed, pub, "sidecar", exportNoteOrigin)
	if err != nil {
		return ExportNote{}, err
	}
	return parseExportNote(text)
}

// ClaimedExport reads what an export note claims without checking who signed
// it. It proves nothing.
func ClaimedExport(signed []byte) (ExportNote, error) {
	text, _, found := strings.Cut(string(asWritten(signed)), "\n\n")
	if !found {
		return ExportNote{}, badExportNote()
	}
	return parseExportNote(text + "\n")
}

func badExportNote() *fault.Error {
	return fault.Errorf(fault.Integrity, "the sidecar is no export note of fob's").
		WithHint("%s", exportNoteOrigin)
}

const exportNoteOrigin = "it is the file ending in .sig that `fob export --sign` wrote beside the export"

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
	id, fobs := strings.CutPrefix(lines[0], exportOrigin)
	store, err1 := uuid.Parse(id)
	made, err2 := time.Parse(time.RFC3339, values[0])
	rows, err3 := strconv.Atoi(values[1])
	seq, err4 := strconv.ParseInt(values[4], 10, 64)
	sum, err5 := hex.DecodeString(values[5])
	if !fobs || err1 != nil || err2 != nil || err3 != nil || err4 != nil || err5 != nil || len(sum) != len(Hash{}) {
		return n, badExportNote()
	}
	return ExportNote{
		Store: store, Made: made, Rows: rows, RowsSHA256: values[2], FileSHA256: values[3],
		Head: Head{seq, Hash(sum)}, Selected: values[6],
	}, nil
}
