package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// errNothing says that a change came to nothing: the rules of the tables forbid
// it, or it left everything as it was.
var errNothing = errors.New("nothing was changed")

// change is a kind of tampering. It tells what it did, and the first event that it
// changed where the change is one that agrees with itself; 0 otherwise.
type change struct {
	name string
	do   func(*copied) (what string, from int64, err error)
}

var changes = []change{
	{"flip a bit of a body or hash", (*copied).flip},
	{"change a column", (*copied).column},
	{"delete a row", (*copied).delete},
	{"duplicate a row", (*copied).duplicate},
	{"swap a column of two rows", (*copied).swap},
	{"swap the numbers of two events", (*copied).reorder},
	{"cut the tail", (*copied).cut},
	{"rewrite the chain from an event on", (*copied).rewrite},
	{"rewrite the whole chain", (*copied).rewriteWhole},
	{olderCopy, nil},
	{"swap two sealed seeds", (*copied).seeds},
	{"drop a trigger or an index", (*copied).drop},
}

// olderCopy is a tail that was cut with the tables to match: no change of rows, but
// the whole file of some time ago.
const olderCopy = "put an older copy in its place"

// copied is a copy of the store, open for anyone who owns the file: triggers are away
// and no rule but the types of columns holds.
type copied struct {
	*sql.DB
	r *rand.Rand
}

func (c *copied) exec(query string, args ...any) error {
	res, err := c.Exec(query, args...)
	if err != nil {
		if words := err.Error(); strings.Contains(words, "constraint") || strings.Contains(words, "cannot store") || strings.Contains(words, "datatype") {
			return errNothing
		}
		return fmt.Errorf("%s: %w", query, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errNothing)
	}
	return nil
}

func (c *copied) number(query string, args ...any) (n int64, err error) {
	err = c.QueryRow(query, args...).Scan(&n)
	return n, err
}

func (c *copied) texts(query string, args ...any) (all []string, err error) {
	rows, err := c.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// table is one table with a row of it.
type table struct {
	name    string
	columns []string
	where   string // selects the row
	key     []any
}

// anyRow draws a table that has rows, and one of them.
func (c *copied) anyRow() (t table, err error) {
	names, err := c.texts(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
	if err != nil {
		return t, err
	}
	return c.rowOf(names[c.r.IntN(len(names))])
}

func (c *copied) rowOf(name string) (t table, err error) {
	t.name = name
	n, err := c.number(`SELECT COUNT(*) FROM ` + name)
	if err != nil || n == 0 {
		return t, errors.Join(err, errNothing)
	}
	if t.columns, err = c.texts(`SELECT name FROM pragma_table_info($1)`, name); err != nil {
		return t, err
	}
	keys := []string{"rowid"}
	if slices.Contains([]string{"audit_about", "audit_text", "erased_text", "fingerprint", "former_account", "operator_refusals"}, name) { // tables without one
		keys = t.columns[:2]
	}
	t.key = make([]any, len(keys))
	into := make([]any, len(keys))
	for i, k := range keys {
		into[i] = &t.key[i]
		t.where += fmt.Sprintf(` AND %s IS $%d`, k, i+1)
	}
	t.where = strings.TrimPrefix(t.where, ` AND `)
	err = c.QueryRow(fmt.Sprintf(`SELECT %s FROM %s LIMIT 1 OFFSET %d`, strings.Join(keys, ", "), name, c.r.Int64N(n))).Scan(into...)
	return t, err
}

// unused tells of a row of a look-up table that no token has.
func (c *copied) unused(t table) bool {
	column, is := lookups[t.name]
	if !is {
		return false
	}
	n, err := c.number(`SELECT COUNT(*) FROM token WHERE `+column+` = $1`, t.key...)
	return err == nil && n == 0
}

func (c *copied) flip() (string, int64, error) {
	t, err := c.rowOf("audit")
	if err != nil {
		return "", 0, err
	}
	column := []string{"body", "hash"}[c.r.IntN(2)]
	var b []byte
	if err := c.QueryRow(`SELECT `+column+` FROM audit WHERE `+t.where, t.key...).Scan(&b); err != nil {
		return "", 0, err
	}
	b[c.r.IntN(len(b))] ^= 1 << c.r.IntN(8)
	return fmt.Sprintf("%s of event %v", column, t.key), 0, c.exec(`UPDATE audit SET `+column+` = $2 WHERE `+t.where, append(slices.Clone(t.key), b)...)
}

func (c *copied) column() (string, int64, error) {
	t, err := c.anyRow()
	if err != nil {
		return "", 0, err
	}
	column := t.columns[c.r.IntN(len(t.columns))]
	if blind[t.name+"."+column] != "" || c.unused(t) {
		return "", 0, errNothing
	}
	value := []string{"NULL", "COALESCE(" + column + ", 0) + 1", "COALESCE(" + column + ", 0) + 0.5", "COALESCE(" + column + ", '') || 'x'",
		"''", "0", "CAST(X'00' || substr(" + column + ", 2) AS BLOB)", "upper(" + column + ")",
		"(SELECT " + column + " FROM " + t.name + " ORDER BY random() LIMIT 1)"}[c.r.IntN(9)]
	var drawn any // once: what is drawn at random would be another value each time
	if err := c.QueryRow(fmt.Sprintf(`SELECT %s FROM %s WHERE %s`, value, t.name, t.where), t.key...).Scan(&drawn); err != nil {
		return "", 0, err
	}
	n := len(t.key) + 1
	what := fmt.Sprintf("%s.%s = %s in row %v", t.name, column, value, t.key)
	return what, 0, c.exec(fmt.Sprintf(`UPDATE %s SET %s = $%d WHERE %s AND %s IS NOT $%d`, t.name, column, n, t.where, column, n),
		append(slices.Clone(t.key), drawn)...)
}

func (c *copied) delete() (string, int64, error) {
	t, err := c.anyRow()
	if err != nil || blind[t.name+"."+t.columns[0]] != "" && t.name != "binding" && t.name != "observation" && t.name != "state" || c.unused(t) {
		return "", 0, errors.Join(err, errNothing)
	}
	return fmt.Sprintf("row %v of %s", t.key, t.name), 0, c.exec(`DELETE FROM `+t.name+` WHERE `+t.where, t.key...)
}

// duplicate copies a row, under numbers and unique texts of its own.
func (c *copied) duplicate() (string, int64, error) {
	t, err := c.anyRow()
	if err != nil || lookups[t.name] != "" || strings.HasPrefix(t.name, "goose") || strings.HasPrefix(t.name, "sqlite") {
		return "", 0, errors.Join(err, errNothing)
	}
	unique, err := c.texts(`SELECT DISTINCT i.name FROM pragma_index_list($1) l, pragma_index_info(l.name) i WHERE l."unique" = 1
		UNION SELECT name FROM pragma_table_info($1) WHERE pk > 0`, t.name)
	if err != nil {
		return "", 0, err
	}
	values := slices.Clone(t.columns)
	for i, column := range values {
		if slices.Contains(unique, column) {
			values[i] = fmt.Sprintf(`CASE typeof(%[1]s) WHEN 'integer' THEN (SELECT MAX(%[1]s) + 1 FROM %[2]s) ELSE %[1]s || 'x' END`, column, t.name)
		}
	}
	return fmt.Sprintf("row %v of %s", t.key, t.name), 0, c.exec(fmt.Sprintf(`INSERT INTO %[1]s (%[2]s) SELECT %[3]s FROM %[1]s WHERE %[4]s`,
		t.name, strings.Join(t.columns, ", "), strings.Join(values, ", "), t.where), t.key...)
}

func (c *copied) swap() (string, int64, error) {
	a, err := c.anyRow()
	if err != nil {
		return "", 0, err
	}
	b, err := c.rowOf(a.name)
	if err != nil || c.unused(a) || c.unused(b) {
		return "", 0, errors.Join(err, errNothing)
	}
	column := a.columns[c.r.IntN(len(a.columns))]
	if blind[a.name+"."+column] != "" {
		return "", 0, errNothing
	}
	return c.exchange(a, b, column)
}

// exchange swaps a column of two rows; where both must be unique it goes by
// deleting nothing: such a swap is one of all the other columns.
func (c *copied) exchange(a, b table, column string) (string, int64, error) {
	var x, y any
	if err := c.QueryRow(`SELECT `+column+` FROM `+a.name+` WHERE `+a.where, a.key...).Scan(&x); err != nil {
		return "", 0, err
	}
	if err := c.QueryRow(`SELECT `+column+` FROM `+a.name+` WHERE `+b.where, b.key...).Scan(&y); err != nil {
		return "", 0, err
	}
	if fmt.Sprint(x) == fmt.Sprint(y) {
		return "", 0, errNothing
	}
	set := fmt.Sprintf(`UPDATE %s SET %s = $%d WHERE `, a.name, column, len(a.key)+1)
	if err := c.exec(set+a.where, append(slices.Clone(a.key), y)...); err != nil {
		return "", 0, err
	}
	return fmt.Sprintf("%s.%s of rows %v and %v", a.name, column, a.key, b.key), 0, c.exec(set+b.where, append(slices.Clone(b.key), x)...)
}

func (c *copied) reorder() (string, int64, error) {
	n, err := c.number(`SELECT MAX(seq) FROM audit`)
	if err != nil {
		return "", 0, err
	}
	a, b := 1+c.r.Int64N(n), 1+c.r.Int64N(n)
	if a == b {
		return "", 0, errNothing
	}
	for _, move := range [][2]int64{{a, n + 9}, {b, a}, {n + 9, b}} {
		if err := c.exec(`UPDATE audit SET seq = $1 WHERE seq = $2`, move[1], move[0]); err != nil {
			return "", 0, err
		}
	}
	return fmt.Sprintf("events %d and %d", a, b), 0, nil
}

func (c *copied) cut() (string, int64, error) {
	n, err := c.number(`SELECT MAX(seq) FROM audit`)
	if err != nil {
		return "", 0, err
	}
	from := n - c.r.Int64N(min(n, 20))
	if _, err := c.Exec(`DELETE FROM audit_text WHERE seq >= $1`, from); err != nil {
		return "", 0, err
	}
	return fmt.Sprintf("from event %d on", from), from, c.exec(`DELETE FROM audit WHERE seq >= $1`, from)
}

// rewrite gives an event another host and computes all hashes from there on anew:
// what anybody can do who owns the file and has read how the chain is made.
func (c *copied) rewrite() (string, int64, error) {
	n, err := c.number(`SELECT MAX(seq) FROM audit`)
	if err != nil {
		return "", 0, err
	}
	return c.rewriteFrom(1+c.r.Int64N(n), n)
}

func (c *copied) rewriteWhole() (string, int64, error) {
	n, err := c.number(`SELECT MAX(seq) FROM audit`)
	if err != nil {
		return "", 0, err
	}
	return c.rewriteFrom(1, n)
}

func (c *copied) rewriteFrom(from, n int64) (string, int64, error) {
	var hash []byte
	if from > 1 {
		if err := c.QueryRow(`SELECT hash FROM audit WHERE seq = $1`, from-1).Scan(&hash); err != nil {
			return "", 0, err
		}
	} else {
		hash = make([]byte, sha256.Size)
	}
	for seq := from; seq <= n; seq++ {
		var body []byte
		if err := c.QueryRow(`SELECT body FROM audit WHERE seq = $1`, seq).Scan(&body); err != nil {
			return "", 0, err
		}
		if seq == from {
			body = []byte(strings.Replace(string(body), `"host":"desk"`, `"host":"dusk"`, 1))
		}
		hash = chained(hash, body)
		if err := c.exec(`UPDATE audit SET body = $1, hash = $2 WHERE seq = $3`, body, hash, seq); err != nil {
			return "", 0, err
		}
	}
	return fmt.Sprintf("from event %d on", from), from, nil
}

// chained is the hash of an event, as package audit documents it.
func chained(prev, body []byte) []byte {
	b := append([]byte("fob-audit-v1"), prev...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(body)))
	sum := sha256.Sum256(append(b, body...))
	return sum[:]
}

func (c *copied) seeds() (string, int64, error) {
	a, err := c.rowOf("token")
	if err != nil {
		return "", 0, err
	}
	b, err := c.rowOf("token")
	if err != nil {
		return "", 0, err
	}
	return c.exchange(a, b, "seed")
}

func (c *copied) drop() (string, int64, error) {
	names, err := c.texts(`SELECT type || ' ' || name FROM sqlite_schema WHERE type IN ('index', 'trigger') AND name NOT LIKE 'sqlite%' ORDER BY name`)
	if err != nil {
		return "", 0, err
	}
	what := names[c.r.IntN(len(names))]
	_, err = c.Exec(`DROP ` + what)
	return what, 0, err
}
