package term

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/fault"
	"fob/internal/token"
)

// Receipt is a sheet that somebody signs who gets a token, and keeps a copy of:
// what it is, whose it is now, and what to do when it is lost. No secret is on it.
type Receipt struct {
	path, organisation, contact string
	file                        *os.File // nil: none was asked for
}

func (p *Receipt) Add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&p.path, "receipt", "", "write a receipt to this new `FILE`, .txt or .html")
	f.StringVar(&p.organisation, "organisation", "", "`NAME` in the head of the receipt")
	f.StringVar(&p.contact, "contact", "", "whom to tell of a loss, for the receipt: `TEXT`")
}

// Open makes the file before anything is done: a receipt that cannot be written
// afterwards would be missed when the token is gone already.
func (p *Receipt) Open() (err error) {
	if p.path == "" {
		if p.organisation != "" || p.contact != "" {
			return fault.Errorf(fault.Usage, "--organisation and --contact are for a receipt: name its file with --receipt")
		}
		return nil
	}
	if p.organisation, err = token.ParseText("--organisation", p.organisation); err != nil {
		return err
	}
	if p.contact, err = token.ParseText("--contact", p.contact); err != nil {
		return err
	}
	p.file, err = newPaperFile("--receipt", p.path)
	return err
}

// Finish writes the receipt if the command came to its end, else takes the file
// away.
func (p *Receipt) Finish(r *Run, t token.Token, err error) error {
	if p.file == nil {
		return err
	}
	if err != nil {
		return errors.Join(err, p.file.Close(), os.Remove(p.path))
	}
	if bad := p.sheet(r, t).writeTo(p.file); bad != nil {
		return fault.Wrap(fault.Internal, bad, "token %s is %s to %s, but %s could not be written", t.Serial, t.State, t.Account, p.path).
			WithHint("write the receipt by hand; `fob show %s` shows what belongs on it", t.Serial)
	}
	r.Remark("%s is for signature", p.path)
	return nil
}

func (p *Receipt) sheet(r *Run, t token.Token) paper {
	contact := "the person who gave it to you"
	if p.contact != "" {
		contact = Clean(p.contact)
	}
	s := paper{Title: "Receipt for a security token", Organisation: Clean(p.organisation), Signatures: []string{"Received by", "Date"}}
	for _, l := range []line{
		{"Serial", string(t.Serial)}, {"Device", strings.TrimSpace(t.Profile.Manufacturer + " " + t.Profile.Model)},
		{"Account", string(t.Account)}, {"Handed over on", t.Since.UTC().Format(time.DateOnly)}, {"By", r.Base.Operator.Name},
	} {
		if l.Text != "" {
			s.Facts = append(s.Facts, line{l.Name, Clean(l.Text)})
		}
	}
	s.Parts = []part{{"If it is lost or stolen", []string{
		"Tell " + contact + " at once, at any hour, with the serial above.",
		"Do not wait to see whether it turns up: it is replaced, and costs less than what it opens.",
		"Give it and its codes to nobody. Support asks for a code when you call them; they never call you for one.",
		"Bring it back when you no longer need it.",
	}}}
	return s
}
