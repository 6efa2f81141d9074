package web_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"fob/internal/web"
)

// Every page and every role: a person who has none of its roles is refused, one who did
// not sign in is sent to the sign-in, and one who has a role gets something else. Every answer
// has the headers.
func TestEveryRouteForEveryRole(t *testing.T) {
	p := serve(t, nil)
	people := map[string]web.Role{sonja: web.Support, otto: web.Ops, paula: web.Support | web.Approver, anders: web.Auditor, hanna: web.Holder}
	browsers := map[string]*browser{}
	for person := range people {
		browsers[person] = p.as(person)
		browsers[person].client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	stranger := p.browser()
	stranger.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.wait(time.Hour / 4) // nobody's sign-in is fresh
	seen := 0
	for _, r := range web.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if path == "" || path == "/signout" || path == "/signin/demo" {
			continue
		}
		seen++
		path = strings.NewReplacer("{$}", "", "{id}", "1", "{n}", "1", "{talk}", "none", "{file}", "style.css", "{part}", "none").Replace(path)
		ask := func(b *browser) *browser {
			b.do(method, path, nil)
			for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy"} {
				if b.Header.Get(h) == "" {
					t.Errorf("%s %s: no %s", method, path, h)
				}
			}
			return b
		}
		ask(stranger)
		if r.Roles != 0 && (stranger.Status != http.StatusSeeOther || stranger.Header.Get("Location") != "/signin") {
			t.Errorf("%s %s: a stranger gets %d %s", method, path, stranger.Status, stranger.Header.Get("Location"))
		}
		for person, roles := range people {
			b := ask(browsers[person])
			switch again := b.Header.Get("Location") == "/signin/again"; {
			case r.Roles == 0:
			case roles&r.Roles == 0 && b.Status != http.StatusForbidden:
				t.Errorf("%s %s: %s gets %d, and has no role for it", method, path, roles, b.Status)
			case roles&r.Roles != 0 && b.Status == http.StatusForbidden:
				t.Errorf("%s %s: %s is refused", method, path, roles)
			case roles&r.Roles != 0 && again != r.Fresh:
				t.Errorf("%s %s: %s is sent to a fresh sign-in: %v", method, path, roles, again)
			}
		}
	}
	if seen < 40 {
		t.Errorf("%d routes", seen)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		b.do("POST", "/tokens/1/assign", strings.NewReader("account=eva"), header...)
		if b.Status != http.StatusForbidden || b.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%v: %d", header, b.Status)
		}
	}
	if b.get("/tokens/1").has("in stock"); b.Status != http.StatusOK {
		t.Error(b.Status)
	}
}

func TestCookie(t *testing.T) {
	p := serve(t, func(o *web.Options) { // as with a provider
		o.Demo, o.Config.Issuer, o.Config.ClientID, o.Config.URL = nil, "https://127.0.0.1:1", "fob", "https://fob.example"
	})
	b := p.browser()
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b.get("/find")
	cookie := b.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-fob=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("%q has no %s", cookie, want)
		}
	}
	if b.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
	if b.get("/signin/start"); b.Status < 500 || !strings.Contains(b.said(), "cannot be reached") {
		t.Error(b.Status, b.said())
	}
	if b.get("/signin/demo"); b.Status != http.StatusNotFound {
		t.Error("there is a sign-in of the demo: ", b.Status)
	}
}

// A session gets a new name when somebody signs in, and its end is on the server: a
// cookie that somebody kept opens nothing.
func TestSessions(t *testing.T) {
	p := serve(t, nil)
	b := p.browser()
	b.get("/find") // a session that notes where to go on
	at, _ := http.NewRequest("GET", p.URL, nil)
	before := b.client.Jar.Cookies(at.URL)
	b.post("/signin/demo", "person", sonja)
	after := b.client.Jar.Cookies(at.URL)
	if b.At != "/find" || len(before) != 1 || len(after) != 1 || before[0].Value == after[0].Value {
		t.Fatal(b.At, before, after)
	}
	for _, kept := range []*http.Cookie{before[0], {Name: after[0].Name, Value: "made-up"}} {
		if s := p.browser().do("GET", "/find", nil, "Cookie", kept.Name+"="+kept.Value); s.At != "/signin" {
			t.Error("an old name opens", s.At)
		}
	}
	if s := p.browser().do("GET", "/find", nil, "Cookie", after[0].Name+"="+after[0].Value); s.Status != http.StatusOK {
		t.Error(s.Status)
	}
	b.post("/signout")
	if s := p.browser().do("GET", "/find", nil, "Cookie", after[0].Name+"="+after[0].Value); s.At != "/signin" {
		t.Error("a session that ended opens", s.At)
	}
}

var textKey = regexp.MustCompile(`\bt \(?(?:print |printf )?"([a-z0-9.%-]+)"`)

// Every text that a template asks for is there, and every action has its words.
func TestTexts(t *testing.T) {
	texts, err := web.Texts()
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(web.TemplateFiles, "templates/*.html")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		page, err := web.TemplateFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range textKey.FindAllStringSubmatch(string(page), -1) {
			begin, _, open := strings.Cut(m[1], "%s")
			found := false
			for key := range texts {
				found = found || key == m[1] || (open || strings.HasSuffix(m[1], ".")) && strings.HasPrefix(key, begin)
			}
			if !found {
				t.Errorf("%s asks for %q", file, m[1])
			}
		}
		if name := strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".html"); name != "layout" && name != "parts" {
			if _, ok := texts[name+".title"]; !ok && name != "token" && name != "action" {
				t.Errorf("%s has no title", name)
			}
		}
	}
	for _, action := range web.Actions() {
		for _, kind := range []string{"do.", "about.", "button."} {
			if texts[kind+action] == "" {
				t.Errorf("there is no text %s%s", kind, action)
			}
		}
	}
}

var spelledOut = regexp.MustCompile(`[a-z]+\.[a-z0-9.-]*[a-z0-9]`)

// Every text of the catalogue is used: by its key, or by the beginning of it where the
// rest is a name.
func TestNoTextIsLeftOver(t *testing.T) {
	texts, err := web.Texts()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, pattern := range []string{"*.go", "templates/*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) < 10 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range spelledOut.FindAllString(string(source), -1) {
				used[key] = true
			}
		}
	}
	for key := range texts {
		begin, _, _ := strings.Cut(key, ".")
		switch begin {
		case "do", "about", "button", "state", "event", "field", "choice", "fact", "nav", "outcome", "reason", "lang": // of names
			continue
		}
		own := strings.HasPrefix(key, "mine.do.") || strings.HasPrefix(key, "mine.about.") || strings.HasPrefix(key, "mine.button.") || strings.HasPrefix(key, "chart.") || strings.HasPrefix(key, "find.by.") || strings.HasPrefix(key, "action.unfit.")
		if !used[key] && !own && !strings.HasSuffix(key, ".title") && !strings.HasPrefix(key, "request.state.") {
			t.Errorf("nobody uses the text %q", key)
		}
	}
}

// No page shows a key in the place of a text.
var bareKey = regexp.MustCompile(`>(?:do|field|fact|about|button|choice|state|nav|done|request|token|talk|bulk|find)\.[a-z_.-]+<`)

func TestNoPageShowsAKey(t *testing.T) {
	p := serve(t, nil)
	b := p.as(paula)
	paths := []string{"/find", "/bulk", "/requests", "/demo", "/tokens/1", "/tokens/12"}
	for _, action := range web.Actions() {
		if action != "quarantine" && action != "release" {
			for _, id := range []string{"1", "10", "12"} { // in stock, assigned, bound
				paths = append(paths, "/tokens/"+id+"/"+action)
			}
		}
	}
	for _, path := range paths {
		if b.get(path); b.Status != http.StatusOK || bareKey.MatchString(b.Body) {
			t.Errorf("%s: %d %s", path, b.Status, bareKey.FindString(b.Body))
		}
	}
}
