package web

import (
	"html/template"

	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/token"
)

// requestsData is the list of what waits for a second person.
type requestsData struct {
	All  bool
	List []request.Request
}

func requestsPage(c *call) error {
	d := requestsData{All: c.r.URL.Query().Get("all") != ""}
	var err error
	if d.List, err = c.cases.Requests.List(c.r.Context(), d.All); err != nil {
		return err
	}
	return c.show("requests", d)
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
}

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
	d.CanEnd = d.Waits || d.Approved
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

// carryOut is the form that does what was approved; empty if it is done elsewhere.
func (c *call) carryOut(q request.Request) string {
	if len(q.Tokens) == 0 {
		return ""
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
