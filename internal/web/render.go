package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

//go:embed texts/en.txt
var english string

// texts are the words of the pages, by key. Another language is another file.
type texts map[string]string

func readTexts(file string) (texts, error) {
	all := texts{}
	line := 0
	for said := range strings.Lines(file) {
		line++
		said = strings.TrimSpace(said)
		if said == "" || said[0] == '#' {
			continue
		}
		key, text, ok := strings.Cut(said, " = ")
		if _, twice := all[key]; !ok || twice {
			return nil, fmt.Errorf("texts, line %d: %q", line, said)
		}
		all[key] = text
	}
	return all, nil
}

func (t texts) find(key string) (string, bool) {
	text, ok := t[key]
	return text, ok
}

// say is a text with its arguments put in; a key that is missing stands for itself.
func (t texts) say(key string, args ...any) string {
	text, ok := t[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// renderer has all pages.
type renderer struct {
	texts texts
	pages map[string]*template.Template
}

func newRenderer() (*renderer, error) {
	words, err := readTexts(english)
	if err != nil {
		return nil, err
	}
	r := &renderer{texts: words, pages: map[string]*template.Template{}}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	base := template.New("layout.html").Funcs(r.functions()).Option("missingkey=error")
	if base, err = base.ParseFS(templateFiles, "templates/layout.html", "templates/parts.html"); err != nil {
		return nil, err
	}
	for _, file := range names {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		page, err := base.Clone()
		if err == nil {
			page, err = page.ParseFS(templateFiles, file)
		}
		if err != nil {
			return nil, err
		}
		r.pages[name] = page
	}
	return r, nil
}

// functions are what templates can call beside what Go gives them.
func (r *renderer) functions() template.FuncMap {
	return template.FuncMap{
		"t":     r.texts.say,
		"state": func(s any) string { return r.texts.say("state." + fmt.Sprint(s)) },
		"day":   func(t any) string { return timeWords(t, "2006-01-02") },
		"when":  func(t any) string { return timeWords(t, "2006-01-02 15:04 UTC") },
		"clock": func(t any) string { return timeWords(t, "2006-01-02 15:04:05 UTC") },
		"iso":   func(t any) string { return timeWords(t, time.RFC3339) },
		"drift": otp.DriftWords,
		"name":  func(by string) string { name, _, _ := strings.Cut(by, " ("); return name },
		"token": tokenPath,
		"dict":  dict,
		"list":  func(all ...any) []any { return all },
		"or0":   deref,
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func timeWords(t any, layout string) string {
	switch t := t.(type) {
	case time.Time:
		if !t.IsZero() {
			return t.UTC().Format(layout)
		}
	case *time.Time:
		if t != nil && !t.IsZero() {
			return t.UTC().Format(layout)
		}
	}
	return ""
}

// dict hands several values to a part: name, value, name, value…
func dict(pairs ...any) (map[string]any, error) {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// view is what every page gets.
type view struct {
	Page  string
	Title string
	Path  string
	Who   *person
	Nav   []navLink
	Said  *said
	Demo  bool
	Seeds bool
	Data  any
}

type navLink struct {
	Path, Text string
	Here       bool
	Count      int // of what waits there for this person
}

// Value is what was typed into a field of a form that came back.
func (v view) Value(name string) string {
	if v.Said == nil {
		return ""
	}
	return v.Said.Values[name]
}

// Asks reports whether a question is put that most forms do not have: what was written
// as a reason speaks of it.
func (v view) Asks(name string) bool {
	if name != string(fault.Leaked) && name != string(fault.Stolen) {
		return false
	}
	return v.Names(name) || slices.Contains([]string{"yes", "no"}, v.Value(name))
}

// Names reports whether the answer says to fill a field in, or to leave it out.
func (v view) Names(field string) bool {
	return v.Said != nil && slices.Contains(v.Said.Asked, field)
}

// Answer and Advice are what is said, made safe when it was kept.
func (s said) Answer() template.HTML { return template.HTML(s.HTML) } //nolint:gosec // escaped when it was made
func (s said) Advice() template.HTML { return template.HTML(s.Hint) } //nolint:gosec // escaped when it was made

func (c *call) render(code int, name string, data any, answer *said) {
	page, ok := c.s.render.pages[name]
	if !ok {
		c.s.Log.Error("there is no such template", "name", name)
		c.s.refusePlainly(c.w, http.StatusInternalServerError, "refused.internal")
		return
	}
	v := view{Page: name, Title: c.t(name + ".title"), Path: c.r.URL.Path, Who: c.who, Nav: c.nav(), Said: answer, Demo: c.s.Demo != nil, Seeds: c.s.Seeds, Data: data}
	if titled, ok := data.(interface{ Title(*call) string }); ok {
		v.Title = titled.Title(c)
	}
	var b bytes.Buffer // a page that fails halfway is not half sent
	if err := page.Execute(&b, v); err != nil {
		c.s.Log.Error("a template failed", "name", name, "error", redacted(err.Error()))
		c.s.refusePlainly(c.w, http.StatusInternalServerError, "refused.internal")
		return
	}
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.WriteHeader(code)
	_, _ = b.WriteTo(c.w) // a browser that went away needs nothing
}

// nav are the pages that the person can go to from everywhere.
func (c *call) nav() (all []navLink) {
	for _, r := range c.s.table {
		if r.nav == "" || !c.who.may(r.roles) {
			continue
		}
		_, to, _ := strings.Cut(r.pattern, " ")
		to = strings.TrimSuffix(to, "{$}")
		link := navLink{Path: to, Text: c.t("nav." + r.nav), Here: c.r.URL.Path == to}
		if r.nav == "requests" {
			link.Count = c.turns()
		}
		all = append(all, link)
	}
	return all
}

// refusePlainly answers where no page can be made: before there is a session, say.
func (s *Server) refusePlainly(w http.ResponseWriter, code int, key string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	fmt.Fprintln(w, s.render.texts.say(key))
}

// static answers with the stylesheet and the script, which may be kept.
func static(c *call) error {
	c.w.Header().Set("Cache-Control", "public, max-age=300")
	http.ServeFileFS(c.w, c.r, staticFiles, "static/"+path.Base(c.r.URL.Path))
	return nil
}
