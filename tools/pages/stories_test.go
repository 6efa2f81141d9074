package pages

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestPages plays the stories one after the other, on one store.
func TestPages(t *testing.T) {
	w := newWorld(t)
	browser := startBrowser(t)
	for _, story := range []struct {
		name string
		play func(*testing.T, func(string) *person)
	}{
		{"support binds a token whose clock is off", supportBinds},
		{"somebody else approves", somebodyApproves},
	} {
		t.Run(story.name, func(t *testing.T) {
			story.play(t, func(login string) *person { return w.person(t, browser, login) })
		})
	}
	w.checkLeaks(t)
	w.served.check(t)
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
	p.fill("account", accountOf("milan"), "proof", "call back", "ticket", "HD-17", "code1", "12")
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
	p.reads("is bound to "+accountOf("milan"), "25 min slow")
	p.look("token-bound")
}

// somebodyApproves: two wrong attempts lock a token for good. Whoever unlocks it needs
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
	sonja.reads("waits for a second person: request 1")
	sonja.look("unlock-waits")
	sonja.open("/requests/1")
	sonja.reads("You made this request")
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
