package web_test

import (
	"context"
	"encoding/base32"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/web"
)

// milan holds the token theirs.
const milan = "5"

var holderKey = regexp.MustCompile(`>(?:mine|claim|claimcode|app|field|state|nav)\.[a-z_.-]+<`)

func (b *browser) clean() {
	b.t.Helper()
	if b.Status != http.StatusOK || holderKey.MatchString(b.Body) || strings.Contains(b.Body, "ZgotmplZ") {
		b.t.Errorf("%s: %d %s", b.At, b.Status, holderKey.FindString(b.Body))
	}
}

// A holder binds the token that was assigned to them, and one from stock; the event has
// them, and how they were known.
func TestHolderBinds(t *testing.T) {
	p := serve(t, nil)
	b := p.as(hanna)
	if b.get("/"); b.At != "/mine" {
		t.Fatal(b.At)
	}
	b.has(lent, "set aside for you", "/mine/tokens/10/bind").clean()
	b.get("/mine/tokens/10/bind").clean()
	if b.post("/mine/tokens/10/bind", "code1", p.shows(lent)); b.At != "/mine" || !strings.Contains(b.said(), lent+" is yours now.") {
		t.Fatal(b.At, b.said())
	}
	b.has("yours since 2026-11-30", "/mine/tokens/10/unbind").clean()
	b.get("/mine/bind").clean()
	if b.post("/mine/bind", "serial", " 26OO 4123 OOOOl", "code1", p.shows(plain)); b.At != "/mine" || !strings.Contains(b.said(), "is yours now") {
		t.Fatal(b.At, b.said())
	}
	p.is(plain, token.Bound, "hanna.roth")
	told := p.told(plain)
	if *told.BoundBy != "Hanna Roth" || *told.BoundProof != desk.ProofSignIn {
		t.Error(*told.BoundBy, *told.BoundProof)
	}
	// A clock that is off takes a second code.
	b.post("/mine/bind", "serial", slow, "code1", p.shows(slow))
	if b.At != "/mine/bind/code" || strings.Contains(b.Body, p.shows(slow)) {
		t.Fatal(b.At, b.said())
	}
	b.clean()
	if b.post("/mine/bind/code", "code", p.shows(slow)); b.At != "/mine/bind/code" || !strings.Contains(b.said(), "code typed before") {
		t.Error(b.At, b.said())
	}
	p.untilNext()
	if b.post("/mine/bind/code", "code", p.shows(slow)); b.At != "/mine" || !strings.Contains(b.said(), "is yours now") {
		t.Error(b.At, b.said())
	}
	if b.post("/mine/bind/code", "code", "123456"); b.Status != http.StatusNotFound {
		t.Error(b.Status)
	}
}

// Of a token that is not theirs nobody learns anything: whatever it is, the pages are
// the same byte for byte, and so is the number of tries.
func TestRefusalsAreAlike(t *testing.T) {
	for _, holders := range []string{web.HoldersAssigned, web.HoldersStock} {
		pauses := 0
		p := serve(t, func(o *web.Options) {
			o.Config.Holders = holders
			o.Pause = func(_ context.Context, d time.Duration) {
				if pauses++; d != 250*time.Millisecond { // the clock of this test stands
					t.Error(d)
				}
			}
		})
		d, end, err := p.pocket.Config.Desk(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		const retired, long = "2600412300005", "2600412300006"
		if _, err := d.Move(t.Context(), desk.Change{Serial: retired, By: token.CmdRetire, To: token.Retired, Words: token.Words{Reason: "broken"}}); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			_, _ = d.Check(t.Context(), codesOf(long, "000000", p.now())) // it is wrong, and locks
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		var first []string
		for _, serial := range []string{plain, "2600412399999", theirs, "2600412300011", retired, long, "no such"} {
			b := p.as(hanna)
			pauses = 0
			var pages []string
			see := func() {
				pages = append(pages, b.At+strings.ReplaceAll(b.Body, serial, "SERIAL"))
			}
			b.post("/mine/bind", "serial", serial, "code1", "000000")
			see()
			b.post("/mine/bind/code", "code", "111111")
			see()
			if b.At != "/mine/bind" || !strings.Contains(b.said(), "did not bind a token") {
				t.Errorf("%s, %s: %s %s", holders, serial, b.At, b.said())
			}
			if pauses != 2 {
				t.Errorf("%s, %s: %d answers of an even time", holders, serial, pauses)
			}
			if first == nil {
				first = pages
			}
			for i := range pages {
				if pages[i] != first[i] {
					t.Errorf("%s, %s: page %d is another:\n%s\n%s", holders, serial, i, pages[i], first[i])
				}
			}
		}
		p.as(anders).get("/trail").has("refused (no such token)", "<td>2600412399999</td>")
		// The page of an action: that of a stranger's token, and one that is not there.
		b := p.as(hanna)
		if theirs, none := b.get("/mine/tokens/12/lost").Body, b.get("/mine/tokens/999/lost").Body; theirs != none || b.Status != http.StatusNotFound {
			t.Error(theirs, none)
		}
		if theirs, none := b.post("/mine/tokens/12/lost").Body, b.post("/mine/tokens/999/lost").Body; theirs != none || b.Status != http.StatusNotFound {
			t.Error(theirs, none)
		}
		p.is(theirs, token.Bound, "milan.novak")
	}
}

// Tries are counted by account, by token and by address, and an hour later anew. What
// is over the limit is not compared.
func TestTriesAreLimited(t *testing.T) {
	for name, limit := range map[string]func(*web.Config){
		"account": func(c *web.Config) { c.AccountTries = 2 },
		"token":   func(c *web.Config) { c.TokenTries = 2 },
		"address": func(c *web.Config) { c.AddressTries = 2 },
	} {
		p := serve(t, func(o *web.Options) { limit(&o.Config) })
		b := p.as(hanna)
		if name != "account" {
			p.as(milan).post("/mine/bind", "serial", plain, "code1", "000000")
		} else {
			b.post("/mine/bind", "serial", "none", "code1", "000000")
		}
		b.post("/mine/bind", "serial", "2600-4123-00001", "code1", "111111")
		if b.At != "/mine/bind/code" {
			t.Fatal(name, b.At, b.said())
		}
		if b.post("/mine/bind", "serial", plain, "code1", p.shows(plain)); b.At != "/mine/bind" || !strings.Contains(b.said(), "Too many tries") {
			t.Error(name, b.At, b.said())
		}
		if desk := p.as(sonja).get("/tokens/10"); strings.Contains(desk.Body, "tried too many codes") != (name == "account") {
			t.Error(name, desk.Body)
		}
		p.is(plain, token.InStock, "")
		p.wait(time.Hour)
		b = p.as(hanna)
		if b.post("/mine/bind", "serial", plain, "code1", p.shows(plain)); b.At != "/mine" {
			t.Error(name, b.At, b.said())
		}
	}
}

// What else people do with their tokens: a clock that is off, a loss, an unbinding.
func TestOwnTokens(t *testing.T) {
	p := serve(t, nil)
	b := p.as(milan)
	p.untilNext()
	for _, name := range web.OwnActions() {
		b.get("/mine/tokens/12/" + name).clean()
	}
	one := p.shows(theirs)
	p.untilNext()
	if b.post("/mine/tokens/12/resync", "code1", one, "code2", p.shows(theirs)); b.At != "/mine" || !strings.Contains(b.said(), "found again") {
		t.Error(b.At, b.said())
	}
	if b.post("/mine/tokens/12/resync", "code1", "000000", "code2", "111111"); b.At != "/mine/tokens/12/resync" || !strings.Contains(b.said(), "do not match") {
		t.Error(b.At, b.said())
	}
	if b.post("/mine/tokens/12/unbind"); b.At != "/mine" || !strings.Contains(b.said(), "Bring it back") {
		t.Error(b.At, b.said())
	}
	p.is(theirs, token.Quarantined, "")
	b = p.as(hanna)
	if b.post("/mine/tokens/10/lost", "stolen", "1"); b.At != "/mine" || !strings.Contains(b.said(), lent+" is recorded as lost") {
		t.Error(b.At, b.said())
	}
	b.has("You have no token now")
	p.is(lent, token.Lost, "")
	if told := p.told(lent); !told.Stolen {
		t.Error("it was stolen")
	}
	// A person who lost one binds another.
	if b.post("/mine/bind", "serial", other, "code1", p.shows(other)); b.At != "/mine" {
		t.Error(b.At, b.said())
	}
	p.wait(15 * time.Minute)
	if b.post("/mine/tokens/3/lost"); b.At != "/signin/again" {
		t.Error("a loss without a fresh sign-in: ", b.At)
	}
	p.is(other, token.Bound, "hanna.roth")
}

var appKey = regexp.MustCompile(`<p class="code">([A-Z2-7 ]+)</p>`)

// An app is bound by the code that it makes of the key on the page, and unbound by
// another.
func TestOwnApp(t *testing.T) {
	p := serve(t, nil)
	b := p.as(hanna)
	b.get("/mine/app").clean()
	b.post("/mine/app")
	b.has(`href="otpauth://totp/`, `<svg class="qr"`).clean()
	params := token.Params{Type: token.TOTP, Hash: otp.AppHash, Digits: otp.AppDigits, Period: otp.AppPeriod}
	code := func() string {
		t.Helper()
		m := appKey.FindStringSubmatch(b.Body)
		if m == nil {
			t.Fatal(b.Body)
		}
		seed, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(m[1], " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		text, err := otp.At(params, token.NewSeed(seed), otp.StepAt(params, p.now(), 0))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	key := b.Body
	app := regexp.MustCompile(`name="app" value="([^"]+)"`).FindStringSubmatch(key)[1]
	if b.post("/mine/app", "app", app, "code", "12"); !strings.Contains(b.said(), "2 digits") {
		t.Error(b.said())
	}
	b.post("/mine/app", "app", app, "code", "000000").has("That code does not match", key[strings.Index(key, `href="otpauth`):strings.Index(key, `<details>`)])
	b.post("/mine/app", "app", app, "code", "111111")
	if !strings.Contains(b.said(), "not the codes of this key") {
		t.Error(b.said())
	}
	if other := p.as(milan).get("/mine/app"); strings.Contains(other.Body, "otpauth") {
		t.Error("somebody else sees the key")
	}
	if b.post("/mine/app", "app", app, "code", code()); b.At != "/mine" || !strings.Contains(b.said(), "The app is bound") {
		t.Fatal(b.At, b.said())
	}
	if b.get("/mine/app"); strings.Contains(b.Body, "otpauth") {
		t.Error("the key is shown again")
	}
	if b.post("/mine/app", "app", app, "code", "123456"); b.At != "/mine" || !strings.Contains(b.said(), "The app is bound") { // it was sent twice
		t.Error(b.At, b.said())
	}
	b.get("/mine").has("authenticator app", "/mine/tokens/13/unbind").clean()
	p.untilNext()
	b.Body = key
	now := code()
	b.get("/mine/tokens/13/unbind").has("code1").clean()
	if b.post("/mine/tokens/13/unbind", "code1", "000000"); b.At != "/mine/tokens/13/unbind" {
		t.Error(b.At, b.said())
	}
	if b.post("/mine/tokens/13/unbind", "code1", now); b.At != "/mine" || !strings.Contains(b.said(), "its key is destroyed") {
		t.Error(b.At, b.said())
	}
	if secret := appKey.FindStringSubmatch(key)[1]; strings.Contains(p.log.text(), strings.ReplaceAll(secret, " ", "")) {
		t.Error("the key is in the log")
	}
}

// A key whose codes were wrong too often is given up, and its form makes no other.
func TestOwnAppGivenUp(t *testing.T) {
	b := serve(t, nil).as(hanna)
	b.post("/mine/app")
	app := regexp.MustCompile(`name="app" value="([^"]+)"`).FindStringSubmatch(b.Body)[1]
	for i := range 6 {
		b.post("/mine/app", "app", app, "code", fmt.Sprint(100000+i))
	}
	if !strings.Contains(b.said(), "the key is given up") {
		t.Error(b.said())
	}
	if b.post("/mine/app", "app", app, "code", "123456"); !strings.Contains(b.said(), "is over") || strings.Contains(b.Body, "otpauth") {
		t.Error(b.said())
	}
}

// What is not configured is not there.
func TestHoldersOff(t *testing.T) {
	p := serve(t, func(o *web.Options) { o.Config.Holders = web.HoldersOff })
	b := p.as(hanna)
	for _, path := range []string{"/mine", "/mine/bind", "/mine/app", "/mine/tokens/10/lost"} {
		if b.get(path); b.Status != http.StatusNotFound {
			t.Error(path, b.Status)
		}
	}
	p = serve(t, func(o *web.Options) { o.Config.Apps = false })
	b = p.as(hanna)
	if b.get("/mine/app"); b.Status != http.StatusNotFound {
		t.Error(b.Status)
	}
	if b.get("/mine"); strings.Contains(b.Body, "/mine/app") {
		t.Error("there is a way to an app")
	}
}
