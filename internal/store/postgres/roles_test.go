package postgres

import (
	"os"
	"path/filepath"
	"reflect"
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

// Rights that somebody gave or took are told, as what puts them right; and that does.
func TestRolesAreHeldAgainstWhatTheyAreToBe(t *testing.T) {
	from, err := template()
	must(t, err)
	name, err := server.NewDatabase(bg, from)
	must(t, err)
	look := func() Roles {
		t.Helper()
		r, err := RolesAt(bg, server.AddressAs(roleAudit, name))
		must(t, err)
		return r
	}
	if r := look(); len(r.Missing)+len(r.Lacking)+len(r.Excess)+len(r.Almighty) > 0 || r.User != roleAudit {
		t.Fatalf("of a new store: %+v", r)
	}
	must(t, server.Exec(bg, name,
		"GRANT UPDATE, TRUNCATE ON audit TO fob_app", "GRANT UPDATE (serial_key, batch_id) ON token TO fob_audit", "GRANT SELECT ON audit TO PUBLIC",
		"REVOKE DELETE, UPDATE (state, watermark) ON token FROM fob_app", "REVOKE SELECT ON audit FROM fob_audit"))
	r := look()
	want := Roles{User: roleAudit,
		Lacking: []string{"GRANT DELETE, UPDATE (state, watermark) ON token TO fob_app", "GRANT SELECT ON audit TO fob_audit"},
		Excess:  []string{"REVOKE SELECT ON audit FROM PUBLIC", "REVOKE TRUNCATE, UPDATE ON audit FROM fob_app", "REVOKE UPDATE (batch_id, serial_key) ON token FROM fob_audit"}}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
	must(t, server.Exec(bg, name, slices.Concat(r.Lacking, r.Excess)...))
	if r := look(); len(r.Lacking)+len(r.Excess) > 0 {
		t.Errorf("after what was to put it right: %+v", r)
	}
	r, err = RolesAt(bg, server.Address(name))
	must(t, err)
	if !slices.Equal(r.Almighty, []string{"owner"}) {
		t.Errorf("the owner is not told: %+v", r)
	}
}
