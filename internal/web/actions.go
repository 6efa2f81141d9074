package web

import (
	"cmp"
	"html/template"
	"slices"
	"strings"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// action is something that is done with one token: a form that asks for fields, and
// what it does. What is possible in which state the use cases decide; fits keeps those
// out of sight that would be refused in any case.
type action struct {
	name   string // in the path and in the catalogue
	by     token.Command
	roles  Role
	fresh  bool
	fields []string // beside proof, ticket, reason and the second person
	fits   func(token.Token) bool
	do     func(*call, token.Token, action) error
}

const desks = Support | Ops

// actions are all that a token's page offers, in its order.
func actions() []action {
	return []action{
		{name: "bind", by: token.CmdBind, roles: Support, fresh: true, fields: []string{"account", "new-account", "code1", "code2"}, fits: moves(token.CmdBind), do: bindToken},
		{name: "check", by: token.CmdCheck, roles: Support, fields: []string{"code1", "code2"}, fits: token.Token.HasSeed, do: tryCodes("done.checked")},
		{name: "resync", by: token.CmdResync, roles: Support, fields: []string{"code1", "code2"}, fits: token.Token.HasSeed, do: tryCodes("done.resynced")},
		{name: "unlock", by: token.CmdUnlock, roles: desks, fits: func(t token.Token) bool { return t.Failures > 0 }, do: unlockToken},
		{name: "replace", by: token.CmdReplace, roles: Support, fresh: true, fields: []string{"other", "gone", "to", "code1", "code2"}, fits: isSomebodys, do: replaceToken},
		{name: "unbind", by: token.CmdUnbind, roles: Support, fresh: true, fields: []string{"where", "code", "to-location", "new-location", "condition"}, fits: moves(token.CmdUnbind), do: unbindToken},
		{name: "lost", by: token.CmdLost, roles: desks, fresh: true, fields: []string{"stolen", "reported-at"}, fits: moves(token.CmdLost), do: loseToken},
		{name: "found", by: token.CmdFound, roles: desks, fields: []string{"stolen"}, fits: moves(token.CmdFound), do: moveTo(token.Quarantined)},
		{name: "assign", by: token.CmdAssign, roles: desks, fields: []string{"account", "new-account"}, fits: moves(token.CmdAssign), do: assignToken},
		{name: "unassign", by: token.CmdUnassign, roles: desks, fits: moves(token.CmdUnassign), do: moveTo(token.InStock)},
		{name: "suspend", by: token.CmdSuspend, roles: desks, fits: moves(token.CmdSuspend), do: moveTo(token.Suspended)},
		{name: "resume", by: token.CmdResume, roles: desks, fields: []string{"new-account"}, fits: moves(token.CmdResume), do: moveTo(token.Bound)},
		{name: "move", by: token.CmdMove, roles: desks, fields: []string{"location", "new-location"}, fits: hasPlace, do: relocateToken},
		{name: "quarantine", by: token.CmdQuarantine, roles: Ops, fields: []string{"leaked", "stolen"}, fits: moves(token.CmdQuarantine), do: moveTo(token.Quarantined)},
		{name: "release", by: token.CmdRelease, roles: Ops, fits: moves(token.CmdRelease), do: moveTo(token.InStock)},
	}
}

func moves(by token.Command) func(token.Token) bool {
	return func(t token.Token) bool { return slices.Contains(token.SourcesOf(by), t.State) }
}

func isSomebodys(t token.Token) bool { return t.State.HasAccount() }
func hasPlace(t token.Token) bool {
	return t.State != token.Lost && t.State != token.Retired && !t.Software
}

// actionData is the form of an action.
type actionData struct {
	token.Token
	Name     string
	Fields   []string
	Required map[string]bool // by the policy
	Proofs   []string
	Places   []string
	People   []string // some accounts to choose from
	Digits   int
	Two      bool   // the policy wants two codes
	Asked    bool   // a second person is asked: a request is made
	Ends     bool   // the one who has the token has it no more
	Locked   string // codes are refused: until when
	title    string
}

// Title names the action and the token.
func (d actionData) Title(*call) string { return d.title + ": " + string(d.Serial) }

// demands are the fields that the policy wants filled in.
func demands(r report.PageReader, by token.Command) (p token.Policy, required map[string]bool, err error) {
	p, err = token.PolicyOf(r)
	required = map[string]bool{}
	for _, demand := range p.Require[by] {
		required[string(demand)] = true
	}
	return p, required, err
}

// mostOffered is how many accounts a field offers.
const mostOffered = 200

// page shows the form.
func (a action) page(c *call) error {
	d := actionData{Name: a.name, Fields: a.fields, title: c.t("do." + a.name)}
	t, err := c.token(func(r report.PageReader, t token.Token) error {
		p, required, err := demands(r, a.by)
		if err != nil {
			return err
		}
		d.Required, d.Proofs = required, p.Proofs
		second := desk.SecondFor(p, t, a.by, c.s.Now())
		if d.Asked = second == desk.AskedSecond; second == desk.NamedSecond {
			required[string(token.DemandApprover)] = true
		}
		if slices.Contains(a.fields, "code1") && a.name != "replace" {
			d.Locked = c.lockWords(t.Failures, t.LastLock(p.Lock))
		}
		d.Two = p.Codes > 1 && (a.by == token.CmdBind || a.by == token.CmdResync)
		if slices.Contains(a.fields, "location") || slices.Contains(a.fields, "to-location") {
			if d.Places, err = r.Locations(); err != nil {
				return err
			}
			slices.Sort(d.Places)
		}
		if !slices.Contains(a.fields, "account") {
			return nil
		}
		for one, err := range r.Accounts(report.AccountFilter{Limit: mostOffered}) {
			if err != nil {
				return err
			}
			d.People = append(d.People, one.Account)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !a.fits(t) {
		return c.unfit(t, a.name, d.title)
	}
	d.Ends = t.Account != "" && slices.Contains([]string{"replace", "unbind", "lost", "unassign", "quarantine"}, a.name)
	if d.Token, d.Digits = t, t.Profile.Digits; t.State == token.Assigned && t.Account != "" {
		d.People = []string{string(t.Account)}
	}
	return c.show("action", d)
}

// unfit shows the token in the place of a form that would be refused in any case, with
// what was said last, or that it does not fit.
func (c *call) unfit(t token.Token, name, title string) error {
	answer, ok := c.s.sessions.Get(c.r.Context(), keySaid).(said)
	if !ok || answer.For != c.r.URL.Path {
		why, ok := c.s.render.texts.find("action.unfit." + name)
		if !ok {
			why = c.t("action.unfit", title, c.t("state."+string(t.State)))
		}
		answer = said{HTML: template.HTMLEscapeString(why)}
	}
	answer.For = tokenPath(t.ID)
	c.keep(answer)
	c.redirect(answer.For)
	return nil
}

// act does it.
func (a action) act(c *call) error {
	t, err := c.token(nil)
	if err != nil {
		return err
	}
	return a.do(c, t, a)
}

// moveTo moves a token to a state.
func moveTo(to token.State) func(*call, token.Token, action) error {
	return func(c *call, t token.Token, a action) error {
		return c.move(t, desk.Change{By: a.by, To: to, NewAccount: c.is("new-account")})
	}
}

// move carries out a change with what was said about it, and shows the token.
func (c *call) move(before token.Token, change desk.Change) (err error) {
	account := change.Account
	if change.Words, err = c.words(); err != nil {
		return err
	}
	change.Serial, change.Account, change.Seen = before.Serial, account, c.seen(before)
	t, err := c.cases.Desk.Move(c.r.Context(), change)
	if err != nil {
		return err
	}
	return c.moved(t, before)
}

// moved shows a token that was moved, with who has it no more, and what is left to do at
// verifiers.
func (c *call) moved(t, before token.Token, remarks ...fault.Text) error {
	key, args := "done.moved", []any{t.Serial, c.t("state." + string(t.State))}
	switch {
	case t.Account != "":
		key, args = "done.moved.account", append(args, t.Account)
	case t.IsStolen():
		key, args = "done.stolen", args[:1]
	}
	said := c.t(key, args...)
	if before.Account != "" && t.Account == "" {
		said += " " + c.t("done.ended", before.Account)
	}
	if before.Account == "" {
		remarks = append(remarks, c.others(t)...)
	}
	return c.doneWith(tokenPath(t.ID), fault.Textf("%s", said), append(remarks, c.left(t)...)...)
}

// others says what else somebody has who was just given a token: often that is a loss
// which nobody reported, or the wrong person.
func (c *call) others(t token.Token) []fault.Text {
	return c.aftermath(func(r report.PageReader) (all []fault.Text, err error) {
		if t.Account == "" {
			return nil, nil
		}
		has, err := r.TokensOf(t.Account)
		has = slices.DeleteFunc(has, func(s token.Serial) bool { return s == t.Serial })
		for _, s := range has[:min(len(has), mostLinks)] {
			all = append(all, fault.Textf("%s %s", c.t("done.others", t.Account), fault.Do("show", s)))
		}
		return all, err
	})
}

// left is what is left to do at verifiers about a token that was moved.
func (c *call) left(t token.Token) []fault.Text {
	return c.aftermath(func(r report.PageReader) ([]fault.Text, error) { return report.Left(r, t) })
}

// aftermath reads what is to be said of a change that is stored: that it cannot be read
// undoes nothing.
func (c *call) aftermath(read func(report.PageReader) ([]fault.Text, error)) (all []fault.Text) {
	err := c.read(func(r report.PageReader) (err error) {
		all, err = read(r)
		return err
	})
	if err != nil {
		c.s.Log.Error("what a change leaves to do could not be read", "error", redacted(err.Error()))
		return []fault.Text{fault.Textf("%s", c.t("done.unread"))}
	}
	return all
}

// seen is the token as the form showed it that was posted, or as it is now.
func (c *call) seen(t token.Token) string { return cmp.Or(c.form("seen"), t.Sight()) }

func assignToken(c *call, t token.Token, a action) error {
	account, err := token.ParseAccount(c.form("account"))
	if err != nil {
		return err
	}
	return c.move(t, desk.Change{By: a.by, To: token.Assigned, NewAccount: c.is("new-account"), Words: token.Words{Account: account}})
}

func loseToken(c *call, t token.Token, a action) error {
	loss, err := c.loss()
	if err != nil {
		return err
	}
	return c.move(t, desk.Change{By: a.by, To: token.Lost, Loss: loss})
}

// loss is what was said of a loss. A time is in UTC, as a browser's field has it.
func (c *call) loss() (loss token.Loss, err error) {
	loss.Stolen = c.claimed(fault.Stolen) == token.Yes || c.form("gone") == "stolen"
	text := c.form("reported-at")
	if text == "" {
		return loss, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339, "2006-01-02 15:04"} {
		if loss.Reported, err = time.Parse(layout, strings.TrimSuffix(text, " UTC")); err == nil {
			break
		}
	}
	switch {
	case err != nil || loss.Reported.Unix() < 0:
		return loss, fault.Errorf(fault.Usage, "%q is no time", text).WithHint("write it as %s, in UTC", c.s.Now().UTC().Format("2006-01-02 15:04"))
	case loss.Reported.After(c.s.Now()):
		return loss, fault.Errorf(fault.Usage, "the loss was reported at a time that is yet to come")
	}
	return loss, nil
}

func relocateToken(c *call, t token.Token, _ action) error {
	place, err := token.ParseLocation(c.form("location"))
	if err != nil {
		return err
	}
	w, err := c.words()
	if err != nil {
		return err
	}
	res, err := c.cases.Desk.Relocate(c.r.Context(), desk.Relocation{Serials: []token.Serial{t.Serial}, To: place, New: c.is("new-location"), Words: w})
	if err != nil {
		return err
	}
	if len(res.Moved) == 0 {
		return c.done(tokenPath(t.ID), fault.Textf("%s", c.t("done.there", t.Serial, res.Location)))
	}
	return c.done(tokenPath(t.ID), fault.Textf("%s", c.t("done.relocated", t.Serial, res.Location)))
}

func unlockToken(c *call, t token.Token, _ action) error {
	w, err := c.words()
	if err != nil {
		return err
	}
	if t, err = c.cases.Desk.Unlock(c.r.Context(), t.Serial, w); err != nil {
		return err
	}
	return c.done(tokenPath(t.ID), fault.Textf("%s", c.t("done.unlocked", t.Serial)))
}

// unbindToken ends a binding: of a token that is in hand, perhaps with a code that it
// shows, or of one that nobody has. An app comes back to no drawer.
func unbindToken(c *call, t token.Token, a action) error {
	change := desk.Change{Serial: t.Serial, By: a.by, Location: c.form("to-location"), NewLocation: c.is("new-location"), Seen: c.seen(t)}
	var err error
	switch where := c.form("where"); {
	case t.Software:
		change.To = token.Retired
		if c.form("code") == "" && c.form("reason") == "" {
			return fault.Errorf(fault.Usage, "give a code that the app shows, or a %s if it is gone", fault.Reason)
		}
	case where == "in_stock":
		change.To = token.InStock
	case where == "quarantined":
		change.To = token.Quarantined
	case where == "missing":
		change.To = token.Lost
	default:
		return fault.Errorf(fault.Usage, "say where the token is")
	}
	back := change.To == token.InStock || change.To == token.Quarantined
	if !back && (change.Location != "" || c.form("condition") != "" || change.To == token.Lost && c.form("code") != "") {
		return fault.Errorf(fault.Usage, "a token that is not in hand shows no code, lies nowhere and is in no condition")
	}
	if change.Location != "" {
		if change.Location, err = token.ParseLocation(change.Location); err != nil {
			return err
		}
	}
	if change.Words, err = c.words(); err != nil {
		return err
	}
	if change.Words.Condition, err = token.ParseText("the condition", c.form("condition")); err != nil {
		return err
	}
	if code := c.form("code"); code != "" {
		out, err := c.cases.Desk.UnbindWithCode(c.r.Context(), desk.Codes{Serial: t.Serial, To: change.To, Words: change.Words, Seen: change.Seen,
			Location: change.Location, NewLocation: change.NewLocation, Codes: []desk.Typed{{Text: code, At: c.s.Now()}}})
		if err != nil {
			return err
		}
		return c.moved(out.Token, t, asTexts(out.Warnings)...)
	}
	moved, err := c.cases.Desk.Move(c.r.Context(), change)
	if err != nil {
		return err
	}
	return c.moved(moved, t)
}
