// Command docs writes what the README says of seed files from what their readers
// declare:
//
//	go run ./tools/docs           prints the table
//	go run ./tools/docs -write    puts it into README.md, between its markers
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"fob/internal/app"
)

const readme = "README.md"

// The markers in the README. What stands between them is this program's.
const (
	begin = "<!-- formats: go run ./tools/docs -write -->\n"
	end   = "<!-- formats: end -->\n"
)

func main() {
	write := flag.Bool("write", false, "put the table into README.md")
	flag.Parse()
	if err := run(*write); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(write bool) error {
	if !write {
		_, err := fmt.Print(table())
		return err
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	with, err := replaced(string(text), table())
	if err != nil {
		return err
	}
	return os.WriteFile(readme, []byte(with), 0o644)
}

// table is what the families declare, in Markdown.
func table() string {
	var b strings.Builder
	b.WriteString("| `--format` | what it is | tokens | a file is known | encrypted inside | samples checked with | in testdata/seedfiles |\n|---|---|---|---|---|---|---|\n")
	for _, f := range app.Formats() {
		s := f.Support
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n",
			f.Name, f.Title, s.Read, s.Found, s.Encrypted, s.Checked, strings.Join(s.Samples, ", "))
	}
	return b.String()
}

// replaced puts a table between the markers of a text.
func replaced(text, table string) (string, error) {
	before, rest, found := strings.Cut(text, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", fmt.Errorf("%s has no section between %q and %q", readme, begin, end)
	}
	return before + begin + "\n" + table + "\n" + end + after, nil
}
