package web

import (
	"context"
	"encoding/base64"
	"errors"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/internal/app"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/request"
	"fob/internal/token"
)

// call is one request with the person who makes it.
type call struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	route route
	who   *person // nil: nobody signed in
	back  string  // where a refused form is shown again
	cases *app.UseCases
	began time.Time

	live   []request.Request // that wait or are approved; nil: not read yet
	values map[string]string // what the form had that began this; nil: the one that came
}

// answer makes a handler of a route: who may see it, whether they have to sign in anew,
// and what becomes of an error.
func (s *Server) answer(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		notePattern(w, rt.pattern)
		ctx, cancel := context.WithTimeout(r.Context(), answerFor)
		defer cancel()
		c := &call{s: s, w: w, r: r.WithContext(ctx), route: rt, began: s.Now()}
		c.back = c.formPath()
		if p, ok := s.sessions.Get(ctx, keyPerson).(person); ok {
			c.who = &p
			c.cases = s.Cases.As(p.operator(s.Now()))
		}
		switch {
		case rt.roles == nobody:
		case c.who == nil:
			c.signInFor(false)
			return
		case !c.who.may(rt.roles):
			c.fail(errForbidden)
			return
		case rt.fresh && !c.who.isFresh(s.Now(), s.Config.Fresh):
			c.signInFor(true)
			return
		}
		if err := c.readForm(); err != nil {
			c.fail(err)
			return
		}
		if c.isPost() && c.who != nil && rt.roles != nobody { // what was said before is over
			s.sessions.Remove(ctx, keySaid)
		}
		if err := rt.do(c); err != nil {
			c.fail(err)
		}
	})
}

// readForm reads what was posted: what is too large must not look like an empty form.
func (c *call) readForm() error {
	if !c.isPost() {
		return nil
	}
	err := c.r.ParseForm()
	if err == nil {
		err = c.r.ParseMultipartForm(maxRows)
	}
	if err == nil || errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.Wrap(fault.Usage, errTooLarge, "what was sent is larger than %d bytes", large.Limit)
	}
	return fault.Errorf(fault.Usage, "what was sent is no form")
}

var errTooLarge = errors.New("that is more than this page takes")

// isPost reports whether the request changes something.
func (c *call) isPost() bool { return c.r.Method == http.MethodPost }

// formPath is where the form is shown that was posted: at the same path, or at the page
// above it that has the form among others.
func (c *call) formPath() string {
	get := strings.Replace(c.route.pattern, "POST ", "GET ", 1)
	if slices.ContainsFunc(c.s.table, func(r route) bool { return r.pattern == get }) {
		return c.r.URL.Path
	}
	return path.Dir(c.r.URL.Path)
}

// signInFor sends a person to the sign-in and notes where they want to go on. What they
// typed into a form is kept, but for codes, if it is known whose it is.
func (c *call) signInFor(fresh bool) {
	ctx, to := c.r.Context(), c.back
	whose := c.who
	if whose == nil {
		whose = c.wasHere()
	}
	switch {
	case !isPage(to), c.isPost() && whose == nil:
		to = "/"
	case c.isPost():
		c.keep(said{For: to, HTML: c.t("signin.again.form"), Values: c.typed()})
	}
	if c.who != nil || to != "/" { // a visitor needs no session yet
		c.s.sessions.Put(ctx, keyGoOn, to)
		if whose != nil {
			c.s.sessions.Put(ctx, keyLeft, *whose)
		}
	}
	where := "/signin"
	if fresh {
		where = "/signin/again"
	}
	http.Redirect(c.w, c.r, where, http.StatusSeeOther)
}

// isPage reports whether a path can be gone to after a sign-in: it is one of ours, as
// it stands.
func isPage(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.HasPrefix(path, "/signin") && !strings.ContainsAny(path, "\\\r\n")
}

// fail shows an error: a form goes back to where it was typed, everything else gets a
// page.
func (c *call) fail(err error) {
	if err = c.filed(err); err == nil {
		return
	}
	code := status(err)
	if code >= http.StatusInternalServerError {
		c.s.Log.Error("a page could not be answered", "pattern", c.route.pattern, "error", redacted(err.Error()))
	}
	if errors.Is(err, errForbidden) {
		c.problem(code, said{HTML: c.t("refused.role"), Hint: c.t("refused.role.hint")})
		return
	}
	message, hint, asked := c.wordsOf(withoutCause(err))
	if code == http.StatusInternalServerError && fault.KindOf(err) == fault.Internal && !isWorded(err) {
		message = template.HTML(c.t("refused.internal"))
	}
	answer := said{For: c.back, HTML: string(message), Hint: string(hint), Asked: asked}
	if c.isPost() && c.who != nil && !errors.Is(err, errNoPage) {
		answer.Values = c.typed()
		delete(answer.Values, "seen") // the form shows the token anew
		if slices.Contains(asked, string(fault.ApprovedBy)) {
			delete(answer.Values, string(fault.ApprovedBy)) // it was the wrong one, or one too many
		}
		c.keep(answer)
		c.redirect(c.back)
		return
	}
	c.problem(code, answer)
}

// withoutCause leaves out of an error of ours what a system or a network said of it:
// that is for the log.
func withoutCause(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Internal {
		return err
	}
	return &fault.Error{Kind: e.Kind, Msg: e.Msg, Advice: e.Advice}
}

// isWorded reports whether an error was written for people.
func isWorded(err error) bool {
	var e *fault.Error
	return errors.As(err, &e)
}

// filed makes a request of what waits for a second person. It returns nil once that is
// said.
func (c *call) filed(err error) error {
	var needed *request.Needed
	if !errors.As(err, &needed) || c.cases == nil {
		return err
	}
	q, failed := c.cases.Requests.File(c.r.Context(), needed, nil)
	if failed != nil {
		return failed
	}
	if c.who.may(staff) { // its page says how it goes on
		return c.doneWith("/requests/"+strconv.Itoa(q.Number), fault.Textf("%s", c.t("request.filed", c.t("do."+string(q.Command)))), needed.Remarks()...)
	}
	return q.Filed()
}

// problem shows a page that says what is wrong.
func (c *call) problem(code int, s said) {
	c.render(code, "problem", s, nil)
}

// show ends a GET with a page.
func (c *call) show(name string, data any) error {
	ctx := c.r.Context()
	var answer *said
	if kept, ok := c.s.sessions.Get(ctx, keySaid).(said); ok {
		if kept.For == c.r.URL.Path {
			answer = &kept
		} else if c.who != nil && !strings.HasPrefix(c.r.URL.Path, "/signin") {
			c.s.sessions.Remove(ctx, keySaid)
		}
	}
	c.render(http.StatusOK, name, data, answer)
	return nil
}

// done ends a POST: the text is shown at the path.
func (c *call) done(path string, text fault.Text) error {
	return c.doneWith(path, text)
}

// doneWith is done with what is odd, or left to do, all the same.
func (c *call) doneWith(path string, text fault.Text, remarks ...fault.Text) error {
	c.keep(said{For: path, Good: true, HTML: string(c.worded(text)), Hint: string(c.worded(joined(remarks)))})
	c.redirect(path)
	return nil
}

func (c *call) keep(s said)          { c.s.sessions.Put(c.r.Context(), keySaid, s) }
func (c *call) redirect(path string) { http.Redirect(c.w, c.r, path, http.StatusSeeOther) }

// backTo names where a refused form is shown again, if not at its own path.
func (c *call) backTo(path string) { c.back = path }

// t is a text of the catalogue.
func (c *call) t(key string, args ...any) string { return c.s.render.texts.say(key, args...) }

// form is a field that was posted, without blanks around it.
func (c *call) form(name string) string { return strings.TrimSpace(c.r.PostFormValue(name)) }

// is reports whether a box of a form was ticked.
func (c *call) is(name string) bool { return c.form(name) != "" }

// wasHere is whose session ended in this browser; nil: nobody's.
func (c *call) wasHere() *person {
	cookie, err := c.r.Cookie(c.s.sessions.Cookie.Name)
	if err != nil {
		return nil
	}
	return c.s.kept.last(c.r.Context(), cookie.Value)
}

// typed is what a form had, but for codes and rows. Of one that is larger than ours are
// nothing is kept: it would stay in memory.
func (c *call) typed() map[string]string {
	if c.values != nil {
		return c.values
	}
	values, left := map[string]string{}, maxForm
	_ = c.r.ParseForm() // what cannot be read is not kept
	for name, v := range c.r.PostForm {
		if len(v) > 0 && !strings.HasPrefix(name, "code") && name != "rows" && name != "q" {
			values[name] = v[0][:min(len(v[0]), 500)]
			left -= len(name) + len(values[name])
		}
		if left < 0 {
			return nil
		}
	}
	return values
}

// words are what is said about a change, from the fields of the same names.
func (c *call) words() (w token.Words, err error) {
	for _, t := range []struct {
		field fault.Field
		to    *string
	}{{fault.Reason, &w.Reason}, {fault.Ticket, &w.Ticket}, {fault.Proof, &w.Proof}} {
		if *t.to, err = token.ParseText(t.field, c.form(string(t.field))); err != nil {
			return w, err
		}
	}
	w.Leaked, w.Stolen = c.claimed(fault.Leaked), c.claimed(fault.Stolen)
	if name := c.form(string(fault.ApprovedBy)); name != "" {
		w.Approver, err = token.ParseApprover(name, c.cases.Desk.Operator, c.who.Account)
	}
	return w, err
}

// claimed is a box that was ticked, or the answer to a question. A box that was not
// leaves it open: what is said in words may ask for it.
func (c *call) claimed(f fault.Field) token.Claim {
	switch c.form(string(f)) {
	case "":
		return token.Unsaid
	case "no":
		return token.No
	}
	return token.Yes
}

// read runs fn on one consistent state of the store.
func (c *call) read(fn func(report.PageReader) error) error { return c.cases.Pages(c.r.Context(), fn) }

// number is a number in the path.
func (c *call) number(name string) (int64, error) {
	n, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil || n < 1 {
		return 0, errNoPage
	}
	return n, nil
}

// token is the one whose number is in the path; more reads what else the page shows of
// the same state of the store, nil: nothing.
func (c *call) token(more func(report.PageReader, token.Token) error) (t token.Token, err error) {
	id, err := c.number("id")
	if err != nil {
		return t, err
	}
	err = c.read(func(r report.PageReader) error {
		serial, err := r.SerialOf(id)
		if err != nil {
			return err
		}
		if t, err = r.Token(serial); err != nil || more == nil {
			return err
		}
		return more(r, t)
	})
	return t, err
}

// tokenPath is the page of a token.
func tokenPath(id int64) string { return "/tokens/" + strconv.FormatInt(id, 10) }

// pathOf is the page of a token that is known by its serial, empty for an unknown one.
func (c *call) pathOf(serial string) string {
	if c.cases == nil {
		return ""
	}
	t, err := c.cases.Desk.Token(c.r.Context(), token.Serial(serial))
	if err != nil {
		return ""
	}
	return tokenPath(t.ID)
}

// newID is a word that nobody guesses.
func (s *Server) newID() (string, error) {
	b := make([]byte, 18)
	if _, err := io.ReadFull(s.Random, b); err != nil {
		return "", fault.Wrap(fault.Internal, err, "making an id")
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// queryPath is a path with a query, for lists that are turned over.
func queryPath(path string, values url.Values) string {
	if q := values.Encode(); q != "" {
		return path + "?" + q
	}
	return path
}

var redactable = regexp.MustCompile(`[^\s"]*(?:\d{4,}|@)[^\s"]*`)

// redacted takes out of a text whatever may be a serial, a code or an account.
func redacted(text string) string { return redactable.ReplaceAllString(text, "…") }
