package web_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"fob/internal/people"
)

// list takes in a list of people.
func (p *pages) list(text string) {
	p.t.Helper()
	u, err := p.pocket.Config.Open(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer u.Close()
	l, err := people.ReadList("people.csv", strings.NewReader(text), people.ListOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := u.People.Reconcile(p.t.Context(), people.Reconcile{List: l, AtLeast: 0, Store: true}); err != nil {
		p.t.Fatal(err)
	}
}

// lacks demands that the page does not show a text.
func (b *browser) lacks(texts ...string) *browser {
	b.t.Helper()
	for _, text := range texts {
		if strings.Contains(b.Body, text) {
			b.t.Errorf("%s shows %q: %s", b.At, text, b.Body)
		}
	}
	return b
}

const colleagues = "login,name\nann.berger,Ann Berger\nann.bergerova,Ann Bergerova\nhanna.roth,Hanna Roth\nmilan.novak,Milan Novak\nmilan.nov,Milan Nov\ncleo,Cleo Wagner\n"

// One token opens at once if it was found by all that was typed; what was found by a part
// is listed, with the part.
func TestFindOpensOnlyWhatIsMeant(t *testing.T) {
	p := serve(t, nil)
	p.list(colleagues)
	b := p.as(sonja)
	p.as(otto).post("/tokens/11/unassign")
	p.as(otto).post("/tokens/1/assign", "account", "cleo")
	for q, want := range map[string]string{"MILAN.NOVAK": "/tokens/12", "milan novak": "/tokens/12", "cleo": "/tokens/1", "Cleo Wagner": "/tokens/1"} {
		if b.post("/find", "q", q); b.At != want {
			t.Errorf("%q: %s, %s", q, b.At, b.said())
		}
	}
	if b.post("/find", "q", "milan.n"); b.At != "/find" {
		t.Error(b.At)
	}
	b.has(theirs, "the beginning of the account")
	b.post("/find", "q", "milan.nov").has("Milan Nov milan.nov is on the list of people and has no token", theirs, "the beginning of the account")
	b.post("/find", "q", "novak").has(theirs, "a part of the name Milan Novak")
	if b.post("/find", "q", "260041230001"); b.At != "/find" {
		t.Error(b.At)
	}
	b.has("the beginning of the serial")
	b.post("/find", "q", "Ann Berger").has("Ann Berger ann.berger is on", "Ann Bergerova ann.bergerova is on").whole().clean()
	if n := strings.Count(b.post("/find", "q", "roth").Body, lent); n != 1 {
		t.Error("a token stands", n, "times")
	}
}

// Each search shows what belongs to it alone.
func TestFindForgetsTheSearchBefore(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	b.post("/find", "q", "po-1").has("Found for “po-1”", plain, "the order number")
	b.post("/find", "q", "PO 1").has("Found for “PO 1”", plain)
	b.post("/find", "q", "nobody.here").has("Nothing was found for “nobody.here”").lacks("Found for", plain)
	// In another tab, or on the way back, the result before is still there; the box itself
	// is empty.
	first := b.post("/find", "q", "po-1").Whole
	b.post("/find", "q", "milan.n").has(theirs).lacks("Found for “po-1”")
	b.get(first).has("Found for “po-1”", plain)
	b.get("/find").lacks("Found for")
	b.post("/find", "q", "123456 654321").has("No token shows these codes").lacks("Found for")
}

// Names are found however their words are turned, and with typing errors as names that are
// near; what was typed in vain stands in the box again.
func TestFindNames(t *testing.T) {
	p := serve(t, nil)
	p.list(colleagues + "j.mueller,Jürgen Müller\n")
	b := p.as(sonja)
	for q, want := range map[string]string{"Nowak": theirs, "Milan Novack": theirs, "rotth hana": lent, "Juergen Muller": "Nearly so is called Jürgen Müller j.mueller"} {
		b.post("/find", "q", q).has(want)
		if strings.Contains(want, "2600") {
			b.has("a name like this one")
		}
	}
	if b.post("/find", "q", "Roth, Hanna"); b.At != "/tokens/10" {
		t.Error(b.At)
	}
	b.post("/find", "q", "Wolfgang").has(`value="Wolfgang"`, "Nothing was found")
	b.post("/find", "q", "123456").has("set a blank between them").lacks(`value="123456"`)
	b.post("/find", "q", "qq").has("type at least four signs")
}

// A token from the drawer is found by a wider search, with the codes that the page holds.
func TestFindWider(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	first := p.shows(slow)
	p.untilNext()
	codes := first + " " + p.shows(slow)
	b.post("/find", "q", codes).has("Search wider", `value="`+codes+`"`)
	if b.post("/find", "q", codes, "wide", "1"); b.At != "/tokens/4" {
		t.Error(b.At, b.said())
	}
	b.post("/find", "q", "123456 654321", "wide", "1").has("No token shows these codes").lacks("Search wider")
}

// The tokens of an account are found with those that it lost.
func TestFindLost(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	b.post("/tokens/12/lost", "reason", "on the train")
	if b.post("/find", "q", "milan.novak"); b.At != "/find" {
		t.Error(b.At)
	}
	b.has(theirs, "lost", "it had this token last")
	p.as(otto).post("/tokens/1/assign", "account", "milan.novak")
	if b.post("/find", "q", "milan.novak"); b.At != "/find" {
		t.Error(b.At)
	}
	b.has(theirs, plain)
}

// An order of many tokens is turned over.
func TestFindOrderOfMany(t *testing.T) {
	p := serve(t, nil)
	p.load(27000000, 60)
	p.load(28000000, 60)
	b := p.as(sonja)
	seen := map[string]bool{}
	serial := regexp.MustCompile(`>(2[78]0000\d\d)<`)
	next := regexp.MustCompile(`rel="next" href="(/find\?after=\d+[^"]*)"`)
	for b.post("/find", "q", "PO-2"); ; {
		for _, m := range serial.FindAllStringSubmatch(b.Body, -1) {
			if seen[m[1]] {
				t.Error("twice: ", m[1])
			}
			seen[m[1]] = true
		}
		to := next.FindStringSubmatch(b.Body)
		if to == nil {
			break
		}
		b.get(html.UnescapeString(to[1]))
	}
	if len(seen) != 120 {
		t.Error(len(seen), " of 120")
	}
}
