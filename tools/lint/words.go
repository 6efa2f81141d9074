package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// banned are words that had to be learnt, or that read as if translated, each with what
// to write instead. They count in names, comments, help, errors and the README.
var banned = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?i)\btells whether\b`), `"reports whether"`},
	{regexp.MustCompile(`(?i)\bwhoever\b`), `"anyone who", or who it is`},
	{regexp.MustCompile(`(?i)\b(it|that|value|which|file|header) is none\b`), `"there is no …", or what it lacks`},
	{regexp.MustCompile(`\b[Ss]tray|[a-z]Stray`), `"outlier", "misplaced"`},
	{regexp.MustCompile(`(?i)\bvandals?\b`), `what it does`},
	{regexp.MustCompile(`(?i)\bhopeless`), `why it fails`},
	{regexp.MustCompile(`(?i)\b(foretell|foretold|befell|befall|befallen|amiss|furthers)\b`), `a common word`},
	{regexp.MustCompile(`(?i)\bglance\b`), `what is read`},
	{regexp.MustCompile(`(?i)\bslips?\b|\bSlips|\w+Slips?\b`), `"typing error"`},
	{regexp.MustCompile(`\b(Insert|Known|each)Prints\b|\bdesk\.Print\b`), `"fingerprint"`},
	{regexp.MustCompile(`^\s*// [A-Z]\w* gives (the|a|an|what|those|all|them|nothing|nil) `), `"returns"`},
}

// said holds the rules of words against every text of the tree but the samples of
// other people's files.
func said(root string) (problems []string, err error) {
	return eachText(root, func(rel string, text []byte) (problems []string) {
		if !speaks(rel) {
			return nil
		}
		number := 0
		for line := range bytes.Lines(text) {
			number++
			for _, b := range banned {
				if found := b.pattern.Find(line); found != nil {
					problems = append(problems, fmt.Sprintf("%s:%d: %q; better: %s", rel, number, bytes.TrimSpace(found), b.instead))
				}
			}
		}
		return problems
	})
}

// speaks reports whether a file is written by us, for people to read. These rules
// themselves name what they ban.
func speaks(rel string) bool {
	if strings.HasPrefix(rel, "testdata"+string(filepath.Separator)) || filepath.ToSlash(filepath.Dir(rel)) == "tools/lint" {
		return false
	}
	return slices.Contains([]string{".go", ".md", ".txt", ".txtar", ".1"}, filepath.Ext(rel)) || rel == "Makefile"
}

// frontEnds are the packages that may name commands and flags; all others carry what to
// do as data.
var frontEnds = []string{"internal/cli", "internal/web", "internal/testkit"}

// frontEndWords is a command or a flag of fob in a text. A flag of another program
// stands behind its name.
var (
	frontEndWords = regexp.MustCompile("`fob [a-z]|(^|[\\s(\"'])--[a-z][a-z-]+")
	otherProgram  = regexp.MustCompile(`\b(gpg|age|ssh-keygen|openssl|ipa) [^;]*--`)
)

// remedies looks through the string literals below the front ends.
func remedies(root string) (problems []string, err error) {
	return eachText(root, func(rel string, text []byte) (problems []string) {
		slashed := filepath.ToSlash(rel)
		below := strings.HasPrefix(slashed, "internal/") && strings.HasSuffix(slashed, ".go") && !strings.HasSuffix(slashed, "_test.go") &&
			!slices.ContainsFunc(frontEnds, func(p string) bool { return strings.HasPrefix(slashed, p+"/") })
		if !below {
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, rel, text, parser.SkipObjectResolution)
		if err != nil {
			return []string{err.Error()}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			value, err := strconv.Unquote(lit.Value)
			if err == nil && frontEndWords.MatchString(value) && !otherProgram.MatchString(value) {
				problems = append(problems, fmt.Sprintf("%s names a command or a flag: %q; a remedy is data (fault.Do, fault.Field)", files.Position(lit.Pos()), value))
			}
			return true
		})
		return problems
	})
}

// eachText hands every text file of the tree to a check.
func eachText(root string, check func(rel string, text []byte) []string) (problems []string, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path) // path lies below root
		if rel == ".git" && !d.IsDir() {
			return nil // a second working tree's: it points to the first
		}
		if d.IsDir() {
			if rel == ".git" || rel == "build" {
				return filepath.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || bytes.IndexByte(text, 0) >= 0 { // not text, or UTF-16, in which no tool writes paths
			return err
		}
		problems = append(problems, check(rel, text)...)
		return nil
	})
	return problems, err
}
