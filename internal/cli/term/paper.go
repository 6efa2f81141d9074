package term

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strings"

	"fob/internal/fault"
)

// paper is a sheet for people, as text or as a page: facts, parts with lines, and room
// for signatures. Every text in it was made safe to print.
type paper struct {
	Title, Organisation string
	Facts               []line
	Parts               []part
	Signatures          []string
}

// line is one fact.
type line struct{ Name, Text string }

type part struct {
	Title string
	Lines []string
}

// newPaperFile makes the file that a flag names, before anything is done.
func newPaperFile(flag, path string) (*os.File, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".txt", ".html", ".htm":
		return NewFile(flag, path)
	}
	return nil, fault.Errorf(fault.Usage, "%s %s: it is a text or a page", flag, Clean(path)).WithHint("end its name with .txt or .html")
}

// writeTo writes what the file's name says, and closes it.
func (s paper) writeTo(file *os.File) error {
	write := s.page
	if strings.EqualFold(filepath.Ext(file.Name()), ".txt") {
		write = s.text
	}
	return errors.Join(write(file), file.Sync(), file.Close())
}

// paperWidth is how long a line of text may be: it fits A4 and Letter in any
// ordinary type.
const paperWidth = 72

func (s paper) text(w io.Writer) error {
	var b strings.Builder
	if s.Organisation != "" {
		b.WriteString(Fold("", s.Organisation, "", paperWidth) + "\n")
	}
	fmt.Fprintf(&b, "%s\n%s\n\n", s.Title, strings.Repeat("=", len(s.Title)))
	for _, l := range s.Facts {
		b.WriteString(Fold(fmt.Sprintf("%-15s", l.Name), l.Text, strings.Repeat(" ", 15), paperWidth))
	}
	for _, p := range s.Parts {
		b.WriteString("\n" + p.Title + "\n\n")
		for _, l := range p.Lines {
			b.WriteString(Fold("-", l, " ", paperWidth))
		}
	}
	b.WriteString("\n")
	for _, name := range s.Signatures {
		fmt.Fprintf(&b, "\n%-16s%s\n", name, strings.Repeat("_", 40))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// paperPage prints on one sheet: names may be long, so they break anywhere.
var paperPage = template.Must(template.New("paper").Parse(`<!DOCTYPE html>
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
{{range .Parts}}<h2>{{.Title}}</h2>
<ul>
{{range .Lines}}<li>{{.}}</li>
{{end}}</ul>
{{end}}{{range .Signatures}}<p class="sign">{{.}}</p>
{{end}}</body>
</html>
`))

func (s paper) page(w io.Writer) error { return paperPage.Execute(w, s) }
