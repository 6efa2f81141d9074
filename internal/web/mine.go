package web

import (
	"errors"
	"slices"
	"strings"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/report"
	"fob/internal/token"
)

// own is the desk for the person who is signed in, and their own tokens. Whose these are the
// provider says; no form has a field for it.
func (c *call) own() (desk.Own, error) {
	account, err := token.ParseAccount(c.who.Account)
	if err != nil {
		return desk.Own{}, fault.Errorf(fault.NotAllowed, "%s", c.t("mine.noaccount")).WithHint("%s", c.t("mine.noaccount.hint"))
	}
	return desk.Own{Desk: c.cases.Desk, Account: account, FromStock: c.s.Config.Holders == HoldersStock}, nil
}

// tried counts a try at a code: of the account, of the token, and of the address. All
// that is typed counts alike, whether there is such a token or not.
func (c *call) tried(serial token.Serial) error {
	key := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, serial.AsDigits().Key())
	ok := true
	for _, limit := range []struct {
		key  string
		most int
	}{
		{accountTries(token.Account(c.who.Account)), c.s.Config.AccountTries},
		{"token " + key, c.s.Config.TokenTries},
		{"address " + c.s.addressOf(c.r), c.s.Config.AddressTries},
	} {
		ok = c.s.tries.allow(limit.key, limit.most, RateSpan) && ok
	}
	if ok {
		return nil
	}
	return fault.Errorf(fault.Locked, "%s", c.t("mine.tries")).WithHint("%s", c.t("mine.tries.hint"))
}

// accountTries is what the tries of an account are counted under.
func accountTries(a token.Account) string { return "account " + a.Key() }

// forHolder leaves out of an error what only the desk can do.
func (c *call) forHolder(err error) error {
	w := &wording{c: c}
	_ = fault.AdviceOf(err).In(w) // for its links
	var e *fault.Error
	if len(w.links) == 0 || !errors.As(err, &e) {
		return err
	}
	return &fault.Error{Kind: e.Kind, Msg: e.Msg, Err: e.Err, Advice: fault.Textf("%s", c.t("mine.desk"))}
}

// mineData are somebody's tokens.
type mineData struct {
	Account string
	Tokens  []mineToken
	Apps    bool
}

// mineToken is one of them, in words.
type mineToken struct {
	report.Token
	Is, Clock, Lock string
	Actions         []navLink
}

// mostMine is how many tokens of one person are shown.
const mostMine = 50

func minePage(c *call) error {
	o, err := c.own()
	if err != nil {
		return err
	}
	d := mineData{Account: string(o.Account), Apps: c.s.Config.Apps}
	err = c.read(func(r report.PageReader) error {
		for t, err := range r.Tokens(report.Filter{Account: o.Account, Limit: mostMine}) {
			if err != nil {
				return err
			}
			d.Tokens = append(d.Tokens, c.mineToken(t))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.show("mine", d)
}

func (c *call) mineToken(t report.Token) mineToken {
	m := mineToken{Token: t}
	lock := tokenData{Token: t}
	lock.describe(c)
	m.Lock = lock.Lock
	switch t.State {
	case token.Bound:
		m.Is = c.t("mine.is.bound", timeWords(t.BoundAt, time.DateOnly))
		m.Clock = otp.DriftWords(t.DriftSeconds)
	case token.Assigned:
		m.Is = c.t("mine.is.assigned")
	default:
		m.Is = c.t("mine.is.suspended")
	}
	for _, a := range ownActions() {
		if a.fits(t) {
			m.Actions = append(m.Actions, navLink{Path: minePath(t.ID, a.name), Text: c.t("mine.do." + a.name)})
		}
	}
	return m
}

// ownAction is something that people do with a token of theirs.
type ownAction struct {
	name  string
	by    token.Command
	fresh bool
	fits  func(report.Token) bool
	do    func(*call, desk.Own, report.Token) error
}

func ownActions() []ownAction {
	in := func(states ...token.State) func(report.Token) bool {
		return func(t report.Token) bool { return slices.Contains(states, t.State) }
	}
	return []ownAction{
		{"bind", token.CmdBind, true, in(token.Assigned), bindOwn},
		{"resync", token.CmdResync, false, in(token.Bound), resyncOwn},
		{"lost", token.CmdLost, true, in(token.Assigned, token.Bound, token.Suspended), loseOwn},
		{"unbind", token.CmdUnbind, true, in(token.Bound, token.Suspended), unbindOwn},
	}
}

// ownData is the form of such an action.
type ownData struct {
	report.Token
	Name     string
	Required map[string]bool
}

// Title names the action and the token.
func (d ownData) Title(c *call) string { return c.t("mine.do."+d.Name) + ": " + string(d.Serial) }

// ownToken is the token of the signed-in person whose number is in the path. Of others
// nobody learns whether there are any.
func (c *call) ownToken() (o desk.Own, t report.Token, err error) {
	if o, err = c.own(); err != nil {
		return o, t, err
	}
	id, err := c.number("id")
	if err != nil {
		return o, t, err
	}
	err = c.read(func(r report.PageReader) error {
		serial, err := r.SerialOf(id)
		if err == nil {
			t, err = r.Find(serial)
		}
		if err == nil && (t.Account == nil || token.Account(*t.Account).Key() != o.Account.Key()) || err != nil && fault.KindOf(err) == fault.NotFound {
			return fault.Errorf(fault.NotFound, "%s", c.t("mine.nottheirs")).WithHint("%s", c.t("mine.nottheirs.hint"))
		}
		return err
	})
	return o, t, err
}

func (a ownAction) page(c *call) error {
	_, t, err := c.ownToken()
	if err != nil {
		return err
	}
	d := ownData{Token: t, Name: a.name}
	if d.Required, err = c.demanded(a.by); err != nil {
		return err
	}
	return c.show("mineact", d)
}

// demanded is what the policy wants to be said beside the sign-in.
func (c *call) demanded(by token.Command) (all map[string]bool, err error) {
	err = c.read(func(r report.PageReader) error {
		_, all, err = demands(r, by)
		return err
	})
	return all, err
}

func (a ownAction) act(c *call) error {
	o, t, err := c.ownToken()
	if err == nil {
		err = a.do(c, o, t)
	}
	return c.forHolder(err)
}

func minePath(id int64, name string) string { return "/mine" + tokenPath(id) + "/" + name }

func loseOwn(c *call, o desk.Own, t report.Token) error {
	w, err := c.words()
	if err != nil {
		return err
	}
	w.Leaked = token.No // what others may know of its seed its holder cannot say
	lost, err := o.Lose(c.r.Context(), t.Serial, token.Loss{Stolen: w.Stolen == token.Yes}, w)
	if err != nil {
		return err
	}
	return c.ended(lost, "mine.lost")
}

// unbindOwn ends a binding. An app shows a code, as proof that it is this one.
func unbindOwn(c *call, o desk.Own, t report.Token) error {
	ctx := c.r.Context()
	w, err := c.words()
	if err != nil {
		return err
	}
	w.Leaked = token.No
	if !t.Software {
		back, err := o.Return(ctx, t.Serial, w)
		if err != nil {
			return err
		}
		return c.ended(back, "mine.unbound")
	}
	if err := c.tried(t.Serial); err != nil {
		return err
	}
	out, err := o.RemoveApp(ctx, t.Serial, desk.Typed{Text: c.form("code1"), At: c.s.Now()}, w)
	if err != nil {
		return c.ownCodes(out, err)
	}
	return c.ended(out.Token, "mine.removed")
}

// ended tells a holder what ended, and where it did not.
func (c *call) ended(t token.Token, key string) error {
	return c.doneWith("/mine", fault.Textf("%s", c.t(key, t.Serial)), c.aftermath(func(r report.PageReader) (all []fault.Text, err error) {
		open, err := r.TasksOf(t.ID)
		for _, x := range open {
			all = append(all, fault.Textf("%s", c.t("mine.still", x.Verifier)))
		}
		return all, err
	})...)
}

func resyncOwn(c *call, o desk.Own, t report.Token) error {
	if err := c.tried(t.Serial); err != nil {
		return err
	}
	now := c.s.Now()
	out, err := o.Resync(c.r.Context(), t.Serial, desk.Typed{Text: c.form("code1"), At: now}, desk.Typed{Text: c.form("code2"), At: now})
	if err != nil {
		return c.ownCodes(out, err)
	}
	return c.doneWith("/mine", fault.Textf("%s", withClock(c.t("done.resynced", out.Serial), out)), asTexts(out.Warnings)...)
}

// ownCodes says to a holder what to do about codes that do not match; the desk is told
// what to ask for.
func (c *call) ownCodes(out desk.Outcome, err error) error {
	var e *fault.Error
	if out.Reason == nil || *out.Reason != otp.WrongCode || !errors.As(err, &e) {
		return err
	}
	advice := c.t("mine.wrong")
	if out.LockedUntil != nil {
		advice = c.lockWords(out.Failures, *out.LockedUntil) + " " + c.t("mine.locked")
	}
	return &fault.Error{Kind: e.Kind, Msg: e.Msg, Err: e.Err, Advice: fault.Textf("%s", advice)}
}

func withClock(text string, out desk.Outcome) string {
	if clock := out.ClockWords(); clock != "" {
		text += " " + capital(clock) + "."
	}
	return text
}
