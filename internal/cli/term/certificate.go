package term

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/certificate"
	"fob/internal/token"
)

// Certificate is the flag of commands that destroy seeds, and the file that it names.
type Certificate struct {
	path string
	file *os.File // nil: none was asked for
}

func (p *Certificate) Add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.path, "certificate", "", "write a certificate of the destruction to this new `FILE`, .txt or .html")
}

// Given reports whether a certificate is asked for.
func (p *Certificate) Given() bool { return p.path != "" }

// Open makes the file before anything is done: what is destroyed without it cannot be
// destroyed once more.
func (p *Certificate) Open() (err error) {
	if p.path != "" {
		p.file, err = newPaperFile("--certificate", p.path)
	}
	return err
}

// Finish writes the certificate if the command came to its end, else takes the file
// away.
func (p *Certificate) Finish(r *Run, c certificate.Certificate, err error) error {
	if p.file == nil {
		return err
	}
	if err != nil {
		return errors.Join(err, p.file.Close(), os.Remove(p.path))
	}
	if bad := certificatePaper(c).writeTo(p.file); bad != nil {
		return fault.Wrap(fault.Internal, bad, "the seeds are destroyed, but %s could not be written", p.path).
			WithHint("`fob audit log` has who did it and when")
	}
	r.Remark("%s is for signature", p.path)
	return nil
}

// Certify reads from the trail how seeds were destroyed.
func (r *Run) Certify(ctx context.Context, of certificate.Destroyed, e token.Erasure) (c certificate.Certificate, err error) {
	err = r.WithReports(ctx, func(reader report.Reader) error {
		c, err = certificate.Certify(reader, of, e, r.Now())
		return err
	})
	return c, err
}

// Residue is the error of seeds that were destroyed and can still be found; nil if
// there are none.
func Residue(e *token.Erasure) error {
	if e == nil || e.Found == 0 {
		return nil
	}
	return fault.Errorf(fault.Internal, "the seeds are destroyed, but %d of %d can still be found, encrypted, in %s: another program reads an older state of the store",
		e.Found, e.Sought, strings.Join(e.Files, ", ")).
		WithHint("let the other programs end: the last one that closes the store empties the log")
}

// ErasureWords say in a line what became of destroyed seeds.
func ErasureWords(e token.Erasure) string {
	if e.Server {
		return "The server still has them, encrypted, in old rows and logs until it overwrites these: `fob help postgres`."
	}
	if e.Sought == 0 {
		return "No seed was destroyed just now; the log is empty."
	}
	files := fmt.Sprintf("%s (%d bytes read)", strings.Join(e.Files, " and "), e.Bytes)
	switch {
	case e.Found > 0:
		return fmt.Sprintf("Checked: %d of the %s can still be found in %s.", e.Found, Count(e.Sought, "destroyed seed"), files)
	case e.Sought == 1:
		return fmt.Sprintf("Checked: no trace of the destroyed seed is left in %s.", files)
	}
	return fmt.Sprintf("Checked: no trace of the %d destroyed seeds is left in %s.", e.Sought, files)
}

// mostSerials is how many tokens a certificate on paper names.
const mostSerials = 60

func certificatePaper(c certificate.Certificate) paper {
	p := paper{Title: "Certificate of destruction", Signatures: []string{"Operator", "Witness", "Place and date"}}
	for _, l := range []line{
		{"About", c.About}, {"Destroyed", Count(c.Tokens, "seed")}, {"Store", c.Store},
		{"Issued", c.Made.Format("2006-01-02 15:04 UTC")}, {"Trail", fmt.Sprintf("%d events, head %s", c.Events, c.Head)},
	} {
		p.Facts = append(p.Facts, line{l.Name, Clean(l.Text)})
	}
	if n := len(c.Serials); n > 0 && n <= mostSerials {
		p.Facts = append(p.Facts, line{"Tokens", Clean(token.Join(c.Serials, ", "))})
	}
	var who []string
	for _, s := range c.Steps {
		who = append(who, Clean(stepWords(s)))
	}
	var left []string
	for _, x := range c.Copies {
		left = append(left, Clean(fmt.Sprintf("%s %s of %s: %s.", x.Kind, x.Name, x.At.Format(time.DateOnly), x.Note)))
	}
	left = append(left, "Copies of the database that were made past fob: snapshots, replicas, backups of the disk. Seeds in them are encrypted: anyone who also has a custodian's identity can read them.",
		"The medium itself: flash memory and file systems that write anew keep old blocks until they need them. An encrypted disk, or the end of the medium, answers that.")
	p.Parts = []part{{"Who destroyed them", who}, {"How", howWords(c.Erasure)}, {"Which copies may survive", left}}
	return p
}

func stepWords(s certificate.Destruction) string {
	events := fmt.Sprintf("event %d", s.Event)
	if s.Last != s.Event {
		events = fmt.Sprintf("events %d to %d", s.Event, s.Last)
	}
	words := fmt.Sprintf("%s by %s, %s, with %s (%s).", Count(s.Tokens, "seed"), s.Operator, s.At.Format("2006-01-02 15:04 UTC"), s.Command, events)
	switch {
	case s.Witness == nil:
		words += " Witness: none was named."
	case s.Verified:
		words += fmt.Sprintf(" Witness: %s, at an account of their own (request %d).", *s.Witness, *s.Request)
	default:
		words += fmt.Sprintf(" Witness: %s, a name that the operator typed and nobody verified.", *s.Witness)
	}
	if s.Reason != nil {
		words += " Reason: " + *s.Reason + "."
	}
	if s.Ticket != nil {
		words += " Ticket: " + *s.Ticket + "."
	}
	return words
}

func howWords(e token.Erasure) (all []string) {
	if e.Server {
		return []string{
			"Each seed was encrypted with AES-256-GCM. Its row holds none any more.",
			"Overwriting cannot be promised: the server (PostgreSQL) keeps old versions of rows until it cleans up and reuses their room, and has its own log, archives of it, and replicas. fob cannot look into its files, and did not.",
		}
	}
	all = []string{"Each seed was encrypted with AES-256-GCM. Its place in the database was overwritten with zeros (secure_delete)."}
	if e.LogEmptied {
		all = append(all, "Then the database's log was written back and cut to nothing.")
	} else {
		all = append(all, "The database's log could not be emptied: another program was reading an older state.")
	}
	if e.Sought == 0 {
		return append(all, "When this certificate was issued nothing was left to destroy: the files were not searched for single seeds.")
	}
	found := "none was found"
	if e.Found > 0 {
		found = fmt.Sprintf("%d were STILL FOUND, encrypted", e.Found)
	}
	return append(all, fmt.Sprintf("Last, every byte of %s (%d bytes) was read back and searched for %s: %s.", strings.Join(e.Files, ", "), e.Bytes, Count(e.Sought, "destroyed seed"), found))
}
