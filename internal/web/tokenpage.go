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
	Lock    string // how it is locked; empty: it is not
	Actions []navLink
	History []eventLine
	Device  string
	Codes   string
	Left    template.HTML // to do at verifiers
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
	Object                 string // what it was about, where that is not the page's
}

// mostEvents is how many events of a token are shown.
const mostEvents = 20

func tokenPage(c *call) error {
	d := tokenData{}
	t, err := c.token(func(r report.PageReader, t token.Token) (err error) {
		if d.Token, err = r.Find(t.Serial); err != nil {
			return err
		}
		events, err := report.History(r, t.Serial, mostEvents)
		for _, e := range events {
			d.History = append(d.History, c.eventLine(e))
		}
		if err != nil || len(d.ExportedTo) == 0 {
			return err
		}
		left, err := report.Left(r, t)
		d.Left = c.worded(joined(left))
		return err
	})
	if err != nil {
		return err
	}
	d.describe(c)
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
	switch {
	case d.LockedUntil == nil || !d.LockedUntil.After(c.s.Now()):
	case d.LockedUntil.Equal(token.Forever):
		d.Lock = c.t("token.locked.good", d.Failures)
	default:
		d.Lock = c.t("token.locked", d.Failures, d.LockedUntil.UTC().Format("15:04 UTC"))
	}
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
