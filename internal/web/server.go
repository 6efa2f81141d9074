package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"fob/internal/app"
	"fob/internal/fault"
	"fob/internal/trail"
	"fob/internal/web/signin"
)

// Options are what the pages are made of.
type Options struct {
	Config  Config
	Cases   *app.UseCases
	Seeds   bool // there is an identity: codes can be checked
	Now     func() time.Time
	Random  io.Reader
	Log     *slog.Logger
	Version string
	HTTP    *http.Client // for the provider; nil: one of its own
	// Sessions keeps who is signed in over a restart, and for other servers; nil: this
	// process alone knows.
	Sessions SessionTable
	// Verify recomputes the trail; nil: nobody can ask for it.
	Verify func(context.Context) (trail.Report, error)
	// Pause waits before answers that are to tell nothing by their time; nil: it does.
	Pause func(context.Context, time.Duration)
	Demo  Demo // nil: people sign in at the provider
}

// Demo is what stands in for a provider and for tokens in people's pockets while
// somebody tries the pages out.
type Demo interface {
	// Pocket lists the sample tokens with what they display at a time.
	Pocket(now time.Time) ([]Displayed, error)
}

// Displayed is what a sample token shows.
type Displayed struct {
	Serial, Code string
	Left         int // seconds until it shows another one
}

// Server has the pages.
type Server struct {
	Options
	table         []route
	render        *renderer
	sessions      *scs.SessionManager
	kept          *sessionStore
	provider      *signin.Provider // nil in a demo
	conversations begun[*conversation]
	rates         rates
	tries         rates // at codes, by people with their own tokens
	claims        begun[*claiming]
	apps          begun[*enrolling]
	jobs          *jobs
	exporting     sync.Mutex // one workbook at a time
	counted       counters
	handler       http.Handler
}

// New makes the pages. The provider is not asked yet.
func New(o Options) (*Server, error) {
	s := &Server{Options: o, conversations: begun[*conversation]{now: o.Now}, rates: rates{now: o.Now}, tries: rates{now: o.Now},
		claims: begun[*claiming]{now: o.Now}, apps: begun[*enrolling]{now: o.Now, drop: (*enrolling).forget}, jobs: newJobs(o.Now)}
	if s.Pause == nil {
		s.Pause = pause
	}
	var err error
	if s.render, err = newRenderer(); err != nil {
		return nil, err
	}
	if o.Demo == nil {
		secret, err := o.Config.secret()
		if err != nil {
			return nil, err
		}
		c := o.Config
		s.provider = signin.New(signin.Client{Issuer: c.Issuer, ID: c.ClientID, Secret: secret, Redirect: c.URL + "/signin/callback", Scopes: c.Scopes,
			RolesClaim: c.RolesClaim, NameClaim: c.NameClaim, AccountClaim: c.AccountClaim, Now: o.Now, Random: o.Random, HTTP: o.HTTP})
	}
	s.kept = newSessionStore(o)
	s.sessions = s.newSessions(s.kept)
	mux := http.NewServeMux()
	for _, r := range routes() {
		if r.only != nil && !r.only(s) {
			continue
		}
		s.table = append(s.table, r)
		mux.Handle(r.pattern, s.answer(r))
	}
	s.handler = s.guarded(mux)
	return s, nil
}

// Close ends what works with the store in the background. The store can be closed then.
// What takes old sessions out of memory goes on: memstore's own end races its beginning.
func (s *Server) Close() { s.jobs.close() }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Ready tries what can fail without anybody's doing: the store and the provider.
func (s *Server) Ready(ctx context.Context) error {
	if err := s.storeReady(ctx); err != nil {
		return err
	}
	if s.provider == nil {
		return nil
	}
	return s.provider.Ready(ctx)
}

// status is how a kind of error is told to a browser.
func status(err error) int {
	switch fault.KindOf(err) {
	case fault.Usage:
		return http.StatusBadRequest
	case fault.Refused, fault.CodeRefused:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.NotAllowed:
		return http.StatusConflict
	case fault.Locked:
		return http.StatusLocked
	case fault.KeyTrouble, fault.Interrupted:
		return http.StatusServiceUnavailable
	}
	if errors.Is(err, errForbidden) {
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

var errForbidden = errors.New("forbidden")
