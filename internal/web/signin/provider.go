package signin

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"fob/internal/fault"
)

// Client is how a provider knows these pages.
type Client struct {
	Issuer, ID, Secret                  string
	Redirect                            string // where people come back to
	Scopes                              []string
	RolesClaim, NameClaim, AccountClaim string
	Now                                 func() time.Time
	Random                              io.Reader
	HTTP                                *http.Client // nil: one of its own
}

// Identity is who signed in.
type Identity struct {
	Issuer, Subject, Name, Account string
	Groups                         []string  // the values of the claim of roles
	At                             time.Time // when the provider saw them; zero: it does not say
}

// Pending is what has to be kept until somebody comes back.
type Pending struct {
	State, Nonce, Verifier string
	Began                  time.Time
	Within                 time.Duration // a fresh sign-in is demanded; 0: any does
}

// How long a person may take at the provider, and how far its clock may be off.
const (
	longestVisit = 15 * time.Minute
	clockSlack   = time.Minute
	waitProvider = 10 * time.Second
)

// Provider is an OpenID provider. What it says of itself is asked for when somebody
// wants to sign in, so that one that is away does not keep the pages from starting.
type Provider struct {
	Client
	mu    sync.Mutex
	found *oidc.Provider
}

// New makes a Provider without asking it anything.
func New(c Client) *Provider {
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: waitProvider}
	}
	return &Provider{Client: c}
}

// Ready asks the provider what it is, unless that is known.
func (p *Provider) Ready(ctx context.Context) error {
	_, err := p.discover(ctx)
	return err
}

func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// What is found outlives the request that asked for it.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.HTTP), p.Issuer)
	var other *oidc.IssuerMismatchError
	switch {
	case errors.As(err, &other):
		return nil, fault.Wrap(fault.Refused, err, "the sign-in service is not the one that is configured")
	case err != nil:
		return nil, away(err)
	}
	p.found = found
	return found, nil
}

func away(err error) error {
	return fault.Wrap(fault.Internal, withoutAddress(err), "the sign-in service cannot be reached").
		WithHint("try again in a minute; nothing is lost. If it stays so, tell those who run these pages")
}

// withoutAddress keeps an address with its query out of texts: it may hold a code.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func (p *Provider) oauth(found *oidc.Provider) oauth2.Config {
	return oauth2.Config{ClientID: p.ID, ClientSecret: p.Secret, Endpoint: found.Endpoint(), RedirectURL: p.Redirect, Scopes: p.Scopes}
}

// Begin returns where the browser is to go. Within demands that the provider saw the
// person so short a time ago, or sees them now; 0: any sign-in does.
func (p *Provider) Begin(ctx context.Context, within time.Duration) (to string, kept Pending, err error) {
	found, err := p.discover(ctx)
	if err != nil {
		return "", kept, err
	}
	kept = Pending{Began: p.Now(), Within: within}
	for _, text := range []*string{&kept.State, &kept.Nonce, &kept.Verifier} {
		if *text, err = randomText(p.Random); err != nil {
			return "", kept, err
		}
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(kept.Nonce), oauth2.S256ChallengeOption(kept.Verifier)}
	if within > 0 {
		options = append(options, oauth2.SetAuthURLParam("max_age", strconv.Itoa(int(within.Seconds()))))
	}
	c := p.oauth(found)
	return c.AuthCodeURL(kept.State, options...), kept, nil
}

func randomText(from io.Reader) (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(from, b); err != nil {
		return "", fault.Wrap(fault.Internal, err, "making a secret of the sign-in")
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Finish takes what the provider sent with the browser, and returns who it is.
func (p *Provider) Finish(ctx context.Context, query url.Values, kept Pending) (id Identity, err error) {
	again := func(format string, args ...any) (Identity, error) {
		return id, fault.Errorf(fault.Refused, format, args...).WithHint("sign in again")
	}
	switch {
	case kept.State == "" || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(kept.State)) != 1:
		return again("this answer does not belong to a sign-in that was begun here")
	case p.Now().Sub(kept.Began) > longestVisit:
		return again("the sign-in took longer than %d minutes", int(longestVisit.Minutes()))
	case query.Get("error") == "access_denied":
		return again("the sign-in was called off")
	case query.Get("error") != "":
		return again("the sign-in service refused: %s", word(query.Get("error")))
	case query.Get("code") == "":
		return again("the sign-in service sent nothing to go on with")
	}
	found, err := p.discover(ctx)
	if err != nil {
		return id, err
	}
	ctx = oidc.ClientContext(ctx, p.HTTP)
	c := p.oauth(found)
	tokens, err := c.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(kept.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		return again("the sign-in service did not take its own answer back: %s", word(refused.ErrorCode))
	case err != nil:
		return id, away(err)
	}
	if _, ok := tokens.Extra("id_token").(string); !ok {
		return again("the sign-in service did not say who you are")
	}
	return p.identity(ctx, found, tokens, kept)
}

// word is a code of an error as the provider sent it, fit to be shown.
func word(text string) string {
	text = strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return -1
	}, text)
	return text[:min(len(text), 60)]
}

// identity verifies what the provider signed. A key that it did not have before is
// asked for once more by the library.
func (p *Provider) identity(ctx context.Context, found *oidc.Provider, tokens *oauth2.Token, kept Pending) (id Identity, err error) {
	again := func(format string, args ...any) (Identity, error) {
		return id, fault.Errorf(fault.Refused, format, args...).WithHint("sign in again; if it stays so, tell those who run these pages")
	}
	raw, _ := tokens.Extra("id_token").(string)
	signed, err := found.Verifier(&oidc.Config{ClientID: p.ID, Now: p.Now}).Verify(ctx, raw)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return again("what the sign-in service says of you has expired: its clock and ours may differ")
	case err != nil && strings.Contains(err.Error(), "expected audience"):
		return again("what the sign-in service says of you is meant for another application")
	case err != nil && strings.Contains(err.Error(), "fetching keys"):
		return id, away(errors.New("its keys cannot be read"))
	case err != nil:
		return again("what the sign-in service says of you is not signed as it should be")
	case subtle.ConstantTimeCompare([]byte(signed.Nonce), []byte(kept.Nonce)) != 1:
		return again("what the sign-in service says of you belongs to another sign-in")
	}
	var claims map[string]any
	if err := signed.Claims(&claims); err != nil {
		return again("what the sign-in service says of you cannot be read")
	}
	if err := p.complete(ctx, found, tokens, claims); err != nil {
		return id, err
	}
	id = Identity{Issuer: signed.Issuer, Subject: signed.Subject, Name: textClaim(claims, p.NameClaim, p.AccountClaim, "sub"),
		Account: textClaim(claims, p.AccountClaim), Groups: listClaim(claims, p.RolesClaim)}
	if at, ok := claims["auth_time"].(float64); ok && at > 0 {
		id.At = time.Unix(int64(at), 0)
	}
	if id.At.After(p.Now()) {
		id.At = p.Now()
	}
	seen := id.At
	switch {
	case kept.Within == 0:
	case seen.IsZero():
		id = Identity{}
		return again("a fresh sign-in was asked for, and the sign-in service does not say when it saw you (auth_time)")
	case p.Now().Sub(seen) > kept.Within+clockSlack:
		id = Identity{}
		return again("a fresh sign-in was asked for, and the sign-in service saw you longer ago")
	}
	return id, nil
}

// complete asks the provider for claims of name, account and roles that it did not sign
// with the sign-in: many tell groups only so. What it signed stays.
func (p *Provider) complete(ctx context.Context, found *oidc.Provider, tokens *oauth2.Token, claims map[string]any) error {
	var missing []string
	for _, name := range []string{p.RolesClaim, p.NameClaim, p.AccountClaim} {
		if _, ok := claimAt(claims, name); !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 || found.UserInfoEndpoint() == "" {
		return nil
	}
	more := map[string]any{}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err == nil {
		err = info.Claims(&more)
	}
	switch {
	case err != nil: // its text may have the answer in it
		return away(errors.New("its userinfo cannot be read"))
	case info.Subject == "" || info.Subject != claims["sub"]:
		return fault.Errorf(fault.Refused, "the sign-in service says of somebody else what was asked of you").WithHint("sign in again; if it stays so, tell those who run these pages")
	}
	for _, name := range missing {
		if value, ok := claimAt(more, name); ok {
			claims[name] = value
		}
	}
	return nil
}

func textClaim(claims map[string]any, names ...string) string {
	for _, name := range names {
		if text, ok := claims[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// claimAt finds a claim; a name with dots leads into objects, as realm_access.roles does.
func claimAt(claims map[string]any, name string) (value any, ok bool) {
	for value, ok = claims[name]; !ok; value, ok = claims[name] {
		first, rest, more := strings.Cut(name, ".")
		inner, is := claims[first].(map[string]any)
		if !more || !is {
			return nil, false
		}
		claims, name = inner, rest
	}
	return value, true
}

// listClaim is a list of texts, or the one text that it is.
func listClaim(claims map[string]any, name string) (all []string) {
	value, _ := claimAt(claims, name)
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
	}
	return all
}
