package app_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"fob/internal/app"
	"fob/internal/custody"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/otp"
	"fob/internal/people"
	"fob/internal/provision"
	"fob/internal/provision/targets"
	"fob/internal/report"
	"fob/internal/request"
	"fob/internal/seedfile"
	"fob/internal/store"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// blind are the columns whose change `audit verify` does not see, each with the
// reason.
var blind = map[string]string{
	"token.seed":                  "sealed: verify has no key; anyone who opens a changed seed, or an older one of the same serial, is told",
	"goose_db_version.id":         "the migration tool's own book-keeping; the schema version is user_version",
	"goose_db_version.version_id": "as above",
	"goose_db_version.is_applied": "as above",
	"goose_db_version.tstamp":     "as above",
	"sqlite_sequence.name":        "SQLite's own, for goose_db_version",
	"sqlite_sequence.seq":         "as above",
	"web_session.id":              "who is signed in at the pages: nothing of the inventory, and sealed with what the browser has",
	"web_session.sealed":          "as above",
	"web_session.until":           "as above",
	"location.id":                 "a number that only joins; the join is compared",
	"binding.id":                  "a number that only orders",
	"observation.id":              "a number that only orders",
	"fingerprint.nth":             "a number that only keeps two seeds apart that share a fingerprint by chance",
}

type world struct {
	t      *testing.T
	config app.Config
	now    time.Time
	out    string // the folder of deliveries; empty: one of each delivery's own
}

// aLife makes a store in which every table has rows.
func aLife(t *testing.T) *world {
	t.Helper()
	w := emptyStore(t)
	u, err := w.config.Open(context.Background())
	w.must(err)
	w.live(u.Desk)
	w.must(u.Sessions.SaveSession(context.Background(), make([]byte, 32), []byte("sealed"), w.now.Add(time.Hour), w.now, true))
	w.must(u.Close())
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) live(d *desk.Desk) {
	w.importFile(d, "../../testdata/seedfiles/delivery.csv")
	w.importFile(d, "../../testdata/seedfiles/hotp.csv")
	w.now = w.now.Add(time.Hour)
	w.bind(d, 0, "anna@example.com", 0)
	w.bind(d, 1, "ben@example.com", -25*60, -25*60)
	for i := range 3 {
		w.now = w.now.Add(50 * 24 * time.Hour)
		_, err := d.Resync(context.Background(), w.codes(1, "", float64(-25*60-10*i), float64(-25*60-10*i)))
		w.must(err)
	}
	_, err := d.Check(context.Background(), desk.Codes{Serial: serial(2), Codes: []desk.Typed{{Text: "000000", At: w.now}}})
	if fault.KindOf(err) != fault.CodeRefused {
		w.t.Fatalf("a wrong code gives %v", err)
	}
	_, err = d.Identify(context.Background(), desk.Identify{Codes: w.codes(2, "", 0, 0).Codes})
	w.must(err)
	w.move(d, 1, token.CmdUnbind, token.Lost, "")
	w.move(d, 3, token.CmdAssign, token.Assigned, "carl@example.com")
	w.wholeLife(d)
	w.virtual(d)
	w.provision(d)
	w.now = w.now.Add(time.Hour)
	w.verifiers(d)
	w.people(d)
	for range token.LockAfter {
		_, _ = d.Check(context.Background(), desk.Codes{Serial: serial(4), Codes: []desk.Typed{{Text: "111111", At: w.now}}})
	}
}

// people takes lists in: somebody leaves, somebody is called otherwise, a login
// passes to another person, an account is typed that no list has, and somebody is
// erased while a list is the newest, and somebody while the next one is.
func (w *world) people(d *desk.Desk) {
	w.t.Helper()
	erase := func(a token.Account) {
		_, err := registry(d).Erase(context.Background(), a, desk.Words{Reason: "asked for it", Approver: "Eva"})
		w.must(err)
	}
	for i, list := range []string{
		"login,id,name\nanna@example.com,P1,Anna Arndt\ncarl@example.com,P3,Carl\ndora@example.com,P4,Dora\nemil@example.com,P5,Emil\ngina@example.com,P8,Gina\nhugo,P9,Hugo\n",
		"login,id,name\nanna.berg@example.com,P1,Anna Berg\ncarl@example.com,P7,Carla\nemil@example.com,P5,Emil\nfritz,P6,\n",
	} {
		if i > 0 {
			erase("gina@example.com")
		}
		w.now = w.now.Add(time.Hour)
		l, err := people.ReadList("people.csv", strings.NewReader(list), people.ListOptions{})
		w.must(err)
		_, err = registry(d).Reconcile(context.Background(), people.Reconcile{List: l, AtLeast: 20, Store: true, Tokens: true})
		w.must(err)
	}
	erase("EMIL@example.com")
	_, err := d.Move(context.Background(), desk.Change{Serial: serial(5), By: token.CmdAssign, To: token.Assigned, NewAccount: true,
		Words: desk.Words{Account: "gast@example.org"}})
	w.must(err)
	_, err = d.Move(context.Background(), desk.Change{Serial: serial(6), By: token.CmdAssign, To: token.Assigned, Words: desk.Words{Account: "fritz"}})
	w.must(err)
}

// provision hands seeds to verifiers: of single tokens, and of many side by side.
func (w *world) provision(d *desk.Desk) {
	w.t.Helper()
	s := d.Store.(*store.Store)
	out := &provision.Provisioner{Store: s.Provision(), Desk: d, SeedLen: custody.SeedLen}
	for n, c := range []provision.Choice{{Serials: []token.Serial{serial(20), serial(22)}}, {Filter: report.Filter{Batch: 1, State: token.InStock}}} {
		t, err := targets.Find([]string{"duo", "otpauth"}[n])
		w.must(err)
		_, err = out.Provision(context.Background(), provision.Request{Target: t, Choice: c, Plain: true,
			Name: filepath.Join(cmp.Or(w.out, w.t.TempDir()), fmt.Sprint("out", n, ".csv")), Output: app.OutFiles{Random: rand.Reader}})
		w.must(err)
	}
}

// verifiers are added and removed, and one ends a token.
func (w *world) verifiers(d *desk.Desk) {
	w.t.Helper()
	ctx, out := context.Background(), &provision.Provisioner{Store: d.Store.(*store.Store).Provision(), Desk: d, SeedLen: custody.SeedLen}
	for _, name := range []string{"vpn", "old"} {
		_, err := out.AddVerifier(ctx, name, "duo", desk.Words{})
		w.must(err)
	}
	_, err := out.RemoveVerifier(ctx, "old", desk.Words{})
	w.must(err)
	for _, n := range []uint64{20, 22} {
		w.move(d, n, token.CmdLost, token.Lost, "")
	}
	_, err = out.Done(ctx, provision.Ending{Verifier: "duo", Serials: []token.Serial{serial(20), serial(22)}, At: w.now.Add(-time.Second)})
	w.must(err)
}

// wholeLife brings rows into the tables of losses and of the policy, and events
// of every kind into the trail.
func (w *world) wholeLife(d *desk.Desk) {
	ctx := context.Background()
	w.bind(d, 8, "emil@example.com", 0)
	w.move(d, 8, token.CmdSuspend, token.Suspended, "")
	w.move(d, 8, token.CmdResume, token.Bound, "")
	_, err := d.Move(ctx, desk.Change{Serial: serial(8), By: token.CmdLost, To: token.Lost,
		Loss: token.Loss{Reported: w.now, Stolen: true}})
	w.must(err)
	w.move(d, 9, token.CmdQuarantine, token.Quarantined, "")
	w.move(d, 10, token.CmdRetire, token.Retired, "")
	w.burnAnew(d)
	_, err = d.Relocate(ctx, desk.Relocation{Serials: []token.Serial{serial(0), serial(3), serial(5)}, To: "Berlin/Safe 2", New: true})
	w.must(err)
	_, err = d.RenamePlace(ctx, desk.PlaceChange{Name: "Berlin/Safe 2", To: "Berlin/Safe 3"})
	w.must(err)
	_, err = d.SetPolicy(ctx, map[string]string{"tokens-per-account": "3", "lock-for": "30m"}, desk.Words{Approver: "Eva"})
	w.must(err)
	_, err = intakeOf(d).CorrectBatch(ctx, intake.Correction{BatchChange: intake.BatchChange{Number: 2},
		Given: seedfile.FieldSet(0).With(seedfile.FieldCounter), Counter: 5})
	w.must(err)
	_, err = intakeOf(d).WithdrawBatch(ctx, intake.BatchChange{Number: 2, Words: desk.Words{Approver: "Eva"}})
	w.must(err)
	w.importFile(d, "../../testdata/seedfiles/hotp.csv")
	_, err = intakeOf(d).QuarantineBatch(ctx, intake.BatchChange{Number: 3})
	w.must(err)
	_, err = registry(d).Erase(ctx, "Ben@example.com", desk.Words{Reason: "asked for it", Approver: "Eva"})
	w.must(err)
	w.requests(d)
}

// requests makes one that is carried out, and one that waits.
func (w *world) requests(d *desk.Desk) {
	w.t.Helper()
	ctx := context.Background()
	_, err := d.SetPolicy(ctx, map[string]string{"second-person": "destroy"}, desk.Words{Approver: "Eva"})
	w.must(err)
	g := request.Registry{Store: d.Store.(*store.Store).Requests(), Author: d.Author()}
	for i := range 2 {
		c := desk.Change{Serial: serial(12 + uint64(i)), By: token.CmdRetire, To: token.Retired}
		_, err := d.Move(ctx, c)
		var needed *request.Needed
		if !errors.As(err, &needed) {
			w.t.Fatalf("no request is needed: %v", err)
		}
		q, err := g.File(ctx, needed, nil)
		w.must(err)
		if i == 0 {
			other := g
			other.Author.Operator = token.Operator{Kind: token.OperatorOS, ID: "4711", Name: "eva"}
			_, err = other.Approve(ctx, q.Number, desk.Words{})
			w.must(err)
			_, err = d.Move(ctx, c)
			w.must(err)
		}
	}
}

// virtual makes a token in an app, and takes a device back with words about it.
func (w *world) virtual(d *desk.Desk) {
	ctx := context.Background()
	p := token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30}
	e, err := d.Enrol(ctx, desk.Virtual{Issuer: "ACME", Params: p, Words: desk.Words{Account: "fred@example.com", Reason: "test"}})
	w.must(err)
	code, err := otp.At(p, e.Key.Seed, otp.StepAt(p, w.now, 0))
	w.must(err)
	_, err = e.Bind(ctx, []desk.Typed{{Text: code, At: w.now}})
	w.must(err)
	w.bind(d, 11, "gina@example.com", 0)
	_, err = d.Move(ctx, desk.Change{Serial: serial(11), By: token.CmdUnbind, To: token.InStock, Location: "Bern", NewLocation: true,
		Words: desk.Words{Condition: "scratched"}})
	w.must(err)
}

func (w *world) importFile(d *desk.Desk, path string) {
	w.t.Helper()
	src, err := seedfile.FileSource(path)
	w.must(err)
	w.importSource(d, src)
}

func (w *world) importSource(d *desk.Desk, src seedfile.Source) intake.Imported {
	w.t.Helper()
	f, _, err := app.FindFormat(src, "", seedfile.Options{})
	w.must(err)
	res, err := intakeOf(d).Import(context.Background(), intake.Import{Source: src, Format: f,
		Fill:   intake.Fill{Manufacturer: "ACME", Model: "c200"},
		Supply: token.Supply{Order: "PO-1", Supplier: "ACME", Location: "Berlin", Received: w.now}})
	w.must(err)
	return res
}

// burnAnew gives a token another seed that was bound, and retired, and says so of a
// device that was in nobody's hands before.
func (w *world) burnAnew(d *desk.Desk) {
	w.t.Helper()
	w.bind(d, 14, "hugo@example.com", 0)
	w.move(d, 14, token.CmdRetire, token.Retired, "")
	w.now = w.now.Add(time.Hour)
	src := written(fmt.Sprintf("%s,%x,totp,6,30\n", serial(14), gen.SeedFor(900_014, token.SHA1)))
	f, _, err := app.FindFormat(src, "", seedfile.Options{})
	w.must(err)
	_, err = intakeOf(d).Import(context.Background(), intake.Import{Source: src, Format: f, Reburnt: true, Words: desk.Words{Approver: "Eva", Reason: "new holder"}})
	w.must(err)
}

func serial(i uint64) token.Serial {
	return token.Serial(gen.Plan{Serials: 2600412300001}.Token(i).Serial)
}

// codes are what token i shows, with these drifts in seconds, one step apart.
func (w *world) codes(i uint64, account string, drifts ...float64) desk.Codes {
	req := desk.Codes{Serial: serial(i), Words: desk.Words{Account: token.Account(account), Ticket: "T-1", Proof: "badge"}}
	p := token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30}
	for n, drift := range drifts {
		code, err := otp.At(p, token.NewSeed(gen.SeedFor(i, token.SHA1)), otp.StepAt(p, w.now, drift)+int64(n))
		w.must(err)
		req.Codes = append(req.Codes, desk.Typed{Text: code, At: w.now})
	}
	return req
}

func (w *world) bind(d *desk.Desk, i uint64, account string, drifts ...float64) {
	w.t.Helper()
	_, err := d.Bind(context.Background(), w.codes(i, account, drifts...))
	w.must(err)
}

func (w *world) move(d *desk.Desk, i uint64, by token.Command, to token.State, account token.Account) {
	w.t.Helper()
	_, err := d.Move(context.Background(), desk.Change{Serial: serial(i), By: by, To: to,
		Words: desk.Words{Account: account, Reason: "test"}})
	w.must(err)
}

// corrected gives those tokens of batch 1 another profile that were never bound.
func (w *world) corrected() {
	d, done, err := w.config.Desk(context.Background())
	w.must(err)
	_, err = intakeOf(d).CorrectBatch(context.Background(), intake.Correction{BatchChange: intake.BatchChange{Number: 1},
		Given: seedfile.FieldSet(0).With(seedfile.FieldDigits), Params: token.Params{Digits: 8}})
	w.must(err)
	w.must(done())
}

// Every single change to a column of any row is found, but for the exceptions.
func TestVerifyFindsEveryChange(t *testing.T) {
	w := aLife(t)
	w.corrected()
	if r, err := w.config.VerifyTrail(context.Background(), nil); err != nil || !r.OK() {
		t.Fatalf("untouched: %v %v", err, r.Problems)
	}
	found := 0
	for _, c := range w.columns() {
		for _, change := range w.changes(c) {
			if w.tampered(c, change) {
				found++
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d changes were tried: the test looks at too little", found)
	}
	t.Logf("%d changes were found", found)
}

type column struct{ table, name, kind string }

func (c column) String() string { return c.table + "." + c.name }

func (w *world) open(path string) *sql.DB {
	db, err := sql.Open("sqlite", path)
	w.must(err)
	db.SetMaxOpenConns(1)
	return db
}

func (w *world) columns() (all []column) {
	db := w.open(w.config.DB)
	defer db.Close()
	rows, err := db.Query(`SELECT m.name, c.name, c.type FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'`)
	w.must(err)
	defer rows.Close()
	for rows.Next() {
		var c column
		w.must(rows.Scan(&c.table, &c.name, &c.kind))
		all = append(all, c)
	}
	return all
}

// change is one UPDATE of one row.
type change struct {
	expression string
	row        int
}

// rowsTried is how many rows of a table are changed, spread over it.
const rowsTried = 4

func (w *world) changes(c column) (all []change) {
	db := w.open(w.config.DB)
	defer db.Close()
	var n int
	w.must(db.QueryRow(`SELECT COUNT(*) FROM ` + c.table).Scan(&n))
	if n == 0 {
		w.t.Errorf("table %s has no row: the life is too short", c.table)
	}
	expressions := []string{"NULL"}
	switch c.kind {
	case "INTEGER":
		expressions = append(expressions, "COALESCE("+c.name+", 0) + 1")
	case "REAL":
		expressions = append(expressions, "COALESCE("+c.name+", 0) + 0.5")
	case "BLOB":
		expressions = append(expressions, "CAST(X'00' || substr("+c.name+", 2) AS BLOB)")
	default:
		expressions = append(expressions, "COALESCE("+c.name+", '') || 'x'")
	}
	for row := range min(n, rowsTried) {
		for _, e := range expressions {
			all = append(all, change{e, row})
		}
	}
	return all
}

// tampered makes one change to a copy, and reports whether the database let it
// happen. A change that verify does not see is an error.
func (w *world) tampered(c column, ch change) bool {
	path := filepath.Join(w.t.TempDir(), "fob.db")
	content, err := os.ReadFile(w.config.DB)
	w.must(err)
	w.must(os.WriteFile(path, content, 0o600))
	if !w.apply(path, c, ch) {
		return false
	}
	config := w.config
	config.DB = path
	r, err := config.VerifyTrail(context.Background(), nil)
	seen := err != nil || !r.OK()
	_, exception := blind[c.String()]
	if !seen && !exception {
		w.t.Errorf("%s = %s in row %d is not seen", c, ch.expression, ch.row)
	}
	return seen
}

// apply changes the row as somebody would who owns the file: triggers are taken
// away and put back. It is false when the row's own rules forbid the change, or
// it changes nothing.
func (w *world) apply(path string, c column, ch change) bool {
	db := w.open(path)
	defer db.Close()
	triggers := w.dropTriggers(db)
	key := "rowid"
	switch c.table { // tables without one
	case "audit_text", "erased_text":
		key = "seq || field"
	case "audit_about":
		key = "subject || seq"
	case "fingerprint":
		key = "fingerprint || ',' || nth"
	case "operator_refusals":
		key = "by_kind || by_id"
	case "former_account":
		key = "key || until_list"
	}
	q := fmt.Sprintf(`UPDATE %[1]s SET %[2]s = %[3]s WHERE %[4]s = (SELECT %[4]s FROM %[1]s ORDER BY 1 LIMIT 1 OFFSET %[5]d) AND %[2]s IS NOT %[3]s`,
		c.table, c.name, ch.expression, key, ch.row)
	res, err := db.Exec(q)
	if err != nil {
		if !strings.Contains(err.Error(), "constraint") && !strings.Contains(err.Error(), "datatype") && !strings.Contains(err.Error(), "cannot store") {
			w.t.Errorf("%s: %v", q, err)
		}
		return false
	}
	for _, t := range triggers {
		_, err := db.Exec(t)
		w.must(err)
	}
	n, err := res.RowsAffected()
	w.must(err)
	return n > 0
}

func (w *world) dropTriggers(db *sql.DB) (texts []string) {
	rows, err := db.Query(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`)
	w.must(err)
	var names []string
	for rows.Next() {
		var name, text string
		w.must(rows.Scan(&name, &text))
		names, texts = append(names, name), append(texts, text)
	}
	rows.Close()
	for _, n := range names {
		_, err := db.Exec(`DROP TRIGGER ` + n)
		w.must(err)
	}
	return texts
}

// What cannot be read at all is a finding too, in words.
func TestVerifyOfUnreadableTables(t *testing.T) {
	w := aLife(t)
	db := w.open(w.config.DB)
	triggers := w.dropTriggers(db)
	for _, q := range append([]string{`PRAGMA ignore_check_constraints = 1`, `UPDATE token SET issued = 2 WHERE id = 1`}, triggers...) {
		_, err := db.Exec(q)
		w.must(err)
	}
	w.must(db.Close())
	r, err := w.config.VerifyTrail(context.Background(), nil)
	if err != nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "cannot be read to their end") {
		t.Errorf("%v %q", err, r.Problems)
	}
	db = w.open(w.config.DB)
	_, err = db.Exec(`DELETE FROM store`)
	w.must(err)
	w.must(db.Close())
	if _, err := w.config.VerifyTrail(context.Background(), nil); fault.KindOf(err) != fault.Integrity {
		t.Errorf("%v", err)
	}
}
