package web_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"fob/internal/web"
)

// anotherServer serves the same store as p; browsers of p can look at it.
func (p *pages) anotherServer(change func(*web.Options)) *pages {
	p.t.Helper()
	o := p.options
	if change != nil {
		change(&o)
	}
	s, err := web.New(o)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(s.Close)
	other := &pages{Server: httptest.NewServer(s), t: p.t, options: o, pocket: p.pocket, log: p.log} // by the clock of p
	p.t.Cleanup(other.Close)
	return other
}

// at is the same browser, looking at another server: cookies know no ports.
func (b *browser) at(p *pages) *browser {
	other := *b
	other.pages = p
	return &other
}

// Who is signed in stays so when the server starts anew, and at another server, and is
// signed out at both.
func TestSessionsOutliveTheServer(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	other := p.anotherServer(nil)
	if b.at(other).get("/find").At != "/find" {
		t.Fatal(b.At)
	}
	p.wait(29 * time.Minute)
	b.get("/find")
	p.wait(29 * time.Minute) // it was used meanwhile, which its row knows
	if again := b.at(p.anotherServer(nil)).get("/find"); again.At != "/find" {
		t.Error(again.At)
	}
	b.post("/signout")
	p.wait(11 * time.Second)
	if b = b.at(other).get("/find"); b.At != "/signin" {
		t.Error(b.At)
	}
	b = p.as(sonja)
	p.wait(31 * time.Minute)
	if b = b.at(p.anotherServer(nil)).get("/find"); b.At != "/signin" {
		t.Error("it was idle: ", b.At)
	}
}

// What was typed when the session had ended is there again after the sign-in, but for
// codes.
func TestFormOutlivesItsSession(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	p.wait(31 * time.Minute)
	b.post("/tokens/1/bind", "account", "hanna.roth", "ticket", "HD-77", "code1", "123456")
	if b.At != "/signin" {
		t.Fatal(b.At)
	}
	b.has("Your session had ended, and nothing of what you sent was stored").lacks("HD-77")
	b.post("/signin/demo", "person", sonja)
	if b.At != "/tokens/1/bind" {
		t.Fatal(b.At)
	}
	b.has(`value="hanna.roth"`, `value="HD-77"`, "nothing was done yet").lacks("123456")
	// It is shown to nobody else, and nobody keeps one who was never here.
	for _, stranger := range []bool{false, true} {
		b, other := p.as(sonja), p.as(hanna)
		p.wait(31 * time.Minute)
		if stranger {
			b = p.browser()
		}
		b.post("/tokens/1/bind", "account", "hanna.roth", "ticket", "HD-79")
		if strings.Contains(b.Body, "Your session had ended") == stranger {
			t.Error(b.Body)
		}
		if b.post("/signin/demo", "person", paula); b.At != "/find" {
			t.Error(b.At)
		}
		b.get("/tokens/1/bind").lacks("HD-79", "nothing was done yet")
		other.get("/mine/bind").post("/signin/demo", "person", paula)
		if other.At != "/find" {
			t.Error("one lands where another was: ", other.At)
		}
	}
	b = p.as(sonja)
	// Nobody fills the memory by a page that takes more than a form.
	p.wait(31 * time.Minute)
	large := []string{"ticket", "HD-78"}
	for i := range 100 {
		large = append(large, strings.Repeat("x", 100)+strconv.Itoa(i), strings.Repeat("y", 100))
	}
	if b.post("/bulk", large...).post("/signin/demo", "person", sonja); b.At != "/bulk" {
		t.Fatal(b.At)
	}
	b.has("nothing was done yet").lacks("HD-78")
}

// A session that was ended at another server does not come back once nothing is known of
// it any more.
func TestEndedSessionStaysEnded(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	p.wait(5 * time.Minute)
	b.get("/find")
	at, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	stolen := p.browser()
	stolen.client.Jar.SetCookies(at, b.client.Jar.Cookies(at))
	b.at(p.anotherServer(nil)).get("/find").post("/signout")
	p.wait(26 * time.Minute)
	p.as(paula)
	if stolen.get("/find"); stolen.At != "/signin" {
		t.Error(stolen.At)
	}
}

// Other settings of sign-in or roles sign everybody out.
func TestSessionsHoldForTheirSettings(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	other := p.anotherServer(func(o *web.Options) { o.Config.RolesClaim = "roles" })
	if b = b.at(other).get("/find"); b.At != "/signin" {
		t.Error(b.At)
	}
}

// table is one whose rows a test sees and changes.
type table struct {
	web.SessionTable
	rows map[string][]byte
	fail error
}

func (f *table) Session(_ context.Context, id []byte) ([]byte, error) {
	return f.rows[string(id)], f.fail
}

func (f *table) SaveSession(_ context.Context, id, sealed []byte, _, _ time.Time, _ bool) error {
	if f.fail == nil {
		f.rows[string(id)] = sealed
	}
	return f.fail
}

func (f *table) EndSession(_ context.Context, id []byte) error {
	delete(f.rows, string(id))
	return f.fail
}

// A row tells nobody who is signed in, and one that was changed or put in the place of
// another signs nobody in. Visitors write none.
func TestSessionRowsAreSealed(t *testing.T) {
	rows := &table{rows: map[string][]byte{}}
	p := serve(t, func(o *web.Options) { o.Sessions = rows })
	p.browser().get("/find").get("/signin/start")
	if len(rows.rows) > 0 {
		t.Error("a visitor has a row")
	}
	one := p.as(sonja)
	for _, sealed := range rows.rows {
		if strings.Contains(string(sealed), "sonja") || strings.Contains(string(sealed), "demo") {
			t.Error("a row tells who it is")
		}
	}
	two := p.as(paula)
	var ids []string
	for id := range rows.rows {
		ids = append(ids, id)
	}
	a, b := ids[0], ids[1]
	rows.rows[a], rows.rows[b] = rows.rows[b], rows.rows[a]
	p.wait(11 * time.Second)
	for _, who := range []*browser{one, two} {
		if who.get("/find"); who.At != "/signin" {
			t.Error("the row of another signs in")
		}
	}
	three := p.as(sonja)
	for id := range rows.rows {
		rows.rows[id][20] ^= 1
	}
	p.wait(11 * time.Second)
	if three.get("/find"); three.At != "/signin" {
		t.Error("a changed row signs in")
	}
}

// A store that takes no sessions keeps nobody out.
func TestSessionsWithoutTable(t *testing.T) {
	rows := &table{rows: map[string][]byte{}, fail: errors.New("readonly")}
	p := serve(t, func(o *web.Options) { o.Sessions = rows })
	b := p.as(sonja)
	for range 3 {
		p.wait(20 * time.Minute)
		p.as(paula)
		if b.get("/find"); b.At != "/find" {
			t.Error(b.At)
		}
	}
	if b.post("/signout").get("/find"); b.At != "/signin" {
		t.Error(b.At)
	}
}
