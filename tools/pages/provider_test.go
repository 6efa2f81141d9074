package pages

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	clientID     = "fob"
	clientSecret = "known to this test alone"
	password     = "verysecure"
)

// staff are who can sign in, with the groups that the provider says they are in.
var staff = map[string]employee{
	"sonja": {"Sonja", "Berg", "helpdesk"},
	"ruben": {"Ruben", "Falk", "helpdesk-leads"},
	"otto":  {"Otto", "Klein", "token-desk"},
	"anna":  {"Anna", "Holm", "audit"},
	"hanna": {"Hanna", "Roth", "employees"},
	"milan": {"Milan", "Novak", "employees"},
	"nora":  {"Nora", "Weiss", "guests"},
}

type employee struct{ first, last, group string }

func accountOf(login string) string { return login + "@example.com" }

// users are the staff as the example provider wants them.
type users struct{}

func (users) GetUserByID(id string) *storage.User {
	who, ok := staff[id]
	if !ok {
		return nil
	}
	return &storage.User{ID: id, Username: accountOf(id), Password: password, FirstName: who.first, LastName: who.last, Email: accountOf(id)}
}

func (u users) GetUserByUsername(name string) *storage.User {
	return u.GetUserByID(strings.TrimSuffix(name, "@example.com"))
}

func (users) ExampleClientID() string { return "service" }

// provider is the example provider of zitadel/oidc with what a company's adds: groups
// in the ID token, sessions that began earlier, keys that are rolled, and bad days.
type provider struct {
	*storage.Storage
	issuer string

	mu        sync.Mutex
	signs     key                    // what it signs with
	publishes key                    // what it says it signs with
	began     map[string]time.Time   // who signed in there before, and when
	away      func(path string) bool // what it does not answer; nil: it answers all
}

// serveProvider starts one that sends people back to the redirect.
func serveProvider(t *testing.T, redirect string) *provider {
	t.Helper()
	client := storage.WebClient(clientID, clientSecret, redirect)
	p := &provider{Storage: storage.NewStorageWithClients(users{}, map[string]*storage.Client{clientID: client}), began: map[string]time.Time{}}
	p.roll(t)
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.isAway(r.URL.Path) {
			panic(http.ErrAbortHandler) // the connection ends, as if nobody were there
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	// Another name of this computer than that of the pages: another site to a browser.
	p.issuer = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	handler = exampleop.SetupServer(p.issuer, p, slog.New(slog.DiscardHandler), false)
	return p
}

func (p *provider) isAway(path string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.away != nil && p.away(path)
}

// goAway leaves some paths without an answer.
func (p *provider) goAway(paths func(string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = paths
}

// signedInAt has the provider remember that somebody signed in there earlier. Only who
// is asked to sign in anew (max_age) does so.
func (p *provider) signedInAt(login string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began[login] = at
}

// GetClientByClientID is a client whose ID tokens have the profile and the groups, as
// fob reads them.
func (p *provider) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := p.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return profiled{c}, nil
}

type profiled struct{ op.Client }

func (profiled) IDTokenUserinfoClaimsAssertion() bool { return true }

// SetUserinfoFromRequest adds the groups.
func (p *provider) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	if err := p.Storage.SetUserinfoFromRequest(ctx, info, r, scopes); err != nil {
		return err
	}
	info.AppendClaims("groups", []string{"everybody", staff[r.GetSubject()].group})
	return nil
}

// AuthRequestByCode says of a session that began earlier when that was.
func (p *provider) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	r, err := p.Storage.AuthRequestByCode(ctx, code)
	if err != nil {
		return nil, err
	}
	asked, ok := r.(*storage.AuthRequest)
	if !ok {
		return nil, fmt.Errorf("a request of another kind: %T", r)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, before := p.began[asked.UserID]; before && asked.MaxAuthAge == nil {
		return earlier{asked, at}, nil
	}
	return r, nil
}

type earlier struct {
	*storage.AuthRequest
	at time.Time
}

func (e earlier) GetAuthTime() time.Time { return e.at }

// key is a pair of keys with its name.
type key struct {
	id   string
	pair *rsa.PrivateKey
}

func newKey(t *testing.T) key {
	t.Helper()
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key{rand.Text(), pair}
}

// ID, and the rest, make a signing key of it, and public the published half.
func (k key) ID() string                                  { return k.id }
func (k key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k key) Key() any                                    { return k.pair }

type public struct{ key }

func (k public) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k public) Use() string                        { return "sig" }
func (k public) Key() any                           { return &k.pair.PublicKey }

// SigningKey is the one that it signs with.
func (p *provider) SigningKey(context.Context) (op.SigningKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.signs, nil
}

// KeySet is what it publishes.
func (p *provider) KeySet(context.Context) ([]op.Key, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return []op.Key{public{p.publishes}}, nil
}

// roll takes a new key in the place of the old one.
func (p *provider) roll(t *testing.T) {
	k := newKey(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signs, p.publishes = k, k
}

// signWithAnother signs with a key of the published name that nobody knows.
func (p *provider) signWithAnother(t *testing.T) {
	k := newKey(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	k.id = p.publishes.id
	p.signs = k
}
