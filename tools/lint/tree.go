package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// belongs is what the top level may hold beside dotfiles. build is what make
// leaves there; git ignores it.
var belongs = []string{"cmd", "internal", "testdata", "tools", "build", "go.mod", "go.sum", "Makefile", "README.md"}

func topLevel(root string) (problems []string, err error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(belongs, e.Name()) {
			problems = append(problems, fmt.Sprintf("%s does not belong on the top level, which holds %s", e.Name(), strings.Join(belongs, ", ")))
		}
	}
	return problems, nil
}

// forbidden names say where a file was written instead of what is true for
// every reader. They are put together here, lest this file be found by itself.
var forbidden = []struct {
	pattern *regexp.Regexp
	why     string
}{
	{regexp.MustCompile(`(^|[^\w.])/(` + "work" + `|` + "root" + `)/\w`), "a folder of somebody's machine"},
	{regexp.MustCompile(`\b(` + "proxy" + `|` + "sum" + `)\.golang\.org\b`), "the host of a package registry"},
	{regexp.MustCompile(`\b(deb|security|ftp|snapshot)\.` + `debian\.org\b`), "the host of a package registry"},
	{regexp.MustCompile(`\bregistry\.` + `(npmjs\.org|yarnpkg\.com)\b`), "the host of a package registry"},
}

// names looks through every text file of the tree.
func names(root string) ([]string, error) { return eachText(root, namesIn) }

func namesIn(file string, text []byte) (problems []string) {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		for _, f := range forbidden {
			if f.pattern.Match(line) {
				problems = append(problems, fmt.Sprintf("%s:%d names %s", file, number, f.why))
			}
		}
	}
	return problems
}
