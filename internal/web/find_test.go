package web_test

import (
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
	b.post("/find", "q", "po-1").get("/find").has(plain) // it is still there on the way back
	b.post("/find", "q", "123456 654321").has("No token shows these codes").lacks("Found for")
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
	next := regexp.MustCompile(`rel="next" href="(/find\?after=\d+)"`)
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
		b.get(to[1])
	}
	if len(seen) != 120 {
		t.Error(len(seen), " of 120")
	}
}
