package postgres

import (
	"cmp"
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
	{"location", true, []string{"closed_at"}},
	{"batch", true, []string{"loading", "number", "new", "unchanged", "refused", "imported_at", "quarantined_at", "withdrawn_at", "order_no", "supplier", "expected", "received"}},
	{"token", true, []string{"serial_key", "printed", "bare", "profile_id", "counter", "seed", "location_id", "state", "state_since", "account_id", "watermark", "failures", "locked_until", "issued"}},
	{"fingerprint", true, nil},
	{"loss", true, []string{"stolen", "reported_at", "leaked", "was_stolen"}},
	{"binding", false, []string{"account_id", "closed_at", "condition", "proof", "ticket"}},
	{"observation", true, []string{"rated"}},
	{"audit_text", true, nil},
	{"verifier", false, []string{"target", "added_at", "removed_at", "active"}},
	{"ended", false, []string{"at", "noted_at"}},
	{"web_session", true, []string{"sealed", "until"}},
	{"load_hold", true, []string{"batch"}},
}

// grant is one thing that a role may do with a table, or with a column of it.
type grant struct{ role, table, what, column string }

// wanted are the rights of a role.
func wanted(role string) (all []grant) {
	for _, table := range slices.Concat(Tables(), []string{"schema_version", "load_hold"}) {
		all = append(all, grant{role, table, "SELECT", ""})
		if role == roleApp {
			all = append(all, grant{role, table, "INSERT", ""})
		}
	}
	if role != roleApp {
		return all
	}
	for _, r := range rights {
		if r.deletes {
			all = append(all, grant{role, r.table, "DELETE", ""})
		}
		for _, column := range r.updates {
			all = append(all, grant{role, r.table, "UPDATE", strings.TrimPrefix(column, "*")})
		}
	}
	return all
}

// Grants are the statements that give a role its rights, for the owner of the tables.
func Grants(role string) []string {
	statements := statements("GRANT", "TO", wanted(role))
	if role == roleApp {
		statements = append(statements, "GRANT USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO "+role)
	}
	return statements
}

// statements give or take rights, all of a role on a table in one.
func statements(verb, towards string, all []grant) (statements []string) {
	compare := func(a, b grant) int {
		return cmp.Or(cmp.Compare(a.role, b.role), cmp.Compare(a.table, b.table), cmp.Compare(a.what, b.what), cmp.Compare(a.column, b.column))
	}
	all = slices.SortedFunc(slices.Values(all), compare)
	for i := 0; i < len(all); {
		first, what := all[i], []string(nil)
		for ; i < len(all) && all[i].role == first.role && all[i].table == first.table; i++ {
			switch g := all[i]; {
			case g.column == "":
				what = append(what, g.what)
			case i > 0 && all[i-1].table == g.table && all[i-1].what == g.what && all[i-1].column != "":
				what[len(what)-1] = strings.TrimSuffix(what[len(what)-1], ")") + ", " + g.column + ")"
			default:
				what = append(what, g.what+" ("+g.column+")")
			}
		}
		statements = append(statements, fmt.Sprintf("%s %s ON %s %s %s", verb, strings.Join(what, ", "), first.table, towards, first.role))
	}
	return statements
}

// applyRoles gives the roles their rights as far as they are there.
func applyRoles(ctx context.Context, tx *sql.Tx) error {
	there, err := rowsOf(ctx, tx, `SELECT rolname::text FROM pg_roles WHERE rolname IN ($1, $2)`, roleApp, roleAudit)
	if err != nil {
		return err
	}
	for _, role := range there {
		if err := script(ctx, tx, strings.Join(Grants(role[0]), ";\n")); err != nil {
			return err
		}
	}
	return nil
}

// Roles says what the roles of a store may do, held against what they are to.
type Roles struct {
	User    string   // who is connected
	Missing []string // roles that the server does not have
	// Lacking and Excess are the statements with which the owner puts the rights right.
	Lacking, Excess []string
	// Almighty are those of the roles and the user that may do all that the owner may.
	Almighty []string
}

// granted lists what others than the owner may do.
const granted = `SELECT COALESCE(r.rolname::text, 'PUBLIC'), g.name, g.what, g.col FROM (
	SELECT c.relname::text AS name, a.privilege_type AS what, '' AS col, a.grantee
	FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.grantee <> c.relowner
	UNION ALL
	SELECT c.relname::text, a.privilege_type, t.attname::text, a.grantee
	FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
	WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.grantee <> c.relowner) g
	LEFT JOIN pg_roles r ON r.oid = g.grantee`

// almighty are superusers, the owner of the tables and its members.
const almighty = `SELECT rolname::text FROM pg_roles WHERE rolname IN ($1, $2, current_user)
	AND (rolsuper OR pg_has_role(oid, (SELECT relowner FROM pg_class WHERE oid = 'audit'::regclass), 'USAGE')) ORDER BY 1`

// RolesAt looks at the rights in a store's database.
func RolesAt(ctx context.Context, address string) (r Roles, err error) {
	e, err := connect(address, true)
	if err != nil {
		return r, err
	}
	defer e.Close()
	r, err = rolesIn(ctx, e.db)
	return r, explain(err, "looking at the roles", e.where)
}

func rolesIn(ctx context.Context, db querier) (r Roles, err error) {
	user, err := rowsOf(ctx, db, `SELECT current_user::text`)
	if err != nil {
		return r, err
	}
	known, err := rowsOf(ctx, db, `SELECT rolname::text FROM pg_roles WHERE rolname IN ($1, $2)`, roleApp, roleAudit)
	if err != nil {
		return r, err
	}
	mighty, err := rowsOf(ctx, db, almighty, roleApp, roleAudit)
	if err != nil {
		return r, err
	}
	have, err := rowsOf(ctx, db, granted)
	if err != nil {
		return r, err
	}
	r.User = user[0][0]
	for _, row := range mighty {
		r.Almighty = append(r.Almighty, row[0])
	}
	var may, want, lacking, excess []grant
	for _, row := range have {
		may = append(may, grant{row[0], row[1], row[2], row[3]})
	}
	for _, role := range []string{roleApp, roleAudit} {
		if !slices.ContainsFunc(known, func(row []string) bool { return row[0] == role }) {
			r.Missing = append(r.Missing, role)
			continue
		}
		want = append(want, wanted(role)...)
	}
	for _, g := range want {
		if !slices.Contains(may, g) {
			lacking = append(lacking, g)
		}
	}
	for _, g := range may { // others may be let to read
		if !slices.Contains(want, g) && (g.what != "SELECT" || g.role == "PUBLIC") {
			excess = append(excess, g)
		}
	}
	r.Lacking, r.Excess = statements("GRANT", "TO", lacking), statements("REVOKE", "FROM", excess)
	return r, nil
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// rowsOf reads rows of texts.
func rowsOf(ctx context.Context, db querier, query string, args ...any) (all [][]string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		row, into := make([]string, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}
