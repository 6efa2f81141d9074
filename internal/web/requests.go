package web

import (
	"html/template"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/request"
	"fob/internal/token"
)

// requestsData is the list of what waits for a second person, and of what ended lately.
type requestsData struct {
	Live, Over []request.Request
	More       bool // there may be more that are over
}

// How many requests a page reads.
const (
	mostLive = 100
	mostOver = 30
	mostAll  = 1000
)

func requestsPage(c *call) error {
	d, most := requestsData{Live: c.liveRequests()}, mostOver
	if c.r.URL.Query().Get("all") != "" {
		most = mostAll
	}
	all, err := c.cases.Requests.Newest(c.r.Context(), true, most)
	if d.More = len(all) == mostOver; err != nil {
		return err
	}
	d.Over = slices.DeleteFunc(all, request.Request.IsLive)
	return c.show("requests", d)
}

// liveRequests are the newest that wait or are approved. The navigation of every page
// counts those that it is this person's turn to go on with.
func (c *call) liveRequests() []request.Request {
	if c.live == nil {
		live, err := c.cases.Requests.Newest(c.r.Context(), false, mostLive)
		if err != nil { // the page is good without
			c.s.Log.Error("the requests could not be read", "error", redacted(err.Error()))
		}
		c.live = append([]request.Request{}, live...)
	}
	return c.live
}

// isTurn reports whether a request waits for this person: to decide it, or to carry it
// out.
func (c *call) isTurn(q request.Request) bool {
	mine := q.IsOf(c.cases.Desk.Operator)
	return q.State == request.Waiting && !mine && c.who.may(Approver) || q.State == request.Approved && mine
}

// turns counts the requests that wait for this person.
func (c *call) turns() (n int) {
	for _, q := range c.liveRequests() {
		if c.isTurn(q) {
			n++
		}
	}
	return n
}

// requestData is one request, with what this person may do about it.
type requestData struct {
	request.Request
	Mine     bool
	May      bool          // this person may decide it now
	WhyNot   template.HTML // if not
	GoOn     string        // where it is carried out, once it is approved
	Waits    bool
	CanEnd   bool
	Approved bool
	Person   string    // whom the account is of, by the list of people
	Links    []navLink // the tokens that it is about
}

// mostLinks is how many tokens of a request have a link.
const mostLinks = 5

// Title names the request.
func (d requestData) Title(c *call) string { return c.t("request.title", d.Number) }

func requestPage(c *call) error {
	n, err := c.number("n")
	if err != nil {
		return err
	}
	q, err := c.cases.Requests.Show(c.r.Context(), int(n))
	if err != nil {
		return err
	}
	d := requestData{Request: q, Mine: q.IsOf(c.cases.Desk.Operator), Waits: q.State == request.Waiting, Approved: q.State == request.Approved}
	d.CanEnd = q.IsLive()
	if d.Account != "" {
		if err := c.read(func(r report.PageReader) (err error) {
			d.Person, err = c.personWords(r, q.Account)
			return err
		}); err != nil {
			return err
		}
	}
	for _, s := range q.Tokens[:min(len(q.Tokens), mostLinks)] {
		if path := c.pathOf(string(s)); path != "" {
			d.Links = append(d.Links, navLink{Path: path, Text: string(s)})
		}
	}
	if d.Waits && c.who.may(Approver) && !d.Mine {
		_, err := c.cases.Requests.Approvable(c.r.Context(), int(n))
		if d.May = err == nil; err != nil {
			d.WhyNot, _, _ = c.wordsOf(err)
		}
	}
	if d.Approved && d.Mine {
		d.GoOn = c.carryOut(q)
	}
	return c.show("request", d)
}

// personWords say whom an account is of, or that no list of people has it: who approves
// looks at nothing closer.
func (c *call) personWords(r report.PageReader, a token.Account) (string, error) {
	one, err := report.AccountOf(r, a)
	switch {
	case err != nil:
		return "", err
	case one.Standing == report.OnList:
		return deref(one.FullName), nil
	case one.Standing == report.HasLeft:
		return c.t("request.left"), nil
	}
	return c.t("request.unlisted"), nil
}

// carryOut is the form that does what was approved; empty if it is done elsewhere.
func (c *call) carryOut(q request.Request) string {
	if len(q.Tokens) == 0 {
		return ""
	}
	for _, what := range q.What { // a binding in the place of another is made from the page of that
		if old, is := strings.CutPrefix(what, "replaces="); is {
			return c.pageFor(fault.Do(token.CmdReplace, old))
		}
	}
	return c.pageFor(fault.Do(q.Command, q.Tokens[0]))
}

// decision is what becomes of a request.
type decision func(c *call, n int, w token.Words) (request.Request, error)

func decide(c *call, key string, do decision) error {
	n, err := c.number("n")
	if err != nil {
		return err
	}
	w, err := c.words()
	if err != nil {
		return err
	}
	q, err := do(c, int(n), w)
	if err != nil {
		return err
	}
	return c.done(c.back, fault.Textf("%s", c.t(key, q.Number)))
}

func approveRequest(c *call) error {
	return decide(c, "done.approved", func(c *call, n int, w token.Words) (request.Request, error) {
		return c.cases.Requests.Approve(c.r.Context(), n, w)
	})
}

func denyRequest(c *call) error {
	return decide(c, "done.denied", func(c *call, n int, w token.Words) (request.Request, error) {
		if w.Reason == "" {
			return request.Request{}, fault.Errorf(fault.Refused, "%s is needed: they will ask why", fault.Reason)
		}
		return c.cases.Requests.Deny(c.r.Context(), n, w)
	})
}

func withdrawRequest(c *call) error {
	return decide(c, "done.withdrawn", func(c *call, n int, w token.Words) (request.Request, error) {
		return c.cases.Requests.Withdraw(c.r.Context(), n, w)
	})
}

// carryOutRequest opens the form of what was approved, with what was said then: only
// the same counts as approved.
func carryOutRequest(c *call) error {
	n, err := c.number("n")
	if err != nil {
		return err
	}
	q, err := c.cases.Requests.Show(c.r.Context(), int(n))
	if err != nil {
		return err
	}
	path := c.carryOut(q)
	if path == "" || !q.IsOf(c.cases.Desk.Operator) {
		return errNoPage
	}
	c.keep(said{For: path, Good: true, HTML: c.t("request.go"), Values: q.Typed()})
	c.redirect(path)
	return nil
}
