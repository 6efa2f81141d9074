package people_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
	"fob/internal/people"
	"fob/internal/token"
)

// shownPerson is what a list says of one person.
type shownPerson struct {
	Account, ID, Name, Former string
	Active                    bool
}

func shownOf(l *people.List) (all []shownPerson) {
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
		l, err := people.ReadList("people.csv", strings.NewReader(text), people.ListOptions{})
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
	l, err := people.ReadList("people.xlsx", &out, people.ListOptions{Sheet: "Sheet1"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]shownPerson{{"4711", "", "", "old.name", true}, {"ben", "", "", "", true}}, shownOf(l)); diff != "" {
		t.Error(diff)
	}
	if len(l.Faults) != 1 || l.Faults[0].Line != 4 || !strings.Contains(l.Faults[0].Reason.String(), "column A holds a formula") {
		t.Errorf("%+v", l.Faults)
	}
}

// What is no text is said to be none.
func TestPeopleInAPicture(t *testing.T) {
	_, err := people.ReadList("people.png", strings.NewReader("\x89PNG\r\n\x1a\n\x00"), people.ListOptions{})
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
		l, err := people.ReadList("x", bytes.NewReader(data), people.ListOptions{})
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
