package life

import (
	"fmt"
	"strings"

	"fob/internal/desk"
	"fob/internal/people"
	"fob/internal/report"
	"fob/internal/token"
)

// people takes a list of people in: some have left, some are called what others
// were called, and half of the time the tokens of leavers are dealt with.
func (l *Life) people() error {
	for range l.r.IntN(3) {
		a, b := l.r.IntN(persons), l.r.IntN(persons)
		l.called[a], l.called[b] = l.called[b], l.called[a]
	}
	ids := l.r.IntN(3) > 0
	list, err := people.ReadList("people.csv", strings.NewReader(l.list(ids)), people.ListOptions{})
	if err != nil {
		return err
	}
	_, err = l.registry.Reconcile(bg, people.Reconcile{List: list, Store: true, Tokens: l.r.IntN(2) == 0, Unknown: l.r.IntN(4) == 0, Words: l.words()})
	return err
}

// list writes one; without ids it may say instead what somebody was called before.
func (l *Life) list(ids bool) string {
	var text strings.Builder
	text.WriteString("login,name,status,id\n")
	if !ids {
		text.Reset()
		text.WriteString("login,name,status,former account\n")
	}
	was := ""
	for i, name := range l.called {
		if l.r.IntN(6) == 0 {
			was = account(name) // somebody may be called so from now on
			continue
		}
		last := fmt.Sprintf("P%d", i)
		if !ids {
			last = ""
			if l.r.IntN(3) == 0 {
				last, was = was, ""
			}
		}
		fmt.Fprintf(&text, "%s,+Person %d,%s,%s\n", account(name), i, []string{"active", "active", "active", "left"}[l.r.IntN(4)], last)
	}
	return text.String()
}

// persons is how many there are, and how many names they have.
const persons = 12

func account(name int) string { return fmt.Sprintf("Person%d@example.com", name) }

func (l *Life) account() token.Account { return token.Account(account(l.r.IntN(persons))) }

// everybody is called by their own number at first.
func everybody() (all []int) {
	for i := range persons {
		all = append(all, i)
	}
	return all
}

// erase forgets a person, after what the person has was taken back.
func (l *Life) erase() error {
	a := l.account()
	var held []report.Token
	err := l.Read(func(r report.Reader) error {
		for t, err := range r.Tokens(report.Filter{Account: a}) {
			if err != nil {
				return err
			}
			held = append(held, t)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range held {
		by := token.CmdUnbind
		if t.State == token.Assigned {
			by = token.CmdUnassign
		}
		if _, err := l.desk.Move(bg, desk.Change{Serial: t.Serial, By: by, To: token.InStock, Words: l.words()}); err != nil {
			return err
		}
	}
	_, err = l.registry.Erase(bg, a, desk.Words{Reason: "asked for it", Approver: "Eva"})
	if err == nil {
		l.erased++
	}
	return err
}

// Erased counts the people who were forgotten: since then the past knows them by
// another name.
func (l *Life) Erased() int { return l.erased }
