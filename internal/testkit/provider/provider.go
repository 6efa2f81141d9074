// Package provider is an OpenID provider for tests. It signs people in at once, and
// says of them, or does wrong, what a test wants.
package provider

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
)

// Provider is an OpenID provider that says what a test wants, at once and to anybody.
type Provider struct {
	*httptest.Server
	Now      func() time.Time
	Keys     map[string]*ecdsa.PrivateKey // those that it tells of
	Signs    string                       // the key that it signs with
	Claims   map[string]any               // in the place of what is right; nil: leave it out
	Verifier string                       // that the code was exchanged with
	Asked    url.Values                   // of the browser
	Refuse   string                       // the error of an exchange
	UserInfo map[string]any               // what it says when asked for more; nil: it cannot be asked
}

// NewKey makes a key to sign with.
func NewKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// New starts one, which ends with the test.
func New(t *testing.T, now func() time.Time) *Provider {
	t.Helper()
	f := &Provider{Now: now, Keys: map[string]*ecdsa.PrivateKey{"one": NewKey(t)}, Signs: "one", Claims: map[string]any{}}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, code int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		more := ""
		if f.UserInfo != nil {
			more = f.URL + "/userinfo"
		}
		answer(w, 200, map[string]any{"issuer": f.URL, "userinfo_endpoint": more, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer a" {
			answer(w, 401, map[string]string{"error": "invalid_token"})
			return
		}
		answer(w, 200, f.UserInfo)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		var all []map[string]string
		for id, key := range f.Keys {
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
	mux.HandleFunc("GET /auth", func(w http.ResponseWriter, r *http.Request) {
		f.Asked = r.URL.Query()
		back := url.Values{"state": {f.Asked.Get("state")}, "code": {"c-1"}}
		http.Redirect(w, r, f.Asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if f.Verifier = r.PostFormValue("code_verifier"); f.Refuse != "" {
			answer(w, 400, map[string]string{"error": f.Refuse})
			return
		}
		answer(w, 200, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": f.token(t)})
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func (f *Provider) token(t *testing.T) string {
	claims := map[string]any{"iss": f.URL, "aud": "fob", "sub": "s-1", "exp": f.Now().Add(time.Hour).Unix(), "iat": f.Now().Unix(), "nonce": f.Asked.Get("nonce"),
		"name": "Eva Brandt", "preferred_username": "eva", "auth_time": f.Now().Unix(), "groups": []string{"helpdesk", "all"}}
	for name, v := range f.Claims {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	var parts []string
	for _, v := range []any{map[string]string{"alg": "ES256", "kid": f.Signs}, claims} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	digest := sha256.Sum256([]byte(strings.Join(parts, ".")))
	r, sig, err := ecdsa.Sign(rand.Reader, f.Keys[f.Signs], digest[:])
	if err != nil {
		t.Error(err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), sig.FillBytes(make([]byte, 32))...)
	return strings.Join(append(parts, base64.RawURLEncoding.EncodeToString(signature)), ".")
}
