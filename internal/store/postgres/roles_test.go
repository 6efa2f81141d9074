package postgres

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	updates = regexp.MustCompile("UPDATE (\\w+) SET ([^`]*)")
	upserts = regexp.MustCompile("INSERT INTO (\\w+)[^`]*DO UPDATE SET ([^`]*)")
	deletes = regexp.MustCompile(`DELETE FROM (\w+)`)
	assigns = regexp.MustCompile(`(\w+) = `)
)

// fob_app may do what the store's queries do.
func TestRightsAreEnough(t *testing.T) {
	files, err := filepath.Glob("../*.go")
	must(t, err)
	may := func(table, what string) {
		for _, r := range rights {
			if r.table == table && (what == "DELETE" && r.deletes || slices.Contains(r.updates, what) || what != "DELETE" && slices.Contains(r.updates, "*")) {
				return
			}
		}
		t.Errorf("%s may not change %s: %s", roleApp, table, what)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		must(t, err)
		for _, m := range slices.Concat(updates.FindAllStringSubmatch(string(text), -1), upserts.FindAllStringSubmatch(string(text), -1)) {
			set, _, _ := strings.Cut(m[2], "WHERE")
			for _, a := range assigns.FindAllStringSubmatch(set, -1) {
				if !strings.HasPrefix(m[1], "SET") {
					may(m[1], a[1])
				}
			}
		}
		for _, m := range deletes.FindAllStringSubmatch(string(text), -1) {
			may(m[1], "DELETE")
		}
	}
}
