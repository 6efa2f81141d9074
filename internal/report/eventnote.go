package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"fob/internal/token"
	"fob/internal/trail"
)

// Note is what else an event says in a few words: of a loss that it was a theft, of an
// import which file, of a delivery how many tokens went to whom.
func (e Event) Note() string {
	if len(e.Detail) == 0 {
		return ""
	}
	note, err := e.note()
	if err != nil { // the trail's verification tells
		return ""
	}
	return note
}

// Whole is the note of an event for those who show its states alone: of a move it says
// the places.
func (e Event) Whole() string {
	if e.Command != token.CmdMove {
		return e.Note()
	}
	from, to := e.Between()
	return place(from) + " → " + place(to)
}

func place(s string) string {
	if s == "" {
		return "no place"
	}
	return s
}

func (e Event) note() (string, error) {
	switch e.Command {
	case token.CmdImport:
		d, err := detailOf[trail.ImportDetail](e)
		return importNote(d), err
	case token.CmdBatchCorrect:
		d, err := detailOf[trail.CorrectDetail](e)
		return correctWords(d), err
	case token.CmdBatchQuarantine, token.CmdBatchRelease, token.CmdBatchDestroy:
		return sweepNote(e)
	case token.CmdQuarantine:
		d, err := detailOf[trail.TokenDetail](e)
		if err != nil || d.After == nil || !d.After.Leaked {
			return "", err
		}
		return leaked, nil
	case token.CmdBind, token.CmdReplace, token.CmdCheck, token.CmdResync, token.CmdUnbind:
		if bytes.Contains(e.Detail, []byte(`"deep":true`)) { // almost none is: they are not read for it
			return "searched as wide as is possible", nil
		}
	case token.CmdLost:
		d, err := detailOf[trail.TokenDetail](e)
		if err != nil || d.After == nil || !d.After.Loss.Stolen {
			return "", err
		}
		return "stolen", nil
	case token.CmdProvision:
		d, err := detailOf[trail.DeliveryDetail](e)
		return deliveryNote(d), err
	case token.CmdVerifierAdd:
		d, err := detailOf[trail.VerifierDetail](e)
		return "for " + d.Target, err
	case token.CmdVerifierDone:
		n, err := tokensOf(e)
		return fmt.Sprintf("%s, ended there", counted(n, "token")), err
	case token.CmdPolicySet:
		d, err := detailOf[trail.PolicyDetail](e)
		return policyWords(d.Changes), err
	case token.CmdKeyRotate:
		d, err := detailOf[trail.KeysDetail](e)
		return rotationNote(d), err
	case token.CmdBackup:
		d, err := detailOf[trail.BackupDetail](e)
		return d.File, err
	case token.CmdRestore:
		d, err := detailOf[trail.RestoreDetail](e)
		return fmt.Sprintf("%s, of %s", d.File, minute(d.Newest)), err
	case token.CmdAuditAccept:
		d, err := detailOf[trail.AcceptDetail](e)
		return acceptNote(d), err
	case token.CmdClockAccept:
		d, err := detailOf[trail.ClockDetail](e)
		return clockNote(d), err
	}
	return "", nil
}

const leaked = "others may know the seed"

// sweepNote says of how many tokens of a batch a slice is.
func sweepNote(e Event) (string, error) {
	n, err := tokensOf(e)
	if err != nil {
		return "", err
	}
	words := []string{counted(n, "token")}
	if e.Command == token.CmdBatchQuarantine {
		d, err := detailOf[trail.SweepDetail](e)
		if err != nil {
			return "", err
		}
		if d.Leaked {
			words = append(words, leaked)
		}
	}
	return listed(words), nil
}

func clockNote(d trail.ClockDetail) string {
	return fmt.Sprintf("from %s to %s", minute(d.Newest), minute(d.Accepted))
}

func acceptNote(d trail.AcceptDetail) string {
	return fmt.Sprintf("event %d was seen before; it ended with event %d", d.Seen.Seq, d.Found.Seq)
}

func importNote(d trail.ImportDetail) string {
	if d.File == "" {
		return ""
	}
	note := fmt.Sprintf("%s, batch %d", d.File, d.Number)
	for _, n := range []struct {
		of   int
		were string
	}{{len(d.Replaced), "exchanged"}, {len(d.Reburnt), "burnt anew"}} {
		if n.of > 0 {
			note += fmt.Sprintf(", %d %s", n.of, n.were)
		}
	}
	return note
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// deliveryNote says which seeds left: how many, to whom, for whose key, in which files.
func deliveryNote(d trail.DeliveryDetail) string {
	note := counted(d.Tokens, "token") + " to " + d.Verifier
	if d.Target != d.Verifier {
		note += " (" + d.Target + ")"
	}
	words := []string{note}
	switch {
	case d.Plain:
		words = append(words, "NOT ENCRYPTED")
	case len(d.To) > 0:
		keys := make([]string, len(d.To))
		for i, to := range d.To {
			keys[i] = shortKey(to)
		}
		words = append(words, "for "+strings.Join(keys, ", "))
	}
	var files []string
	for _, f := range d.Files {
		files = append(files, f.Name)
	}
	if len(files) > 0 {
		words = append(words, strings.Join(files, ", "))
	}
	if d.Destroyed {
		words = append(words, "destroyed here")
	}
	return listed(words)
}

// shortKey names a recipient by both ends where it is longer than a person compares:
// post-quantum ones have two thousand characters.
func shortKey(to string) string {
	const most, end = 80, 16
	if len(to) <= most {
		return to
	}
	return to[:most-end] + "…" + to[len(to)-end:]
}

// isBegun reports whether a rotation of the store key was only begun with an event: both
// keys are there.
func isBegun(d trail.KeysDetail) bool {
	seeds := slices.DeleteFunc(slices.Clone(d.Keys), func(k trail.KeyRow) bool { return k.Purpose != "seed" })
	return len(seeds) > 1
}

func rotationNote(d trail.KeysDetail) string {
	if isBegun(d) {
		return "begun: there is a new key, and the old one stays until every seed is under it"
	}
	return "finished: the old key is gone"
}
