package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// The roles that a store knows, beside its owner: what fob itself uses, and what an
// auditor uses. They are made by anyone who runs the server.
const (
	roleApp   = "fob_app"
	roleAudit = "fob_audit"
)

// rights are what fob_app may do with a table beside reading and inserting. Columns
// that are not named here never change, and the trail only grows.
var rights = []struct {
	table   string
	deletes bool
	updates []string // columns; "*" for all
}{
	{"store", false, []string{"newest_at", "restored_at", "wrapped", "key_statement", "key_generation"}},
	{"store_key", true, nil},
	{"custodian", true, nil},
	{"request", false, []string{"decided_seq", "ended_seq"}},
	{"policy", true, []string{"value"}},
	{"operator_refusals", false, []string{"since", "refused"}},
	{"account", true, []string{"*"}},
	{"former_account", true, nil},
	{"location", true, nil},
	{"batch", true, []string{"loading", "number", "new", "unchanged", "refused", "imported_at", "quarantined_at", "withdrawn_at"}},
	{"token", true, []string{"profile_id", "counter", "seed", "location_id", "state", "state_since", "account_id", "watermark", "failures", "locked_until", "issued"}},
	{"fingerprint", true, nil},
	{"loss", true, []string{"stolen", "reported_at"}},
	{"binding", false, []string{"account_id", "closed_at", "condition", "proof", "ticket"}},
	{"observation", true, []string{"rated"}},
	{"audit_text", true, nil},
	{"verifier", false, []string{"target", "added_at", "removed_at", "active"}},
	{"ended", false, []string{"at", "noted_at"}},
	{"load_hold", true, []string{"batch"}},
}

// Grants are the statements that give the roles their rights, for anyone who owns the
// database.
func Grants() (statements []string) {
	for _, role := range []string{roleApp, roleAudit} {
		statements = append(statements, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO "+role)
	}
	statements = append(statements, "GRANT INSERT ON ALL TABLES IN SCHEMA public TO "+roleApp, "GRANT USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO "+roleApp)
	for _, r := range rights {
		if r.deletes {
			statements = append(statements, fmt.Sprintf("GRANT DELETE ON %s TO %s", r.table, roleApp))
		}
		switch {
		case slices.Contains(r.updates, "*"):
			statements = append(statements, fmt.Sprintf("GRANT UPDATE ON %s TO %s", r.table, roleApp))
		case len(r.updates) > 0:
			statements = append(statements, fmt.Sprintf("GRANT UPDATE (%s) ON %s TO %s", strings.Join(r.updates, ", "), r.table, roleApp))
		}
	}
	return statements
}

// applyRoles gives the roles their rights as far as they are there.
func applyRoles(ctx context.Context, tx *sql.Tx) (missing []string, err error) {
	for _, role := range []string{roleApp, roleAudit} {
		var there bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)`, role).Scan(&there); err != nil {
			return nil, err
		}
		if !there {
			missing = append(missing, role)
		}
	}
	for _, statement := range Grants() {
		if slices.ContainsFunc(missing, func(role string) bool { return strings.HasSuffix(statement, role) }) {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	return missing, nil
}
