package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/internal/app"
	"fob/internal/web"
	"fob/internal/web/demo"
)

// pages are a server over the store of a demo, with a clock that tests move.
type pages struct {
	*httptest.Server
	t       *testing.T
	options web.Options
	pocket  *demo.Pocket
	log     *logged
	mu      sync.Mutex
	ahead   time.Duration
}

type logged struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *logged) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.String()
}

// started is when the clock of a test begins.
var started = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func (p *pages) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return started.Add(p.ahead)
}

func (p *pages) wait(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead += d
}

// serve starts pages; change may say something of the options.
func serve(t *testing.T, change func(*web.Options)) *pages {
	t.Helper()
	return serveAt(t, "", change)
}

// serveAt does so with the store in another place.
func serveAt(t *testing.T, place string, change func(*web.Options)) *pages {
	t.Helper()
	p := &pages{t: t, log: &logged{}}
	t.Setenv("TMPDIR", t.TempDir())
	var err error
	if p.pocket, err = demo.New(t.Context(), app.Config{Now: p.now, Random: rand.Reader, Host: "test"}); err != nil {
		t.Fatal(err)
	}
	if place != "" {
		if _, err := p.pocket.Config.Migrate(t.Context(), place); err != nil {
			t.Fatal(err)
		}
		p.pocket.Config.DB = place
	}
	u, seeds, err := p.pocket.Config.OpenServing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := u.Close(); err != nil {
			t.Error(err)
		}
		if err := p.pocket.Remove(); err != nil {
			t.Error(err)
		}
	})
	c := web.UsualConfig()
	c.Holders, c.Apps, c.RequestsPerSecond = web.HoldersStock, true, 100_000
	o := web.Options{Config: c, Cases: u, Seeds: seeds, Sessions: u.Sessions, Now: p.now, Random: rand.Reader, Version: "test", Demo: p.pocket,
		Log: slog.New(slog.NewTextHandler(p.log, nil))}
	if change != nil {
		change(&o)
	}
	if o.Pause == nil {
		o.Pause = func(context.Context, time.Duration) {}
	}
	p.options = o
	s, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	p.Server = httptest.NewServer(s)
	t.Cleanup(p.Close)
	return p
}

// browser is somebody who looks at the pages.
type browser struct {
	*pages
	client *http.Client
	Status int
	At     string // where redirects ended
	Whole  string // the same with its query
	Body   string
	Header http.Header
}

func (p *pages) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return &browser{pages: p, client: &http.Client{Jar: jar}}
}

// The people of a demo, by number.
const (
	sonja  = "0" // support
	otto   = "1" // ops
	paula  = "2" // support and approver
	ruben  = "6" // approver
	anders = "3" // auditor
	hanna  = "4" // holder
)

// as is the browser of somebody who signed in.
func (p *pages) as(person string) *browser {
	b := p.browser()
	b.post("/signin/demo", "person", person)
	return b
}

func (b *browser) do(method, path string, form io.Reader, header ...string) *browser {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.URL+path, form)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Status, b.Body, b.Header, b.At, b.Whole = answer.StatusCode, string(body), answer.Header, answer.Request.URL.Path, answer.Request.URL.RequestURI()
	return b
}

func (b *browser) get(path string) *browser { b.t.Helper(); return b.do("GET", path, nil) }

// post sends a form, with what the one that is shown there has hidden.
func (b *browser) post(path string, fields ...string) *browser {
	b.t.Helper()
	form := url.Values{}
	if m := hidden.FindStringSubmatch(b.Body); m != nil && b.At == path {
		form.Set("seen", html.UnescapeString(m[1]))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do("POST", path, strings.NewReader(form.Encode()))
}

var saidParts = regexp.MustCompile(`(?s)<(?:div|p) class="said[^"]*"[^>]*>(.*?)</(?:div|p)>\n`)

// said is the answer that the page shows, without tags.
func (b *browser) said() string {
	m := saidParts.FindStringSubmatch(b.Body)
	if m == nil {
		return ""
	}
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m[1], " ")), " ")
}

// has demands that the page shows a text.
func (b *browser) has(texts ...string) *browser {
	b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(b.Body, text) {
			b.t.Errorf("%s does not show %q: %s", b.At, text, b.Body)
		}
	}
	return b
}

// shows is what a sample token displays now.
func (p *pages) shows(serial string) string {
	p.t.Helper()
	all, err := p.pocket.Pocket(p.now())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, d := range all {
		if d.Serial == serial {
			return d.Code
		}
	}
	p.t.Fatal(serial)
	return ""
}

// untilNext waits until the tokens show another code.
func (p *pages) untilNext() { p.wait(30 * time.Second) }
