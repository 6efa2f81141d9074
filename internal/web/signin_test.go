package web_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fob/internal/testkit/provider"
	"fob/internal/token"
	"fob/internal/web"
)

// atProvider serves pages, with TLS, whose people sign in at a provider.
func atProvider(t *testing.T) (*pages, *provider.Provider) {
	t.Helper()
	var p *pages
	at := provider.New(t, func() time.Time { return p.now() })
	var handler http.Handler
	outside := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(outside.Close)
	p = serve(t, func(o *web.Options) {
		o.Demo = nil
		o.Config.Issuer, o.Config.ClientID, o.Config.URL = at.URL, "fob", outside.URL
		o.Config.Roles = map[web.Role][]string{web.Support: {"helpdesk"}, web.Holder: {"all"}, web.Approver: {"leads"}}
	})
	handler, p.Server = p.Config.Handler, outside
	return p, at
}

func (p *pages) visitor() *browser {
	b := p.browser()
	b.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // its own certificate
	return b
}

// Somebody who signed in at the provider has the roles of their groups, and comes back
// to where they wanted to go.
func TestSignInAtProvider(t *testing.T) {
	p, at := atProvider(t)
	b := p.visitor()
	if b.get("/tokens/1"); b.At != "/signin" {
		t.Fatal(b.At)
	}
	if b.get("/signin/start"); b.At != "/tokens/1" {
		t.Fatal(b.At, b.said())
	}
	b.has("Eva Brandt", "in stock", `href="/tokens/1/bind"`)
	p.wait(time.Minute)
	b.post("/tokens/1/bind", "account", "nils", "code1", p.shows(plain))
	if told := p.told(plain); *told.BoundBy != "Eva Brandt" {
		t.Error(*told.BoundBy)
	}
	by := p.lastOperator()
	if by.Kind != token.OperatorOIDC || by.ID != at.URL+" s-1" || by.Name != "Eva Brandt" || by.SignedIn != 60 {
		t.Error(by)
	}
}

// A fresh sign-in is asked of the provider, which has to say when it saw the person.
func TestStepUpAtProvider(t *testing.T) {
	p, at := atProvider(t)
	b := p.visitor()
	b.get("/signin/start")
	p.wait(time.Hour / 3)
	if b.get("/tokens/1/bind"); b.At != "/signin/again" {
		t.Fatal(b.At)
	}
	at.Claims["auth_time"] = started.Unix() // as it was
	if b.get("/signin/start?fresh=1"); b.At != "/signin/callback" || !strings.Contains(b.said(), "longer ago") {
		t.Error(b.At, b.said())
	}
	delete(at.Claims, "auth_time")
	if b.get("/tokens/1/bind").get("/signin/start?fresh=1"); b.At != "/tokens/1/bind" || at.Asked.Get("max_age") != "600" {
		t.Error(b.At, at.Asked)
	}
	at.Claims["sub"], at.Claims["name"] = "s-2", "Nils Holm"
	p.wait(time.Hour / 3)
	if b.get("/tokens/1/bind").get("/signin/start?fresh=1"); b.At != "/find" { // somebody else begins anew
		t.Error(b.At)
	}
	b.has("Nils Holm")
}

// Who has no role, and what a provider does wrong, is told in words; nobody is signed
// in by it.
func TestRefusedSignIn(t *testing.T) {
	p, at := atProvider(t)
	for want, claims := range map[string]map[string]any{
		"has no role here":     {"groups": []string{"kitchen"}},
		"another application":  {"aud": "mail"},
		"another sign-in":      {"nonce": "x"},
		"contains":             {"name": "Eva\x1b[1m"},
		"not signed as it sho": {"iss": "https://evil.example"},
	} {
		b := p.visitor()
		at.Claims = claims
		if b.get("/signin/start"); b.At != "/signin/callback" || b.Status < 400 || !strings.Contains(b.said(), want) {
			t.Errorf("%v: %s %d %s", claims, b.At, b.Status, b.said())
		}
		if b.get("/find"); b.At != "/signin" {
			t.Errorf("%v opens %s", claims, b.At)
		}
	}
	b := p.visitor()
	if b.get("/signin/callback?code=c-1&state=x"); b.Status < 400 || !strings.Contains(b.said(), "was begun here") {
		t.Error(b.Status, b.said())
	}
	if strings.Contains(p.log.text(), "c-1") {
		t.Error("the log has the code of a sign-in")
	}
}
