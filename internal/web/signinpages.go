package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/web/signin"
)

// signInData is what the page of the sign-in shows.
type signInData struct {
	Again  bool // somebody signed in has to do so anew
	Ended  bool // a form was sent once the session had ended
	People []demoPerson
	Start  string
	Within int // minutes
}

// demoPerson is whom somebody can be in a demo.
type demoPerson struct {
	Number        int
	Name, Account string
	Roles         Role
}

// demoPeople are those of a demo: one of each role, and two who can approve.
var demoPeople = []demoPerson{
	{0, "Sonja Berg", "sonja.berg", Support},
	{1, "Otto Klein", "otto.klein", Ops},
	{2, "Paula Voss", "paula.voss", Support | Approver},
	{3, "Anders Holm", "anders.holm", Auditor},
	{4, "Hanna Roth", "hanna.roth", Holder},
	{5, "Milan Novak", "milan.novak", Holder},
	{6, "Ruben Falk", "ruben.falk", Approver},
}

// DemoAccounts are the accounts of those who hold tokens in a demo.
func DemoAccounts() (all []token.Account) {
	for _, p := range demoPeople {
		if p.Roles == Holder {
			all = append(all, token.Account(p.Account))
		}
	}
	return all
}

// DemoList is a list of people as a directory exports it: those of a demo, and some who
// have no token yet.
func DemoList() string {
	var list strings.Builder
	list.WriteString("account,name\n")
	for _, p := range demoPeople {
		fmt.Fprintf(&list, "%s,%s\n", p.Account, p.Name)
	}
	for _, p := range [][2]string{{"eva.brandt", "Eva Brandt"}, {"nils.lund", "Nils Lund"}, {"ida.moser", "Ida Moser"}} {
		fmt.Fprintf(&list, "%s,%s\n", p[0], p[1])
	}
	return list.String()
}

// Title tells a first sign-in from another.
func (d signInData) Title(c *call) string {
	if d.Again {
		return c.t("signin.again.title")
	}
	return c.t("signin.title")
}

func signInPage(c *call) error {
	again := c.route.roles != nobody
	if c.who != nil && !again {
		c.redirect("/")
		return nil
	}
	d := signInData{Again: again, Start: "/signin/start", Within: int(c.s.Config.Fresh.Minutes())}
	if again {
		d.Start += "?fresh=1"
	} else {
		_, d.Ended = c.s.sessions.Get(c.r.Context(), keySaid).(said)
	}
	if c.s.Demo != nil {
		d.People = demoPeople
		if again {
			d.People = []demoPerson{}
			for _, p := range demoPeople {
				if p.Account == c.who.Account {
					d.People = append(d.People, p)
				}
			}
		}
	}
	return c.show("signin", d)
}

// signInStart goes to the provider. A link leads here and no form: browsers hold what
// follows a form to the same policy as the form.
func signInStart(c *call) error {
	if c.s.provider == nil {
		c.redirect("/signin")
		return nil
	}
	within := time.Duration(0)
	if c.r.URL.Query().Get("fresh") != "" {
		within = c.s.Config.Fresh
	}
	to, kept, err := c.s.provider.Begin(c.r.Context(), within)
	if err != nil {
		return err
	}
	c.s.sessions.Put(c.r.Context(), keyPending, kept)
	http.Redirect(c.w, c.r, to, http.StatusSeeOther)
	return nil
}

func signInCallback(c *call) error {
	if c.s.provider == nil {
		return errNoPage
	}
	kept, _ := c.s.sessions.Pop(c.r.Context(), keyPending).(signin.Pending)
	id, err := c.s.provider.Finish(c.r.Context(), c.r.URL.Query(), kept)
	if err != nil {
		return err
	}
	p := person{Issuer: id.Issuer, Subject: id.Subject, Name: id.Name, Account: id.Account, Roles: c.s.Config.rolesOf(id.Groups), SignedIn: id.At}
	if p.Name, err = token.ParseText("the name of the sign-in service", p.Name); err != nil {
		return err
	}
	if p.Roles == 0 {
		return fault.Errorf(fault.NotAllowed, "%s is signed in, and has no role here", p.Name).
			WithHint("those who run these pages give a role to a group; ask them which one you need to be in")
	}
	return c.signedIn(p)
}

func signInDemo(c *call) error {
	n, err := strconv.Atoi(c.form("person"))
	if err != nil || n < 0 || n >= len(demoPeople) {
		return errNoPage
	}
	d := demoPeople[n]
	return c.signedIn(person{Issuer: "demo", Subject: d.Account, Name: d.Name, Account: d.Account, Roles: d.Roles, SignedIn: c.s.Now()})
}

// signedIn makes a person of a visitor. The session gets a new name: anyone who knew the
// old one knows nothing. Nothing that another person did in it stays.
func (c *call) signedIn(p person) error {
	ctx := c.r.Context()
	to, _ := c.s.sessions.Pop(ctx, keyGoOn).(string)
	answer, kept := c.s.sessions.Get(ctx, keySaid).(said)
	whose := c.who
	if left, is := c.s.sessions.Get(ctx, keyLeft).(person); whose == nil && is {
		whose = &left
	}
	if whose != nil && (whose.Issuer != p.Issuer || whose.Subject != p.Subject) {
		to, kept = "", false
	}
	if err := c.s.sessions.Clear(ctx); err != nil {
		return fault.Wrap(fault.Internal, err, "the session cannot be emptied")
	}
	if err := c.s.sessions.RenewToken(ctx); err != nil {
		return fault.Wrap(fault.Internal, err, "the session cannot be renewed")
	}
	c.s.sessions.Put(ctx, keyPerson, p)
	if kept {
		c.keep(answer)
	}
	if !isPage(to) {
		to = "/"
	}
	c.redirect(to)
	return nil
}

func signOut(c *call) error {
	if err := c.s.sessions.Destroy(c.r.Context()); err != nil {
		return fault.Wrap(fault.Internal, err, "the session cannot be ended")
	}
	c.redirect("/signin")
	return nil
}

// home is the first page that the person has.
func home(c *call) error {
	if c.who.Roles == Approver {
		c.redirect("/requests")
		return nil
	}
	if links := c.nav(); len(links) > 0 {
		c.redirect(links[0].Path)
		return nil
	}
	return c.show("home", nil)
}

var errNoPage error = fault.Errorf(fault.NotFound, "there is no such page").WithHint("go back to the start")

func noSuchPage(*call) error { return errNoPage }

// demoPage shows what the sample tokens display, which in life people hold in hand.
func demoPage(c *call) error {
	all, err := c.s.Demo.Pocket(c.s.Now())
	if err != nil {
		return err
	}
	return c.show("demo", all)
}
