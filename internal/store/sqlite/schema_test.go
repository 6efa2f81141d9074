package sqlite

import (
	"slices"
	"strings"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"fob/internal/store"
	"fob/internal/store/storetest"
	"fob/internal/token"
)

// Each statement is one step from a legal one; the words say which rule it is
// that refuses it.
var illegal = []struct{ statement, words string }{
	{`INSERT INTO store (one, uuid, created_at, checkpoint_pub, wrapped, key_statement, key_generation, newest_at) VALUES (2, 'x', 1, 'p', x'00', 's', 1, 1)`, "one = 1"},
	{`UPDATE store SET uuid = NULL`, "NOT NULL constraint failed: store.uuid"},
	{`UPDATE store SET created_at = 'today'`, "store.created_at"},
	{`INSERT INTO store_key VALUES (0, 'seed', 1)`, "id > 0"},
	{`INSERT INTO store_key VALUES (9, 'other', 1)`, "purpose IN"},
	{`UPDATE store SET wrapped = 'text'`, "store.wrapped"},
	{`UPDATE store SET key_generation = 0`, "key_generation > 0"},
	{`INSERT INTO custodian (recipient, kind, added_at) VALUES ('age1one', 'X25519', 1)`, "UNIQUE constraint failed: custodian.recipient"},
	{`UPDATE profile SET type = 'ocra'`, "type IN"},
	{`UPDATE profile SET hash = 'md5'`, "hash IN"},
	{`UPDATE profile SET digits = 5`, "digits BETWEEN"},
	{`UPDATE profile SET digits = 11`, "digits BETWEEN"},
	{`UPDATE profile SET digits = 6.5`, "profile.digits"},
	{`UPDATE profile SET period = 0`, "period BETWEEN"},
	{`UPDATE profile SET period = 3601`, "period BETWEEN"},
	{`UPDATE profile SET type = 'hotp'`, "period BETWEEN"},
	{`INSERT INTO profile (manufacturer, model, type, hash, digits, period, t0)
		SELECT manufacturer, model, type, hash, digits, period, t0 FROM profile`, "UNIQUE constraint failed: profile"},
	{`INSERT INTO location (name) VALUES ('Bern')`, "UNIQUE constraint failed: location.name"},
	{`INSERT INTO account (name, key) VALUES ('ANNA', 'anna')`, "UNIQUE constraint failed: account.key"},
	{`UPDATE account SET listed = 2`, "listed IN"},
	{`INSERT INTO former_account VALUES ('old', 1, 99, 'old')`, "FOREIGN KEY"},
	{`INSERT INTO account_list VALUES (0, 1, 1, 'f', 'x', 1, 0, 0, 'c')`, "number > 0"},
	{`UPDATE batch SET number = NULL`, "number IS NULL"},
	{`UPDATE batch SET loading = 1`, "number IS NULL"},
	{`UPDATE batch SET loading = 2`, "loading IN"},
	{`UPDATE batch SET last_id = first_id - 2`, "last_id >="},
	{`DELETE FROM batch`, "still has tokens"},
	{`UPDATE token SET serial_key = 'S2' WHERE serial_key = 'S1'`, "the token is not retired; it keeps its serial"},
	{`UPDATE token SET profile_id = 99`, "FOREIGN KEY"},
	{`UPDATE token SET location_id = 99`, "FOREIGN KEY"},
	{`UPDATE token SET account_id = 99 WHERE account_id IS NOT NULL`, "FOREIGN KEY"},
	{`UPDATE token SET counter = -1`, "counter >= 0"},
	{`UPDATE token SET failures = -1`, "failures >= 0"},
	{`UPDATE token SET issued = 2`, "issued IN"},
	{`UPDATE token SET state = 9 WHERE serial_key = 'S2'`, "state BETWEEN 0 AND 6"},
	{`UPDATE token SET state = 2 WHERE serial_key = 'S2'`, "account_id IS NOT NULL"},
	{`UPDATE token SET state = 0 WHERE serial_key = 'S1'`, "account_id IS NOT NULL"},
	{`UPDATE token SET seed = 'text'`, "token.seed"},
	{`UPDATE token SET fingerprint = NULL`, "fingerprint IS NOT NULL"},
	{`DELETE FROM token WHERE serial_key = 'S1'`, "FOREIGN KEY"},
	{`INSERT INTO fingerprint SELECT fingerprint, nth, 9 FROM fingerprint`, "UNIQUE constraint failed: fingerprint"},
	{`UPDATE fingerprint SET nth = -1`, "nth >= 0"},
	{`UPDATE binding SET by_kind = ''`, "by_kind IN"},
	{`UPDATE batch SET by_kind = 'root'`, "by_kind IN"},
	{`UPDATE binding SET codes = 3`, "codes IN"},
	{`UPDATE binding SET token_id = 99`, "FOREIGN KEY"},
	{`UPDATE binding SET account_id = 99`, "FOREIGN KEY"},
	{`INSERT INTO binding (uuid, token_id, account_id, opened_at, by_kind, by_id, by_name, proof, codes, ticket)
		SELECT 'other', token_id, account_id, opened_at, 'os', '1', '', '', 1, '' FROM binding`, "UNIQUE constraint failed: binding.token_id"},
	{`INSERT INTO observation (token_id, batch_id, at, drift, first) VALUES (99, 1, 1, 0.5, 1)`, "FOREIGN KEY"},
	{`INSERT INTO observation (token_id, batch_id, at, drift, first) VALUES (1, 1, 1, 0.5, 2)`, "first IN"},
	{`INSERT INTO observation (token_id, batch_id, at, drift, first) VALUES (1, 1, 'now', 0.5, 1)`, "observation.at"},
	{`INSERT INTO audit VALUES (2, x'00', x'00')`, "length(hash) = 32"},
	{`INSERT INTO audit VALUES (2, 'text', zeroblob(32))`, "audit.body"},
	{`INSERT INTO web_session VALUES (zeroblob(31), x'00', 1)`, "length(id) = 32"},
}

// onTrial runs one statement in a transaction that is never kept.
func onTrial(t *testing.T, s *store.Store, statement string) (err error) {
	t.Helper()
	w, err := s.Begin(bg, false)
	must(t, err)
	defer w.End()
	defer w.Tx.Rollback()
	if _, err = w.Tx.Exec(statement); err != nil {
		return err
	}
	damage, err := s.Engine.Damage(bg, w.Tx)
	if len(damage) > 0 {
		t.Errorf("%s: %q", statement, damage)
	}
	return err
}

func TestIllegalRows(t *testing.T) {
	s := newBoundStore(t)
	for _, c := range illegal {
		err := onTrial(t, s, c.statement)
		switch {
		case err == nil:
			t.Errorf("allowed: %s", c.statement)
		case code(err) != sqlite3.SQLITE_CONSTRAINT || !strings.Contains(err.Error(), c.words):
			t.Errorf("%s: %v, not %q", c.statement, err, c.words)
		}
	}
}

// The trail is append-only, whatever the way.
func TestTrailGuards(t *testing.T) {
	s := newStore(t)
	mustUpdate(t, s, func(q storetest.Tx) error {
		e := testEvent(s.ID(), token.CmdCheck)
		must(t, e.AddText(strings.NewReader(strings.Repeat("s", 64)), "reason", "because"))
		must(t, e.AddText(strings.NewReader(strings.Repeat("s", 64)), "ticket", "T1"))
		return q.Append(e)
	})
	body := `x'7b7d', zeroblob(32)`
	refused := []string{
		`UPDATE audit SET body = x'00' WHERE seq = 1`,
		`UPDATE audit SET seq = 3 WHERE seq = 2`,
		`DELETE FROM audit WHERE seq = 2`,
		`DELETE FROM audit`,
		`INSERT OR REPLACE INTO audit VALUES (1, ` + body + `)`,
		`INSERT OR REPLACE INTO audit VALUES (2, ` + body + `)`,
		`REPLACE INTO audit VALUES (2, ` + body + `)`,
		`INSERT INTO audit VALUES (2, ` + body + `) ON CONFLICT (seq) DO UPDATE SET body = excluded.body`,
		`UPDATE OR REPLACE audit SET seq = 1 WHERE seq = 2`,
		`INSERT INTO audit VALUES (4, ` + body + `)`,
		`INSERT INTO audit VALUES (0, ` + body + `)`,
		`INSERT INTO audit VALUES (-1, ` + body + `)`,
		`UPDATE audit_text SET text = 'other'`,
		`DELETE FROM audit_text WHERE field = 'reason'`,
		`INSERT OR REPLACE INTO audit_text VALUES (2, 'reason', x'00', 'other')`,
		`INSERT INTO audit_text VALUES (2, 'reason', x'00', 'x') ON CONFLICT DO UPDATE SET text = 'other'`,
		`INSERT INTO audit_text VALUES (1, 'reason', x'00', 'late')`,
		`INSERT INTO audit_text VALUES (3, 'reason', x'00', 'early')`,
	}
	for _, statement := range refused {
		err := onTrial(t, s, statement)
		if code(err) != sqlite3.SQLITE_CONSTRAINT {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if err := onTrial(t, s, `INSERT INTO audit VALUES (3, `+body+`)`); err != nil {
		t.Errorf("the next event is refused: %v", err)
	}
}

// What was erased stays so, by the event that said it, and nothing else goes.
func TestErasureGuards(t *testing.T) {
	s := newStore(t)
	mustUpdate(t, s, func(q storetest.Tx) error {
		e := testEvent(s.ID(), token.CmdCheck)
		for _, field := range []string{"account", "reason", "ticket"} {
			must(t, e.AddText(strings.NewReader(strings.Repeat("s", 64)), field, "because"))
		}
		must(t, q.Append(e))
		return q.Append(testEvent(s.ID(), token.CmdAccountErase))
	})
	mustUpdate(t, s, func(q storetest.Tx) error {
		return nil
	})
	must(t, run(s, `INSERT INTO erased_text VALUES (2, 'reason', 3), (2, 'ticket', 3)`, `DELETE FROM audit_text WHERE seq = 2 AND field = 'reason'`)) // the other stays
	mustUpdate(t, s, func(q storetest.Tx) error { return q.Append(testEvent(s.ID(), token.CmdCheck)) })
	for _, statement := range []string{
		`UPDATE erased_text SET by_seq = 4`,
		`UPDATE erased_text SET field = 'account' WHERE field = 'reason'`,
		`UPDATE OR REPLACE erased_text SET field = 'reason' WHERE field = 'ticket'`,
		`DELETE FROM erased_text WHERE field = 'reason'`,
		`DELETE FROM erased_text`,
		`INSERT INTO erased_text VALUES (2, 'reason', 4)`,
		`INSERT OR REPLACE INTO erased_text VALUES (2, 'reason', 4)`,
		`REPLACE INTO erased_text VALUES (2, 'ticket', 4)`,
		`INSERT INTO erased_text VALUES (2, 'reason', 4) ON CONFLICT DO UPDATE SET by_seq = 4`,
		`INSERT INTO erased_text VALUES (2, 'account', 3)`,
		`INSERT INTO erased_text VALUES (2, 'account', 5)`,
		`DELETE FROM audit_text WHERE field = 'account'`,
		`DELETE FROM audit_text WHERE field = 'ticket'`,
		`INSERT INTO audit_text VALUES (2, 'reason', x'00', 'another')`,
	} {
		if err := onTrial(t, s, statement); code(err) != sqlite3.SQLITE_CONSTRAINT {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if err := onTrial(t, s, `INSERT INTO erased_text VALUES (2, 'account', 4)`); err != nil {
		t.Errorf("the newest event may not erase: %v", err)
	}
}

// Other programs set no recursive_triggers; REPLACE must not get past them
// either.
func TestTrailGuardsAgainstOthers(t *testing.T) {
	path := newPath(t)
	db := direct(t, path)
	for _, statement := range []string{
		`INSERT OR REPLACE INTO audit VALUES (1, x'7b7d', zeroblob(32))`,
		`UPDATE audit SET body = x'00'`, `DELETE FROM audit`,
	} {
		if _, err := db.Exec(statement); err == nil {
			t.Errorf("allowed: %s", statement)
		}
	}
}

// schemaProblems changes a new store and gives what verify then says of its
// schema.
func schemaProblems(t *testing.T, statements ...string) (problems []string) {
	t.Helper()
	path := newPath(t)
	tamper(t, path, statements...)
	r, err := examineStore(t, path).Verify(bg, nil)
	must(t, err)
	for _, p := range r.Problems {
		if text, is := strings.CutPrefix(p, "schema: "); is {
			problems = append(problems, text)
		}
	}
	return problems
}

// objects names what a store has of a type, but for goose's and SQLite's own.
func objects(t *testing.T, kind string) (names []string) {
	t.Helper()
	rows, err := newStore(t).Engine.(*engine).read.Query(`SELECT name FROM sqlite_schema WHERE type = $1 AND name <> 'goose_db_version' AND name NOT LIKE 'sqlite%'`, kind)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		names = append(names, name)
	}
	return names
}

// Whatever keeps the rows right is missed, or found changed.
func TestSchemaIsWatched(t *testing.T) {
	for kind, least := range map[string]int{"trigger": 7, "index": 8} {
		names := objects(t, kind)
		if len(names) < least {
			t.Errorf("there is only %s %q", kind, names)
		}
		for _, name := range names {
			got := schemaProblems(t, "DROP "+kind+" "+name)
			if want := []string{"the " + kind + " " + name + " is gone"}; !slices.Equal(got, want) {
				t.Errorf("verify says %q, not %q", got, want)
			}
		}
	}
}

func TestSchemaChanges(t *testing.T) {
	for _, c := range []struct {
		name       string
		statements []string
		want       []string
	}{
		{"nothing", nil, nil},
		{"statistics", []string{"ANALYZE"}, nil},
		{"a trigger that does nothing",
			[]string{"DROP TRIGGER audit_no_update", "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN 0 BEGIN SELECT 1; END"},
			[]string{"the trigger audit_no_update was changed"}},
		{"an index that is not unique", []string{"DROP INDEX binding_open", "CREATE INDEX binding_open ON binding (token_id) WHERE closed_at IS NULL"},
			[]string{"the index binding_open was changed"}},
		{"a trigger too many", []string{"CREATE TRIGGER t AFTER INSERT ON audit_text BEGIN UPDATE store SET newest_at = 0; END"},
			[]string{"the trigger t is not one of fob's"}},
		{"a trigger on goose's table", []string{"CREATE TRIGGER t AFTER INSERT ON goose_db_version BEGIN SELECT 1; END"},
			[]string{"the trigger t is not one of fob's"}},
		{"a table and a view too many", []string{"CREATE TABLE x (y)", "CREATE VIEW z AS SELECT 1"},
			[]string{"the table x is not one of fob's", "the view z is not one of fob's"}},
		{"a column too many", []string{"ALTER TABLE location ADD COLUMN x INTEGER"}, []string{"the table location was changed"}},
		{"a rule less", []string{"PRAGMA writable_schema = 1",
			"UPDATE sqlite_schema SET sql = REPLACE(sql, 'CHECK (codes IN (1, 2))', '') WHERE name = 'binding'"},
			[]string{"the table binding was changed"}},
	} {
		if got := schemaProblems(t, c.statements...); !slices.Equal(got, c.want) {
			t.Errorf("%s: verify says %q, not %q", c.name, got, c.want)
		}
	}
}

// Deleting reads no table from end to end, foreign keys included: sweeping one
// load must not get slower as the store grows.
func TestDeletingScansNothing(t *testing.T) {
	s := newBoundStore(t)
	for _, statement := range []string{
		"DELETE FROM token WHERE id BETWEEN 1 AND 9", "DELETE FROM batch WHERE id = 1 AND loading = 1",
		"DELETE FROM fingerprint WHERE fingerprint = 1",
	} {
		rows, err := s.Engine.(*engine).read.Query("EXPLAIN " + statement)
		must(t, err)
		for rows.Next() {
			var op string
			cells := []any{new(any), &op, new(any), new(any), new(any), new(any), new(any), new(any)}
			must(t, rows.Scan(cells...))
			if op == "Rewind" {
				t.Errorf("%s reads a whole table", statement)
			}
		}
		must(t, rows.Close())
	}
}
