package web

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// tokenData is the page of a token.
type tokenData struct {
	report.Token
	Lock    string    // how it is locked; empty: it is not
	Left    int       // so many failed attempts more lock it; 0: it has none, or is locked
	Asked   []navLink // live requests about it
	Next    string    // what somebody else has to do with it
	Actions []navLink
	History []eventLine
	Device  string
	Codes   string
	ToEnd   template.HTML // at verifiers
}

// Title is the serial.
func (d tokenData) Title(*call) string { return string(d.Serial) }

// eventLine is one event for people.
type eventLine struct {
	Seq                    int64
	At                     time.Time
	Command, By, What, Who string
	Refused                bool
	Said                   []string
	Object                 navLink // what it was about, where that is not the page's
}

// mostEvents is how many events of a token are shown.
const mostEvents = 20

func tokenPage(c *call) error {
	d := tokenData{}
	t, err := c.token(func(r report.PageReader, t token.Token) (err error) {
		if d.Token, err = r.Find(t.Serial); err != nil {
			return err
		}
		if t.Failures > 0 {
			p, err := token.PolicyOf(r)
			if err != nil {
				return err
			}
			d.Left = t.Standing.Left(p.Lock)
		}
		events, err := report.History(r, t.Serial, mostEvents)
		for _, e := range events {
			d.History = append(d.History, c.eventLine(e))
		}
		if err != nil || len(d.ExportedTo) == 0 {
			return err
		}
		left, err := report.Left(r, t)
		d.ToEnd = c.worded(joined(left))
		return err
	})
	if err != nil {
		return err
	}
	d.describe(c)
	for _, q := range c.liveRequests() {
		if slices.Contains(q.Tokens, t.Serial) {
			d.Asked = append(d.Asked, navLink{Path: fmt.Sprintf("/requests/%d", q.Number), Text: c.t("request.title", q.Number)})
		}
	}
	if t.Account != "" && c.s.tries.full(accountTries(t.Account), c.s.Config.AccountTries) {
		d.Next = c.t("token.tries", t.Account)
	}
	if t.State == token.Quarantined && !c.who.may(Ops) {
		if d.Next = c.t("token.next.sound"); t.Leaked {
			d.Next = c.t("token.next.leaked")
		}
	}
	for _, a := range actions() {
		if c.who.may(a.roles) && a.fits(t) {
			link := navLink{Path: tokenPath(t.ID) + "/" + a.name, Text: c.t("do." + a.name)}
			if d.Lock != "" && a.by == token.CmdUnlock { // what is done first stands first
				d.Actions = slices.Insert(d.Actions, 0, link)
				continue
			}
			d.Actions = append(d.Actions, link)
		}
	}
	return c.show("token", d)
}

func (d *tokenData) describe(c *call) {
	d.Device = c.t("device.hardware")
	if d.Software {
		d.Device = c.t("device.software")
	}
	d.Codes = c.t("token.codes", strings.ToUpper(string(d.Type)), d.Digits)
	if d.Period != nil {
		d.Codes = c.t("token.codes.period", strings.ToUpper(string(d.Type)), d.Digits, *d.Period)
	}
	if d.LockedUntil != nil {
		d.Lock = c.lockWords(d.Failures, *d.LockedUntil)
	}
	if d.Lock != "" {
		d.Left = 0
	}
}

// lockWords say that a token is locked; empty: it is not.
func (c *call) lockWords(failures int, until time.Time) string {
	switch {
	case !until.After(c.s.Now()):
		return ""
	case until.Equal(token.Forever):
		return c.t("token.locked.good", failures)
	}
	return c.t("token.locked", failures, until.UTC().Format("15:04 UTC"))
}

// saysState has the commands whose name says where a token stands after them.
var saysState = map[token.Command]bool{token.CmdBind: true, token.CmdAssign: true, token.CmdSuspend: true, token.CmdLost: true, token.CmdQuarantine: true, token.CmdRetire: true}

// eventLine puts an event into words.
func (c *call) eventLine(e report.Event) eventLine {
	from, to := e.Between()
	l := eventLine{Seq: e.Seq, At: e.Time.Time, By: e.Operator.Name, Command: c.t("event." + string(e.Command)), Refused: e.Reason != ""}
	if l.Command == "event."+string(e.Command) {
		l.Command = string(e.Command)
	}
	switch {
	case l.Refused:
		if tried, ok := c.s.render.texts.find("do." + string(e.Command)); ok { // it was not done
			l.Command = tried
		}
		why, ok := c.s.render.texts.find("reason." + e.Reason)
		if !ok {
			why = e.Reason
		}
		l.What = c.t("event.refused", why)
	case e.Command == token.CmdMove:
		l.What = c.t("event.moved", cmp.Or(from, "–"), to)
	case from != to && to != "" && !saysState[e.Command]:
		l.What = c.t("state." + to)
	}
	l.Who = e.Plain["account"]
	said := func(fact, text string) {
		if text != "" {
			l.Said = append(l.Said, fmt.Sprintf("%s: %s", c.t("fact."+fact), text))
		}
	}
	for _, field := range []string{trail.TextApprover, string(fault.Proof), string(fault.Ticket), string(fault.Reason)} {
		said(field, e.Plain[field])
	}
	if e.Request != 0 {
		said("request", strconv.Itoa(e.Request))
	}
	said("note", e.Note())
	return l
}
