package postgres

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// banned is what the engines that speak PostgreSQL's protocol do not share.
var banned = regexp.MustCompile(`(?i)\badvisory\b|\bpg_(try_)?advisory|\bLISTEN\b|\bNOTIFY\b|\bDEFERR(ABLE|ED)\b|\bLOCK\s+TABLE\b|\bEXCLUDE\s+USING\b|\) STORED\b|\bSERIALIZABLE\b|\bDROP\s+TRIGGER\b|CREATE OR REPLACE|\bCREATE\s+EXTENSION\b|ENABLE ROW LEVEL|\bLATERAL\b|\bctid\b|\bxmin\b|\bDO \$\$`)

// The SQL of both rooms keeps to what CockroachDB and YugabyteDB also have.
func TestSQLKeepsToWhatOthersHave(t *testing.T) {
	texts := map[string]string{}
	for _, pattern := range []string{"../*.go", "*.go"} {
		files, err := filepath.Glob(pattern)
		must(t, err)
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			must(t, err)
			ast.Inspect(f, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					texts[path] += l.Value + "\n"
				}
				return true
			})
		}
	}
	files, err := filepath.Glob("schema/*.sql")
	must(t, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		must(t, err)
		texts[path] = regexp.MustCompile(`--.*`).ReplaceAllString(string(text), "")
	}
	if len(texts) < 20 || !strings.Contains(texts["postgres.go"], "FOR UPDATE") {
		t.Fatalf("only %d files were read", len(texts))
	}
	for path, text := range texts {
		for _, found := range banned.FindAllString(text, -1) {
			t.Errorf("%s: %q", path, found)
		}
	}
	for _, text := range []string{"SELECT pg_advisory_xact_lock(1)", "LISTEN news", "DEFERRABLE INITIALLY DEFERRED", "lock table audit"} {
		if !banned.MatchString(text) {
			t.Errorf("%q is not banned", text)
		}
	}
}
