package term

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
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
	if p.kind() == "" {
		return fault.Errorf(fault.Usage, "--receipt %s: a receipt is a text or a page", Clean(p.path)).WithHint("end its name with .txt or .html")
	}
	p.file, err = NewFile("--receipt", p.path)
	return err
}

func (p *Receipt) kind() string {
	switch ending := strings.ToLower(filepath.Ext(p.path)); ending {
	case ".txt", ".html", ".htm":
		return ending
	}
	return ""
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
	s := p.sheet(r, t)
	write := s.text
	if p.kind() != ".txt" {
		write = s.page
	}
	if bad := errors.Join(write(p.file), p.file.Sync(), p.file.Close()); bad != nil {
		return fault.Wrap(fault.Internal, bad, "token %s is %s to %s, but %s could not be written", t.Serial, t.State, t.Account, p.path).
			WithHint("write the receipt by hand; `fob show %s` shows what belongs on it", t.Serial)
	}
	r.Remark("%s is for signature", p.path)
	return nil
}

// line is one fact of a receipt.
type line struct{ Name, Text string }

// receiptText is what a receipt says, every text made safe to print.
type receiptText struct {
	Title, Organisation string
	Facts               []line
	Lost                []string
	Signatures          []string
}

func (p *Receipt) sheet(r *Run, t token.Token) receiptText {
	contact := "the person who gave it to you"
	if p.contact != "" {
		contact = Clean(p.contact)
	}
	s := receiptText{Title: "Receipt for a security token", Organisation: Clean(p.organisation), Signatures: []string{"Received by", "Date"}}
	for _, l := range []line{
		{"Serial", string(t.Serial)}, {"Device", strings.TrimSpace(t.Profile.Manufacturer + " " + t.Profile.Model)},
		{"Account", string(t.Account)}, {"Handed over on", t.Since.UTC().Format(time.DateOnly)}, {"By", r.Base.Operator.Name},
	} {
		if l.Text != "" {
			s.Facts = append(s.Facts, line{l.Name, Clean(l.Text)})
		}
	}
	s.Lost = []string{
		"Tell " + contact + " at once, at any hour, with the serial above.",
		"Do not wait to see whether it turns up: it is replaced, and costs less than what it opens.",
		"Give it and its codes to nobody. Support asks for a code when you call them; they never call you for one.",
		"Bring it back when you no longer need it.",
	}
	return s
}

// receiptWidth is how long a line of text may be: it fits A4 and Letter in any
// ordinary type.
const receiptWidth = 72

func (s receiptText) text(w io.Writer) error {
	var b strings.Builder
	if s.Organisation != "" {
		b.WriteString(folded(s.Organisation, "") + "\n")
	}
	fmt.Fprintf(&b, "%s\n%s\n\n", s.Title, strings.Repeat("=", len(s.Title)))
	for _, l := range s.Facts {
		fmt.Fprintf(&b, "%-16s%s", l.Name, folded(l.Text, strings.Repeat(" ", 16)))
	}
	b.WriteString("\nIf it is lost or stolen\n\n")
	for _, l := range s.Lost {
		b.WriteString("- " + folded(l, "  "))
	}
	b.WriteString("\n")
	for _, name := range s.Signatures {
		fmt.Fprintf(&b, "\n%-16s%s\n", name, strings.Repeat("_", 40))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// folded breaks a text into lines, the second and further ones indented.
func folded(text, indent string) string {
	var b strings.Builder
	width := len(indent)
	for i, word := range strings.Fields(text) {
		switch n := len([]rune(word)); {
		case i == 0:
			width += n
		case width+1+n > receiptWidth:
			b.WriteString("\n" + indent)
			width = len(indent) + n
		default:
			b.WriteByte(' ')
			width += 1 + n
		}
		b.WriteString(word)
	}
	return b.String() + "\n"
}

// receiptPage prints on one sheet: names may be long, so they break anywhere.
var receiptPage = template.Must(template.New("receipt").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{.Title}}</title>
<style>
@page { size: auto; margin: 20mm; }
body { font: 12pt/1.4 sans-serif; max-width: 170mm; margin: 10mm auto; overflow-wrap: anywhere; page-break-inside: avoid; }
@media print { body { margin: 0; } }
h1 { font-size: 18pt; } h2 { font-size: 13pt; }
th { text-align: left; padding-right: 8mm; white-space: nowrap; vertical-align: top; }
.sign { margin-top: 18mm; border-top: 1px solid; width: 80mm; }
</style>
</head>
<body>
{{with .Organisation}}<p>{{.}}</p>
{{end}}<h1>{{.Title}}</h1>
<table>
{{range .Facts}}<tr><th>{{.Name}}</th><td>{{.Text}}</td></tr>
{{end}}</table>
<h2>If it is lost or stolen</h2>
<ul>
{{range .Lost}}<li>{{.}}</li>
{{end}}</ul>
{{range .Signatures}}<p class="sign">{{.}}</p>
{{end}}</body>
</html>
`))

func (s receiptText) page(w io.Writer) error { return receiptPage.Execute(w, s) }
