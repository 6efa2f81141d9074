package desk_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/people"
	"fob/internal/store"
	"fob/internal/token"
)

// listOf is a list of them, each as "account", "account<former", or "account-" for
// one who left.
func listOf(all ...string) *people.List {
	l := &people.List{File: "people.csv", SHA256: fmt.Sprint(all)}
	for i, text := range all {
		name, here := strings.CutSuffix(text, "-")
		name, former, _ := strings.Cut(name, "<")
		l.People = append(l.People, people.NewPerson(i+2, token.Account(name), "", "", token.Account(former), !here))
	}
	return l
}

func (h *house) reconcile(l *people.List) (people.Reconciled, error) {
	return registry(h.desk).Reconcile(bg, people.Reconcile{List: l, Store: true, Tokens: true, Words: desk.Words{Reason: "chance"}})
}

// randomList reconciles a list of people drawn at random, or takes it in only.
func (h *house) randomList(r *rand.Rand) {
	h.t.Helper()
	var all []string
	for i := range 7 {
		name := fmt.Sprintf("user%d", i)
		switch r.IntN(6) {
		case 0:
			continue
		case 1:
			name += "-"
		case 2:
			name += fmt.Sprintf("<user%d", r.IntN(7))
		}
		all = append(all, name)
	}
	req := people.Reconcile{List: listOf(all...), Store: true, Tokens: r.IntN(2) == 0, Unknown: r.IntN(2) == 0}
	if _, err := registry(h.desk).Reconcile(bg, req); err != nil && fault.KindOf(err) != fault.Refused {
		h.t.Fatal(err)
	}
}

// A name that somebody left behind passes on; who has it by now is not mixed with
// who had it. What could be either is refused.
func TestNamesPassOn(t *testing.T) {
	h := newHouse(t)
	h.load(generated(1, 6))
	give := func(i uint64, a token.Account) {
		t.Helper()
		_, err := h.desk.Move(bg, desk.Change{Serial: token.Serial(serialOf(i)), By: token.CmdAssign, To: token.Assigned, Words: desk.Words{Account: a}})
		must(t, err)
	}
	whose := func(i uint64) string {
		found, _ := h.find(serialOf(i))
		return *found.Account
	}
	give(1, "anna")
	give(2, "ben")
	give(3, "typed")
	take := func(l *people.List) people.Reconciled {
		t.Helper()
		res, err := registry(h.desk).Reconcile(bg, people.Reconcile{List: l, Store: true})
		must(t, err)
		h.verified()
		return res
	}
	take(listOf("anna", "ben"))
	before := h.dump()
	_, err := h.reconcile(listOf("ben<anna"))
	kindIs(t, err, fault.Refused, "line 2: ben was on the list before, and anna is called so now", "a list with an id for each person tells them apart")
	if h.dump() != before {
		t.Error("a refusal changed something")
	}
	take(listOf("anna"))
	res := take(listOf("ben<anna"))
	if res.Renamed != 1 || whose(1) != "ben" || whose(2) != "ben [until list 3]" {
		t.Errorf("%+v: tokens of %s and %s", res, whose(1), whose(2))
	}
	res = take(listOf("typed<ben")) // whom somebody typed before the list had them
	if res.Renamed != 1 || whose(1) != "typed" || whose(3) != "typed" {
		t.Errorf("%+v: tokens of %s and %s", res, whose(1), whose(3))
	}
	res = take(listOf("dora", "typed-", "neu<typed")) // that row says it of the one who is renamed
	if res.Renamed != 1 || whose(1) != "neu" {
		t.Errorf("%+v: token of %s", res, whose(1))
	}
}

// registry is where people are known, on the store of a desk.
func registry(d *desk.Desk) *people.Registry {
	return &people.Registry{Store: store.For[people.Reader, people.Tx]{Store: d.Store.(*store.Store)}, Desk: d}
}
