package web

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// maxForm bounds what is posted; maxRows a list of rows that is pasted or sent as a
// file.
const (
	maxForm   = 16 << 10
	maxRows   = 4 << 20
	answerFor = time.Minute // a bind waits for its turn at most so long
)

// guarded puts around all pages what holds for all of them.
func (s *Server) guarded(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.Config.URL); err == nil && u.Host != "" { // a proxy may have another name for us
		_ = origin.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refusePlainly(w, http.StatusForbidden, "refused.origin")
	}))
	h := origin.Handler(next)
	if s.Demo != nil {
		h = s.local(h)
	}
	h = s.sessions.LoadAndSave(h)
	h = s.limited(h)
	h = s.headers(h)
	return s.logged(h)
}

// local refuses another name for this computer: with it a page elsewhere could make a
// browser take a demo for its own.
func (s *Server) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopbackAddress(r.Host) && !isLoopback(r.Host) {
			s.refusePlainly(w, http.StatusMisdirectedRequest, "refused.host")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// headers are those of every answer.
func (s *Server) headers(next http.Handler) http.Handler {
	form := "'self'"
	if u, err := url.Parse(s.Config.Issuer); err == nil && u.Host != "" { // a browser holds the redirect after a form to it
		form += " " + u.Scheme + "://" + u.Host
	}
	csp := "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action " + form + "; frame-ancestors 'none'; base-uri 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// With "no-referrer" browsers that know no Sec-Fetch-Site would send forms
		// without their origin, and be refused.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cache-Control", "no-store")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if r.TLS != nil || strings.HasPrefix(s.Config.URL, "https://") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// limited bounds what one address may ask, and how much may be posted.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.rates.allow("requests "+s.addressOf(r), s.Config.RequestsPerSecond*5, 5*time.Second) {
			w.Header().Set("Retry-After", "5")
			s.refusePlainly(w, http.StatusTooManyRequests, "refused.rate")
			return
		}
		most := int64(maxForm)
		if r.Pattern == "POST /bulk" || r.URL.Path == "/bulk" {
			most = maxRows
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// addressOf is where a request comes from. A proxy is believed on a unix socket and on
// this computer alone; it adds whom it answers at the end.
func (s *Server) addressOf(r *http.Request) string {
	near := "unix"
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		if near = a.Addr().Unmap().String(); !a.Addr().Unmap().IsLoopback() {
			return near
		}
	}
	all := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
	if a, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
		return a.String()
	}
	return near
}

// logged writes a line for each request: no address of a page, no form, no name.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.Now()
		seen := &watched{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			p := recover()
			if p != nil && p != http.ErrAbortHandler {
				s.Log.Error("a page failed", "pattern", seen.pattern, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
				if !seen.wrote {
					s.refusePlainly(seen, http.StatusInternalServerError, "refused.internal")
				}
			}
			took := s.Now().Sub(began)
			s.counted.add(seen.pattern, seen.status, took)
			s.Log.Info("answered", "pattern", seen.pattern, "status", seen.status, "ms", took.Milliseconds(), "bytes", seen.n)
			if p == http.ErrAbortHandler { // the connection ends, so that nobody takes the answer for whole
				panic(p)
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// watched remembers what became of an answer.
type watched struct {
	http.ResponseWriter
	pattern string
	status  int
	n       int64
	wrote   bool
}

func (w *watched) WriteHeader(code int) {
	if !w.wrote {
		w.status, w.wrote = code, true
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *watched) Write(p []byte) (int, error) {
	w.wrote = true
	n, err := w.ResponseWriter.Write(p)
	w.n += int64(n)
	return n, err
}

// Unwrap lets http reach what is inside.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// notePattern tells the log which page it was.
func notePattern(w http.ResponseWriter, pattern string) {
	for {
		switch v := w.(type) {
		case *watched:
			v.pattern = pattern
			return
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return
		}
	}
}

// rates count what may be done only so often: each key has a span that begins with
// its first time.
type rates struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*rate
}

type rate struct {
	n    int
	ends time.Time
}

const mostRates = 100_000

// allow counts one, and reports whether it is within the limit.
func (r *rates) allow(key string, most int, span time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if r.all == nil || len(r.all) > mostRates {
		kept := map[string]*rate{}
		for k, v := range r.all {
			if now.Before(v.ends) && len(kept) < mostRates/2 {
				kept[k] = v
			}
		}
		r.all = kept
	}
	v := r.all[key]
	if v == nil || !now.Before(v.ends) {
		v = &rate{ends: now.Add(span)}
		r.all[key] = v
	}
	v.n++
	return v.n <= most
}

// full reports whether the next of a key would be over the limit.
func (r *rates) full(key string, most int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.all[key]
	return v != nil && v.n >= most && r.now().Before(v.ends)
}

// certificate is a pair of files that can be read anew.
type certificate struct {
	cert, key string
	now       atomic.Pointer[tls.Certificate]
}

func (c *certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err == nil {
		c.now.Store(&pair)
	}
	return err
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.now.Load(), nil }
