package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/report"
	"fob/internal/token"
)

// The serials of the demo's tokens. The clock of slow is 15 minutes off: one code is
// not enough.
const (
	plain  = "2600412300001"
	other  = "2600412300003"
	slow   = "2600412300004"
	lent   = "2600412300010" // assigned to hanna.roth
	theirs = "2600412300012" // bound to milan.novak
)

// told is what the store has of a token.
func (p *pages) told(serial token.Serial) (t report.Token) {
	p.t.Helper()
	reports, end, err := p.pocket.Config.Reports(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = end() }()
	err = reports.Snapshot(p.t.Context(), func(r report.Reader) error {
		t, err = r.Find(serial)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return t
}

// lastOperator is who made the newest event.
func (p *pages) lastOperator() (by token.Operator) {
	p.t.Helper()
	reports, end, err := p.pocket.Config.Reports(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = end() }()
	err = reports.Snapshot(p.t.Context(), func(r report.Reader) error {
		for e, err := range report.Log(r, report.EventFilter{Limit: 1}) {
			if err != nil {
				return err
			}
			by = e.Operator
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return by
}

func (p *pages) is(serial token.Serial, state token.State, account string) {
	p.t.Helper()
	t := p.told(serial)
	if t.State != state || (t.Account == nil) != (account == "") || t.Account != nil && *t.Account != account {
		p.t.Errorf("token %s is %s, %v", serial, t.State, t.Account)
	}
}

// Support finds a token by its serial as people say it, and binds it with one code; the
// binding has who did it and what they said.
func TestBind(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	b.post("/find", "q", "2600 4123 00001")
	if b.At != "/tokens/1" {
		t.Fatal(b.At, b.said())
	}
	b.has("in stock", `href="/tokens/1/bind"`)
	if strings.Contains(b.Body, `href="/tokens/1/unbind"`) || strings.Contains(b.Body, `href="/tokens/1/quarantine"`) {
		t.Error("a button that its state or the role does not allow")
	}
	b.post("/tokens/1/bind", "account", "eva", "proof", "badge", "ticket", "HD-7", "code1", p.shows(plain))
	if b.At != "/tokens/1" || !strings.Contains(b.said(), "bound to eva") {
		t.Fatal(b.At, b.said())
	}
	b.has("badge", "HD-7", "Sonja Berg")
	if told := p.told(plain); *told.Account != "eva" || *told.BoundBy != "Sonja Berg" || *told.BoundProof != "badge" {
		t.Error(told)
	}
	if b.get("/tokens/1"); !strings.Contains(b.said(), "bound to eva") {
		t.Error("a reload loses the answer")
	}
	if b.get("/find").get("/tokens/1"); b.said() != "" {
		t.Error("the answer is still there: ", b.said())
	}
}

// The second code of a conversation: the first is on the server, and what was typed into
// the form comes back if the pair is wrong.
func TestConversation(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	b.post("/tokens/4/bind", "account", "eva", "reason", "new", "code1", p.shows(slow))
	talk := b.At
	if !strings.HasPrefix(talk, "/codes/") || strings.Contains(b.Body, p.shows(slow)) {
		t.Fatal(talk, b.said())
	}
	b.has("data-until=", "2600412300004")
	if b.post(talk, "code", p.shows(slow)); b.At != talk || !strings.Contains(b.said(), "code typed before") {
		t.Error(b.At, b.said())
	}
	if other := p.as(paula).get(talk); other.Status != http.StatusNotFound {
		t.Error("somebody else sees it: ", other.Status)
	}
	p.untilNext()
	if b.post(talk, "code", p.shows(slow)); b.At != "/tokens/4" || !strings.Contains(b.said(), "15 min slow") {
		t.Fatal(b.At, b.said())
	}
	p.is(slow, token.Bound, "eva")
	if b.post(talk, "code", "123456"); b.Status != http.StatusNotFound {
		t.Error("it goes on: ", b.Status)
	}
	b.post("/tokens/3/bind", "account", "otto", "ticket", "HD-8", "code1", "000000")
	if b.post(b.At, "code", "111111"); b.At != "/tokens/3/bind" || !strings.Contains(b.said(), "do not match") {
		t.Error(b.At, b.said())
	}
	b.has(`value="otto"`, `value="HD-8"`)
	if told := p.told(other); told.Failures != 1 {
		t.Errorf("%d failures", told.Failures)
	}
}

// Two agents bind one token: one wins, the other is told whose it is.
func TestTwoAgentsOnOneToken(t *testing.T) {
	p := serve(t, nil)
	first, second := p.as(sonja), p.as(paula)
	code := p.shows(plain)
	var both sync.WaitGroup
	for account, b := range map[string]*browser{"eva": first, "nils": second} {
		both.Go(func() { b.post("/tokens/1/bind", "account", account, "code1", code) })
	}
	both.Wait()
	said := first.said() + " " + second.said()
	if strings.Count(said, "Token 2600412300001 is bound to") != 2 || strings.Count(said, ", since") != 1 {
		t.Error(said)
	}
}

// What else the desk does, each with its answer.
func TestDesk(t *testing.T) {
	p := serve(t, nil)
	b, ops := p.as(sonja), p.as(otto)
	p.untilNext() // the code with which it was bound is used
	for _, step := range []struct {
		by     *browser
		path   string
		fields []string
		at     string
		want   string
	}{
		{b, "/tokens/12/check", []string{"code1", p.shows(theirs)}, "/tokens/12", "it is token 2600412300012"},
		{b, "/tokens/12/check", []string{"code1", "12345"}, "/tokens/12/check", "5 digits"},
		{b, "/tokens/12/suspend", []string{"reason", "on leave"}, "/tokens/12", "suspended now (milan.novak)"},
		{b, "/tokens/12/resume", nil, "/tokens/12", "bound now (milan.novak)"},
		{b, "/tokens/12/unbind", []string{"where", "in_stock", "condition", "scratched", "to-location", "Nowhere"}, "/tokens/12/unbind", "no location Nowhere"},
		{b, "/tokens/12/unbind", []string{"where", "missing", "condition", "scratched"}, "/tokens/12/unbind", "not in hand"},
		{b, "/tokens/12/unbind", []string{"where", "quarantined", "condition", "scratched"}, "/tokens/12", "quarantined now"},
		{ops, "/tokens/12/release", nil, "/tokens/12", "in stock now"},
		{ops, "/tokens/12/assign", []string{"account", "hanna.roth"}, "/tokens/12", "hanna.roth has another one, too: Look at token 2600412300010"},
		{ops, "/tokens/12/unassign", nil, "/tokens/12", "in stock now"},
		{ops, "/tokens/12/move", []string{"location", "Drawer", "new-location", "1"}, "/tokens/12", "at Drawer now"},
		{ops, "/tokens/12/move", []string{"location", "Nowhere"}, "/tokens/12/move", "The list of places (at the command line) shows"},
		{b, "/tokens/12/lost", []string{"reported-at", "yesterday"}, "/tokens/12/lost", "is no time"},
		{b, "/tokens/12/lost", []string{"stolen", "1", "reported-at", "2026-11-30 12:00"}, "/tokens/12", "recorded as stolen now"},
		{b, "/tokens/12/found", []string{"reason", "its seed leaked"}, "/tokens/12/found", "may others know the seed of token 2600412300012? Say “Others may know its seed”, and it never comes back, or “Others may know its seed: no”"},
		{b, "/tokens/12/found", []string{"reason", "its seed leaked", "leaked", "no"}, "/tokens/12", "quarantined now"},
		{ops, "/tokens/12/quarantine", []string{"reason", "the key was published"}, "/tokens/12/quarantine", "may others know"},
		{ops, "/tokens/12/quarantine", []string{"reason", "the key was published", "leaked", "yes"}, "/tokens/12", "quarantined now"},
		{ops, "/tokens/12/release", nil, "/tokens/12/release", "others may know its seed"},
		{b, "/tokens/12/found", nil, "/tokens/12", "not possible while the token is quarantined"},
		{b, "/tokens/2/unlock", []string{"approved-by", "Otto Klein"}, "/tokens/2", "not locked"},
		{b, "/tokens/2/unlock", nil, "/tokens/2", "second person"},
		{b, "/tokens/2/unlock", []string{"approved-by", "sonja.berg"}, "/tokens/2", "cannot approve what Sonja Berg does"},
		{b, "/tokens/10/replace", []string{"other", other, "gone", "in_stock", "code1", p.shows(other)}, "/tokens/3", "bound to hanna.roth instead of 2600412300010"},
	} {
		if step.by.post(step.path, step.fields...); step.by.At != step.at || !strings.Contains(step.by.said(), step.want) {
			t.Errorf("%s %v: %s, %q; want %s, %q", step.path, step.fields, step.by.At, step.by.said(), step.at, step.want)
		}
	}
	p.is(lent, token.InStock, "")
	p.is(other, token.Bound, "hanna.roth")
	p.is(theirs, token.Quarantined, "")
	b.get("/tokens/12").has("yes, before it was found", "Others may know its seed")
}

// A reason that speaks of a leak or a theft puts a question that the form has not
// otherwise; its answer stays for the next try.
func TestReasonsPutQuestions(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	const asks = `name="leaked" value="no" required`
	if b.get("/tokens/12/suspend"); strings.Contains(b.Body, asks) {
		t.Error("it asks before it has to")
	}
	b.post("/tokens/12/suspend", "reason", "the seed leaked").has(asks, "May others know its seed?").clean()
	b.post("/tokens/12/suspend", "reason", "the seed leaked", "leaked", "no", "approved-by", "Sonja Berg").has(`name="leaked" value="no" required checked`)
	b.post("/tokens/12/suspend", "reason", "stolen, perhaps", "leaked", "").has("Was it stolen?")
	b.get("/tokens/12/lost").has(`type="checkbox" id="f-stolen"`)
	b.post("/tokens/12/lost", "reason", "it was stolen").has(`name="stolen" value="yes" required`)
	if strings.Contains(b.Body, `type="checkbox" id="f-stolen"`) {
		t.Error("one field twice")
	}
	if b.post("/tokens/12/lost", "reason", "it was stolen", "stolen", "yes"); !p.told(theirs).Stolen {
		t.Error(b.said())
	}
	p.is(theirs, token.Lost, "")
}

// A stolen token ends even if the codes of the other are wrong; what is left to do is a
// link.
func TestReplaceStolen(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	b.post("/tokens/10/replace", "other", other, "gone", "stolen", "code1", "000000")
	b.post(b.At, "code", "111111")
	if b.At != "/tokens/10" || !strings.Contains(b.said(), "is lost now, and no other is bound yet") {
		t.Error(b.At, b.said())
	}
	b.has(`<a href="/tokens/3/bind">`)
	p.is(lent, token.Lost, "")
}

func TestFind(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	two := func() string {
		first := p.shows(other)
		p.untilNext()
		return first + " " + p.shows(other)
	}
	for q, want := range map[string]string{two(): "/tokens/3", "hanna.roth": "/tokens/10", "milan.novak": "/find", "26004123000": "/find", "po-1": "/find", "]C0" + plain: "/tokens/1", "123456 654321": "/find", "nobody.here": "/find"} {
		if b.post("/find", "q", q); b.At != want {
			t.Errorf("%q: %s, %s", q, b.At, b.said())
		}
		if b.get("/find"); b.Header.Get("Content-Type") == "" || strings.Contains(b.At, "?") {
			t.Error(b.At)
		}
	}
	b.post("/find", "q", "0012").has("2600412300012", "the end of the serial")
	if b.post("/find", "q", "hanna.roth@example.com").has("2600412300010", "the account before the @"); b.At != "/find" {
		t.Error("one that may be another person is not gone to: ", b.At)
	}
	for _, typed := range []string{"26oo4123ooo12", "2600412300021"} {
		if b.post("/find", "q", typed).has("2600412300012", "a serial like this one"); b.At != "/find" {
			t.Error("one that is near is not gone to: ", b.At)
		}
	}
	b.post("/find", "q", "26004129999")
	if b.post("/find", "q", "po-1"); b.said() != "" {
		t.Error("an answer that is over: ", b.said())
	}
	if b.post("/find", "q", ""); !strings.Contains(b.said(), "nothing was typed") && !strings.Contains(b.said(), "Nothing was typed") {
		t.Error(b.said())
	}
	if b := p.as(anders); b.post("/find", "q", "123456 654321").Status != http.StatusForbidden {
		t.Error("an auditor searches by codes: ", b.Status)
	}
}

func TestBulk(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	rows := "serial\taccount\tcode1\n" + plain + "\teva\t" + p.shows(plain) + "\n" + other + "\t<nils>\t000000\n"
	b.post("/bulk", "rows", rows, "one-code", "1", "ticket", "HD-9")
	b.has("1 of 2 rows accepted", "&lt;nils&gt;", "1 of 2 rows were refused")
	p.is(plain, token.Bound, "eva")
	again := "serial,account,code1\n" + other + ",&lt;nils&gt;,\n</textarea>"
	b.has(again, "2026-11-30 12:00:00 UTC").lacks("000000")
	b.get("/find").get("/bulk").has("1 of 2 rows accepted", again)
	if b.post("/bulk", "rows", "what\nis this", "ticket", "HD-9"); !strings.Contains(b.said(), "columns") {
		t.Error(b.said())
	}
	b.has("what\nis this</textarea>", `value="HD-9"`).lacks("rows accepted") // what was sent before is over
	b.post("/bulk", "rows", "serial,Benutzer,code,shoe size\n").has("column 4 (shoe size) has a name that means nothing here")
	b.get("/bulk").lacks("shoe size")
	if b.post("/bulk"); !strings.Contains(b.said(), "either rows nor a file") {
		t.Error(b.said())
	}
	// Rows that were refused come back though those behind them were not tried any more.
	many := "serial,account,code1\n"
	for i := range desk.MaxRefusals + 1 {
		many += fmt.Sprintf("nosuch%02d,eva,123456\n", i)
	}
	b.post("/bulk", "rows", many).has("code1\nnosuch00,eva,\n", fmt.Sprintf("nosuch%02d,eva,\n</textarea>", desk.MaxRefusals))
	// A row comes back as it was typed, in its own columns, and never with codes.
	b.post("/bulk", "rows", "account,serial,code1,code2,ticket\neva|"+other+"|123456|654321|HD-1\neva,no such,123456,654321,HD-2\neva,1,2,3,4,5,123456\n")
	b.has("account,serial,code1,code2,ticket\neva,"+other+",,,HD-1\neva,no such,,,HD-2\neva,,,,\n</textarea>").lacks("654321", "123456")
}

// A guarded command waits: somebody else looks at it and approves, and the person who asked
// carries it out.
func TestSecondPerson(t *testing.T) {
	p := serve(t, nil)
	d, end, err := p.pocket.Config.Desk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.SetPolicy(t.Context(), map[string]string{"second-person": "unlock", "lock-for-good": "3", "lock-after": "2"}, token.Words{Approver: "Eva"}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, _ = d.Check(t.Context(), codesOf(plain, "000000", p.now())) // it is wrong
		p.wait(2 * time.Hour)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	b := p.as(paula)
	b.get("/tokens/1").has("until somebody unlocks it")
	b.get("/tokens/1/bind").has("Codes are refused as long")
	b.get("/tokens/1/unlock").has("a request is made").lacks(`name="approved-by"`)
	if b.post("/tokens/1/unlock", "reason", "typing", "ticket", "HD-1", "proof", "badge"); !strings.Contains(b.said(), "waits for a second person") || b.At != "/requests/1" {
		t.Fatal(b.At, b.said())
	}
	if b.get("/requests/1").has("You made this request"); strings.Contains(b.Body, "/requests/1/approve") {
		t.Error("one's own request can be approved")
	}
	if b.post("/requests/1/approve"); !strings.Contains(b.said(), "omebody else has to approve it") {
		t.Error(b.said())
	}
	second := p.as(ruben)
	if second.get("/"); second.At != "/requests" { // an approver begins there
		t.Error(second.At)
	}
	const turn = `<strong class="count">1<`
	second.has("unlock token 2600412300001", turn)
	second.get("/requests/1").has("/requests/1/approve", "typing", `<a href="/tokens/1">2600412300001</a>`)
	if second.get("/tokens/1").has(`<a href="/requests/1">`); strings.Contains(b.get("/find").Body, turn) {
		t.Error("it is not the turn of who asked")
	}
	if second.post("/requests/1/deny"); !strings.Contains(second.said(), "they will ask why") {
		t.Error(second.said())
	}
	if second.post("/requests/1/approve", "reason", "they called back"); !strings.Contains(second.said(), "Request 1 is approved") {
		t.Fatal(second.said())
	}
	b.get("/find").has(turn)
	b.get("/requests/1").has("Carry it out", "they called back")
	if b.post("/requests/1/go"); b.At != "/tokens/1/unlock" {
		t.Fatal(b.At, b.said())
	}
	b.has(`value="typing"`, `value="HD-1"`, `value="badge"`)
	b.post("/tokens/1/unlock", "reason", "typing", "ticket", "HD-1", "proof", "video call").has("request 1 was approved for something else: the proof was &#34;badge&#34;")
	if b.post("/tokens/1/unlock", "reason", "typing", "ticket", "HD-1", "proof", "badge"); !strings.Contains(b.said(), "is unlocked") {
		t.Error(b.said())
	}
	b.get("/requests").has("The newest that are over", ">done<")
	b.get("/tokens/1").has("Second person: Ruben Falk", "Request: 1")
}

// A replacement that was approved is carried out from the page of the old token.
func TestSecondPersonForReplacement(t *testing.T) {
	p := serve(t, nil)
	d, end, err := p.pocket.Config.Desk(t.Context())
	if err == nil {
		_, err = d.SetPolicy(t.Context(), map[string]string{"second-person": "deep"}, token.Words{Approver: "Eva"})
	}
	if err == nil {
		err = end()
	}
	if err != nil {
		t.Fatal(err)
	}
	b, second := p.as(paula), p.as(ruben)
	codes := func() []string {
		first := p.shows(slow)
		p.untilNext()
		return []string{"other", slow, "gone", "in_stock", "deep", "1", "reason", "drawer", "code1", first, "code2", p.shows(slow)}
	}
	if b.post("/tokens/10/replace", codes()...); b.At != "/requests/1" {
		t.Fatal(b.At, b.said())
	}
	second.get("/requests/1").has("to hanna.roth", slow, lent)
	second.post("/requests/1/approve")
	if b.post("/requests/1/go"); b.At != "/tokens/10/replace" {
		t.Fatal(b.At, b.said())
	}
	b.has(`value="`+slow+`"`, `value="in_stock" required checked`, `name="deep" value="1" checked`)
	if b.post("/tokens/10/replace", codes()...); b.At != "/tokens/4" {
		t.Fatal(b.At, b.said())
	}
	p.is(slow, token.Bound, "hanna.roth")
	// Who approves sees that the account is on no list, and that somebody insists on it.
	if b.post("/tokens/1/bind", "account", "nobody.x", "new-account", "1", "deep", "1", "reason", "visitor", "code1", p.shows(plain), "code2", "123456"); b.At != "/requests/2" {
		t.Fatal(b.At, b.said())
	}
	second.get("/requests/2").has("to nobody.x", "no list of people has it", "new-account")
}

// What the policy demands is required in the form, and its proofs are offered.
func TestDemands(t *testing.T) {
	p := serve(t, nil)
	d, end, err := p.pocket.Config.Desk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]string{"require.bind": "ticket,approved-by", "proofs": "badge,video call", "codes-needed": "2"}
	if _, err := d.SetPolicy(t.Context(), set, token.Words{Approver: "Eva"}); err != nil {
		t.Fatal(err)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	b := p.as(sonja)
	b.get("/tokens/1/bind").has(`Ticket <span class="must">`, `<option value="video call">`, "the policy wants two", `<details open>`)
	if strings.Contains(b.Body, `Reason <span class="must">`) {
		t.Error("a reason is required")
	}
	b.get("/bulk").has(`<details open>`, `<option value="badge">`)
	if strings.Contains(b.Body, `Ticket <span class="must">`) {
		t.Error("a ticket for all rows is required, though each may have its own")
	}
	b.post("/tokens/1/bind", "account", "eva", "code1", p.shows(plain))
	if b.At != "/tokens/1/bind" || !strings.Contains(b.said(), "policy demands “Ticket” and “Second person") {
		t.Error(b.At, b.said())
	}
}

func codesOf(serial, code string, at time.Time) desk.Codes {
	return desk.Codes{Serial: token.Serial(serial), Codes: []desk.Typed{{Text: code, At: at}}}
}

// A sign-in that is not fresh any more keeps what was typed, but for codes, and does
// nothing.
func TestFreshSignIn(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	p.wait(11 * time.Minute)
	code := p.shows(plain)
	if b.post("/tokens/1/bind", "account", "eva", "ticket", "HD-1", "code1", code); b.At != "/signin/again" {
		t.Fatal(b.At)
	}
	p.is(plain, token.InStock, "")
	if b.post("/signin/demo", "person", sonja); b.At != "/tokens/1/bind" || strings.Contains(b.Body, code) {
		t.Fatal(b.At)
	}
	b.has(`value="eva"`, `value="HD-1"`, "nothing was done yet")
	if b.post("/tokens/1/bind", "account", "eva", "code1", p.shows(plain)); !strings.Contains(b.said(), "bound to eva") {
		t.Error(b.said())
	}
	if b.get("/tokens/1/check"); b.At != "/tokens/1/check" {
		t.Error("a check needs a fresh sign-in")
	}
}

var secrets = regexp.MustCompile(`26004123|eva|hanna|milan|HD-|\b\d{6}\b`)

// The log has no serial, account, ticket or code.
func TestLogIsSilent(t *testing.T) {
	p := serve(t, nil)
	b := p.as(sonja)
	b.post("/find", "q", plain)
	b.post("/tokens/1/bind", "account", "eva", "ticket", "HD-1", "code1", p.shows(plain))
	b.post("/tokens/3/bind", "account", "eva", "code1", "000000")
	b.post(b.At, "code", "111111")
	b.get("/nope/2600412300001?q=hanna")
	b.get("/tokens/99999999")
	for line := range strings.Lines(p.log.text()) {
		_, line, _ = strings.Cut(line, "msg=")
		if secrets.MatchString(line) {
			t.Error(line)
		}
	}
	b.get("/metrics").has(`fob_answers_total{page="POST /tokens/{id}/bind",status="303"} 2`)
	if secrets.MatchString(b.Body) {
		t.Error(b.Body)
	}
	if b.get("/healthz").has("ok"); b.Status != http.StatusOK {
		t.Error(b.Status)
	}
}
