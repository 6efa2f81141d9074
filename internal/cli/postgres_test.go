package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"fob/internal/testkit/cluster"
)

// fileScripts are about the database's file, or reach into it.
var fileScripts = regexp.MustCompile(`\$\{?DB\b|(?m)^!? ?(sql|triggers) |[a-z]\.db\b|--db +[^$\s]|FOB_DB|XDG_DATA_HOME`)

// onlySQLite is what such a script leaves out on a server.
var onlySQLite = regexp.MustCompile(`(?m)^\[sqlite\] .*|Thumbs\.db`)

// Every script that is not about the file of the database runs on PostgreSQL too.
func TestScriptsOnPostgres(t *testing.T) {
	server := cluster.ForTest(t)
	other, err := server.NewDatabase(context.Background(), "")
	if err == nil {
		err = server.Exec(context.Background(), other, "CREATE TABLE invoices (id BIGINT)")
	}
	if err != nil {
		t.Fatal(err)
	}
	p := scriptParams(t, true, func(e *testscript.Env) error {
		name, err := server.NewDatabase(context.Background(), "")
		if err != nil {
			return err
		}
		e.Setenv("FOB_DB", server.Address(name))
		second, err := server.NewDatabase(context.Background(), "")
		e.Setenv("SECOND", server.Address(second))
		e.Setenv("OTHER", server.Address(other))
		e.Setenv("AS_APP", server.AddressAs("fob_app", name))
		e.Setenv("AS_AUDIT", server.AddressAs("fob_audit", name))
		return err
	})
	all := scripts(t, p.Dir)
	if p.Files, err = filepath.Glob("testdata/postgres/*.txtar"); err != nil {
		t.Fatal(err)
	}
	p.Dir = ""
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		script, _, _ := bytes.Cut(text, []byte("\n-- "))
		script, _, _ = bytes.Cut(script, []byte("\n[!sqlite] stop\n"))
		if !fileScripts.Match(onlySQLite.ReplaceAll(script, nil)) {
			p.Files = append(p.Files, path)
		}
	}
	t.Logf("%d of %d scripts", len(p.Files), len(all))
	t.Run("scripts", func(t *testing.T) { testscript.Run(t, p) })
}
