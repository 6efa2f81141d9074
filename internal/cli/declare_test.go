package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"fob/internal/cli/admin"
	"fob/internal/cli/audit"
	"fob/internal/cli/codes"
	"fob/internal/cli/out"
	"fob/internal/cli/people"
	"fob/internal/cli/reports"
	"fob/internal/cli/seeds"
	"fob/internal/cli/stock"
	"fob/internal/cli/term"
	"fob/internal/token"
)

// TestDeclaredJSON runs every command under --json and holds the fields that it
// prints against those that its help promises.
func TestDeclaredJSON(t *testing.T) {
	d := &declared{program: newProgram(t), t: t, seen: map[string]bool{}}
	file := filepath.Join(t.TempDir(), "delivery.csv")
	if err := os.WriteFile(file, seedFile(deliveryPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	k := parseKnown(seedFile(deliveryPlan))[0]
	shown := func() string { return k.shows(d.now.Unix() / int64(k.moving)) }
	d.run("init")
	d.run("inspect", file)
	d.run("import", file)
	d.run("batch list")
	d.run("batch show", "1")
	d.run("assign", k.serial, "anna")
	d.run("unassign", k.serial)
	other := parseKnown(seedFile(deliveryPlan))[9]
	d.from("assign", "serial,account\n"+other.serial+",ben\n")
	d.from("bind", "serial,account,code1\n"+other.serial+",ben,"+other.shows(d.now.Unix()/int64(other.moving))+"\n")
	d.run("check", k.serial, "--code", shown())
	d.refused("check", term.ExitCode, k.serial, "--code", "000000")
	two := []string{"--code", shown(), "--code", k.shows(d.now.Unix()/int64(k.moving) + 1)}
	d.run("identify", two...)
	d.run("unlock", k.serial, "--approved-by", "Eva")
	d.run("resync", k.serial, "--code", shown())
	d.now = d.now.Add(time.Minute)
	d.run("bind", k.serial, "anna", "--code", shown())
	d.run("list")
	d.compare("list", term.ExitDone, promises()["fob list"].WithFlag, []string{"--by-location"})
	d.run("show", k.serial)
	d.run("report unverified", "--days", "0")
	d.refused("unbind", term.ExitCode, k.serial, "--returned", "--yes", "--code", "000000")
	d.now = d.now.Add(time.Minute)
	d.run("unbind", k.serial, "--returned", "--to", "quarantined", "--yes", "--code", shown())
	d.run("release", k.serial)
	d.now = d.now.Add(time.Minute)
	d.run("bind", k.serial, "anna", "--code", shown())
	d.run("unbind", k.serial, "--missing", "--yes")
	d.run("found", k.serial)
	d.run("move", other.serial, "--to", "Berlin", "--new-location")
	scans := filepath.Join(t.TempDir(), "scans.txt")
	if err := os.WriteFile(scans, []byte(other.serial+"\nX\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.run("stocktake", scans, "--location", "Berlin")
	d.run("location list")
	d.run("location rename", "Berlin", "Hamburg")
	d.run("location close", "Hamburg", "--reason", "moved")
	d.run("location open", "Hamburg")
	d.life()
	export := filepath.Join(t.TempDir(), "x.csv")
	d.run("export", export, "--sign")
	d.export = export
	d.refused("verify-export", term.ExitIntegrity, export) // without --pub
	d.run("provision", parseKnown(seedFile(deliveryPlan))[20].serial, "--for", "duo", "--plaintext", "--out", filepath.Join(t.TempDir(), "duo.csv"))
	handed := parseKnown(seedFile(deliveryPlan))[21].serial
	d.run("verifier add", "vpn", "--for", "otpauth")
	d.run("provision", handed, "--verifier", "vpn", "--plaintext", "--out", filepath.Join(t.TempDir(), "vpn.txt"))
	d.run("lost", handed, "--yes")
	d.run("report open")
	d.run("verifier list")
	there := filepath.Join(t.TempDir(), "there.csv")
	if err := os.WriteFile(there, []byte("serial,account\nX1,anna\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.run("verifier reconcile", "vpn", there)
	d.run("verifier done", "vpn", handed)
	d.run("verifier remove", "vpn", "--yes")
	d.run("report drift")
	d.reports()
	d.people()
	d.run("audit log")
	d.run("audit verify")
	d.run("audit checkpoint")
	d.run("doctor")
	d.run("key list")
	d.run("key add", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")
	d.run("key remove", "age1ql3z7hjy5", "--yes")
	d.run("key rotate")
	d.rolledBack()
	d.run("migrate", "--to", filepath.Join(t.TempDir(), "copy.db"))
	d.run("serve", "--demo", "--check", "--listen", "127.0.0.1:0")
	d.run("version")
	copied := filepath.Join(t.TempDir(), "backup.db")
	d.run("backup", copied)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere.db")
	d.run("restore", copied, "--db", elsewhere, "--identity", "none", "--approved-by", "Eva", "--reason", "test")
	d.requests(parseKnown(seedFile(deliveryPlan))[14].serial)
	d.now = d.now.Add(-24 * time.Hour)
	d.run("clock accept", "--approved-by", "Eva", "--yes")
	for name, declared := range promises() {
		if declared.JSON == nil {
			if got := d.program.run(strings.Fields(strings.TrimPrefix(name, "fob ") + " anna --json")...); got.exit != term.ExitUsage || got.out != "" {
				t.Errorf("%s --json: exit %d and %q", name, got.exit, got.out)
			}
			continue
		}
		if !d.seen[name] {
			t.Errorf("%s was not run", name)
		}
	}
}

// requests runs the commands about what waits for a second person.
func (d *declared) requests(serial string) {
	d.t.Helper()
	d.run("policy set", "second-person=destroy", "--approved-by", "Eva")
	for n := 1; n <= 3; n++ {
		if got := d.program.run("retire", serial, "--yes"); got.exit != term.ExitNotAllowed {
			d.t.Fatalf("retire: exit %d, %s", got.exit, got.err)
		}
		if n == 3 {
			break
		}
		d.run("request list")
		d.run("request show", strconv.Itoa(n))
		if n == 1 {
			d.run("request withdraw", "1")
			continue
		}
		d.program.operator = &token.Operator{Kind: token.OperatorOS, ID: "eva", Name: "eva"}
		d.run("request approve", "2", "--yes")
		d.run("request deny", "2", "--reason", "no")
		d.program.operator = nil
	}
}

// life runs the commands of the rest of a token's life, and of whole batches.
func (d *declared) life() {
	d.t.Helper()
	all := parseKnown(seedFile(deliveryPlan))
	bind := func(i int, account string) {
		d.run("bind", all[i].serial, account, "--code", all[i].shows(d.now.Unix()/int64(all[i].moving)))
	}
	bind(1, "ben")
	d.run("suspend", all[1].serial)
	d.run("resume", all[1].serial)
	d.refused("replace", term.ExitCode, all[1].serial, all[2].serial, "--yes", "--code", "000000")
	d.run("replace", all[1].serial, all[2].serial, "--yes", "--code", all[2].shows(d.now.Unix()/int64(all[2].moving)))
	d.run("quarantine", all[3].serial)
	d.run("lost", all[4].serial, "--yes")
	d.run("retire", all[5].serial, "--yes")
	d.run("batch correct", "1", "--digits", "8", "--yes")
	d.run("batch quarantine", "1", "--yes")
	d.run("batch release", "1")
	d.run("policy show")
	d.run("policy set", "tokens-per-account=3", "--approved-by", "Eva")
	other := filepath.Join(d.t.TempDir(), "hotp.csv")
	if err := os.WriteFile(other, seedFile(hotpPlan), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.run("import", other)
	d.run("batch destroy-seeds", "2", "--approved-by", "Eva", "--yes")
	d.run("batch withdraw", "2", "--approved-by", "Eva", "--yes")
	d.run("account erase", "anna", "--reason", "asked for it", "--approved-by", "Eva", "--yes")
}

// reports runs those that are one table, with something to tell in each.
func (d *declared) reports() {
	d.t.Helper()
	dated, err := os.ReadFile("../../testdata/seedfiles/pskc/totp60-policy-dates.xml")
	if err != nil {
		d.t.Fatal(err)
	}
	expiring := filepath.Join(d.t.TempDir(), "dated.xml")
	if err := os.WriteFile(expiring, bytes.ReplaceAll(dated, []byte("26004123"), []byte("26009123")), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.run("import", expiring)
	locked := parseKnown(seedFile(deliveryPlan))[12].serial
	for range 5 {
		d.refused("check", term.ExitCode, locked, "--code", "00000000")
	}
	d.run("report expiring", "--within", "30000d")
	d.run("report exceptions")
	d.run("report lockouts")
	d.run("report batches")
	d.run("report losses")
	d.run("report activity")
	d.run("report overrides")
	d.run("report changes", d.export)
}

// rolledBack puts an older database back and has it accepted.
func (d *declared) rolledBack() {
	d.t.Helper()
	db := filepath.Join(d.env["HOME"], ".local/share/fob/fob.db")
	older, err := os.ReadFile(db)
	if err != nil {
		d.t.Fatal(err)
	}
	d.must(d.t, "policy", "set", "tokens-per-account=4", "--approved-by", "Eva")
	if err := os.WriteFile(db, older, 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.run("audit accept", "--approved-by", "Eva", "--reason", "restored", "--yes")
}

// people runs the commands about people.
func (d *declared) people() {
	d.t.Helper()
	all := parseKnown(seedFile(deliveryPlan))
	list := filepath.Join(d.t.TempDir(), "people.csv")
	write := func(text string) {
		if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	write("login\nanna\nben\ncleo\n")
	d.run("account import", list)
	d.run("assign", all[30].serial, "cleo")
	write("login\nanna\nben\ndora\n")
	d.run("account import", list, "--at-least", "60")
	d.run("report leavers")
	d.run("account list")
	d.run("account show", "ben")
	d.run("reconcile", list, "--apply", "--yes")
}

// declared runs commands and remembers which.
type declared struct {
	export string // a file that was exported
	*program
	t    *testing.T
	seen map[string]bool
}

func (d *declared) run(name string, args ...string) {
	d.t.Helper()
	d.compare(name, term.ExitDone, promises()["fob "+name].JSON, args)
}

// from runs a command with a file of rows in the place of its arguments.
func (d *declared) from(name, rows string) {
	d.t.Helper()
	file := filepath.Join(d.t.TempDir(), "rows.csv")
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.compare(name, term.ExitDone, promises()["fob "+name].WithFlag, []string{"--from", file})
}

func (d *declared) refused(name string, exit int, args ...string) {
	d.t.Helper()
	want := promises()["fob "+name]
	d.compare(name, exit, cmp.Or(want.Refused, want.JSON), args)
}

func (d *declared) compare(name string, exit int, want any, args []string) {
	d.t.Helper()
	d.seen["fob "+name] = true
	got := d.program.run(append(append(strings.Fields(name), args...), "--json")...)
	if got.exit != exit {
		d.t.Fatalf("fob %s %q: exit %d\n%s%s", name, args, got.exit, got.out, got.err)
	}
	of, text := reflect.TypeOf(want), []byte(got.out)
	if of.Kind() == reflect.Slice {
		var all []json.RawMessage
		if err := json.Unmarshal(text, &all); err != nil || len(all) == 0 {
			d.t.Fatalf("fob %s prints no array of objects: %v\n%s", name, err, got.out)
		}
		of, text = of.Elem(), all[0]
	}
	printed, err := fieldsOf(text)
	if err != nil {
		d.t.Fatalf("fob %s: %v\n%s", name, err, got.out)
	}
	var promised []string
	for _, f := range term.JsonFields(of) {
		if !f.Optional || slices.Contains(printed, f.Name) {
			promised = append(promised, f.Name)
		}
	}
	if !slices.Equal(printed, promised) {
		d.t.Errorf("fob %s prints %v, its help says %v", name, printed, promised)
	}
}

// fieldsOf lists the fields of an object in the order in which they stand.
func fieldsOf(object []byte) (names []string, err error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if begin, err := dec.Token(); err != nil || begin != json.Delim('{') {
		return nil, errors.Join(err, errors.New("no object"))
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		names = append(names, name.(string))
	}
	return names, nil
}

// TestNextStep: an error without words of its own about what to do gets those of
// its cause.
func TestNextStep(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&os.PathError{Op: "open", Path: "x", Err: os.ErrPermission}, "this user is not allowed to"},
		{&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, "the disk is full"},
		{term.OutputError(&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}), "what was printed is incomplete"},
		{errors.New("anything"), ""},
	} {
		if got := term.NextStep(c.err); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%v: %q", c.err, got)
		}
	}
}

// promises are those of every command that does something.
func promises() map[string]term.Promised {
	all := map[string]term.Promised{}
	for _, some := range []map[string]term.Promised{
		seeds.Promises, codes.Promises, stock.Promises, out.Promises, people.Promises, reports.Promises, audit.Promises, admin.Promises,
	} {
		maps.Copy(all, some)
	}
	return all
}
