package web_test

import (
	"html"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fob/internal/app"
	"fob/internal/provision"
	"fob/internal/token"
	"fob/internal/web"
)

// handTo gives the seeds of some tokens to a verifier.
func (p *pages) handTo(verifier string, serials ...token.Serial) {
	p.t.Helper()
	target, options, err := app.Leaving{Target: "duo"}.Read(p.options.Random)
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = p.options.Cases.As(token.Operator{Kind: token.OperatorService, Name: "test"}).Out.Provision(p.t.Context(), provision.Request{Target: target, Options: options, Verifier: verifier,
		Choice: provision.Choice{Serials: serials}, Plain: true, Name: filepath.Join(p.t.TempDir(), "out.csv"), Output: app.OutFiles{Random: p.options.Random}})
	if err != nil {
		p.t.Fatal(err)
	}
}

var hidden = regexp.MustCompile(`name="seen" value="([^"]*)"`)

// seen is what the form on the page says of its token.
func (b *browser) seen() string {
	b.t.Helper()
	m := hidden.FindStringSubmatch(b.Body)
	if m == nil {
		b.t.Fatal("no form of a token: ", b.At, b.Body)
	}
	return html.UnescapeString(m[1])
}

// The person who ends a token learns which verifiers go on accepting it, and so does everybody
// who looks at it; its holder is told to call.
func TestEndedTokenAtVerifiers(t *testing.T) {
	p := serve(t, nil)
	p.handTo("duo", lent, theirs, plain)
	const still = "duo still accepts token "
	b := p.as(sonja)
	if b.get("/tokens/12").has("Seed is at"); strings.Contains(b.Body, still) {
		t.Error("nothing is to be ended yet")
	}
	if b.post("/tokens/12/suspend", "reason", "on leave"); !strings.Contains(b.said(), still+theirs+": end it there") {
		t.Error(b.said())
	}
	b.post("/tokens/12/resume")
	if b.post("/tokens/12/unbind", "where", "in_stock"); !strings.Contains(b.said(), "milan.novak has it no more") || !strings.Contains(b.said(), still+theirs) {
		t.Error(b.said())
	}
	if b.post("/tokens/10/replace", "other", other, "gone", "lost", "code1", p.shows(other)); b.At != "/tokens/3" || !strings.Contains(b.said(), still+lent) {
		t.Error(b.At, b.said())
	}
	b.get("/find").get("/tokens/10").has(still + lent)
	b.post("/tokens/1/bind", "account", "hanna.roth", "code1", p.shows(plain))
	h := p.as(hanna)
	if h.post("/mine/tokens/1/lost"); h.At != "/mine" || !strings.Contains(h.said(), "duo accepts its codes until somebody ends it there: call the support desk now") {
		t.Error(h.At, h.said())
	}
}

// A form that was opened while the token was somebody else's is refused, and says who has
// it now.
func TestFormOfAnotherState(t *testing.T) {
	p := serve(t, nil)
	first, second := p.as(sonja), p.as(paula)
	old := first.get("/tokens/12/unbind").has("milan.novak has this token now, and has it no more afterwards").seen()
	second.post("/tokens/12/unbind", "where", "in_stock")
	p.untilNext()
	second.post("/tokens/12/bind", "account", "eva", "code1", p.shows(theirs))
	p.is(theirs, token.Bound, "eva")
	for _, post := range [][]string{
		{"unbind", "where", "in_stock"}, {"unbind", "where", "in_stock", "code", "123456"}, {"lost"}, {"suspend", "reason", "x"}, {"found"}, {"assign", "account", "eva"}, {"unassign"},
		{"replace", "other", other, "gone", "stolen", "code1", p.shows(other)}, {"replace", "other", other, "gone", "in_stock", "code1", p.shows(other)},
	} {
		first.post("/tokens/12/"+post[0], append(post[1:], "seen", old)...)
		if !strings.Contains(first.said(), "has changed meanwhile: it is bound (eva) since") {
			t.Error(post, first.At, first.said())
		}
	}
	p.is(theirs, token.Bound, "eva")
	if told := p.told(theirs); told.Failures > 0 {
		t.Error("codes were compared")
	}
	// The form that comes back is that of the token as it is.
	first.get("/tokens/12/unbind")
	if now := first.post("/tokens/12/unbind", "where", "in_stock", "seen", old).seen(); now == old {
		t.Error("the form stays old")
	}
	if first.post("/tokens/12/unbind", "where", "in_stock", "seen", first.seen()); !strings.Contains(first.said(), "in stock now. eva has it no more") {
		t.Error(first.said())
	}
	// What was typed before a fresh sign-in is about what was seen then.
	old = first.get("/tokens/12/lost").seen()
	p.wait(web.UsualConfig().Fresh * 2)
	first.post("/tokens/12/lost", "seen", old)
	second = p.as(paula)
	second.post("/tokens/12/assign", "account", "eva")
	if first.post("/signin/demo", "person", sonja); first.At != "/tokens/12/lost" || first.seen() != old {
		t.Error(first.At)
	}
}

// A loss that was recorded before the codes of another token were right is said on every
// page, which leads back to the token that was lost.
func TestReplacedLostFirst(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	if b.post("/tokens/10/replace", "other", other, "gone", "lost", "code1", "000000"); !strings.HasPrefix(b.At, "/codes/") {
		t.Fatal(b.At, b.said())
	}
	b.has("Token "+lent+" is recorded as lost already", "hanna.roth has no other in its place", `<a href="/tokens/10">Cancel</a>`)
}
