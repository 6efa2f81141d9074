package web

import (
	"context"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/boombuler/barcode/qr"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/report"
	"fob/internal/token"
)

func (p *person) key() string { return p.Issuer + " " + p.Subject }

// claiming is a claim that waits for its second code.
type claiming struct {
	sync.Mutex // one answer at a time
	*desk.Claim
	serial token.Serial
	back   string
}

const claimCodePath = "/mine/bind/code"

func claimPage(c *call) error {
	if _, err := c.own(); err != nil {
		return err
	}
	required, err := c.demanded(token.CmdBind)
	if err != nil {
		return err
	}
	return c.show("claim", required)
}

// claimToken begins to bind the token whose serial was typed.
func claimToken(c *call) error {
	serial, err := token.TypedSerial(c.form("serial"))
	if err != nil {
		return err
	}
	return c.claim(serial)
}

// bindOwn begins to bind one that was assigned.
func bindOwn(c *call, _ desk.Own, t report.Token) error { return c.claim(t.Serial) }

// ownWords are the holder's own use cases, and what they say of what they do.
func (c *call) ownWords() (o desk.Own, w token.Words, err error) {
	if o, err = c.own(); err == nil {
		w, err = c.words()
	}
	return o, w, err
}

func (c *call) claim(serial token.Serial) error {
	o, w, err := c.ownWords()
	if err != nil {
		return err
	}
	if c.form("code1") == "" {
		return fault.Errorf(fault.Usage, "%s", c.t("mine.nocode"))
	}
	if err := c.tried(serial); err != nil {
		return err
	}
	claim, err := o.Claim(c.r.Context(), serial, w)
	if err != nil {
		return c.forHolder(err)
	}
	x := &claiming{Claim: claim, serial: serial, back: c.back}
	x.Lock()
	defer x.Unlock()
	return c.claimCode(x, c.form("code1"))
}

// claimCode takes a code of a claim.
func (c *call) claimCode(x *claiming, code string) error {
	out, typo, err := x.Type(c.r.Context(), code, c.s.Now())
	if !x.Theirs && typo == nil {
		c.evenly()
	}
	if why := x.Why; why != nil && (fault.KindOf(why) == fault.Integrity || fault.KindOf(why) == fault.Internal) {
		c.s.Log.Error("a claim was refused", "error", redacted(why.Error()))
	}
	switch {
	case typo != nil:
		return typoError(typo)
	case err == nil && x.Question() != desk.Done:
		c.s.claims.keep(c.who.key(), x)
		c.redirect(claimCodePath)
		return nil
	}
	c.s.claims.end(c.who.key())
	if err != nil {
		c.backTo(x.back)
		c.values = map[string]string{"serial": string(x.serial)}
		return c.forHolder(err)
	}
	return c.doneWith("/mine", fault.Textf("%s", c.t("mine.bound", out.Serial)), asTexts(out.Warnings)...)
}

// evenStep is when answers to claims are given: at multiples of it. What is done for
// them takes a small part of it, so that their time does not tell whether there is such
// a token.
const evenStep = 250 * time.Millisecond

func (c *call) evenly() {
	c.s.Pause(c.r.Context(), evenStep-c.s.Now().Sub(c.began)%evenStep)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// claimData is the question after the first code. Only of a token that is theirs does
// it show more than of any other.
type claimData struct {
	Serial       token.Serial
	Changes, Now time.Time
	Back         string
}

func (c *call) claiming() (*claiming, error) {
	x, ok := c.s.claims.find(c.who.key())
	if !ok {
		return nil, fault.Errorf(fault.NotFound, "%s", c.t("mine.over")).WithHint("%s", c.t("mine.over.hint"))
	}
	return x, nil
}

func claimCodePage(c *call) error {
	x, err := c.claiming()
	if err != nil {
		return err
	}
	x.Lock()
	defer x.Unlock()
	d := claimData{Serial: x.serial, Now: c.s.Now(), Back: x.back}
	if talk := x.Conversation(); talk != nil {
		d.Changes = talk.Changed()
	}
	return c.show("claimcode", d)
}

func claimNext(c *call) error {
	x, err := c.claiming()
	if err != nil {
		return err
	}
	x.Lock()
	defer x.Unlock()
	if x.Question() == desk.Done { // it was sent twice
		c.redirect("/mine")
		return nil
	}
	return c.claimCode(x, c.form("code"))
}

// enrolling is an app on its way. Its key is in memory only.
type enrolling struct {
	sync.Mutex
	*desk.Enrolment
	talk  *desk.Conversation
	tries int
	over  bool
}

// appTries is how often codes may be wrong before the key is given up.
const appTries = 3

func (x *enrolling) forget() {
	x.Lock()
	defer x.Unlock()
	x.end()
}

func (x *enrolling) end() {
	x.over = true
	x.Key.Clear()
}

// appData shows a key, and asks for a code that the app makes of it.
type appData struct {
	Account  string
	Required map[string]bool
	Begun    bool
	Serial   token.Serial
	Issuer   string
	QR       qrSVG
	Link     template.URL
	Key      string // to be typed
	Digits   int
	Next     bool // the code after the one that was typed
	Wrong    bool // which did not match
}

func appPage(c *call) error {
	o, err := c.own()
	if err != nil {
		return err
	}
	d := appData{Account: string(o.Account)}
	if d.Required, err = c.demanded(token.CmdVirtual); err != nil {
		return err
	}
	if x, ok := c.s.apps.find(c.who.key()); ok {
		x.Lock()
		defer x.Unlock()
		if !x.over {
			err = d.describe(x)
		}
	}
	if err != nil {
		return err
	}
	return c.show("app", d)
}

func (d *appData) describe(x *enrolling) (err error) {
	d.Serial = x.Serial
	d.Begun, d.Digits, d.Issuer, d.Next = true, x.Params.Digits, x.Issuer, x.talk.Question() != desk.CodeNow
	d.Wrong = x.talk.Question() == desk.CodeAfterWrong
	uri := string(x.Key.URI.Bytes())
	d.Link = template.URL(uri) //nolint:gosec // made by otp.NewAppKey
	u, err := url.Parse(uri)
	if err != nil {
		return fault.Errorf(fault.Internal, "the key's address cannot be read")
	}
	d.Key = grouped(u.Query().Get("secret"))
	d.QR, err = drawQR(x.Key.Brief)
	return err
}

// grouped sets a long word in fours, to be typed.
func grouped(word string) string {
	var b strings.Builder
	for i, r := range word {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// appNext begins with a new key, or takes a code of the one that was begun.
func appNext(c *call) error {
	x, ok := c.s.apps.find(c.who.key())
	if c.form("app") == "" {
		return c.forHolder(c.beginApp())
	}
	if !ok || c.form("app") != string(x.Serial) {
		return c.keyIsOver(token.Serial(c.form("app")))
	}
	x.Lock()
	defer x.Unlock()
	if x.over {
		return c.keyIsOver(x.Serial)
	}
	if x.talk.Question() == desk.CodeNow {
		if err := c.tried(x.Serial); err != nil {
			return err
		}
	}
	out, typo, err := x.talk.Type(c.r.Context(), c.form("code"), c.s.Now())
	switch {
	case typo != nil:
		return typoError(typo)
	case err == nil && x.talk.Question() != desk.Done:
		c.redirect(c.r.URL.Path)
		return nil
	case fault.KindOf(err) == fault.CodeRefused && err != nil && x.tries+1 < appTries:
		x.tries++
		x.talk = x.Converse()
		return fault.Errorf(fault.CodeRefused, "%s", c.t("app.wrong")).WithHint("%s", c.t("app.wrong.hint"))
	}
	c.s.apps.end(c.who.key())
	x.end()
	switch {
	case err != nil && fault.KindOf(err) == fault.CodeRefused:
		return fault.Errorf(fault.CodeRefused, "%s", c.t("app.given.up")).WithHint("%s", c.t("app.given.up.hint"))
	case err != nil:
		return c.forHolder(err)
	}
	return c.doneWith("/mine", fault.Textf("%s", c.t("mine.bound.app", out.Serial)), asTexts(out.Warnings)...)
}

// keyIsOver answers a form of a key that is no more: it was sent twice, or came late.
func (c *call) keyIsOver(serial token.Serial) error {
	bound := false
	err := c.read(func(r report.PageReader) error {
		t, err := r.Find(serial)
		bound = err == nil && t.State == token.Bound && t.Account != nil && token.Account(*t.Account).Key() == token.Account(c.who.Account).Key()
		return nil //nolint:nilerr // no token came of it
	})
	switch {
	case err != nil:
		return err
	case bound:
		return c.done("/mine", fault.Textf("%s", c.t("mine.bound.app", serial)))
	}
	return fault.Errorf(fault.Refused, "%s", c.t("app.over")).WithHint("%s", c.t("app.over.hint"))
}

func (c *call) beginApp() error {
	o, w, err := c.ownWords()
	if err != nil {
		return err
	}
	if err := c.tried("app of " + token.Serial(o.Account)); err != nil {
		return err
	}
	e, err := o.Enrol(c.r.Context(), desk.Virtual{Issuer: token.UsualIssuer(o.Account), Words: w,
		Params: token.Params{Type: token.TOTP, Hash: otp.AppHash, Digits: otp.AppDigits, Period: otp.AppPeriod}})
	if err != nil {
		return err
	}
	c.s.apps.keep(c.who.key(), &enrolling{Enrolment: e, talk: e.Converse()})
	c.redirect(c.r.URL.Path)
	return nil
}

// quietZone is how wide a QR code is light all round, in modules (ISO/IEC 18004
// section 9.1).
const quietZone = 4

// qrSVG is a QR code as the outline of its dark modules.
type qrSVG struct {
	Side int // with the quiet zone
	Path string
}

// drawQR draws the address of a key. What a screen loses is little: the lowest
// correction gives the smallest code.
func drawQR(uri token.Seed) (q qrSVG, err error) {
	made, err := qr.Encode(string(uri.Bytes()), qr.L, qr.Unicode)
	if err != nil { // the library's words hold the text
		return q, fault.Errorf(fault.Usage, "the account is too long for a QR code")
	}
	side := made.Bounds().Dx()
	dark := func(x, y int) bool {
		r, _, _, _ := made.At(x, y).RGBA()
		return r == 0
	}
	var path strings.Builder
	for y := range side {
		for x := 0; x < side; x++ {
			from := x
			for x < side && dark(x, y) {
				x++
			}
			if n := x - from; n > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, n, n)
			}
		}
	}
	return qrSVG{side + 2*quietZone, path.String()}, nil
}
