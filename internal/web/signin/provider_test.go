package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/web/signin"
)

// fake is a provider that says what a test wants.
type fake struct {
	*httptest.Server
	keys     map[string]*ecdsa.PrivateKey // those that it tells of
	signs    string                       // the key that it signs with
	claims   map[string]any               // in the place of what is right; nil: leave it out
	verifier string                       // that the code was exchanged with
	asked    url.Values                   // of the browser
	refuse   string                       // the error of an exchange
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{keys: map[string]*ecdsa.PrivateKey{"one": newKey(t)}, signs: "one", claims: map[string]any{}}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, code int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		var all []map[string]string
		for id, key := range f.keys {
			point, err := key.PublicKey.Bytes() // 4, x, y
			if err != nil {
				t.Error(err)
				return
			}
			all = append(all, map[string]string{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id,
				"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:])})
		}
		answer(w, 200, map[string]any{"keys": all})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if f.verifier = r.PostFormValue("code_verifier"); f.refuse != "" {
			answer(w, 400, map[string]string{"error": f.refuse})
			return
		}
		answer(w, 200, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": f.token(t)})
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) token(t *testing.T) string {
	claims := map[string]any{"iss": f.URL, "aud": "fob", "sub": "s-1", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "nonce": f.asked.Get("nonce"),
		"name": "Eva Brandt", "preferred_username": "eva", "auth_time": now.Unix(), "groups": []string{"helpdesk", "all"}}
	for name, v := range f.claims {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	var parts []string
	for _, v := range []any{map[string]string{"alg": "ES256", "kid": f.signs}, claims} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	digest := sha256.Sum256([]byte(strings.Join(parts, ".")))
	r, sig, err := ecdsa.Sign(rand.Reader, f.keys[f.signs], digest[:])
	if err != nil {
		t.Error(err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), sig.FillBytes(make([]byte, 32))...)
	return strings.Join(append(parts, base64.RawURLEncoding.EncodeToString(signature)), ".")
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
	f.asked = u.Query()
	back := url.Values{"state": {f.asked.Get("state")}, "code": {"c-1"}}
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
	digest := sha256.Sum256([]byte(f.verifier))
	if f.asked.Get("code_challenge_method") != "S256" || f.asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(digest[:]) {
		t.Error("no PKCE: ", f.asked)
	}
	if f.asked.Get("max_age") != "" || f.asked.Get("response_type") != "code" {
		t.Error(f.asked)
	}
	if _, err := f.visit(t, f.client(), 10*time.Minute, nil); err != nil || f.asked.Get("max_age") != "600" {
		t.Error(f.asked, err)
	}
}

func TestClaimOfRoles(t *testing.T) {
	f := newFake(t)
	for _, claims := range []map[string]any{{"groups": "helpdesk"}, {"groups": nil, "realm_access": map[string]any{"roles": []string{"helpdesk"}}}} {
		f.claims = claims
		p := f.client()
		if claims["groups"] == nil {
			p.RolesClaim = "realm_access.roles"
		}
		if id, err := f.visit(t, p, 0, nil); err != nil || len(id.Groups) != 1 || id.Groups[0] != "helpdesk" {
			t.Error(id, err)
		}
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
		"used code":     {set: func(_ *testing.T, f *fake) { f.refuse = "invalid_grant" }, want: "invalid_grant"},
		"another nonce": {set: func(_ *testing.T, f *fake) { f.claims["nonce"] = "x" }, want: "another sign-in"},
		"no nonce":      {set: func(_ *testing.T, f *fake) { f.claims["nonce"] = nil }, want: "another sign-in"},
		"expired":       {set: func(_ *testing.T, f *fake) { f.claims["exp"] = now.Add(-time.Hour).Unix() }, want: "has expired"},
		"another aud":   {set: func(_ *testing.T, f *fake) { f.claims["aud"] = "mail" }, want: "another application"},
		"another iss":   {set: func(_ *testing.T, f *fake) { f.claims["iss"] = "https://evil.example" }, want: "not signed as it should be"},
		"key not told": {set: func(_ *testing.T, f *fake) {
			f.Config.Handler = hideKeys(f.Config.Handler)
		}, want: "not signed as it should be"},
		"not fresh":    {within: 5 * time.Minute, set: func(_ *testing.T, f *fake) { f.claims["auth_time"] = now.Add(-time.Hour).Unix() }, want: "saw you longer ago"},
		"no auth_time": {within: 5 * time.Minute, set: func(_ *testing.T, f *fake) { f.claims["auth_time"] = nil }, want: "does not say when"},
		"away":         {set: func(_ *testing.T, f *fake) { f.Close() }, want: "cannot be reached"},
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
	f.keys, f.signs = map[string]*ecdsa.PrivateKey{"two": newKey(t)}, "two"
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
