package app_test

import (
	"bytes"
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// shownPerson is what a list says of one person.
type shownPerson struct {
	Account, ID, Name, Former string
	Active                    bool
}

func shownOf(l *desk.PeopleList) (all []shownPerson) {
	for _, p := range l.People {
		all = append(all, shownPerson{string(p.Account()), p.ID(), p.FullName(), string(p.Former()), p.Active})
	}
	return all
}

// The same people, as exports of several systems and countries have them.
func TestPeopleColumns(t *testing.T) {
	for name, text := range map[string]string{
		"Entra":       "id,userPrincipalName,displayName,accountEnabled\n7,anna@example.com,Anna Arndt,True\n8,ben@example.com,Ben Braun,False\n",
		"German":      "\ufeffPersonal-Nr.;Benutzername;Vorname;Nachname;Status\r\n7;anna@example.com;Anna;Arndt;aktiv\r\n8;ben@example.com;Ben;Braun;ausgeschieden\r\n",
		"French":      "Matricule\tIdentifiant\tNom complet\tActif\n7\tanna@example.com\tAnna Arndt\tOui\n8\tben@example.com\tBen Braun\tNon\n",
		"upside down": "Disabled,E-Mail,Full name,Employee ID\n,anna@example.com,Anna Arndt,7\nyes,ben@example.com,Ben Braun,8\n",
	} {
		l, err := app.ReadPeople("people.csv", strings.NewReader(text), app.PeopleOptions{})
		if err != nil || len(l.Faults) > 0 {
			t.Errorf("%s: %v %v", name, err, l)
			continue
		}
		want := []shownPerson{{"anna@example.com", "7", "Anna Arndt", "", true}, {"ben@example.com", "8", "Ben Braun", "", false}}
		if diff := cmp.Diff(want, shownOf(l)); diff != "" || !l.HasIDs || !l.Names {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What a sheet computes nobody typed; a login that is a number is one all the same.
func TestPeopleSheet(t *testing.T) {
	book := excelize.NewFile()
	defer book.Close()
	for cell, v := range map[string]any{"A1": "Login", "B1": "Former account", "A2": 4711, "B2": "old.name", "A3": "ben", "A4": "x"} {
		if err := book.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SetCellFormula("Sheet1", "A4", `"an"&"na"`); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	l, err := app.ReadPeople("people.xlsx", &out, app.PeopleOptions{Sheet: "Sheet1"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]shownPerson{{"4711", "", "", "old.name", true}, {"ben", "", "", "", true}}, shownOf(l)); diff != "" {
		t.Error(diff)
	}
	if len(l.Faults) != 1 || l.Faults[0].Line != 4 || !strings.Contains(l.Faults[0].Reason, "column A holds a formula") {
		t.Errorf("%+v", l.Faults)
	}
}

// What is no text is said to be none.
func TestPeopleInAPicture(t *testing.T) {
	_, err := app.ReadPeople("people.png", strings.NewReader("\x89PNG\r\n\x1a\n\x00"), app.PeopleOptions{})
	if fault.KindOf(err) != fault.Refused || err.Error() != "the list is a picture (PNG), no text or workbook" {
		t.Error(err)
	}
}

// Half of an account's letters are lost to no parser, whatever the bytes.
func FuzzPeople(f *testing.F) {
	for _, text := range []string{"login\nanna\n", "login,id\nanna,1\nben,2\n", "E-Mail;Status\na@b;aktiv\n", "x\n\x00", "login,former account\nb,a\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := app.ReadPeople("x", bytes.NewReader(data), app.PeopleOptions{})
		if err != nil {
			return
		}
		for _, p := range l.People {
			if a, err := token.ParseAccount(string(p.Account())); err != nil || a != p.Account() {
				t.Errorf("%q is no account: %v", p.Account(), err)
			}
		}
		if n := len(l.People) + len(l.Faults); n == 0 {
			t.Error("a list of nobody was read")
		}
	})
}

// Names may pass on in a ring, an account that somebody typed may turn out to be the
// new name of another, and the trail still rebuilds whose every token is.
func TestRenamesInARing(t *testing.T) {
	w := emptyStore(t)
	d, done, err := w.config.Desk(context.Background())
	w.must(err)
	w.importFile(d, "../../testdata/seedfiles/delivery.csv")
	take := func(text string) desk.Reconciled {
		t.Helper()
		l, err := app.ReadPeople("people.csv", strings.NewReader(text), app.PeopleOptions{})
		w.must(err)
		res, err := d.ReconcilePeople(context.Background(), desk.Reconcile{List: l, AtLeast: 0, Store: true})
		w.must(err)
		return res
	}
	take("login,id\nanna,1\nben,2\ncleo,3\n")
	for i, account := range []token.Account{"anna", "ben", "cleo"} {
		w.move(d, uint64(i), token.CmdAssign, token.Assigned, account)
	}
	_, err = d.Move(context.Background(), desk.Change{Serial: serial(3), By: token.CmdAssign, To: token.Assigned, NewAccount: true,
		Words: desk.Words{Account: "Dora"}})
	w.must(err)
	if res := take("login,id\nben,1\nanna,2\ndora,3\n"); res.Renamed != 3 || res.Left != 0 {
		t.Errorf("%+v", res)
	}
	w.whose(d, "ben", "anna", "dora", "dora")
	w.move(d, 4, token.CmdAssign, token.Assigned, "anna") // who was ben
	take("login,id\nanna,1\nben,2\ndora,3\n")
	w.whose(d, "anna", "ben", "dora", "dora", "ben")
	w.must(done())
	if r, err := w.config.VerifyTrail(context.Background(), nil); err != nil || !r.OK() {
		t.Errorf("%v %q", err, r.Problems)
	}
}

// whose demands that tokens 0, 1, 2… are these accounts'.
func (w *world) whose(d *desk.Desk, accounts ...string) {
	w.t.Helper()
	var got []string
	for i := range accounts {
		w.must(d.Store.View(context.Background(), func(r desk.Reader) error {
			tok, err := r.Token(serial(uint64(i)))
			got = append(got, tok.Account.Key())
			return err
		}))
	}
	if fmt.Sprint(got) != fmt.Sprint(accounts) {
		w.t.Errorf("the tokens are %v's, not %v's", got, accounts)
	}
}

// A list may be there before any token: a file of several slices that gives tokens
// to somebody whom it does not have is refused all the same.
func TestLargeFileForNobody(t *testing.T) {
	w := emptyStore(t)
	d, done, err := w.config.Desk(context.Background())
	w.must(err)
	defer func() { w.must(done()) }()
	l, err := app.ReadPeople("people.csv", strings.NewReader("login\nanna\n"), app.PeopleOptions{})
	w.must(err)
	_, err = d.ReconcilePeople(context.Background(), desk.Reconcile{List: l, Store: true})
	w.must(err)
	src := filed{"upn,serial number,secret key,time interval,manufacturer,model\n"}
	for i := range desk.SliceSize + 9 {
		account := ""
		switch i {
		case 3:
			account = "anna"
		case desk.SliceSize + 5:
			account = "nobody"
		}
		src.text += fmt.Sprintf("%s,X%06d,%s,30,ACME,c200\n", account, i, base32.StdEncoding.EncodeToString(gen.SeedFor(uint64(i), token.SHA1)))
	}
	f, _, err := app.FindFormat(src, "", seedfile.Options{})
	w.must(err)
	req := desk.Import{Source: src, Format: f}
	res, err := d.Import(context.Background(), req)
	if fault.KindOf(err) != fault.Refused || res.Stored || len(res.Rejects) != 1 || !strings.Contains(res.Rejects[0].Reason, "there is no account nobody on the list") {
		t.Errorf("%v, stored %v, %+v", err, res.Stored, res.Rejects)
	}
	req.NewAccount = true
	if res, err = d.Import(context.Background(), req); err != nil || res.Assigned != 2 {
		t.Errorf("%v, %d assigned", err, res.Assigned)
	}
}

// filed is a file in memory.
type filed struct{ text string }

func (f filed) Name() string                 { return "people.csv" }
func (f filed) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(f.text)), nil }
