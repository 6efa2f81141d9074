package pages

import (
	"encoding/base32"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp"
)

// TestPages plays the stories one after the other, on one store.
func TestPages(t *testing.T) {
	w := newWorld(t)
	browser := startBrowser(t)
	for _, story := range []struct {
		name string
		play func(*testing.T, func(string) *person)
	}{
		{"the provider has a bad day", badDay},
		{"support binds a token whose clock is off", supportBinds},
		{"somebody else approves", somebodyApproves},
		{"a holder binds, loses and replaces", holderLoses},
		{"a holder binds and unbinds an app", holderTakesApp},
		{"nobody needs script", withoutScript},
		{"a restart signs nobody out", restart},
		{"ops and auditors look over it", lookOver},
		{"every other page", everyOther},
	} {
		t.Run(story.name, func(t *testing.T) {
			story.play(t, func(login string) *person { return w.person(t, browser, login) })
		})
	}
	w.checkLeaks(t)
	w.served.check(t)
}

// badDay: the provider is away, now here, now there; its key changes; and what it signs
// with another is refused. Each time a page says so, and the next sign-in works.
func badDay(t *testing.T, person func(string) *person) {
	p := person("sonja")
	p.goAway(func(string) bool { return true })
	p.open("/signin")
	p.press("Sign in")
	p.reads("The sign-in service cannot be reached")
	p.look("provider-away")

	p.goAway(func(path string) bool { return path == "/oauth/token" })
	p.open("/signin")
	p.signIn()
	p.reads("The sign-in service cannot be reached")

	p.roll(t)
	p.goAway(func(path string) bool { return path == "/keys" })
	p.open("/signin")
	p.signIn()
	p.reads("The sign-in service cannot be reached")

	p.goAway(nil)
	p.signWithAnother(t)
	p.open("/signin")
	p.signIn()
	p.reads("is not signed as it should be")
	p.look("provider-forged")

	p.roll(t)
	p.open("/signin")
	p.signIn()
	p.reads("Find a token")

	stranger := person("nora")
	stranger.open("/")
	stranger.signIn()
	stranger.reads("has no role here")
	stranger.look("no-role")
}

// supportBinds: Sonja signed in at the provider an hour ago. She finds a token, and has
// to sign in anew before she binds it to the person on the telephone. Its clock is
// off, so that it takes two codes; the page counts down to the second.
func supportBinds(t *testing.T, person func(string) *person) {
	p := person("sonja")
	token := p.tokens[0]
	p.signedInAt("sonja", time.Now().Add(-time.Hour))
	p.open("/find")
	p.reads("Sign in")
	p.look("signin")
	p.signIn()
	p.reads("Find a token")
	p.look("find")
	p.fill("q", "no such token")
	p.press("Find")
	p.look("find-nothing")
	p.fill("q", "PO-4711")
	p.press("Find")
	p.look("find-many")
	p.fill("q", token.serial)
	p.press("Find")
	p.reads(token.serial, "in stock")
	p.look("token-in-stock")
	p.press("Bind")
	p.reads("fresh sign-in")
	p.look("signin-again")
	p.signIn()
	p.reads("Gives the token to a person for good")
	p.look("bind")
	p.fill("account", accountOf("otto"), "proof", "call back", "ticket", "HD-17", "code1", "12")
	p.press("Bind")
	p.look("bind-typo")
	p.fill("proof", "call back", "code1", token.shows(t, 0))
	p.press("Bind")
	p.reads("With the next one it is searched further", "The next code comes in")
	p.look("bind-next-code")
	p.do(chromedp.WaitVisible(chromedp.CSS(".countdown.over")))
	p.look("bind-next-code-over")
	p.fill("code", token.shows(t, 0))
	p.press("Go on")
	p.reads("is bound to "+accountOf("otto"), "25 min slow")
	p.look("token-bound")
}

// somebodyApproves: two wrong attempts lock a token for good. Unlocking it takes
// the agreement of another person, who sees what it is about.
func somebodyApproves(t *testing.T, person func(string) *person) {
	sonja, ruben := person("sonja"), person("ruben")
	token := sonja.tokens[1]
	sonja.open("/find")
	sonja.signIn()
	sonja.fill("q", token.serial)
	sonja.press("Find")
	for range 2 {
		sonja.press("Check a code")
		sonja.look("check")
		sonja.fill("code1", token.never(t, 0), "code2", token.never(t, 1))
		sonja.press("Check")
		sonja.look("check-refused")
		sonja.press("Cancel")
	}
	sonja.reads("until somebody unlocks it")
	sonja.look("token-locked")
	sonja.press("Unlock")
	sonja.look("unlock")
	sonja.fill("reason", "tried by a child", "ticket", "HD-18")
	sonja.press("Unlock")
	sonja.reads("this waits for a second person", "You made this request")
	sonja.look("request-mine")

	ruben.open("/requests")
	ruben.signIn()
	ruben.open("/requests")
	ruben.reads("unlock token " + token.serial)
	ruben.look("requests")
	ruben.press("1")
	ruben.reads("tried by a child")
	ruben.look("request")
	ruben.press("Approve")
	ruben.reads("Request 1 is approved")
	ruben.look("request-approved")

	sonja.open("/requests/1")
	sonja.look("request-mine-approved")
	sonja.press("Carry it out")
	sonja.reads("Send the form as it is")
	sonja.press("Unlock")
	sonja.reads("is unlocked")
	sonja.look("token-unlocked")
}

// holderLoses: Hanna binds a token that lay in stock, loses it, and binds another. Of a
// token that is somebody else's she learns nothing.
func holderLoses(t *testing.T, person func(string) *person) {
	p := person("hanna")
	first, second, another := p.tokens[2], p.tokens[3], p.tokens[9]
	p.open("/mine")
	p.signIn()
	p.reads("You have no token now")
	p.look("mine-none")
	p.press("Bind a token")
	p.look("claim")
	p.fill("serial", another.serial, "code1", another.shows(t, 0))
	p.press("Bind")
	p.reads("One code was not enough")
	p.look("claim-next-code")
	p.fill("code", another.shows(t, 1))
	p.press("Go on")
	p.look("claim-refused")
	p.fill("serial", first.serial, "code1", first.shows(t, 0))
	p.press("Bind")
	p.reads("Token "+first.serial+" is yours now", "yours since")
	p.look("mine")
	p.press("I lost it")
	p.look("mine-lost")
	p.choose("It was stolen")
	p.press("Report the loss")
	p.reads("is recorded as lost", "You have no token now")
	p.press("Bind a token")
	p.fill("serial", second.serial, "code1", second.shows(t, 0))
	p.press("Bind")
	p.reads("Token " + second.serial + " is yours now")
	p.press("Its codes are refused")
	p.look("mine-resync")
	p.fill("code1", second.shows(t, 1), "code2", second.shows(t, 2))
	p.press("Send both codes")
	p.reads("is found again")
	p.press("Unbind")
	p.look("mine-unbind")
	p.press("Unbind")
	p.reads("is not bound to you any more")
}

// holderTakesApp: Milan binds an app, whose key he gets as a picture and as a text, and
// unbinds it by a code that it shows.
func holderTakesApp(t *testing.T, person func(string) *person) {
	p := person("milan")
	p.open("/mine")
	p.signIn()
	p.reads("set aside for you")
	p.look("mine-assigned")
	p.press("Bind an app on your phone")
	p.look("app")
	p.press("Make a key")
	p.reads("Scan this picture")
	p.look("app-key")
	link := ask(p, chromedp.AttributeValue(chromedp.CSS(`main a[href^="otpauth:"]`), "href"))
	key, err := otp.NewKeyFromURL(link.Value)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key.Secret())
	if err != nil {
		t.Fatal(err)
	}
	p.hide(key.Secret(), hex.EncodeToString(seed))
	app := device{seed: seed, w: p.world}
	p.fill("code", app.shows(t, 0))
	p.press("Bind the app")
	p.reads("The app is bound")
	p.look("mine-app")
	p.press("Unbind")
	p.look("mine-app-unbind")
	p.fill("code1", app.never(t, 0))
	p.press("Unbind")
	p.look("mine-app-refused")
	p.fill("code1", app.shows(t, 1))
	p.press("Unbind")
	p.reads("its key is destroyed")
	p.look("mine-app-gone")
}

// plainly signs somebody in whose browser runs no script.
func plainly(p *person) *person {
	p.signedInAt(p.login, time.Now())
	p.do(noScript())
	p.open("/")
	p.signIn()
	return p
}

// withoutScript: in browsers that run no script Sonja binds a token whose clock is off,
// with two codes, and Hanna reports that it was stolen.
func withoutScript(t *testing.T, person func(string) *person) {
	sonja, hanna := plainly(person("sonja")), plainly(person("hanna"))
	token := sonja.tokens[4]
	sonja.reads("Find a token")
	sonja.fill("q", token.serial)
	sonja.press("Find")
	sonja.press("Bind")
	sonja.fill("account", accountOf("hanna"), "proof", "badge", "code1", token.shows(t, 0))
	sonja.press("Bind")
	sonja.reads("With the next one it is searched further", "Wait until the token shows another code")
	if ask(sonja, chromedp.Evaluate[bool](`!document.querySelector(".countdown").hidden`)) {
		t.Error("script ran")
	}
	sonja.shot("bind-next-code-noscript")
	sonja.fill("code", token.shows(t, 1))
	sonja.press("Go on")
	sonja.reads("is bound to "+accountOf("hanna"), "min slow")
	sonja.shot("token-bound-noscript")
	sonja.press("Suspend")
	sonja.fill("reason", "its seed leaked")
	sonja.press("Suspend")
	sonja.reads("May others know its seed?")
	sonja.shot("suspend-question-noscript")

	hanna.open("/mine")
	hanna.reads(token.serial, "yours since")
	hanna.press("I lost it")
	hanna.choose("It was stolen")
	hanna.press("Report the loss")
	hanna.reads("is recorded as lost")
	hanna.shot("mine-lost-noscript")
}

// restart: the pages are served anew while Sonja looks at a token. She goes on, and signs
// out, and is signed out after the next one too.
func restart(t *testing.T, person func(string) *person) {
	p := person("sonja")
	p.open("/tokens/1")
	p.signIn()
	p.open("/tokens/1")
	p.reads(p.tokens[0].serial)
	p.stop(t)
	p.start(t)
	p.open("/tokens/1")
	p.reads(p.tokens[0].serial, "Sonja Berg")
	p.leave(chromedp.Click(chromedp.CSS("form.who button")))
	p.reads("You sign in at")
	p.stop(t)
	p.start(t)
	p.open("/tokens/1")
	p.reads("You sign in at")
}

// lookOver: Otto sees the stock as numbers and narrows the inventory; Anna has the
// trail verified. Both wait for what is counted.
func lookOver(t *testing.T, person func(string) *person) {
	otto, anna := person("otto"), person("anna")
	otto.open("/overview")
	otto.signIn()
	otto.opens("/overview", "By expected drift")
	otto.look("overview")
	otto.open("/inventory")
	otto.do(chromedp.SetValue(chromedp.CSS("#i-state"), "bound"))
	otto.press("Show")
	otto.opens("/inventory?state=bound", otto.tokens[0].serial)
	otto.look("inventory")
	anna.open("/trail")
	anna.signIn()
	anna.open("/trail")
	anna.press("Verify it now")
	anna.opens("/trail", "It is whole")
	anna.look("trail")
	anna.opens("/tasks", "Nothing is open at a verifier")
	anna.look("tasks")
}

// everyOther goes wherever a link leads that no story went to, as each role.
func everyOther(t *testing.T, person func(string) *person) {
	number := regexp.MustCompile(`/\d+`)
	been := map[string]bool{}
	for _, login := range []string{"sonja", "otto", "anna", "hanna"} {
		p := person(login)
		p.signedInAt(login, time.Now())
		p.open("/")
		p.signIn()
		next := []string{"/"}
		if login != "hanna" { // tokens that are bound, lost, in stock, assigned
			next = []string{"/", "/tokens/1", "/tokens/3", "/tokens/8", "/tokens/10"}
		}
		for ; len(next) > 0; next = next[1:] {
			p.open(next[0])
			for _, path := range ask(p, chromedp.Evaluate[[]string](`[...document.querySelectorAll("a[href^='/']:not([download], [href^='/signin'])")].map(a => a.getAttribute("href"))`)) {
				page, _, _ := strings.Cut(path, "?")
				if page = number.ReplaceAllString(page, "/N"); !been[page] {
					been[page] = true
					next = append(next, path)
				}
			}
			if next[0] != "/" {
				page, _, _ := strings.Cut(next[0], "?")
				p.look("page-" + login + strings.ReplaceAll(number.ReplaceAllString(page, ""), "/", "-"))
			}
		}
	}
	if len(been) < 15 {
		t.Errorf("only these pages: %v", been)
	}
}
