package web

import (
	"errors"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/report"
	"fob/internal/token"
)

// attempt is one attempt at codes, as its form asks for it.
type attempt struct {
	req    desk.Codes
	by     token.Command
	back   string                    // where it is asked for again
	done   func(desk.Outcome) string // what is said once the codes are right
	undone func(error) error         // what is said if they are not; nil: the error
	ended  token.Serial              // a token that this one replaces
	note   string                    // what was done already, whatever the codes are
}

func bindToken(c *call, t token.Token, a action) error {
	account, err := token.ParseAccount(c.form("account"))
	if err != nil {
		return err
	}
	req := desk.Codes{Serial: t.Serial, NewAccount: c.is("new-account"), Seen: c.form("seen")}
	if req.Words, err = c.words(); err != nil {
		return err
	}
	req.Account = account
	return c.try(attempt{req: req, by: a.by, done: func(out desk.Outcome) string { return c.t("done.bound", out.Serial, *out.Account) }})
}

// tryCodes tries codes of a token; done is what is said once they are right.
func tryCodes(done string) func(*call, token.Token, action) error {
	return func(c *call, t token.Token, a action) (err error) {
		req := desk.Codes{Serial: t.Serial}
		if req.Words, err = c.words(); err != nil {
			return err
		}
		return c.try(attempt{req: req, by: a.by, done: func(out desk.Outcome) string { return c.t(done, out.Serial) }})
	}
}

// replaceToken ends a token and binds another. One that is lost or stolen ends first,
// whatever becomes of the codes.
func replaceToken(c *call, t token.Token, _ action) (err error) {
	ctx, d := c.r.Context(), c.cases.Desk
	req := desk.Codes{}
	seen := c.seen(t)
	if req.Serial, err = token.TypedSerial(c.form("other")); err != nil {
		return err
	}
	if req.Words, err = c.words(); err != nil {
		return err
	}
	other, err := d.Token(ctx, req.Serial)
	if err != nil {
		return err
	}
	if other.ID == t.ID {
		return fault.Errorf(fault.Usage, "%s cannot replace itself", t.Serial)
	}
	one := attempt{by: token.CmdBind, ended: t.Serial, done: func(out desk.Outcome) string { return c.t("done.replaced", out.Serial, *out.Account, t.Serial) }}
	gone := c.form("gone")
	req.Stolen = token.ClaimOf(gone == "stolen")
	switch gone {
	case "lost", "stolen":
		if c.form("code1") == "" {
			return missingCode()
		}
		loss, err := c.loss()
		if err != nil {
			return err
		}
		before, err := d.EndLost(ctx, desk.Change{Serial: t.Serial, Loss: loss, Seen: seen, Words: req.Words}, other.Serial)
		if err != nil {
			return err
		}
		req.Account, one.note = before.Account, c.t("talk.ended", t.Serial, before.Account)
		one.undone = func(err error) error { return desk.HalfReplaced(err, before, other) }
		one.back = tokenPath(t.ID)
	case "in_stock", "quarantined":
		old, err := d.Replaceable(ctx, t.Serial, other.Serial)
		if err != nil {
			return err
		}
		req.Account, req.Replaces, req.To, req.Seen = old.Account, old.Serial, token.State(gone), seen
		if old.Software {
			req.To = token.Retired
		}
	default:
		return fault.Errorf(fault.Usage, "say where the old token is")
	}
	one.req = req
	return c.try(one)
}

func missingCode() error {
	return fault.Errorf(fault.Usage, "the code is missing").WithHint("ask for the code that the token shows now")
}

// try tries the codes of a form. Two that were typed at once are two in a row; one
// begins a conversation, which is over if it is right.
func (c *call) try(one attempt) error {
	ctx, now := c.r.Context(), c.s.Now()
	if one.back == "" {
		one.back = c.back
	}
	if one.undone == nil {
		one.undone = func(err error) error { return err }
	}
	c.backTo(one.back)
	one.req.Deep = c.is("deep")
	first, second := c.form("code1"), c.form("code2")
	if first == "" {
		return one.undone(missingCode())
	}
	if second != "" {
		one.req.Codes = []desk.Typed{{Text: first, At: now}, {Text: second, At: now}}
		out, err := c.cases.Desk.Answer(ctx, one.req, one.by)
		if err != nil {
			return one.undone(err)
		}
		return c.codesDone(one, out)
	}
	talk, err := c.cases.Desk.Converse(ctx, one.req, one.by)
	if err != nil {
		return one.undone(err)
	}
	t := &conversation{Conversation: talk, attempt: one, id: talk.Token.ID, whose: c.who.key(), values: c.typed()}
	out, typo, err := talk.Type(ctx, first, now)
	switch {
	case typo != nil:
		return one.undone(typoError(typo))
	case err != nil:
		return one.undone(err)
	case talk.Question() == desk.Done:
		return c.codesDone(one, out)
	}
	id, err := c.s.newID()
	if err != nil {
		return err
	}
	c.s.conversations.keep(id, t)
	c.redirect("/codes/" + id)
	return nil
}

func typoError(typo *otp.CodeError) error {
	return fault.Errorf(fault.CodeRefused, "%s", typo.Msg).WithHint("%s", typo.Hint)
}

// codesDone shows the token with what the codes led to.
func (c *call) codesDone(one attempt, out desk.Outcome) error {
	remarks := asTexts(out.Remarks())
	if one.by == token.CmdBind {
		remarks = append(remarks, c.others(out.Token)...)
	}
	if one.ended != "" {
		remarks = append(remarks, c.aftermath(func(r report.PageReader) ([]fault.Text, error) {
			old, err := r.Token(one.ended)
			if err != nil {
				return nil, err
			}
			return report.Left(r, old)
		})...)
	}
	return c.doneWith(tokenPath(out.Token.ID), fault.Textf("%s", withClock(one.done(out), out)), remarks...)
}

// talkData is the question of a conversation.
type talkData struct {
	token.Token
	Why, Ask string
	Changes  time.Time // when it shows another code at the latest; zero: it takes a press
	Now      time.Time
	Digits   int
	Back     string
	Note     string // what was done already
	What     string // what the codes are for
}

// Title names the token.
func (d talkData) Title(c *call) string { return c.t("talk.title", d.Serial) }

var errTalkOver = errors.New("over")

func (c *call) talk() (t *conversation, id string, err error) {
	id = c.r.PathValue("talk")
	t, ok := c.s.conversations.find(id)
	if !ok || t.whose != c.who.key() {
		return nil, id, fault.Wrap(fault.NotFound, errTalkOver, "these codes are no longer waited for").WithHint("begin anew from the page of the token; a first code that was refused has counted")
	}
	return t, id, nil
}

func talkPage(c *call) error {
	t, _, err := c.talk()
	if err != nil {
		return err
	}
	t.Lock()
	defer t.Unlock()
	d := talkData{Token: t.Token, Changes: t.Changed(), Now: c.s.Now(), Digits: t.Token.Profile.Digits, Back: tokenPath(t.id), Note: t.attempt.note}
	if d.Note != "" {
		d.Back = t.attempt.back
	}
	d.What = c.t("do." + string(t.attempt.by))
	if t.attempt.req.Account != "" {
		d.What = c.t("talk.for", d.What, t.attempt.req.Account)
	}
	hotp := t.Token.Profile.Type == token.HOTP
	switch {
	case t.Question() == desk.CodeAfterWrong && hotp:
		d.Why, d.Ask = c.t("talk.wrong.counter"), c.t("talk.press")
	case t.Question() == desk.CodeAfterWrong:
		d.Why, d.Ask = c.t("talk.wrong.clock"), c.t("talk.changed")
	case hotp:
		d.Why, d.Ask = c.whyTwo(t.WantsTwo), c.t("talk.press")
	default:
		d.Why, d.Ask = c.whyTwo(t.WantsTwo), c.t("talk.next")
	}
	return c.show("talk", d)
}

func (c *call) whyTwo(n desk.Need) string {
	switch n {
	case desk.LastTry:
		return c.t("talk.last")
	case desk.DeepSearch:
		return c.t("talk.deep")
	}
	return c.t("talk.ordered")
}

// talkNext takes the next code of a conversation.
func talkNext(c *call) error {
	t, id, err := c.talk()
	if err != nil {
		return err
	}
	t.Lock()
	defer t.Unlock()
	if t.Question() == desk.Done { // it was sent twice
		c.redirect(tokenPath(t.id))
		return nil
	}
	out, typo, err := t.Type(c.r.Context(), c.form("code"), c.s.Now())
	switch {
	case typo != nil:
		return typoError(typo)
	case err == nil && t.Question() != desk.Done:
		c.redirect(c.r.URL.Path)
		return nil
	}
	c.s.conversations.end(id)
	if err != nil {
		c.backTo(t.attempt.back)
		c.values = t.values
		return t.attempt.undone(err)
	}
	return c.codesDone(t.attempt, out)
}
