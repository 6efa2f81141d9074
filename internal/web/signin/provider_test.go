package signin_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/testkit/provider"
	"fob/internal/web/signin"
)

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// fake is a provider with what a visit to it is made of.
type fake struct{ *provider.Provider }

func newFake(t *testing.T) *fake {
	return &fake{provider.New(t, func() time.Time { return now })}
}

func (f *fake) client() *signin.Provider {
	return signin.New(signin.Client{Issuer: f.URL, ID: "fob", Secret: "hush", Redirect: "https://fob.example/signin/callback", Scopes: []string{"openid"},
		RolesClaim: "groups", NameClaim: "name", AccountClaim: "preferred_username", Now: func() time.Time { return now }, Random: rand.Reader})
}

// visit is a sign-in from its beginning to its end.
func (f *fake) visit(t *testing.T, p *signin.Provider, within time.Duration, change func(url.Values, *signin.Pending)) (signin.Identity, error) {
	t.Helper()
	to, kept, err := p.Begin(t.Context(), within)
	if err != nil {
		return signin.Identity{}, err
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	f.Asked = u.Query()
	back := url.Values{"state": {f.Asked.Get("state")}, "code": {"c-1"}}
	if change != nil {
		change(back, &kept)
	}
	return p.Finish(t.Context(), back, kept)
}

func TestSignIn(t *testing.T) {
	f := newFake(t)
	id, err := f.visit(t, f.client(), 0, nil)
	if err != nil || id.Issuer != f.URL || id.Subject != "s-1" || id.Name != "Eva Brandt" || id.Account != "eva" || len(id.Groups) != 2 || !id.At.Equal(now) {
		t.Fatal(id, err)
	}
	digest := sha256.Sum256([]byte(f.Verifier))
	if f.Asked.Get("code_challenge_method") != "S256" || f.Asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(digest[:]) {
		t.Error("no PKCE: ", f.Asked)
	}
	if f.Asked.Get("max_age") != "" || f.Asked.Get("response_type") != "code" {
		t.Error(f.Asked)
	}
	if _, err := f.visit(t, f.client(), 10*time.Minute, nil); err != nil || f.Asked.Get("max_age") != "600" {
		t.Error(f.Asked, err)
	}
}

func TestClaimOfRoles(t *testing.T) {
	f := newFake(t)
	for _, claims := range []map[string]any{{"groups": "helpdesk"}, {"groups": nil, "realm_access": map[string]any{"roles": []string{"helpdesk"}}}} {
		f.Claims = claims
		p := f.client()
		if claims["groups"] == nil {
			p.RolesClaim = "realm_access.roles"
		}
		if id, err := f.visit(t, p, 0, nil); err != nil || len(id.Groups) != 1 || id.Groups[0] != "helpdesk" {
			t.Error(id, err)
		}
	}
}

// What the provider did not sign with the sign-in it is asked for; what it signed stays.
func TestMoreClaims(t *testing.T) {
	f := newFake(t)
	f.Claims = map[string]any{"groups": nil, "name": nil}
	f.UserInfo = map[string]any{"sub": "s-1", "name": "Eva B.", "groups": []string{"helpdesk"}, "preferred_username": "other"}
	if id, err := f.visit(t, f.client(), 0, nil); err != nil || id.Name != "Eva B." || id.Account != "eva" || len(id.Groups) != 1 {
		t.Error(id, err)
	}
	f.Claims = map[string]any{"groups": []string{}} // it says that there are none
	if id, err := f.visit(t, f.client(), 0, nil); err != nil || len(id.Groups) != 0 {
		t.Error(id, err)
	}
}

// Whatever a provider does wrong ends in words.
func TestFaultsOfTheProvider(t *testing.T) {
	for name, c := range map[string]struct {
		within time.Duration
		set    func(t *testing.T, f *fake)
		change func(url.Values, *signin.Pending)
		want   string
	}{
		"another state": {change: func(v url.Values, _ *signin.Pending) { v.Set("state", "x") }, want: "does not belong to a sign-in"},
		"none begun":    {change: func(v url.Values, k *signin.Pending) { v.Del("state"); *k = signin.Pending{} }, want: "does not belong to a sign-in"},
		"too long":      {change: func(_ url.Values, k *signin.Pending) { k.Began = now.Add(-time.Hour) }, want: "took longer"},
		"called off":    {change: func(v url.Values, _ *signin.Pending) { v.Set("error", "access_denied") }, want: "called off"},
		"its error": {change: func(v url.Values, _ *signin.Pending) { v.Set("error", "server_error\x1b[1m") },
			want: "refused: server_error[1m"},
		"no code":       {change: func(v url.Values, _ *signin.Pending) { v.Del("code") }, want: "nothing to go on with"},
		"used code":     {set: func(_ *testing.T, f *fake) { f.Refuse = "invalid_grant" }, want: "invalid_grant"},
		"another nonce": {set: func(_ *testing.T, f *fake) { f.Claims["nonce"] = "x" }, want: "another sign-in"},
		"no nonce":      {set: func(_ *testing.T, f *fake) { f.Claims["nonce"] = nil }, want: "another sign-in"},
		"expired":       {set: func(_ *testing.T, f *fake) { f.Claims["exp"] = now.Add(-time.Hour).Unix() }, want: "has expired"},
		"another aud":   {set: func(_ *testing.T, f *fake) { f.Claims["aud"] = "mail" }, want: "another application"},
		"another iss":   {set: func(_ *testing.T, f *fake) { f.Claims["iss"] = "https://evil.example" }, want: "not signed as it should be"},
		"key not told": {set: func(_ *testing.T, f *fake) {
			f.Config.Handler = hideKeys(f.Config.Handler)
		}, want: "not signed as it should be"},
		"not fresh":    {within: 5 * time.Minute, set: func(_ *testing.T, f *fake) { f.Claims["auth_time"] = now.Add(-time.Hour).Unix() }, want: "saw you longer ago"},
		"no auth_time": {within: 5 * time.Minute, set: func(_ *testing.T, f *fake) { f.Claims["auth_time"] = nil }, want: "does not say when"},
		"userinfo of another": {set: func(_ *testing.T, f *fake) {
			f.Claims["groups"], f.UserInfo = nil, map[string]any{"sub": "s-2", "groups": []string{"helpdesk"}}
		}, want: "somebody else"},
		"userinfo of nobody": {set: func(_ *testing.T, f *fake) {
			f.Claims["groups"], f.UserInfo = nil, map[string]any{"groups": []string{"helpdesk"}}
		}, want: "somebody else"},
		"away": {set: func(_ *testing.T, f *fake) { f.Close() }, want: "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			if c.set != nil {
				c.set(t, f)
			}
			id, err := f.visit(t, f.client(), c.within, c.change)
			if err == nil || !strings.Contains(err.Error(), c.want) || fault.HintOf(err) == "" || id.Subject != "" {
				t.Errorf("%v (%s), %v", err, fault.HintOf(err), id)
			}
		})
	}
}

// hideKeys tells of no key.
func hideKeys(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"keys":[]}`))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// A provider that signs with a new key is believed once it tells of the key.
func TestKeyRolled(t *testing.T) {
	f := newFake(t)
	p := f.client()
	if _, err := f.visit(t, p, 0, nil); err != nil {
		t.Fatal(err)
	}
	f.Keys, f.Signs = map[string]*ecdsa.PrivateKey{"two": provider.NewKey(t)}, "two"
	if id, err := f.visit(t, p, 0, nil); err != nil || id.Subject != "s-1" {
		t.Error(id, err)
	}
}

// A provider that comes back is used without a restart.
func TestProviderComesBack(t *testing.T) {
	f := newFake(t)
	p := f.client()
	handler := f.Config.Handler
	f.Config.Handler = http.NotFoundHandler()
	if err := p.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Error(err)
	}
	f.Config.Handler = handler
	if _, err := f.visit(t, p, 0, nil); err != nil {
		t.Error(err)
	}
}
